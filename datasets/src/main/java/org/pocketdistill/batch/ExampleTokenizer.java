package org.pocketdistill.batch;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.Message;
import org.pocketdistill.data.Reasoning;
import org.pocketdistill.tokenize.ChatTemplate;
import org.pocketdistill.tokenize.ChatTemplate.Segment;
import org.pocketdistill.tokenize.EncodedSegments;
import org.pocketdistill.tokenize.ReasoningSegments;
import org.pocketdistill.tokenize.Tokenizer;

/**
 * Rows as text to rows as token ids with their loss mask, and the audit of that mask.
 *
 * <p>Of a conversation what the template calls learned is learned; of plain text every token, and
 * the end-of-text token after it. A trace is learned only under {@link Reasoning#LEARN}: what a
 * template writes of it under another setting, the tags of an empty one, is masked. Not
 * thread-safe: it counts.
 */
public final class ExampleTokenizer {
  private final Tokenizer tokenizer;
  private final ChatTemplate template;
  private final Options options;
  private final MaskAudit.Tally tally = new MaskAudit.Tally();

  /**
   * How rows are cut.
   *
   * @param maxSeqLen longest row in tokens
   * @param tooLong what to do with a longer one
   * @param endOfTextId the token that is put after a plain text
   * @param reasoning whether traces are learned
   */
  public record Options(int maxSeqLen, TooLong tooLong, int endOfTextId, Reasoning reasoning) {
    public Options {
      if (maxSeqLen < 2) {
        throw new IllegalArgumentException("max_seq_len " + maxSeqLen + ": expected at least 2");
      }
    }

    /** Learns traces. */
    public Options(int maxSeqLen, TooLong tooLong, int endOfTextId) {
      this(maxSeqLen, tooLong, endOfTextId, Reasoning.LEARN);
    }
  }

  /** A tokenizer of rows that has seen none. */
  public ExampleTokenizer(Tokenizer tokenizer, ChatTemplate template, Options options) {
    this.tokenizer = tokenizer;
    this.template = template;
    this.options = options;
  }

  /**
   * Tokenises all rows, one at a time.
   *
   * @throws DataException as {@link #tokenize}
   */
  public TokenizedRows tokenizeAll(Iterator<Example> examples) {
    TokenizedRows rows = new TokenizedRows();
    examples.forEachRemaining(example -> tokenize(example).ifPresent(rows::add));
    return rows;
  }

  /**
   * The row as token ids; empty if it was dropped for its length.
   *
   * @throws DataException if no token of the row is learned, if the row is too long and the policy
   *     is {@link TooLong#ERROR}, if a message holds a token that opens or closes turns, or if the
   *     chat template refuses the row
   */
  public Optional<TokenizedExample> tokenize(Example example) {
    BitSet trace = new BitSet();
    TokenizedExample row =
        example.messages().isEmpty() ? text(example) : conversation(example, trace);
    if (row.learnedTokens() == 0) {
      throw new DataException(
          "row %s: none of its %d tokens is learned; expected a turn of the assistant, or text"
              .formatted(row.id(), row.inputIds().length));
    }
    if (row.inputIds().length > options.maxSeqLen()) {
      return tooLong(row, trace);
    }
    noteTrace(example, trace);
    return Optional.of(counted(row, trace, false));
  }

  /** What was learned and left out so far. */
  public MaskAudit audit() {
    return tally.audit();
  }

  private TokenizedExample text(Example example) {
    int[] encoded = tokenizer.encode(example.text());
    int[] ids = Arrays.copyOf(encoded, encoded.length + 1);
    ids[encoded.length] = options.endOfTextId();
    return new TokenizedExample(example.id(), ids, ids.clone());
  }

  /** The row; sets the positions of its traces. */
  private TokenizedExample conversation(Example example, BitSet trace) {
    for (Message message : example.messages()) {
      checkContent(example, message);
    }
    EncodedSegments encoded =
        EncodedSegments.encode(
            tokenizer, ReasoningSegments.of(segments(example), template.reasoningTags()));
    trace.or(encoded.reasoning());
    BitSet learned = encoded.learned(options.reasoning());
    int[] labels = encoded.ids().clone();
    for (int i = 0; i < labels.length; i++) {
      if (!learned.get(i)) {
        labels[i] = TokenizedExample.IGNORE_INDEX;
      }
    }
    return new TokenizedExample(example.id(), encoded.ids(), labels);
  }

  private List<Segment> segments(Example example) {
    try {
      return template.render(example.messages(), example.tools(), false);
    } catch (DataException e) {
      throw new DataException("row " + example.id() + ": " + e.getMessage(), e);
    }
  }

  private void checkContent(Example example, Message message) {
    for (String token : template.controlTokens()) {
      if (message.content().contains(token) || message.reasoning().contains(token)) {
        throw new DataException(
            "row %s: the %s's message holds '%s', which would open or close a turn; remove it"
                .formatted(example.id(), message.role().key(), token));
      }
    }
  }

  private Optional<TokenizedExample> tooLong(TokenizedExample row, BitSet trace) {
    return switch (options.tooLong()) {
      case DROP -> {
        tally.dropped();
        yield Optional.empty();
      }
      case TRUNCATE -> truncated(row, trace);
      case ERROR ->
          throw new DataException(
              ("row %s: %d tokens, more than max_seq_len %d; shorten the row, raise max_seq_len, or"
                      + " set too_long to drop or truncate")
                  .formatted(row.id(), row.inputIds().length, options.maxSeqLen()));
    };
  }

  private Optional<TokenizedExample> truncated(TokenizedExample row, BitSet trace) {
    TokenizedExample start =
        new TokenizedExample(
            row.id(),
            Arrays.copyOf(row.inputIds(), options.maxSeqLen()),
            Arrays.copyOf(row.labels(), options.maxSeqLen()));
    if (start.learnedTokens() == 0) {
      tally.droppedUnlearned();
      return Optional.empty();
    }
    return Optional.of(counted(start, trace, true));
  }

  /** Some templates, DeepSeek-R1's for one, write no trace: nothing of it would be learned. */
  private void noteTrace(Example example, BitSet trace) {
    if (trace.isEmpty() && example.messages().stream().anyMatch(m -> !m.reasoning().isEmpty())) {
      tally.traceLeftOut();
    }
  }

  private TokenizedExample counted(TokenizedExample row, BitSet trace, boolean cut) {
    tally.kept(row, trace, cut);
    return row;
  }
}
