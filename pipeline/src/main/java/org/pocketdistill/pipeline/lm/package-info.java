/**
 * Models as evaluation and chat see them: one {@code LanguageModel} over any decoder, on DJL or on
 * ONNX Runtime.
 *
 * <p>Knows nothing of training or of jobs.
 */
package org.pocketdistill.pipeline.lm;
