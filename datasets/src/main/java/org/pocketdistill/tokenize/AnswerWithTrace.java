package org.pocketdistill.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.data.Message;
import org.pocketdistill.data.ReasoningTags;
import org.pocketdistill.data.Role;
import org.pocketdistill.tokenize.ChatTemplate.Segment;

/**
 * The last turn of a model whose template leaves the trace out of a finished conversation, as
 * DeepSeek-R1's does, or opens it in the prompt already.
 *
 * <p>What is learned then is what the model has to generate: the prompt that asks for the turn, the
 * trace up to its closing tag, the answer and the end token. Without a trace the tags stand empty,
 * if the prompt opens them. A prompt that closes them too, as some templates do unless told to
 * think, is followed by the answer, or left open for a trace. Earlier turns are context, and not
 * learned.
 */
final class AnswerWithTrace {
  private final JinjaChatTemplate template;
  private final List<JsonNode> tools;
  private final ReasoningTags tags;

  AnswerWithTrace(JinjaChatTemplate template, List<JsonNode> tools) {
    this.template = template;
    this.tools = tools;
    this.tags = template.reasoningTags();
  }

  /**
   * The conversation; empty if the template writes the last turn, with its trace, behind its
   * prompt.
   *
   * @param whole the messages as the template renders them
   */
  Optional<List<Segment>> segments(List<Message> messages, String whole) {
    int turns = messages.size();
    if (turns == 0 || messages.get(turns - 1).role() != Role.ASSISTANT) {
      return Optional.empty();
    }
    Message last = messages.get(turns - 1);
    String prompt = template.text(messages.subList(0, turns - 1), tools, true);
    boolean behindPrompt =
        whole.startsWith(prompt) && whole.indexOf(last.reasoning(), prompt.length()) >= 0;
    boolean closed = prompt.stripTrailing().endsWith(tags.close());
    boolean reasons = closed || tags.isOpenedBy(prompt) || !last.reasoning().isEmpty();
    if (behindPrompt || !reasons) {
      return Optional.empty();
    }
    String asked =
        closed && !last.reasoning().isEmpty()
            ? prompt.substring(0, prompt.lastIndexOf(tags.close()))
            : prompt;
    String end = template.endToken().orElse("");
    return Optional.of(
        List.of(
            new Segment(asked, false),
            new Segment(trace(asked, last.reasoning()) + last.content() + end, true)));
  }

  private String trace(String prompt, String reasoning) {
    if (!tags.isOpenedBy(prompt)) {
      return reasoning.isEmpty() ? "" : tags.block(reasoning);
    }
    String block = tags.block(reasoning).substring(tags.open().length());
    return prompt.endsWith("\n") ? block.substring(1) : block;
  }
}
