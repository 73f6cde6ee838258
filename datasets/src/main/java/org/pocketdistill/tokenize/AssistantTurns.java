package org.pocketdistill.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Message;
import org.pocketdistill.data.Role;
import org.pocketdistill.template.Rendered.Span;

/**
 * What the assistant says in a conversation whose template does not mark it.
 *
 * <p>A turn begins where the prompt ends that asks for it: the turns before it, rendered with a
 * generation prompt, which must be a prefix of the whole. It ends where the conversation up to it
 * ends, if that is a prefix too; some templates write the last turn differently, so otherwise it
 * ends with the first end token. White space after the end token is not learned, for nobody
 * generates it.
 */
final class AssistantTurns {
  private static final int SHOWN = 60;

  private final JinjaChatTemplate template;
  private final List<JsonNode> tools;

  AssistantTurns(JinjaChatTemplate template, List<JsonNode> tools) {
    this.template = template;
    this.tools = tools;
  }

  /**
   * Where the assistant's turns stand.
   *
   * @param whole the messages as they are rendered
   * @throws DataException if a turn cannot be told apart
   */
  List<Span> spans(List<Message> messages, String whole) {
    List<Span> spans = new ArrayList<>();
    for (int turn = 0; turn < messages.size(); turn++) {
      if (messages.get(turn).role() == Role.ASSISTANT) {
        spans.add(span(messages, turn, whole));
      }
    }
    return spans;
  }

  private Span span(List<Message> messages, int turn, String whole) {
    String prompt = template.text(messages.subList(0, turn), tools, true);
    if (!whole.startsWith(prompt)) {
      throw unlike(turn, prompt, whole);
    }
    int start = prompt.length();
    String through = template.text(messages.subList(0, turn + 1), tools, false);
    if (through.length() >= start && whole.startsWith(through)) {
      return new Span(start, start + learnedLength(whole.substring(start, through.length())));
    }
    return new Span(start, endOfTurn(messages, turn, whole, start));
  }

  private int learnedLength(String turn) {
    String stripped = turn.stripTrailing();
    boolean ends = template.endToken().filter(stripped::endsWith).isPresent();
    return ends ? stripped.length() : turn.length();
  }

  private int endOfTurn(List<Message> messages, int turn, String whole, int start) {
    String end = template.endToken().orElse("");
    int found = end.isEmpty() ? -1 : whole.indexOf(end, start);
    String said = found < 0 ? "" : whole.substring(start, found);
    boolean oneTurn =
        found >= 0
            && said.contains(messages.get(turn).content().strip())
            && template.controlTokens().stream().noneMatch(said::contains);
    if (!oneTurn) {
      throw new DataException(
          ("%s: turn %d, which the assistant says, is written differently when other turns follow,"
                  + " and no end token closes it; so what is to be learned cannot be told apart."
                  + " Use a template with {%% generation %%} blocks, or rows with one answer each")
              .formatted(template.name(), turn + 1));
    }
    return found + end.length();
  }

  private DataException unlike(int turn, String prompt, String whole) {
    int same = 0;
    while (same < Math.min(prompt.length(), whole.length())
        && prompt.charAt(same) == whole.charAt(same)) {
      same++;
    }
    return new DataException(
        ("%s: the prompt that asks for turn %d does not stand in the conversation: it has '%s' where"
                + " the conversation has '%s'; so what is to be learned cannot be told apart. Use a"
                + " template with {%% generation %%} blocks")
            .formatted(template.name(), turn + 1, shown(prompt, same), shown(whole, same)));
  }

  private static String shown(String text, int from) {
    String rest = text.substring(from, Math.min(text.length(), from + SHOWN));
    return rest.replace("\n", "\\n");
  }
}
