package org.pocketdistill.pipeline.job;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What the export stage left.
 *
 * @param packages folder of each package
 * @param adapters whose files are in each package
 * @param hash of everything it depends on
 */
record Exported(Map<OnnxPackage, Path> packages, List<String> adapters, String hash) {}
