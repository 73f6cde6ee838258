package org.pocketdistill.eval;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.Message;

/**
 * One question of a task.
 *
 * @param docId its place in the set, from 0
 * @param example the conversation
 * @param docHash SHA-256 of the item, as lm-evaluation-harness computes it from {@link #doc}
 */
public record Item(int docId, Example example, String docHash) {
  static Item of(int docId, Example example) {
    return new Item(docId, example, PythonJson.sha256(PythonJson.indented(doc(example))));
  }

  /** The turns that are shown to the model. */
  public List<Message> question() {
    return example.messages().subList(0, example.messages().size() - 1);
  }

  /** The reference answer. */
  public String target() {
    return example.messages().get(example.messages().size() - 1).content();
  }

  /** The trace before the reference answer; empty if there is none. It is not scored. */
  public String referenceTrace() {
    return example.messages().get(example.messages().size() - 1).reasoning();
  }

  ObjectNode doc() {
    return doc(example);
  }

  private static ObjectNode doc(Example example) {
    ObjectNode doc = JsonNodeFactory.instance.objectNode().put("id", example.id());
    ArrayNode messages = doc.putArray("messages");
    for (Message message : example.messages()) {
      messages.addObject().put("role", message.role().key()).put("content", message.content());
    }
    if (!example.tools().isEmpty()) {
      doc.putArray("tools").addAll(example.tools());
    }
    return doc.put("group", example.group());
  }
}
