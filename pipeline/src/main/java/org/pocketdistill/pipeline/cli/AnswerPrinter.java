package org.pocketdistill.pipeline.cli;

import java.io.PrintStream;
import org.pocketdistill.data.ReasoningTags;
import org.pocketdistill.eval.LanguageModel.Generation;
import org.pocketdistill.pipeline.lm.GenerationPieces;

/** Prints answers as they come, with the trace before each. */
final class AnswerPrinter implements GenerationPieces {
  private static final String DIM = "\u001b[2m";
  private static final String USUAL = "\u001b[0m";

  /** How a trace is told from its answer. */
  enum Style {
    DIMMED,
    TAGGED,
    HIDDEN
  }

  private final PrintStream out;
  private final Style style;
  private boolean inTrace;

  AnswerPrinter(PrintStream out, Style style) {
    this.out = out;
    this.style = style;
  }

  @Override
  public void reasoning(String piece) {
    if (style == Style.HIDDEN) {
      return;
    }
    if (!inTrace) {
      out.print(style == Style.DIMMED ? DIM : ReasoningTags.THINK.open() + "\n");
      inTrace = true;
    }
    out.print(piece);
    out.flush();
  }

  @Override
  public void answer(String piece) {
    endTrace(true);
    out.print(piece);
    out.flush();
  }

  /** Ends the line, and says why there is no answer if there is none. */
  void end(Generation generation) {
    boolean closed = generation.trace().closed();
    endTrace(closed);
    if (!closed) {
      out.print(
          generation.truncatedReasoning()
              ? "(no answer: the token limit came within the trace; raise --max-new-tokens or set"
                  + " --reasoning-budget)"
              : "(no answer: the model ended within the trace)");
    }
    out.println();
  }

  private void endTrace(boolean closed) {
    if (!inTrace) {
      return;
    }
    inTrace = false;
    if (style == Style.DIMMED) {
      out.print(USUAL);
    } else if (closed) {
      out.print("\n" + ReasoningTags.THINK.close());
    }
    out.print(closed ? "\n\n" : "\n");
  }
}
