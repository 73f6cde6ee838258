package org.pocketdistill.tokenize;

import java.util.List;
import org.pocketdistill.data.Message;

/** Lays a conversation out as the text a model is trained on. */
public interface ChatTemplate {
  /**
   * The text of the messages, in order, as segments that are learned or not.
   *
   * @param addGenerationPrompt end with the header of the assistant's next turn
   */
  List<Segment> render(List<Message> messages, boolean addGenerationPrompt);

  /** The template as Jinja source, for {@code tokenizer_config.json}. */
  String jinja();

  /**
   * Tokens that open or close a turn. Written in a message's content they would forge a turn, so a
   * training row must not hold them there.
   */
  default List<String> controlTokens() {
    return List.of();
  }

  /**
   * A stretch of text; {@code learned} is true for what the assistant says, its end token included.
   */
  record Segment(String text, boolean learned) {}
}
