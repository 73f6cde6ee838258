package org.pocketdistill.pipeline.train;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One line per interval: on the console, in {@code metrics.jsonl} and for TensorBoard. */
final class TrainLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger("train");

  private final TrainLoop.Run run;
  private final MetricsFile metrics;
  private final TensorBoardEvents events;
  private final long firstStep;
  private final long started = System.nanoTime();
  private long intervalStarted = started;
  private final Totals interval = new Totals();
  private final Totals whole = new Totals();
  private double lastLoss = Double.NaN;
  private double watchSeconds;

  TrainLog(TrainLoop.Run run, long done) throws IOException {
    this.run = run;
    this.firstStep = done;
    this.metrics = new MetricsFile(run.folder().resolve("metrics.jsonl"), done);
    this.events = new TensorBoardEvents(run.folder(), done + 1);
    if (done > 0) {
      lastLoss = metrics.lastKept("loss");
      LOG.info("{}: goes on after step {} of {}", run.name(), done, run.totalSteps());
    }
  }

  void step(TrainLoop.StepResult result, DoubleSupplier devLoss) {
    interval.add(result);
    whole.add(result);
    boolean last = result.step() == run.totalSteps();
    if (result.step() % run.config().loggingSteps() == 0 || last) {
      report(result);
    }
    if (!run.dev().isEmpty() && result.step() % TrainLoop.devInterval(run.totalSteps()) == 0) {
      long before = System.nanoTime();
      double loss = devLoss.getAsDouble();
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("step", result.step());
      line.put("dev_loss", loss);
      metrics.write(line);
      events.scalars(result.step(), Map.of("dev/loss", loss));
      LOG.info("{}: step {} dev loss {}", run.name(), result.step(), number(loss));
      long nanos = System.nanoTime() - before;
      watchSeconds += nanos / 1e9;
      intervalStarted += nanos;
    }
  }

  private void report(TrainLoop.StepResult result) {
    double seconds = (System.nanoTime() - intervalStarted) / 1e9;
    lastLoss = interval.loss / interval.steps;
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("step", result.step());
    line.put("loss", lastLoss);
    line.put("kd", interval.divergence / interval.steps);
    line.put("ce", interval.crossEntropy / interval.steps);
    if (interval.features > 0) {
      line.put("features", interval.features / interval.steps);
    }
    line.put("learning_rate", result.learningRate());
    line.put("grad_norm", result.gradientNorm());
    line.put("tokens_per_second", interval.tokens / seconds);
    line.put("learned_tokens_per_second", interval.learned / seconds);
    line.put("seconds", (System.nanoTime() - started) / 1e9);
    metrics.write(line);
    Map<String, Double> scalars = new LinkedHashMap<>();
    line.forEach(
        (key, value) -> {
          if (value instanceof Double number) {
            scalars.put("train/" + key, number);
          }
        });
    events.scalars(result.step(), scalars);
    LOG.info(
        "{}: step {}/{} loss {} ({}) lr {} grad {} {} tok/s ({} learned) eta {}",
        run.name(),
        result.step(),
        run.totalSteps(),
        number(lastLoss),
        interval.parts(),
        String.format(Locale.ROOT, "%.2e", result.learningRate()),
        number(result.gradientNorm()),
        Math.round(interval.tokens / seconds),
        Math.round(interval.learned / seconds),
        eta(result.step()));
    interval.clear();
    intervalStarted = System.nanoTime();
  }

  private String eta(long step) {
    double perStep = (System.nanoTime() - started) / 1e9 / (step - firstStep);
    Duration left = Duration.ofSeconds(Math.round(perStep * (run.totalSteps() - step)));
    return left.toMinutes() > 0
        ? left.toMinutes() + "m" + left.toSecondsPart() + "s"
        : left.toSeconds() + "s";
  }

  TrainSummary summary(Map<String, Double> shares, double devLoss) {
    double seconds = (System.nanoTime() - started) / 1e9;
    double training = Math.max(1e-9, seconds - watchSeconds);
    return new TrainSummary(
        run.totalSteps(),
        lastLoss,
        devLoss,
        whole.tokens / training,
        whole.learned / training,
        seconds,
        shares);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }

  @Override
  public void close() {
    metrics.close();
    events.close();
  }

  private static final class Totals {
    private double loss;
    private double divergence;
    private double crossEntropy;
    private double features;
    private long tokens;
    private long learned;
    private int steps;

    void add(TrainLoop.StepResult result) {
      loss += result.loss();
      divergence += result.divergence();
      crossEntropy += result.crossEntropy();
      features += result.features();
      tokens += result.tokens();
      learned += result.learned();
      steps++;
    }

    String parts() {
      String inner = features > 0 ? " features " + number(features / steps) : "";
      return "kd " + number(divergence / steps) + " ce " + number(crossEntropy / steps) + inner;
    }

    void clear() {
      loss = divergence = crossEntropy = features = 0;
      tokens = learned = 0;
      steps = 0;
    }
  }
}
