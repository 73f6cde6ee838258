package org.pocketdistill.tokenize.gguf;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.data.DataException;

class BadVocabularyTest {
  private final VocabularyDraft draft = VocabularyDraft.bytes();

  private void assertRefused(String message) {
    assertRefused(draft, message);
  }

  private static void assertRefused(VocabularyDraft draft, String message) {
    GgufVocabulary vocabulary = draft.vocabulary();
    assertThatThrownBy(() -> GgufTokenizer.of("model.gguf", vocabulary, 64))
        .isInstanceOf(DataException.class)
        .hasMessage("model.gguf: " + message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert", "t5", "rwkv", "plamo2", "gemma4", "none", "no_vocab", "GPT2", ""})
  void refusesOtherModelsByName(String model) {
    draft.model = model;
    assertRefused(
        "tokenizer.ggml.model '"
            + model
            + "' is not supported, expected gpt2 (byte-level BPE) or llama (SentencePiece)");
  }

  @Test
  void refusesAnUnknownRuleWithTheNearestOnes() {
    draft.pre = Optional.of("smolm");
    assertRefused(
        "tokenizer.ggml.pre 'smolm' is not known; the nearest of the 84 known are smollm, mellum,"
            + " mellum2, stablelm2");
  }

  @Test
  void refusesRulesThatItCannotFollow() {
    draft.pre = Optional.of("gemma4");
    assertRefused(
        "tokenizer.ggml.pre 'gemma4' is not supported: its tokens are characters, not bytes in"
            + " GPT-2's alphabet");
    draft.pre = Optional.of("roberta-bpe");
    assertRefused(
        "tokenizer.ggml.pre 'roberta-bpe' is not supported: an encoder that puts separators"
            + " between texts");
  }

  @Test
  void refusesNoTokens() {
    draft.tokens.clear();
    assertRefused("tokenizer.ggml.tokens: 0 tokens, expected 1 to 2097152");
  }

  @Test
  void refusesTwoEqualTokens() {
    draft.add("th", TokenType.NORMAL);
    assertRefused(
        "tokenizer.ggml.tokens[257] 'th': the same as token 256, expected tokens that differ");
  }

  @Test
  void refusesATokenWithTheNameOfAHole() {
    draft.add("", TokenType.NORMAL);
    draft.add("[EMPTY_257]", TokenType.NORMAL);
    assertRefused(
        "tokenizer.ggml.tokens[258] '[EMPTY_257]': the same as token 257, expected tokens that"
            + " differ");
  }

  @Test
  void refusesATokenOfWildLength() {
    draft.add("x".repeat(1025), TokenType.NORMAL);
    assertRefused(
        "tokenizer.ggml.tokens[257] '"
            + "x".repeat(40)
            + "…': 1025 characters, expected at most"
            + " 1024");
  }

  @Test
  void refusesWrongCounts() {
    draft.types.remove(0);
    assertRefused(
        "tokenizer.ggml.token_type: 256 elements, expected one for each of the 257 tokens");

    VocabularyDraft scored = VocabularyDraft.sentencePiece(List.of("a"), List.of(-1f));
    scored.scores.add(0f);
    assertRefused(
        scored, "tokenizer.ggml.scores: 261 elements, expected one for each of the 260 tokens");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 7, -1, Integer.MAX_VALUE})
  void refusesUnknownTypes(int type) {
    draft.types.set(3, type);
    assertRefused("tokenizer.ggml.token_type[3]: " + type + ", expected 1 to 6");
  }

  @ParameterizedTest
  @ValueSource(strings = {"zz h", "t zz", "t e"})
  void refusesMergesOfUnknownTokens(String merge) {
    draft.merges.add(merge);
    String unknown = merge.equals("t e") ? "te" : "zz";
    assertRefused(
        "tokenizer.ggml.merges[1] '" + merge + "': '" + unknown + "' is not among the tokens");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "th", "t h e", "t ", " h", "t  h"})
  void refusesMergesThatAreNotTwoTokens(String merge) {
    draft.merges.add(merge);
    assertRefused(
        "tokenizer.ggml.merges[1] '"
            + merge
            + "': expected two tokens with one blank between them");
  }

  @Test
  void refusesAByteLevelVocabularyWithoutMerges() {
    draft.merges.clear();
    assertRefused("no tokenizer.ggml.merges, expected those of a byte-pair encoding");
  }

  @ParameterizedTest
  @ValueSource(longs = {257, 4294967295L, -1})
  void refusesIdsOutOfRange(long id) {
    draft.eos = OptionalLong.of(id);
    assertRefused("tokenizer.ggml.eos_token_id: " + id + ", expected the id of a token, 0 to 256");
    draft.eos = OptionalLong.empty();
    draft.padding = OptionalLong.of(id);
    assertRefused(
        "tokenizer.ggml.padding_token_id: " + id + ", expected the id of a token, 0 to 256");
  }

  @Test
  void refusesToAddATokenThatIsNotNamed() {
    draft.addBos = Optional.of(true);
    assertRefused(
        "the tokenizer adds a BOS token to every text (tokenizer.ggml.add_bos_token), but there is"
            + " no tokenizer.ggml.bos_token_id");
    draft.addBos = Optional.empty();
    draft.addEos = Optional.of(true);
    assertRefused(
        "the tokenizer adds a EOS token to every text (tokenizer.ggml.add_eos_token), but there is"
            + " no tokenizer.ggml.eos_token_id");
    draft.addEos = Optional.empty();
    draft.pre = Optional.of("llama-bpe");
    assertRefused(
        "the tokenizer adds a BOS token to every text (tokenizer.ggml.add_bos_token), but there is"
            + " no tokenizer.ggml.bos_token_id");
  }

  @Test
  void refusesASentencePieceVocabularyThatIsIncomplete() throws IOException {
    VocabularyDraft scored = VocabularyDraft.sentencePiece(List.of("a"), List.of(-1f));
    scored.scores.set(5, Float.NaN);
    assertRefused(scored, "tokenizer.ggml.scores[5] of '<0x02>': NaN, expected a number");
    scored.scores.clear();
    assertRefused(scored, "no tokenizer.ggml.scores, expected those of a SentencePiece vocabulary");
    scored.tokens.set(13, "b");
    assertRefused(
        scored,
        "tokenizer.ggml.tokens: '<0x0A>' is missing, expected the 256 bytes for characters without"
            + " a token");
  }
}
