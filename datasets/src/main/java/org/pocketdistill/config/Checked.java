package org.pocketdistill.config;

import java.util.List;

/**
 * A configuration record with rules across its keys.
 *
 * <p>The rules must bear any values that the keys' own types and ranges allow: they are asked even
 * where other keys of the file are wrong.
 */
public interface Checked {
  /** Every rule that is broken. */
  List<Contradiction> contradictions();
}
