package org.pocketdistill.tokenize;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.data.Message;

class EncodedSegmentsTest {
  @TempDir private Path folder;

  @Test
  void promptIdsAreThePrefixOfTheTrainingIds() throws IOException {
    try (HfTokenizer tokenizer = TrainedTokenizer.in(folder)) {
      // an answer that opens with line breaks would merge with the header's if encoded as one text
      for (String answer : List.of("Hello!", "\n\n好", "  x", "\t\n")) {
        List<Message> prompt =
            List.of(Message.user("a"), Message.assistant("\nb"), Message.user(" c "));
        List<Message> row =
            List.of(prompt.get(0), prompt.get(1), prompt.get(2), Message.assistant(answer));

        int[] promptIds = encode(tokenizer, prompt, true).ids();
        EncodedSegments rowIds = encode(tokenizer, row, false);

        assertThat(Arrays.copyOf(rowIds.ids(), promptIds.length)).containsExactly(promptIds);
        int firstOfAnswer = rowIds.learned().nextSetBit(promptIds.length);
        assertThat(firstOfAnswer).isEqualTo(promptIds.length);
      }
    }
  }

  @Test
  void learnedIdsAreTheAnswersAndTheirEnds() throws IOException {
    try (HfTokenizer tokenizer = TrainedTokenizer.in(folder)) {
      EncodedSegments encoded =
          encode(
              tokenizer,
              List.of(
                  Message.user("Hi"),
                  Message.assistant("one"),
                  Message.user("more"),
                  Message.assistant("二")),
              false);

      int[] learned = encoded.learned().stream().map(i -> encoded.ids()[i]).toArray();
      assertThat(tokenizer.decode(learned, false)).isEqualTo("one<|im_end|>二<|im_end|>");
      assertThat(encoded.learned().get(encoded.ids().length - 1)).isFalse();
    }
  }

  private static EncodedSegments encode(
      Tokenizer tokenizer, List<Message> messages, boolean addGenerationPrompt) {
    return EncodedSegments.encode(tokenizer, new ChatMl().render(messages, addGenerationPrompt));
  }
}
