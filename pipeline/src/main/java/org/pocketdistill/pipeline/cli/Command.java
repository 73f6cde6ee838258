package org.pocketdistill.pipeline.cli;

import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** A command of {@code distill}. */
interface Command {
  /** The word that follows {@code distill}. */
  String name();

  /** What follows the name, for example {@code JOB.yaml}; empty if nothing does. */
  String arguments();

  /** What the command does, in a line. */
  String summary();

  /**
   * What the command does, in full; each item a paragraph of its help. Those that begin with a
   * space are shown as they stand.
   */
  List<String> description();

  /** Commands to copy. */
  List<String> examples();

  /** Options besides {@code --help} and {@code --verbose}, which every command has. */
  Options options();

  /** Options that must be given, by name. */
  default List<String> required() {
    return List.of();
  }

  /** Options of which exactly one must be given, by name; none if empty. */
  default List<String> alternatives() {
    return List.of();
  }

  /** Whether it computes with models, so that allocator and threads matter. */
  default boolean computes() {
    return true;
  }

  /**
   * Does the work.
   *
   * @return exit code: 0, or 3 if it finished and a gate was missed
   * @throws org.pocketdistill.config.ConfigException for exit code 2
   * @throws org.pocketdistill.data.DataException for exit code 2
   * @throws Exception for exit code 1
   */
  int run(CommandLine line) throws Exception;
}
