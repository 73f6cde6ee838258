package org.pocketdistill.pipeline.job;

import java.nio.file.Path;
import java.util.Map;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;

/**
 * What the export stage left.
 *
 * @param packages folder of each precision
 * @param hash of everything it depends on
 */
record Exported(Map<OnnxPrecision, Path> packages, String hash) {}
