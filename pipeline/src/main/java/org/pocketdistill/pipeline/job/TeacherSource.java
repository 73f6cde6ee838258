package org.pocketdistill.pipeline.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Optional;
import org.pocketdistill.pipeline.cache.CacheHeader;
import org.pocketdistill.pipeline.cache.CacheStatistics;
import org.pocketdistill.pipeline.cache.CachedTeacher;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.distill.FeatureLoss;
import org.pocketdistill.pipeline.distill.LazyTeacher;
import org.pocketdistill.pipeline.distill.LiveTeacher;
import org.pocketdistill.pipeline.distill.StreamedTeacher;
import org.pocketdistill.pipeline.distill.Teacher;
import org.pocketdistill.pipeline.job.ModelTraining.From;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.plan.TeacherMode;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The teacher of a distillation: loaded, or behind a cache and loaded if something is missing. */
final class TeacherSource implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger("teacher");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Optional<Decoder> live;
  private final Optional<LazyTeacher> lazy;
  private final Optional<StreamedTeacher> streamed;
  private final Optional<CachedTeacher> cached;

  private TeacherSource(
      Optional<Decoder> live,
      Optional<LazyTeacher> lazy,
      Optional<StreamedTeacher> streamed,
      Optional<CachedTeacher> cached) {
    this.live = live;
    this.lazy = lazy;
    this.streamed = streamed;
    this.cached = cached;
  }

  /**
   * Opens a teacher.
   *
   * @param config training that it is for
   * @param dtype precision of that training
   * @param student shape of the student, which says how many logits there are
   */
  static TeacherSource open(From from, TrainConfig config, ComputeDtype dtype, ModelConfig student)
      throws IOException {
    if (from.cache().isEmpty()) {
      Decoder live = from.decoder(dtype, student);
      return new TeacherSource(
          Optional.of(live), Optional.empty(), Optional.empty(), Optional.empty());
    }
    CacheRequest request = from.cache().get();
    ComputeDtype precision = request.precision(config, dtype);
    CacheHeader header =
        CacheHeader.of(
            ModelHash.of(from.folder()),
            ModelHash.ofTokenizer(from.tokenizer()),
            precision,
            student.vocabSize(),
            request.topK(),
            from.settings().temperature());
    TeacherMode mode = TeacherMode.of(request.streaming(), from.shape());
    LOG.info("{}: {}", from.folder(), mode);
    if (mode.streamed()) {
      StreamedTeacher streamed = new StreamedTeacher(() -> from.streamed(precision, student));
      CachedTeacher cached = CachedTeacher.open(request.root(), header, streamed);
      return new TeacherSource(
          Optional.empty(), Optional.empty(), Optional.of(streamed), Optional.of(cached));
    }
    LazyTeacher lazy = new LazyTeacher(() -> from.decoder(precision, student));
    CachedTeacher cached = CachedTeacher.open(request.root(), header, lazy);
    return new TeacherSource(
        Optional.empty(), Optional.of(lazy), Optional.empty(), Optional.of(cached));
  }

  /**
   * Whether the cache is to be filled before the training: a streamed teacher wants much at once.
   */
  boolean fillsAhead() {
    return streamed.isPresent();
  }

  /**
   * The teacher.
   *
   * @param wanted of its inside, which no cache has
   */
  Teacher teacher(FeatureLoss.Wanted wanted) {
    return cached.isPresent() ? cached.get() : new LiveTeacher(live.orElseThrow(), wanted);
  }

  /** The loaded model; empty if it is behind a cache. */
  Optional<Decoder> live() {
    return live;
  }

  Optional<CachedTeacher> cached() {
    return cached;
  }

  /** What the stage says of the cache; nothing without one. */
  void describe(ObjectNode outputs) {
    cached.ifPresent(teacher -> outputs.set("cache", json(teacher.statistics())));
  }

  private static ObjectNode json(CacheStatistics cache) {
    return JSON.createObjectNode()
        .put("folder", cache.folder().toString())
        .put("documents", cache.documents())
        .put("learned_tokens", cache.learnedTokens())
        .put("bytes", cache.bytes())
        .put("bytes_per_learned_token", cache.bytesPerLearnedToken())
        .put("hit_rate", cache.hitRate())
        .put("computed_tokens", cache.computedTokens())
        .put("build_tokens_per_second", cache.tokensPerSecond());
  }

  @Override
  public void close() throws IOException {
    if (cached.isPresent()) {
      cached.get().close();
    }
    lazy.ifPresent(LazyTeacher::close);
    streamed.ifPresent(StreamedTeacher::close);
    live.ifPresent(Decoder::close);
  }
}
