package org.pocketdistill.tokenize.gguf;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.pocketdistill.tokenize.gguf.GgufVocabulary.Flags;
import org.pocketdistill.tokenize.gguf.GgufVocabulary.SpecialIds;

/** A vocabulary that a test changes before it is used. */
final class VocabularyDraft {
  String model;
  Optional<String> pre;
  final List<String> tokens;
  final List<Integer> types;
  final List<Float> scores;
  final List<String> merges;
  OptionalLong bos;
  OptionalLong eos;
  OptionalLong unknown;
  OptionalLong padding;
  Optional<Boolean> addBos;
  Optional<Boolean> addEos;
  Optional<Boolean> addSpacePrefix;
  Optional<String> chatTemplate;

  private VocabularyDraft(GgufVocabulary v) {
    model = v.model();
    pre = v.pre();
    tokens = new ArrayList<>(v.tokens());
    types = new ArrayList<>(v.types());
    scores = new ArrayList<>(v.scores());
    merges = new ArrayList<>(v.merges());
    bos = v.specialIds().bos();
    eos = v.specialIds().eos();
    unknown = v.specialIds().unknown();
    padding = v.specialIds().padding();
    addBos = v.flags().addBos();
    addEos = v.flags().addEos();
    addSpacePrefix = v.flags().addSpacePrefix();
    chatTemplate = v.chatTemplate();
  }

  static VocabularyDraft of(GgufVocabulary vocabulary) {
    return new VocabularyDraft(vocabulary);
  }

  /** GPT-2's 256 bytes, by their ids there, and one merge. */
  static VocabularyDraft bytes() {
    VocabularyDraft draft = empty("gpt2");
    for (int range : new int[] {'!', 0xA1, 0xAE, 0x100}) {
      int last = range == '!' ? '~' : range == 0xA1 ? 0xAC : range == 0xAE ? 0xFF : 0x143;
      for (int c = range; c <= last; c++) {
        draft.add(String.valueOf((char) c), TokenType.NORMAL);
      }
    }
    draft.add("th", TokenType.NORMAL);
    draft.merges.add("t h");
    draft.pre = Optional.of("gpt-2");
    return draft;
  }

  /** SentencePiece's unknown token, BOS, EOS, 256 bytes, and the tokens with their scores. */
  static VocabularyDraft sentencePiece(List<String> texts, List<Float> textScores) {
    VocabularyDraft draft = empty("llama");
    draft.add("<unk>", TokenType.UNKNOWN);
    draft.add("<s>", TokenType.CONTROL);
    draft.add("</s>", TokenType.CONTROL);
    for (int b = 0; b < 256; b++) {
      draft.add("<0x%02X>".formatted(b), TokenType.BYTE);
    }
    texts.forEach(text -> draft.add(text, TokenType.NORMAL));
    for (int id = 0; id < draft.tokens.size(); id++) {
      int i = id - (draft.tokens.size() - texts.size());
      draft.scores.add(i < 0 ? 0f : textScores.get(i));
    }
    return draft;
  }

  private static VocabularyDraft empty(String model) {
    return new VocabularyDraft(
        new GgufVocabulary(
            model,
            Optional.empty(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            SpecialIds.NONE,
            Flags.ABSENT,
            Optional.empty()));
  }

  void add(String token, TokenType type) {
    tokens.add(token);
    types.add(type.number());
  }

  GgufVocabulary vocabulary() {
    return new GgufVocabulary(
        model,
        pre,
        tokens,
        types,
        scores,
        merges,
        new SpecialIds(bos, eos, unknown, padding),
        new Flags(addBos, addEos, addSpacePrefix),
        chatTemplate);
  }
}
