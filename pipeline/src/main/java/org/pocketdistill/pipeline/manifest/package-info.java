/**
 * What a package consists of, file by file with sizes and hashes: written when it is made, checked
 * cheaply when it is loaded, verified and copied on request.
 *
 * <p>Knows files and bytes only; nothing of models, ONNX or jobs.
 */
package org.pocketdistill.pipeline.manifest;
