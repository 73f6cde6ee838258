/**
 * Reads GGUF files (llama.cpp's format, versions 2 and 3, little-endian): metadata, and tensors
 * whose quantised blocks are turned into floats row by row. Writes them the other way, in the types
 * of {@link GgufFileType}.
 *
 * <p>Knows nothing of models: keys, names, element types, shapes and values only. What is read is
 * checked before it is believed. The format: docs/gguf.md of ggml-org/ggml.
 */
package org.pocketdistill.pipeline.gguf;
