package org.pocketdistill.data.assistant;

/**
 * An utterance and the call it asks for.
 *
 * @param function what it asks for
 * @param utterance the user's words
 * @param call the call as JSON
 * @param elementary whether this is the simplest company its value can keep
 * @param saidOnly the slots that are said and not part of the call; they tell refusals apart
 */
record Command(
    PhoneFunction function, String utterance, String call, boolean elementary, String saidOnly) {
  /** Function and all values; train, dev and test share none. */
  String combination() {
    return call + saidOnly;
  }
}
