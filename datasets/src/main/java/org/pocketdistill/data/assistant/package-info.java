/**
 * The generator of phone-assistant commands: English and Chinese utterances and the JSON function
 * call each one asks for.
 *
 * <p>Phrasings, values and texts are data, in YAML resources beside the classes; spoken forms of
 * times, dates, durations and numbers are code, because they follow rules. Knows rows as text only;
 * knows nothing of files of rows, token ids or models.
 */
package org.pocketdistill.data.assistant;
