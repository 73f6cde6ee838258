package org.pocketdistill.pipeline.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.config.ConfigWriter;

class JobRulesTest {
  private static final String JOB =
      """
      name: job
      data:
        generator: {test_rows: 10, hard_rows: 10}
        max_seq_len: 64
      teacher:
        model:
          hidden_size: 64
          intermediate_size: 128
          num_hidden_layers: 2
          num_attention_heads: 4
        train: {learning_rate: 1e-3}
      student:
        model:
          hidden_size: 32
          intermediate_size: 64
          num_hidden_layers: 1
          num_attention_heads: 2
      distill:
        train: {learning_rate: 1e-3}
      lora:
      - name: phone
        train: {learning_rate: 1e-3}
      - name: watch
        train: {learning_rate: 1e-3}
      evaluate:
        tasks:
        - {task: function_call, set: test}
      """;

  private static JobConfig read(String... overrides) {
    return ConfigReader.parse(JOB, Path.of("job.yaml"), JobConfig.class, List.of(overrides));
  }

  private static List<String> problems(String... overrides) {
    ConfigException thrown = catchThrowableOfType(ConfigException.class, () -> read(overrides));
    assertThat(thrown).as("nothing was refused").isNotNull();
    return thrown.getMessage().lines().toList();
  }

  @Test
  void acceptsASoundJobAndItsResolvedForm() {
    JobConfig job = read();

    assertThat(job.data().evaluationSets()).containsExactly("test", "hard");
    assertThat(
            ConfigReader.parse(
                ConfigWriter.toYaml(job), Path.of("config.yaml"), JobConfig.class, List.of()))
        .isEqualTo(job);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "teacher.path=models/t | teacher.path: 'path' and 'model' exclude each other",
        "student.path=models/s | student.path: 'path', 'model' and 'prune' exclude each other",
        "student.model.num_attention_heads=3 | hidden_size 32 is not a multiple of 3 heads; or give",
        "student.model.num_attention_heads=32 | a head is 1 wide; the rotary embedding needs an even",
        "student.model.head_dim=7 | student.model.head_dim: a head is 7 wide",
        "student.model.num_key_value_heads=3 | 2 heads cannot share 3 key/value heads evenly",
        "teacher.model.sliding_window=8 | sliding_window: only model_type mistral has a sliding",
        "data.reasoning=drop | data.reasoning: expected one of learn, mask, strip, got",
        "data.reasoning_tags=['<t>'] | data.reasoning_tags: expected two texts, [opening, closing]",
        "data.reasoning_tags=['a', 'ab'] | neither within the other; got [a, ab]",
        "distill.jsd_beta=0.2 | distill.jsd_beta: jsd_beta belongs to divergence jsd",
        "distill.skew_alpha=0.2 | skew_alpha belongs to divergence skewed_forward_kl or",
        "distill={kd_ratio: 0, control: false, cache: {}, train: {learning_rate: 1e-3}}"
            + " | kd_ratio 0 asks no teacher, and a cache would stay empty; remove the cache",
        "distill.cache.top_k=100000 | distill.cache.top_k: 100000 tokens of a vocabulary of",
        "distill={relations: {}, cache: {}, train: {learning_rate: 1e-3}}"
            + " | a cache keeps what the teacher says, not what is inside it; remove the cache",
        "distill.cache.top_k=0 | distill.cache.top_k",
        "distill.kd_ratio=0 | kd_ratio 0 is cross entropy alone, the control itself",
        "distill={on_policy: {}, cache: {}, train: {learning_rate: 1e-3}}"
            + " | on_policy asks the teacher about answers that change with the student",
        "distill={generated: {}, cache: {}, train: {learning_rate: 1e-3}}"
            + " | a cache is of the training rows, which 'generated' changes",
        "distill.generated={top_p: 0.9} | distill.generated.top_p: temperature 0 takes the most",
        "distill.generated={top_k: 5} | distill.generated.top_k: temperature 0 takes the most",
        "distill.generated={top_k: 5, top_p: 0.9, temperature: 1} | none",
        "distill.on_policy={top_p: 0.9, temperature: 0} | distill.on_policy.top_p: temperature 0",
        "distill.train.min_lr_ratio=0.1 | none",
        "distill.train.decay_ratio=0.1 | decay_ratio belongs to lr_scheduler_type warmup_stable",
        "export.merge_adapter=phoen | no adapter 'phoen'; did you mean 'phone'?",
        "export.merge_adapter=xyz | no adapter 'xyz'; expected one of phone, watch",
        "export.precisions=[int8, int8] | export.precisions: int8 is listed twice; keep one",
        "export.plain=[int8, int8] | export.plain: int8 is listed twice; keep one",
        "export.static_shapes={batch: 2} | these are the shapes of plain files; list some under 'plain'",
        "export.int4.block_size=48 | export.int4.block_size: blocks of 48 weights; take 32, 64 or 128",
        "export.int4.head_bits=6 | export.int4.head_bits: a head of 6 bits; take 8 or 4",
        "export.int4.accuracy_level=2 | export.int4.accuracy_level: accuracy_level 2; take 4 or 0",
        "export.int4={algorithm: hqq, is_symmetric: true} | hqq is about zero points; leave",
        "export.int4.act_order=true | export.int4.act_order: act_order belongs to algorithm gptq",
        "export.int4.percdamp=0.1 | export.int4.percdamp: percdamp belongs to algorithm gptq",
        "export.int4.percdamp=2 | export.int4.percdamp",
        "export.int4.calibration_tokens=9 | calibration_tokens belongs to algorithm gptq",
        "export.int4={mixed: {max_kl: 0.1}, calibration_tokens: 9} | none",
        "export.int4={mixed: {}} | expected one limit: target_mb or max_kl",
        "export.int4={mixed: {target_mb: 9, max_kl: 1}} | expected one limit",
        "export.int4={algorithm: gptq, act_order: false, percdamp: 0.1, calibration_tokens: 9} | none",
        "export.int4.recover={train: {learning_rate: 1e-4}} | there is no int4 file to recover",
        "export={precisions: [int4], int4: {recover: {train: {learning_rate: 1e-4}}}} | none",
        "export={plain: [int4], int4: {recover: {train: {learning_rate: 1e-4}}}} | none",
        "export={precisions: [int4], int4: {algorithm: gptq, recover: {train: {learning_rate: 1e-4}}}} | recover"
            + " trains weights for rounding to the nearest step; take algorithm rtn",
        "export={precisions: [int4], int4: {mixed: {max_kl: 1}, recover: {train: {learning_rate: 1e-4}}}} |"
            + " recover trains weights for 4 bits in every layer; remove one of the two",
        "lora.1.name=Phone | lora.1.name: a second adapter of this name; rename one",
        "teacher.lora={train: {learning_rate: 1e-3}} | teacher.lora: 'lora' adapts a finished teacher",
        "lora.0.name=../up | lora.0.name: '../up' is not a plain file name",
        "lora.0.train.optimizer=muon | lora.0.train.optimizer: muon is for the matrices of whole",
        "lora.0.target_modules=[] | lora.0.target_modules: expected at least one projection",
        "lora.0.double_quant=true | lora.0.double_quant: double_quant belongs to quantization nf4",
        "lora.0.rank_pattern={'(': 2} | lora.0.rank_pattern: '(' is not a regular expression",
        "lora.0={name: a, use_dora: true, target_modules: [embed_tokens], train: {learning_rate: 1}} | use_dora is for",
        "evaluate.tasks.0.set=tests | no evaluation set 'tests'; did you mean 'test'?",
        "evaluate.tasks.0.set=xyz | no evaluation set 'xyz'; expected one of test, hard",
        "evaluate.tasks=[{task: a, set: test}, {task: a, set: test}] | on set test is listed twice",
        "data.test={hard: [{path: a, format: text}]} | data.test.hard: the generator makes a set of",
        "data.test={x: []} | data.test.x: an evaluation set without files",
        "data.test={a/b: [{path: a, format: text}]} | data.test.a/b: 'a/b' is not a plain file name",
        "data.generator.languages=[] | data.generator.languages: expected at least one language",
        "data.generator.languages=[en, en] | en is listed twice; keep one",
      })
  void refusesWhatCannotStandTogether(String override, String message) {
    if (message.equals("none")) {
      assertThat(read(override)).isNotNull();
    } else {
      assertThat(problems(override))
          .singleElement()
          .asString()
          .startsWith("--set " + override + ": ")
          .contains(message);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ".", "..", "a/b", "a\\b", "/etc", ".hidden", "-x", "a..b", "a.", "CON:"})
  void refusesAJobNameThatIsNoPlainFileName(String name) {
    assertThat(problems("name='" + name + "'"))
        .singleElement()
        .asString()
        .contains("name: '" + name + "' is not a plain file name");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "run-1", "my run", "手机", "v1.2_b"})
  void acceptsAPlainName(String name) {
    assertThat(read("name='" + name + "'").name()).isEqualTo(name);
  }

  @Test
  void refusesSchedulesThatCannotBe() {
    assertThat(problems("distill.train.max_steps=5", "distill.train.warmup_steps=6"))
        .singleElement()
        .asString()
        .contains("distill.train.warmup_steps: a warm-up of 6 steps is longer than max_steps 5");
    assertThat(problems("distill.train.max_steps=5", "distill.train.num_train_epochs=2"))
        .singleElement()
        .asString()
        .contains("num_train_epochs and max_steps exclude each other; give one");
    assertThat(problems("distill.train.lr_scheduler_type=linear", "distill.train.min_lr_ratio=0.1"))
        .singleElement()
        .asString()
        .contains("min_lr_ratio belongs to lr_scheduler_type cosine or warmup_stable_decay");
    assertThat(
            problems(
                "distill.train.lr_scheduler_type=warmup_stable_decay",
                "distill.train.max_steps=10",
                "distill.train.warmup_steps=5",
                "distill.train.decay_ratio=0.6"))
        .singleElement()
        .asString()
        .contains(
            "distill.train.decay_ratio: warm-up and decay together are longer than max_steps");
  }

  @Test
  void refusesATeacherThatIsNeitherLoadedNorTrained() {
    assertRefused(
        "{}",
        "teacher.path: no teacher; give a folder or GGUF file as 'path', or a 'model' to train");
    assertRefused(
        "{model: {hidden_size: 8, intermediate_size: 8, num_hidden_layers: 1,"
            + " num_attention_heads: 1}}",
        "teacher.model: a teacher built from 'model' must be trained; add 'train'");
    assertRefused(
        "{path: t, train: {learning_rate: 1}}",
        "teacher.train: 'train' belongs to a 'model' trained by the job");
  }

  private static void assertRefused(String teacher, String message) {
    assertThat(problems("teacher=" + teacher)).singleElement().asString().contains(message);
  }

  @Test
  void refusesAJobWithoutTrainingRows() {
    assertThat(problems("data={max_seq_len: 8}", "evaluate={}"))
        .containsExactly(
            "--set data={max_seq_len: 8}: data.train: nothing to train on; give a 'generator' or"
                + " files in 'train'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[0.5, 0.5]", "[0.8, 0.2]", "[0.5]", "[]", "[0, 0.5, 1]"})
  void refusesAPortionThatIsNoInterval(String portion) {
    String override = "data.train=[{path: a, format: text, portion: " + portion + "}]";

    assertThat(problems(override))
        .singleElement()
        .asString()
        .contains("data.train.0.portion: expected [from, to] with from < to, got [");
  }

  @Test
  void refusesToMapAFieldThatTheShapeLacks() {
    assertThat(problems("data.train=[{path: a, format: text, fields: {txt: story}}]"))
        .singleElement()
        .asString()
        .contains("data.train.0.fields.txt: no field 'txt' in this shape; did you mean 'text'?");
  }

  @Test
  void refusesAFieldThatTheFormatDoesNotHave() {
    String source = "[{path: a, format: function_call, fields: {nme: intent, arguments: slots}}]";

    assertThat(problems("data.train=" + source))
        .singleElement()
        .asString()
        .contains("data.train.0.fields.nme: no field 'nme' in this shape; did you mean 'name'?");
  }

  @Test
  void refusesGatesThatNothingIsMeasuredFor() {
    assertThat(
            problems(
                "gates={min_retention: 0.9, max_package_mb: 1, max_phone_memory_mb: 60}",
                "evaluate.tasks=[]",
                "export.precisions=[]"))
        .hasSize(4)
        .allSatisfy(problem -> assertThat(problem).contains("gates={"));
  }

  @Test
  void takesTheDefaultsOfInt4() {
    assertThat(read().export().int4()).isEqualTo(Int4Config.DEFAULT);
    assertThat(Int4Config.DEFAULT.symmetric()).isTrue();
    assertThat(read("export.int4.algorithm=hqq").export().int4().symmetric()).isFalse();
    assertThat(read("export.int4.is_symmetric=false").export().int4().symmetric()).isFalse();
    Int4Config gptq = read("export.int4.algorithm=gptq").export().int4();
    assertThat(gptq.symmetric()).isTrue();
    assertThat(gptq.ordersColumns()).isTrue();
    assertThat(gptq.damping()).isEqualTo(0.01);
  }

  @Test
  void refusesAdapterFilesThatCannotBe() {
    String shipped = "export.adapter_files=true";
    assertThat(problems(shipped, "lora=[]")).anyMatch(line -> line.contains("has no adapter"));
    assertThat(problems(shipped, "export.merge_adapter=phone"))
        .anyMatch(line -> line.contains("adapters are for the student as it is"));
    for (String option :
        List.of(
            "use_dora=true",
            "quantization=nf4",
            "modules_to_save=[lm_head]",
            "target_modules=[q_proj, embed_tokens]")) {
      assertThat(problems(shipped, "lora.0." + option))
          .anyMatch(line -> line.contains("a file holds A and B of projections"));
    }
    assertThat(read(shipped).export().adapterFiles()).isTrue();
  }

  @Test
  void refusesGgufFilesThatCannotBe() {
    assertThat(problems("export.gguf=[f16]", "tokenizer.pre_tokenizer=words"))
        .anyMatch(line -> line.contains("llama.cpp has no rule that cuts texts as 'words' does"));
    assertThat(problems("export.gguf=[f16, q4_0]", "student.model.intermediate_size=48"))
        .anyMatch(line -> line.contains("rows of 48 elements are no multiple of 32"));
    assertThat(problems("export.gguf=[q8_0, q8_0]"))
        .anyMatch(line -> line.contains("q8_0 is listed twice; keep one"));
    assertThat(read("export.gguf=[f16]", "student.model.intermediate_size=48").export().gguf())
        .hasSize(1);
  }

  @Test
  void reportsEveryKindOfProblemOfAJobTogether() {
    List<String> problems =
        problems(
            "distill.temperatur=2",
            "seed=x",
            "distill.kd_ratio=1.5",
            "student.model.num_attention_heads=3",
            "export.merge_adapter=phoen",
            "evaluate.tasks.0.set=tset",
            "lora.1={name: watch}");

    assertThat(problems)
        .containsExactlyInAnyOrder(
            "--set distill.temperatur=2: distill.temperatur: unknown key, did you mean"
                + " 'temperature'?",
            "--set seed=x: seed: expected a whole number of at least 0, got 'x'",
            "--set distill.kd_ratio=1.5: distill.kd_ratio: expected a number from 0 to 1, got"
                + " '1.5'",
            "--set student.model.num_attention_heads=3: student.model.num_attention_heads:"
                + " hidden_size 32 is not a multiple of 3 heads; or give head_dim",
            "--set export.merge_adapter=phoen: export.merge_adapter: no adapter 'phoen'; did you"
                + " mean 'phone'?",
            "--set evaluate.tasks.0.set=tset: evaluate.tasks.0.set: no evaluation set 'tset'; did"
                + " you mean 'test'?",
            "--set lora.1={name: watch}: lora.1.train: missing key (training of the adapter);"
                + " expected a mapping with the keys num_train_epochs, max_steps, batch_size,"
                + " gradient_accumulation_steps, optimizer, learning_rate, lr_scheduler_type, warmup_steps,"
                + " min_lr_ratio, decay_ratio, weight_decay, adam_beta1, adam_beta2, adam_epsilon,"
                + " max_grad_norm, logging_steps, save_steps, precision");
  }
}
