package org.pocketdistill.pipeline.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Message;
import org.pocketdistill.data.Role;
import org.pocketdistill.eval.LanguageModel.Generation;
import org.pocketdistill.eval.LanguageModel.GenerationOptions;
import org.pocketdistill.pipeline.lm.LanguageModelFolder;
import org.pocketdistill.pipeline.lm.TokenLanguageModel;
import org.pocketdistill.pipeline.model.GenerationConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code distill chat}: talk to a model. */
final class ChatCommand implements Command {
  private static final String PROMPT = "prompt";
  private static final String SYSTEM = "system";
  private static final String MAX = "max-new-tokens";
  private static final String TEMPERATURE = "temperature";
  private static final String TOP_K = "top-k";
  private static final String TOP_P = "top-p";
  private static final String SEED = "seed";
  private static final String KEEP = "keep-history";
  private static final String HIDE = "hide-reasoning";

  private static final Logger LOG = LoggerFactory.getLogger("chat");

  private final PrintStream out;
  private final InputStream in;
  private final boolean dims;

  /**
   * The command.
   *
   * @param dims whether what is printed can be shown dimmed
   */
  ChatCommand(PrintStream out, InputStream in, boolean dims) {
    this.out = out;
    this.in = in;
    this.dims = dims;
  }

  @Override
  public String name() {
    return "chat";
  }

  @Override
  public String arguments() {
    return "";
  }

  @Override
  public String summary() {
    return "talk to a model, to see for yourself";
  }

  @Override
  public List<String> description() {
    return List.of(
        "Answers each line that is typed, writing as it generates; an empty line or Ctrl-D ends."
            + " Each line is a conversation of its own unless --keep-history is given.",
        "Tokens are drawn as the model's generation_config.json says; without one, or with"
            + " --temperature 0, answers are greedy, so that the same line has the same answer."
            + " --temperature, --top-k and --top-p replace what the file says.",
        "What a model thinks before its answer, between <think> and </think>, is dimmed on a terminal"
            + " and stands between these tags elsewhere; --hide-reasoning leaves it out.",
        "A package is run as its runtime.json says: threads, length, and what holds it back where a"
            + " sensor says that it gets hot.");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "distill chat --package runs/quickstart/07-export/int8",
        "distill chat --model hf://Qwen/Qwen2.5-0.5B-Instruct --prompt \"wake me at half past six\"",
        "distill chat --model DIR --keep-history --temperature 0.7 --top-p 0.9");
  }

  @Override
  public List<String> alternatives() {
    return ModelOptions.EITHER;
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(ModelOptions.model())
        .addOption(ModelOptions.onnxPackage())
        .addOption(Arguments.value(PROMPT, "TEXT", "answers this one and ends"))
        .addOption(Arguments.value(SYSTEM, "TEXT", "a system message before the conversation"))
        .addOption(Arguments.value(MAX, "N", "longest answer in tokens; default 256"))
        .addOption(ModelOptions.reasoningBudget())
        .addOption(Arguments.flag(HIDE, "shows answers without what was thought before"))
        .addOption(
            Arguments.value(
                TEMPERATURE,
                "T",
                "divides the logits before a draw; 0: greedy; default: the model's"))
        .addOption(
            Arguments.value(
                TOP_K, "N", "draw among the N most probable; 0: all; default: the model's"))
        .addOption(
            Arguments.value(
                TOP_P,
                "P",
                "draw among the fewest that hold a probability of P; default: the model's"))
        .addOption(Arguments.value(SEED, "N", "seed of the draws; default 0"))
        .addOption(Arguments.flag(KEEP, "earlier turns stay in the conversation"))
        .addOption(ModelOptions.dtype());
  }

  @Override
  public int run(CommandLine line) throws IOException {
    OptionValues options = new OptionValues(this, line);
    LanguageModelFolder folder = ModelOptions.folder(options);
    GenerationOptions generation = generation(options, folder);
    List<Message> start =
        options.text(SYSTEM).map(text -> List.of(new Message(Role.SYSTEM, text))).orElse(List.of());
    try (TokenLanguageModel model =
        folder.open(ModelOptions.dtype(options, folder), 1, Clock.system(ZoneId.systemDefault()))) {
      AnswerPrinter printer = new AnswerPrinter(out, style(options));
      Conversation conversation = new Conversation(model, generation, start, printer);
      Optional<String> prompt = options.text(PROMPT);
      if (prompt.isPresent()) {
        conversation.answer(prompt.get());
      } else {
        converse(conversation, options.has(KEEP));
      }
    }
    return Main.DONE;
  }

  private static GenerationOptions generation(OptionValues options, LanguageModelFolder folder)
      throws IOException {
    GenerationConfig model = GenerationConfig.read(folder.path());
    Optional<Integer> budget = ModelOptions.reasoningBudget(options);
    boolean drawn = model.doSample();
    GenerationOptions generation =
        new GenerationOptions(
            options.whole(MAX, 256, 1),
            List.of(),
            options.number(TEMPERATURE, drawn ? model.temperature() : 0, 100),
            options.whole(TOP_K, drawn ? model.topK() : 0, 0),
            options.number(TOP_P, drawn ? model.topP() : 1, 1),
            options.whole(SEED, 0, 0),
            budget.map(OptionalInt::of).orElseGet(OptionalInt::empty));
    if (!drawn || generation.temperature() == 0) {
      return generation;
    }
    LOG.info(
        "tokens are drawn: temperature {}, top_k {}, top_p {}; {} of the model asks for it",
        generation.temperature(),
        generation.topK(),
        generation.topP(),
        GenerationConfig.FILE_NAME);
    if (!model.notApplied().isEmpty()) {
      LOG.warn("not applied: {}", String.join(", ", model.notApplied()));
    }
    return generation;
  }

  private AnswerPrinter.Style style(OptionValues options) {
    if (options.has(HIDE)) {
      return AnswerPrinter.Style.HIDDEN;
    }
    return dims ? AnswerPrinter.Style.DIMMED : AnswerPrinter.Style.TAGGED;
  }

  private void converse(Conversation conversation, boolean keep) throws IOException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    Optional<String> text = ask(lines);
    while (text.isPresent()) {
      try {
        conversation.answer(text.get());
      } catch (DataException e) {
        // Too long for the model: no reason to end the talk.
        out.println("(" + e.getMessage() + "; starting afresh)");
        conversation.restart();
      }
      if (!keep) {
        conversation.restart();
      }
      text = ask(lines);
    }
  }

  private Optional<String> ask(BufferedReader lines) throws IOException {
    out.print("> ");
    out.flush();
    return Optional.ofNullable(lines.readLine()).filter(text -> !text.isBlank());
  }

  /** Turns so far, the first of which stay. */
  private static final class Conversation {
    private final TokenLanguageModel model;
    private final GenerationOptions generation;
    private final List<Message> start;
    private final List<Message> turns;
    private final AnswerPrinter printer;

    Conversation(
        TokenLanguageModel model,
        GenerationOptions generation,
        List<Message> start,
        AnswerPrinter printer) {
      this.model = model;
      this.generation = generation;
      this.start = start;
      this.turns = new ArrayList<>(start);
      this.printer = printer;
    }

    void answer(String text) {
      turns.add(Message.user(text));
      Generation answer = model.stream(model.applyChatTemplate(turns), generation, printer);
      printer.end(answer);
      turns.add(Message.assistant(answer.text()).withReasoning(answer.trace().text()));
    }

    void restart() {
      turns.clear();
      turns.addAll(start);
    }
  }
}
