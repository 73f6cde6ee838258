package org.pocketdistill.data;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Nearest;
import org.pocketdistill.config.Rules;

/** One file of rows. */
public record SourceConfig(
    @Key("JSONL file, .jsonl or .jsonl.gz; a relative path starts at data.dir") String path,
    @Key("shape of a row") DataFormat format,
    @Key(
            value = "the shape's field name: name of that field in the file, where they differ",
            defaultValue = "{}")
        Map<String, String> fields,
    @Key(
            value = "a label for all rows of this file, by which results are broken down",
            defaultValue = "''")
        String group,
    @Key(value = "use at most this many rows, taken by a seeded draw", min = 1)
        Optional<Integer> limit,
    @Key(
            value =
                "keep the rows whose seeded hash, in [0, 1), lies in [from, to): splits one file",
            defaultValue = "[0.0, 1.0]",
            min = 0,
            max = 1)
        List<Double> portion)
    implements Checked {

  @Override
  public List<Contradiction> contradictions() {
    boolean interval = portion.size() == 2 && portion.get(0) < portion.get(1);
    Rules rules =
        new Rules()
            .require(interval, "expected [from, to] with from < to, got " + portion, "portion");
    List<String> known = format.fields();
    for (String field : fields.keySet()) {
      rules.require(
          known.contains(field),
          "no field '" + field + "' in this shape; " + Nearest.hint(field, known),
          "fields." + field,
          "format");
    }
    return rules.broken();
  }
}
