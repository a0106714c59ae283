/* freshsales.c - imitates Freshsales Suite: its paths, credentials, limits, searches and
 * lists. Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/freshsales.h"
#include "sandbox/oauth.h"
#include "sandbox/opening.h"
#include "sandbox/page.h"
#include "sandbox/query.h"

#define VIEW 16000111

static const char *rewrite(struct sb_call *call, const char *path)
{
	(void)call;
	return text_starts(path, "/crm/sales/api/")    ? path + strlen("/crm/sales/api") :
	       text_starts(path, "/org/oauth/v2/") ? path :
						      NULL;
}

/* --- credentials (2) --- */

static bool authenticate(struct sb_call *call)
{
	const char *key = sb_authorization(call, "Token");
	const char *text = key && text_starts(key, "token=") ? key + strlen("token=") :
							      sb_authorization(call, "Bearer");

	if (sb_token_check(call, text) == SB_TOKEN_OK)
		return true;
	sb_fresh_problem(call, SB_PROBLEM_REVOKED, 0);
	return false;
}

static const struct sb_oauth_rules rules = { .code_ms = 600 * 1000,
					     .access_ms = 1800 * 1000,
					     .refresh = SB_REFRESH_ROTATES,
					     .letters = SB_LETTERS };

static void authorize(struct sb_call *call)
{
	sb_oauth_authorize(call, &rules, NULL);
}

static void token(struct sb_call *call)
{
	struct sb_granted granted;
	struct sb_grant grant;

	sb_grant_read(call, &grant);
	if (sb_grant(call, &grant, &rules, &granted) == SB_GRANT_OK && granted.refresh)
		sb_reply_json(call, 200,
			      json_pack("{ss ss ss si ss}", "access_token",
					granted.access->text, "refresh_token",
					granted.refresh->text, "token_type", "Bearer",
					"expires_in", 1800, "scope",
					granted.access->scopes ? granted.access->scopes : ""));
	else
		sb_reply_json(call, 400, json_pack("{ss}", "error", "invalid_grant"));
}

static bool admit(struct sb_call *call)
{
	return sb_admit(call, "hour", 1);
}

/* --- lists (3, 5) --- */

static void list_fields(struct sb_call *call)
{
	const struct sb_object *object = sb_object_find(call->account, call->route->tag);
	json_t *list = json_array();

	for (size_t i = 0; i < sb_object_nfields(object); i++) {
		const struct sb_field *field = sb_object_field(object, i);
		json_t *choices = json_array();

		for (size_t j = 0; j < field->noptions; j++)
			json_array_append_new(choices, json_pack("{si ss}", "id",
								 16000999 + (int)j, "value",
								 field->options[j].value));
		json_array_append_new(
			list, json_pack("{si ss ss ss sb si ss sb sb so}", "id",
					16000123 + (int)i, "label", field->label, "name",
					field->name, "type", field->kind ? field->kind : "text",
					"default", !(field->flags & SB_CUSTOM), "position",
					(int)i + 1, "base_model",
					sb_fresh_kind_of(object)->model, "required",
					(field->flags & SB_REQUIRED) != 0, "visible",
					!(field->flags & SB_HIDDEN), "choices", choices));
	}
	sb_reply_json(call, 200, json_pack("{so}", "fields", list));
}

static void show_selector(struct sb_call *call)
{
	const char *name = sb_param(call, 0);
	const struct sb_object *object = sb_object_find(call->account, name);
	json_t *list;

	if (!object || sb_fresh_kind_of(object)->one) {
		sb_not_imitated(call, "this selector");
		return;
	}
	list = json_array();
	for (size_t i = 0; i < sb_object_count(object); i++)
		json_array_append_new(list, sb_fresh_json(call, sb_object_record(object, i)));
	sb_reply_json(call, 200,
		      json_pack("{so}", strcmp(name, "owners") == 0 ? "users" : name, list));
}

static void list_filters(struct sb_call *call)
{
	sb_reply_json(call, 200,
		      json_pack("{s[{si ss sb}] s{si}}", "filters", "id", VIEW, "name",
				"All Contacts", "is_default", 1, "meta", "total", 1));
}

/* One page of what a query finds; 25 unless told, 100 at most. */
static void reply_page(struct sb_call *call, struct sb_object *object, struct sb_query *query)
{
	const char *sort = sb_query(call, "sort");
	struct sb_sort by = { .column = text_equal(sort, "created_at") ? SB_COLUMN_CREATED :
									 SB_COLUMN_UPDATED };
	struct sb_record **found;
	int64_t page, size;
	json_t *list;
	size_t total;

	by.is_descending = !text_equal(sb_query(call, "sort_type"), "asc");
	if (!sb_page_number(sb_query(call, "page"), 1, 1, 1000000, &page) ||
	    !sb_page_number(sb_query(call, "per_page"), 25, 1, 100, &size)) {
		sb_fresh_fail(call, 400, "page or per_page is invalid");
		return;
	}
	query->sorts = &by;
	query->nsorts = 1;
	if (call->account->search_lag_ms)
		query->as_of = call->now - call->account->search_lag_ms;
	total = sb_query_run(object, query, call->arena, &found);
	list = json_array();
	for (size_t i = (size_t)((page - 1) * size); i < total && i < (size_t)(page * size); i++)
		json_array_append_new(list, sb_fresh_json(call, found[i]));
	sb_reply_json(call, 200,
		      json_pack("{so s{sI sI}}", sb_object_spec(object)->name, list, "meta",
				"total", (json_int_t)total, "total_pages",
				(json_int_t)((total + (size_t)size - 1) / (size_t)size)));
}

static void show_view(struct sb_call *call)
{
	struct sb_query query = { 0 };

	if (sb_id_number(sb_param(call, 0)) == VIEW)
		reply_page(call, sb_object_find(call->account, "contacts"), &query);
	else
		sb_fresh_not_found(call);
}

static struct sb_object *object_of_entity(struct sb_call *call, const char *entity)
{
	for (size_t i = 0; entity && i < sb_fresh_nkinds; i++)
		if (sb_fresh_kinds[i].model && text_equal(sb_fresh_kinds[i].one, entity))
			return sb_object_find(call->account, sb_fresh_kinds[i].name);
	return NULL;
}

static void look_up(struct sb_call *call)
{
	const char *q = sb_query(call, "q"), *f = sb_query(call, "f");
	const char *entity = sb_query(call, "entities");
	struct sb_object *object = object_of_entity(call, entity);
	const struct sb_record *record;
	json_t *list;
	const char *name;

	if (text_is_empty(q) || text_is_empty(f) || !object) {
		sb_fresh_fail(call, 400, "q, f and one of entities are required");
		return;
	}
	record = sb_fresh_find(call, object, f, q);
	list = json_array();
	name = sb_object_spec(object)->name;
	if (record && sb_record_was_live(record, call->now - call->account->search_lag_ms))
		json_array_append_new(list, sb_fresh_json(call, record));
	sb_reply_json(call, 200, json_pack("{s{so}}", name, name, list));
}

/* The conditions of one rule; NULL after refusing. */
static struct sb_condition *rule_of(struct sb_call *call, const struct sb_object *object,
				    const json_t *rule)
{
	static const struct {
		const char *name;
		enum sb_op op;
	} operators[] = {
		{ "is_in", SB_EQ },    { "is_not_in", SB_NE },	 { "contains", SB_CONTAINS },
		{ "is_after", SB_GT }, { "is_before", SB_LT },	 { "less_than", SB_LT },
		{ "greater_than", SB_GT },
	};
	const char *name = json_string_of(rule, "attribute");
	const char *op = json_string_of(rule, "operator");
	const char *text = sb_id_text(call->arena, json_object_get(rule, "value"));
	const struct sb_field *field;
	size_t i = 0;

	if (text_equal(name, "contact_email.email"))
		name = "email";
	while (op && i < ARRAY_LEN(operators) && strcmp(operators[i].name, op) != 0)
		i++;
	field = name ? sb_field_find(object, name) : NULL;
	if (op && text && i < ARRAY_LEN(operators) && text_equal(name, "updated_at"))
		return sb_where_column(call->arena, operators[i].op, SB_COLUMN_UPDATED, text);
	if (op && text && i < ARRAY_LEN(operators) && field)
		return sb_where(call->arena, operators[i].op, field, text);
	sb_fresh_fail(call, 400, "filter_rule is invalid");
	return NULL;
}

static void filtered_search(struct sb_call *call)
{
	struct sb_object *object = object_of_entity(call, sb_param(call, 0));
	const json_t *body = object ? sb_json(call) : NULL;
	const json_t *rules_json = json_object_get(body, "filter_rule");
	size_t count = json_array_size(rules_json);
	const struct sb_condition **parts;
	struct sb_query query = { 0 };

	if (!object)
		sb_fresh_not_found(call);
	if (!body)
		return;
	parts = arena_array(call->arena, count + 1, sizeof(*parts));
	for (size_t i = 0; i < count; i++) {
		parts[i] = rule_of(call, object, json_array_get(rules_json, i));
		if (!parts[i])
			return;
	}
	if (count)
		query.where = sb_where_all(call->arena, SB_AND, parts, count);
	reply_page(call, object, &query);
}

/* --- a new account --- */

static const struct sb_app app = { "fairlead-sandbox-app", "fairlead-sandbox-secret",
				   "/freshsales/org/oauth/v2/authorize",
				   "/freshsales/org/oauth/v2/token" };

static void open_account(struct sb_account *account)
{
	sb_fresh_open_objects(account);
	sb_opening_token(account, "api_key",
			 sb_opening_key(account, SB_LETTERS, "sandboxFreshsalesKey01"));
	json_object_set_new(account->extra, "jobs", json_object());
	sb_client_add(account, app.client_id, app.client_secret);
	sb_window_open(account, "hour", SB_FIXED, 3600000, 1000);
}

static void credentials(struct sb_account *account, json_t *out)
{
	sb_opening_credentials(account, &app, out);
}

static void seed(struct sb_call *call, const struct sb_person *person)
{
	sb_record_add(call, "contacts",
		      json_pack("{ss ss ss ss ss si si si}", "first_name", person->first_name,
				"last_name", person->last_name, "email", person->email,
				"mobile_number", person->phone, "job_title", person->title,
				"lifecycle_stage_id", 16002001, "contact_status_id", 16003001,
				"lead_score", 0),
		      NULL);
}

static const struct sb_switch_spec switches[] = {
	{ "created_200", 0, "creating: 0 answers 201, 1 answers 200" },
	{ "needs_identifier", 1, "1: a new contact needs an address, a phone or an external id" },
	{ "html_404", 0, "404: 0 has no body, 1 an HTML page" },
	{ "job_ms", 0, "how long a bulk job is in progress" },
};

#define OPEN (SB_PUBLIC | SB_UNLIMITED)
#define CRUD(name)                                                                            \
	{ "POST", "/" name "/upsert", sb_fresh_upsert, 0, name, 0 },                          \
	{ "POST", "/" name, sb_fresh_post, 0, name, 0 },                                      \
	{ "GET", "/" name "/{id}", sb_fresh_get, 0, name, 0 },                                \
	{ "PUT", "/" name "/{id}", sb_fresh_put, 0, name, 0 },                                \
	{ "DELETE", "/" name "/{id}", sb_fresh_delete, 0, name, 0 }
#define CATALOGUE(name) { "GET", "/settings/" name "/fields", list_fields, 0, name, 0 }
#define WRITTEN(name)                                                                         \
	{ "POST", "/" name, sb_fresh_post, 0, name, 0 },                                      \
	{ "GET", "/" name "/{id}", sb_fresh_get, 0, name, 0 },                                \
	{ "PUT", "/" name "/{id}", sb_fresh_put, 0, name, 0 }

static const struct sb_route routes[] = {
	{ "*", "/org/oauth/v2/authorize", authorize, OPEN, NULL, 0 },
	{ "POST", "/org/oauth/v2/token", token, OPEN, NULL, 0 },
	{ "POST", "/contacts/bulk_upsert", sb_fresh_bulk_upsert, 0, "contacts", 0 },
	{ "GET", "/job_statuses/{id}", sb_fresh_job, 0, NULL, 0 },
	{ "GET", "/contacts/filters", list_filters, 0, NULL, 0 },
	{ "GET", "/contacts/view/{id}", show_view, 0, NULL, 0 },
	CRUD("contacts"),
	CRUD("sales_accounts"),
	CRUD("deals"),
	WRITTEN("notes"),
	WRITTEN("tasks"),
	WRITTEN("sales_activities"),
	CATALOGUE("contacts"),
	CATALOGUE("sales_accounts"),
	CATALOGUE("deals"),
	{ "GET", "/selector/{name}", show_selector, 0, NULL, 0 },
	{ "GET", "/lookup", look_up, 0, NULL, 0 },
	{ "POST", "/filtered_search/{entity}", filtered_search, 0, NULL, 0 },
	{ "GET", "/search", NULL, 0, "the fuzzy search: look up, or search with filters", 0 },
	{ "*", "/leads/{*}", NULL, 0, "the classic lead module: the Suite has contacts", 0 },
};

const struct sb_vendor sb_freshsales = {
	.name = "freshsales",
	.title = "Freshsales",
	.hosts = (const char *const[]){ ".myfreshworks.com", NULL },
	.routes = routes,
	.nroutes = ARRAY_LEN(routes),
	.switches = switches,
	.nswitches = ARRAY_LEN(switches),
	.open = open_account,
	.rewrite = rewrite,
	.authenticate = authenticate,
	.admit = admit,
	.problem = sb_fresh_problem,
	.seed = seed,
	.credentials = credentials,
};
