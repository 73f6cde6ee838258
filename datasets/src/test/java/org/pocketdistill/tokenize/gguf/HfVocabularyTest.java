package org.pocketdistill.tokenize.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.data.DataException;
import org.pocketdistill.tokenize.ByteLevelBpeTrainer;
import org.pocketdistill.tokenize.ChatMl;
import org.pocketdistill.tokenize.HfTokenizer;
import org.pocketdistill.tokenize.PreTokenizer;
import org.pocketdistill.tokenize.TokenizerFolder;
import org.pocketdistill.tokenize.gguf.ReducedVocabulary.Golden;

/** Hugging Face's tokenizer files as a GGUF vocabulary, and what such a one cannot carry. */
class HfVocabularyTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"smollm2", "qwen2", "gpt-2", "phi-3"})
  void aVocabularyComesBackAsItWas(String name) throws IOException {
    ReducedVocabulary reduced = ReducedVocabulary.read(name);
    GgufVocabulary original = reduced.vocabulary();
    GgufTokenizer.of("model.gguf", original, 2048).write(folder);

    GgufVocabulary back = HfVocabulary.read(folder);

    assertThat(back.model()).isEqualTo(original.model());
    assertThat(back.pre()).isEqualTo(original.pre());
    assertThat(back.tokens()).isEqualTo(original.tokens());
    assertThat(back.merges()).isEqualTo(original.merges());
    assertThat(back.specialIds()).isEqualTo(original.specialIds());
    assertThat(back.flags().addBos()).hasValue(original.flags().addBos().orElse(false));
    assertThat(back.flags().addEos()).hasValue(false);
    if (original.model().equals("gpt2")) {
      assertThat(back.types()).isEqualTo(original.types());
      assertThat(back.scores()).isEmpty();
    }
    try (HfTokenizer tokenizer = GgufTokenizer.of("back.gguf", back, 2048).open()) {
      for (Golden golden : reduced.strings()) {
        assertThat(tokenizer.encode(golden.text())).as(golden.text()).isEqualTo(golden.ids());
      }
    }
  }

  static List<String> rules() {
    return PreTokenizerRule.values();
  }

  @ParameterizedTest
  @MethodSource("rules")
  void everyRuleIsFoundByWhatItDoes(String value) {
    PreTokenizerRule rule = PreTokenizerRule.of("model.gguf", value);

    String found = PreTokenizerRule.nameOf(rule.split(), rule.ignoreMerges()).orElseThrow();

    PreTokenizerRule same = PreTokenizerRule.of("model.gguf", found);
    assertThat(same.split()).isEqualTo(rule.split());
    assertThat(same.ignoreMerges()).isEqualTo(rule.ignoreMerges());
  }

  @Test
  void rulesOfSeveralModelsHaveTheirUsualNames() {
    for (String value : List.of("llama-bpe", "qwen2", "smollm", "gpt-2", "tekken", "gpt-4o")) {
      PreTokenizerRule rule = PreTokenizerRule.of("model.gguf", value);
      assertThat(PreTokenizerRule.nameOf(rule.split(), rule.ignoreMerges())).hasValue(value);
    }
  }

  @Test
  void takesTheFormsThatModelsBring() throws IOException {
    write(VocabularyDraft.bytes());
    ObjectNode json = tokenizer();
    ArrayNode pairs = JSON.createArrayNode();
    pairs.addArray().add("t").add("h");
    ((ObjectNode) json.get("model")).set("merges", pairs);
    json.putObject("normalizer").put("type", "NFC");
    ObjectNode sequence = json.putObject("pre_tokenizer").put("type", "Sequence");
    ArrayNode steps = sequence.putArray("pretokenizers");
    steps.addObject().put("type", "Digits").put("individual_digits", true);
    steps
        .addObject()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true);
    save(json);

    GgufVocabulary read = HfVocabulary.read(folder);

    assertThat(read.pre()).as("use_regex is the default").hasValue("smollm");
    assertThat(read.merges()).containsExactly("t h");

    PreTokenizerRule llama3 = PreTokenizerRule.of("x", "llama-bpe");
    steps.removeAll();
    ObjectNode split = steps.addObject().put("type", "Split").put("behavior", "Removed");
    split.put("invert", true).putObject("pattern").put("Regex", llama3.split().get(0));
    steps
        .addObject()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true)
        .put("use_regex", false);
    ((ObjectNode) json.get("model")).put("ignore_merges", true);
    save(json);

    assertThat(HfVocabulary.read(folder).pre()).hasValue("llama-bpe");
  }

  @Test
  void takesSentencePieceWithAMetaspace() throws IOException {
    VocabularyDraft draft = sentencePiece();
    write(draft);
    ObjectNode json = tokenizer();
    json.putNull("normalizer");
    json.putObject("pre_tokenizer")
        .put("type", "Metaspace")
        .put("replacement", "\u2581")
        .put("prepend_scheme", "never")
        .put("split", false);
    save(json);

    assertThat(HfVocabulary.read(folder).flags().addSpacePrefix()).hasValue(false);
  }

  @Test
  void tellsWhatIsPutAroundATextAndHowTurnsLook() throws IOException {
    VocabularyDraft draft = VocabularyDraft.bytes();
    draft.add("<s>", TokenType.CONTROL);
    draft.add("<u>", TokenType.USER_DEFINED);
    draft.bos = OptionalLong.of(257);
    draft.addBos = Optional.of(true);
    draft.chatTemplate = Optional.of("{{ messages[0].content }}");
    write(draft);

    GgufVocabulary read = HfVocabulary.read(folder);

    assertThat(read.flags().addBos()).hasValue(true);
    assertThat(read.specialIds().bos()).hasValue(257);
    assertThat(read.chatTemplate()).isEqualTo(draft.chatTemplate);
    assertThat(read.types().subList(257, 259)).containsExactly(3, 4);
    Files.writeString(folder.resolve("chat_template.jinja"), "{{ 1 }}");
    assertThat(HfVocabulary.read(folder).chatTemplate()).hasValue("{{ 1 }}");
  }

  @Test
  void padsWithUnusedTokens() {
    VocabularyDraft draft = sentencePiece();
    GgufVocabulary padded = draft.vocabulary().padded(draft.tokens.size() + 2);

    assertThat(padded.tokens()).endsWith("[PAD265]", "[PAD266]").hasSize(267);
    assertThat(padded.types()).endsWith(5, 5).hasSize(267);
    assertThat(padded.scores()).hasSize(267);
    GgufTokenizer.of("model.gguf", padded, 64).open().close();
  }

  @Test
  void carriesWhatAJobTrainsButForWords() throws IOException {
    for (PreTokenizer rule : PreTokenizer.values()) {
      ByteLevelBpeTrainer trainer = new ByteLevelBpeTrainer(300, rule);
      List.of("wake me at seven", "wake her at seven").forEach(trainer::add);
      TokenizerFolder.write(folder, trainer.train(), new ChatMl(), 64);
      if (rule == PreTokenizer.WORDS) {
        assertRefused(
            "llama.cpp has no rule that cuts texts so; a tokenizer that a job trains with"
                + " tokenizer.pre_tokenizer: qwen2 has one");
      } else {
        GgufVocabulary read = HfVocabulary.read(folder);
        assertThat(read.pre()).hasValue("qwen2");
        assertThat(read.specialIds().eos()).hasValue(2);
        assertThat(read.chatTemplate()).hasValue(new ChatMl().jinja());
      }
    }
  }

  @Test
  void refusesOtherModels() throws IOException {
    write(VocabularyDraft.bytes());
    ObjectNode json = tokenizer();
    ((ObjectNode) json.get("model")).put("end_of_word_suffix", "</w>");
    save(json);
    assertRefused("model.end_of_word_suffix \"</w>\", expected none: a GGUF file cannot carry it");

    json = tokenizer();
    ObjectNode model = json.putObject("model").put("type", "WordLevel").put("unk_token", "a");
    model.putObject("vocab").put("a", 0);
    save(json);
    assertRefused("model.type \"WordLevel\", expected BPE: other vocabularies are not written");
  }

  @Test
  void refusesStepsThatItHasNoWordsFor() throws IOException {
    write(VocabularyDraft.bytes());
    ObjectNode json = tokenizer();
    json.putObject("normalizer").put("type", "Lowercase");
    save(json);
    assertRefused("normalizer {\"type\":\"Lowercase\"} cannot be written to a GGUF file");

    json.putNull("normalizer");
    ((ObjectNode) json.get("pre_tokenizer")).put("add_prefix_space", true);
    save(json);
    assertRefused("expected add_prefix_space to be false");

    json.putObject("pre_tokenizer").put("type", "Whitespace");
    save(json);
    assertRefused("pre_tokenizer {\"type\":\"Whitespace\"} cannot be written to a GGUF file");
  }

  @Test
  void refusesATokenThatTakesBlanksWithIt() throws IOException {
    VocabularyDraft draft = VocabularyDraft.bytes();
    draft.add("<mask>", TokenType.CONTROL);
    write(draft);
    ObjectNode json = tokenizer();
    ((ObjectNode) json.at("/added_tokens/0")).put("lstrip", true);
    save(json);

    assertRefused("a GGUF file cannot carry this tokenizer: its ids of 'a <mask> b<mask>c' are [");
  }

  @Test
  void refusesAPostProcessorThatAddsOtherTokens() throws IOException {
    VocabularyDraft draft = VocabularyDraft.bytes();
    draft.add("<s>", TokenType.CONTROL);
    draft.bos = OptionalLong.of(257);
    draft.addBos = Optional.of(true);
    write(draft);
    Path config = folder.resolve("tokenizer_config.json");
    Files.writeString(config, Files.readString(config).replace("\"<s>\"", "null"));

    assertRefused(
        "post_processor puts [257] around a text, expected bos_token before or eos_token");
  }

  @Test
  void refusesMergesThatDoNotFollowFromScores() throws IOException {
    write(sentencePiece());
    ObjectNode json = tokenizer();
    ArrayNode merges = (ArrayNode) json.at("/model/merges");
    assertThat(merges)
        .extracting(JsonNode::textValue)
        .containsExactly("b c", "a b", "ab c", "a bc");
    merges.remove(3);
    save(json);

    assertRefused("model.merges: 'a bc' is not among them, expected every way to make a token");
  }

  private static VocabularyDraft sentencePiece() {
    return VocabularyDraft.sentencePiece(
        List.of("bc", "ab", "abc", "a", "b", "c"), List.of(-1f, -2f, -3f, -4f, -5f, -6f));
  }

  private void write(VocabularyDraft draft) throws IOException {
    GgufTokenizer.of("model.gguf", draft.vocabulary(), 64).write(folder);
  }

  private ObjectNode tokenizer() throws IOException {
    return (ObjectNode) JSON.readTree(folder.resolve("tokenizer.json").toFile());
  }

  private void save(ObjectNode json) throws IOException {
    JSON.writeValue(folder.resolve("tokenizer.json").toFile(), json);
  }

  private void assertRefused(String message) {
    assertThatThrownBy(() -> HfVocabulary.read(folder))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(folder.resolve("tokenizer.json").toString())
        .hasMessageContaining(message);
  }
}
