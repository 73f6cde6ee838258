/**
 * Students cut out of a teacher: what each part of it does for its text, which parts go, and the
 * weights that stay.
 *
 * <p>Knows decoders and their weights; nothing of jobs, stages or exported files.
 */
package org.pocketdistill.pipeline.prune;
