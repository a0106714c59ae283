/* rest_settings.c - what a `rest` connection is told, and what that changes of the
 * connector. Threads: pure. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "connectors/rest.h"

const struct setting rest_settings[] = {
	{ "base_url", "Address of the API", "what every path is put behind, like "
	  "https://crm.example.org/api/v1", SETTING_URL, .is_required = true },
	{ "auth", "Credentials", "how calls are signed: kind and what the kind needs",
	  SETTING_OBJECT },
	{ "token_url", "Token address", "where access tokens come from, for oauth2 and "
	  "client_credentials", SETTING_URL },
	{ "headers", "Headers", "further headers of every call, by name", SETTING_OBJECT },
	{ "idempotency_header", "Idempotency header", "header that carries the key of a "
	  "write, like Idempotency-Key; repeats are then answered, not done again",
	  SETTING_TEXT },
	{ "idempotency_member", "Idempotency member", "member of a batch's record that "
	  "carries the key", SETTING_TEXT },
	{ "remote_key", "Field for our id", "unique field there that holds our id of the lead",
	  SETTING_TEXT },
	{ "object", "Object", "what a lead is there", SETTING_TEXT, .fallback = "contacts" },
	{ "more_objects", "Further objects", "what else is written there by the same calls, "
	  "like deals; looked for by our id only", SETTING_LIST },
	{ "keys", "Keys", "which lead field each placeholder of find means, when not the one "
	  "of the same name", SETTING_OBJECT },
	{ "index_lag_ms", "Index lag", "ms until find sees what was written", SETTING_NUMBER,
	  .fallback = "10000" },
	{ "batch_max", "Batch size", "records in one batch call", SETTING_NUMBER,
	  .fallback = "50" },
	{ "create", "Create", "the call that adds a record", SETTING_OBJECT },
	{ "update", "Update", "the call that changes a record", SETTING_OBJECT },
	{ "upsert", "Upsert", "the call that adds or changes a record by a key",
	  SETTING_OBJECT },
	{ "find", "Find", "the call that looks for records by a key", SETTING_OBJECT },
	{ "find_more", "Further ways to find", "calls to try when find found nothing",
	  SETTING_LIST },
	{ "read", "Read", "the call that reads a record by its id", SETTING_OBJECT },
	{ "batch", "Batch", "the call that adds many records", SETTING_OBJECT },
	{ "batch_update", "Batch update", "the call that changes many records",
	  SETTING_OBJECT },
	{ "check", "Check", "a harmless call that shows whether the connection works",
	  SETTING_OBJECT },
	{ "outcomes", "Outcomes", "what answers mean, the first match wins", SETTING_LIST },
	{ "fields", "Fields", "the fields that the CRM has, to check mappings against",
	  SETTING_LIST },
	{ NULL },
};

static const struct {
	const char *name, *method;
	bool has_body; /* all fields, when the settings name none */
} kinds[] = {
	[REST_CREATE] = { "create", "POST", true },
	[REST_UPDATE] = { "update", "PATCH", true },
	[REST_UPSERT] = { "upsert", "PUT", true },
	[REST_FIND] = { "find", "GET", false },
	[REST_FIND_MORE] = { "find_more", "GET", false },
	[REST_READ] = { "read", "GET", false },
	[REST_BATCH] = { "batch", "POST", true },
	[REST_BATCH_UPDATE] = { "batch_update", "POST", true },
	[REST_CHECK] = { "check", "GET", false },
};

const char *rest_op_name(enum rest_op_kind kind)
{
	return kinds[kind].name;
}

static const char *way_of(const json_t *json, const char *name, const char *otherwise)
{
	const char *way = json_string_of(json, name);

	return way ? way : otherwise;
}

static bool op_from(const json_t *json, enum rest_op_kind kind, struct rest_op *op)
{
	if (!json_is_object(json))
		return false;
	*op = (struct rest_op){
		.method = way_of(json, "method", kinds[kind].method),
		.path = json_string_of(json, "path"),
		.body = json_object_get(json, "body"),
		.item = json_object_get(json, "item"),
		.results = way_of(json, "results", "$"),
		.id = way_of(json, "id", "$.id"),
		.error = json_string_of(json, "error"),
		.field = json_string_of(json, "field"),
		.version = json_string_of(json, "version"),
		.fields = way_of(json, "fields", "$"),
		.key = json_string_of(json, "key"),
		.status = way_of(json, "status", "$.status"),
		.index = json_string_of(json, "index"),
		.duplicate = json_string_of(json, "duplicate"),
		.absent = (int)json_int_of(json, "absent", 0),
		.has_body = kinds[kind].has_body || json_object_get(json, "body"),
		.is_partial = json_is_true(json_object_get(json, "partial")),
	};
	return op->path != NULL;
}

bool rest_op_read(const struct connection *connection, enum rest_op_kind kind,
		  struct rest_op *op)
{
	return op_from(json_object_get(connection->settings, kinds[kind].name), kind, op);
}

bool rest_find_way(const struct connection *connection, size_t way, struct rest_op *op)
{
	const json_t *more = json_object_get(connection->settings, "find_more");

	if (way == 0)
		return rest_op_read(connection, REST_FIND, op);
	return op_from(json_array_get(more, way - 1), REST_FIND_MORE, op);
}

#define KEYS_MAX 16

struct key_list {
	struct arena *arena;
	const struct connection *connection;
	const char *object;
	struct record_key keys[KEYS_MAX + 1];
	size_t count;
	bool has_remote_key;
};

static bool add_key(void *context, const char *name)
{
	struct key_list *list = context;
	const char *lead_field =
		json_string_of(json_object_get(list->connection->settings, "keys"), name);

	if (strcmp(name, "key") == 0) {
		list->has_remote_key = true;
		return true;
	}
	if (strcmp(name, "object") == 0 || list->count == KEYS_MAX)
		return true;
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->keys[i].field, name) == 0)
			return true;
	name = arena_strdup(list->arena, name);
	list->keys[list->count++] = (struct record_key){
		.object = list->object,
		.field = name,
		.value = lead_field ? lead_field : name,
	};
	return true;
}

static void names_of_body(struct key_list *list, const json_t *json)
{
	const char *name;
	json_t *member;

	if (json_is_string(json))
		rest_each_name(json_string_value(json), add_key, list);
	for (size_t i = 0; i < json_array_size(json); i++)
		names_of_body(list, json_array_get(json, i));
	json_object_foreach((json_t *)json, name, member)
		names_of_body(list, member);
}

static void list_keys(struct key_list *list)
{
	struct rest_op op;

	for (size_t way = 0; rest_find_way(list->connection, way, &op); way++) {
		rest_each_name(op.path, add_key, list);
		names_of_body(list, op.body);
	}
}

static const struct default_field rest_mapping[] = {
	{ "email", "email", NULL },	      { "first_name", "first_name", NULL },
	{ "last_name", "last_name", NULL },   { "phone", "phone", NULL },
	{ "company", "company", NULL },	      { NULL, NULL, NULL },
};

static bool has_text(const json_t *json, const char *sought)
{
	const char *name;
	json_t *member;

	for (size_t i = 0; i < json_array_size(json); i++)
		if (has_text(json_array_get(json, i), sought))
			return true;
	json_object_foreach((json_t *)json, name, member)
		if (has_text(member, sought))
			return true;
	return text_equal(json_string_value(json), sought);
}

/* All mapped fields are asked for unless updates say "{{changed}}". */
static bool is_full_write(const struct connection *connection)
{
	struct rest_op op;

	if (!rest_op_read(connection, REST_BATCH_UPDATE, &op) &&
	    !rest_op_read(connection, REST_UPDATE, &op))
		return true;
	return !has_text(op.body, "{{changed}}") && !has_text(op.item, "{{changed}}");
}

static void adjust_objects(struct arena *arena, const struct connection *connection,
			   struct connector *mine)
{
	struct key_list *list = arena_alloc(arena, sizeof(*list));
	const json_t *more = json_object_get(connection->settings, "more_objects");
	size_t count = json_array_size(more);
	struct connector_object *objects = arena_array(arena, count + 2, sizeof(*objects));
	const char *object = connection_setting(connection, "object");
	const char *remote_key = connection_setting(connection, "remote_key");

	list->arena = arena;
	list->connection = connection;
	list->object = object ? object : "contacts";
	list_keys(list);
	objects[0] = (struct connector_object){
		.name = list->object,
		.title = list->object,
		.mapping = rest_mapping,
		.keys = list->keys,
	};
	for (size_t i = 0; i < count; i++)
		objects[i + 1].name = objects[i + 1].title =
			json_string_value(json_array_get(more, i));
	mine->objects = objects;
	if (list->has_remote_key)
		mine->remote_key = remote_key ? remote_key : "key";
}

void rest_adjust(struct arena *arena, const struct connection *connection,
		 struct connector *mine)
{
	struct rest_op op;
	bool has_batch = rest_op_read(connection, REST_BATCH, &op) ||
			 rest_op_read(connection, REST_BATCH_UPDATE, &op);

	mine->batch_max = has_batch ? (int)connection_number(connection, "batch_max", 50) : 1;
	mine->find_max = mine->read_max = mine->batch_max;
	mine->index_lag_ms = (int)connection_number(connection, "index_lag_ms", 10000);
	mine->is_full_write = is_full_write(connection);
	if (!rest_op_read(connection, REST_FIND, &op))
		mine->find = NULL;
	if (!rest_op_read(connection, REST_READ, &op))
		mine->read = NULL;
	/* Without a list of fields there is nothing to describe: nothing is checked. */
	if (!json_object_get(connection->settings, "fields"))
		mine->describe = NULL;
	adjust_objects(arena, connection, mine);
}
