/**
 * Decoder models of the Llama, Mistral, Qwen2 and Qwen3 families: configuration, weights, forward
 * and backward passes.
 *
 * <p>Knows nothing of teachers, losses, data sets or jobs.
 */
package org.pocketdistill.pipeline.model;
