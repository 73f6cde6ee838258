/**
 * Text to token ids and back: the tokenizer, its trainer, chat templates.
 *
 * <p>Knows nothing of models, tensors or devices.
 */
package org.pocketdistill.tokenize;
