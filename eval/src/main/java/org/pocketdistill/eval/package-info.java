/**
 * How good a model is: the {@link org.pocketdistill.eval.LanguageModel} interface, tasks, metrics,
 * statistics and retention.
 *
 * <p>Knows models only through that interface; nothing of DJL, ONNX Runtime or files of weights.
 */
package org.pocketdistill.eval;
