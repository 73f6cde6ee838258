package org.pocketdistill.pipeline.lm;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.config.RuntimeConfig;
import org.pocketdistill.pipeline.config.RuntimeFile;
import org.pocketdistill.pipeline.thermal.ThermalGovernor;
import org.pocketdistill.pipeline.thermal.ThermalZones;

/**
 * An exported package that is run as its {@code runtime.json} says, with pauses where it gets too
 * hot. Owns the decoder; close it. Not safe for use from several threads.
 */
public final class PackageDecoder implements CausalDecoder {
  private final OrtDecoder decoder;
  private final ThermalGovernor governor;

  PackageDecoder(OrtDecoder decoder, ThermalGovernor governor) {
    this.decoder = decoder;
    this.governor = governor;
  }

  /**
   * Loads the package in a folder.
   *
   * @throws org.pocketdistill.config.ConfigException if its {@code runtime.json} is wrong
   * @throws DataException if a file is missing or ONNX Runtime refuses the graph
   */
  public static PackageDecoder open(Path folder) throws IOException {
    RuntimeConfig runtime = RuntimeFile.of(folder);
    ThermalZones zones = ThermalZones.ofSystem(runtime.thermal().sensors());
    return new PackageDecoder(
        OrtDecoder.open(folder, runtime), new ThermalGovernor(runtime.thermal(), zones));
  }

  /**
   * Runs with an adapter of the package from now on.
   *
   * @param file {@code *.onnx_adapter}; empty for none
   * @throws DataException if there is no such file, or ONNX Runtime refuses it
   */
  void use(Optional<Path> file) {
    decoder.use(file);
  }

  /** What ONNX Runtime was told. */
  public SessionSettings session() {
    return decoder.session();
  }

  /** What holds generation back. */
  public ThermalGovernor governor() {
    return governor;
  }

  @Override
  public int vocabSize() {
    return decoder.vocabSize();
  }

  @Override
  public int contextLength() {
    return decoder.contextLength();
  }

  @Override
  public List<TokenScores> score(List<int[]> rows, int topK) {
    governor.beforePrompt();
    return decoder.score(rows, topK);
  }

  @Override
  public float[][] logits(int[] row) {
    governor.beforePrompt();
    return decoder.logits(row);
  }

  @Override
  public DecodeSession start(List<int[]> prompts, int maxNewTokens) {
    governor.beforePrompt();
    return new HeldBack(decoder.start(prompts, maxNewTokens));
  }

  @Override
  public void close() {
    decoder.close();
  }

  private final class HeldBack implements DecodeSession {
    private final DecodeSession session;

    HeldBack(DecodeSession session) {
      this.session = session;
    }

    @Override
    public float[][] logits() {
      return session.logits();
    }

    @Override
    public void advance(int[] tokens) {
      governor.beforeTokens(tokens.length);
      session.advance(tokens);
    }

    @Override
    public void close() {
      session.close();
    }
  }
}
