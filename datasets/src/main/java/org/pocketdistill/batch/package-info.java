/**
 * Token ids to training batches: loss masks, their audit, packing, the order of an epoch.
 *
 * <p>Knows nothing of models or tensors; a batch is arrays of numbers.
 */
package org.pocketdistill.batch;
