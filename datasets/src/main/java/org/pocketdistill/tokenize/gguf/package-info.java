/**
 * The vocabulary of a GGUF file made into Hugging Face's tokenizer files, and theirs into one.
 *
 * <p>Knows the meaning of {@code tokenizer.ggml.*}, not the container: reading a GGUF file is the
 * caller's.
 */
package org.pocketdistill.tokenize.gguf;
