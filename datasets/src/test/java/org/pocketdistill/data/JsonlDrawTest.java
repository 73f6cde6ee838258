package org.pocketdistill.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JsonlDrawTest {
  @TempDir private Path folder;

  @Test
  void drawsTheSameRowsForTheSameSeedInTheOrderOfTheFile() throws IOException {
    Path file = numbered(1000);

    List<String> drawn = draw(file, 7, 100, Rows.WHOLE);

    assertThat(drawn).hasSize(100).isSortedAccordingTo((a, b) -> number(a) - number(b));
    assertThat(draw(file, 7, 100, Rows.WHOLE)).isEqualTo(drawn);
    assertThat(draw(file, 8, 100, Rows.WHOLE)).isNotEqualTo(drawn);
    assertThat(draw(file, 7, 200, Rows.WHOLE)).containsAll(drawn);
  }

  @Test
  void takesAllRowsOfAShorterFile() throws IOException {
    assertThat(draw(numbered(5), 1, 10, Rows.WHOLE)).hasSize(5);
  }

  @Test
  void drawsEveryRowEquallyOften() throws IOException {
    Path file = numbered(10);
    int[] times = new int[10];
    int seeds = 800;
    for (int seed = 0; seed < seeds; seed++) {
      draw(file, seed, 3, Rows.WHOLE).forEach(text -> times[number(text)]++);
    }

    // binomial(800, 0.3): standard deviation 13; five of them
    int[] near = IntStream.of(times).filter(t -> Math.abs(t - 240) < 65).toArray();
    assertThat(near).as("times each row was drawn: %s", times).hasSize(10);
  }

  @Test
  void splitsOneFileIntoDisjointPortions() throws IOException {
    Path file = numbered(4000);

    List<String> train = draw(file, 3, 4000, List.of(0.0, 0.8));
    List<String> dev = draw(file, 3, 4000, List.of(0.8, 0.9));
    List<String> test = draw(file, 3, 4000, List.of(0.9, 1.0));

    List<String> all = new ArrayList<>(train);
    all.addAll(dev);
    all.addAll(test);
    assertThat(all).hasSize(4000).doesNotHaveDuplicates();
    // binomial(4000, 0.8) and (4000, 0.1): standard deviations 25 and 19; 5 of them
    assertThat(train.size()).isCloseTo(3200, within(125));
    assertThat(dev.size()).isCloseTo(400, within(95));
    assertThat(draw(file, 4, 4000, List.of(0.8, 0.9))).isNotEqualTo(dev);
  }

  @Test
  void keepsEqualCommandsInOnePortion() throws IOException {
    String[] lines =
        IntStream.range(0, 200)
            .mapToObj(i -> "{\"text\": \"%s\"}".formatted(i % 2 == 0 ? "Call  Bob" : "call bob"))
            .toArray(String[]::new);
    Path file = Rows.file(folder, lines);

    int left = draw(file, 3, 200, List.of(0.0, 0.5)).size();

    assertThat(left).isIn(0, 200);
  }

  @Test
  void drawsWithinThePortion() throws IOException {
    Path file = numbered(1000);

    assertThat(draw(file, 3, 50, List.of(0.5, 1.0)))
        .hasSize(50)
        .isSubsetOf(draw(file, 3, 1000, List.of(0.5, 1.0)));
  }

  private Path numbered(int rows) throws IOException {
    return Rows.file(
        folder,
        IntStream.range(0, rows)
            .mapToObj("{\"text\": \"row %d\"}"::formatted)
            .toArray(String[]::new));
  }

  private static int number(String text) {
    return Integer.parseInt(text.substring("row ".length()));
  }

  private static List<String> draw(Path file, long seed, int limit, List<Double> portion) {
    SourceConfig config =
        new SourceConfig("f", DataFormat.TEXT, Map.of(), "", Optional.of(limit), portion);
    return Rows.read(new JsonlSource(config, file, seed, new BadLines(0))).stream()
        .map(Example::text)
        .toList();
  }
}
