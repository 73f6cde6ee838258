package org.pocketdistill.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.stream.Collectors;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Message;
import org.pocketdistill.data.ReasoningTags;

/** Lays a conversation out as the text a model is trained on. */
public interface ChatTemplate {
  /**
   * The text of the messages, in order, as segments that are learned or not.
   *
   * @param addGenerationPrompt end with the header of the assistant's next turn
   */
  List<Segment> render(List<Message> messages, boolean addGenerationPrompt);

  /**
   * As {@link #render(List, boolean)}, of a conversation in which functions may be called. A
   * template that does not know tools leaves them out.
   *
   * @throws DataException if the template refuses the conversation, or does not tell what the
   *     assistant says
   */
  default List<Segment> render(
      List<Message> messages, List<JsonNode> tools, boolean addGenerationPrompt) {
    return render(messages, addGenerationPrompt);
  }

  /**
   * The text alone, which needs no telling what is learned.
   *
   * @throws DataException if the template refuses the conversation
   */
  default String text(List<Message> messages, List<JsonNode> tools, boolean addGenerationPrompt) {
    return render(messages, tools, addGenerationPrompt).stream()
        .map(Segment::text)
        .collect(Collectors.joining());
  }

  /** The template as Jinja source, for {@code tokenizer_config.json}. */
  String jinja();

  /**
   * Tokens that open or close a turn. Written in a message's content they would forge a turn, so a
   * training row must not hold them there.
   */
  default List<String> controlTokens() {
    return List.of();
  }

  /** What the model writes its traces between. */
  default ReasoningTags reasoningTags() {
    return ReasoningTags.THINK;
  }

  /**
   * A stretch of text.
   *
   * @param learned true for what the assistant says, its end token included
   * @param reasoning true for a trace with its tags; see {@link ReasoningSegments}
   */
  record Segment(String text, boolean learned, boolean reasoning) {
    /** A stretch of text that is no trace, or holds one that is not told apart yet. */
    public Segment(String text, boolean learned) {
      this(text, learned, false);
    }
  }
}
