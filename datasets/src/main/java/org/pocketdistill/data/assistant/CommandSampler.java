package org.pocketdistill.data.assistant;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.sampling.ListSampler;
import org.apache.commons.rng.simple.RandomSource;

/** Draws the distinct commands of one language, split by split. For one thread. */
final class CommandSampler {
  /** Draws without a new command after which a function counts as exhausted. */
  private static final int MAX_DRAWS = 4000;

  private final Grammar grammar;
  private final List<PhoneFunction> functions;
  private final long seed;
  private final Set<String> utterances = new HashSet<>();

  /** A sampler of the functions, which come equally often, but refusals twice as often. */
  CommandSampler(Grammar grammar, List<PhoneFunction> functions, long seed) {
    this.grammar = grammar;
    this.functions = List.copyOf(functions);
    this.seed = seed;
  }

  /**
   * Up to {@code rows} commands that no earlier call returned; fewer when a function has no more.
   * The functions come in shuffled blocks, so every stretch of rows is balanced.
   */
  List<Command> sample(Split split, int rows) {
    UniformRandomProvider rng =
        RandomSource.XO_RO_SHI_RO_128_PP.create(
            seed * 0xBF58476D1CE4E5B9L + split.name().hashCode());
    List<PhoneFunction> block = new ArrayList<>(functions);
    if (functions.contains(PhoneFunction.REFUSE)) {
      block.add(PhoneFunction.REFUSE); // a phone must be sure of what it cannot do
    }
    List<Command> commands = new ArrayList<>(Math.min(rows, 1 << 16));
    while (commands.size() < rows) {
      int position = commands.size() % block.size();
      if (position == 0) {
        ListSampler.shuffle(rng, block);
      }
      Optional<Command> command = draw(block.get(position), split, rng);
      if (command.isEmpty()) {
        break;
      }
      commands.add(command.get());
    }
    return commands;
  }

  private Optional<Command> draw(PhoneFunction function, Split split, UniformRandomProvider rng) {
    boolean hard = split == Split.HARD;
    for (int i = 0; i < MAX_DRAWS; i++) {
      Command command = grammar.say(function, new Draw(rng, hard));
      boolean ours = hard || Split.owner(command, seed) == split;
      if (ours && utterances.add(command.utterance())) {
        return Optional.of(command);
      }
    }
    return Optional.empty();
  }
}
