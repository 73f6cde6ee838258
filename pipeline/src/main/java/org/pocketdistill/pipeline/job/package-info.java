/**
 * The straight line of a job: its stages in order, each a class with a record in and a record out,
 * and the folder of a run.
 *
 * <p>May see every other package; only the command line sees it.
 */
package org.pocketdistill.pipeline.job;
