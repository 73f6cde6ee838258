/**
 * The training loop: objectives, AdamW, schedules, checkpoints, metrics.
 *
 * <p>Knows decoders and losses; nothing of export or of jobs.
 */
package org.pocketdistill.pipeline.train;
