/* hubspot_links.c - associations (fact sheet 6). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/hubspot.h"
#include "sandbox/links.h"
#include "sandbox/render.h"

/* Numbers as in the fact sheet where it has them; those seen from the other end, and the
 * rest, are the vendor's usual ones (unconfirmed there). The first line of a pair is its
 * default. */
static const struct hubspot_link_type types[] = {
	{ "contacts", "companies", 279, 280, "contact_to_company_unlabeled", NULL },
	{ "contacts", "companies", 1, 2, "contact_to_company", "Primary" },
	{ "contacts", "deals", 4, 3, "contact_to_deal", NULL },
	{ "companies", "deals", 6, 5, "company_to_deal", NULL },
	{ "contacts", "contacts", 449, 449, "contact_to_contact", NULL },
	{ "companies", "companies", 450, 450, "company_to_company", NULL },
	{ "leads", "contacts", 578, 579, "lead_to_primary_contact", "Primary" },
	{ "leads", "companies", 610, 611, "lead_to_company", NULL },
	{ "tickets", "contacts", 16, 15, "ticket_to_contact", NULL },
	{ "tickets", "companies", 339, 340, "ticket_to_company", NULL },
	{ "tickets", "deals", 28, 27, "ticket_to_deal", NULL },
	{ "notes", "contacts", 202, 201, "note_to_contact", NULL },
	{ "notes", "companies", 190, 189, "note_to_company", NULL },
	{ "notes", "deals", 214, 213, "note_to_deal", NULL },
	{ "tasks", "contacts", 204, 203, "task_to_contact", NULL },
	{ "tasks", "companies", 192, 191, "task_to_company", NULL },
	{ "tasks", "deals", 216, 215, "task_to_deal", NULL },
	{ "calls", "contacts", 194, 193, "call_to_contact", NULL },
	{ "calls", "companies", 182, 181, "call_to_company", NULL },
	{ "calls", "deals", 206, 205, "call_to_deal", NULL },
	{ "meetings", "contacts", 200, 199, "meeting_to_contact", NULL },
	{ "meetings", "companies", 188, 187, "meeting_to_company", NULL },
	{ "meetings", "deals", 212, 211, "meeting_to_deal", NULL },
	{ "emails", "contacts", 198, 197, "email_to_contact", NULL },
	{ "emails", "companies", 186, 185, "email_to_company", NULL },
	{ "emails", "deals", 210, 209, "email_to_deal", NULL },
};

/* Entry `i` seen from the records of `from`: 1 as it stands, -1 from its other end, 0 not. */
static int direction(size_t i, const char *from, const char *to)
{
	if (strcmp(types[i].from, from) == 0 && strcmp(types[i].to, to) == 0)
		return 1;
	return strcmp(types[i].from, to) == 0 && strcmp(types[i].to, from) == 0 ? -1 : 0;
}

bool hubspot_link_type(const struct sb_object *from, const struct sb_object *to, int *type,
		       int *back, const char **title)
{
	const char *a = hubspot_kind_of(from)->name, *b = hubspot_kind_of(to)->name;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		const struct hubspot_link_type *t = &types[i];
		int way = direction(i, a, b), seen = way > 0 ? t->type : t->back;

		if (!way || (*type && *type != seen))
			continue;
		*type = seen;
		*back = way > 0 ? t->back : t->type;
		if (title)
			*title = t->title;
		return true;
	}
	return false;
}

/* "contact_to_deal" seen from the deal is "deal_to_contact"; "_unlabeled" stays behind. */
static json_t *label_json(const struct sb_record *from, const struct sb_object *to, int type)
{
	static const char mark[] = "_unlabeled";
	const char *a = hubspot_kind_of(from->object)->name, *b = hubspot_kind_of(to)->name;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		const struct hubspot_link_type *t = &types[i];
		const char *second = strstr(t->label, "_to_") + 4, *end = strstr(second, mark);
		int way = direction(i, a, b);

		if (way > 0 && t->type == type)
			return json_string(t->label);
		if (way < 0 && t->back == type)
			return sb_json_printf("%.*s_to_%.*s%s",
					      (int)(end ? (size_t)(end - second) : strlen(second)),
					      second, (int)(second - 4 - t->label), t->label,
					      end ? end : "");
	}
	return json_string("");
}

static void refuse(struct sb_call *call, struct hubspot_refusal *refusal, const char *message)
{
	*refusal = (struct hubspot_refusal){ .status = 400,
					     .category = "VALIDATION_ERROR",
					     .message = arena_strdup(call->arena, message) };
}

/* The type belongs to a pair of kinds: it tells what the other record is. */
static struct sb_object *other_kind(struct sb_call *call, const struct sb_object *from,
				    int number)
{
	for (size_t i = 0; i < hubspot_nkinds; i++) {
		struct sb_object *to = sb_object_find(call->account, hubspot_kinds[i].name);
		int type = number, back;

		if (hubspot_link_type(from, to, &type, &back, NULL))
			return to;
	}
	return NULL;
}

static bool associate_one(struct sb_call *call, struct sb_record *record, const json_t *item,
			  const json_t *spec, struct hubspot_refusal *refusal)
{
	const json_t *to_id = json_object_get(json_object_get(item, "to"), "id");
	int type = (int)json_int_of(spec, "associationTypeId", 0), back = 0;
	const char *id = sb_id_text(call->arena, to_id);
	struct sb_object *kind = type ? other_kind(call, record->object, type) : NULL;
	struct sb_record *other;
	bool is_bad;

	if (!kind || !id) {
		refuse(call, refusal,
		       arena_printf(call->arena, "No association type %d exists between these "
						 "object types",
				    type));
		return false;
	}
	other = hubspot_object_find(kind, id, NULL, &is_bad);
	if (!other) {
		*refusal = (struct hubspot_refusal){
			.status = 404,
			.category = "OBJECT_NOT_FOUND",
			.message = arena_printf(call->arena, "%s with id %s does not exist",
						hubspot_kind_of(kind)->noun, id),
		};
		return false;
	}
	hubspot_link_type(record->object, kind, &type, &back, NULL);
	sb_link_add(call, record, other, type, back);
	return true;
}

bool hubspot_associate(struct sb_call *call, struct sb_record *record,
		       const json_t *associations, struct hubspot_refusal *refusal)
{
	size_t i, j;
	json_t *item, *spec;

	json_array_foreach((json_t *)associations, i, item) {
		json_array_foreach(json_object_get(item, "types"), j, spec)
			if (!associate_one(call, record, item, spec, refusal))
				return false;
	}
	return true;
}

/* Unlabelled and labelled links to one record are two lines, as in the vendor's answers. */
static json_t *links_of(const struct sb_record *record, const struct sb_object *to)
{
	json_t *list = json_array();
	const struct sb_link *link = NULL;

	while ((link = sb_link_next(record, to, link))) {
		json_array_insert_new(list, 0,
				      json_pack("{ss so}", "id", link->to->id, "type",
						label_json(record, to, link->type)));
	}
	return list;
}

json_t *hubspot_associations(struct sb_call *call, const struct sb_record *record,
			     const char *kinds)
{
	json_t *all = json_object();

	while (*kinds) {
		size_t len = strcspn(kinds, ",");
		const char *name = text_trim(call->arena,
					     arena_strndup(call->arena, kinds, len));
		const struct sb_object *to = sb_object_find(call->account, name);
		json_t *list = to ? links_of(record, to) : NULL;

		if (json_array_size(list))
			json_object_set_new(all, sb_object_spec(to)->name,
					    json_pack("{so}", "results", list));
		else
			json_decref(list);
		kinds += len + (kinds[len] == ',');
	}
	if (json_object_size(all))
		return all;
	json_decref(all);
	return NULL;
}
