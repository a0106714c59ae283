/* meta_leads.c - Meta's Lead Ads: forms, leads, the catch-up read (sources 1). Threads: under
 * the sandbox's lock. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/meta.h"
#include "sandbox/opening.h"
#include "sandbox/render.h"
#include "sandbox/person.h"

#define KEPT_MS (90 * CLOCK_DAY) /* leads are readable this long */

static void page_id(const struct sb_object *object, uint64_t number, char id[64])
{
	snprintf(id, 64, "10%llu%03llu",
		 (unsigned long long)sb_object_account(object)->remote_id,
		 (unsigned long long)number);
}

static void form_id(const struct sb_object *object, uint64_t number, char id[64])
{
	snprintf(id, 64, "55%llu%09llu",
		 (unsigned long long)sb_object_account(object)->remote_id,
		 (unsigned long long)number);
}

/* Beyond what a double can hold. */
static void lead_id(const struct sb_object *object, uint64_t number, char id[64])
{
	snprintf(id, 64, "71%llu%010llu",
		 (unsigned long long)sb_object_account(object)->remote_id,
		 (unsigned long long)number);
}

static const struct sb_field_spec page_fields[] = {
	{ "name", "Name", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
};
static const struct sb_field_spec form_fields[] = {
	{ "name", "Name", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "page_id", "Page", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
};
static const struct sb_field_spec lead_fields[] = {
	{ "form_id", "Form", SB_TEXT, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "ad_id", "Ad", SB_TEXT, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "ad_name", "Ad", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "adset_id", "Ad set", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "adset_name", "Ad set", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "campaign_id", "Campaign", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "campaign_name", "Campaign", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "platform", "Platform", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "is_organic", "Organic", SB_BOOLEAN, 0, 0, NULL, NULL, NULL, NULL },
	{ "field_data", "Answers", SB_JSON, 0, 0, NULL, NULL, NULL, NULL },
	{ "custom_disclaimer_responses", "Consents", SB_JSON, 0, 0, NULL, NULL, NULL, NULL },
};

void meta_open_leads(struct sb_account *account)
{
	struct sb_object_spec pages = { .name = "pages", .label = "Pages", .first = 1,
					.make_id = page_id };
	struct sb_object_spec forms = { .name = "forms", .label = "Forms", .first = 1,
					.make_id = form_id };
	struct sb_object_spec leads = { .name = "leads", .label = "Leads", .first = 1,
					.make_id = lead_id };
	struct arena *arena = arena_new();
	struct sb_record *page;
	struct sb_call call = sb_opening_call(account, arena);

	sb_fields_add(sb_object_add(account, &pages), page_fields, ARRAY_LEN(page_fields));
	sb_fields_add(sb_object_add(account, &forms), form_fields, ARRAY_LEN(form_fields));
	sb_fields_add(sb_object_add(account, &leads), lead_fields, ARRAY_LEN(lead_fields));
	page = sb_record_add(&call, "pages", json_pack("{ss}", "name", "Sea View Homes"), NULL);
	sb_record_add(&call, "forms",
		      json_pack("{ss ss}", "name", "Enquiry", "page_id", page->id), NULL);
	sb_record_add(&call, "forms",
		      json_pack("{ss ss}", "name", "Brochure", "page_id", page->id), NULL);
	arena_free(arena);
}

json_t *meta_lead_json(const struct sb_record *lead)
{
	json_t *json = json_pack("{ss so}", "id", lead->id, "created_time",
				 meta_time(lead->created_at));

	for (size_t i = 0; i < ARRAY_LEN(lead_fields); i++) {
		json_t *value = sb_record_value_of(lead, lead_fields[i].name);

		if (value)
			json_object_set_new(json, lead_fields[i].name, value);
	}
	return json;
}

/* --- reading them again (1.5) --- */

/* `filtering` knows one field here: time_created, GREATER_THAN or LESS_THAN seconds. */
static bool read_filter(struct sb_call *call, int64_t *after, int64_t *before)
{
	const char *text = sb_query(call, "filtering");
	json_t *filters, *filter;
	size_t i;

	*after = 0;
	*before = INT64_MAX;
	if (!text)
		return true;
	filters = json_parse(call->arena, text, strlen(text), &json_limits_lead, NULL);
	if (!json_is_array(filters))
		return false;
	json_array_foreach(filters, i, filter) {
		const char *op = json_string_of(filter, "operator");
		const json_t *value = json_object_get(filter, "value");
		int64_t seconds;

		if (!text_equal(json_string_of(filter, "field"), "time_created"))
			return false;
		if (json_is_integer(value))
			seconds = json_integer_value(value);
		else if (!json_is_string(value) || !text_int(json_string_value(value), &seconds))
			return false;
		if (text_equal(op, "GREATER_THAN"))
			*after = (seconds + 1) * 1000;
		else if (text_equal(op, "GREATER_THAN_OR_EQUAL"))
			*after = seconds * 1000;
		else if (text_equal(op, "LESS_THAN"))
			*before = seconds * 1000;
		else
			return false;
	}
	return true;
}

void meta_list_form_leads(struct sb_call *call)
{
	const struct sb_object *leads = sb_object_find(call->account, "leads");
	const char *field = meta_record(call, "forms") ? "form_id" : "ad_id";
	const char *of = sb_param(call, 0);
	int64_t after, before;
	json_t *list;

	if (text_equal(field, "ad_id") && !sb_record_by(sb_field_find(leads, "ad_id"), of)) {
		meta_fail(call, 400, 100, 33, "Unsupported get request. Object with ID '%s' does "
					      "not exist",
			  of);
		return;
	}
	if (!read_filter(call, &after, &before)) {
		meta_fail(call, 400, 100, 0, "(#100) param filtering is not valid");
		return;
	}
	list = json_array();
	for (size_t i = sb_object_count(leads); i-- > 0;) {
		struct sb_record *lead = sb_object_record(leads, i);

		if (lead->state == SB_LIVE && lead->created_at >= after &&
		    lead->created_at < before && call->now - lead->created_at < KEPT_MS &&
		    text_equal(sb_record_text_of(lead, field, call->arena), of))
			json_array_append_new(
				list, meta_fields(call,
						  json_keep(call->arena,
							    meta_lead_json(lead)),
						  "id,created_time,field_data"));
	}
	meta_page(call, list);
}

/* --- telling of a new one (1.2) --- */

static json_t *id_json(struct sb_call *call, const char *id)
{
	int64_t number;

	return sb_switch(call->account, "numeric_ids") && text_int(id, &number) ?
		       json_integer(number) :
		       json_string(id);
}

void meta_lead_created(struct sb_call *call, const struct sb_record *lead)
{
	const struct sb_object *forms = sb_object_find(call->account, "forms");
	const char *form = sb_record_text_of(lead, "form_id", call->arena);
	const char *ad = sb_record_text_of(lead, "ad_id", call->arena), *page;
	struct sb_record *of = form ? sb_record_find(forms, form) : NULL;
	json_t *value;

	if (!of)
		return;
	page = sb_record_text_of(of, "page_id", call->arena);
	value = json_pack("{so so so sI}", "leadgen_id", id_json(call, lead->id), "page_id",
			  id_json(call, page), "form_id", id_json(call, form), "created_time",
			  (json_int_t)(lead->created_at / 1000));
	if (ad) { /* absent of organic and test leads */
		json_object_set_new(value, "ad_id", id_json(call, ad));
		json_object_set_new(value, "adgroup_id", id_json(call, ad));
	}
	meta_tell(call, "page", page, "leadgen", value);
}

static json_t *answer(const char *name, const char *text)
{
	return json_pack("{ss s[s]}", "name", name, "values", text);
}

void meta_seed_lead(struct sb_call *call, const struct sb_person *person)
{
	const struct sb_object *forms = sb_object_find(call->account, "forms");
	json_t *data = json_array();

	json_array_append_new(data, json_pack("{ss s[o]}", "name", "full_name", "values",
					      sb_json_printf("%s %s", person->first_name,
							     person->last_name)));
	json_array_append_new(data, answer("phone_number", person->phone));
	json_array_append_new(data, answer("email", person->email));
	json_array_append_new(data, answer("city", person->city));
	json_array_append_new(data, answer("which_flat_size?", "2_bhk"));
	sb_record_add(call, "leads",
		      json_pack("{ss ss ss ss ss ss ss ss sb so}", "form_id",
				sb_object_record(forms, 0)->id, "ad_id", "660001112223334",
				"ad_name", "Balcony", "adset_id", "660001112220000", "adset_name",
				"Near", "campaign_id", "660001112000000", "campaign_name", "Launch",
				"platform", person->number % 2 ? "ig" : "fb", "is_organic", 0,
				"field_data", data),
		      NULL);
}
