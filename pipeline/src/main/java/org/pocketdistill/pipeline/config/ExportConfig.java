package org.pocketdistill.pipeline.config;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Rules;
import org.pocketdistill.pipeline.gguf.GgufFileType;

/** What is shipped. */
public record ExportConfig(
    @Key(
            value =
                "files to write; fp16: weights only; int8: activations are rounded as they come;"
                    + " int8_static: as it was settled on training rows",
            defaultValue = "[fp32, int8]")
        List<OnnxPrecision> precisions,
    @Key(
            value =
                "GGUF files to write beside them, for llama.cpp: f16, q8_0, q4_0, q4_1; in files of"
                    + " four bits the head has q8_0",
            defaultValue = "[]")
        List<GgufFileType> gguf,
    @Key(
            value =
                "ONNX files of standard operators to write beside them, in transformers.js' folder"
                    + " layout, of the same kinds; only int4 has products of ONNX Runtime's own",
            defaultValue = "[]")
        List<OnnxPrecision> plain,
    @Key("shapes that the plain files are fixed to; default: free ones")
        Optional<StaticShapes> staticShapes,
    @Key(
            value =
                "each LoRA adapter as a file beside each graph, adapters/NAME.onnx_adapter, to be"
                    + " switched on at run time",
            defaultValue = "false")
        boolean adapterFiles,
    @Key("adapter merged into the exported student; default none") Optional<String> mergeAdapter,
    @Key(value = "longest sequence of the package", defaultValue = "512", min = 16)
        int contextLength,
    @Key(value = "evaluation prompts on which the files are checked", defaultValue = "32", min = 1)
        int checkPrompts,
    @Key(value = "of the int4 file", defaultValue = "{}") Int4Config int4,
    @Key(value = "of the int8_static file", defaultValue = "{}") Int8StaticConfig int8Static,
    @Key(
            value =
                "most megabytes (10^6 bytes) of a file of weights; a tensor lies in one file, so a"
                    + " larger one makes a larger file",
            defaultValue = "100",
            min = 0.001)
        double chunkMb,
    @Key(
            value = "how a device is to run the package, which is written as runtime.json",
            defaultValue = "{}")
        RuntimeConfig runtime)
    implements Checked {

  @Override
  public List<Contradiction> contradictions() {
    return new Rules()
        .requireDistinct(precisions, "precisions")
        .requireDistinct(gguf, "gguf")
        .requireDistinct(plain, "plain")
        .require(
            staticShapes.isEmpty() || !plain.isEmpty(),
            "these are the shapes of plain files; list some under 'plain'",
            "static_shapes",
            "plain")
        .require(
            staticShapes.map(StaticShapes::sequence).orElse(1) <= contextLength,
            "more new tokens in one run than the context has",
            "static_shapes.sequence",
            "context_length")
        .require(
            int4.recover().isEmpty() || onnx().contains(OnnxPrecision.INT4),
            "there is no int4 file to recover; list int4 under 'precisions', or remove recover",
            "int4.recover",
            "precisions")
        .require(
            runtime.kvCacheLength().orElse(contextLength) <= contextLength,
            "more tokens than context_length, of which a package takes "
                + contextLength
                + "; lower it",
            "runtime.kv_cache_length",
            "context_length")
        .broken();
  }

  /** Precisions of all ONNX packages, whatever their graph. */
  public List<OnnxPrecision> onnx() {
    return Stream.concat(precisions.stream(), plain.stream()).toList();
  }

  /** Longest sequence that the package is run with. */
  public int sequenceLength() {
    return runtime.sequenceLength(contextLength);
  }

  /** Most bytes of a file of weights. */
  public long chunkBytes() {
    return Math.round(chunkMb * 1e6);
  }

  /** Precision of an exported file. */
  public enum OnnxPrecision {
    FP32,
    FP16,
    INT8,
    INT8_STATIC,
    INT4;

    /** Whether products are of bytes. */
    public boolean isInt8() {
      return this == INT8 || this == INT8_STATIC;
    }
  }
}
