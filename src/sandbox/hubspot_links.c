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
	{ "notes", "contacts", 202, 201, "note_to_contact", NULL },
	{ "notes", "companies", 190, 189, "note_to_company", NULL },
	{ "notes", "deals", 214, 213, "note_to_deal", NULL },
	{ "tasks", "contacts", 204, 203, "task_to_contact", NULL },
	{ "tasks", "companies", 192, 191, "task_to_company", NULL },
	{ "tasks", "deals", 216, 215, "task_to_deal", NULL },
};

static const char *const back_labels[][2] = {
	{ "contact_to_company_unlabeled", "company_to_contact_unlabeled" },
	{ "contact_to_company", "company_to_contact" },
	{ "contact_to_deal", "deal_to_contact" },
	{ "company_to_deal", "deal_to_company" },
	{ "note_to_contact", "contact_to_note" },
	{ "note_to_company", "company_to_note" },
	{ "note_to_deal", "deal_to_note" },
	{ "task_to_contact", "contact_to_task" },
	{ "task_to_company", "company_to_task" },
	{ "task_to_deal", "deal_to_task" },
};

static const char *label_from(const struct hubspot_link_type *type, bool is_back)
{
	for (size_t i = 0; is_back && i < ARRAY_LEN(back_labels); i++)
		if (strcmp(back_labels[i][0], type->label) == 0)
			return back_labels[i][1];
	return type->label;
}

bool hubspot_link_type(const struct sb_object *from, const struct sb_object *to, int *type,
		       int *back, const char **label, const char **title)
{
	const char *a = hubspot_kind_of(from)->name, *b = hubspot_kind_of(to)->name;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		const struct hubspot_link_type *t = &types[i];
		bool is_forth = strcmp(t->from, a) == 0 && strcmp(t->to, b) == 0;
		bool is_back = strcmp(t->from, b) == 0 && strcmp(t->to, a) == 0;
		int seen = is_forth ? t->type : t->back;

		if ((!is_forth && !is_back) || (*type && *type != seen))
			continue;
		*type = seen;
		*back = is_forth ? t->back : t->type;
		if (label)
			*label = label_from(t, !is_forth);
		if (title)
			*title = t->title;
		return true;
	}
	return false;
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

		if (hubspot_link_type(from, to, &type, &back, NULL, NULL))
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
	hubspot_link_type(record->object, kind, &type, &back, NULL, NULL);
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
		int type = link->type, back;
		const char *label = "";

		hubspot_link_type(record->object, to, &type, &back, &label, NULL);
		json_array_insert_new(list, 0,
				      json_pack("{ss ss}", "id", link->to->id, "type", label));
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
