/* keys.c - tells a person when objects of a CRM lack the field for our key, or when it does not
 * tell their fields. Threads: the delivery worker.
 *
 * Only what is to be written to such an object waits: the connection's other mappings go on. It
 * is not ready as a whole when that is all it has. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "deliver/ask.h"

struct lacking {
	const struct terms_mapping *first;
	int64_t count;  /* mappings whose deliveries wait */
	bool is_all;    /* there is no other that is delivered */
};

static struct lacking lacking_of(const struct terms *terms)
{
	struct lacking lacking = { .is_all = true };

	for (size_t i = 0; i < terms->nmappings; i++) {
		const struct terms_mapping *m = &terms->mappings[i];

		if (!m->sync)
			continue;
		lacking.count += m->lack != NULL;
		lacking.is_all = lacking.is_all && m->lack;
		if (m->lack && !lacking.first)
			lacking.first = m;
	}
	lacking.is_all = lacking.is_all && lacking.count > 0;
	return lacking;
}

/* All of it as text, to see whether it is what was told last. */
static const char *summary_of(const struct terms *terms, struct arena *arena)
{
	struct buf buf;

	buf_init(&buf, arena, 1u << 20);
	for (size_t i = 0; i < terms->nmappings; i++)
		if (terms->mappings[i].sync && terms->mappings[i].lack)
			buf_addf(&buf, "%s: %s\n", terms->mappings[i].mapping->name,
				 terms->mappings[i].lack);
	return buf.is_over ? "many" : buf_text(&buf);
}

/* ---- Telling it ---- */

static const char *detail_of(struct arena *arena, const struct lacking *lacking)
{
	const struct mapping *mapping;

	if (!lacking->first)
		return NULL;
	mapping = lacking->first->mapping;
	return arena_printf(arena, "%s: %s; the deliveries of the mapping %s%s wait",
			    lacking->first->lack, lacking->first->lack_instruction,
			    mapping->name,
			    lacking->count > 1 ? ", and those of others that lack one," : "");
}

static int tell_run(struct tx *tx, void *context, struct error *err)
{
	const struct desk *desk = context;
	struct actor actor = { .workspace = desk->workspace,
			       .kind = ACTOR_CONNECTION,
			       .id = desk->connection };
	struct lacking lacking = lacking_of(desk->terms);

	return alert_keep(tx, &actor,
			  arena_printf(tx_arena(tx), "setup-%lld", (long long)desk->connection),
			  "setup", desk->connection, lacking.count,
			  detail_of(tx_arena(tx), &lacking), err);
}

/* Whether it could be told. */
static bool tell(struct desk *desk)
{
	struct error err = { 0 };

	return store_run(deliverer_config(desk->deliverer)->store, URGENCY_OUTCOME,
			 desk->workspace, tell_run, desk, &err) == 0;
}

/* The connection as a whole is ready, or not. */
static void turn(struct desk *desk, const struct lacking *lacking)
{
	if (lacking->is_all == desk->is_unready)
		return;
	desk->is_unready = lacking->is_all;
	desk_store_state(desk, desk->is_unready ? "connection.unready" : "connection.ready",
			 desk->is_unready ? lacking->first->lack : NULL);
}

void keys_note(struct desk *desk)
{
	struct lacking lacking = lacking_of(desk->terms);
	struct arena *arena;
	const char *summary;

	if (desk->are_keys_noted)
		return;
	arena = arena_new();
	summary = summary_of(desk->terms, arena);
	turn(desk, &lacking);
	/* What an earlier process told is in the store: an alert that is open stays so. */
	desk->are_keys_noted = text_equal(summary, desk->lacks) || tell(desk);
	if (desk->are_keys_noted && !text_equal(summary, desk->lacks)) {
		desk->keys_at = 0; /* what is cached may be old: asked again at once */
		free(desk->lacks);
		desk->lacks = strdup(summary);
	}
	arena_free(arena);
}
