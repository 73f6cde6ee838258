/**
 * The report of a run, from the files of its folder alone: {@code report.html}, {@code report.md},
 * {@code report.json}. The same files give the same bytes.
 *
 * <p>Knows files and numbers; nothing of DJL, ONNX Runtime, models or how stages work.
 */
package org.pocketdistill.pipeline.report;
