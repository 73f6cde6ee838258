package org.pocketdistill.pipeline.config;

import org.pocketdistill.config.Key;

/** The student before it has learned anything. */
public record StudentConfig(
    @Key("shape of a student that starts from random weights") ModelShape model) {}
