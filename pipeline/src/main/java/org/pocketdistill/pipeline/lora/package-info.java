/**
 * Low-rank adapters (LoRA, arXiv 2106.09685) on a frozen decoder, in PEFT's files.
 *
 * <p>Knows decoders and files of weights; nothing of losses, teachers or export.
 */
package org.pocketdistill.pipeline.lora;
