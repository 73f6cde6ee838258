package org.pocketdistill.pipeline.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Nearest;
import org.pocketdistill.config.Rules;
import org.pocketdistill.pipeline.config.AdapterOptions.Quantization;
import org.pocketdistill.pipeline.config.AdapterOptions.Target;
import org.pocketdistill.pipeline.config.EvaluateConfig.TaskRun;
import org.pocketdistill.pipeline.gguf.GgufFileType;
import org.pocketdistill.tokenize.PreTokenizer;

/** Rules across the parts of a job. */
final class JobRules {
  private final JobConfig job;
  private final Rules rules = new Rules();

  private JobRules(JobConfig job) {
    this.job = job;
  }

  /** Every rule that the job breaks. */
  static List<Contradiction> broken(JobConfig job) {
    JobRules check = new JobRules(job);
    check.rules.requirePlainName(job.name(), "name");
    check.adapters();
    check.evaluation();
    check.gates();
    check.cache();
    check.gguf();
    return check.rules.broken();
  }

  private void adapters() {
    List<String> names = new ArrayList<>();
    for (AdapterConfig adapter : job.lora()) {
      // Compared in lower case: the folders must differ on every file system.
      String name = adapter.name().toLowerCase(Locale.ROOT);
      String key = "lora." + names.size() + ".name";
      rules.require(!names.contains(name), "a second adapter of this name; rename one", key);
      names.add(name);
    }
    adapterFiles();
    Optional<String> merged = job.export().mergeAdapter();
    List<String> known = job.lora().stream().map(AdapterConfig::name).toList();
    if (merged.isPresent() && !known.contains(merged.get())) {
      List<String> keys = new ArrayList<>(List.of("export.merge_adapter"));
      for (int i = 0; i < known.size(); i++) {
        keys.add("lora." + i + ".name");
      }
      String hint =
          known.isEmpty() ? "the job has none under 'lora'" : Nearest.hint(merged.get(), known);
      rules.require(
          false, "no adapter '" + merged.get() + "'; " + hint, keys.toArray(String[]::new));
    }
  }

  private void adapterFiles() {
    if (!job.export().adapterFiles()) {
      return;
    }
    rules
        .require(
            !job.lora().isEmpty(),
            "the job has no adapter under 'lora'",
            "export.adapter_files",
            "lora")
        .require(
            job.export().mergeAdapter().isEmpty(),
            "adapters are for the student as it is, not for one with another adapter merged",
            "export.adapter_files",
            "export.merge_adapter");
    for (int i = 0; i < job.lora().size(); i++) {
      AdapterOptions options = job.lora().get(i).options();
      rules.require(
          !options.useDora()
              && options.modulesToSave().isEmpty()
              && !options.targetModules().contains(Target.EMBED_TOKENS)
              && options.quantization() == Quantization.NONE,
          "a file holds A and B of projections of the exported student only; leave out use_dora,"
              + " modules_to_save, embed_tokens and quantization, or merge the adapter",
          "lora." + i,
          "export.adapter_files");
    }
  }

  private void evaluation() {
    Set<String> sets = job.data().evaluationSets();
    List<TaskRun> tasks = job.evaluate().tasks();
    for (int i = 0; i < tasks.size(); i++) {
      String set = tasks.get(i).set();
      String hint = sets.isEmpty() ? "the job has none under 'data.test'" : Nearest.hint(set, sets);
      rules.require(
          sets.contains(set),
          "no evaluation set '" + set + "'; " + hint,
          "evaluate.tasks." + i + ".set",
          "data.generator",
          "data.test");
    }
  }

  private void cache() {
    boolean known = job.teacher().path().isEmpty() && job.student().path().isEmpty();
    int vocabulary = job.tokenizer().vocabSize();
    int topK = job.distill().cache().map(CacheConfig::topK).orElse(0);
    rules.require(
        !known || topK <= vocabulary,
        "%d tokens of a vocabulary of %d; lower it".formatted(topK, vocabulary),
        "distill.cache.top_k",
        "tokenizer.vocab_size");
  }

  /** What no GGUF file can carry, as far as the job tells before it runs. */
  private void gguf() {
    List<GgufFileType> files = job.export().gguf();
    boolean trained = job.teacher().path().isEmpty() && job.student().path().isEmpty();
    rules.require(
        files.isEmpty() || !trained || job.tokenizer().preTokenizer() == PreTokenizer.QWEN2,
        "llama.cpp has no rule that cuts texts as 'words' does; use qwen2, or no GGUF file",
        "export.gguf",
        "tokenizer.pre_tokenizer");
    if (files.stream().allMatch(type -> type == GgufFileType.F16)) {
      return;
    }
    int block = files.stream().mapToInt(type -> type.matrices().blockSize()).max().orElseThrow();
    job.student()
        .model()
        .ifPresent(
            shape -> {
              requireBlocks(block, shape.hiddenSize(), "hidden_size");
              requireBlocks(block, shape.intermediateSize(), "intermediate_size");
              requireBlocks(
                  block, shape.numAttentionHeads() * shape.headWidth(), "num_attention_heads");
            });
  }

  private void requireBlocks(int block, int width, String key) {
    rules.require(
        width % block == 0,
        "rows of %d elements are no multiple of %d, a block of GGUF's quantised types; widen them, or use f16"
            .formatted(width, block),
        "export.gguf",
        "student.model." + key);
  }

  private void gates() {
    GatesConfig gates = job.gates();
    rules
        .require(
            gates.minRetention().isEmpty() || !job.evaluate().tasks().isEmpty(),
            "retention needs a task under 'evaluate.tasks'",
            "gates.min_retention",
            "evaluate.tasks")
        .require(
            gates.minRetention().isEmpty() || !job.export().onnx().isEmpty(),
            "this gate is on an exported file; add one to 'export.precisions'",
            "gates.min_retention",
            "export.precisions")
        .require(
            gates.maxPackageMb().isEmpty() || !job.export().onnx().isEmpty(),
            "this gate is on an exported file; add one to 'export.precisions'",
            "gates.max_package_mb",
            "export.precisions")
        .require(
            gates.maxPhoneMemoryMb().isEmpty() || !job.export().onnx().isEmpty(),
            "this gate is on an exported file; add one to 'export.precisions'",
            "gates.max_phone_memory_mb",
            "export.precisions");
  }
}
