/**
 * What a teacher said, kept on disk: for every learned position of a document its k most probable
 * tokens and what is left for all others, so that the teacher runs once per corpus and not once per
 * epoch.
 *
 * <p>Knows lessons, batches and files; nothing of jobs, stages or students.
 */
package org.pocketdistill.pipeline.cache;
