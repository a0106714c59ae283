/* copper_convert.c - a lead becomes a person, and with it a company and an opportunity; its id
 * goes (5). Threads: under the sandbox's lock. */
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/copper.h"

static void copy(json_t *values, const char *to, const struct sb_record *lead, const char *from)
{
	json_t *value = sb_record_value_of(lead, from);

	if (value)
		json_object_set_new(values, to, value);
}

/* Addresses are unique among people: who has the lead's is that person already (4). */
static struct sb_record *person_of(struct sb_call *call, const struct sb_record *lead,
				   const json_t *details, const struct sb_record *company)
{
	static const char *const same[] = { "name", "assignee_id", "address", "details", "tags",
					    "socials", "websites", "phone_numbers", "title" };
	json_t *values = json_keep(call->arena, json_object());
	struct sb_object *people = sb_object_find(call->account, "people");
	json_t *email = sb_record_value_of(lead, "email");
	const char *address = json_string_of(email, "email");
	struct sb_record *known =
		address && sb_switch(call->account, "unique_emails") ?
			sb_copper_person_by(call, address) :
			NULL;

	for (size_t i = 0; i < ARRAY_LEN(same); i++)
		copy(values, same[i], lead, same[i]);
	for (size_t i = 0; i < sb_object_nfields(lead->object); i++) {
		const struct sb_field *field = sb_object_field(lead->object, i);

		if (field->flags & SB_CUSTOM && sb_field_find(people, field->name))
			copy(values, field->name, lead, field->name);
	}
	if (email && known)
		json_decref(email);
	else if (email)
		json_object_set_new(values, "emails", json_pack("[o]", email));
	if (json_string_of(details, "name"))
		json_object_set(values, "name", json_object_get(details, "name"));
	if (company)
		json_object_set_new(values, "company_id",
				    json_integer(sb_id_number(company->id)));
	if (known) {
		sb_copper_update(call, known, values);
		return known;
	}
	return sb_copper_create(call, people, values);
}

/* Whether names are the same but for case, or, unless `is_exact`, but for words behind:
 * "Acme" and "Acme Ltd". */
static bool is_same_company(const char *have, const char *name, bool is_exact)
{
	size_t len = strlen(name), had = strlen(have);
	const char *longer = len > had ? name : have;
	size_t least = len > had ? had : len;

	if (text_equal_nocase(have, name))
		return true;
	return !is_exact && least && strncasecmp(have, name, least) == 0 && longer[least] == ' ';
}

/* {"name": ""} keeps a company from being guessed from the lead's (5). */
static struct sb_record *company_of(struct sb_call *call, const struct sb_record *lead,
				    const json_t *details)
{
	struct sb_object *companies = sb_object_find(call->account, "companies");
	const char *name = json_string_of(details, "name");
	bool is_exact = json_is_true(json_object_get(details, "exact_match"));

	if (!name)
		name = sb_record_text_of(lead, "company_name", call->arena);
	if (text_is_empty(name))
		return NULL;
	for (size_t i = 0; i < sb_object_count(companies); i++) {
		struct sb_record *company = sb_object_record(companies, i);
		const char *have = sb_record_text_of(company, "name", call->arena);

		if (company->state == SB_LIVE && have && is_same_company(have, name, is_exact))
			return company;
	}
	return sb_copper_create(call, companies,
				json_keep(call->arena, json_pack("{ss}", "name", name)));
}

static struct sb_record *opportunity_of(struct sb_call *call, const json_t *details,
					const struct sb_record *person)
{
	struct sb_object *opportunities = sb_object_find(call->account, "opportunities");
	struct sb_copper_refusal refusal;
	json_t *values = sb_copper_values(call, opportunities, details, NULL, &refusal);

	if (!values)
		return NULL;
	json_object_set_new(values, "primary_contact_id",
			    json_integer(sb_id_number(person->id)));
	return sb_copper_create(call, opportunities, values);
}

static void set_if(struct sb_call *call, json_t *json, const char *name,
		   const struct sb_record *record)
{
	if (record)
		json_object_set_new(json, name, sb_copper_json(call, record));
}

void sb_copper_convert(struct sb_call *call)
{
	struct sb_record *lead = sb_copper_record_of(call);
	const json_t *body = lead ? sb_json(call) : NULL;
	const json_t *details = json_object_get(body, "details");
	const json_t *wanted = json_object_get(details, "opportunity");
	struct sb_record *company, *person, *opportunity = NULL;
	json_t *json;

	if (!body)
		return;
	sb_begin(call);
	company = company_of(call, lead, json_object_get(details, "company"));
	person = person_of(call, lead, json_object_get(details, "person"), company);
	if (person && wanted)
		opportunity = opportunity_of(call, wanted, person);
	if (!person || (wanted && !opportunity)) {
		sb_rollback(call);
		sb_copper_fail(call, 422, "Invalid input: Validation errors: Details: Invalid "
					  "value for Details");
		return;
	}
	sb_record_delete(call, lead);
	sb_commit(call);
	json = json_object();
	set_if(call, json, "person", person);
	set_if(call, json, "company", company);
	set_if(call, json, "opportunity", opportunity);
	sb_reply_json(call, 200, json);
}
