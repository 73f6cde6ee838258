package org.pocketdistill.pipeline.train;

import java.util.Map;

/**
 * What a training took and reached.
 *
 * @param steps optimiser steps
 * @param loss mean of the last logging interval, in nats per learned token
 * @param devLoss cross entropy on the dev set; NaN without one
 * @param tokensPerSecond all tokens of the batches, padding included, of this process
 * @param shares share of each phase in the time of a step
 */
public record TrainSummary(
    long steps,
    double loss,
    double devLoss,
    double tokensPerSecond,
    double learnedTokensPerSecond,
    double seconds,
    Map<String, Double> shares) {}
