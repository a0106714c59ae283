/* registry_test.c - tests src/connectors/registry.c and what settings change. */
#include "../support/check.h"

#include "base/attributes.h"
#include "base/json.h"
#include "connectors/registry.h"

#define GOOD "{\"base_url\":\"https://a.example\",\"create\":{\"path\":\"/a\"}}"

static json_t *parse(struct arena *arena, const char *text)
{
	json_t *json = json_parse(arena, text, strlen(text), &json_limits_lead, NULL);

	assert_non_null(json);
	return json;
}

static void every_connector_declares_what_it_must(void **state)
{
	(void)state;
	for (size_t i = 0; connectors[i]; i++) {
		const struct connector *c = connectors[i];

		assert_ptr_equal(connector_find(c->name), c);
		assert_non_null(c->title);
		assert_non_null(c->settings);
		assert_non_null(c->rates);
		assert_non_null(c->write);
		assert_true(c->nauths > 0);
		assert_true(c->batch_max > 0);
		assert_true(c->concurrency > 0);
		assert_true(!c->find || c->find_max > 0);
		assert_true(!c->read || c->read_max > 0);
		for (const struct setting *s = c->settings; s->name; s++) {
			assert_non_null(s->label);
			assert_non_null(s->help);
			assert_true(s->type != SETTING_CHOICE || s->choices);
		}
		for (const struct connector_object *o = c->objects; o && o->name; o++) {
			assert_non_null(o->title);
			assert_non_null(o->mapping);
			/* What no field of a lead finds is found by our own key. */
			assert_true(o->keys || c->remote_key);
		}
	}
}

static void unknown_names_find_nothing(void **state)
{
	const struct connection connection = { .connector = "nobody" };
	struct arena *arena = arena_new();

	(void)state;
	assert_null(connector_find("nobody"));
	assert_null(connector_find(NULL));
	assert_null(connector_of(arena, &connection));
	arena_free(arena);
}

static const struct {
	const char *settings;
	int batch_max, index_lag_ms;
	bool is_full_write, has_find, has_read;
	const char *remote_key;
} adjusted[] = {
	{ "{\"base_url\":\"https://a.example\",\"create\":{\"path\":\"/a\"}}", 1, 10000, true,
	  false, false, NULL },
	{ "{\"base_url\":\"https://a.example\",\"batch\":{\"path\":\"/a\"},\"batch_max\":7,"
	  "\"index_lag_ms\":0,\"find\":{\"path\":\"/a?k={key}\"},\"remote_key\":\"ext\"}",
	  7, 0, true, true, false, "ext" },
	{ "{\"base_url\":\"https://a.example\",\"update\":{\"path\":\"/a/{id}\",\"body\":"
	  "{\"data\":[\"{{changed}}\"]}},\"read\":{\"path\":\"/a/{id}\"},\"auth\":{\"kind\":"
	  "\"client_credentials\"},\"token_url\":\"https://a.example/token\"}",
	  1, 10000, false, false, true, NULL },
	{ "{\"base_url\":\"https://a.example\",\"batch\":{\"path\":\"/a\"},"
	  "\"find\":{\"path\":\"/a?k={key}\"}}",
	  50, 10000, true, true, false, "key" },
};

static void settings_change_the_connector(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(adjusted); i++) {
		const struct connection connection = {
			.connector = "rest",
			.settings = parse(arena, adjusted[i].settings),
		};
		const struct connector *c = connector_of(arena, &connection);
		struct error err;

		assert_int_equal(connector_settings_check(connector_find("rest"),
							  connection.settings, &err), 0);
		assert_int_equal(c->batch_max, adjusted[i].batch_max);
		assert_int_equal(c->index_lag_ms, adjusted[i].index_lag_ms);
		assert_int_equal(c->is_full_write, adjusted[i].is_full_write);
		assert_int_equal(c->find != NULL, adjusted[i].has_find);
		assert_int_equal(c->read != NULL, adjusted[i].has_read);
		if (adjusted[i].remote_key)
			assert_string_equal(c->remote_key, adjusted[i].remote_key);
		else
			assert_null(c->remote_key);
	}
	arena_free(arena);
}

static void placeholders_of_find_become_keys(void **state)
{
	struct arena *arena = arena_new();
	const struct connection connection = {
		.connector = "rest",
		.settings = parse(arena,
			"{\"base_url\":\"https://a.example\",\"create\":{\"path\":\"/a\"},"
			"\"object\":\"people\",\"keys\":{\"EMail1\":\"email\"},"
			"\"find\":{\"path\":\"/{object}?e={EMail1}\"},\"find_more\":[{\"path\":"
			"\"/a\",\"body\":{\"or\":[\"{phone}\",\"{EMail1}\"]}}]}"),
	};
	const struct connector_object *object = connector_of(arena, &connection)->objects;

	(void)state;
	assert_string_equal(object->name, "people");
	assert_string_equal(object->keys[0].object, "people");
	assert_string_equal(object->keys[0].field, "EMail1");
	assert_string_equal(object->keys[0].value, "email");
	assert_string_equal(object->keys[1].field, "phone");
	assert_string_equal(object->keys[1].value, "phone");
	assert_null(object->keys[2].object);
	assert_null(object[1].name);
	arena_free(arena);
}

static const struct {
	const char *connector, *settings;
	bool has_auth;
	enum auth auth;
	const char *refusal; /* NULL: taken */
} checked[] = {
	{ "rest", GOOD, false, AUTH_NONE, NULL },
	{ "rest", GOOD, true, AUTH_BASIC, NULL },
	{ "rset", GOOD, false, AUTH_NONE, "connector: unknown \"rset\"; did you mean \"rest\"?" },
	{ "rest", "[]", false, AUTH_NONE, "settings: not an object" },
	{ "rest", "{}", false, AUTH_NONE, "settings.base_url: missing; " },
};

static void connections_are_checked_whole(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(checked); i++) {
		const struct connection connection = {
			.connector = checked[i].connector,
			.settings = parse(arena, checked[i].settings),
			.auth = checked[i].auth,
			.has_auth = checked[i].has_auth,
		};
		struct error err = { ERR_NONE, "" };
		int rc = connector_check(&connection, &err);

		assert_int_equal(rc, checked[i].refusal ? -1 : 0);
		if (checked[i].refusal && !strstr(err.message, checked[i].refusal))
			fail_msg("%s", err.message);
	}
	arena_free(arena);
}

static void secrets_are_those_that_it_signs_in_with(void **state)
{
	static const struct {
		const char *connector;
		int auth; /* -1: the connector's first */
		const char *name, *wrong;
	} cases[] = {
		{ "hubspot", -1, "secret", NULL },
		{ "hubspot", -1, "token", "secret: unknown \"token\"; one of secret" },
		{ "hubspot", AUTH_OAUTH2, "refresh_token", NULL },
		{ "hubspot", AUTH_OAUTH2, "refresh_tokn",
		  "secret: unknown \"refresh_tokn\"; did you mean \"refresh_token\"?" },
		{ "salesforce", AUTH_CLIENT_CREDENTIALS, "client_secret", NULL },
		{ "salesforce", AUTH_CLIENT_CREDENTIALS, "refresh_token",
		  "secret: unknown \"refresh_token\"; one of client_id, client_secret, "
		  "access_token" },
		{ "rest", AUTH_NONE, "secret",
		  "secret: auth none takes none" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct connection connection = {
			.connector = cases[i].connector,
			.has_auth = cases[i].auth >= 0,
			.auth = cases[i].auth >= 0 ? (enum auth)cases[i].auth : AUTH_NONE,
		};
		struct error err = { 0 };
		int rc = connector_check_secret(&connection, cases[i].name, &err);

		assert_int_equal(rc, cases[i].wrong ? -1 : 0);
		if (cases[i].wrong)
			assert_string_equal(err.message, cases[i].wrong);
	}
}

static void auth_is_what_the_connection_says(void **state)
{
	struct connection connection = { .connector = "rest", .auth = AUTH_HMAC };

	(void)state;
	assert_int_equal(connector_auth(connector_find("rest"), &connection), AUTH_BEARER);
	connection.has_auth = true;
	assert_int_equal(connector_auth(connector_find("rest"), &connection), AUTH_HMAC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_connector_declares_what_it_must),
		cmocka_unit_test(unknown_names_find_nothing),
		cmocka_unit_test(settings_change_the_connector),
		cmocka_unit_test(placeholders_of_find_become_keys),
		cmocka_unit_test(connections_are_checked_whole),
		cmocka_unit_test(secrets_are_those_that_it_signs_in_with),
		cmocka_unit_test(auth_is_what_the_connection_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
