package org.pocketdistill.pipeline.quantize;

/**
 * Unsigned bytes q that stand for scale · (q − zeroPoint).
 *
 * @param scale above 0
 * @param zeroPoint 0 to 255
 */
public record ByteGrid(float scale, int zeroPoint) {}
