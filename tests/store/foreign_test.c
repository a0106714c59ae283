/* foreign_test.c - every verb of the store, called with another workspace's ids: nothing is
 * found, nothing is changed. A verb without a case here fails the test. */
#include "store/full.h"

#include <string.h>

#include "base/text.h"
#include "store/audit.h"
#include "store/columns.h"
#include "store/configs.h"
#include "store/deliveries.h"
#include "store/gates.h"
#include "store/imports.h"
#include "store/leads.h"
#include "store/plans.h"
#include "store/suppressions.h"
#include "store/syncs.h"

/* What a case has to call with: the ids are full.h's, of workspace 1. */
struct foreign {
	struct box *box;
	struct tx *tx;     /* of cases that write */
	struct view *view;
	struct actor actor; /* of workspace 2 */
	const struct actor *a;
	struct config *config; /* workspace 2's */
	struct hash16 key;     /* workspace 1's lead */
	struct identity identity;
	struct submission submission;
	size_t n;              /* out: what a list gave */
	struct error *err;
};

/* Each returns what the verb gave; lists say how many in f->n. */
struct verb {
	const char *name;
	int (*call)(struct foreign *f);
	bool is_write;
	enum error_code refusal; /* how an absent id is refused, when not as not found */
};

#define READS(verb, ...)                                                                 \
	static int verb##_foreign(struct foreign *f)                                     \
	{                                                                                \
		int rc;                                                                  \
		__VA_ARGS__                                                              \
		return rc;                                                               \
	}
#define WRITES READS

/* ---- leads.h ---- */

READS(idempotency_find, struct earlier earlier;
      rc = idempotency_find(f->view, f->a, &f->submission, 1, &earlier, f->err);)
READS(repeated_find, struct lead lead = { .id = FULL_LEAD };
      struct candidate candidate = { .lead = &lead };
      struct case_file file = { .candidates = &candidate, .ncandidates = 1 };
      struct repeated repeated; f->submission.is_short_lived = true;
      memcpy(f->submission.idempotency.bytes, FULL_MARK FULL_MARK, HASH16_SIZE);
      rc = repeated_find(f->view, f->a, &f->submission, &file, 1, &repeated, f->err);)
READS(case_load, struct case_file file;
      rc = case_load(f->view, f->a, &f->submission, &file, f->err);
      f->n = file.ncandidates + file.nobjections;)
READS(pool_positions_load, struct facts facts; struct pool pool = { .name = "inside" };
      struct config config = { .pools = &pool, .npools = 1 };
      rc = pool_positions_load(f->view, f->a, &config, &facts, f->err);
      f->n = rc == 0 ? (size_t)facts.pools[0].position : 0;)
READS(lead_find, struct lead lead; rc = lead_find(f->view, f->a, FULL_LEAD, &lead, f->err);)
READS(lead_find_unfollowed, struct lead lead;
      rc = lead_find_unfollowed(f->view, f->a, FULL_MERGED, &lead, f->err);)
READS(lead_enquiries, struct enquiry *rows;
      rc = lead_enquiries(f->view, f->a, FULL_LEAD, &rows, &f->n, 9, f->err);)
READS(enquiry_list, struct enquiry *rows; size_t more = 0;
      rc = enquiry_list(f->view, f->a, FULL_LEAD, 0, 9, &rows, &f->n, f->err);
      if (rc == 0) rc = enquiry_list(f->view, f->a, 0, 0, 9, &rows, &more, f->err);
      f->n += more;)
READS(lead_list, struct lead *rows; size_t more = 0;
      struct lead_filter filter = { .max = 9 };
      rc = lead_list(f->view, f->a, &filter, &rows, &f->n, f->err);
      filter.identity = &f->key;
      if (rc == 0) rc = lead_list(f->view, f->a, &filter, &rows, &more, f->err);
      f->n += more;
      filter = (struct lead_filter){ .source = FULL_SOURCE, .max = 9 };
      if (rc == 0) rc = lead_list(f->view, f->a, &filter, &rows, &more, f->err);
      f->n += more;)
READS(submission_find, struct kept_submission s;
      rc = submission_find(f->view, f->a, FULL_SUBMISSION, &s, f->err);)
READS(submission_list, struct kept_submission *rows; size_t more = 0;
      rc = submission_list(f->view, f->a, FULL_LEAD, 0, 9, &rows, &f->n, f->err);
      if (rc == 0) rc = submission_list(f->view, f->a, 0, 0, 9, &rows, &more, f->err);
      f->n += more;)
READS(submission_list_all, struct kept_submission *rows;
      rc = submission_list_all(f->view, f->a, 0, 9, &rows, &f->n, f->err);)
READS(duplicate_list, struct kept_duplicate *rows; struct review_filter filter = { .max = 9 };
      rc = duplicate_list(f->view, f->a, &filter, &rows, &f->n, f->err);)
READS(conflict_list, struct kept_conflict *rows; struct review_filter filter = { .max = 9 };
      rc = conflict_list(f->view, f->a, &filter, &rows, &f->n, f->err);)
READS(conflict_find, struct kept_conflict row;
      rc = conflict_find(f->view, f->a, FULL_CONFLICT, &row, f->err);)
READS(merge_list, struct kept_merge *rows; size_t more = 0;
      rc = merge_list(f->view, f->a, 0, 0, 9, &rows, &f->n, f->err);
      if (rc == 0) rc = merge_list(f->view, f->a, FULL_LEAD, 0, 9, &rows, &more, f->err);
      f->n += more;)
READS(consent_list, struct kept_consent *rows; size_t more = 0;
      rc = consent_list(f->view, f->a, FULL_LEAD, 0, 9, &rows, &f->n, f->err);
      if (rc == 0) rc = consent_list(f->view, f->a, 0, 0, 9, &rows, &more, f->err);
      f->n += more;)
WRITES(lead_edit, struct field field = { "company", value_text("x") };
       rc = lead_edit(f->tx, f->a, f->config, FULL_LEAD, &field, 1, NULL, 0, f->err);)
WRITES(lead_erase, rc = lead_erase(f->tx, f->a, FULL_LEAD, f->err);)
WRITES(duplicate_decide, int64_t merge;
       rc = duplicate_decide(f->tx, f->a, f->config, FULL_DUPLICATE, true, &merge, f->err);)
WRITES(conflict_decide,
       rc = conflict_decide(f->tx, f->a, f->config, FULL_CONFLICT, NULL, f->err);)
WRITES(lead_merge, int64_t merge;
       rc = lead_merge(f->tx, f->a, f->config, FULL_LEAD, FULL_NEIGHBOUR, &merge, f->err);)
WRITES(lead_unmerge, rc = lead_unmerge(f->tx, f->a, f->config, FULL_MERGE, f->err);)

/* A decision about a lead that is not this workspace's writes none of its rows. */
static int decision_add_foreign(struct foreign *f)
{
	struct lead lead = { .id = FULL_LEAD, .workspace = FULL_WORKSPACE, .version = 9,
			     .identities = &f->identity, .nidentities = 1 };
	struct enquiry enquiry = { .id = FULL_ENQUIRY, .lead = FULL_LEAD };
	struct case_file file = { 0 };
	struct source source = { .id = FULL_SOURCE };
	struct ground ground = { .submission = &f->submission, .file = &file,
				 .config = f->config, .source = &source,
				 .arena = tx_arena(f->tx) };
	struct decision *decision = arena_alloc(tx_arena(f->tx), sizeof(*decision));
	int rc;

	decision->result = RESULT_UPDATED;
	decision->lead = &lead;
	decision->enquiry = &enquiry;
	decision->has_new_message = true;
	rc = decision_add(f->tx, f->a, &ground, decision, NULL, f->err);
	return rc;
}

/* ---- deliveries.h ---- */

READS(delivery_list, struct delivery *rows; size_t more = 0;
      struct delivery_filter filter = { .max = 9 };
      rc = delivery_list(f->view, f->a, &filter, &rows, &f->n, f->err);
      filter.subject = FULL_LEAD;
      if (rc == 0) rc = delivery_list(f->view, f->a, &filter, &rows, &more, f->err);
      f->n += more;)
READS(delivery_find, struct delivery d;
      rc = delivery_find(f->view, f->a, FULL_DEAD, &d, f->err);)
READS(link_find, struct link link;
      rc = link_find(f->view, f->a, FULL_LEAD, FULL_CONNECTION, "contacts", &link, f->err);)
READS(attempt_list, struct kept_attempt *rows;
      rc = attempt_list(f->view, f->a, FULL_DEAD, &rows, &f->n, f->err);)
READS(call_find, struct kept_call call;
      rc = call_find(f->view, f->a, FULL_CALL, &call, f->err);)
READS(call_list, struct kept_call *rows; size_t more = 0;
      rc = call_list(f->view, f->a, FULL_CONNECTION, 0, 9, &rows, &f->n, f->err);
      if (rc == 0) rc = call_list(f->view, f->a, 0, 0, 9, &rows, &more, f->err);
      f->n += more;)
READS(claim_load, struct claim claim = { 0 };
      claim.delivery = (struct delivery){ .id = FULL_DEAD, .workspace = FULL_WORKSPACE,
					  .subject = FULL_LEAD,
					  .connection = FULL_CONNECTION, .role = "contacts" };
      rc = claim_load(f->view, &claim, 1, f->err);
      f->n = claim.link != NULL || claim.enquiry != NULL;)
READS(link_list, struct link *rows;
      rc = link_list(f->view, f->a, FULL_LEAD, FULL_CONNECTION, &rows, &f->n, f->err);)
READS(claim_renew, struct claim claim = { 0 };
      claim.delivery = (struct delivery){ .id = FULL_DEAD, .workspace = FULL_WORKSPACE,
					  .subject = FULL_LEAD, .earlier = 2 };
      rc = claim_renew(f->view, &claim, f->err);
      f->n = claim.lead.id != 0 || claim.earlier != NULL;)
READS(connection_state_find, struct connection_state state;
      rc = connection_state_find(f->view, FULL_WORKSPACE, FULL_CONNECTION, &state, f->err);)
READS(catalog_find_kept, struct catalog catalog;
      rc = catalog_find_kept(f->view, FULL_WORKSPACE, FULL_CONNECTION, "contacts", &catalog,
			     f->err);)
READS(catalog_find_ground, struct catalog catalog; int64_t at;
      rc = catalog_find_ground(f->view, FULL_WORKSPACE, FULL_CONNECTION, "contacts", &catalog,
			       &at, f->err);)
WRITES(catalog_accept, rc = catalog_accept(f->tx, f->a, FULL_CONNECTION, "contacts", f->err);)
WRITES(alert_keep, rc = alert_keep(f->tx, f->a, "dead-501-fix_data", "drift", FULL_CONNECTION, 0,
				   NULL, f->err);)
READS(secret_open, struct secret secret; const char *origins;
      rc = secret_open(f->view, FULL_WORKSPACE, FULL_CONNECTION, "secret", &secret, &origins,
		       f->err);)
READS(alert_list, struct kept_alert *rows;
      rc = alert_list(f->view, f->a, 0, 9, &rows, &f->n, f->err);)
READS(queue_counts, struct queue_counts counts;
      rc = queue_counts(f->view, FULL_WORKSPACE, &counts, f->err);
      f->n = (size_t)counts.received;)
WRITES(delivery_want, struct want want = { .is_new_enquiry = true };
       struct lead lead = { .id = FULL_LEAD, .workspace = FULL_WORKSPACE, .version = 9 };
       struct sync sync = { .mapping = "contacts" };
       struct mapping mapping = { .id = FULL_MAPPING, .name = "contacts",
				  .connection = "crm", .object = "other" };
       struct connection connection = { .id = FULL_CONNECTION + 1, .name = "crm" };
       struct config config = { .workspace = FULL_WORKSPACE, .syncs = &sync, .nsyncs = 1,
				.mappings = &mapping, .nmappings = 1,
				.connections = &connection, .nconnections = 1 };
       rc = delivery_want(f->tx, f->a, &config, &lead, &want, f->err);)
WRITES(delivery_claim, struct delivery *rows; bool more;
       struct claim_wish wish = { .workspace = FULL_WORKSPACE,
				  .connection = FULL_CONNECTION, .worker = 1,
				  .lease_ms = 1, .max = 9 };
       rc = delivery_claim(f->tx, &wish, &rows, &more, f->err);)
WRITES(call_add, struct kept_call call = { .id = 1601, .connection = FULL_CONNECTION,
					   .verb = "find", .method = "GET", .url = "x" };
       rc = call_add(f->tx, f->a, &call, f->err);)
WRITES(delivery_settle, bool refused = false;
       struct delivery d = { .id = FULL_CLAIMED, .workspace = FULL_WORKSPACE, .fence = 5,
			     .subject = FULL_NEIGHBOUR, .connection = FULL_CONNECTION };
       struct settlement s = { .delivery = &d, .state = DELIVERY_AT_REST, .told = 1 };
       rc = delivery_settle(f->tx, f->a, &s, 1, &refused, f->err);
       assert_true(refused);)
WRITES(delivery_retry, rc = delivery_retry(f->tx, f->a, FULL_DEAD, NULL, false, f->err);)
WRITES(delivery_discard, rc = delivery_discard(f->tx, f->a, FULL_DEAD, "why", f->err);)
WRITES(delivery_point, rc = delivery_point(f->tx, f->a, FULL_DEAD, "52", f->err);)
WRITES(delivery_retry_all, struct delivery_filter filter = { .max = 9 };
       rc = delivery_retry_all(f->tx, f->a, &filter, f->err);)
WRITES(delivery_revive, rc = delivery_revive(f->tx, f->a, FULL_CONNECTION, NULL, f->err);)
WRITES(connection_state_set,
       struct connection_state state = { .connection = FULL_CONNECTION, .state = "active" };
       rc = connection_state_set(f->tx, f->a, &state, NULL, f->err);)
WRITES(catalog_keep, struct catalog catalog = { .object = "contacts" };
       rc = catalog_keep(f->tx, f->a, FULL_CONNECTION, &catalog, f->err);)
WRITES(secret_keep, rc = secret_keep(f->tx, f->a, FULL_CONNECTION, "secret", "other",
				     "https://evil", f->err);)
WRITES(secret_drop_other_origins,
       rc = secret_drop_other_origins(f->tx, f->a, FULL_CONNECTION, "https://evil", f->err);)
WRITES(secret_drop, rc = secret_drop(f->tx, f->a, FULL_CONNECTION, "secret", f->err);)
WRITES(alert_raise, rc = alert_raise(f->tx, f->a, "dead-501-fix_data", "dead_letters",
				     FULL_CONNECTION, NULL, 1, f->err);)
WRITES(delivery_rest_removed, rc = delivery_rest_removed(f->tx, f->a, 10, f->err);)
WRITES(alert_close_removed,
       rc = alert_close_removed(f->tx, f->a, FULL_CONNECTION, "crm", f->err);)
WRITES(alert_close, rc = alert_close(f->tx, f->a, "dead-501-fix_data", f->err);)
WRITES(alert_dead_letter,
       rc = alert_dead_letter(f->tx, f->a, FULL_CONNECTION, "fix_data", -1, f->err);)
WRITES(alert_count_dead_letters, rc = alert_count_dead_letters(f->tx, f->a, f->err);)
READS(webhook_secrets_open, struct secret secrets[WEBHOOK_SECRETS_MAX]; const char *origin;
      rc = webhook_secrets_open(f->view, FULL_WORKSPACE, 1, secrets, &origin, f->err);)
WRITES(webhook_secret_keep,
       rc = webhook_secret_keep(f->tx, f->a, "other", "https://evil", f->err);)
WRITES(webhook_secret_drop_other_origin,
       rc = webhook_secret_drop_other_origin(f->tx, f->a, "https://evil", f->err);)
WRITES(alert_sent, rc = alert_sent(f->tx, f->a, FULL_ALERT, true, 0, f->err);)

/* ---- configs.h ---- */

READS(config_items, struct kept_item *rows;
      rc = config_items(f->view, f->a, NULL, &rows, &f->n, f->err);)
READS(config_versions, struct kept_version *rows;
      rc = config_versions(f->view, f->a, "source", "partner", &rows, &f->n, f->err);)
READS(config_at, struct config config;
      rc = config_at(f->view, FULL_WORKSPACE, 1, f->box->arena, &config, f->err);
      f->n = config_source(&config, "partner") != NULL;)
READS(config_current, struct config config;
      rc = config_current(f->view, FULL_WORKSPACE, f->box->arena, &config, f->err);
      f->n = config_source(&config, "partner") != NULL;)
READS(config_plan, struct config_change *changes;
      rc = config_plan(f->view, f->a, NULL, 0, true, &changes, &f->n, f->err);)
READS(config_try, struct config config; struct problems problems = { 0 };
      rc = config_try(f->view, f->a, NULL, 0, false, &config, &problems, f->err);
      f->n = config_source(&config, "partner") != NULL;)
READS(token_list, struct token *tokens;
      rc = token_list(f->view, f->a, &tokens, &f->n, f->err);)
READS(source_address_find, const char *address;
      rc = source_address_find(f->view, f->a, FULL_SOURCE, &address, f->err);)
WRITES(config_apply, rc = config_apply(f->tx, f->a, NULL, 0, true, f->err);)
WRITES(token_add, char text[TOKEN_TEXT_SIZE]; int64_t id;
       struct token token = { .name = "mine", .scopes = SCOPE_READ };
       rc = token_add(f->tx, f->a, &token, text, &id, f->err);)
WRITES(token_revoke, rc = token_revoke(f->tx, f->a, FULL_TOKEN, f->err);)

/* ---- gates.h, audit.h, imports.h ---- */

READS(gate_find, struct kept_gate gate;
      rc = gate_find(f->view, f->a, FULL_LEAD, &gate, f->err);)
WRITES(gate_keep_asked, struct kept_gate gate = { .id = FULL_TIMER, .lead = FULL_LEAD };
       rc = gate_keep_asked(f->tx, f->a, &gate, FULL_CONNECTION, f->err);)
WRITES(gate_close, struct kept_gate gate = { .id = FULL_TIMER, .lead = FULL_LEAD };
       rc = gate_close(f->tx, f->a, &gate, f->err);)
READS(audit_list, struct audit_entry *entries;
      rc = audit_list(f->view, f->a, 0, 9, &entries, f->err);)
READS(audit_list_of_lead, struct audit_entry *entries;
      rc = audit_list_of_lead(f->view, f->a, FULL_LEAD, 9, &entries, f->err);)
WRITES(audit_add, rc = audit_add(f->tx, f->a, "lead.edited", "lead", FULL_LEAD, NULL, NULL,
				 f->err);)
READS(import_find, struct kept_import import;
      rc = import_find(f->view, f->a, FULL_IMPORT, &import, f->err);)
READS(import_find_file, struct kept_import import; unsigned char hash[SHA256_SIZE] = { 0 };
      rc = import_find_file(f->view, f->a, FULL_SOURCE, hash, &import, f->err);)
READS(import_list, struct kept_import *rows;
      rc = import_list(f->view, f->a, 0, 9, &rows, &f->n, f->err);)
READS(import_error_list, struct kept_import_error *rows;
      rc = import_error_list(f->view, f->a, FULL_IMPORT, 0, 9, &rows, &f->n, f->err);)
WRITES(import_add, struct kept_import import = { .source = FULL_SOURCE, .name = "b.csv",
						 .state = "receiving" };
       int64_t id; rc = import_add(f->tx, f->a, &import, &id, f->err);)
WRITES(import_set_header,
       rc = import_set_header(f->tx, f->a, FULL_IMPORT, "{\"x\":1}", f->err);)
WRITES(import_advance, struct import_step step = { .import = FULL_IMPORT, .from = 3, .to = 5 };
       rc = import_advance(f->tx, f->a, &step, f->err);)
WRITES(import_end, rc = import_end(f->tx, f->a, FULL_IMPORT, "done", f->err);)

READS(plan_find, struct kept_plan plan;
      rc = plan_find(f->view, f->a, FULL_PLAN, &plan, f->err);)
READS(plan_leads_behind, int64_t *leads;
      struct mapping mapping = { .id = FULL_MAPPING, .name = "contacts", .object = "contacts" };
      struct connection connection = { .id = FULL_CONNECTION, .name = "crm" };
      rc = plan_leads_behind(f->view, f->a, &connection, &mapping, 9, &leads, &f->n, f->err);)
WRITES(plan_add, struct kept_plan plan = { .mapping = FULL_MAPPING, .schema = "" }; int64_t id;
       rc = plan_add(f->tx, f->a, &plan, &id, f->err);)
WRITES(plan_apply, rc = plan_apply(f->tx, f->a, f->config, FULL_PLAN, f->err);)
/* A plan of one's own that names another workspace's lead delivers nothing of it. */
static int plan_apply_of_foreign_leads_foreign(struct foreign *f)
{
	struct kept_plan_lead lead = { .lead = FULL_LEAD, .version = 3, .is_written = true,
				       .ground = "" };
	struct kept_plan plan = { .mapping = FULL_MAPPING, .mapping_version = 1, .schema = "",
				  .leads = &lead, .nleads = 1 };
	struct sync sync = { .mapping = "contacts" };
	struct mapping mapping = { .id = FULL_MAPPING, .version = 1, .name = "contacts",
				   .connection = "crm", .object = "contacts" };
	struct connection connection = { .id = FULL_CONNECTION, .name = "crm" };
	struct config config = { .workspace = FULL_WORKSPACE, .syncs = &sync, .nsyncs = 1,
				 .mappings = &mapping, .nmappings = 1,
				 .connections = &connection, .nconnections = 1 };
	int64_t id;

	if (plan_add(f->tx, f->a, &plan, &id, f->err) < 0)
		return -1;
	return plan_apply(f->tx, f->a, &config, id, f->err);
}

/* ---- suppressions.h ---- */

READS(suppression_of_key, struct suppression *rows;
      rc = suppression_of_key(f->view, f->a, &f->submission.idempotency, &rows, &f->n, f->err);)
READS(suppression_of_lead, struct suppression *rows;
      struct identity identity = { .hash = f->submission.idempotency };
      struct lead lead = { .id = FULL_LEAD, .identities = &identity, .nidentities = 1 };
      rc = suppression_of_lead(f->view, f->a, &lead, &rows, &f->n, f->err);)
WRITES(suppression_add, struct suppression what = { "sms", "all", "withdrawn", 1 };
       struct lead lead = { .id = FULL_LEAD, .identities = &f->identity, .nidentities = 1 };
       rc = suppression_add(f->tx, f->a, &lead, &what, f->err);)
WRITES(suppression_lift, struct suppression what = { "email", "all", "withdrawn", 9 };
       struct identity identity = { .hash = f->submission.idempotency };
       struct lead lead = { .id = FULL_LEAD, .identities = &identity, .nidentities = 1 };
       rc = suppression_lift(f->tx, f->a, &lead, &what, f->err);)

/* Theirs stands under a key of workspace 1; in workspace 2 nothing does. */
WRITES(suppression_spread, struct identity keys[] = {
	       { .hash = f->submission.idempotency }, { .hash = f->key } };
       struct lead lead = { .id = FULL_LEAD, .identities = keys, .nidentities = 2 };
       rc = suppression_spread(f->tx, f->a, &lead, f->err);)

/* ---- syncs.h ---- */

READS(sync_state_find, struct sync_state state;
      rc = sync_state_find(f->view, f->a, FULL_MAPPING, &state, f->err);)
READS(sync_state_list, struct sync_state *rows;
      rc = sync_state_list(f->view, f->a, &rows, &f->n, f->err);)
READS(sync_waiting, int64_t count;
      rc = sync_waiting(f->view, f->a, FULL_CONNECTION, FULL_MAPPING, 9, &count, f->err);
      f->n = (size_t)count;)
WRITES(sync_pause, rc = sync_pause(f->tx, f->a, FULL_MAPPING, "why", f->err);)
WRITES(sync_resume, rc = sync_resume(f->tx, f->a, FULL_MAPPING, f->err);)
WRITES(sync_release, rc = sync_release(f->tx, f->a, FULL_MAPPING, SYNC_PAUSED, 9, f->err);)
WRITES(sync_release_gone,
       rc = sync_release_gone(f->tx, f->a, FULL_CONNECTION, 9, f->err);)
WRITES(sync_run, rc = sync_run(f->tx, f->a, FULL_MAPPING, f->err);)
WRITES(sync_run_step, struct mapping mapping = { .id = FULL_MAPPING, .name = "contacts",
						 .connection = "crm", .object = "contacts" };
       struct sync sync = { .mapping = "contacts" };
       struct connection connection = { .id = FULL_CONNECTION, .name = "crm" };
       struct config config = { .workspace = FULL_WORKSPACE, .syncs = &sync, .nsyncs = 1,
				.mappings = &mapping, .nmappings = 1,
				.connections = &connection, .nconnections = 1 };
       rc = sync_run(f->tx, f->a, FULL_MAPPING, f->err);
       if (rc == 0) rc = sync_run_step(f->tx, f->a, &config, &mapping, 9, f->err);)

#define R(verb) { #verb, verb##_foreign, false, ERR_NOT_FOUND }
#define W(verb) { #verb, verb##_foreign, true, ERR_NOT_FOUND }

static const struct verb verbs[] = {
	R(idempotency_find), R(repeated_find), R(case_load), R(pool_positions_load), R(lead_find),
	R(lead_find_unfollowed), R(lead_enquiries), R(enquiry_list), R(lead_list),
	R(submission_find), R(submission_list), R(submission_list_all), R(duplicate_list),
	R(conflict_list), R(conflict_find), R(merge_list), R(consent_list), W(lead_edit),
	W(lead_erase), W(duplicate_decide), W(conflict_decide), W(lead_merge), W(lead_unmerge),
	W(decision_add),
	R(delivery_list), R(delivery_find), R(link_find), R(attempt_list), R(call_find),
	R(call_list), R(claim_load), R(claim_renew), R(link_list), R(connection_state_find), R(catalog_find_kept),
	R(catalog_find_ground), W(catalog_accept), W(alert_keep),
	R(secret_open), R(alert_list), R(queue_counts), W(delivery_want), W(delivery_claim),
	W(call_add), W(delivery_settle), W(delivery_retry), W(delivery_discard),
	W(delivery_point), W(delivery_retry_all), W(delivery_revive), W(connection_state_set),
	W(catalog_keep), W(secret_keep), W(secret_drop_other_origins), W(secret_drop),
	W(alert_raise), W(alert_close), W(alert_close_removed), W(delivery_rest_removed),
	W(alert_sent),
	W(alert_dead_letter), W(alert_count_dead_letters), R(webhook_secrets_open),
	W(webhook_secret_keep), W(webhook_secret_drop_other_origin),
	R(config_items), R(config_versions), R(config_at), R(config_current), R(config_plan),
	R(config_try), R(token_list),
	R(source_address_find), W(config_apply), W(token_add), W(token_revoke),
	R(gate_find), W(gate_keep_asked), W(gate_close), R(audit_list), R(audit_list_of_lead),
	W(audit_add), R(import_find), R(import_find_file), R(import_list), R(import_error_list),
	W(import_add), W(import_set_header), W(import_end),
	R(plan_find), R(plan_leads_behind), W(plan_add), W(plan_apply),
	{ "plan_apply of foreign leads", plan_apply_of_foreign_leads_foreign, true,
	  ERR_CONFLICT },
	R(suppression_of_key), R(suppression_of_lead), W(suppression_add), W(suppression_lift),
	W(suppression_spread),
	R(sync_state_find), R(sync_state_list), R(sync_waiting), W(sync_pause), W(sync_resume),
	W(sync_release), W(sync_release_gone), W(sync_run), W(sync_run_step),
	/* It does not stand where the step begins: nothing does that is not there. */
	{ "import_advance", import_advance_foreign, true, ERR_CONFLICT },
};

/* Verbs that have no case, and why not. */
static const struct {
	const char *name, *reason;
} without[] = {
	{ "delivery_release", "by a worker's own claims; takes no workspace" },
	{ "delivery_intend", "by the fence of a claim; takes no workspace" },
	{ "delivery_next_due", "by the connection's id, a time alone" },
	{ "gate_open", "writes only what decision_add() decided" },
	{ "workspace_hash_key", "of the workspace that is named" },
};

/* ---- That none is missing ---- */

static const char *const headers[] = { "leads.h", "deliveries.h", "configs.h", "gates.h",
				       "audit.h", "imports.h", "plans.h", "store.h",
				       "suppressions.h", "syncs.h" };

static bool has_case(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_LEN(without); i++)
		if (strcmp(without[i].name, name) == 0)
			return true;
	return text_ends(name, "_any_workspace");
}

static size_t check_header(const char *header)
{
	char path[512], line[512], name[100];
	size_t count = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/src/store/%s", getenv("FAIRLEAD_TEST_SOURCE"), header);
	file = fopen(path, "r");
	if (!file)
		fail_msg("%s is not there", path);
	while (fgets(line, sizeof(line), file)) {
		if (!text_starts(line, "int ") || sscanf(line, "int %99[a-z_0-9](", name) != 1 ||
		    (!strstr(line, "(struct tx *tx") && !strstr(line, "(struct view *view")))
			continue;
		count++;
		if (!has_case(name))
			fail_msg("%s: %s() has no case in foreign_test.c", header, name);
	}
	fclose(file);
	return count;
}

static void every_verb_has_a_case(struct box *box)
{
	size_t count = 0;

	(void)box;
	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		count += check_header(headers[i]);
	assert_true(count + 1 >= ARRAY_LEN(verbs)); /* plan_apply() has two */
}

/* ---- Calling them ---- */

static void start(struct foreign *f, struct box *box)
{
	*f = (struct foreign){ .box = box, .actor = { .workspace = FULL_WORKSPACE },
			       .err = &box->err };
	f->a = &f->actor;
	f->key = full_key(box);
	f->identity = (struct identity){ .kind = "email", .key = FULL_EMAIL, .hash = f->key };
	f->submission = (struct submission){
		.id = 1301, .workspace = FULL_WORKSPACE, .source = FULL_SOURCE, .raw = "",
		.identities = &f->identity, .nidentities = 1, .has_idempotency = true,
	};
	memcpy(f->submission.idempotency.bytes, "0123456789abcdef", HASH16_SIZE);
	f->config = arena_alloc(box->arena, sizeof(*f->config));
	*f->config = (struct config){ .workspace = FULL_WORKSPACE, .version = 1 };
	box->err = (struct error){ 0 };
}

static void nothing_is_found(struct box *box)
{
	struct foreign f;

	full_open(box);
	start(&f, box);
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		int rc;

		if (verbs[i].is_write)
			continue;
		f.n = 0;
		f.view = view_open(box->store, box->arena, &box->err);
		rc = verbs[i].call(&f);
		view_close(f.view);
		if (rc < 0 && box->err.code != verbs[i].refusal)
			fail_msg("%s: %s", verbs[i].name, box->err.message);
		if (rc > 0 || f.n > 0)
			fail_msg("%s finds what is another workspace's", verbs[i].name);
	}
}

/* Every row of workspace 1, as text. */
static const char *rows_of_first(struct box *box)
{
	struct buf all;
	struct db *db;

	buf_init(&all, box->arena, 4u << 20);
	assert_int_equal(db_open(&db, box->uri, true, &box->err), 0);
	for (size_t i = 0; i < store_ncolumns; i++) {
		const struct column *column = &store_columns[i];
		bool is_own = strcmp(column->table, "workspace") == 0;
		struct db_rows *rows;

		if (!is_own && !column_find(column->table, "workspace"))
			continue;
		assert_int_equal(db_query(db,
					  arena_printf(box->arena,
						       "SELECT %s FROM %s WHERE %s = 1 ORDER BY 1",
						       column->name, column->table,
						       is_own ? "id" : "workspace"),
					  DB_NONE, &rows, &box->err),
				 0);
		while (db_next(rows, &box->err) == 1) {
			size_t len;
			const void *bytes = db_column_bytes(rows, 0, box->arena, &len);

			buf_addf(&all, "%s.%s %lld ", column->table, column->name,
				 bytes ? 0LL : (long long)db_column_int(rows, 0));
			buf_add_jsonn(&all, bytes ? bytes : "", bytes ? len : 0);
			buf_addc(&all, '\n');
		}
		db_done(rows);
	}
	db_close(db);
	return buf_text(&all);
}

struct running {
	struct foreign *f;
	const struct verb *verb;
};

static int run_verb(struct tx *tx, void *context, struct error *err)
{
	struct running *running = context;

	running->f->tx = tx;
	running->f->err = err;
	return running->verb->call(running->f);
}

static void nothing_is_changed(struct box *box)
{
	const char *before;
	struct foreign f;

	full_open(box);
	start(&f, box);
	before = rows_of_first(box);
	assert_true(strlen(before) > 5000);
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		struct running running = { &f, &verbs[i] };
		const char *after;
		int rc;

		if (!verbs[i].is_write)
			continue;
		box->err = (struct error){ 0 };
		rc = store_run(box->store, URGENCY_INTERACTIVE, FULL_WORKSPACE, run_verb,
			       &running, &box->err);
		if (rc < 0 && box->err.code != verbs[i].refusal)
			fail_msg("%s: %s", verbs[i].name, box->err.message);
		after = rows_of_first(box);
		if (strcmp(before, after) != 0)
			fail_msg("%s changes what is another workspace's", verbs[i].name);
	}
}

/* The look itself: the same verbs in the right workspace do find and do change. */
static void the_same_ids_are_found_at_home(struct box *box)
{
	struct actor home = { .workspace = 1 };
	struct kept_conflict conflict;
	struct kept_import import;
	struct delivery delivery;
	struct kept_call call;
	struct lead lead;
	struct view *view;

	full_open(box);
	view = view_open(box->store, box->arena, &box->err);
	assert_int_equal(lead_find(view, &home, FULL_MERGED, &lead, &box->err), 1);
	assert_int_equal(lead.id, FULL_LEAD);
	assert_int_equal(conflict_find(view, &home, FULL_CONFLICT, &conflict, &box->err), 1);
	assert_int_equal(delivery_find(view, &home, FULL_DEAD, &delivery, &box->err), 1);
	assert_int_equal(call_find(view, &home, FULL_CALL, &call, &box->err), 1);
	assert_int_equal(import_find(view, &home, FULL_IMPORT, &import, &box->err), 1);
	view_close(view);
}

static const struct box_case cases[] = {
	BOX_CASE(every_verb_has_a_case),
	BOX_CASE(nothing_is_found),
	BOX_CASE(nothing_is_changed),
	BOX_CASE(the_same_ids_are_found_at_home),
};

int main(int argc, char **argv)
{
	return box_run(argc, argv, cases, ARRAY_LEN(cases));
}
