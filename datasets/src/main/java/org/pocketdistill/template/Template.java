package org.pocketdistill.template;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Clock;
import java.util.List;

/**
 * A parsed chat template. Immutable and safe for use from several threads.
 *
 * <p>Rendered as {@code apply_chat_template} of transformers does it: Jinja's immutable sandbox
 * with {@code trim_blocks} and {@code lstrip_blocks}, {@code break} and {@code continue}, {@code
 * generation} blocks, {@code raise_exception}, {@code strftime_now}, and a {@code tojson} that
 * escapes no HTML.
 */
public final class Template {
  private final String name;
  private final List<Statement> statements;
  private final boolean marksGeneration;
  private final Limits limits;

  private Template(
      String name, List<Statement> statements, boolean marksGeneration, Limits limits) {
    this.name = name;
    this.marksGeneration = marksGeneration;
    this.statements = statements;
    this.limits = limits;
  }

  /**
   * Parses a template.
   *
   * @param name what messages call it, for example its file
   * @throws TemplateException if it is no template or holds something that is not supported; names
   *     the line
   */
  public static Template parse(String name, String source) {
    return parse(name, source, Limits.STANDARD);
  }

  /** As {@link #parse(String, String)}, within other limits. */
  public static Template parse(String name, String source, Limits limits) {
    Parser parser = new Parser(limits);
    try {
      List<Statement> statements = parser.parse(source);
      return new Template(name, statements, parser.marksGeneration(), limits);
    } catch (Failure e) {
      throw new TemplateException(name, parser.line(), e);
    }
  }

  /** Whether it says, with {@code generation} blocks, what the assistant says. */
  public boolean marksGeneration() {
    return marksGeneration;
  }

  /** What messages call it. */
  public String name() {
    return name;
  }

  /**
   * Renders it.
   *
   * @param variables by name; null is None, a name that is missing is undefined
   * @param clock what {@code strftime_now} reads
   * @throws TemplateException if the template refuses the values, cannot work with them, or exceeds
   *     its limits
   */
  public Rendered render(ObjectNode variables, Clock clock) {
    Run run = new Run(limits, clock);
    try {
      Statement.all(statements, Frame.outermost(run, JsonValues.variables(variables)));
      return new Rendered(run.output().toString(), run.generated());
    } catch (Failure e) {
      throw new TemplateException(name, run.line(), e);
    } catch (StackOverflowError e) {
      // the limits are meant to be met first; the stack of a thread may be smaller than usual
      throw new TemplateException(name, run.line(), new Failure("the template nests too deeply"));
    }
  }
}
