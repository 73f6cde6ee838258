package org.pocketdistill.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * On a record inside a configuration record, in the place of {@link Key}: its keys stand among
 * those of the record around it, so that several records can share keys.
 *
 * <p>Rules of the inner record are asked by the outer one, if at all.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Inline {}
