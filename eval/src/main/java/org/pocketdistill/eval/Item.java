package org.pocketdistill.eval;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.Message;
import org.pocketdistill.data.MultipleChoice;

/**
 * One question of a task.
 *
 * @param docId its place in the set, from 0
 * @param example the conversation, question with choices, or text
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

  /** The choices of a question that has some. */
  MultipleChoice choice() {
    return example.choice().orElseThrow();
  }

  ObjectNode doc() {
    return doc(example);
  }

  private static ObjectNode doc(Example example) {
    ObjectNode doc = JsonNodeFactory.instance.objectNode().put("id", example.id());
    if (example.choice().isPresent()) {
      put(doc, example.choice().get());
    } else if (example.messages().isEmpty()) {
      doc.put("text", example.text());
    } else {
      ArrayNode messages = doc.putArray("messages");
      for (Message message : example.messages()) {
        messages.addObject().put("role", message.role().key()).put("content", message.content());
      }
    }
    if (!example.tools().isEmpty()) {
      doc.putArray("tools").addAll(example.tools());
    }
    return doc.put("group", example.group());
  }

  private static void put(ObjectNode doc, MultipleChoice choice) {
    if (!choice.context().isEmpty()) {
      doc.put("context", choice.context());
    }
    ArrayNode choices = doc.put("question", choice.question()).putArray("choices");
    choice.choices().forEach(choices::add);
    doc.put("answer", choice.answer());
  }
}
