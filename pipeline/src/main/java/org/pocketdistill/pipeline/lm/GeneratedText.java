package org.pocketdistill.pipeline.lm;

import java.util.Arrays;
import java.util.List;
import org.pocketdistill.eval.LanguageModel.Generation;
import org.pocketdistill.eval.LanguageModel.GenerationOptions;
import org.pocketdistill.eval.LanguageModel.Trace;
import org.pocketdistill.tokenize.Tokenizer;

/**
 * One sequence being generated: its tokens, which of them are the trace and which the answer, and
 * whether it has ended.
 *
 * <p>A trace is what follows an opening tag at the start, or at the end of the prompt. When its
 * budget is used up, the next tokens are those of the closing tag, whatever the logits say; sooner
 * if else the answer had no room.
 */
final class GeneratedText {
  private enum Part {
    /** Nothing but blanks or a part of the opening tag so far. */
    START,
    TRACE,
    ANSWER
  }

  private static final int[] NONE = {};

  private final Setting setting;
  private final Sampler sampler;
  private final int room;
  private int[] tokens = new int[32];
  private int count;
  private boolean ended;
  private boolean endedByToken;
  private boolean exhausted;
  private Part part;
  private int traceStart;
  private int answerStart;
  private String traceCarry = "";
  private String answerCarry = "";
  private int[] forced = NONE;
  private int forcedUsed;

  /** What the sequences of a batch have in common. */
  record Setting(
      Tokenizer tokenizer, TraceTags tags, List<Integer> endTokens, GenerationOptions options) {
    /** Most tokens that a sequence can need. */
    long need() {
      long answer = options.maxNewTokens();
      return options.reasoningBudget().isEmpty()
          ? answer
          : answer + options.reasoningBudget().getAsInt() + tags.patience() + tags.longestClosing();
    }
  }

  /**
   * A sequence without tokens.
   *
   * @param prompt what it continues
   * @param room most tokens that it may have
   * @param number of the sequence, which with the seed decides its draws
   */
  GeneratedText(Setting setting, String prompt, int room, long number) {
    this.setting = setting;
    this.sampler = new Sampler(setting.options(), number);
    if (setting.options().repetitionPenalty() != 1) {
      sampler.see(setting.tokenizer().encode(prompt));
    }
    this.room = room;
    boolean opened = setting.tags().text().isOpenedBy(prompt);
    this.part = opened ? Part.TRACE : Part.START;
    if (opened) {
      traceCarry = prompt.substring(prompt.stripTrailing().length());
      forceClosingIfDue();
    }
  }

  /** Picks the next token; after the end, any token that keeps the batch going. */
  int append(float[] logits) {
    if (isOver()) {
      return tokens[count - 1];
    }
    boolean isForced = forcedUsed < forced.length;
    int next = isForced ? forced[forcedUsed++] : sampler.next(logits);
    if (count == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * count);
    }
    tokens[count++] = next;
    sampler.see(next);
    if (isForced) {
      if (forcedUsed == forced.length) {
        startAnswer("");
      }
    } else if (setting.endTokens().contains(next)) {
      ended = true;
      endedByToken = true;
    } else {
      read(next);
    }
    exhausted = count == room || isAnswerFull();
    return next;
  }

  private boolean isAnswerFull() {
    boolean shared = setting.options().reasoningBudget().isEmpty();
    int counted = shared ? count : count - answerStart;
    return (shared || part == Part.ANSWER) && counted >= setting.options().maxNewTokens();
  }

  private void read(int token) {
    if (part == Part.START) {
      readStart(token);
    } else if (part == Part.TRACE) {
      readTrace(token);
    }
    if (part == Part.TRACE) {
      forceClosingIfDue();
    } else {
      ended = stopsIn(setting.options().stop().isEmpty() ? "" : uncutAnswer());
    }
  }

  private void readStart(int token) {
    String open = setting.tags().text().open();
    String text = decode(0, count).stripLeading();
    if (setting.tags().isOpening(token)) {
      startTrace("");
    } else if (text.startsWith(open)) {
      startTrace(text.substring(open.length()));
    } else if (!open.startsWith(text) || count >= setting.tags().patience()) {
      part = Part.ANSWER;
    }
  }

  private void startTrace(String carry) {
    part = Part.TRACE;
    traceStart = count;
    traceCarry = carry;
  }

  private void readTrace(int token) {
    if (setting.tags().isClosing(token)) {
      startAnswer("");
      return;
    }
    int window = setting.tags().closingTokens();
    if (window > 0) {
      String close = setting.tags().text().close();
      String tail = decode(Math.max(traceStart, count - window), count);
      int at = tail.indexOf(close);
      if (at >= 0) {
        startAnswer(tail.substring(at + close.length()));
      }
    }
  }

  private void startAnswer(String carry) {
    part = Part.ANSWER;
    answerStart = count;
    answerCarry = carry;
  }

  private void forceClosingIfDue() {
    GenerationOptions options = setting.options();
    if (options.reasoningBudget().isEmpty() || forced.length > 0) {
      return;
    }
    int used = count - traceStart;
    int left = room - count - setting.tags().longestClosing();
    if (used >= options.reasoningBudget().getAsInt() || left <= options.maxNewTokens()) {
      forced = setting.tags().closing(traceCarry + decode(traceStart, count));
    }
  }

  private boolean stopsIn(String text) {
    return setting.options().stop().stream().anyMatch(text::contains);
  }

  /** Whether no further token counts. */
  boolean isOver() {
    return ended || exhausted;
  }

  /** Whether the trace has begun and not ended. */
  boolean isInTrace() {
    return part == Part.TRACE;
  }

  /** Whether it is not known yet if there is a trace. */
  boolean isUndecided() {
    return part == Part.START;
  }

  /** The trace so far, and nothing of a closing tag that is whole. */
  String trace() {
    int end = part == Part.TRACE ? count : answerStart;
    String text = traceCarry + decode(traceStart, Math.max(traceStart, end));
    int close = text.lastIndexOf(setting.tags().text().close());
    return (close < 0 ? text : text.substring(0, close)).strip();
  }

  /** The answer so far, cut before the first stop string; empty within the trace. */
  String answer() {
    String text = part == Part.TRACE ? "" : uncutAnswer();
    for (String stop : setting.options().stop()) {
      int at = text.indexOf(stop);
      text = at < 0 ? text : text.substring(0, at);
    }
    return text;
  }

  private String uncutAnswer() {
    int shown = endedByToken ? count - 1 : count;
    String text = answerCarry + decode(answerStart, Math.max(answerStart, shown));
    return answerStart == 0 ? text : text.stripLeading();
  }

  Generation result() {
    boolean closedByBudget = forced.length > 0 && part == Part.ANSWER;
    if (part == Part.TRACE) {
      return new Generation("", count, ended, new Trace(trace(), count, false, false));
    }
    if (answerStart > 0) {
      Trace trace = new Trace(trace(), answerStart, true, closedByBudget);
      return new Generation(answer(), count, ended, trace);
    }
    return withoutOpening(answer());
  }

  /** A closing tag alone ends a trace, too: some models are taught with prompts that open it. */
  private Generation withoutOpening(String text) {
    String close = setting.tags().text().close();
    int at = text.indexOf(close);
    if (at < 0) {
      return new Generation(text, count, ended);
    }
    Trace trace = new Trace(text.substring(0, at).strip(), tokensUpTo(close), true, false);
    String answer = text.substring(at + close.length()).stripLeading();
    return new Generation(answer, count, ended, trace);
  }

  /** The least number of tokens whose text has the tag. */
  private int tokensUpTo(String tag) {
    int low = 1;
    int high = count;
    while (low < high) {
      int middle = (low + high) / 2;
      if (decode(0, middle).contains(tag)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  private String decode(int from, int to) {
    return from == to ? "" : setting.tokenizer().decode(Arrays.copyOfRange(tokens, from, to), true);
  }
}
