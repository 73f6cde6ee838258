package org.pocketdistill.pipeline.config;

import org.pocketdistill.config.Key;

/** Byte-level BPE tokenizer trained on the job's training rows. */
public record TokenizerConfig(
    @Key(
            value = "number of ids, special tokens and the 256 bytes included",
            defaultValue = "2048",
            min = 300,
            max = 200000)
        int vocabSize) {}
