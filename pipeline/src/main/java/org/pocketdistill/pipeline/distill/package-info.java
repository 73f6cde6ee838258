/**
 * What a student learns from: divergences from a teacher mixed with cross entropy, in closed form.
 *
 * <p>Knows decoders and kernels; nothing of export, jobs or files.
 */
package org.pocketdistill.pipeline.distill;
