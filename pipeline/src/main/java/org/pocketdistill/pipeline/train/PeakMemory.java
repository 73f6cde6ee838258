package org.pocketdistill.pipeline.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The largest resident memory of this process since {@link #restart}. */
public final class PeakMemory {
  private PeakMemory() {}

  /** Starts measuring anew, where the system allows it. */
  public static void restart() {
    try {
      Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    } catch (IOException e) {
      // Then the peak is that of the whole process, which is no smaller.
      return;
    }
  }

  /** Bytes; 0 where the system does not tell (it is read from Linux' process status). */
  public static long bytes() {
    return status("VmHWM:");
  }

  /** Resident memory of this process now, in bytes; 0 where the system does not tell. */
  public static long nowBytes() {
    return status("VmRSS:");
  }

  private static long status(String key) {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return 0;
    }
    try {
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith(key)) {
          return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
        }
      }
      return 0;
    } catch (IOException e) {
      return 0;
    }
  }
}
