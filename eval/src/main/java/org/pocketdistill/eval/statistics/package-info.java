/**
 * Standard errors, intervals and tests, from Commons Statistics where it has them.
 *
 * <p>Knows numbers; nothing of tasks, metrics or models.
 */
package org.pocketdistill.eval.statistics;
