package org.pocketdistill.config;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pocketdistill.config.YamlNode.Mapping;
import org.pocketdistill.config.YamlNode.Scalar;
import org.pocketdistill.config.YamlNode.Sequence;
import org.pocketdistill.config.YamlNode.Style;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * YAML text into a tree of located values.
 *
 * <p>Anchors, aliases and tags are refused: a configuration needs none of them, and an alias can
 * stand for any amount of memory.
 */
final class YamlTreeReader {
  private static final YAMLFactory YAML = new YAMLFactory();
  private static final int DEEPEST = 32;

  private final String source;
  private final int[] characters;
  private final Problems problems;

  private YamlTreeReader(String source, String text, Problems problems) {
    this.source = source;
    this.characters = text.codePoints().toArray();
    this.problems = problems;
  }

  /** The only document of a text; empty if there is none or it cannot be read. */
  static Optional<YamlNode> read(String source, String text, Problems problems) {
    YamlTreeReader reader = new YamlTreeReader(source, text, problems);
    try (YAMLParser parser = YAML.createParser(text)) {
      if (parser.nextToken() == null || parser.currentToken() == JsonToken.VALUE_NULL) {
        problems.add(new Place(source, 0), "", "the file is empty");
        return Optional.empty();
      }
      YamlNode root = reader.value(parser, "", reader.place(parser));
      if (parser.nextToken() != null) {
        problems.add(reader.place(parser), "", "a second document; expected one in a file");
      }
      return Optional.of(root);
    } catch (JsonProcessingException e) {
      reader.syntaxError(e);
      return Optional.empty();
    } catch (Refused e) {
      problems.add(e.place, e.path, e.getMessage());
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("reading YAML from memory", e);
    }
  }

  private YamlNode value(YAMLParser parser, String path, Place place) throws IOException {
    refuseReferences(parser, path);
    return switch (parser.currentToken()) {
      case START_OBJECT -> mapping(parser, path, place);
      case START_ARRAY -> sequence(parser, path, place);
      case VALUE_NULL -> new Scalar(place, "null", Style.PLAIN);
      default -> new Scalar(place, parser.getText(), style(parser));
    };
  }

  private Mapping mapping(YAMLParser parser, String path, Place place) throws IOException {
    refuseDepth(parser, path);
    Map<String, YamlNode> entries = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      refuseReferences(parser, path);
      String key = parser.currentName();
      String keyPath = path.isEmpty() ? key : path + "." + key;
      Place keyPlace = place(parser);
      parser.nextToken();
      YamlNode value = value(parser, keyPath, keyPlace);
      YamlNode earlier = entries.putIfAbsent(key, value);
      if (earlier != null) {
        problems.add(
            keyPlace,
            keyPath,
            "duplicate key, first given in line " + earlier.place().line() + "; keep one");
      }
    }
    return new Mapping(place, entries);
  }

  private Sequence sequence(YAMLParser parser, String path, Place place) throws IOException {
    refuseDepth(parser, path);
    List<YamlNode> items = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      items.add(value(parser, path + "." + items.size(), place(parser)));
    }
    return new Sequence(place, items);
  }

  /** Jackson tells numbers from text but not 5 from "5": the first character does. */
  private Style style(YAMLParser parser) {
    int offset = (int) parser.currentTokenLocation().getCharOffset();
    int first = offset >= 0 && offset < characters.length ? characters[offset] : ' ';
    boolean quoted = first == '"' || first == '\'' || first == '|' || first == '>';
    return quoted ? Style.QUOTED : Style.PLAIN;
  }

  private Place place(YAMLParser parser) {
    return new Place(source, parser.currentTokenLocation().getLineNr());
  }

  private void refuseReferences(YAMLParser parser, String path) throws IOException {
    if (parser.isCurrentAlias() || parser.getObjectId() != null) {
      throw new Refused(
          place(parser), path, "anchors and aliases are not allowed; write the value out");
    }
    if (parser.getTypeId() != null) {
      throw new Refused(place(parser), path, "tags (!…) are not allowed; leave the tag out");
    }
  }

  private void refuseDepth(YAMLParser parser, String path) {
    if (parser.getParsingContext().getNestingDepth() > DEEPEST) {
      throw new Refused(place(parser), path, "nested deeper than " + DEEPEST + " levels");
    }
  }

  private void syntaxError(JsonProcessingException error) {
    if (error.getCause() instanceof MarkedYAMLException marked) {
      Mark mark = marked.getProblemMark();
      String reason = marked.getProblem();
      if (marked.getContext() != null && marked.getContextMark() != null) {
        int from = marked.getContextMark().getLine() + 1;
        reason = marked.getContext() + " (from line " + from + "), " + reason;
      }
      notYaml(mark.getLine() + 1, reason + " (column " + (mark.getColumn() + 1) + ")");
    } else {
      JsonLocation location = error.getLocation();
      notYaml(location == null ? 0 : location.getLineNr(), error.getOriginalMessage());
    }
  }

  private void notYaml(int line, String reason) {
    String oneLine = reason.replaceAll("\\s+", " ").strip();
    problems.add(new Place(source, line), "", "not valid YAML: " + oneLine);
  }

  /** Ends the reading of a text that cannot be a configuration. */
  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient Place place;
    private final String path;

    private Refused(Place place, String path, String message) {
      super(message, null, false, false);
      this.place = place;
      this.path = path;
    }
  }
}
