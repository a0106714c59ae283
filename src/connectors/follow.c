/* follow.c - where a record went that a write found gone. Threads: pure. */
#include "connectors/follow.h"

static bool is_gone(const struct record *record)
{
	return record->outcome == OUTCOME_GONE && record->action == RECORD_UPDATE &&
	       record->remote_id;
}

static void try_later(struct record *record, const char *reason)
{
	record->outcome = OUTCOME_CONNECTION;
	record->reason = reason;
}

/* The read's word counts: what it found to be there was not gone. */
static void take_back(const struct follow *follow, struct exchange *x)
{
	for (size_t i = 0; i < follow->inner.nrecords; i++) {
		const struct record *seen = &follow->inner.records[i];
		struct record *record = &x->records[follow->places[i]];

		if (seen->outcome == OUTCOME_GONE) {
			record->found = seen->found;
			record->nfound = seen->nfound;
		} else if (seen->outcome == OUTCOME_DELIVERED) {
			record->outcome = OUTCOME_RETRY;
		} else {
			try_later(record, "gone, and could not be followed");
			record->retry_after_ms = seen->retry_after_ms;
		}
	}
}

static enum turn take_turn(struct follow *follow, struct exchange *x, connector_turn *read)
{
	enum turn turn = read(&follow->inner);

	x->request = follow->inner.request;
	x->bucket = follow->inner.bucket;
	x->wants_token = follow->inner.wants_token;
	if (turn == TURN_DONE) {
		take_back(follow, x);
		follow->is_on = false;
	}
	return turn;
}

enum turn follow_begin(struct follow *follow, struct exchange *x, connector_turn *read)
{
	struct record *records = arena_array(x->arena, x->nrecords, sizeof(*records));
	size_t count = 0;

	if (!read)
		return TURN_DONE;
	follow->places = arena_array(x->arena, x->nrecords, sizeof(*follow->places));
	for (size_t i = 0; i < x->nrecords; i++) {
		if (!is_gone(&x->records[i]))
			continue;
		follow->places[count] = i;
		records[count++] = (struct record){
			.key = x->records[i].key,
			.remote_id = x->records[i].remote_id,
		};
	}
	if (count == 0)
		return TURN_DONE;
	follow->is_on = true;
	follow->inner = *x;
	follow->inner.records = records;
	follow->inner.nrecords = count;
	follow->inner.turn = 0;
	follow->inner.reply = NULL;
	follow->inner.state = NULL;
	return take_turn(follow, x, read);
}

enum turn follow_go_on(struct follow *follow, struct exchange *x, connector_turn *read)
{
	follow->inner.reply = x->reply;
	follow->inner.now = x->now;
	follow->inner.bucket = NULL;
	follow->inner.turn++;
	return take_turn(follow, x, read);
}

void follow_give_up(struct exchange *x)
{
	for (size_t i = 0; i < x->nrecords; i++)
		if (is_gone(&x->records[i]))
			try_later(&x->records[i], "gone, and not followed: the call before failed");
}
