/* leadsquared_write.c - writing one lead: arrays of attributes, what they must be, and by
 * what a lead is found (4, 5, 9). Threads: under the sandbox's lock. */
#include <ctype.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/leadsquared.h"

#define SET_TEXT_MAX 200 /* characters of a member of a set */

/* --- reading attributes --- */

/* "<script>", "</b>", "<!--": what LeadSquared takes for markup. */
static bool has_markup(const char *text)
{
	for (; (text = strchr(text, '<')); text++)
		if (isalpha((unsigned char)text[1]) || text[1] == '/' || text[1] == '!')
			return true;
	return false;
}

static bool is_flag(const char *text)
{
	static const char *const flags[] = { "0", "1", "true", "false" };

	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (text_equal_nocase(text, flags[i]))
			return true;
	return false;
}

/* What is wrong with a text for a field, or NULL. */
static const char *misfit(struct sb_call *call, const struct sb_field *field, const char *text)
{
	json_t *value = json_keep(call->arena, json_string(text));
	int64_t ms;

	if (field->type == SB_BOOLEAN)
		return is_flag(text) ? NULL : "is not 0 or 1";
	if (field->type == SB_REFERENCE)
		return sb_live_find(call->account, field->refers_to, text) ? NULL :
									      "is not a user";
	if (text_equal(field->kind, "Date") && field->type == SB_TEXT)
		return lsq_time_parse(text, &ms) || strlen(text) == 10 ? NULL : "is not a date";
	switch (sb_field_check(field, value, SB_WIRE_TEXT)) {
	case SB_FITS:
		return NULL;
	case SB_TOO_LONG:
		return "is too long";
	case SB_NOT_OPTION:
		return "is not an option";
	case SB_NOT_TEXT:
	case SB_NOT_NUMBER:
	case SB_NOT_INTEGER:
	case SB_NOT_BOOLEAN:
	case SB_NOT_DATE:
	case SB_NOT_DATETIME:
	case SB_NOT_EMAIL:
		break;
	}
	return "is invalid";
}

static const char *kept(const struct sb_field *field, const char *text)
{
	if (field->type != SB_BOOLEAN)
		return text;
	return text_equal_nocase(text, "true") || strcmp(text, "1") == 0 ? "1" : "0";
}

static void take(struct sb_call *call, const struct sb_field *field, const json_t *value,
		 struct lsq_write *write, struct lsq_refusal *refusal)
{
	const char *text = lsq_value_text(call->arena, value), *wrong;

	if (json_is_object(value) || json_is_array(value))
		lsq_wrong(call, refusal, lsq_invalid, "The value of '%s' is invalid", field->name);
	else if (text_is_empty(text) && field->flags & SB_REQUIRED)
		lsq_wrong(call, refusal, lsq_mandatory, "'%s' is mandatory", field->name);
	else if (text_is_empty(text))
		json_object_set_new(write->values, field->name, json_null());
	else if (has_markup(text))
		lsq_wrong(call, refusal, lsq_script, "The value of '%s' may hold a script",
			  field->name);
	else if ((wrong = misfit(call, field, text)))
		lsq_wrong(call, refusal, lsq_invalid, "The value of '%s' %s", field->name, wrong);
	else
		json_object_set_new(write->values, field->name,
				    json_string(kept(field, text)));
	if (field->flags & SB_CUSTOM && field->flags & SB_UNIQUE && text)
		call->key = text;
}

/* {"Attribute":"mx_KYC","Value":"","Fields":[{"Attribute":"Status","Value":"Pending"}]}: the
 * members that are not named stay. */
static void take_set(struct sb_call *call, const struct sb_field *field, const json_t *members,
		     struct lsq_write *write, struct lsq_refusal *refusal)
{
	json_t *set = json_object(), *item;
	size_t i;

	json_object_set_new(write->values, field->name, set);
	json_array_foreach((json_t *)members, i, item) {
		const char *name = json_string_of(item, "Attribute");
		const char *text = lsq_value_text(call->arena, json_object_get(item, "Value"));

		if (!lsq_set_has(name))
			lsq_wrong(call, refusal, lsq_unknown_attribute,
				  "Attribute '%.64s' does not exist in '%s'", name ? name : "",
				  field->name);
		else if (text && has_markup(text))
			lsq_wrong(call, refusal, lsq_script,
				  "The value of '%s' may hold a script", name);
		else if (text && text_length(text) > SET_TEXT_MAX)
			lsq_wrong(call, refusal, lsq_invalid, "The value of '%s' is too long",
				  name);
		else
			json_object_set_new(set, name, text ? json_string(text) : json_null());
	}
}

static bool is_set(const struct sb_field *field)
{
	return field->type == SB_JSON && text_equal(field->kind, "CustomObject");
}

static void take_attribute(struct sb_call *call, const json_t *item, struct lsq_write *write,
			   struct lsq_refusal *refusal)
{
	const char *name = json_string_of(item, "Attribute");
	const json_t *value = json_object_get(item, "Value");
	const struct sb_field *field = name ? sb_field_find(lsq_leads(call), name) : NULL;

	if (text_is_empty(name))
		lsq_wrong(call, refusal, lsq_invalid, "An item has no 'Attribute'");
	else if (strcmp(name, "SearchBy") == 0)
		write->search_by = json_string_value(value);
	else if (strcmp(name, "ProspectID") == 0)
		write->id = json_string_value(value);
	else if (!field || field->flags & SB_HIDDEN)
		lsq_wrong(call, refusal, lsq_unknown_attribute,
			  "Attribute '%.64s' does not exist", name);
	else if (field->flags & SB_READ_ONLY)
		lsq_wrong(call, refusal, lsq_invalid, "Attribute '%s' is read only", field->name);
	else if (is_set(field) != json_is_array(json_object_get(item, "Fields")))
		lsq_wrong(call, refusal, lsq_invalid, "Attribute '%s' is %s set of fields",
			  field->name, is_set(field) ? "a" : "no");
	else if (is_set(field))
		take_set(call, field, json_object_get(item, "Fields"), write, refusal);
	else
		take(call, field, value, write, refusal);
}

static bool may_search_by(struct sb_call *call, const char *name)
{
	const struct sb_field *field = sb_field_find(lsq_leads(call), name);

	return strcmp(name, "ProspectID") == 0 ||
	       (field && !(field->flags & SB_HIDDEN) &&
		(field->flags & SB_UNIQUE || sb_switch(call->account, "search_by_any")));
}

bool lsq_read_write(struct sb_call *call, const json_t *attributes, struct lsq_write *write,
		    struct lsq_refusal *refusal)
{
	size_t i;
	json_t *item;

	*write = (struct lsq_write){ .values = json_keep(call->arena, json_object()) };
	*refusal = (struct lsq_refusal){ NULL, NULL };
	call->key = NULL;
	json_array_foreach((json_t *)attributes, i, item)
		take_attribute(call, item, write, refusal);
	if (!json_is_array(attributes))
		lsq_wrong(call, refusal, lsq_invalid, "A lead is an array of attributes");
	if (write->search_by && !may_search_by(call, write->search_by))
		lsq_wrong(call, refusal, lsq_invalid,
			  "SearchBy '%.64s' is not a unique field of leads", write->search_by);
	return !refusal->type;
}

/* --- one lead --- */

static bool is_clash(struct sb_call *call, const json_t *values, const struct sb_record *except,
		     struct lsq_refusal *refusal)
{
	struct sb_field *field;
	const struct sb_record *other =
		sb_record_clash(lsq_leads(call), values, except, &field);

	if (!other)
		return false;
	lsq_wrong(call, refusal, lsq_duplicate,
		  "Duplicate entry '%s' for key 'UQ_Prospect_Base_%s'",
		  json_string_of(values, field->name), field->name);
	return true;
}

/* One of these makes a lead (4). */
static bool has_somebody(const json_t *values)
{
	static const char *const any[] = { "FirstName", "LastName", "EmailAddress", "Phone" };

	for (size_t i = 0; i < ARRAY_LEN(any); i++)
		if (json_string_of(values, any[i]))
			return true;
	return false;
}

static void check_mandatory(struct sb_call *call, const json_t *values,
			    struct lsq_refusal *refusal)
{
	const struct sb_object *leads = lsq_leads(call);

	if (!has_somebody(values))
		lsq_wrong(call, refusal, lsq_mandatory,
			  "One of 'FirstName', 'LastName', 'EmailAddress' or 'Phone' is "
			  "mandatory");
	for (size_t i = 0; i < sb_object_nfields(leads); i++) {
		const struct sb_field *field = sb_object_field(leads, i);

		if (field->flags & SB_REQUIRED && !(field->flags & (SB_DEFAULTED | SB_ARCHIVED)) &&
		    !json_string_of(values, field->name))
			lsq_wrong(call, refusal, lsq_mandatory, "'%s' is mandatory", field->name);
	}
}

static void fill(struct sb_call *call, struct sb_record *lead, const char *name,
		 const char *text)
{
	if (sb_field_find(lead->object, name) && !sb_record_text_of(lead, name, call->arena))
		sb_record_derive(call, lead, name, json_string(text));
}

void lsq_complete(struct sb_call *call, struct sb_record *lead)
{
	static const struct {
		const char *name, *text;
	} defaults[] = {
		{ "Origin", "API" },	   { "ProspectStage", "New Lead" },
		{ "StatusCode", "0" },	   { "StatusReason", "0" },
		{ "Score", "0" },	   { "EngagementScore", "0" },
		{ "QualityScore01", "0" }, { "DoNotEmail", "0" },
		{ "DoNotCall", "0" },	   { "LeadType", "OT_0" },
	};
	const char *user = call->token ? lsq_api_user(call->account) :
					 lsq_other_user(call->account);

	fill(call, lead, "OwnerId", user);
	fill(call, lead, "CreatedBy", user);
	fill(call, lead, "ModifiedBy", user);
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
		fill(call, lead, defaults[i].name, defaults[i].text);
}

static const struct lsq_written nothing = { NULL, false, false };

struct lsq_written lsq_create(struct sb_call *call, struct lsq_write *write,
			      struct lsq_refusal *refusal)
{
	struct sb_record *lead;

	check_mandatory(call, write->values, refusal);
	if (refusal->type || is_clash(call, write->values, NULL, refusal))
		return nothing;
	lead = sb_record_create(call, lsq_leads(call), write->values, NULL);
	if (!lead) {
		lsq_wrong(call, refusal, "MXUnknownException", "the sandbox is full");
		return nothing;
	}
	lsq_complete(call, lead);
	return (struct lsq_written){ lead, true, false };
}

/* What a set has already, and is not written now. */
static void keep_members(struct sb_call *call, const struct sb_record *lead, json_t *values)
{
	const char *name;
	json_t *value;

	json_object_foreach(values, name, value)
		if (json_is_object(value))
			json_object_update_missing(
				value, json_keep(call->arena, sb_record_value_of(lead, name)));
}

struct lsq_written lsq_update(struct sb_call *call, struct sb_record *lead,
			      struct lsq_write *write, struct lsq_refusal *refusal)
{
	const char *type = json_string_of(write->values, "LeadType");

	/* Settable once (4). */
	if (type && !text_equal(type, sb_record_text_of(lead, "LeadType", call->arena)))
		lsq_wrong(call, refusal, lsq_invalid, "'LeadType' cannot be changed");
	if (refusal->type || is_clash(call, write->values, lead, refusal))
		return nothing;
	keep_members(call, lead, write->values);
	json_object_set_new(write->values, "ModifiedBy",
			    json_string(lsq_api_user(call->account)));
	sb_record_update(call, lead, write->values);
	return (struct lsq_written){ lead, false, true };
}

/* --- by what a lead is found (5) --- */

static struct sb_record *found_by(struct sb_call *call, const struct lsq_write *write,
				  const char *name)
{
	const struct sb_field *field = sb_field_find(lsq_leads(call), name);
	const char *text = json_string_of(write->values, name);

	if (strcmp(name, "ProspectID") == 0)
		return sb_live_find(call->account, "leads", write->id);
	if (!field || !text)
		return NULL;
	if (field->flags & SB_INDEXED)
		return sb_record_by(field, text);
	for (size_t i = 0; i < sb_object_count(lsq_leads(call)); i++) {
		struct sb_record *lead = sb_object_record(lsq_leads(call), i);
		const char *has = sb_record_text(lead, field, call->arena);

		if (lead->state == SB_LIVE && has && text_equal_nocase(has, text))
			return lead;
	}
	return NULL;
}

struct lsq_written lsq_create_or_update(struct sb_call *call, struct lsq_write *write,
					struct lsq_refusal *refusal)
{
	const char *by = write->search_by;
	struct sb_record *lead;

	/* By default the address alone, else the phone alone: a lead that has this phone and
	 * another address is not found, and then clashes. */
	if (!by)
		by = json_string_of(write->values, "EmailAddress") ? "EmailAddress" : "Phone";
	lead = found_by(call, write, by);
	return lead ? lsq_update(call, lead, write, refusal) : lsq_create(call, write, refusal);
}

/* A lead of that id whose address is another is no match (5). */
static struct sb_record *captured_by_id(struct sb_call *call, const struct lsq_write *write,
					bool *is_other)
{
	struct sb_record *lead = sb_live_find(call->account, "leads", write->id);
	const char *wanted = json_string_of(write->values, "EmailAddress"), *has;

	if (!lead)
		return NULL;
	has = sb_record_text_of(lead, "EmailAddress", call->arena);
	*is_other = wanted && has && !text_equal_nocase(wanted, has);
	return *is_other ? NULL : lead;
}

static struct sb_record *captured(struct sb_call *call, const struct lsq_write *write)
{
	bool is_other = false;
	struct sb_record *lead;

	if (write->search_by)
		return found_by(call, write, write->search_by);
	lead = captured_by_id(call, write, &is_other);
	if (!lead && !is_other)
		lead = found_by(call, write, "EmailAddress");
	if (!lead && !is_other)
		lead = found_by(call, write, "Phone");
	return lead;
}

/* Drops what a capture leaves alone: the source always, more by behaviour. */
static void keep_what_stays(struct sb_call *call, const struct sb_record *lead,
			    struct lsq_write *write, enum lsq_behaviour behaviour)
{
	json_object_del(write->values, "Source");
	for (size_t i = 0; i < sb_object_nfields(lead->object); i++) {
		const struct sb_field *field = sb_object_field(lead->object, i);
		bool stays = (behaviour == LSQ_ONLY_EMPTY &&
			      !text_is_empty(sb_record_text(lead, field, call->arena))) ||
			     (behaviour == LSQ_NOT_UNIQUE && field->flags & SB_UNIQUE);

		if (stays)
			json_object_del(write->values, field->name);
	}
}

struct lsq_written lsq_capture(struct sb_call *call, struct lsq_write *write,
			       enum lsq_behaviour behaviour, struct lsq_refusal *refusal)
{
	struct sb_record *lead = captured(call, write);

	if (!lead)
		return lsq_create(call, write, refusal);
	if (behaviour == LSQ_DO_NOT_UPDATE)
		return (struct lsq_written){ lead, false, false };
	keep_what_stays(call, lead, write, behaviour);
	return lsq_update(call, lead, write, refusal);
}

/* --- the operations --- */

/* The write of the body; false after a refusal. */
static bool read_body(struct sb_call *call, struct lsq_write *write,
		      struct lsq_refusal *refusal)
{
	const json_t *body = lsq_body(call);

	if (!body)
		return false;
	if (lsq_read_write(call, body, write, refusal))
		return true;
	lsq_refuse(call, refusal);
	return false;
}

void lsq_post_create(struct sb_call *call)
{
	struct lsq_refusal refusal;
	struct lsq_written written;
	struct lsq_write write;

	if (!read_body(call, &write, &refusal))
		return;
	written = lsq_create(call, &write, &refusal);
	if (written.lead)
		lsq_success(call, json_pack("{ss}", "Id", written.lead->id));
	else
		lsq_refuse(call, &refusal);
}

void lsq_post_update(struct sb_call *call)
{
	const char *id = sb_query(call, "leadId");
	struct sb_record *lead = sb_live_find(call->account, "leads", id);
	struct lsq_refusal refusal;
	struct lsq_write write;

	if (!read_body(call, &write, &refusal))
		return;
	if (text_is_empty(id))
		lsq_wrong(call, &refusal, lsq_mandatory, "'leadId' is mandatory for updating lead");
	else if (!lead)
		lsq_wrong(call, &refusal, lsq_gone, "Lead not found");
	if (lead && lsq_update(call, lead, &write, &refusal).lead)
		lsq_success(call, json_pack("{si}", "AffectedRows", 1));
	else
		lsq_refuse(call, &refusal);
}

void lsq_post_create_or_update(struct sb_call *call)
{
	struct lsq_refusal refusal;
	struct lsq_written written;
	struct lsq_write write;

	if (!read_body(call, &write, &refusal))
		return;
	written = lsq_create_or_update(call, &write, &refusal);
	if (written.lead)
		lsq_success(call, json_pack("{ss si}", "Id", written.lead->id, "AffectedRows", 1));
	else
		lsq_refuse(call, &refusal);
}

static bool read_behaviour(struct sb_call *call, enum lsq_behaviour *behaviour)
{
	static const char *const names[] = { [LSQ_DO_NOT_UPDATE] = "DoNotUpdate",
					     [LSQ_ONLY_EMPTY] = "UpdateOnlyEmptyFields",
					     [LSQ_NOT_UNIQUE] = "DoNotUpdateUniqueFields" };
	const char *text = sb_query(call, "LeadUpdateBehavior");

	*behaviour = LSQ_UPDATE;
	if (text_is_empty(text))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i] && text_equal(names[i], text))
			*behaviour = (enum lsq_behaviour)i;
	if (*behaviour == LSQ_UPDATE)
		lsq_fail(call, lsq_invalid, "LeadUpdateBehavior is invalid");
	return *behaviour != LSQ_UPDATE;
}

/* Clients read Id and RelatedId: which of them holds the lead is a doubt of the sheet. */
void lsq_post_capture(struct sb_call *call)
{
	enum lsq_behaviour behaviour;
	struct lsq_refusal refusal;
	struct lsq_written written;
	struct lsq_write write;
	char other[SB_UUID_SIZE];
	bool is_related;

	if (!read_body(call, &write, &refusal) || !read_behaviour(call, &behaviour))
		return;
	written = lsq_capture(call, &write, behaviour, &refusal);
	if (!written.lead) {
		lsq_refuse(call, &refusal);
		return;
	}
	is_related = sb_switch(call->account, "lead_in_related_id") == 1;
	sb_rng_uuid(&call->rng, other);
	lsq_success(call, json_pack("{ss ss sb}", "Id", is_related ? other : written.lead->id,
				    "RelatedId", written.lead->id, "IsCreated",
				    written.is_created));
}
