/* out.h - an answer's JSON, written member by member. Threads: pure.
 *
 *     out_open(&out, NULL, '{');
 *     out_id(&out, "id", lead->id);
 *     out_open(&out, "fields", '{');
 *     ...
 *     out_close(&out, '}');
 *     out_close(&out, '}');
 *
 * Commas come by themselves. `name` is NULL for the elements of an array and at the top;
 * it may hold anything. */
#ifndef API_OUT_H
#define API_OUT_H

#include "base/buf.h"
#include "model/value.h"

#define OUT_MAX (64u << 20) /* bytes of one answer */

struct out {
	struct buf buf;
	bool needs_comma;
};

void out_init(struct out *out, struct arena *arena);

/* `bracket` is '{' or '[', and '}' or ']'. */
void out_open(struct out *out, const char *name, char bracket);
void out_close(struct out *out, char bracket);

void out_text(struct out *out, const char *name, const char *text); /* NULL: null */
void out_int(struct out *out, const char *name, int64_t number);
void out_bool(struct out *out, const char *name, bool is_true);
void out_id(struct out *out, const char *name, int64_t id);   /* 0: null */
void out_time(struct out *out, const char *name, int64_t ms); /* 0: null */
void out_value(struct out *out, const char *name, struct value value);
void out_json(struct out *out, const char *name, const json_t *json); /* NULL: null */

/* JSON text as it is, from the store; NULL: null. */
void out_raw(struct out *out, const char *name, const char *json);

/* Bytes from outside as text: what is not UTF-8 is shown as '?'; NULL: null. */
void out_bytes(struct out *out, const char *name, const char *bytes, size_t len);

#endif
