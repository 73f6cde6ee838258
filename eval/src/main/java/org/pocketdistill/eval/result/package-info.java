/**
 * What was measured, as records that are written to {@code results.json} and read by reports.
 *
 * <p>Knows numbers and names; nothing of how they were computed.
 */
package org.pocketdistill.eval.result;
