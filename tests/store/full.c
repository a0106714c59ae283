/* full.c - a store with something in every table. Threads: one at a time. */
#include "store/full.h"

#include <string.h>

#include "store/audit.h"
#include "store/configs.h"
#include "store/deliveries.h"
#include "store/identities.h"
#include "store/leads.h"

/* The keys' places are full.h's enum; M is FULL_MARK. */
#define M FULL_MARK
#define MB "CAST('" FULL_MARK "' AS {BYTES})"
#define DOC                                                                             \
	"'{\"f\":{\"email\":[\"" FULL_EMAIL "\",\"source\",911,1,1]},"                   \
	"\"k\":[[\"email\",\"" FULL_EMAIL "\",0,0]]}'"
#define EMPTY "{\"f\":{},\"k\":[]}"
#define NOBODY "'" EMPTY "'"

static const char rows[] =
	"INSERT INTO lead (id, workspace, version, created_at, updated_at, merged_into, "
	"owner_rep, is_test, doc) VALUES (101, 1, 3, 1, 1, 0, 7, 0, " DOC "), "
	"(102, 1, 1, 1, 1, 0, 0, 0, " NOBODY "), (103, 1, 1, 1, 1, 101, 0, 0, " DOC ");"
	"INSERT INTO enquiry (id, workspace, lead, source, occurred_at, received_at, is_open, "
	"doc) VALUES (201, 1, 101, 911, 1, 1, 1, '{\"x\":null,\"m\":\"" M "\",\"f\":{}}');"
	"INSERT INTO submission (id, workspace, source, lead, enquiry, result, received_at, "
	"content_type, raw, salt, values_hash, decision) VALUES "
	"(301, 1, 911, 101, 201, 0, 1, 'text/plain', " MB ", " MB ", CAST('" M M "' AS {BYTES}), '{\"x\":\"" M "\"}'), "
	"(302, 1, 911, 0, 0, 5, 1, 'text/plain', CAST('a=Quagmire%40Example.org' AS {BYTES}), "
	"NULL, NULL, '{\"x\":\"" FULL_EMAIL "\"}'), "
	"(303, 1, 911, 102, 0, 0, 1, 'text/plain', NULL, NULL, NULL, '{\"config\":0,\"case\":"
	"{\"candidates\":[{\"lead\":{\"id\":101,\"doc\":\"" M "\"}}]},"
	"\"result\":{\"score\":5}}');"
	"INSERT INTO idempotency (workspace, hash, body_hash, lead, submission, status, answer) "
	"VALUES (1, " MB ", " MB ", 101, 301, 201, '" M "');"
	"INSERT INTO possible_duplicate (id, workspace, lead, other, reason, state, created_at) "
	"VALUES (901, 1, 102, 101, 'phone_only', 'open', 1);"
	"INSERT INTO merge (id, workspace, lead, other, at, snapshot) VALUES (903, 1, 101, 103, 1, "
	"'{\"before\":" EMPTY ",\"after\":" EMPTY ",\"" M "\":1}');"
	"INSERT INTO conflict (id, workspace, lead, field, ours, theirs, writer, writer_id, "
	"state, created_at) VALUES (902, 1, 101, 'company', '\"" M "\"', '\"" M "\"', 'source', "
	"911, 'open', 1);"
	"INSERT INTO consent (id, workspace, lead, source, channel, purpose, is_granted, at, "
	"recorded_at, salt, doc) VALUES (904, 1, 101, 911, 'sms', 'marketing', 0, 1, 1, " MB
	", '{\"wording\":\"" M "\"}');"
	"INSERT INTO suppression (workspace, hash, channel, purpose, reason, at) VALUES (1, "
	"CAST('0123456789abcdef' AS {BYTES}), 'email', 'all', 'withdrawn', 1);"
	"INSERT INTO assignment (id, workspace, lead, rep, route, at) VALUES "
	"(910, 1, 101, 7, 'all', 1);"
	"INSERT INTO pool_position (workspace, pool, position) VALUES (1, 'inside', 5);"
	"INSERT INTO link (id, workspace, subject, connection, role, object, remote_id, state, "
	"is_ours, created_at, updated_at) VALUES (801, 1, 101, 501, 'contacts', 'contacts', "
	"'51', 'live', 1, 1, 1);"
	"INSERT INTO delivery (id, workspace, subject, connection, object, role, mapping, lane, "
	"state, due_at, since, wanted, told, tries, setbacks, is_uncertain, is_forced, "
	"depends_on, fence, worker, lease_until, open_submissions, code, field, reason, "
	"instruction, intent_doc, told_doc, seen_doc, undo_doc, held_doc, edit_doc) VALUES "
	"(401, 1, 101, 501, 'contacts', 'contacts', 912, 0, 4, 1, 1, 3, 2, 0, 0, 0, 0, 0, 5, 0, "
	"0, 1, 'fix_data', 'company', '" M "', '" M "', '\"" M "\"', '\"" M "\"', '\"" M "\"', "
	"'\"" M "\"', '\"" M "\"', '\"" M "\"'), "
	"(402, 1, 102, 501, 'contacts', 'contacts', 912, 0, 2, 1, 1, 1, 0, 0, 0, 0, 0, 0, 5, 9, "
	"1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);"
	"INSERT INTO earlier_value (delivery, version, workspace, doc) VALUES (401, 2, 1, "
	"'{\"f\":{\"custom.step\":[\"" M "\",\"source\",1,1,1]},\"k\":[]}');"
	"UPDATE delivery SET earlier = 2 WHERE id = 401;"
	"INSERT INTO call (id, workspace, connection, verb, method, url, request, status, failure, "
	"answer, took_ms, records, mapping_version, at, batch) VALUES "
	"(601, 1, 501, 'find', 'GET', 'https://x/?q=" M "', NULL, 200, 0, " MB ", 1, 1, 1, 1, 601), "
	"(602, 1, 501, 'write', 'POST', 'https://x/" M "', " MB ", 422, 0, " MB ", 1, 1, 1, 1, 601);"
	"INSERT INTO attempt (id, workspace, delivery, call, version, outcome, action, field, "
	"reason, changed, edited, salt, at) VALUES (701, 1, 401, 602, 3, 'fix_data', 'none', "
	"'company', '" M "', '[\"" M "\"]', '[\"" M "\"]', " MB ", 1);"
	"INSERT INTO connection_state (workspace, connection, state, failures, open_until, "
	"opened_at, probe_ms, updated_at) VALUES (1, 501, 'paused', 0, 0, 0, 0, 1);"
	"INSERT INTO sync_state (workspace, mapping, paused_at, run_after, run_until, run_due) "
	"VALUES (1, 912, 1, 0, 0, 0);"
	"INSERT INTO field_catalog (workspace, connection, object, doc, read_at, ground) VALUES "
	"(1, 501, 'contacts', '{\"fields\":[]}', 1, '{\"fields\":[]}');"
	"INSERT INTO timer (id, workspace, kind, subject, due_at, doc) VALUES "
	"(909, 1, 'gate', 101, 1, '{\"gate\":\"lookup\",\"x\":\"" M "\"}');"
	"INSERT INTO alert (id, workspace, cause, kind, subject, count, state, first_at, last_at, "
	"send_at, tries) VALUES (908, 1, 'dead-501-fix_data', 'dead_letters', 501, 1, 'waiting', 1, 1, 1, 0);"
	"INSERT INTO import (id, workspace, source, name, state, rows_done, bytes_done, created, "
	"updated, unchanged, failed, started_at) VALUES (906, 1, 911, 'a.csv', 'receiving', 3, 9, "
	"1, 0, 0, 1, 1);"
	"INSERT INTO import_error (import, line, workspace, row_text, problems) VALUES "
	"(906, 3, 1, 'x;" FULL_EMAIL "', '[\"" FULL_EMAIL "\"]');"
	"INSERT INTO plan (id, workspace, ground, doc, created_at) VALUES (907, 1, " MB ", "
	"'{\"email\":\"" FULL_EMAIL "\"}', 1);"
	"INSERT INTO token (id, workspace, name, hash, scopes, created_at) VALUES (905, 1, 'mine', "
	"CAST('h' AS {BYTES}), 'read', 1);"
	"INSERT INTO source_address (address, workspace, source) VALUES ('addr', 1, 911);"
	"INSERT INTO config_item (workspace, kind, name, version_from, id, spec, at) VALUES "
	"(1, 'source', 'partner', 1, 911, '{\"name\":\"partner\",\"kind\":\"api\"}', 1);"
	"INSERT INTO counter (workspace, name, value) VALUES (1, 'queue.received', 3), "
	"(1, 'queue.dead', 1), (1, 'queue.at_rest', 1), (1, 'queue.rejected', 1);"
	"UPDATE workspace SET config_version = 1 WHERE id = 1;";

static int add_workspace(struct tx *tx, void *context, struct error *err)
{
	return workspace_add_any_workspace(tx, "empty", context, err);
}

static struct lead known_lead(struct view *view, int64_t id)
{
	static struct identity identity = { .kind = "email", .key = FULL_EMAIL };
	struct lead lead = { .id = id, .workspace = 1, .identities = &identity,
			     .nidentities = 1 };
	struct hash_key key;
	struct error err;

	assert_int_equal(workspace_hash_key(view, 1, &key, &err), 0);
	lead_hash_identities(&lead, &key);
	return lead;
}

/* What SQL alone cannot make: hashes under the workspace's key, and the chain. */
static int add_keys(struct tx *tx, void *context, struct error *err)
{
	const struct actor actor = { .workspace = 1 };
	struct lead lead = known_lead(tx_view(tx), FULL_LEAD);

	(void)context;
	if (identity_write(tx, &lead, &lead.identities[0], err) < 0 ||
	    identity_add(tx, &lead, &lead.identities[0], err) < 0 ||
	    secret_keep(tx, &actor, FULL_CONNECTION, "secret", "s3cret", "https://x", err) < 0 ||
	    webhook_secret_keep(tx, &actor, "s3cret", "https://x", err) < 0)
		return -1;
	return audit_add(tx, &actor, "lead.edited", "lead", FULL_LEAD, NULL, NULL, err);
}

struct hash16 full_key(struct box *box)
{
	struct view *view = view_open(box->store, box->arena, &box->err);
	struct hash16 hash = known_lead(view, FULL_LEAD).identities[0].hash;

	view_close(view);
	return hash;
}

void full_open(struct box *box)
{
	int64_t workspace = 0;

	box_open(box, NULL);
	box_close(box);
	box_meddle(box, rows);
	box_open(box, NULL);
	if (store_run(box->store, URGENCY_INTERACTIVE, 0, add_workspace, &workspace,
		      &box->err) < 0 ||
	    box_do(box, add_keys, NULL) < 0)
		fail_msg("%s", box->err.message);
	assert_int_equal(workspace, FULL_WORKSPACE);
}
