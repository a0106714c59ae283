/* budget_test.c - how many calls a thousand leads cost at each vendor: calls are what is
 * scarce. The CRMs here only answer well; what they answer badly is in the case files. */
#include "../support/check.h"

#include "base/attributes.h"
#include "base/json.h"
#include "base/text.h"
#include "connectors/registry.h"

#define LEADS 1000

/* Of every ten people the CRM knows three under ids of its own: two by e-mail, one by
 * phone only. */
static bool is_known_by_email(size_t i)
{
	return i % 10 < 2;
}

static bool is_known_by_phone(size_t i)
{
	return i % 10 == 2;
}

struct crm {
	struct arena *arena;
	const struct connector *connector;
	struct exchange x;
	struct connection connection;
	struct record records[LEADS];
	const char *emails[LEADS], *phones[LEADS];
	int calls, found;
};

typedef const char *answer_of(struct crm *crm);

/* Holds the conversation with a CRM that answers at once, and counts its calls. */
static void hold(struct crm *crm, connector_turn *turn, struct record *records, size_t count,
		 answer_of *answer)
{
	struct http_reply reply = { .failure = HTTP_REPLIED, .status = 200 };

	crm->x.records = records;
	crm->x.nrecords = count;
	crm->x.turn = 0;
	crm->x.reply = NULL;
	crm->x.state = NULL;
	while (turn(&crm->x) == TURN_SEND) {
		crm->calls++;
		reply.body = answer(crm);
		reply.body_len = strlen(reply.body);
		crm->x.reply = &reply;
		crm->x.turn++;
	}
	for (size_t i = 0; i < count; i++)
		if (records[i].outcome != OUTCOME_DELIVERED)
			fail_msg("%s: %s: %s", records[i].key, outcome_name(records[i].outcome),
				 records[i].reason);
}

static void begin(struct crm *crm, const char *name, const char *settings)
{
	static const struct field field = { "Title", { VALUE_TEXT, "Ms" } };
	const struct connector_object *object;

	*crm = (struct crm){ .arena = arena_new() };
	crm->connection.connector = name;
	crm->connection.settings = json_parse(crm->arena, settings, strlen(settings),
					      &json_limits_lead, NULL);
	crm->connector = connector_of(crm->arena, &crm->connection);
	object = &crm->connector->objects[0];
	crm->x = (struct exchange){ .connection = &crm->connection, .object = object->name,
				    .now = 1, .arena = crm->arena };
	for (size_t i = 0; i < LEADS; i++) {
		struct record *record = &crm->records[i];
		struct record_key *keys = arena_array(crm->arena, 8, sizeof(*keys));

		crm->emails[i] = arena_printf(crm->arena, "first.last%04zu@company.example", i);
		crm->phones[i] = arena_printf(crm->arena, "+4915123%06zu", i);
		record->key = arena_printf(crm->arena, "w1.lead%04zu", i);
		record->fields = &field;
		record->nfields = 1;
		for (size_t k = 0; object->keys[k].object; k++) {
			keys[k] = object->keys[k];
			keys[k].value = strcmp(keys[k].value, "email") == 0 ? crm->emails[i] :
									     crm->phones[i];
			record->nkeys = k + 1;
		}
		record->keys = keys;
	}
}

/* Writes all records of one action, in batches as large as the connector takes. */
static void write_all(struct crm *crm, enum record_action action, answer_of *answer)
{
	struct record *batch = arena_array(crm->arena, LEADS, sizeof(*batch));
	size_t count = 0, max = (size_t)crm->connector->batch_max;

	for (size_t i = 0; i < LEADS; i++)
		if (crm->records[i].action == action)
			batch[count++] = crm->records[i];
	for (size_t at = 0; at < count; at += max)
		hold(crm, crm->connector->write, batch + at, count - at < max ? count - at : max,
		     answer);
}

/* What deliver/ does with leads that are due for the first time. */
static void look_then_write(struct crm *crm, answer_of *answer)
{
	size_t max = (size_t)crm->connector->find_max;

	for (size_t at = 0; at < LEADS; at += max)
		hold(crm, crm->connector->find, crm->records + at,
		     LEADS - at < max ? LEADS - at : max, answer);
	for (size_t i = 0; i < LEADS; i++) {
		struct record *record = &crm->records[i];
		bool is_known = is_known_by_email(i) || is_known_by_phone(i);

		assert_int_equal(record->nfound, is_known ? 1 : 0);
		if (!is_known)
			continue;
		record->action = RECORD_UPDATE;
		record->remote_id = record->found[0].id;
	}
	write_all(crm, RECORD_CREATE, answer);
	write_all(crm, RECORD_UPDATE, answer);
}

/* --- HubSpot --------------------------------------------------------------------- */

static void add_contact(struct buf *buf, const struct crm *crm, size_t i)
{
	buf_addf(buf, "%s{\"id\":\"%zu\",\"properties\":{\"email\":\"%s\",\"phone\":\"%s\"}}",
		 buf->text[buf->len - 1] == '[' ? "" : ",", 5000 + i,
		 is_known_by_email(i) ? crm->emails[i] : "other@x.example", crm->phones[i]);
}

static const char *hubspot_finds(struct crm *crm, const char *body)
{
	struct buf buf;

	buf_init(&buf, crm->arena, 1u << 20);
	buf_add(&buf, "{\"results\":[");
	for (size_t i = 0; i < LEADS; i++)
		if ((is_known_by_email(i) && strstr(body, crm->emails[i])) ||
		    (is_known_by_phone(i) && strstr(body, crm->phones[i])))
			add_contact(&buf, crm, i);
	buf_add(&buf, "]}");
	return buf_text(&buf);
}

static const char *hubspot_writes(struct crm *crm, const char *body)
{
	json_t *inputs = json_at(json_parse(crm->arena, body, strlen(body), &json_limits_large,
					    NULL), "$.inputs");
	struct buf buf;

	assert_in_range(json_array_size(inputs), 1, 100);
	buf_init(&buf, crm->arena, 1u << 20);
	buf_add(&buf, "{\"results\":[");
	for (size_t i = 0; i < json_array_size(inputs); i++)
		buf_addf(&buf, "%s{\"id\":\"%zu\",\"objectWriteTraceId\":\"%s\"}", i ? "," : "",
			 i + 1, json_string_of(json_array_get(inputs, i), "objectWriteTraceId"));
	buf_add(&buf, "]}");
	return buf_text(&buf);
}

static const char *hubspot_answers(struct crm *crm)
{
	const struct http_request *request = &crm->x.request;

	if (strstr(request->url, "/search") || strstr(request->url, "/batch/read"))
		return hubspot_finds(crm, request->body);
	return hubspot_writes(crm, request->body);
}

/* --- Salesforce ------------------------------------------------------------------ */

static void add_lead_or_contact(struct buf *buf, const struct crm *crm, const char *object,
				size_t i)
{
	bool is_lead = i % 20 < 10;

	if (is_lead == (strcmp(object, "Lead") == 0))
		buf_addf(buf, "%s{\"Id\":\"%s5g0000%07zuA4\",\"Email\":\"%s\",\"Phone\":\"%s\"}",
			 buf->text[buf->len - 1] == '[' ? "" : ",", is_lead ? "00Q" : "003", i,
			 is_known_by_email(i) ? crm->emails[i] : "other@x.example",
			 crm->phones[i]);
}

static void add_rows(struct buf *buf, struct crm *crm, const char *url)
{
	const char *soql = url_decode(crm->arena, url, strlen(url), true);
	const char *object = strstr(soql, " FROM Lead ") ? "Lead" : "Contact";

	assert_in_range(strlen(url), 1, 16000);
	buf_add(buf, "{\"done\":true,\"records\":[");
	for (size_t i = 0; i < LEADS; i++)
		if ((is_known_by_email(i) && strstr(soql, crm->emails[i])) ||
		    (is_known_by_phone(i) && strstr(soql, crm->phones[i])))
			add_lead_or_contact(buf, crm, object, i);
	buf_add(buf, "]}");
}

static const char *salesforce_finds(struct crm *crm, const char *body)
{
	json_t *parts = json_at(json_parse(crm->arena, body, strlen(body), &json_limits_large,
					   NULL), "$.compositeRequest");
	struct buf buf;

	assert_in_range(json_array_size(parts), 1, 25);
	buf_init(&buf, crm->arena, 4u << 20);
	buf_add(&buf, "{\"compositeResponse\":[");
	for (size_t i = 0; i < json_array_size(parts); i++) {
		const json_t *part = json_array_get(parts, i);

		buf_addf(&buf, "%s{\"referenceId\":\"%s\",\"httpStatusCode\":200,\"body\":",
			 i ? "," : "", json_string_of(part, "referenceId"));
		add_rows(&buf, crm, json_string_of(part, "url"));
		buf_addc(&buf, '}');
	}
	buf_add(&buf, "]}");
	return buf_text(&buf);
}

static const char *salesforce_writes(struct crm *crm, const char *body)
{
	json_t *records = json_at(json_parse(crm->arena, body, strlen(body), &json_limits_large,
					     NULL), "$.records");
	struct buf buf;

	assert_in_range(json_array_size(records), 1, 200);
	buf_init(&buf, crm->arena, 1u << 20);
	buf_addc(&buf, '[');
	for (size_t i = 0; i < json_array_size(records); i++) {
		const char *id = json_string_of(json_array_get(records, i), "id");

		buf_addf(&buf, "%s{\"success\":true,\"errors\":[],\"id\":\"%s\"}", i ? "," : "",
			 id ? id : "00Q5g00000NEWAAEA4");
	}
	buf_addc(&buf, ']');
	return buf_text(&buf);
}

static const char *salesforce_answers(struct crm *crm)
{
	const struct http_request *request = &crm->x.request;
	struct buf buf;

	if (strstr(request->url, "/composite/sobjects"))
		return salesforce_writes(crm, request->body);
	if (request->body)
		return salesforce_finds(crm, request->body);
	buf_init(&buf, crm->arena, 1u << 20);
	add_rows(&buf, crm, request->url);
	return buf_text(&buf);
}

/* --- budgets --------------------------------------------------------------------- */

static const struct {
	const char *name, *settings;
	answer_of *answer;
	int linked, unlinked;
} budgets[] = {
	{ "hubspot", "{}", hubspot_answers, 12, 24 },
	{ "salesforce", "{\"base_url\":\"https://a.my.salesforce.com\"}",
	  salesforce_answers, 7, 16 },
};

static void linked_leads_stay_in_budget(void **state)
{
	(void)state;
	for (size_t b = 0; b < ARRAY_LEN(budgets); b++) {
		struct crm *crm = calloc(1, sizeof(*crm));

		begin(crm, budgets[b].name, budgets[b].settings);
		for (size_t i = 0; i < LEADS; i++) {
			crm->records[i].action = RECORD_UPDATE;
			crm->records[i].remote_id = b ? arena_printf(crm->arena,
								     "00Q5g0000%07zuA4", i) :
							arena_printf(crm->arena, "%zu", i);
		}
		write_all(crm, RECORD_UPDATE, budgets[b].answer);
		print_message("# %s: %d calls per %d linked leads\n", budgets[b].name, crm->calls,
			      LEADS);
		assert_in_range(crm->calls, 1, budgets[b].linked);
		arena_free(crm->arena);
		free(crm);
	}
}

static void unlinked_leads_stay_in_budget(void **state)
{
	(void)state;
	for (size_t b = 0; b < ARRAY_LEN(budgets); b++) {
		struct crm *crm = calloc(1, sizeof(*crm));

		begin(crm, budgets[b].name, budgets[b].settings);
		look_then_write(crm, budgets[b].answer);
		print_message("# %s: %d calls per %d unlinked leads\n", budgets[b].name, crm->calls,
			      LEADS);
		assert_in_range(crm->calls, 1, budgets[b].unlinked);
		arena_free(crm->arena);
		free(crm);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(linked_leads_stay_in_budget),
		cmocka_unit_test(unlinked_leads_stay_in_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
