/* rest.h - the parts of the `rest` connector: any CRM with an HTTP API, spoken to as its
 * settings say. Private to the rest*.c files. Threads: pure.
 *
 * The settings are described for users in docs/connectors/rest.md. */
#ifndef CONNECTORS_REST_H
#define CONNECTORS_REST_H

#include "connectors/parts.h"
#include "model/connector.h"

enum rest_op_kind {
	REST_CREATE,
	REST_UPDATE,
	REST_UPSERT,
	REST_FIND,
	REST_FIND_MORE, /* the first of the list; the others follow */
	REST_READ,
	REST_BATCH,
	REST_BATCH_UPDATE,
	REST_CHECK,
};

/* One call as configured. Texts are the settings'. */
struct rest_op {
	const char *method, *path;
	const json_t *body;     /* template, or NULL for none */
	const json_t *item;     /* template of one record in a batch */
	/* Ways into the answer, "$.a.b": */
	const char *results, *id, *error, *field, *version, *fields, *key, *status, *index;
	const char *duplicate;  /* the id of the record that is there already */
	int absent;             /* of find: the status that means "not there", or 0 */
	bool has_body;          /* without a template: all fields, or all records */
	bool is_partial;        /* of batch: a refused batch may have been written in part */
};

extern const struct setting rest_settings[];

int rest_validate(const struct connection *connection, struct error *err);
void rest_adjust(struct arena *arena, const struct connection *connection,
		 struct connector *mine);

/* The call of that kind; false when the settings have none. rest_find_way() counts
 * `find` as way 0 and the items of `find_more` from 1. */
bool rest_op_read(const struct connection *connection, enum rest_op_kind kind,
		  struct rest_op *op);
const char *rest_op_name(enum rest_op_kind kind);
bool rest_find_way(const struct connection *connection, size_t way, struct rest_op *op);

/* What {name} and {{name}} stand for. */
struct rest_values {
	const struct exchange *x;
	const struct record *record; /* NULL around a batch */
	const struct part *part;     /* of a batch: {{records}} */
	const json_t *item;          /* of a batch: how one record is written */
	bool is_search;              /* names are those of the record's keys */
	bool has_key;                /* {{fields}} brings the remote key too */
	const char *idempotency_member; /* where {{fields}} brings that key, or NULL */
};

/* The path with every {name} percent-encoded. -1 when one is absent, empty or not to
 * be put into a path: *missing is its name. */
int rest_path(struct arena *arena, const char *path, const struct rest_values *values,
	      const char **url, const char **missing);

/* Adds the template as JSON with its placeholders filled; a NULL one is all records of
 * the part, or all fields of the record. */
void rest_body(struct buf *buf, const json_t *body, const struct rest_values *values);

/* Calls each(context, name) for every {name} of a text until it returns false. */
bool rest_each_name(const char *text, bool (*each)(void *context, const char *name),
		    void *context);

/* Fills x->request with the call; false as rest_path() fails. `record` may be NULL. */
bool rest_send(struct exchange *x, const struct rest_op *op,
	       const struct rest_values *values, const char **missing);

/* What the table of outcomes says of a status and a body, or false. `json` may be NULL. */
bool rest_rule(const struct connection *connection, int status, const json_t *json,
	       enum outcome *outcome);

/* What the answer says is wrong, and at which field; NULL when it does not say. */
const char *rest_reason(struct arena *arena, const struct rest_op *op, const json_t *json);
const char *rest_field(struct arena *arena, const struct rest_op *op, const json_t *json);

/* What a whole reply says: the table first, then the status. `json` is its body. */
enum outcome rest_outcome(const struct exchange *x, const json_t *json, bool *is_ruled);

connector_turn rest_write, rest_find, rest_read, rest_check, rest_describe;

#endif
