/* dynamics_actions.c - qualifying a lead, and merging two rows into one (fact sheet 5, 7).
 * Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/dynamics.h"

/* --- qualifying --- */

struct qualifying {
	struct sb_call *call;
	struct sb_record *lead;
	struct sb_record *account, *contact, *opportunity;
	struct dynamics_refusal refusal;
};

static void take(const struct qualifying *qualifying, const char *column, const char *as,
		 json_t *input)
{
	json_t *value = sb_record_value_of(qualifying->lead, column);

	if (value)
		json_object_set_new(input, as, value);
}

static void take_shared(const struct qualifying *qualifying, json_t *input)
{
	static const char *const columns[] = { "emailaddress1", "telephone1",	      "websiteurl",
					       "description",	"address1_line1",     "address1_city",
					       "address1_postalcode", "address1_country" };

	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		take(qualifying, columns[i], columns[i], input);
}

static void point(const struct qualifying *qualifying, const char *link,
		  const struct sb_record *to, json_t *input)
{
	if (to)
		json_object_set_new(input,
				    arena_printf(qualifying->call->arena, "%s@odata.bind", link),
				    sb_json_printf("/%s(%s)", sb_object_spec(to->object)->name,
						   to->id));
}

/* A row that came of the lead; NULL with the refusal. */
static struct sb_record *add(struct qualifying *qualifying, const char *set, json_t *input)
{
	struct dynamics_write write = {
		.call = qualifying->call,
		.object = sb_object_find(qualifying->call->account, set),
		.input = json_keep(qualifying->call->arena, input),
	};

	point(qualifying, "originatingleadid", qualifying->lead, input);
	if (dynamics_write(&write))
		return write.record;
	qualifying->refusal = write.refusal;
	return NULL;
}

static bool add_account(struct qualifying *qualifying)
{
	json_t *input = json_object();

	take_shared(qualifying, input);
	take(qualifying, "companyname", "name", input);
	qualifying->account = add(qualifying, "accounts", input);
	return qualifying->account;
}

static bool add_contact(struct qualifying *qualifying)
{
	json_t *input = json_object();

	take_shared(qualifying, input);
	take(qualifying, "firstname", "firstname", input);
	take(qualifying, "lastname", "lastname", input);
	take(qualifying, "jobtitle", "jobtitle", input);
	take(qualifying, "mobilephone", "mobilephone", input);
	point(qualifying, "parentcustomerid_account", qualifying->account, input);
	qualifying->contact = add(qualifying, "contacts", input);
	return qualifying->contact;
}

static bool add_opportunity(struct qualifying *qualifying)
{
	json_t *input = json_object();

	take(qualifying, "subject", "name", input);
	point(qualifying, "parentaccountid", qualifying->account, input);
	point(qualifying, "parentcontactid", qualifying->contact, input);
	point(qualifying,
	      qualifying->account ? "customerid_account" : "customerid_contact",
	      qualifying->account ? qualifying->account : qualifying->contact, input);
	qualifying->opportunity = add(qualifying, "opportunities", input);
	return qualifying->opportunity;
}

static bool close_lead(struct qualifying *qualifying, int64_t status)
{
	json_t *input = json_pack("{si sI}", "statecode", 1, "statuscode", (json_int_t)status);
	struct dynamics_write write = { .call = qualifying->call,
					.object = qualifying->lead->object,
					.record = qualifying->lead,
					.input = json_keep(qualifying->call->arena, input) };

	if (status < 0)
		json_object_del(input, "statuscode");
	point(qualifying, "parentaccountid", qualifying->account, input);
	point(qualifying, "parentcontactid", qualifying->contact, input);
	point(qualifying, "qualifyingopportunityid", qualifying->opportunity, input);
	if (dynamics_write(&write))
		return true;
	qualifying->refusal = write.refusal;
	return false;
}

static bool is_open(struct qualifying *qualifying)
{
	if (text_equal(sb_record_text_of(qualifying->lead, "statecode",
					 qualifying->call->arena), "0"))
		return true;
	return dynamics_refuse(qualifying->call, &qualifying->refusal, 400, "0x80040265",
			       "This lead is qualified or disqualified already.");
}

static bool qualify(struct qualifying *qualifying, const json_t *body)
{
	return is_open(qualifying) &&
	       (!json_is_true(json_object_get(body, "CreateAccount")) ||
		add_account(qualifying)) &&
	       (!json_is_true(json_object_get(body, "CreateContact")) ||
		add_contact(qualifying)) &&
	       (!json_is_true(json_object_get(body, "CreateOpportunity")) ||
		add_opportunity(qualifying)) &&
	       close_lead(qualifying, json_int_of(body, "Status", -1));
}

static void add_made(const struct sb_record *record, json_t *list)
{
	const struct dynamics_table *table;

	if (!record)
		return;
	table = dynamics_table_of(record->object);
	json_array_append_new(list, json_pack("{so ss}", "@odata.type",
					      sb_json_printf("#" DYNAMICS_TYPE "%s", table->name),
					      table->id, record->id));
}

static void reply_made(const struct qualifying *qualifying)
{
	json_t *list = json_array();

	add_made(qualifying->opportunity, list);
	add_made(qualifying->contact, list);
	add_made(qualifying->account, list);
	sb_reply_json(qualifying->call, 200,
		      json_pack("{so so}", "@odata.context",
				sb_json_printf("%s/$metadata#Collection(" DYNAMICS_TYPE
					       "crmbaseentity)",
					       dynamics_base(qualifying->call)),
				"value", list));
}

void dynamics_qualify(struct sb_call *call, const struct dynamics_path *path)
{
	struct qualifying qualifying = { .call = call };
	const json_t *body = sb_json(call);

	if (!body)
		return;
	qualifying.lead =
		dynamics_find(call, path->object, &path->at[0].key, &qualifying.refusal);
	if (!qualifying.lead) {
		dynamics_say(call, &qualifying.refusal);
		return;
	}
	sb_begin(call);
	if (qualify(&qualifying, body)) {
		sb_commit(call);
		reply_made(&qualifying);
		return;
	}
	sb_rollback(call);
	if (!call->status)
		dynamics_say(call, &qualifying.refusal);
}

/* --- merging --- */

struct merging {
	struct sb_call *call;
	struct sb_record *target, *subordinate;
	struct dynamics_refusal refusal;
};

/* The row of {"@odata.type", "leadid"}. */
static struct sb_record *row_of(struct merging *merging, const json_t *reference)
{
	const char *type = json_string_of(reference, "@odata.type"), *id;
	struct dynamics_key key = { .id = NULL };
	struct sb_object *object = NULL;

	if (type) {
		type += *type == '#';
		if (text_starts(type, DYNAMICS_TYPE))
			object = sb_object_find(merging->call->account,
						type + strlen(DYNAMICS_TYPE));
	}
	id = object ? json_string_of(reference, dynamics_table_of(object)->id) : NULL;
	key.id = id ? dynamics_guid(merging->call->arena, id) : NULL;
	if (key.id)
		return dynamics_find(merging->call, object, &key, &merging->refusal);
	dynamics_refuse(merging->call, &merging->refusal, 400, "0x80048d19",
			"Target and Subordinate name a row by @odata.type and its id.");
	return NULL;
}

static bool are_alike(struct merging *merging)
{
	if (merging->target != merging->subordinate &&
	    merging->target->object == merging->subordinate->object &&
	    sb_field_find(merging->target->object, "masterid"))
		return true;
	return dynamics_refuse(merging->call, &merging->refusal, 400, "0x80040203",
			       "Two different leads, contacts or accounts can be merged.");
}

static bool update(struct merging *merging, struct sb_record *record, const json_t *input,
		   json_t *values)
{
	struct dynamics_write write = { .call = merging->call,
					.object = record->object,
					.record = record,
					.input = input,
					.values = values };

	if (dynamics_write(&write))
		return true;
	merging->refusal = write.refusal;
	return false;
}

/* What led to the subordinate leads to the target. */
static bool point_of_field(struct merging *merging, const struct sb_field *field)
{
	json_t *none = json_keep(merging->call->arena, json_object());
	struct sb_query query = { .where = sb_where(merging->call->arena, SB_EQ, field,
						    merging->subordinate->id) };
	struct sb_record **found;
	size_t count = sb_query_run(field->object, &query, merging->call->arena, &found);

	for (size_t i = 0; i < count; i++) {
		json_t *values = json_keep(merging->call->arena,
					   json_pack("{ss}", field->name, merging->target->id));

		if (found[i] != merging->subordinate && !update(merging, found[i], none, values))
			return false;
	}
	return true;
}

static bool point_others(struct merging *merging)
{
	const struct sb_account *account = merging->call->account;

	for (size_t i = 0; i < dynamics_ntables; i++) {
		const struct sb_object *object = sb_object_find(account, dynamics_tables[i].set);

		for (size_t j = 0; j < sb_object_nfields(object); j++) {
			const struct sb_field *field = sb_object_field(object, j);

			if (field->refers_to && !(field->flags & SB_READ_ONLY) &&
			    !point_of_field(merging, field))
				return false;
		}
	}
	return true;
}

/* The subordinate stays: inactive, and with the name of its master. */
static bool merge(struct merging *merging, const json_t *body)
{
	const json_t *content = json_object_get(body, "UpdateContent");
	bool is_lead = strcmp(sb_object_spec(merging->target->object)->name, "leads") == 0;
	json_t *closed = json_keep(merging->call->arena,
				   json_pack("{si}", "statecode", is_lead ? 2 : 1));
	json_t *values = json_keep(merging->call->arena,
				   json_pack("{ss sb}", "masterid", merging->target->id, "merged",
					     1));

	if (content && !update(merging, merging->target, content, NULL))
		return false;
	return point_others(merging) && update(merging, merging->subordinate, closed, values);
}

void dynamics_merge(struct sb_call *call)
{
	struct merging merging = { .call = call };
	const json_t *body = sb_json(call);
	bool is_done;

	if (!body)
		return;
	merging.target = row_of(&merging, json_object_get(body, "Target"));
	merging.subordinate =
		merging.target ? row_of(&merging, json_object_get(body, "Subordinate")) : NULL;
	sb_begin(call);
	is_done = merging.subordinate && are_alike(&merging) && merge(&merging, body);
	if (is_done)
		sb_commit(call);
	else
		sb_rollback(call);
	if (is_done)
		sb_reply_empty(call, 204);
	else if (!call->status)
		dynamics_say(call, &merging.refusal);
}
