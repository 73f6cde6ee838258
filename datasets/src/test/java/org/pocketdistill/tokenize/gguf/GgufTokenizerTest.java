package org.pocketdistill.tokenize.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.data.Message;
import org.pocketdistill.tokenize.ChatMl;
import org.pocketdistill.tokenize.ChatTemplate;
import org.pocketdistill.tokenize.ChatTemplates;
import org.pocketdistill.tokenize.HfTokenizer;
import org.pocketdistill.tokenize.gguf.ReducedVocabulary.Golden;

class GgufTokenizerTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"smollm2", "qwen2", "gpt-2", "phi-3"})
  void givesLlamaCppsIdsOnEveryString(String name) throws IOException {
    ReducedVocabulary reduced = ReducedVocabulary.read(name);
    try (HfTokenizer tokenizer = open(reduced.vocabulary())) {
      for (Golden golden : reduced.strings()) {
        assertThat(tokenizer.encode(golden.text())).as(golden.text()).isEqualTo(golden.ids());
      }
    }
  }

  @Test
  void isTheSameThroughItsFiles() throws IOException {
    ReducedVocabulary reduced = ReducedVocabulary.read("smollm2");
    GgufTokenizer.of("model.gguf", reduced.vocabulary(), 2048).write(folder);

    try (HfTokenizer tokenizer = HfTokenizer.load(folder)) {
      for (Golden golden : reduced.strings()) {
        assertThat(tokenizer.encode(golden.text())).as(golden.text()).isEqualTo(golden.ids());
        assertThat(tokenizer.decode(golden.ids(), false)).isEqualTo(golden.text());
      }
      assertThat(tokenizer.bosId()).hasValue(1);
      assertThat(tokenizer.eosId()).hasValue(2);
      assertThat(tokenizer.padId()).hasValue(2);
      assertThat(tokenizer.vocabSize()).isEqualTo(reduced.vocabulary().tokens().size());
    }
  }

  @Test
  void putsBosBeforeATextWhereTheFileOrItsKindSaysSo() throws IOException {
    VocabularyDraft phi3 = draft("phi-3");
    assertThat(addsBos(phi3)).isTrue();
    phi3.addBos = Optional.empty();
    phi3.bos = OptionalLong.empty();
    assertThat(addsBos(phi3)).as("id 1 is Llama's default").isTrue();
    phi3.addBos = Optional.of(false);
    assertThat(addsBos(phi3)).isFalse();

    VocabularyDraft qwen2 = draft("qwen2");
    assertThat(addsBos(qwen2)).isFalse();
    qwen2.pre = Optional.of("llama-bpe");
    assertThat(addsBos(qwen2)).isTrue();
    qwen2.addBos = Optional.of(false);
    assertThat(addsBos(qwen2)).isFalse();
  }

  private static boolean addsBos(VocabularyDraft draft) {
    int bos = (int) draft.bos.orElse(1);
    try (HfTokenizer tokenizer = open(draft.vocabulary())) {
      int[] bare = tokenizer.encode("Hello");
      int[] whole = tokenizer.encodeWithSpecialTokens("Hello");
      assertThat(tokenizer.bosId()).hasValue(bos);
      assertThat(whole).endsWith(bare);
      return whole.length == bare.length + 1 && whole[0] == bos;
    }
  }

  @Test
  void putsEosAfterATextOnRequest() throws IOException {
    VocabularyDraft smollm2 = draft("smollm2");
    smollm2.addBos = Optional.of(true);
    smollm2.addEos = Optional.of(true);

    try (HfTokenizer tokenizer = open(smollm2.vocabulary())) {
      assertThat(tokenizer.encodeWithSpecialTokens("")).containsExactly(1, 2);
    }
  }

  @Test
  void takesAPieceWholeWhereMergesAreIgnored() {
    VocabularyDraft draft = VocabularyDraft.bytes();
    draft.add("the", TokenType.NORMAL);
    draft.pre = Optional.of("glm4");
    try (HfTokenizer tokenizer = open(draft.vocabulary())) {
      assertThat(tokenizer.encode("the")).containsExactly(257);
    }
    draft.pre = Optional.of("dbrx");
    try (HfTokenizer tokenizer = open(draft.vocabulary())) {
      assertThat(tokenizer.encode("the")).containsExactly(256, 'e' - '!');
    }
  }

  @Test
  void takesTheFirstOfTwoEqualMerges() {
    VocabularyDraft draft = VocabularyDraft.bytes();
    draft.add("he", TokenType.NORMAL);
    draft.merges.addAll(List.of("h e", "t h"));

    try (HfTokenizer tokenizer = open(draft.vocabulary())) {
      assertThat(tokenizer.encode("the")).containsExactly(256, 'e' - '!');
    }
  }

  @Test
  void namesAnEmptyTokenAsLlamaCppDoes() {
    VocabularyDraft draft = VocabularyDraft.bytes();
    draft.add("", TokenType.NORMAL);

    try (HfTokenizer tokenizer = open(draft.vocabulary())) {
      assertThat(tokenizer.idOf("[EMPTY_257]")).hasValue(257);
    }
  }

  @Test
  void leavesOutControlTokensOnRequestButNotThoseOfTheUser() {
    VocabularyDraft draft = VocabularyDraft.bytes();
    draft.add("<c>", TokenType.CONTROL);
    draft.add("<u>", TokenType.USER_DEFINED);

    try (HfTokenizer tokenizer = open(draft.vocabulary())) {
      assertThat(tokenizer.encode("<c><u>")).containsExactly(257, 258);
      assertThat(tokenizer.decode(new int[] {257, 258}, true)).isEqualTo("<u>");
    }
  }

  @Test
  void putsNoBlankBeforeATextWhereTheFileSaysSo() throws IOException {
    VocabularyDraft phi3 = draft("phi-3");
    try (HfTokenizer before = open(phi3.vocabulary())) {
      phi3.addSpacePrefix = Optional.of(false);
      try (HfTokenizer tokenizer = open(phi3.vocabulary())) {
        assertThat(tokenizer.encode(" Hello")).isEqualTo(before.encode("Hello"));
        assertThat(tokenizer.encode("Hello")).isNotEqualTo(before.encode("Hello"));
      }
    }
  }

  @Test
  void usesTheDefaultRuleWhereNoneIsNamed() throws IOException {
    VocabularyDraft draft = draft("gpt-2");
    draft.pre = Optional.of("default");
    try (HfTokenizer named = open(draft.vocabulary())) {
      draft.pre = Optional.empty();
      try (HfTokenizer unnamed = open(draft.vocabulary())) {
        assertThat(unnamed.encode("a+b = 12345")).isEqualTo(named.encode("a+b = 12345"));
      }
    }
  }

  @Test
  void writesTheTokensWithAPurposeAndTheTemplate() throws IOException {
    VocabularyDraft smollm2 = draft("smollm2");
    smollm2.chatTemplate = Optional.of("{{ messages }}");

    GgufTokenizer.of("model.gguf", smollm2.vocabulary(), 2048).write(folder);

    JsonNode config = JSON.readTree(folder.resolve("tokenizer_config.json").toFile());
    assertThat(config.get("bos_token").textValue()).isEqualTo("<|im_start|>");
    assertThat(config.get("eos_token").textValue()).isEqualTo("<|im_end|>");
    assertThat(config.get("pad_token").textValue()).isEqualTo("<|im_end|>");
    assertThat(config.get("unk_token").textValue()).isEqualTo("<|endoftext|>");
    assertThat(config.get("add_bos_token").booleanValue()).isFalse();
    assertThat(config.get("clean_up_tokenization_spaces").booleanValue()).isFalse();
    assertThat(config.get("model_max_length").intValue()).isEqualTo(2048);
    assertThat(config.get("chat_template").textValue()).isEqualTo("{{ messages }}");
    JsonNode tokenizer = JSON.readTree(folder.resolve("tokenizer.json").toFile());
    assertThat(tokenizer.at("/added_tokens/1/content").textValue()).isEqualTo("<|im_start|>");
    assertThat(tokenizer.at("/model/merges/0").isTextual()).isTrue();
    assertThat(tokenizer.at("/post_processor").isNull()).isTrue();
  }

  @Test
  void talksByTheFilesOwnTemplate() throws IOException {
    VocabularyDraft smollm2 = draft("smollm2");
    List<Message> talk = List.of(Message.user("Hi"));
    assertThat(template(smollm2).text(talk, List.of(), true))
        .isEqualTo(new ChatMl().text(talk, List.of(), true));

    smollm2.chatTemplate = Optional.of("{{ messages[0].content }}!{{ eos_token }}");

    assertThat(template(smollm2).text(talk, List.of(), true)).isEqualTo("Hi!<|im_end|>");
  }

  private static ChatTemplate template(VocabularyDraft draft) {
    return GgufTokenizer.of("x.gguf", draft.vocabulary(), 64)
        .chatTemplate(ChatTemplates.FIXED_DATE);
  }

  private static VocabularyDraft draft(String name) throws IOException {
    return VocabularyDraft.of(ReducedVocabulary.read(name).vocabulary());
  }

  private static HfTokenizer open(GgufVocabulary vocabulary) {
    return GgufTokenizer.of("model.gguf", vocabulary, 2048).open();
  }
}
