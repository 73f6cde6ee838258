package org.pocketdistill.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.data.DataException;

/**
 * Files that the native library takes without a word and then gives other ids, or at which it ends
 * the program. The vocabulary has the ids 0 to 599, the added tokens the first three.
 */
class BadTokenizerTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;
  private Path file;
  private ObjectNode root;
  private ObjectNode vocab;
  private ArrayNode added;

  @BeforeEach
  void train() throws IOException {
    TrainedTokenizer.in(folder).close();
    file = folder.resolve("tokenizer.json");
    root = (ObjectNode) JSON.readTree(file.toFile());
    vocab = (ObjectNode) root.get("model").get("vocab");
    added = (ArrayNode) root.get("added_tokens");
  }

  private void assertRefused(String message) throws IOException {
    Files.writeString(file, root.toString());
    assertThatThrownBy(() -> HfTokenizer.load(folder))
        .isInstanceOf(DataException.class)
        .hasMessage(file + ": " + message);
  }

  private void assertTaken() throws IOException {
    Files.writeString(file, root.toString());
    try (HfTokenizer tokenizer = HfTokenizer.load(folder)) {
      for (var token : added) {
        assertThat(tokenizer.encode(token.get("content").textValue()))
            .containsExactly(token.get("id").intValue());
      }
    }
  }

  private void add(int id, String content) {
    ObjectNode token = added.get(0).deepCopy();
    added.add(token.put("id", id).put("content", content));
  }

  @Test
  void takesAddedTokensThatGoOnFromTheVocabulary() throws IOException {
    add(600, "<a>");
    add(601, "<b>");
    assertTaken();
  }

  @Test
  void refusesAHoleInTheIds() throws IOException {
    vocab.put("hole", 601);
    assertRefused("no token has id 600, but one has id 601; expected a token for every id");
  }

  @Test
  void refusesTwoTokensWithOneId() throws IOException {
    vocab.put("twin", 2);
    assertRefused("the tokens '<|im_end|>' and 'twin' both have id 2, expected ids that differ");
  }

  @Test
  void refusesATokenThatIsThereTwice() throws IOException {
    String twice = root.toString().replace("\"vocab\":{", "\"vocab\":{\"!\":3,");
    Files.writeString(file, twice);
    assertThatThrownBy(() -> HfTokenizer.load(folder))
        .isInstanceOf(DataException.class)
        .hasMessage(file + ": model.vocab: the token '!' is there twice, expected once");
  }

  @Test
  void refusesAddedTokensThatCollide() throws IOException {
    add(600, "<a>");
    add(600, "<b>");
    assertRefused(
        "added_tokens: '<b>' has id 600, expected 601, for added tokens go on from the vocabulary"
            + " in the order of the file");
  }

  @Test
  void refusesAnAddedTokenThatIsThereTwice() throws IOException {
    add(600, "<a>");
    add(600, "<a>");
    assertRefused("added_tokens: '<a>' is there twice, expected once");
  }

  @ParameterizedTest
  @CsvSource({"601", "7", "-1", "99999999999"})
  void refusesAnAddedTokenWithAnIdThatTheLibraryWouldNotGive(long id) throws IOException {
    add(600, "<a>");
    ((ObjectNode) added.get(3)).put("id", id);
    assertRefused(
        "added_tokens: '<a>' has id "
            + id
            + ", expected 600, for added tokens go on from the vocabulary in the order of the"
            + " file");
  }

  @Test
  void refusesAnAddedTokenWithAnotherIdThanInTheVocabulary() throws IOException {
    ((ObjectNode) added.get(1)).put("id", 2);
    assertRefused("added_tokens: '<|im_start|>' has id 2, expected 1, its id in model.vocab");
  }

  private void set(String step, String json) throws IOException {
    root.set(step, JSON.readTree(json.replace('\'', '"')));
  }

  @Test
  void refusesNormalizersThatEndTheProgram() throws IOException {
    set("normalizer", "{'type':'Replace','pattern':{'String':''},'content':'x'}");
    assertRefused(
        "normalizer: found {\"type\":\"Replace\",\"pattern\":{\"String\":\"\"},\"content\":\"x\"},"
            + " expected the replacement of a String that is not empty");
    set("normalizer", "{'type':'Sequence','normalizers':[{'type':'Prepend','prepend':''}]}");
    assertRefused(
        "normalizer: found {\"type\":\"Prepend\",\"prepend\":\"\"}, expected a text to put before");
    set("normalizer", "{'type':'Precompiled','precompiled_charsmap':'AAAA'}");
    assertRefused("normalizer Precompiled is not supported, expected one without a table");
  }

  @Test
  void refusesExpressionsThatEndTheProgram() throws IOException {
    set(
        "pre_tokenizer",
        "{'type':'Sequence','pretokenizers':[{'type':'Split','pattern':{'Regex':'(l+l+)+y'},"
            + "'behavior':'Isolated','invert':false}]}");
    assertRefused(
        "pre_tokenizer: the expression has the repetition (l+l+)+, expected one that cannot take"
            + " for ever");
    set("pre_tokenizer", "null");
    set("decoder", "{'type':'Replace','pattern':{'Regex':'(a|a)*b'},'content':'x'}");
    assertRefused(
        "decoder: the expression has the repetition (a|a)*, expected one that cannot take for"
            + " ever");
  }

  @Test
  void refusesTemplatesThatEndTheProgram() throws IOException {
    String template =
        "{'type':'TemplateProcessing','single':[%s],'pair':[],'special_tokens':{'<s>':{'id':'<s>',"
            + "'ids':[%s],'tokens':['<s>']}}}";
    String bos = "{'SpecialToken':{'id':'<s>','type_id':0}}";
    set("post_processor", template.formatted(bos.replace("<s>", "<q>"), "1"));
    assertRefused(
        "post_processor.single: found {\"SpecialToken\":{\"id\":\"<q>\",\"type_id\":0}}, expected a"
            + " token of special_tokens");
    set("post_processor", template.formatted("{'Sequence':{'id':'B','type_id':0}}", "1"));
    assertRefused(
        "post_processor.single: found {\"Sequence\":{\"id\":\"B\",\"type_id\":0}}, expected"
            + " sequence A");
    set("post_processor", template.formatted(bos, "600"));
    assertRefused(
        "post_processor: found {\"id\":\"<s>\",\"ids\":[600],\"tokens\":[\"<s>\"]}, expected ids"
            + " from 0 to 599");
    set("post_processor", template.formatted(bos, "1,2"));
    assertRefused(
        "post_processor: found {\"id\":\"<s>\",\"ids\":[1,2],\"tokens\":[\"<s>\"]}, expected as"
            + " many ids as tokens");
    set("post_processor", "{'type':'BertProcessing','sep':['[SEP]',600],'cls':['[CLS]',1]}");
    assertRefused(
        "post_processor: found {\"type\":\"BertProcessing\",\"sep\":[\"[SEP]\",600],\"cls\":"
            + "[\"[CLS]\",1]}, expected ids from 0 to 599");
  }

  @Test
  void refusesDecodersThatEndTheProgram() throws IOException {
    set("decoder", "{'type':'Strip','content':' ','start':0,'stop':1}");
    assertRefused(
        "decoder: found {\"type\":\"Strip\",\"content\":\" \",\"start\":0,\"stop\":1}, expected"
            + " nothing to be stripped at the end of a text");
  }

  @Test
  void refusesAPrefixOfSubwordsThatEndsTheProgram() throws IOException {
    ((ObjectNode) root.get("model")).put("continuing_subword_prefix", "##");
    assertRefused(
        "model.continuing_subword_prefix '##' is not supported with merges, expected none");
  }
}
