/* verdict.c - from a record's outcome to how its delivery goes on. Threads: pure. */
#include "deliver/verdict.h"

#include "base/clock.h"
#include "base/text.h"

#define WAIT_MIN_MS 250
#define WAIT_MAX_MS (10 * CLOCK_MINUTE)
#define MAX_AGE_MS (72 * CLOCK_HOUR)

void verdict_dead(struct settlement *s, const char *code, const char *field,
		  const char *reason, const char *instruction)
{
	s->state = DELIVERY_DEAD;
	s->code = code;
	s->field = field;
	s->reason = reason;
	s->instruction = instruction;
}

static int64_t max_age_of(const struct verdict_ground *ground)
{
	int64_t own = ground->connection->limits.max_age_ms;

	return own > 0 ? own : MAX_AGE_MS;
}

static void expire(const struct verdict_ground *ground, struct settlement *s)
{
	verdict_dead(s, s->is_uncertain ? "uncertain" : "expired", NULL,
		     arena_printf(ground->arena, "the connection did not take it for %lld hours",
				  (long long)(max_age_of(ground) / CLOCK_HOUR)),
		     "see why the connection fails, then retry");
	if (s->is_uncertain)
		s->state = DELIVERY_PARKED;
}

void verdict_wait(const struct verdict_ground *ground, int64_t least_ms,
		  struct settlement *s)
{
	int setbacks = ground->delivery->setbacks;
	int64_t wait = setbacks < 16 ? (int64_t)WAIT_MIN_MS << setbacks : WAIT_MAX_MS;

	s->state = DELIVERY_DUE;
	s->setbacks = setbacks + 1;
	if (ground->now - ground->delivery->since > max_age_of(ground)) {
		expire(ground, s);
		return;
	}
	if (wait > WAIT_MAX_MS)
		wait = WAIT_MAX_MS;
	wait = (int64_t)((double)wait * (0.8 + 0.4 * ground->dice));
	if (wait < least_ms)
		wait = least_ms;
	s->due_at = ground->now + wait;
}

void verdict_wait_for_connection(const struct verdict_ground *ground, int64_t least_ms,
				 struct settlement *s)
{
	s->state = DELIVERY_DUE;
	if (ground->now - ground->delivery->since > max_age_of(ground)) {
		expire(ground, s);
		return;
	}
	s->due_at = ground->now + (least_ms > WAIT_MIN_MS ? least_ms : WAIT_MIN_MS);
}

/* This record, later: three tries, then a person. */
static void retry(const struct verdict_ground *ground, const struct record *record,
		  struct settlement *s)
{
	int tries = ground->delivery->tries;
	int64_t next = retry_next(&ground->connection->limits.retry, ground->now, tries,
				  record->retry_after_ms, ground->dice);

	s->tries = tries + 1;
	if (next) {
		s->state = DELIVERY_DUE;
		s->due_at = next;
		return;
	}
	verdict_dead(s, "retries", record->field,
		     arena_printf(ground->arena, "still refused after %d tries: %s", tries + 1,
				  record->reason ? record->reason : "no reason given"),
		     "see what the CRM says, mend it, then retry");
}

/* Sent, and nobody knows: look first, after the CRM's index lag. Where looking cannot
 * tell, a person is asked; nothing is sent blindly. */
static void uncertain(const struct verdict_ground *ground, struct settlement *s)
{
	const struct connector *connector = ground->connector;

	s->is_uncertain = true;
	if (!connector->find && !connector->read) {
		verdict_dead(s, "uncertain", NULL,
			     "sent, and the answer was lost; this CRM cannot be asked whether "
			     "it arrived",
			     "look at the CRM: if it is there, give its id; if not, send again");
		s->state = DELIVERY_PARKED;
		return;
	}
	verdict_wait(ground, connector->index_lag_ms, s);
}

/* The CRM has it under another id, or says so: look at that record before writing. */
static void duplicate(const struct verdict_ground *ground, const struct record *record,
		      struct settlement *s)
{
	s->tries = ground->delivery->tries + 1;
	if (s->tries > 3) {
		verdict_dead(s, "duplicate", record->field,
			     record->reason ? record->reason :
					      "the CRM says that this person is there already",
			     "find the record in the CRM and give its id, or merge there");
		return;
	}
	s->state = DELIVERY_DUE;
	s->due_at = ground->now;
	s->is_uncertain = true;
	if (text_is_empty(record->remote_id)) {
		s->due_at += ground->connector->index_lag_ms;
		return;
	}
	s->link_id = record->remote_id;
	s->link_state = "unconfirmed";
}

static void gone(const struct verdict_ground *ground, const struct record *record,
		 struct settlement *s)
{
	const struct remote *there = record->nfound ? &record->found[0] : NULL;

	s->link_id = record->remote_id;
	if (there && there->survivor_id) {
		s->link_id = there->survivor_id;
		s->link_object = there->survivor_object ? there->survivor_object :
							  ground->delivery->object;
		s->link_state = "unconfirmed";
		s->state = DELIVERY_DUE;
		s->due_at = ground->now;
		s->tries = ground->delivery->tries + 1;
		if (s->tries > 5)
			verdict_dead(s, "gone", NULL, "the record was merged again and again",
				     "find the record in the CRM and give its id");
		return;
	}
	s->link_state = "gone";
	s->state = DELIVERY_AT_REST;
	s->code = "gone";
	s->reason = "the record was deleted in the CRM";
	s->instruction = "it is made again when the lead asks again, or when you say so";
}

static void delivered(const struct verdict_ground *ground, const struct record *record,
		      struct settlement *s)
{
	s->state = DELIVERY_AT_REST;
	s->told = ground->version;
	s->tries = s->setbacks = 0;
	s->link_id = record->remote_id;
	s->link_version = record->version;
	s->link_is_ours = record->action == RECORD_CREATE;
	s->link_state = "live";
}

static void begin(const struct verdict_ground *ground, const struct record *record,
		  struct settlement *s)
{
	s->delivery = ground->delivery;
	s->tries = ground->delivery->tries;
	s->setbacks = ground->delivery->setbacks;
	s->due_at = ground->now;
	s->outcome = outcome_name(record->outcome);
	s->field = record->field;
	s->reason = record->reason;
	s->link_object = ground->delivery->object;
}

void verdict_of_write(const struct verdict_ground *ground, const struct record *record,
		      struct settlement *s)
{
	begin(ground, record, s);
	s->action = record->action == RECORD_CREATE ? "create" : "update";
	switch (record->outcome) {
	case OUTCOME_UNCERTAIN:
		uncertain(ground, s);
		return;
	case OUTCOME_DELIVERED:
		delivered(ground, record, s);
		return;
	case OUTCOME_DUPLICATE:
		duplicate(ground, record, s);
		return;
	case OUTCOME_GONE:
		gone(ground, record, s);
		return;
	case OUTCOME_RETRY:
		retry(ground, record, s);
		return;
	case OUTCOME_REAUTH:
	case OUTCOME_CONNECTION:
		/* Not sent, or refused before any effect: what was unknown stays so. */
		s->is_uncertain = ground->delivery->is_uncertain;
		verdict_wait_for_connection(ground, record->retry_after_ms, s);
		return;
	case OUTCOME_FIX_DATA:
		verdict_dead(s, "fix_data", record->field,
			     record->reason ? record->reason : "the CRM refused a value",
			     "mend the value in the lead or the mapping; it is then sent again");
		return;
	case OUTCOME_PERMANENT:
		verdict_dead(s, "permanent", record->field,
			     record->reason ? record->reason : "the CRM will never take this",
			     "see the call; discard it, or change the mapping and retry");
		return;
	}
}

void verdict_of_look(const struct verdict_ground *ground, const struct record *record,
		     struct settlement *s)
{
	begin(ground, record, s);
	s->action = "look";
	/* Nothing was written: what was unknown before stays so, and is asked again. */
	s->is_uncertain = ground->delivery->is_uncertain;
	switch (record->outcome) {
	case OUTCOME_GONE:
		gone(ground, record, s);
		return;
	case OUTCOME_RETRY:
		retry(ground, record, s);
		return;
	case OUTCOME_FIX_DATA:
	case OUTCOME_PERMANENT:
		verdict_dead(s, "look_refused", record->field,
			     record->reason ? record->reason : "the CRM refused to be searched",
			     "check the connection's permissions and settings, then retry");
		if (s->is_uncertain)
			s->state = DELIVERY_PARKED;
		return;
	case OUTCOME_UNCERTAIN:
	case OUTCOME_DELIVERED:
	case OUTCOME_DUPLICATE:
		verdict_wait(ground, record->retry_after_ms, s);
		return;
	case OUTCOME_REAUTH:
	case OUTCOME_CONNECTION:
		verdict_wait_for_connection(ground, record->retry_after_ms, s);
		return;
	}
}
