/**
 * Models of the Hugging Face hub as local files: {@code hf://owner/name@revision} is downloaded
 * into the cache that the hub's own clients use, checked against its hash, and found there again.
 *
 * <p>Protocol and cache layout follow huggingface_hub 2.4. Nothing here knows how a model is
 * loaded.
 */
package org.pocketdistill.pipeline.hub;
