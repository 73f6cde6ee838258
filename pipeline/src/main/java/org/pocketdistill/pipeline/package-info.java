/** The tool itself: jobs, training, distillation, LoRA, export, reports, the command line. */
package org.pocketdistill.pipeline;
