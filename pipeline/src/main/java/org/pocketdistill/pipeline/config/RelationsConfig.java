package org.pocketdistill.pipeline.config;

import java.util.Optional;
import org.pocketdistill.config.Key;

/** How a student learns the relations of the teacher's attention (MiniLM-v2). */
public record RelationsConfig(
    @Key(
            value = "weight of this loss, beside divergence and cross entropy",
            defaultValue = "1",
            min = 0)
        double weight,
    @Key(
            value =
                "relation heads that queries, keys and values are split into; default: the largest"
                    + " number that divides the query heads of both models",
            min = 1)
        Optional<Integer> heads,
    @Key(value = "student's layer, from 1; default: the last", min = 1)
        Optional<Integer> studentLayer,
    @Key(value = "teacher's layer, from 1; default: the last", min = 1)
        Optional<Integer> teacherLayer) {}
