/**
 * Where training and evaluation rows come from: files in the shapes people have, and the generator.
 *
 * <p>Knows rows as text; knows nothing of token ids, models or devices.
 */
package org.pocketdistill.data;
