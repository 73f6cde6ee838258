/**
 * Reads and writes safetensors files: a little-endian header length, a JSON header, raw tensors.
 *
 * <p>Knows nothing of models: names, element types, shapes and bytes only. What is read is checked
 * before it is believed.
 */
package org.pocketdistill.pipeline.safetensors;
