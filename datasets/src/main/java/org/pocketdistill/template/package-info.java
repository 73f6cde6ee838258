/**
 * Chat templates: the part of Jinja that they are written in, with Python's values, as transformers
 * runs it.
 *
 * <p>A template comes with a model and is code of a stranger. It sees the values that it is given
 * and nothing else, works within {@link org.pocketdistill.template.Limits}, and is refused when it
 * is parsed if it holds anything that is not known here. Knows JSON; knows nothing of rows,
 * tokenizers or models.
 */
package org.pocketdistill.template;
