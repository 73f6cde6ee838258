/**
 * The training loop: objectives, AdamW and Muon, schedules, checkpoints, metrics.
 *
 * <p>Knows decoders and losses; nothing of export or of jobs.
 */
package org.pocketdistill.pipeline.train;
