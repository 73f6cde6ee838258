/**
 * YAML into records: every problem of a file at once, with line, expectation and nearest key.
 *
 * <p>Knows records and their {@link org.pocketdistill.config.Key} annotations, nothing of what the
 * keys mean.
 */
package org.pocketdistill.config;
