/* prepare_keys.c - what a submission is known by. Threads: one at a time. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sources/prepare_inside.h"
#include "text/unicode.h"

/* --- identities --- */

/* Custom keys are compared without case; ids of other systems are not. */
static const char *key_of(struct preparing *p, const struct slot *slot)
{
	if (slot->key)
		return slot->key;
	return slot->field ? slot->value.text : text_fold(p->arena, slot->value.text);
}

static void add_identity(struct preparing *p, const char *kind, struct identity *identities)
{
	const struct slot *slot = prepare_slot(p, kind);
	struct submission *s = p->submission;
	struct identity *identity = &identities[s->nidentities];

	if (!slot || value_is_empty(slot->value) || slot->value.type == VALUE_LIST)
		return;
	for (size_t i = 0; i < s->nidentities; i++)
		if (strcmp(identities[i].kind, kind) == 0)
			return;
	identity->kind = kind;
	identity->key = key_of(p, slot);
	identity->hash = hash16(&p->given->config->hash_key, kind, identity->key,
				strlen(identity->key));
	identity->state = IDENTITY_CURRENT;
	identity->is_weak = slot->is_weak;
	s->nidentities++;
}

void prepare_identities(struct preparing *p)
{
	const struct source *source = p->given->source;
	struct identity *identities = arena_array(p->arena, source->nkeys + source->nunique,
						  sizeof(*identities));

	for (size_t i = 0; i < source->nkeys; i++)
		add_identity(p, source->keys[i], identities);
	for (size_t i = 0; i < source->nunique; i++)
		add_identity(p, source->unique[i], identities);
	p->submission->identities = identities;
}

/* --- idempotency --- */

static void set_hash(struct preparing *p, struct buf *buf, const char *kind)
{
	p->submission->idempotency = hash16(&p->given->config->hash_key, kind, buf->text,
					    buf->len);
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct field *const *)a)->name,
		      (*(const struct field *const *)b)->name);
}

/* The same values in any order give the same bytes. Nothing in a value is 0x01. */
static void add_values(struct preparing *p, struct buf *buf)
{
	const struct submission *s = p->submission;
	const struct field **sorted = arena_array(p->arena, s->nfields, sizeof(*sorted));

	for (size_t i = 0; i < s->nfields; i++)
		sorted[i] = &s->fields[i];
	qsort(sorted, s->nfields, sizeof(*sorted), by_name);
	for (size_t i = 0; i < s->nfields; i++)
		buf_addf(buf, "\1%s\1%d\1%s", sorted[i]->name, (int)sorted[i]->value.type,
			 sorted[i]->value.text ? sorted[i]->value.text : "");
	buf_addf(buf, "\1\1%s", s->message ? s->message : "");
}

void prepare_idempotency(struct preparing *p)
{
	struct submission *s = p->submission;
	struct buf buf;

	/* More than all that a lead can hold; what is beyond does not count. */
	buf_init(&buf, p->arena, 4u << 20);
	buf_addf(&buf, "%" PRId64 "/%" PRId64 "/", s->workspace, s->source);
	if (p->given->key) {
		buf_add(&buf, p->given->key);
		set_hash(p, &buf, "idempotency.key");
		s->has_idempotency = true;
	} else if (s->enquiry_id) {
		buf_addf(&buf, "%s\1", s->enquiry_id);
		buf_addn(&buf, s->body_hash, sizeof(s->body_hash));
		set_hash(p, &buf, "idempotency.enquiry");
		s->has_idempotency = true;
	} else {
		add_values(p, &buf);
		set_hash(p, &buf, "idempotency.values");
		s->is_short_lived = true;
	}
}
