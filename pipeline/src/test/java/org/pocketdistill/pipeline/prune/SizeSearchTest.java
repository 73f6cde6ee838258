package org.pocketdistill.pipeline.prune;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.pocketdistill.pipeline.config.PruneConfig;
import org.pocketdistill.pipeline.config.PruneConfig.Preset;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.ModelConfig.Family;
import org.pocketdistill.pipeline.model.ModelSizes;
import org.pocketdistill.pipeline.model.RopeScaling;

class SizeSearchTest {
  /** The shape of SmolLM2-135M. */
  private static final ModelConfig TEACHER =
      new ModelConfig(
          Family.LLAMA,
          49152,
          576,
          1536,
          30,
          9,
          3,
          64,
          1e-5,
          100_000,
          new RopeScaling.None(),
          true,
          false,
          false,
          OptionalInt.empty(),
          8192,
          OptionalInt.empty(),
          List.of(2),
          OptionalInt.empty());

  private static PruneConfig named(
      Optional<Integer> layers, Optional<Integer> heads, Optional<Preset> preset, long target) {
    return new PruneConfig(
        layers,
        List.of(),
        Optional.empty(),
        Optional.empty(),
        heads,
        Optional.empty(),
        preset,
        Optional.empty(),
        0,
        Optional.of(target),
        Optional.empty(),
        12,
        1024);
  }

  private static SizeSearch search(PruneConfig prune, int vocabSize) {
    return new SizeSearch(
        prune, TEACHER, vocabSize, prune.targetParameters().get(), ModelConfig::parameters);
  }

  @Test
  void candidatesComeCloseToTheTargetFromBelow() {
    long target = 33_000_000;
    SizeSearch search =
        search(named(Optional.empty(), Optional.empty(), Optional.empty(), target), 12_000);
    List<ModelSizes> candidates = search.candidates();
    assertThat(candidates).hasSizeBetween(6, 12).doesNotHaveDuplicates();
    assertThat(candidates)
        .allSatisfy(
            sizes ->
                assertThat(TEACHER.withSizes(sizes).parameters())
                    .isBetween((long) (0.9 * target), target));
    assertThat(candidates.stream().map(ModelSizes::numHiddenLayers).distinct())
        .hasSizeGreaterThan(4);
  }

  @Test
  void namedSizesStay() {
    PruneConfig prune =
        named(Optional.of(20), Optional.empty(), Optional.of(Preset.HEADS_30), 60_000_000);
    assertThat(search(prune, 49_152).candidates())
        .isNotEmpty()
        .allSatisfy(
            sizes -> {
              assertThat(sizes.numHiddenLayers()).isEqualTo(20);
              assertThat(sizes.numAttentionHeads()).isEqualTo(6);
              assertThat(sizes.numKeyValueHeads()).isEqualTo(3);
            });
  }

  @Test
  void aTargetOutOfReachHasANearest() {
    SizeSearch search =
        search(named(Optional.empty(), Optional.empty(), Optional.empty(), 5_000_000), 49_152);
    assertThat(search.candidates()).isEmpty();
    assertThat(search.cost(search.nearest())).isBetween(5_000_000L, 20_000_000L);
    SizeSearch tooLarge =
        search(named(Optional.empty(), Optional.empty(), Optional.empty(), 900_000_000), 49_152);
    assertThat(tooLarge.candidates()).isEmpty();
    assertThat(tooLarge.cost(tooLarge.nearest())).isEqualTo(TEACHER.parameters());
  }

  @Test
  void problemsNameKeyAndTeachersSize() {
    PruneConfig prune = named(Optional.of(31), Optional.of(10), Optional.empty(), 1_000_000);
    assertThat(NamedSizes.problems(prune, TEACHER))
        .containsOnlyKeys("num_attention_heads", "num_hidden_layers")
        .containsEntry("num_hidden_layers", "31, expected at most the teacher's 30");
    PruneConfig uneven = named(Optional.of(15), Optional.of(7), Optional.empty(), 1_000_000);
    assertThat(NamedSizes.problems(uneven, TEACHER).get("num_attention_heads"))
        .contains("7 query heads for 3 key and value heads")
        .contains("3, 6, 9");
  }
}
