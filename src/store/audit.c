/* audit.c - adds entries to the chain, and lists them. Threads: adding in the committer;
 * the rest by any. */
#include "store/audit.h"

#include <sodium.h>
#include <string.h>

#include "base/buf.h"
#include "store/audit_chain.h"
#include "store/internal.h"

struct audit_salt audit_salt_new(void)
{
	struct audit_salt salt;

	randombytes_buf(&salt, sizeof(salt));
	return salt;
}

void audit_content_hash(const struct audit_content *content, unsigned char hash[32])
{
	hmac_sha256(content->salt.bytes, sizeof(content->salt.bytes), content->bytes,
		    content->len, hash);
}

/* ---- The HMAC ---- */

static void add_number(struct buf *buf, int64_t number)
{
	unsigned char bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)((uint64_t)number >> (56 - 8 * i));
	buf_addn(buf, bytes, sizeof(bytes));
}

/* The length before the bytes, so that no two entries make the same text. */
static void add_bytes(struct buf *buf, const void *bytes, size_t len)
{
	add_number(buf, bytes ? (int64_t)len : -1);
	if (bytes)
		buf_addn(buf, bytes, len);
}

static void add_text(struct buf *buf, const char *text)
{
	add_bytes(buf, text, text ? strlen(text) : 0);
}

void audit_mac(struct arena *arena, const struct hash_key *key,
	       const unsigned char previous[SHA256_SIZE], const struct audit_row *row,
	       unsigned char mac[SHA256_SIZE])
{
	const struct audit_entry *entry = &row->entry;
	struct buf buf;

	buf_init(&buf, arena, 1 << 20);
	buf_addn(&buf, previous, SHA256_SIZE);
	add_number(&buf, row->workspace);
	add_number(&buf, entry->seq);
	add_number(&buf, entry->at);
	add_number(&buf, entry->actor_kind);
	add_number(&buf, entry->actor);
	add_number(&buf, entry->request);
	add_text(&buf, entry->action);
	add_text(&buf, entry->object_kind);
	add_number(&buf, entry->object);
	add_text(&buf, entry->detail);
	add_bytes(&buf, row->content_hash, row->content_hash_len);
	hmac_sha256(key->bytes, sizeof(key->bytes), buf_text(&buf), buf.len, mac);
}

/* ---- Adding ---- */

#define DETAIL_MAX (64 << 10)

static int insert(struct tx *tx, const struct audit_row *row, const unsigned char *mac,
		  struct error *err)
{
	const struct audit_entry *entry = &row->entry;

	return db_write(tx->view.db,
			"INSERT INTO audit (workspace, seq, at, actor_kind, actor, request, action,"
			" object_kind, object, detail, content_hash, mac) VALUES"
			" ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
			DB_VALUES(db_int(row->workspace), db_int(entry->seq), db_int(entry->at),
				  db_int(entry->actor_kind), db_int(entry->actor),
				  db_int(entry->request), db_text(entry->action),
				  db_text(entry->object_kind), db_int(entry->object),
				  db_text(entry->detail), db_bytes(row->content_hash, row->content_hash_len),
				  db_bytes(mac, SHA256_SIZE)),
			err);
}

int audit_add(struct tx *tx, const struct actor *actor, const char *action,
	      const char *object_kind, int64_t object, const char *detail,
	      const struct audit_content *content, struct error *err)
{
	struct tx_chain *chain = tx_chain(tx, actor->workspace, err);
	unsigned char hash[SHA256_SIZE], mac[SHA256_SIZE];
	struct audit_row row;

	if (!chain)
		return error_wrap(err, "audit");
	if (detail && strlen(detail) > DETAIL_MAX)
		return error_set(err, ERR_LIMIT, "audit: detail is over %d bytes", DETAIL_MAX);
	row = (struct audit_row){
		.workspace = actor->workspace,
		.entry = {
			.seq = chain->seq + 1,
			.at = tx->now,
			.actor_kind = actor->kind,
			.actor = actor->id,
			.request = actor->request,
			.action = action,
			.object_kind = object_kind,
			.object = object,
			.detail = detail,
		},
	};
	if (content) {
		audit_content_hash(content, hash);
		row.content_hash = hash;
		row.content_hash_len = sizeof(hash);
	}
	audit_mac(tx->view.arena, store_audit_key(tx->store), chain->head, &row, mac);
	if (insert(tx, &row, mac, err) < 0)
		return -1;
	chain->seq = row.entry.seq;
	memcpy(chain->head, mac, sizeof(mac));
	chain->is_changed = true;
	return 0;
}

/* ---- Listing ---- */

static struct audit_entry entry_of(struct db_rows *rows, struct arena *arena)
{
	return (struct audit_entry){
		.seq = db_column_int(rows, 0),
		.at = db_column_int(rows, 1),
		.actor_kind = (enum actor_kind)db_column_int(rows, 2),
		.actor = db_column_int(rows, 3),
		.request = db_column_int(rows, 4),
		.action = db_column_text(rows, 5, arena),
		.object_kind = db_column_text(rows, 6, arena),
		.object = db_column_int(rows, 7),
		.detail = db_column_text(rows, 8, arena),
	};
}

#define ENTRY_COLUMNS                                                                   \
	"seq, at, actor_kind, actor, request, action, object_kind, object, detail"

static int list_entries(struct db_rows *rows, struct arena *arena, int max,
			struct audit_entry **entries, struct error *err)
{
	int count = 0, rc;

	*entries = arena_array(arena, (size_t)max, sizeof(**entries));
	while ((rc = db_next(rows, err)) == 1 && count < max)
		(*entries)[count++] = entry_of(rows, arena);
	db_done(rows);
	return rc < 0 ? -1 : count;
}

int audit_list(struct view *view, const struct actor *actor, int64_t before, int max,
	       struct audit_entry **entries, struct error *err)
{
	struct db_rows *rows;

	if (db_query(view->db,
		     "SELECT " ENTRY_COLUMNS " FROM audit WHERE workspace = $1 AND seq < $2"
		     " ORDER BY seq DESC LIMIT $3",
		     DB_VALUES(db_int(actor->workspace), db_int(before > 0 ? before : INT64_MAX),
			       db_int(max)),
		     &rows, err) < 0)
		return -1;
	return list_entries(rows, view->arena, max, entries, err);
}

int audit_list_of_lead(struct view *view, const struct actor *actor, int64_t lead, int max,
		       struct audit_entry **entries, struct error *err)
{
	struct db_rows *rows;

	if (db_query(view->db,
		     "SELECT " ENTRY_COLUMNS " FROM audit WHERE workspace = $1 AND object = $2"
		     " AND object_kind = 'lead' AND action <> 'lead.decided'"
		     " AND action <> 'delivery.settled' ORDER BY seq DESC LIMIT $3",
		     DB_VALUES(db_int(actor->workspace), db_int(lead), db_int(max)), &rows,
		     err) < 0)
		return -1;
	return list_entries(rows, view->arena, max, entries, err);
}
