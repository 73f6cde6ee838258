package org.pocketdistill.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Describes one key of a configuration record: what it means, its range, its default.
 *
 * <p>A component whose {@link #defaultValue} is empty is required unless its type is {@code
 * Optional}. The YAML name of a component is its Java name in snake_case.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Key {
  /** One sentence for people: meaning and unit. */
  String value();

  /** Default as YAML text, for example {@code "0.5"}, {@code "[q_proj, v_proj]"}, {@code "{}"}. */
  String defaultValue() default "";

  /** Smallest allowed number, inclusive. */
  double min() default Double.NEGATIVE_INFINITY;

  /** Largest allowed number, inclusive. */
  double max() default Double.POSITIVE_INFINITY;
}
