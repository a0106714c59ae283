/* audit_chain.h - how entries and heads are signed. Private to audit*.c. Threads: pure. */
#ifndef STORE_AUDIT_CHAIN_H
#define STORE_AUDIT_CHAIN_H

#include "base/hash.h"
#include "store/audit.h"

/* An entry as it stands in its row. */
struct audit_row {
	int64_t workspace;
	struct audit_entry entry;
	const void *content_hash; /* or NULL */
	size_t content_hash_len;  /* 32, unless somebody meddled */
};

/* The HMAC of an entry that follows one with `previous`. */
void audit_mac(struct arena *arena, const struct hash_key *key,
	       const unsigned char previous[SHA256_SIZE], const struct audit_row *row,
	       unsigned char mac[SHA256_SIZE]);

struct audit_head {
	int64_t workspace, count;
	unsigned char mac[SHA256_SIZE]; /* of entry `count` */
};

/* "workspace=1 count=12 head=<hex> signature=<hex>" */
const char *audit_head_line(struct arena *arena, const struct hash_key *key,
			    const struct audit_head *head, const char **signature);

/* The heads in a file of a workspace (0: of all), by workspace and count. A line without
 * those four words is passed over. Returns how many. Errors: ERR_DENIED when a signature
 * is wrong, with the line. */
int audit_heads_read(struct arena *arena, const struct hash_key *key, const char *path,
		     int64_t workspace, struct audit_head **heads, struct error *err);

/* Keys of the store, derived when it was opened. */
const struct hash_key *store_audit_key(const struct store *store);
const struct hash_key *store_heads_key(const struct store *store);

/* Whether the chain has grown since this was asked last. Threads: one at a time. */
bool store_note_head(struct store *store, int64_t workspace, int64_t count);

#endif
