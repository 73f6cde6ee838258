package org.pocketdistill.tokenize;

import java.util.ArrayList;
import java.util.List;
import org.pocketdistill.data.Message;
import org.pocketdistill.data.Role;

/**
 * The ChatML layout: {@code <|im_start|>role\ncontent<|im_end|>\n} for each message.
 *
 * <p>Learned are the assistant's contents, each with its {@code <|im_end|>}: without learning the
 * end a model never stops. The line break after it is not learned, for nobody generates it. A
 * system prompt is a message like any other; none is added. The trace of a turn stands before its
 * content, {@code <think>\ntrace\n</think>\n\n}, also in earlier turns.
 */
public final class ChatMl implements ChatTemplate {
  private static final String JINJA =
      "{% for message in messages %}"
          + "{{ '<|im_start|>' + message['role'] + '\\n' }}"
          + "{% if message['reasoning_content'] %}"
          + "{{ '<think>\\n' + message['reasoning_content'] + '\\n</think>\\n\\n' }}{% endif %}"
          + "{{ message['content'] + '<|im_end|>\\n' }}"
          + "{% endfor %}"
          + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

  @Override
  public List<Segment> render(List<Message> messages, boolean addGenerationPrompt) {
    List<Segment> segments = new ArrayList<>();
    for (Message message : messages) {
      boolean learned = message.role() == Role.ASSISTANT;
      segments.add(new Segment(header(message.role()), false));
      String trace = message.reasoning();
      String block = trace.isEmpty() ? "" : reasoningTags().block(trace);
      segments.add(new Segment(block + message.content() + SpecialTokens.IM_END, learned));
      segments.add(new Segment("\n", false));
    }
    if (addGenerationPrompt) {
      segments.add(new Segment(header(Role.ASSISTANT), false));
    }
    return segments;
  }

  @Override
  public String jinja() {
    return JINJA;
  }

  @Override
  public List<String> controlTokens() {
    return List.of(SpecialTokens.IM_START, SpecialTokens.IM_END);
  }

  private static String header(Role role) {
    return SpecialTokens.IM_START + role.key() + "\n";
  }
}
