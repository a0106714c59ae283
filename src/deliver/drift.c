/* drift.c - tells a person when a CRM's schema has changed so that a mapping breaks. Threads:
 * the delivery worker. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "deliver/ask.h"

/* ---- What there is ---- */

/* All of it as text, to see whether it is what was told last. */
static const char *summary_of(const struct desk *desk, struct arena *arena)
{
	struct buf buf;

	buf_init(&buf, arena, 1u << 20);
	for (size_t i = 0; i < desk->terms->nmappings; i++) {
		const struct terms_mapping *m = &desk->terms->mappings[i];

		for (size_t j = 0; m->sync && j < m->ndrifts; j++)
			buf_addf(&buf, "%s: %s\n", m->mapping->name, m->drifts[j].message);
	}
	return buf.is_over ? "much" : buf_text(&buf);
}

struct telling {
	struct desk *desk;
	struct arena *arena;
};

/* For people: how many changes there are, and what the first of them breaks. */
static const char *detail_of(const struct telling *telling, int64_t *count)
{
	const struct terms *terms = telling->desk->terms;
	const struct terms_mapping *worst = NULL;

	*count = 0;
	for (size_t i = 0; i < terms->nmappings; i++) {
		const struct terms_mapping *m = &terms->mappings[i];

		if (!m->sync || !m->ndrifts)
			continue;
		*count += (int64_t)m->ndrifts;
		if (!worst || (m->hold && !worst->hold))
			worst = m;
	}
	if (!worst)
		return NULL;
	return arena_printf(telling->arena, "the CRM has changed %s under the mapping %s: %.300s%s",
			    worst->mapping->object, worst->mapping->name,
			    worst->hold ? worst->hold : worst->drifts[0].message,
			    worst->hold ? "; its deliveries wait" : "");
}

/* ---- Telling it ---- */

static int tell_run(struct tx *tx, void *context, struct error *err)
{
	const struct telling *telling = context;
	const struct desk *desk = telling->desk;
	struct actor actor = { .workspace = desk->workspace,
			       .kind = ACTOR_CONNECTION,
			       .id = desk->connection };
	int64_t count;
	const char *detail = detail_of(telling, &count);

	return alert_keep(tx, &actor,
			  arena_printf(tx_arena(tx), "drift-%lld", (long long)desk->connection),
			  "drift", desk->connection, count, detail, err);
}

/* Whether it could be told. */
static bool tell(struct desk *desk, struct arena *arena)
{
	struct telling telling = { desk, arena };
	struct error err = { 0 };

	return store_run(deliverer_config(desk->deliverer)->store, URGENCY_OUTCOME,
			 desk->workspace, tell_run, &telling, &err) == 0;
}

void drift_note(struct desk *desk)
{
	struct arena *arena;
	const char *summary;

	if (desk->is_drift_noted)
		return;
	arena = arena_new();
	summary = summary_of(desk, arena);
	/* What an earlier process told is in the store: an alert that is open stays so. */
	desk->is_drift_noted = text_equal(summary, desk->drift) || tell(desk, arena);
	if (desk->is_drift_noted && !text_equal(summary, desk->drift)) {
		if (*summary || desk->drift)
			log_info(&desk->log, *summary ? "schema.drifted" : "schema.mended");
		free(desk->drift);
		desk->drift = strdup(summary);
	}
	arena_free(arena);
}
