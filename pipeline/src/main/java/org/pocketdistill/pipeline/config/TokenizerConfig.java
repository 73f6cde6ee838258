package org.pocketdistill.pipeline.config;

import org.pocketdistill.config.Key;
import org.pocketdistill.tokenize.PreTokenizer;

/** Byte-level BPE tokenizer trained on the job's training rows. */
public record TokenizerConfig(
    @Key(
            value = "number of ids, special tokens and the 256 bytes included",
            defaultValue = "2048",
            min = 300,
            max = 200000)
        int vocabSize,
    @Key(
            value =
                "what merges never cross: qwen2, which every runtime knows, or words, in which a"
                    + " word has the same tokens wherever it stands, for small models that copy",
            defaultValue = "qwen2")
        PreTokenizer preTokenizer) {}
