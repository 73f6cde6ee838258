/**
 * What a job file may say, as records.
 *
 * <p>Knows nothing of DJL, models or stages.
 */
package org.pocketdistill.pipeline.config;
