package org.pocketdistill.pipeline.onnx;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Matrices that an adapter may change at run time: {@code x W + (x A) B}, A and B being inputs that
 * may be left out, with no columns and no rows then, so that nothing is added.
 *
 * @param modules that any adapter changes
 */
record AdaptedLinearLayers(
    OnnxGraph graph, LinearLayers base, AdapterLayout layout, Set<String> modules)
    implements LinearLayers {
  @Override
  public String embed(WeightMatrix table, String ids) throws IOException {
    return base.embed(table, ids);
  }

  @Override
  public String embedShared(WeightMatrix table, String ids) throws IOException {
    return base.embedShared(table, ids);
  }

  @Override
  public void sharedHead(String input, String output) throws IOException {
    base.sharedHead(input, output);
  }

  @Override
  public void multiply(String node, WeightMatrix matrix, String input, String output)
      throws IOException {
    List<String> parts = AdapterLayout.modules(matrix.name());
    if (parts.stream().noneMatch(modules::contains)) {
      base.multiply(node, matrix, input, output);
      return;
    }
    String product = node + "/base/output_0";
    base.multiply(node, matrix, input, product);
    List<String> updates = new ArrayList<>();
    for (String module : parts) {
      updates.add(update(node, module, input));
    }
    String update = updates.get(0);
    if (updates.size() > 1) {
      update =
          graph
              .node(node + "/lora/Concat", "Concat")
              .inputs(updates.toArray(String[]::new))
              .attribute("axis", -1)
              .output();
    }
    graph.node(node + "/lora/Add", "Add").inputs(product, update).outputs(output);
  }

  private String update(String node, String module, String input) {
    String rank = module + ".rank";
    String a = graph.optionalInput(AdapterLayout.nameOfA(module), layout.inputs(module), rank);
    String b = graph.optionalInput(AdapterLayout.nameOfB(module), rank, layout.outputs(module));
    String prefix = node + "/" + module.substring(module.lastIndexOf('.') + 1);
    String narrow = graph.node(prefix + "/lora_A/MatMul", "MatMul").inputs(input, a).output();
    return graph.node(prefix + "/lora_B/MatMul", "MatMul").inputs(narrow, b).output();
  }
}
