/* yaml.h - YAML files as JSON, read strictly, with positions. Threads: pure, but for
 * yaml_read().
 *
 * One document. Anchors, aliases, tags and keys that stand twice are refused, and so
 * are keys that are not text. A plain scalar is null (null, ~ or nothing), a boolean
 * (true, false and no other word, so that `no` and `on` stay words), a number when it is
 * one in JSON too ("007", "+91", "1_000" and integers over 64 bits stay text), else text;
 * what is quoted or a block is text. */
#ifndef CLI_YAML_H
#define CLI_YAML_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#define YAML_BYTES_MAX (4u << 20)
#define YAML_DEPTH_MAX 32
#define YAML_ELEMENTS_MAX 100000

struct yaml; /* lives in the arena it was read into */

/* Reads `len` bytes. `file` is only how messages call them. Errors: ERR_INVALID or
 * ERR_LIMIT, "FILE:LINE:COLUMN: what is wrong". */
int yaml_parse(struct arena *arena, const char *file, const char *text, size_t len,
	       struct yaml **yaml, struct error *err);

/* Reads a file, standard input for "-". */
int yaml_read(struct arena *arena, const char *path, struct yaml **yaml, struct error *err);

const json_t *yaml_json(const struct yaml *yaml);
const char *yaml_file(const struct yaml *yaml);

/* Where the value of a path ("sources[0].keys[1]") stands, from 1: a member at its key.
 * When there is no such value, the nearest around it that there is. */
struct yaml_position {
	size_t line, column; /* column in characters */
};
struct yaml_position yaml_position(const struct yaml *yaml, const char *path);

/* "FILE:LINE:COLUMN: MESSAGE" for what stands at the path. */
const char *yaml_message(struct arena *arena, const struct yaml *yaml, const char *path,
			 const char *message);

#endif
