package org.pocketdistill.template;

import java.util.List;

/** A macro, or the body of a call block. Sees the scope in which it was defined. */
record MacroValue(Definition definition, Frame around) implements CallableValue {
  static final String CALLER = "caller";

  /**
   * A macro as it is written.
   *
   * @param usesCaller whether its body speaks of {@code caller}
   */
  record Definition(
      String name, List<Parameter> parameters, List<Statement> body, boolean usesCaller) {}

  /**
   * A parameter.
   *
   * @param missing its value if none is given; null if it has none
   */
  record Parameter(String name, Expression missing) {}

  @Override
  public String name() {
    return definition.name();
  }

  @Override
  public String type() {
    return "Macro";
  }

  @Override
  public Value call(CallArguments arguments, Run run) {
    List<Parameter> parameters = definition.parameters();
    checkNames(arguments);
    if (arguments.positional().size() > parameters.size()) {
      throw new Failure(
          "macro '%s' takes not more than %d argument(s)".formatted(name(), parameters.size()));
    }
    Text text = new Text(run.meter());
    Frame frame = around.inner(text);
    for (int i = 0; i < parameters.size(); i++) {
      frame.set(parameters.get(i).name(), argument(i, arguments, frame));
    }
    if (definition.usesCaller()) {
      Value caller = arguments.named().get(CALLER);
      frame.set(CALLER, caller != null ? caller : new UndefinedValue("No caller defined"));
    }
    Statement.all(definition.body(), frame);
    return StrValue.of(text.toString());
  }

  private Value argument(int place, CallArguments arguments, Frame frame) {
    Parameter parameter = definition.parameters().get(place);
    Value named = arguments.named().get(parameter.name());
    if (place < arguments.positional().size()) {
      if (named != null) {
        throw new Failure("macro '%s' got two values for '%s'".formatted(name(), parameter.name()));
      }
      return arguments.positional().get(place);
    }
    if (named != null) {
      return named;
    }
    return parameter.missing() != null
        ? frame.value(parameter.missing())
        : new UndefinedValue("parameter '" + parameter.name() + "' was not provided");
  }

  private void checkNames(CallArguments arguments) {
    for (String given : arguments.named().keySet()) {
      boolean known =
          (definition.usesCaller() && given.equals(CALLER))
              || definition.parameters().stream().anyMatch(p -> p.name().equals(given));
      if (!known) {
        throw new Failure("macro '%s' takes no keyword argument '%s'".formatted(name(), given));
      }
    }
  }
}
