package org.pocketdistill.pipeline.plan;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import org.pocketdistill.pipeline.config.CacheConfig.Streaming;
import org.pocketdistill.pipeline.model.ModelConfig;

/**
 * Whether a teacher is streamed, and why.
 *
 * @param reason for the log and the plan
 */
public record TeacherMode(boolean streamed, String reason) {
  private static final double SHARE_OF_MEMORY = 0.5;

  /** The mode of a teacher on this machine. */
  public static TeacherMode of(Streaming streaming, ModelConfig teacher) {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return of(streaming, teacher.parameters() * Float.BYTES, system.getTotalMemorySize());
  }

  static TeacherMode of(Streaming streaming, long bytes, long memory) {
    String fits =
        String.format(
            Locale.ROOT,
            "its weights take %.2f GB of %.2f GB of memory",
            bytes / 1e9,
            memory / 1e9);
    return switch (streaming) {
      case ALWAYS -> new TeacherMode(true, "as configured; " + fits);
      case NEVER -> new TeacherMode(false, "as configured; " + fits);
      case AUTO -> new TeacherMode(bytes > SHARE_OF_MEMORY * memory, fits);
    };
  }

  @Override
  public String toString() {
    return (streamed ? "streamed layer by layer" : "in memory") + " (" + reason + ")";
  }
}
