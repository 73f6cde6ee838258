package org.pocketdistill.data;

import java.util.List;

/**
 * A question with answers to choose from.
 *
 * @param context what has to be read first, such as a passage; may be empty
 * @param choices two or more
 * @param answer index of the right one
 */
public record MultipleChoice(String context, String question, List<String> choices, int answer) {
  public MultipleChoice {
    choices = List.copyOf(choices);
    if (choices.size() < 2 || answer < 0 || answer >= choices.size()) {
      throw new IllegalArgumentException("answer " + answer + " of choices " + choices);
    }
  }

  /** The text of the right choice. */
  public String rightChoice() {
    return choices.get(answer);
  }

  /** Asked and answered as a conversation. */
  List<Message> messages() {
    String asked = context.isEmpty() ? question : context + "\n" + question;
    return List.of(Message.user(asked), Message.assistant(rightChoice()));
  }
}
