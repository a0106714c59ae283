/* tokens.c - who may speak to the API. Threads: see store.h.
 *
 * A token is "flk_" and 32 random bytes in base64url; the store keeps its SHA-256. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "base/text.h"
#include "store/audit.h"
#include "store/configs.h"
#include "store/internal.h"

static const struct {
	const char *name;
	unsigned scope;
} scope_names[] = {
	{ "ingest", SCOPE_INGEST },
	{ "read", SCOPE_READ },
	{ "admin", SCOPE_ADMIN },
};

bool scopes_parse(const char *text, unsigned *scopes)
{
	*scopes = 0;
	while (*text) {
		size_t len = strcspn(text, ","), i;

		for (i = 0; i < ARRAY_LEN(scope_names); i++)
			if (strlen(scope_names[i].name) == len &&
			    strncmp(scope_names[i].name, text, len) == 0)
				break;
		if (i == ARRAY_LEN(scope_names))
			return false;
		*scopes |= scope_names[i].scope;
		text += len;
		if (*text)
			text++;
	}
	return *scopes != 0;
}

const char *scopes_text(unsigned scopes, struct arena *arena)
{
	struct buf buf;

	buf_init(&buf, arena, 64);
	for (size_t i = 0; i < ARRAY_LEN(scope_names); i++)
		if (scopes & scope_names[i].scope)
			buf_addf(&buf, "%s%s", buf.len ? "," : "", scope_names[i].name);
	return buf_text(&buf);
}

static void digest_of(const char *text, unsigned char digest[SHA256_SIZE])
{
	sha256(text, strlen(text), digest);
}

int token_add(struct tx *tx, const struct actor *actor, const struct token *token,
	      char text[TOKEN_TEXT_SIZE], int64_t *id, struct error *err)
{
	unsigned char random[32], digest[SHA256_SIZE];

	randombytes_buf(random, sizeof(random));
	snprintf(text, TOKEN_TEXT_SIZE, "flk_%s",
		 base64url_encode(tx_arena(tx), random, sizeof(random)));
	sodium_memzero(random, sizeof(random));
	digest_of(text, digest);
	*id = tx_id(tx);
	if (db_write(tx_view(tx)->db,
		     "INSERT INTO token (id, workspace, name, hash, scopes, source, "
		     "created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		     DB_VALUES(db_int(*id), db_int(actor->workspace), db_text(token->name),
			       db_bytes(digest, sizeof(digest)),
			       db_text(scopes_text(token->scopes, tx_arena(tx))),
			       db_text(token->source), db_int(tx_now(tx)),
			       token->expires_at ? db_int(token->expires_at) : db_null()),
		     err) < 0)
		return error_wrap(err, "token");
	return audit_add(tx, actor, "token.created", "token", *id,
			 arena_printf(tx_arena(tx), "{\"scopes\":\"%s\"}",
				      scopes_text(token->scopes, tx_arena(tx))),
			 NULL, err);
}

#define TOKEN_COLUMNS                                                                   \
	"id, workspace, name, scopes, source, created_at, expires_at, revoked_at"

static void token_from_row(struct db_rows *rows, struct arena *arena, struct token *token)
{
	*token = (struct token){
		.id = db_column_int(rows, 0),
		.workspace = db_column_int(rows, 1),
		.name = db_column_text(rows, 2, arena),
		.source = db_column_text(rows, 4, arena),
		.created_at = db_column_int(rows, 5),
		.expires_at = db_column_int(rows, 6),
		.revoked_at = db_column_int(rows, 7),
	};
	if (!scopes_parse(db_column_text(rows, 3, arena), &token->scopes))
		token->scopes = 0;
}

int token_revoke(struct tx *tx, const struct actor *actor, int64_t id, struct error *err)
{
	struct db_rows *rows;
	int found;

	if (db_query(tx_view(tx)->db,
		     "UPDATE token SET revoked_at = $1 WHERE id = $2 AND workspace = $3 "
		     "AND revoked_at IS NULL RETURNING id",
		     DB_VALUES(db_int(tx_now(tx)), db_int(id), db_int(actor->workspace)),
		     &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	db_done(rows);
	if (found < 0)
		return -1;
	if (found == 0)
		return error_set(err, ERR_NOT_FOUND, "no such token");
	return audit_add(tx, actor, "token.revoked", "token", id, "{}", NULL, err);
}

int token_list(struct view *view, const struct actor *actor, struct token **tokens,
	       size_t *count, struct error *err)
{
	enum { TOKENS_MAX = 1000 };
	struct db_rows *rows;
	int more;

	*tokens = arena_array(view->arena, TOKENS_MAX, sizeof(**tokens));
	*count = 0;
	if (db_query(view->db,
		     "SELECT " TOKEN_COLUMNS " FROM token WHERE workspace = $1 "
		     "ORDER BY id LIMIT 1000",
		     DB_VALUES(db_int(actor->workspace)), &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1)
		token_from_row(rows, view->arena, &(*tokens)[(*count)++]);
	db_done(rows);
	return more;
}

int token_find_any_workspace(struct view *view, const char *text, int64_t now,
			     struct token *token, struct error *err)
{
	unsigned char digest[SHA256_SIZE];
	struct db_rows *rows;
	int found;

	if (!text_starts(text, "flk_") || strlen(text) >= TOKEN_TEXT_SIZE)
		return 0;
	digest_of(text, digest);
	if (db_query(view->db, "SELECT " TOKEN_COLUMNS " FROM token WHERE hash = $1",
		     DB_VALUES(db_bytes(digest, sizeof(digest))), &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1)
		token_from_row(rows, view->arena, token);
	db_done(rows);
	if (found == 1 &&
	    (token->revoked_at || (token->expires_at && token->expires_at <= now)))
		return 0;
	return found;
}

int source_find_any_workspace(struct view *view, const char *address, int64_t *workspace,
			      int64_t *source, struct error *err)
{
	struct db_rows *rows;
	int found;

	if (db_query(view->db,
		     "SELECT workspace, source FROM source_address WHERE address = $1",
		     DB_VALUES(db_text(address)), &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1) {
		*workspace = db_column_int(rows, 0);
		*source = db_column_int(rows, 1);
	}
	db_done(rows);
	return found;
}
