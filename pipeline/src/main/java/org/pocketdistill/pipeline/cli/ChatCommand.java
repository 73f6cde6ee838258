package org.pocketdistill.pipeline.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.pocketdistill.data.Message;
import org.pocketdistill.data.Role;
import org.pocketdistill.eval.LanguageModel.GenerationOptions;
import org.pocketdistill.pipeline.lm.TokenLanguageModel;

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

  private final PrintStream out;

  ChatCommand(PrintStream out) {
    this.out = out;
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
            + " Each line is a conversation of its own unless --keep-history is given.");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "distill chat --model runs/quickstart/07-export/int8",
        "distill chat --model DIR --prompt \"wake me at half past six\"");
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(ModelOptions.model())
        .addOption(Arguments.value(PROMPT, "TEXT", "answers this one and ends"))
        .addOption(Arguments.value(SYSTEM, "TEXT", "a system message before the conversation"))
        .addOption(Arguments.value(MAX, "N", "longest answer in tokens; default 256"))
        .addOption(Arguments.value(TEMPERATURE, "T", "0 (default) is greedy"))
        .addOption(Arguments.value(TOP_K, "N", "draw among the N most probable; 0 for all"))
        .addOption(Arguments.value(TOP_P, "P", "draw among the most probable of mass P; default 1"))
        .addOption(Arguments.value(SEED, "N", "seed of the draws; default 0"))
        .addOption(Arguments.flag(KEEP, "earlier turns stay in the conversation"))
        .addOption(ModelOptions.dtype());
  }

  @Override
  public int run(CommandLine line) throws IOException {
    GenerationOptions options =
        new GenerationOptions(
            Math.max(1, ModelOptions.whole(this, line, MAX, 256)),
            List.of(),
            ModelOptions.number(this, line, TEMPERATURE, 0),
            ModelOptions.whole(this, line, TOP_K, 0),
            ModelOptions.number(this, line, TOP_P, 1),
            ModelOptions.whole(this, line, SEED, 0));
    try (TokenLanguageModel model =
        ModelOptions.folder(this, line).open(ModelOptions.dtype(this, line), 1)) {
      List<Message> start = new ArrayList<>();
      if (line.hasOption(SYSTEM)) {
        start.add(new Message(Role.SYSTEM, line.getOptionValue(SYSTEM)));
      }
      if (line.hasOption(PROMPT)) {
        answer(model, new ArrayList<>(start), line.getOptionValue(PROMPT), options);
      } else {
        converse(model, start, line.hasOption(KEEP), options);
      }
    }
    return Main.DONE;
  }

  private void converse(
      TokenLanguageModel model, List<Message> start, boolean keep, GenerationOptions options)
      throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    List<Message> conversation = new ArrayList<>(start);
    out.print("> ");
    out.flush();
    String text = in.readLine();
    while (text != null && !text.isBlank()) {
      answer(model, conversation, text, options);
      if (!keep) {
        conversation = new ArrayList<>(start);
      }
      out.print("> ");
      out.flush();
      text = in.readLine();
    }
  }

  private void answer(
      TokenLanguageModel model,
      List<Message> conversation,
      String text,
      GenerationOptions options) {
    conversation.add(Message.user(text));
    String answer =
        model.stream(
            model.applyChatTemplate(conversation),
            options,
            piece -> {
              out.print(piece);
              out.flush();
            });
    out.println();
    conversation.add(Message.assistant(answer));
  }
}
