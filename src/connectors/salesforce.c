/* salesforce.c - the `salesforce` connector, and how it writes. Threads: pure.
 *
 * New leads are upserted by our external id, known records updated by their id, both in
 * collections of up to 200 whose rows come back in the order sent (section 5). */
#include <string.h>

#include "base/attributes.h"
#include "base/json.h"
#include "base/text.h"
#include "connectors/answer.h"
#include "connectors/follow.h"
#include "connectors/salesforce.h"

enum { UPSERT, UPDATE };

struct write_state {
	struct parts parts;
	struct follow follow;
};

static const char *const contact_fields[] = {
	"Salutation", "FirstName", "LastName", "Email", "Phone", "MobilePhone", "Title",
	"LeadSource", "OwnerId", "Description", "HasOptedOutOfEmail",
};

bool salesforce_contact_has(const char *field)
{
	for (size_t i = 0; i < ARRAY_LEN(contact_fields); i++)
		if (strcmp(contact_fields[i], field) == 0)
			return true;
	return false;
}

const char *salesforce_path(struct exchange *x, const char *rest)
{
	const char *version = connection_setting(x->connection, "api_version");

	return arena_printf(x->arena, "/services/data/v%s%s",
			    version ? version : SALESFORCE_VERSION, rest);
}

enum turn salesforce_send(struct exchange *x, const char *method, const char *path,
			  const char *body)
{
	exchange_send(x, method, path, body);
	http_header_add(&x->request.headers, "Sforce-Call-Options", "client=Fairlead");
	return TURN_SEND;
}

/* --- what is sent ------------------------------------------------------------------- */

static void add_value(struct buf *buf, struct arena *arena, struct value value)
{
	const char **items;
	struct buf text;
	size_t count;

	if (value.type != VALUE_LIST) {
		buf_add_value(buf, value);
		return;
	}
	count = value_items(arena, value, &items);
	buf_init(&text, arena, 1u << 20);
	for (size_t i = 0; i < count; i++)
		buf_addf(&text, "%s%s", i ? ";" : "", items[i]);
	buf_add_json(buf, buf_text(&text));
}

/* A lead that was converted lives on as a contact, which lacks some of a lead's fields. */
static bool is_written(const struct record *record, const struct field *field,
		       bool is_foreign)
{
	/* A create is addressed by our key, which then may not be among its fields. */
	return field->value.type != VALUE_ABSENT &&
	       (record->action == RECORD_UPDATE || strcmp(field->name, SALESFORCE_KEY) != 0) &&
	       (!is_foreign || salesforce_contact_has(field->name));
}

static bool is_foreign_contact(const struct exchange *x, const struct record *record)
{
	return record->action == RECORD_UPDATE && strcmp(x->object, "Contact") != 0 &&
	       strcmp(salesforce_object_of(record->remote_id, x->object), "Contact") == 0;
}

static void add_record(struct buf *buf, const struct exchange *x,
		       const struct record *record)
{
	bool is_foreign = is_foreign_contact(x, record);

	buf_add(buf, "{\"attributes\":{\"type\":");
	buf_add_json(buf, is_foreign ? "Contact" : x->object);
	buf_add(buf, record->action == RECORD_UPDATE ? "},\"id\":" :
						       "},\"" SALESFORCE_KEY "\":");
	buf_add_json(buf, record->action == RECORD_UPDATE ? record->remote_id : record->key);
	for (size_t i = 0; i < record->nfields; i++) {
		if (!is_written(record, &record->fields[i], is_foreign))
			continue;
		buf_addc(buf, ',');
		buf_add_json(buf, record->fields[i].name);
		buf_addc(buf, ':');
		add_value(buf, x->arena, record->fields[i].value);
	}
	buf_addc(buf, '}');
}

/* Section 5: the assignment rule runs on create unless told not to, and would run again
 * on update. */
static void add_headers(struct exchange *x, int kind)
{
	const char *rules = connection_setting(x->connection, "duplicate_rules");
	bool is_theirs = kind == UPSERT && x->connection->assigns == ASSIGNS_CRM;

	http_header_add(&x->request.headers, "Sforce-Auto-Assign", is_theirs ? "TRUE" : "FALSE");
	if (text_equal(rules, "save"))
		http_header_add(&x->request.headers, "Sforce-Duplicate-Rule-Header",
				"allowSave=true; includeRecordDetails=false; "
				"runAsCurrentUser=true");
}

static const char *upsert_path(struct exchange *x)
{
	struct buf buf;

	buf_init(&buf, x->arena, 4096);
	buf_add(&buf, "/composite/sobjects/");
	buf_add_url(&buf, x->object);
	buf_add(&buf, "/" SALESFORCE_KEY);
	return salesforce_path(x, buf_text(&buf));
}

#define BODY_MAX (16u << 20)

static enum turn send_next(struct exchange *x, struct parts *parts)
{
	struct part *part = parts_now(parts);
	const char *body;
	struct buf buf;

	if (!part)
		return TURN_DONE;
	buf_init(&buf, x->arena, BODY_MAX);
	buf_add(&buf, "{\"allOrNone\":false,\"records\":[");
	for (size_t i = 0; i < part->nrecords; i++) {
		if (i > 0)
			buf_addc(&buf, ',');
		add_record(&buf, x, &x->records[part->records[i]]);
	}
	buf_add(&buf, "]}");
	if (buf_end(&buf, &body, NULL) < 0) {
		part_settle(x, part, OUTCOME_FIX_DATA, "the request would be too large");
		parts->at++;
		return send_next(x, parts);
	}
	part_sent(x, part);
	salesforce_send(x, "PATCH", part->kind == UPSERT ? upsert_path(x) :
						salesforce_path(x, "/composite/sobjects"), body);
	add_headers(x, part->kind);
	return TURN_SEND;
}

static bool has_something_to_write(const struct exchange *x, const struct record *record)
{
	for (size_t i = 0; i < record->nfields; i++)
		if (is_written(record, &record->fields[i], is_foreign_contact(x, record)))
			return true;
	return false;
}

static void plan_updates(struct exchange *x, struct parts *parts, bool of_contacts)
{
	for (size_t i = 0; i < x->nrecords; i++) {
		struct record *record = &x->records[i];

		if (record->action != RECORD_UPDATE || !record->remote_id ||
		    is_foreign_contact(x, record) != of_contacts)
			continue;
		if (has_something_to_write(x, record)) {
			parts_add(parts, UPDATE, i, SALESFORCE_COLLECTION);
			continue;
		}
		record->outcome = OUTCOME_PERMANENT;
		record->reason = "nothing to write: a contact has none of these fields";
	}
}

/* Types side by side: a collection of changing types is cut into chunks, ten at most. */
static void plan(struct exchange *x, struct parts *parts)
{
	for (size_t i = 0; i < x->nrecords; i++)
		if (x->records[i].action == RECORD_CREATE)
			parts_add(parts, UPSERT, i, SALESFORCE_COLLECTION);
	plan_updates(x, parts, false);
	plan_updates(x, parts, true);
}

/* --- what came back ------------------------------------------------------------------ */

static void settle_error(struct record *record, const struct salesforce_error *error)
{
	record->outcome = error->outcome;
	record->reason = error->reason;
	record->field = error->field;
	record->retry_after_ms = error->wait_ms;
	if (error->outcome == OUTCOME_DUPLICATE && error->existing)
		record->remote_id = error->existing;
}

static void settle_success(struct exchange *x, const struct part *part,
			   struct record *record, const json_t *row)
{
	const char *id = salesforce_id(x->arena, json_object_get(row, "id"));

	if (!id || (part->kind == UPDATE && !salesforce_same_id(id, record->remote_id))) {
		record->reason = id ? "the answer's rows are not in the order sent" :
				      "the answer has no id";
		return;
	}
	record->outcome = OUTCOME_DELIVERED;
	record->reason = NULL;
	record->remote_id = id;
}

static void settle_row(struct exchange *x, const struct part *part, struct record *record,
		       const json_t *row)
{
	const json_t *success = json_object_get(row, "success");
	struct salesforce_error error;

	record->reason = "the answer's row says neither yes nor no";
	if (json_is_true(success))
		settle_success(x, part, record, row);
	else if (json_is_false(success) &&
		 salesforce_row_error(x->arena,
				      json_array_get(json_object_get(row, "errors"), 0), &error))
		settle_error(record, &error);
	if (record->outcome == OUTCOME_GONE && part->kind == UPSERT)
		record->outcome = OUTCOME_FIX_DATA;
}

/* Rows come in the order sent; a list of another length fits nobody. */
static void settle_rows(struct exchange *x, const struct part *part, const json_t *rows)
{
	bool fits = json_array_size(rows) == part->nrecords;

	part_settle(x, part, OUTCOME_UNCERTAIN,
		    json_is_array(rows) ? "the answer has not one row for each record" :
					  "the answer is not a collection's");
	for (size_t i = 0; fits && i < part->nrecords; i++)
		settle_row(x, part, &x->records[part->records[i]], json_array_get(rows, i));
}

/* A column that does not exist is at fault in the records that have it. */
static bool part_suspects(struct exchange *x, struct parts *parts,
			  const struct salesforce_error *error)
{
	const struct part part = *parts_now(parts);
	size_t count = 0;

	for (size_t i = 0; error->column && i < part.nrecords; i++)
		count += field_find(x->records[part.records[i]].fields,
				    x->records[part.records[i]].nfields, error->column) != NULL;
	if (count == 0)
		return false;
	parts_close(parts);
	for (size_t i = 0; i < part.nrecords; i++) {
		struct record *record = &x->records[part.records[i]];

		if (field_find(record->fields, record->nfields, error->column)) {
			settle_error(record, error);
			continue;
		}
		record->outcome = OUTCOME_CONNECTION;
		record->reason = "not sent";
		parts_add(parts, part.kind, part.records[i], SALESFORCE_COLLECTION);
	}
	parts_close(parts);
	return true;
}

/* Whether a refusal of the whole collection is one record's fault: nothing was written. */
static bool is_one_records_fault(const struct exchange *x, const struct part *part,
				 const struct salesforce_error *error)
{
	return part->nrecords > 1 && x->reply->status / 100 == 4 &&
	       (error->outcome == OUTCOME_FIX_DATA || error->outcome == OUTCOME_DUPLICATE ||
		error->outcome == OUTCOME_GONE || error->outcome == OUTCOME_PERMANENT);
}

/* Returns whether the conversation has to end. */
static bool settle_refusal(struct exchange *x, struct parts *parts,
			   struct salesforce_error *error)
{
	const struct part *part = parts_now(parts);

	salesforce_reply_error(x, error);
	if (error->outcome == OUTCOME_GONE && part->kind == UPSERT)
		error->outcome = OUTCOME_FIX_DATA;
	if (is_one_records_fault(x, part, error)) {
		if (part_suspects(x, parts, error) || parts_cut(parts, x))
			return false;
		*error = (struct salesforce_error){ OUTCOME_RETRY, .reason =
						    "refused together with others" };
	}
	for (size_t i = 0; i < part->nrecords; i++)
		settle_error(&x->records[part->records[i]], error);
	return answer_stops(x->reply, error->outcome);
}

/* When all is written, what turned out to be gone is followed: an error names neither the
 * contact that a lead became nor the record that it was merged into. */
static enum turn send_or_follow(struct exchange *x, struct write_state *state)
{
	if (send_next(x, &state->parts) == TURN_SEND)
		return TURN_SEND;
	return follow_begin(&state->follow, x, salesforce_read);
}

enum turn salesforce_write(struct exchange *x)
{
	struct write_state *state = x->state;
	struct salesforce_error error;

	if (x->turn == 0) {
		state = x->state = arena_alloc(x->arena, sizeof(*state));
		parts_begin(&state->parts, x);
		plan(x, &state->parts);
		return send_next(x, &state->parts);
	}
	if (state->follow.is_on)
		return follow_go_on(&state->follow, x, salesforce_read);
	if (x->reply->failure == HTTP_REPLIED && x->reply->status == 200 &&
	    !answer_is_page(x->reply)) {
		settle_rows(x, parts_now(&state->parts), exchange_json(x));
	} else if (settle_refusal(x, &state->parts, &error)) {
		follow_give_up(x);
		return parts_stop(&state->parts, x, error.outcome, error.wait_ms);
	}
	state->parts.at++;
	return send_or_follow(x, state);
}

/* --- what it is ---------------------------------------------------------------------- */

static const enum auth salesforce_auths[] = { AUTH_BEARER, AUTH_OAUTH2,
					      AUTH_CLIENT_CREDENTIALS };

static const struct setting salesforce_settings[] = {
	{ "base_url", "My Domain address", "the account's own address, like "
	  "https://acme.my.salesforce.com", SETTING_URL, .is_required = true },
	{ "token_url", "Token address", "only when tokens come from a login host: "
	  "https://login.salesforce.com/services/oauth2/token", SETTING_URL },
	{ "api_version", "API version", "like 66.0", SETTING_TEXT,
	  .fallback = SALESFORCE_VERSION },
	{ "duplicate_rules", "Duplicate rules", "respect: a record that an alert rule holds is "
	  "looked up; save: it is saved all the same; rules that block cannot be passed",
	  SETTING_CHOICE, .fallback = "respect", .choices = "respect|save" },
	{ NULL },
};

static int salesforce_validate(const struct connection *connection, struct error *err)
{
	const char *version = connection_setting(connection, "api_version");
	size_t major, minor;

	if (!version)
		return 0;
	major = strspn(version, "0123456789");
	minor = version[major] == '.' ? strspn(version + major + 1, "0123456789") : 0;
	if (major != 2 || minor != 1 || version[major + 1 + minor])
		return error_set(err, ERR_INVALID, "settings.api_version: not like 66.0");
	return 0;
}

static const char *const salesforce_hosts[] = { ".salesforce.com", NULL };

/* No limit by the second; the day's allowance is what counts. */
static const struct rate_rule salesforce_rates[] = {
	{ "api", 50, 1000 },
	{ NULL, 0, 0 },
};

/* Status, owner and country want values of the org's own: a mapping names them with a
 * lookup, not we without one. */
static const struct default_field lead_mapping[] = {
	{ "first_name", "FirstName", NULL }, { "last_name", "LastName", NULL },
	{ "company", "Company", NULL },	     { "email", "Email", NULL },
	{ "phone", "Phone", NULL },	     { "title", "Title", NULL },
	{ "city", "City", NULL },	     { "postal_code", "PostalCode", NULL },
	{ "source", "LeadSource", NULL },    { NULL, NULL, NULL },
};

static const struct default_field contact_mapping[] = {
	{ "first_name", "FirstName", NULL }, { "last_name", "LastName", NULL },
	{ "email", "Email", NULL },	     { "phone", "Phone", NULL },
	{ "title", "Title", NULL },	     { NULL, NULL, NULL },
};

/* A task is of a lead or contact by WhoId, which is another mapping's record. */
static const struct default_field task_mapping[] = {
	{ "source", "Subject", NULL },
	{ "message", "Description", NULL },
	{ NULL, NULL, NULL },
};

/* Keys with one value are looked by together. */
static const struct record_key lead_keys[] = {
	{ "Lead", "Email", "email" },	    { "Contact", "Email", "email" },
	{ "Lead", "Phone", "phone" },	    { "Lead", "MobilePhone", "phone" },
	{ "Contact", "Phone", "phone" },    { "Contact", "MobilePhone", "phone" },
	{ NULL, NULL, NULL },
};

static const struct record_key person_keys[] = {
	{ "Contact", "Email", "email" },    { "Lead", "Email", "email" },
	{ "Contact", "Phone", "phone" },    { "Contact", "MobilePhone", "phone" },
	{ "Lead", "Phone", "phone" },	    { "Lead", "MobilePhone", "phone" },
	{ NULL, NULL, NULL },
};

static const char *const also_contact[] = { "Contact", NULL };
static const char *const also_lead[] = { "Lead", NULL };

static const struct connector_object salesforce_objects[] = {
	{ "Lead", "Lead", also_contact, lead_mapping, lead_keys },
	{ "Contact", "Contact", also_lead, contact_mapping, person_keys },
	/* No key of the lead's is a task's: it is looked for by our own. */
	{ SALESFORCE_TASK, "Task", NULL, task_mapping, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct connector connector_salesforce = {
	.name = "salesforce",
	.title = "Salesforce",
	.auths = salesforce_auths,
	.nauths = ARRAY_LEN(salesforce_auths),
	.settings = salesforce_settings,
	.hosts = salesforce_hosts,
	.token_path = "/services/oauth2/token",
	.rates = salesforce_rates,
	.concurrency = 4,
	.objects = salesforce_objects,
	.remote_key = SALESFORCE_KEY,
	.batch_max = SALESFORCE_COLLECTION,
	.find_max = 1000,
	.read_max = 1000,
	.index_lag_ms = 10000, /* SOQL does not lag, but a lost request may still be at work */
	.validate = salesforce_validate,
	.write = salesforce_write,
	.find = salesforce_find,
	.read = salesforce_read,
	.check = salesforce_check,
	.describe = salesforce_describe,
	.limits = salesforce_limits,
	.create_key = salesforce_create_key,
};
