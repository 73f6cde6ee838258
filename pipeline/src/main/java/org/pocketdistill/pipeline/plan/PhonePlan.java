package org.pocketdistill.pipeline.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.pocketdistill.pipeline.config.ExportConfig;
import org.pocketdistill.pipeline.config.PhoneConfig;
import org.pocketdistill.pipeline.config.PhonesConfig;

/**
 * The packages of a job on phones.
 *
 * @param budgets of every phone and package, phone by phone
 * @param prompt tokens of the prompt whose first token is timed
 * @param notes what else is to be known of the files
 */
public record PhonePlan(List<PhoneBudget> budgets, int prompt, List<String> notes) {
  private static final double MB = 1e6;

  public PhonePlan {
    budgets = List.copyOf(budgets);
    notes = List.copyOf(notes);
  }

  /** The packages that a job exports of its student, with a prompt of half the context. */
  public static PhonePlan of(ExportConfig export, ModelBudget student, PhonesConfig phones) {
    int context = export.contextLength();
    List<PackageFormat> formats =
        export.precisions().stream()
            .map(precision -> new PackageFormat(precision, export.int4()))
            .toList();
    List<PhoneBudget> budgets = new ArrayList<>();
    for (PhoneConfig phone : phones.phones()) {
      formats.forEach(format -> budgets.add(new PhoneBudget(phone, student, format, context)));
    }
    List<String> notes =
        formats.stream()
            .filter(format -> format.largestTensorBytes(student) > export.chunkBytes())
            .map(format -> largeTensor(format, student, export.chunkMb()))
            .toList();
    return new PhonePlan(budgets, Math.max(1, context / 2), notes);
  }

  private static String largeTensor(PackageFormat format, ModelBudget student, double chunkMb) {
    return format(
        "  %-5s a tensor of %,.1f MB is larger than export.chunk_mb (%.1f): it lies in one file,"
            + " a larger one",
        format.key(), format.largestTensorBytes(student) / MB, chunkMb);
  }

  /** Packages that do not fit the phone, as sentences. */
  public List<String> misfits(PhoneConfig phone) {
    return budgets.stream()
        .filter(budget -> budget.phone().equals(phone) && !budget.fits())
        .map(PhonePlan::misfit)
        .toList();
  }

  /** A package that does not fit, as a sentence. */
  public static String misfit(PhoneBudget budget) {
    return format(
        "%s on %s: %.1f MB of memory of %.0f, %.1f MB of storage of %.0f: %s",
        budget.format().key(),
        budget.phone().name(),
        budget.memoryBytes() / MB,
        budget.phone().ramMb(),
        budget.packageBytes() / MB,
        budget.phone().storageMb(),
        verdict(budget));
  }

  /** The plan as lines of text. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    PhoneConfig last = null;
    for (PhoneBudget budget : budgets) {
      if (!budget.phone().equals(last)) {
        last = budget.phone();
        lines.add(heading(last, budget.context()));
      }
      lines.add(
          format(
              "  %-5s file %,9.1f MB  memory %,9.1f MB  decode %s tokens/s  first token %s",
              budget.format().key(),
              budget.packageBytes() / MB,
              budget.memoryBytes() / MB,
              decode(budget),
              seconds(budget.firstTokenSeconds(prompt))));
      lines.add("        " + verdict(budget));
    }
    if (!lines.isEmpty()) {
      lines.add(
          format(
              "  (estimates: memory is package, KV cache, arena and runtime; decode is %.2f to %.2f"
                  + " of what bandwidth allows;",
              PhoneBudget.LEAST_SHARE, PhoneBudget.LARGEST_SHARE));
      lines.add(format("  first token after a prompt of %d tokens, on the CPU)", prompt));
    }
    lines.addAll(notes);
    return lines;
  }

  private static String heading(PhoneConfig phone, int context) {
    return format(
        "on %s (%,.0f MB for an app, %.1f GB/s), %d tokens of context",
        phone.name(), phone.ramMb(), phone.bandwidthGbS(), context);
  }

  private static String verdict(PhoneBudget budget) {
    if (budget.fits()) {
      return "fits";
    }
    List<String> remedies = budget.remedies();
    return "does not fit; "
        + (remedies.isEmpty()
            ? "no number of layers, bits or tokens of context here does: take a smaller"
                + " vocabulary or narrower layers"
            : "would fit: " + String.join(", or ", remedies));
  }

  private static String decode(PhoneBudget budget) {
    double ceiling = budget.decodeCeiling(budget.context());
    return format(
        "%,.0f to %,.0f", PhoneBudget.LEAST_SHARE * ceiling, PhoneBudget.LARGEST_SHARE * ceiling);
  }

  private static String seconds(double seconds) {
    return seconds < 0.1 ? format("%.0f ms", 1e3 * seconds) : format("%.1f s", seconds);
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
