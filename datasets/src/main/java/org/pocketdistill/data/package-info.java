/**
 * Where training and evaluation rows come from: files in the shapes people have, and the generator;
 * which rows stand in them twice, and which training rows stand in an evaluation set.
 *
 * <p>Files are streamed: no more than a row is in memory, and a hash or two of those that are to be
 * compared. Knows rows as text; knows nothing of token ids, models or devices.
 */
package org.pocketdistill.data;
