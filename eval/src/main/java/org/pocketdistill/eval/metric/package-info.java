/**
 * What is right about one answer, and how answers add up to a metric.
 *
 * <p>Knows texts and calls; nothing of models, tasks or statistics.
 */
package org.pocketdistill.eval.metric;
