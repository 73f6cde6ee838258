/**
 * What a job would do and cost, from its configuration, a look at its data, and what a step costs
 * on this machine.
 *
 * <p>Knows shapes and arithmetic; loads no weights and starts nothing.
 */
package org.pocketdistill.pipeline.plan;
