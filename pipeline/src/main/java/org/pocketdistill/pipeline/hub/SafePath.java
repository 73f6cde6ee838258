package org.pocketdistill.pipeline.hub;

import java.util.List;

/** Paths that come from elsewhere: below a folder, on every system. */
final class SafePath {
  private static final int LONGEST = 512;
  private static final String FORBIDDEN = "\\:*?\"<>|";

  private SafePath() {}

  /**
   * Whether a path with {@code /} between its parts stays below the folder that it starts at: not
   * absolute, no drive, no {@code ..}, by the rules of POSIX and of Windows.
   */
  static boolean isSafe(String path) {
    return path.length() <= LONGEST
        && List.of(path.split("/", -1)).stream().allMatch(SafePath::isName);
  }

  private static boolean isName(String part) {
    return !part.isBlank()
        && !part.equals(".")
        && !part.equals("..")
        && part.chars().noneMatch(c -> Character.isISOControl(c) || FORBIDDEN.indexOf(c) >= 0);
  }
}
