/**
 * The bridge to libtorch: hand-written TorchScript kernels, gradients, threads.
 *
 * <p>The only package that touches {@code ai.djl.pytorch}. Knows shapes and kernels, nothing of
 * models, data or jobs.
 */
package org.pocketdistill.pipeline.torch;
