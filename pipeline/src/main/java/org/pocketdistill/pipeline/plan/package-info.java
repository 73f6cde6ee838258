/**
 * What a job would do and cost, from its configuration alone.
 *
 * <p>Knows shapes and arithmetic; loads no weights and starts nothing.
 */
package org.pocketdistill.pipeline.plan;
