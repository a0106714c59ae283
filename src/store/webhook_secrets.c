/* webhook_secrets.c - what alerts are signed with, the last and the one before. Threads: see
 * store.h. */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/deliveries.h"
#include "store/internal.h"

/* The workspace itself owns them: 0 is no connection's id. */
#define OWNER 0
#define NEWEST "webhook"
#define PREVIOUS "webhook_previous"

/* Keeps the one that was there under the other name: who verifies has a day to learn the
 * new one. Nothing else was given the old one's address. */
static int keep_previous(struct tx *tx, const struct actor *actor, const char *text,
			 const char *origin, bool *is_same, struct error *err)
{
	struct secret old = { 0 };
	const char *origins;
	int found = secret_open(tx_view(tx), actor->workspace, OWNER, NEWEST, &old, &origins,
				err);

	*is_same = found == 1 && text_equal(old.text, text) && text_equal(origins, origin);
	if (found == 1 && !*is_same && text_equal(origins, origin) &&
	    secret_keep(tx, actor, OWNER, PREVIOUS, old.text, origin, err) < 0)
		found = -1;
	secret_close(&old);
	return found < 0 ? -1 : 0;
}

int webhook_secret_keep(struct tx *tx, const struct actor *actor, const char *text,
			const char *origin, struct error *err)
{
	bool is_same;

	if (keep_previous(tx, actor, text, origin, &is_same, err) < 0)
		return -1;
	/* A file that is applied once more changes nothing. */
	return is_same ? 0 : secret_keep(tx, actor, OWNER, NEWEST, text, origin, err);
}

int webhook_secret_drop_other_origin(struct tx *tx, const struct actor *actor,
				     const char *origin, struct error *err)
{
	return secret_drop_other_origins(tx, actor, OWNER, origin, err);
}

static int previous_since(struct view *view, int64_t workspace, int64_t *at,
			  struct error *err)
{
	*at = 0;
	return db_find_int(view->db,
			   "SELECT updated_at FROM secret WHERE workspace = $1 AND owner = $2 "
			   "AND name = $3",
			   DB_VALUES(db_int(workspace), db_int(OWNER), db_text(PREVIOUS)), at,
			   err);
}

int webhook_secrets_open(struct view *view, int64_t workspace, int64_t now,
			 struct secret secrets[WEBHOOK_SECRETS_MAX], const char **origin,
			 struct error *err)
{
	const char *previous_origin;
	int64_t since;
	int found;

	memset(secrets, 0, WEBHOOK_SECRETS_MAX * sizeof(*secrets));
	found = secret_open(view, workspace, OWNER, NEWEST, &secrets[0], origin, err);
	if (found != 1)
		return found;
	found = previous_since(view, workspace, &since, err);
	if (found == 1 && now - since < CLOCK_DAY)
		found = secret_open(view, workspace, OWNER, PREVIOUS, &secrets[1],
				    &previous_origin, err);
	else if (found == 1)
		found = 0;
	if (found < 0)
		secret_close(&secrets[0]);
	return found < 0 ? -1 : 1 + found;
}
