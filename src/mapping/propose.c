/* propose.c - a first mapping for a CRM just connected. Threads: pure. */
#include "mapping/propose.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "mapping/check.h"
#include "mapping/compile_types.h"

struct proposing {
	struct arena *arena;
	const struct proposal *proposal;
	struct mapping *mapping;
	struct problems *notes;
	/* Per field of the catalog: the standard field that its name and its label mean. */
	const struct standard_field **by_name, **by_label;
};

static void note(struct proposing *p, const char *field, const char *code,
		 const char *message, const char *instruction)
{
	problem_add(p->notes, field, code, message, instruction);
}

static const struct catalog_field *target_of(const struct proposing *p, const char *to)
{
	return p->proposal->catalog ? catalog_find(p->proposal->catalog, to) : NULL;
}

static bool is_writable(const struct catalog_field *target)
{
	return target->is_creatable || target->is_updatable;
}

static struct mapping_field *line_to(const struct proposing *p, const char *to)
{
	for (size_t i = 0; i < p->mapping->nfields; i++)
		if (strcmp(p->mapping->fields[i].to, to) == 0)
			return &p->mapping->fields[i];
	return NULL;
}

static bool has_line_from(const struct proposing *p, const char *from)
{
	for (size_t i = 0; i < p->mapping->nfields; i++)
		if (text_equal(p->mapping->fields[i].from, from))
			return true;
	return false;
}

/* Whether the people's name is split or joined over other fields already. */
static bool is_covered(const struct proposing *p, const char *from)
{
	if (has_line_from(p, from))
		return true;
	if (strcmp(from, "name") == 0)
		return has_line_from(p, "first_name") || has_line_from(p, "last_name");
	if (strcmp(from, "first_name") == 0 || strcmp(from, "last_name") == 0)
		return has_line_from(p, "name");
	return false;
}

static struct mapping_field *add_line(struct proposing *p, const char *from, const char *to)
{
	struct mapping_field *field;

	if (p->mapping->nfields == MAPPING_FIELDS_MAX)
		return NULL;
	field = &p->mapping->fields[p->mapping->nfields++];
	field->from = from;
	field->to = to;
	field->policy = policy_of_field(from);
	field->is_every_value = field_is_every_value(from);
	return field;
}

static void add_transform(struct proposing *p, struct mapping_field *field, json_t *step)
{
	json_t *via = json_array();

	json_array_extend(via, (json_t *)field->via);
	json_array_append_new(via, step);
	field->via = json_keep(p->arena, via);
}

/* Makes a line fit its field: a day of a time, text that is cut. */
static void fit(struct proposing *p, struct mapping_field *field)
{
	const struct catalog_field *target = target_of(p, field->to);
	const struct standard_field *standard = standard_field_find(field->from);

	if (!target)
		return;
	if (types_shape_of(field->from) == SHAPE_TIME && target->type == CATALOG_DATE &&
	    !field->via)
		add_transform(p, field, json_pack("{s:{}}", "date"));
	if (standard && target->length > 0 && standard->max_len > (size_t)target->length &&
	    (target->type == CATALOG_TEXT || target->type == CATALOG_TEXTAREA) && !field->via)
		add_transform(p, field, json_pack("{s:i}", "truncate", target->length));
}

static int add_default(struct proposing *p, const struct default_field *from,
		       struct error *err)
{
	const struct catalog_field *target = target_of(p, from->to);
	struct mapping_field *field;

	if (p->proposal->catalog && (!target || !is_writable(target))) {
		note(p, from->to, target ? "not_writable" : "unknown_target",
		     arena_printf(p->arena, target ? "\"%s\" cannot be written in this account" :
						     "this account has no field \"%s\"",
				  from->to),
		     arena_printf(p->arena, "choose another field for \"%s\"", from->from));
		return 0;
	}
	field = add_line(p, from->from, from->to);
	if (!field)
		return 0;
	if (from->via) {
		field->via = json_parse(p->arena, from->via, strlen(from->via),
					&json_limits_lead, err);
		if (!field->via)
			return error_wrap(err, "default mapping of %s", from->to);
	}
	fit(p, field);
	if (target && types_is_closed_list(target) && !field->via)
		note(p, target->name, "needs_lookup",
		     arena_printf(p->arena, "%s takes values of its list only: what else \"%s\" "
				  "may hold is not written", check_label(target), from->from),
		     "add a lookup from your words to the CRM's");
	return 0;
}

/* A name without what CRMs put behind it, for comparing with words of people. */
static const char *plain_name(struct arena *arena, const char *name)
{
	size_t len = strlen(name);

	if (len > 3 && text_ends(name, "__c"))
		return arena_strndup(arena, name, len - 3);
	return name;
}

/* Letters and digits of ASCII in lower case, all else as it is but for blanks and
 * punctuation. */
static bool same_words(const char *a, const char *b)
{
	for (;;) {
		while (*a && strchr(" _-.", *a))
			a++;
		while (*b && strchr(" _-.", *b))
			b++;
		if (!*a || !*b)
			return *a == *b;
		if ((*a | 0x20) != (*b | 0x20) ||
		    (*a != *b && !((*a | 0x20) >= 'a' && (*a | 0x20) <= 'z')))
			return false;
		a++;
		b++;
	}
}

/* Guessing looks at hundreds of synonyms, and a CRM has hundreds of fields: once each. */
static void guess_all(struct proposing *p)
{
	const struct catalog *catalog = p->proposal->catalog;

	p->by_name = arena_array(p->arena, catalog->nfields, sizeof(*p->by_name));
	p->by_label = arena_array(p->arena, catalog->nfields, sizeof(*p->by_label));
	for (size_t i = 0; i < catalog->nfields; i++) {
		const struct catalog_field *field = &catalog->fields[i];

		if (!is_writable(field))
			continue;
		p->by_name[i] = standard_field_guess(plain_name(p->arena, field->name));
		if (field->label)
			p->by_label[i] = standard_field_guess(field->label);
	}
}

/* How well a CRM's field answers to a lead's: 3 by name, 2 by label, 1 by a synonym, 0 not
 * at all. */
static int likeness(const struct proposing *p, size_t at, const char *from)
{
	const struct catalog_field *target = &p->proposal->catalog->fields[at];
	const struct standard_field *standard = standard_field_find(from);
	const char *word = text_starts(from, CUSTOM_PREFIX) ? from + strlen(CUSTOM_PREFIX) :
							      from;

	if (same_words(plain_name(p->arena, target->name), word))
		return 3;
	if (target->label && (same_words(target->label, word) ||
			      (standard && same_words(target->label, standard->title))))
		return 2;
	return standard && (p->by_name[at] == standard || p->by_label[at] == standard);
}

static bool fits(const struct catalog_field *target, const char *from)
{
	enum shape shape = types_shape_of(from);

	return !types_refuse(shape, target->type) ||
	       (shape == SHAPE_TIME && target->type == CATALOG_DATE);
}

static void propose_for(struct proposing *p, const char *from)
{
	const struct catalog *catalog = p->proposal->catalog;
	const struct catalog_field *best = NULL;
	struct mapping_field *field;
	int best_likeness = 0;

	for (size_t i = 0; i < catalog->nfields; i++) {
		const struct catalog_field *target = &catalog->fields[i];
		int like;

		if (!is_writable(target) || line_to(p, target->name) ||
		    text_equal(target->name, p->proposal->remote_key))
			continue;
		like = likeness(p, i, from);
		if (like > best_likeness && fits(target, from)) {
			best = target;
			best_likeness = like;
		}
	}
	if (!best)
		return;
	if (types_is_closed_list(best)) {
		note(p, best->name, "needs_lookup",
		     arena_printf(p->arena, "%s takes values of its list only, so no line was "
				  "proposed for \"%s\"", check_label(best), from),
		     "add a line with a lookup, if the field is wanted");
		return;
	}
	field = add_line(p, from, best->name);
	if (field)
		fit(p, field);
}

/* What the CRM wants with every new record. */
static void provide_required(struct proposing *p, const struct catalog_field *target)
{
	struct mapping_field *field = line_to(p, target->name);
	bool is_text = target->type == CATALOG_TEXT || target->type == CATALOG_TEXTAREA;
	const char *filler = target->length == 0 || target->length >= 14 ? "[not provided]" : "-";

	if (!target->is_required || !target->is_creatable ||
	    text_equal(target->name, p->proposal->remote_key))
		return;
	if (is_text && !target->is_key && !target->is_unique) {
		if (!field)
			field = add_line(p, NULL, target->name);
		if (field && value_is_empty(field->fallback))
			field->fallback = value_text(filler);
	} else if (!field) {
		note(p, target->name, "required_missing",
		     arena_printf(p->arena, "%s must be given when a record is created, and "
				  "nothing was found for it", check_label(target)),
		     "add a line for it, or a line with a default alone");
	}
}

int mapping_propose(struct arena *arena, const struct proposal *proposal,
		    struct mapping *mapping, struct problems *notes, struct error *err)
{
	struct proposing p = { arena, proposal, mapping, notes, NULL, NULL };
	const struct catalog *catalog = proposal->catalog;

	*mapping = (struct mapping){
		.name = proposal->name,
		.owner = proposal->owner,
		.connection = proposal->connection,
		.object = proposal->object->name,
		.fields = arena_array(arena, MAPPING_FIELDS_MAX, sizeof(*mapping->fields)),
	};
	for (const struct default_field *d = proposal->object->mapping; d && d->from; d++)
		if (add_default(&p, d, err) < 0)
			return -1;
	if (!catalog)
		return 0;
	guess_all(&p);
	/* Status and owner need a table of words and ids that only people know. */
	for (const struct standard_field *f = standard_fields; f->name; f++)
		if (!is_covered(&p, f->name) && !field_is_crm_owned(f->name))
			propose_for(&p, f->name);
	for (size_t i = 0; i < proposal->ncustom; i++)
		if (!is_covered(&p, proposal->custom[i]))
			propose_for(&p, proposal->custom[i]);
	for (size_t i = 0; i < catalog->nfields; i++)
		provide_required(&p, &catalog->fields[i]);
	return 0;
}
