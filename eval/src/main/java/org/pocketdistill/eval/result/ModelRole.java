package org.pocketdistill.eval.result;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The part that a model plays in a job. */
public enum ModelRole {
  /** The large model. */
  @JsonProperty("teacher")
  TEACHER,
  /** The large model before it was adapted to the task. */
  @JsonProperty("teacher_base")
  TEACHER_BASE,
  /** The student before it has learned anything. */
  @JsonProperty("student_init")
  STUDENT_INIT,
  /** The student trained on the same data and steps without a teacher. */
  @JsonProperty("control")
  CONTROL,
  /** The student trained by distillation. */
  @JsonProperty("distilled")
  DISTILLED,
  /** The distilled student with a LoRA adapter. */
  @JsonProperty("adapter")
  ADAPTER,
  /** A file for phones, measured on the runtime that will load it. */
  @JsonProperty("exported")
  EXPORTED
}
