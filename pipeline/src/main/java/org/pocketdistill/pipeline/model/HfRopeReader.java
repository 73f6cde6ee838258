package org.pocketdistill.pipeline.model;

/**
 * Base and scaling of the rotary embedding in config.json: {@code rope_theta} and {@code
 * rope_scaling}, or {@code rope_parameters} of newer files, which holds both.
 *
 * @param contextLength {@code max_position_embeddings}
 */
record HfRopeReader(HfJson json, int contextLength) {
  private static final String OLD = "rope_scaling";
  private static final String RECENT = "rope_parameters";
  private static final String THETA = "rope_theta";
  private static final double DEFAULT_THETA = 10000;

  double theta() {
    double theta = json.positiveDouble(THETA, DEFAULT_THETA);
    for (String key : new String[] {OLD, RECENT}) {
      if (json.has(key) && json.child(key).has(THETA)) {
        double inner = json.child(key).positiveDouble(THETA);
        if (json.has(THETA) && inner != theta) {
          throw json.bad(THETA, inner + ", as " + key + " says");
        }
        theta = inner;
      }
    }
    return theta;
  }

  RopeScaling scaling() {
    RopeScaling old = json.has(OLD) ? scaling(OLD) : new RopeScaling.None();
    if (!json.has(RECENT)) {
      return old;
    }
    RopeScaling recent = scaling(RECENT);
    if (json.has(OLD) && !old.equals(recent)) {
      throw json.bad(RECENT, "the same as rope_scaling, which is there too");
    }
    return recent;
  }

  private RopeScaling scaling(String key) {
    HfJson parameters = json.child(key);
    for (var value : parameters.object()) {
      if (value.isObject()) {
        throw json.bad(key, "one set for all layers: sets by layer type are not supported");
      }
    }
    return new RopeScalingReader(parameters, contextLength, key.equals(RECENT)).read();
  }
}
