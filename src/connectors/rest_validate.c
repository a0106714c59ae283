/* rest_validate.c - refuses settings of a `rest` connection that cannot work, naming the
 * place. Threads: pure. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "connectors/rest.h"
#include "connectors/settings.h"

#define OP_MEMBER(member, text) { member, member, text, SETTING_TEXT }

/* What stands in a call. */
static const struct setting op_members[] = {
	{ "method", "method", "GET, POST, PUT, PATCH or DELETE", SETTING_CHOICE,
	  .choices = "GET|POST|PUT|PATCH|DELETE" },
	{ "path", "path", "the path behind base_url, beginning with /", SETTING_TEXT,
	  .is_required = true },
	/* Any JSON: taken out before this table is asked, here for "did you mean". */
	{ "body", "body", "template of the body", SETTING_OBJECT },
	{ "item", "item", "template of one record in a batch", SETTING_OBJECT },
	OP_MEMBER("results", "way to the list in the answer"),
	OP_MEMBER("id", "way to the record's id"),
	OP_MEMBER("error", "way to what went wrong"),
	OP_MEMBER("field", "way to the field at fault"),
	OP_MEMBER("version", "way to the record's version"),
	OP_MEMBER("fields", "way to the record's fields"),
	OP_MEMBER("key", "way to our key in a record"),
	OP_MEMBER("status", "way to a record's status in a batch's answer"),
	OP_MEMBER("index", "way to a record's place in the batch, from 0"),
	OP_MEMBER("duplicate", "way to the id of the record that is there already"),
	{ "absent", "absent", "the status that means: not there", SETTING_NUMBER },
	{ "partial", "partial", "whether a refused batch may be written in part", SETTING_BOOL },
	{ NULL },
};

/* "$.a.b[0].c" */
static bool is_way(const char *text)
{
	if (*text++ != '$')
		return false;
	while (*text) {
		size_t len;

		if (*text == '[') {
			len = strspn(text + 1, "0123456789");
			if (!len || text[1 + len] != ']')
				return false;
			text += len + 2;
			continue;
		}
		if (*text != '.')
			return false;
		len = strcspn(text + 1, ".[");
		if (!len || len > 100)
			return false;
		text += len + 1;
	}
	return true;
}

static const char *const ways[] = { "results", "id", "error", "field", "version", "fields",
				    "key", "status", "index", "duplicate" };

static int check_ways(const json_t *op, const char *where, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		const char *way = json_string_of(op, ways[i]);

		if (way && !is_way(way))
			return error_set(err, ERR_INVALID,
					 "%s.%s: not a way like $.results[0].id", where, ways[i]);
	}
	return 0;
}

static int check_path(const char *path, const char *where, struct error *err)
{
	if (*path != '/' || text_starts(path, "//"))
		return error_set(err, ERR_INVALID, "%s.path: does not begin with one /", where);
	for (const char *p = path; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == '#' || *p == '\\' || (unsigned char)*p >= 0x7f)
			return error_set(err, ERR_INVALID,
					 "%s.path: holds a blank or another character that must be "
					 "percent-encoded", where);
	if (strstr(path, "{{") || strstr(path, "{}"))
		return error_set(err, ERR_INVALID,
				 "%s.path: a placeholder is a name in single braces, like {id}",
				 where);
	return 0;
}

static const char *const wholes[] = { "{{fields}}", "{{changed}}", "{{records}}" };

static int check_template(const json_t *json, const char *where, struct error *err)
{
	const char *text = json_string_value(json), *name;
	json_t *member;

	if (text && strstr(text, "{{")) {
		for (size_t i = 0; i < ARRAY_LEN(wholes); i++)
			if (strcmp(text, wholes[i]) == 0)
				return 0;
		return settings_unknown(err, where, text, wholes, ARRAY_LEN(wholes));
	}
	for (size_t i = 0; i < json_array_size(json); i++)
		if (check_template(json_array_get(json, i), where, err) < 0)
			return -1;
	json_object_foreach((json_t *)json, name, member)
		if (check_template(member, where, err) < 0)
			return -1;
	return 0;
}

/* Checks the call's members but `body` and `item`, which may be any JSON. */
static int check_members(const json_t *op, const char *where, struct error *err)
{
	json_t *rest = json_copy((json_t *)op);
	int rc;

	json_object_del(rest, "body");
	json_object_del(rest, "item");
	rc = settings_check(op_members, rest, where, err);
	json_decref(rest);
	return rc;
}

static int check_op(const json_t *op, enum rest_op_kind kind, const char *where,
		    struct error *err)
{
	char place[96];

	if (!json_is_object(op))
		return error_set(err, ERR_INVALID, "%s: not an object", where);
	if (check_members(op, where, err) < 0 || check_ways(op, where, err) < 0 ||
	    check_path(json_string_of(op, "path"), where, err) < 0)
		return -1;
	snprintf(place, sizeof(place), "%s.body", where);
	if (check_template(json_object_get(op, "body"), place, err) < 0)
		return -1;
	snprintf(place, sizeof(place), "%s.item", where);
	if (check_template(json_object_get(op, "item"), place, err) < 0)
		return -1;
	if (json_object_get(op, "item") && kind != REST_BATCH &&
	    kind != REST_BATCH_UPDATE)
		return error_set(err, ERR_INVALID, "%s.item: belongs to a batch", where);
	if (kind == REST_READ && !strstr(json_string_of(op, "path"), "{id}"))
		return error_set(err, ERR_INVALID, "%s.path: lacks {id}", where);
	return 0;
}

static int check_ops(const json_t *settings, struct error *err)
{
	const json_t *more = json_object_get(settings, "find_more");
	char where[64];

	for (enum rest_op_kind kind = REST_CREATE; kind <= REST_CHECK; kind++) {
		const json_t *op = json_object_get(settings, rest_op_name(kind));

		if (!op || kind == REST_FIND_MORE)
			continue;
		snprintf(where, sizeof(where), "settings.%s", rest_op_name(kind));
		if (check_op(op, kind, where, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < json_array_size(more); i++) {
		snprintf(where, sizeof(where), "settings.find_more[%zu]", i);
		if (check_op(json_array_get(more, i), REST_FIND_MORE, where, err) < 0)
			return -1;
	}
	return 0;
}

static const struct setting auth_members[] = {
	{ "kind", "kind", "bearer, basic, header, hmac, oauth2, client_credentials or none",
	  SETTING_CHOICE, .is_required = true,
	  .choices = "bearer|basic|header|hmac|oauth2|client_credentials|none" },
	{ "user", "user", "of basic: the user whose password the secret is", SETTING_TEXT },
	{ "header", "header", "of header and hmac: the header's name", SETTING_TEXT },
	{ NULL },
};

/* What each kind of signing in needs: a member of auth, or a setting beside it. */
static int check_auth(const json_t *settings, struct error *err)
{
	static const struct { const char *kind, *member, *beside; } needs[] = {
		{ "basic", "user", NULL },
		{ "header", "header", NULL },
		{ "hmac", "header", NULL },
		{ "oauth2", NULL, "token_url" },
		{ "client_credentials", NULL, "token_url" },
	};
	const json_t *auth = json_object_get(settings, "auth");
	const char *kind = json_string_of(auth, "kind");

	if (!auth)
		return 0;
	if (settings_check(auth_members, auth, "settings.auth", err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
		if (strcmp(needs[i].kind, kind) != 0)
			continue;
		if (needs[i].member && !json_object_get(auth, needs[i].member))
			return error_set(err, ERR_INVALID, "settings.auth.%s: missing for %s",
					 needs[i].member, kind);
		if (needs[i].beside && !json_object_get(settings, needs[i].beside))
			return error_set(err, ERR_INVALID, "settings.%s: missing for %s",
					 needs[i].beside, kind);
	}
	return 0;
}

static const char *const outcome_words[] = { "delivered", "duplicate", "gone", "retry",
					     "reauth", "fix_data", "permanent", "connection",
					     "uncertain" };

static bool is_status(const json_t *status)
{
	const char *word = json_string_value(status);

	if (json_is_array(status)) {
		for (size_t i = 0; i < json_array_size(status); i++)
			if (!is_status(json_array_get(status, i)))
				return false;
		return json_array_size(status) > 0;
	}
	if (json_is_integer(status))
		return json_integer_value(status) >= 100 && json_integer_value(status) <= 599;
	return word && word[0] >= '1' && word[0] <= '5' && strcmp(word + 1, "xx") == 0;
}

static int check_rule(const json_t *rule, const char *where, struct error *err)
{
	static const char *const members[] = { "status", "where", "outcome" };
	const char *name, *word = json_string_of(rule, "outcome");
	enum outcome outcome;
	json_t *member;

	if (!json_is_object(rule))
		return error_set(err, ERR_INVALID, "%s: not an object", where);
	json_object_foreach((json_t *)rule, name, member) {
		if (strcmp(name, "status") && strcmp(name, "where") && strcmp(name, "outcome"))
			return settings_unknown(err, where, name, members, ARRAY_LEN(members));
	}
	if (!word || !outcome_parse(word, &outcome))
		return settings_unknown(err, where, word ? word : "", outcome_words,
					ARRAY_LEN(outcome_words));
	member = json_object_get(rule, "status");
	if (member && !is_status(member))
		return error_set(err, ERR_INVALID,
				 "%s.status: not a status like 422, \"4xx\" or a list of them",
				 where);
	json_object_foreach(json_object_get(rule, "where"), name, member)
		if (!is_way(name))
			return error_set(err, ERR_INVALID, "%s.where: \"%.40s\" is not a way "
					 "like $.ok", where, name);
	if (!json_object_get(rule, "status") && !json_object_size(json_object_get(rule, "where")))
		return error_set(err, ERR_INVALID, "%s: needs a status or a where", where);
	return 0;
}

static int check_outcomes(const json_t *rules, struct error *err)
{
	char where[48];

	for (size_t i = 0; i < json_array_size(rules); i++) {
		snprintf(where, sizeof(where), "settings.outcomes[%zu]", i);
		if (check_rule(json_array_get(rules, i), where, err) < 0)
			return -1;
	}
	return 0;
}

static int check_headers(const json_t *headers, struct error *err)
{
	static const char *const ours[] = { "Authorization", "Host", "Content-Length",
					    "Content-Type", "Transfer-Encoding", "Connection" };
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)headers, name, value) {
		struct http_headers probe = { .count = 0 };

		for (size_t i = 0; i < ARRAY_LEN(ours); i++)
			if (text_equal_nocase(name, ours[i]))
				return error_set(err, ERR_INVALID,
						 "settings.headers.%s: is set by Fairlead", name);
		if (!http_header_add(&probe, name, json_string_value(value)))
			return error_set(err, ERR_INVALID,
					 "settings.headers.%.40s: not a header and its text", name);
	}
	return 0;
}

static const struct setting field_members[] = {
	{ "name", "name", "the field's name", SETTING_TEXT, .is_required = true },
	{ "object", "object", "the object that has it", SETTING_TEXT },
	{ "label", "label", "the field's name for people", SETTING_TEXT },
	{ "type", "type", "text, email, phone, picklist...", SETTING_TEXT, .is_required = true },
	{ "length", "length", "characters at most", SETTING_NUMBER },
	{ "precision", "precision", "digits of a number", SETTING_NUMBER },
	{ "scale", "scale", "digits behind the point", SETTING_NUMBER },
	{ "required", "required", "needed to add a record", SETTING_BOOL },
	{ "creatable", "creatable", "may be written when a record is added", SETTING_BOOL },
	{ "updatable", "updatable", "may be changed", SETTING_BOOL },
	{ "unique", "unique", "no two records have the same", SETTING_BOOL },
	{ "key", "key", "may be looked for by", SETTING_BOOL },
	{ "open_options", "open_options", "options are hints only", SETTING_BOOL },
	{ "options", "options", "list of {value, label}", SETTING_LIST },
	{ NULL },
};

static int check_fields(const json_t *settings, struct error *err)
{
	const json_t *fields = json_object_get(settings, "fields");
	struct arena *arena;
	struct catalog catalog;
	char where[48];
	int rc;

	for (size_t i = 0; i < json_array_size(fields); i++) {
		snprintf(where, sizeof(where), "settings.fields[%zu]", i);
		if (!json_is_object(json_array_get(fields, i)))
			return error_set(err, ERR_INVALID, "%s: not an object", where);
		if (settings_check(field_members, json_array_get(fields, i), where, err) < 0)
			return -1;
	}
	arena = arena_new();
	rc = catalog_from_json(arena, settings, &catalog, err);
	arena_free(arena);
	return rc < 0 ? error_wrap(err, "settings") : 0;
}

static bool has_field_of(const json_t *fields, const char *object)
{
	for (size_t i = 0; i < json_array_size(fields); i++)
		if (text_equal(json_string_of(json_array_get(fields, i), "object"), object))
			return true;
	return false;
}

static int check_objects(const json_t *settings, struct error *err)
{
	const json_t *fields = json_object_get(settings, "fields");
	const json_t *more = json_object_get(settings, "more_objects");
	const char *object = json_string_of(settings, "object");

	for (size_t i = 0; i < json_array_size(more); i++) {
		const char *name = json_string_value(json_array_get(more, i));

		if (text_is_empty(name) || strlen(name) > 100)
			return error_set(err, ERR_INVALID,
					 "settings.more_objects[%zu]: not the name of an object", i);
		if (text_equal(name, object ? object : "contacts"))
			return error_set(err, ERR_INVALID,
					 "settings.more_objects[%zu]: \"%s\" is `object` already",
					 i, name);
		if (fields && !has_field_of(fields, name))
			return error_set(err, ERR_INVALID,
					 "settings.fields: none has object: %s; add them, or leave "
					 "`fields` out", name);
	}
	return 0;
}

static int check_whole(const json_t *settings, struct error *err)
{
	bool has_batch = json_object_get(settings, "batch") ||
			 json_object_get(settings, "batch_update");
	int64_t batch_max = json_int_of(settings, "batch_max", 1);

	if (!json_object_get(settings, "create") && !json_object_get(settings, "upsert") &&
	    !json_object_get(settings, "update") && !has_batch)
		return error_set(err, ERR_INVALID,
				 "settings: none of create, update, upsert and batch is there: "
				 "nothing could be written");
	if (batch_max < 1 || batch_max > 1000)
		return error_set(err, ERR_INVALID, "settings.batch_max: not from 1 to 1000");
	if (batch_max > 1 && !has_batch)
		return error_set(err, ERR_INVALID, "settings.batch_max: needs batch or "
				 "batch_update");
	if (json_object_get(settings, "find_more") && !json_object_get(settings, "find"))
		return error_set(err, ERR_INVALID, "settings.find_more: needs find");
	return 0;
}

int rest_validate(const struct connection *connection, struct error *err)
{
	const json_t *settings = connection->settings;

	if (check_auth(settings, err) < 0 ||
	    check_ops(settings, err) < 0 ||
	    check_outcomes(json_object_get(settings, "outcomes"), err) < 0 ||
	    check_headers(json_object_get(settings, "headers"), err) < 0 ||
	    check_objects(settings, err) < 0 ||
	    check_fields(settings, err) < 0)
		return -1;
	return check_whole(settings, err);
}
