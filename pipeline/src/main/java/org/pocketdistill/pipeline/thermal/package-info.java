/**
 * How fast tokens may come by temperature: reads the system's thermal zones and waits as a policy
 * asks.
 *
 * <p>Knows nothing of models or runtimes.
 */
package org.pocketdistill.pipeline.thermal;
