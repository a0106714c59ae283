/* yaml_write.h - JSON as YAML that a person would write. Threads: pure.
 *
 * What is written reads back, by yaml.h, as the same JSON: texts stand plain where that
 * is safe and in double quotes elsewhere, what fits on a line stands on it. */
#ifndef CLI_YAML_WRITE_H
#define CLI_YAML_WRITE_H

#include <jansson.h>

#include "base/buf.h"

/* Adds an object's or list's lines, each after `indent` blanks, what names a thing first;
 * any other value as one line. */
void buf_add_yaml(struct buf *buf, const json_t *json, size_t indent);

/* Adds a value on one line: {from: email, to: email}. */
void buf_add_yaml_flow(struct buf *buf, const json_t *json);

#endif
