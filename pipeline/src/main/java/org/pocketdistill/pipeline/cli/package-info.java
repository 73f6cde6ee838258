/**
 * The command line: one small class for each command, and {@link
 * org.pocketdistill.pipeline.cli.Main} that finds it and turns what goes wrong into an exit code.
 *
 * <p>Nothing else knows this package.
 */
package org.pocketdistill.pipeline.cli;
