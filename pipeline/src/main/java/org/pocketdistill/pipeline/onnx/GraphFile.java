package org.pocketdistill.pipeline.onnx;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.pocketdistill.pipeline.model.LowRankUpdate;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.model.TensorSource;
import org.pocketdistill.pipeline.onnx.OnnxExporter.Options;

/** The graph of a package, its weights and its adapters. */
record GraphFile(StoredModel model, Options options, Rounding rounding) {
  /**
   * Writes the graph, and the weights beside it.
   *
   * @param context longest sequence
   * @return number of files of weights
   */
  int write(Path file, int context) throws IOException {
    String data = file.getFileName() + (isPlain() ? TransformersJsFolder.DATA : ".data");
    String separator = isPlain() ? TransformersJsFolder.SEPARATOR : ".";
    ModelConfig config = model.config();
    try (TensorSource tensors = model.tensors();
        ExternalDataChunks chunks =
            new ExternalDataChunks(file.resolveSibling(data), separator, options.chunkBytes())) {
      ModelWeights weights = new ModelWeights(rounding.activations().smoothing().apply(tensors));
      OnnxGraph graph = new OnnxGraph(chunks, isPlain() ? OnnxDialect.PLAIN : OnnxDialect.GENAI);
      LinearLayers linear = adapted(graph, linearLayers(graph));
      DecoderOperators operators =
          options.form() instanceof GraphForm.Plain form
              ? new PlainOperators(graph, config, weights, linear, form.shapes(), context)
              : new FusedOperators(graph, config, weights, linear);
      new DecoderGraph(graph, config, weights, linear, operators).build(context);
      try (OutputStream out = Files.newOutputStream(file)) {
        graph.model(options.metadata()).writeTo(out);
      }
      return chunks.count();
    }
  }

  private boolean isPlain() {
    return options.form() instanceof GraphForm.Plain;
  }

  private LinearLayers linearLayers(OnnxGraph graph) {
    return switch (options.precision()) {
      case FP32 -> isPlain() ? new PlainFloatLayers(graph) : new FloatLinearLayers(graph);
      case FP16 -> new HalfLinearLayers(graph, isPlain());
      case INT8 -> new Int8LinearLayers(graph, new PerTokenProduct(graph, isPlain()));
      case INT8_STATIC ->
          new Int8LinearLayers(
              graph, new CalibratedProduct(graph, CalibratedProduct.grids(rounding.activations())));
      case INT4 -> new BlockLinearLayers(graph, options.int4(), rounding.projections());
    };
  }

  private LinearLayers adapted(OnnxGraph graph, LinearLayers layers) {
    if (options.adapters().isEmpty()) {
      return layers;
    }
    Set<String> modules =
        options.adapters().stream()
            .flatMap(adapter -> adapter.updates().stream())
            .map(LowRankUpdate::module)
            .collect(Collectors.toSet());
    return new AdaptedLinearLayers(graph, layers, adapterLayout(), modules);
  }

  private AdapterLayout adapterLayout() {
    HeadLayout heads = new HeadLayout(model.config().headDim());
    boolean widened = !isPlain() && heads.isPadded();
    return new AdapterLayout(model.config(), widened ? Optional.of(heads) : Optional.empty());
  }

  /** Writes an adapter for the graph, whose weights may be smoothed. */
  void writeAdapter(Path file, OnnxAdapter adapter) throws IOException {
    OnnxAdapter own =
        new OnnxAdapter(
            adapter.name(),
            adapter.updates().stream().map(rounding.activations().smoothing()::apply).toList());
    Files.createDirectories(file.getParent());
    AdapterFile.write(file, adapterLayout().tensors(own));
  }
}
