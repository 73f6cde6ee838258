/**
 * Matrices in NF4 (QLoRA, arXiv 2305.14314), in the layout of bitsandbytes.
 *
 * <p>Knows numbers and bytes; nothing of models, files or libtorch.
 */
package org.pocketdistill.pipeline.nf4;
