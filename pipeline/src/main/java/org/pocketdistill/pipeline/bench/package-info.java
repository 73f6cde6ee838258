/**
 * Speed, memory and energy of a model on this machine, by the rules of MLPerf's LoadGen (single
 * stream), beside what the plan foretells.
 *
 * <p>Knows decoders, not files or texts: what it measures is handed to it.
 */
package org.pocketdistill.pipeline.bench;
