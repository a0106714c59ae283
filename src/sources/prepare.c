/* prepare.c - from what a source sent to a submission: the one way. Threads: pure. */
#include "sources/prepare.h"

#include <string.h>

#include "base/text.h"
#include "sources/prepare_inside.h"
#include "text/postal.h"

bool prepare_is_strict(const struct preparing *p)
{
	return p->given->naming == NAMING_STRICT;
}

struct slot *prepare_slot(struct preparing *p, const char *name)
{
	for (size_t i = 0; i < p->nslots; i++)
		if (p->slots[i].name[0] == name[0] && strcmp(p->slots[i].name, name) == 0)
			return &p->slots[i];
	return NULL;
}

/* --- problems --- */

/* People know the field by the name that stands in their file or form. */
static const char *with_name(struct preparing *p, const struct slot *slot,
			     const char *message)
{
	if (!slot->sent || strcmp(slot->sent, slot->name) == 0)
		return message;
	return arena_printf(p->arena, "%s (sent as \"%s\")", message,
			    naming_shown(p->arena, slot->sent));
}

void prepare_fault(struct preparing *p, struct slot *slot, bool is_hard, const char *code,
		   const char *message, const char *instruction)
{
	slot->fault = (struct problem){ slot->name, code, with_name(p, slot, message),
					instruction };
	slot->is_hard = is_hard;
	slot->value = value_text(NULL);
}

void prepare_warn(struct preparing *p, const struct slot *slot, const char *code,
		  const char *message, const char *instruction)
{
	problem_add(&p->submission->warnings, slot->name, code, with_name(p, slot, message),
		    instruction);
}

static bool is_mandatory(const struct source *source, const char *name)
{
	for (size_t i = 0; i < source->nmandatory; i++)
		if (strcmp(source->mandatory[i], name) == 0)
			return true;
	return false;
}

static bool is_key(const struct source *source, const char *name)
{
	for (size_t i = 0; i < source->nkeys; i++)
		if (strcmp(source->keys[i], name) == 0)
			return true;
	for (size_t i = 0; i < source->nunique; i++)
		if (strcmp(source->unique[i], name) == 0)
			return true;
	return false;
}

static bool has_error(const struct preparing *p, const char *field)
{
	for (size_t i = 0; i < p->submission->errors.count; i++)
		if (text_equal(p->submission->errors.items[i].field, field))
			return true;
	return false;
}

/* Decides of each fault whether it is an error or a warning. */
static void report_faults(struct preparing *p)
{
	const struct source *source = p->given->source;
	bool has_identity = p->submission->nidentities > 0;

	for (size_t i = 0; i < p->nslots; i++) {
		const struct slot *slot = &p->slots[i];
		const struct problem *fault = &slot->fault;

		if (!fault->code)
			continue;
		if ((slot->is_hard && prepare_is_strict(p)) ||
		    is_mandatory(source, slot->name) ||
		    (!has_identity && is_key(source, slot->name)))
			problem_add(&p->submission->errors, fault->field, fault->code,
				    fault->message, fault->instruction);
		else
			problem_add(&p->submission->warnings, fault->field, fault->code,
				    arena_printf(p->arena, "%s; the value was not taken",
						 fault->message), fault->instruction);
	}
}

static bool is_there(struct preparing *p, const char *name)
{
	const struct slot *slot = prepare_slot(p, name);

	if (strcmp(name, "source") == 0)
		return true;
	if (strcmp(name, "name") == 0 &&
	    (!value_is_empty(p->slots[SLOT_FIRST_NAME].value) ||
	     !value_is_empty(p->slots[SLOT_LAST_NAME].value)))
		return true;
	return slot && !value_is_empty(slot->value);
}

static const char *country_of(const struct preparing *p)
{
	const char *country = p->slots[SLOT_COUNTRY].value.text;

	return country ? country : p->given->source->default_country;
}

static void require(struct preparing *p, const char *name)
{
	const struct standard_field *field = standard_field_find(name);

	if (is_there(p, name) || has_error(p, name))
		return;
	if (strcmp(name, "postal_code") == 0 && !postal_is_used(country_of(p)))
		return;
	problem_add(&p->submission->errors, name, "required",
		    arena_printf(p->arena, "%s is missing", field ? field->title : name),
		    "send a value; the source asks for this field");
}

static const char *keys_shown(struct preparing *p)
{
	const struct source *source = p->given->source;
	struct buf buf;

	buf_init(&buf, p->arena, 4096);
	for (size_t i = 0; i < source->nkeys; i++)
		buf_addf(&buf, "%s%s", i == 0 ? "" : i + 1 == source->nkeys ? " or " : ", ",
			 source->keys[i]);
	return buf.text;
}

static void require_all(struct preparing *p)
{
	const struct source *source = p->given->source;
	bool is_said = false;

	/* What could not be read at all is not missing. */
	if (has_error(p, NULL))
		return;
	for (size_t i = 0; i < source->nmandatory; i++)
		require(p, source->mandatory[i]);
	for (size_t i = 0; i < source->nkeys; i++)
		is_said |= has_error(p, source->keys[i]);
	if (p->submission->nidentities == 0 && !is_said)
		problem_add(&p->submission->errors, source->nkeys ? source->keys[0] : NULL,
			    "identity_required", "nothing says who the lead is",
			    arena_printf(p->arena, "send %s", keys_shown(p)));
}

/* --- what goes into the submission --- */

static bool is_lead_field(enum slot_id id)
{
	return id != SLOT_NAME && id != SLOT_ENQUIRY_ID && id != SLOT_SOURCE &&
	       id != SLOT_MESSAGE && id != SLOT_OCCURRED_AT;
}

static void set_fields(struct preparing *p)
{
	struct field *fields = arena_array(p->arena, p->nslots, sizeof(*fields));
	size_t count = 0;

	for (size_t i = 0; i < p->nslots; i++)
		if (is_lead_field((enum slot_id)i) && p->slots[i].value.type != VALUE_ABSENT)
			fields[count++] = (struct field){ p->slots[i].name,
							  p->slots[i].value };
	p->submission->fields = fields;
	p->submission->nfields = count;
	p->submission->enquiry_id = p->slots[SLOT_ENQUIRY_ID].value.text;
	p->submission->message = p->slots[SLOT_MESSAGE].value.text;
}

/* Consent comes from JSON, whole, or from a form's fields. */
static void set_consents(struct preparing *p)
{
	const struct given_lead *given = p->given;
	struct submission *s = p->submission;
	struct consent *all;

	consent_from_fields(p->arena, &p->consent_fields, given->source->time_zone,
			    &p->consents,
			    prepare_is_strict(p) ? &s->errors : &s->warnings);
	all = arena_array(p->arena, given->nconsents + p->consents.count, sizeof(*all));
	for (size_t i = 0; i < given->nconsents; i++)
		all[s->nconsents++] = given->consents[i];
	for (size_t i = 0; i < p->consents.count; i++)
		all[s->nconsents++] = p->consents.items[i];
	for (size_t i = 0; i < s->nconsents; i++)
		if (all[i].at == 0 || all[i].at > s->received_at)
			all[i].at = all[i].at == 0 ? s->occurred_at : s->received_at;
	s->consents = all;
}

static void begin(struct preparing *p)
{
	const struct given_lead *given = p->given;

	*p->submission = (struct submission){
		.workspace = given->config->workspace,
		.source = given->source->id,
		.received_at = given->received_at,
		.occurred_at = given->received_at,
		.is_test = given->is_test,
		.raw = given->raw,
		.raw_len = given->raw_len,
		.content_type = given->content_type,
	};
	if (given->errors)
		p->submission->errors = *given->errors;
	if (given->warnings)
		p->submission->warnings = *given->warnings;
	sha256(given->raw, given->raw_len, p->submission->body_hash);
}

void prepare_submission(struct arena *arena, const struct given_lead *given,
			struct submission *submission)
{
	struct preparing *p = arena_alloc(arena, sizeof(*p));

	p->arena = arena;
	p->given = given;
	p->submission = submission;
	begin(p);
	prepare_take(p);
	prepare_normalise(p);
	set_fields(p);
	prepare_identities(p);
	report_faults(p);
	require_all(p);
	set_consents(p);
	prepare_idempotency(p);
}
