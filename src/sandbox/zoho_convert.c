/* zoho_convert.c - converting a lead, and handing one over (fact sheet 6). Threads: under the
 * sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/query.h"
#include "sandbox/zoho.h"

static struct sb_record *lead_of_path(struct sb_call *call)
{
	struct sb_record *lead =
		zoho_record_of(call, sb_object_find(call->account, "Leads"), sb_param(call, 0));

	if (!lead)
		zoho_fail(call, 400, "INVALID_DATA", "the id given seems to be invalid",
			  json_pack("{si}", "resource_path_index", 1));
	return lead;
}

/* Records of a module whose `field` has the lead's value of `of_lead`: who could be meant.
 * What matched goes to *matched. */
static json_t *alike(struct sb_call *call, const struct sb_record *lead, const char *of_lead,
		     const char *module, const char *name, json_t **matched)
{
	struct sb_object *object = sb_object_find(call->account, module);
	const struct sb_field *field = sb_field_find(object, name);
	const char *value = sb_record_text_of(lead, of_lead, call->arena);
	json_t *list = json_array();
	struct sb_record **found;
	const struct sb_query query = { .where = sb_where(call->arena, SB_EQ, field, value) };
	size_t count = text_is_empty(value) ? 0 : sb_query_run(object, &query, call->arena, &found);

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, zoho_record(found[i], NULL, 0));
	*matched = json_array();
	if (count)
		json_array_append_new(*matched,
				      json_pack("{s{ss ss} ss}", "field", "api_name", name, "id",
						zoho_field_id(call->arena, field),
						"matched_lead_value", value));
	return list;
}

/* Every module of the sandbox has one layout. */
void zoho_convert_options(struct sb_call *call)
{
	const struct sb_record *lead = lead_of_path(call);
	json_t *contacts, *accounts, *of_contacts, *of_accounts;

	if (!lead)
		return;
	contacts = alike(call, lead, "Email", "Contacts", "Email", &of_contacts);
	accounts = alike(call, lead, "Company", "Accounts", "Account_Name", &of_accounts);
	sb_reply_json(call, 200,
		      json_pack("{s{s{ss ss} so so s[] s{so so s[]} s[]}}",
				"__conversion_options", "module_preference", "api_name",
				"Contacts", "id", zoho_meta_id(call->arena, call->account, 93, 1),
				"Contacts", contacts, "Accounts", accounts, "Deals",
				"preference_field_matched_value", "Contacts", of_contacts,
				"Accounts", of_accounts, "Deals",
				"modules_with_multiple_layouts"));
}

struct conversion {
	struct sb_call *call;
	struct sb_record *lead, *account, *contact, *deal;
	const json_t *input;
	struct zoho_refusal refusal;
};

static const struct {
	const char *lead, *contact;
} carried[] = {
	{ "First_Name", "First_Name" }, { "Last_Name", "Last_Name" }, { "Email", "Email" },
	{ "Phone", "Phone" },		{ "Mobile", "Mobile" },	      { "Designation", "Title" },
	{ "Lead_Source", "Lead_Source" },
};

/* What is made has the owner that was said, and of the lead's tags those that were named. */
static void carry_over(const struct conversion *conversion, const char *module, json_t *input)
{
	const json_t *owner = json_object_get(conversion->input, "assign_to");
	const json_t *names =
		json_object_get(json_object_get(conversion->input, "carry_over_tags"), module);

	if (owner)
		json_object_set(input, "Owner", (json_t *)owner);
	if (names)
		json_object_set_new(input, "Tag", zoho_tags_named(conversion->lead, names));
}

static struct sb_record *make(struct conversion *conversion, const char *module, json_t *input)
{
	struct zoho_write write = { .call = conversion->call,
				    .object = sb_object_find(conversion->call->account, module),
				    .input = json_keep(conversion->call->arena, input) };

	carry_over(conversion, module, input);
	if (!zoho_write(&write))
		conversion->refusal = write.refusal;
	return write.record;
}

/* The record that the caller named, or a new one of `input`. */
static struct sb_record *named_or_new(struct conversion *conversion, const char *module,
				      json_t *input)
{
	const json_t *named = json_object_get(conversion->input, module);
	const char *id = json_string_of(named, "id");
	struct sb_record *record;

	if (!id)
		return make(conversion, module, input);
	json_decref(input);
	record = zoho_record_of(conversion->call, sb_object_find(conversion->call->account, module),
				id);
	if (!record)
		zoho_refuse(conversion->call, &conversion->refusal, "INVALID_DATA",
			    "the id given seems to be invalid",
			    json_pack("{ss so}", "id", id, "json_path",
				      sb_json_printf("$.data[0].%s.id", module)));
	return record;
}

static json_t *contact_input(const struct conversion *conversion)
{
	json_t *input = json_object();

	for (size_t i = 0; i < ARRAY_LEN(carried); i++) {
		json_t *value = sb_record_value_of(conversion->lead, carried[i].lead);

		if (value)
			json_object_set_new(input, carried[i].contact, value);
	}
	if (conversion->account)
		json_object_set_new(input, "Account_Name",
				    json_pack("{ss}", "id", conversion->account->id));
	return input;
}

static bool make_deal(struct conversion *conversion)
{
	const json_t *wanted = json_object_get(conversion->input, "Deals");
	json_t *input;

	if (!json_is_object(wanted))
		return true;
	input = json_copy((json_t *)wanted);
	json_object_set_new(input, "Contact_Name",
			    json_pack("{ss}", "id", conversion->contact->id));
	if (conversion->account)
		json_object_set_new(input, "Account_Name",
				    json_pack("{ss}", "id", conversion->account->id));
	conversion->deal = make(conversion, "Deals", input);
	return conversion->deal != NULL;
}

static bool make_all(struct conversion *conversion)
{
	json_t *company = sb_record_value_of(conversion->lead, "Company");

	if (company || json_object_get(conversion->input, "Accounts")) {
		conversion->account = named_or_new(
			conversion, "Accounts",
			json_pack("{so}", "Account_Name", company ? company : json_string("-")));
		if (!conversion->account)
			return false;
	}
	conversion->contact =
		named_or_new(conversion, "Contacts", contact_input(conversion));
	return conversion->contact && make_deal(conversion);
}

static bool is_convertible(struct conversion *conversion)
{
	const json_t *named = json_object_get(conversion->input, "Contacts");
	int64_t strict = sb_switch(conversion->call->account, "convert_strict");

	if (zoho_is_converted(conversion->lead))
		return zoho_refuse(conversion->call, &conversion->refusal, "ID_ALREADY_CONVERTED",
				   "id already converted",
				   json_pack("{ss}", "id", conversion->lead->id));
	if (strict && named && !json_is_true(json_object_get(conversion->input,
							     "add_to_existing_record")))
		return zoho_refuse(conversion->call, &conversion->refusal, "MANDATORY_NOT_FOUND",
				   "required field not found",
				   json_pack("{ss ss}", "api_name", "add_to_existing_record",
					     "json_path", "$.data[0].add_to_existing_record"));
	return true;
}

static void mark_converted(struct conversion *conversion)
{
	json_t *values = json_pack("{sb so ss}", "Converted__s", 1, "Converted_Date_Time",
				   sb_json_time(conversion->call->now), "Converted_Contact",
				   conversion->contact->id);

	if (conversion->account)
		json_object_set_new(values, "Converted_Account",
				    json_string(conversion->account->id));
	if (conversion->deal)
		json_object_set_new(values, "Converted_Deal", json_string(conversion->deal->id));
	sb_record_update(conversion->call, conversion->lead,
			 json_keep(conversion->call->arena, values));
}

static json_t *named_json(const struct sb_record *record, const char *field)
{
	json_t *name;

	if (!record)
		return json_null();
	name = sb_record_value_of(record, field);
	return json_pack("{so* ss}", "name", name, "id", record->id);
}

void zoho_convert(struct sb_call *call)
{
	struct conversion conversion = { .call = call, .lead = lead_of_path(call) };
	const json_t *body = conversion.lead ? sb_json(call) : NULL;
	struct zoho_results results = { 0 };

	if (!body)
		return;
	conversion.input = json_array_get(json_object_get(body, "data"), 0);
	sb_begin(call);
	if (!is_convertible(&conversion) || !make_all(&conversion)) {
		sb_rollback(call);
		zoho_results_add(&results, &conversion.refusal, NULL);
		zoho_reply_results(call, "data", &results, 200);
		return;
	}
	mark_converted(&conversion);
	sb_commit(call);
	zoho_results_add(
		&results, NULL,
		json_pack("{ss s{so so so} ss ss}", "code", "SUCCESS", "details", "Contacts",
			  named_json(conversion.contact, "Full_Name"), "Accounts",
			  named_json(conversion.account, "Account_Name"), "Deals",
			  named_json(conversion.deal, "Deal_Name"), "message",
			  "The record has been converted successfully", "status", "success"));
	zoho_reply_results(call, "data", &results, 200);
}

void zoho_change_owner(struct sb_call *call)
{
	struct sb_object *object = zoho_module_of_path(call);
	const json_t *body = object ? sb_json(call) : NULL;
	struct zoho_write write = { .call = call, .object = object };
	struct zoho_results results = { 0 };
	bool ok;

	if (!body)
		return;
	write.record = zoho_record_of(call, object, sb_param(call, 1));
	if (!write.record) {
		zoho_fail(call, 400, "INVALID_DATA", "the id given seems to be invalid",
			  json_pack("{si}", "resource_path_index", 1));
		return;
	}
	if (!json_is_object(json_object_get(body, "owner"))) {
		zoho_fail(call, 400, "MANDATORY_NOT_FOUND", "required field not found",
			  json_pack("{ss ss}", "api_name", "owner", "json_path", "$.owner"));
		return;
	}
	write.input = json_keep(call->arena,
				json_pack("{sO}", "Owner", json_object_get(body, "owner")));
	ok = zoho_write(&write);
	zoho_results_add(&results, &write.refusal,
			 ok ? json_pack("{ss s{ss} ss ss}", "code", "SUCCESS", "details", "id",
					write.record->id, "message", "record owner updated", "status",
					"success") :
			      NULL);
	zoho_reply_results(call, "data", &results, 200);
}
