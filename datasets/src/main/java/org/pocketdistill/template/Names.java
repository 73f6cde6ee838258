package org.pocketdistill.template;

/** What the parser notes of the names that are used. */
final class Names {
  private boolean caller;
  private int macros;

  /** Notes that a name is read. */
  void used(String name) {
    caller |= name.equals(MacroValue.CALLER);
    if (Globals.UNSUPPORTED.contains(name)) {
      throw new Failure("'" + name + "' of Jinja is not supported");
    }
    if (macros > 0 && (name.equals("varargs") || name.equals("kwargs"))) {
      throw new Failure("'" + name + "' of a macro is not supported");
    }
  }

  /** Begins a macro; gives what {@link #endMacro} needs. */
  boolean beginMacro() {
    boolean before = caller;
    caller = false;
    macros++;
    return before;
  }

  /** Ends a macro; tells whether it speaks of its caller. */
  boolean endMacro(boolean before) {
    boolean found = caller;
    caller = before;
    macros--;
    return found;
  }
}
