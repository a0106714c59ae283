/* circuit.c - when a connection is left alone. Threads: pure. */
#include "deliver/circuit.h"

#include "base/attributes.h"
#include "base/text.h"

static const char *const names[] = {
	[CIRCUIT_CLOSED] = "active",
	[CIRCUIT_OPEN] = "open",
	[CIRCUIT_REAUTH] = "reauth",
	[CIRCUIT_PAUSED] = "paused",
};

const char *circuit_state_name(enum circuit_state state)
{
	return names[state];
}

enum circuit_state circuit_state_parse(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (text_equal(names[i], name))
			return (enum circuit_state)i;
	return CIRCUIT_CLOSED;
}

bool circuit_allows(const struct circuit *circuit, int64_t now)
{
	if (circuit->hold_until > now)
		return false;
	switch (circuit->state) {
	case CIRCUIT_CLOSED:
		return true;
	case CIRCUIT_OPEN:
	case CIRCUIT_REAUTH:
		return !circuit->is_probing && circuit->open_until <= now;
	case CIRCUIT_PAUSED:
		return false;
	}
	return false;
}

int64_t circuit_next(const struct circuit *circuit, int64_t now)
{
	int64_t next = circuit->hold_until > now ? circuit->hold_until : 0;

	if ((circuit->state == CIRCUIT_OPEN || circuit->state == CIRCUIT_REAUTH) &&
	    circuit->open_until > next)
		next = circuit->open_until;
	return next;
}

bool circuit_succeeded(struct circuit *circuit)
{
	bool was_open = circuit->state == CIRCUIT_OPEN || circuit->state == CIRCUIT_REAUTH;

	circuit->failures = circuit->denials = 0;
	circuit->is_probing = false;
	if (was_open) {
		circuit->state = CIRCUIT_CLOSED;
		circuit->probe_ms = circuit->open_until = circuit->opened_at = 0;
	}
	return was_open;
}

static void open_for(struct circuit *circuit, enum circuit_state state, int64_t now)
{
	circuit->probe_ms = circuit->probe_ms ? circuit->probe_ms * 2 : CIRCUIT_PROBE_MS;
	if (circuit->probe_ms > CIRCUIT_PROBE_MAX_MS)
		circuit->probe_ms = CIRCUIT_PROBE_MAX_MS;
	if (!circuit->opened_at)
		circuit->opened_at = now;
	circuit->state = state;
	circuit->open_until = now + circuit->probe_ms;
	circuit->is_probing = false;
}

bool circuit_failed(struct circuit *circuit, int64_t now)
{
	bool was_probe = circuit->is_probing;

	circuit->failures++;
	if (circuit->state == CIRCUIT_PAUSED)
		return false;
	if (circuit->state == CIRCUIT_CLOSED && circuit->failures < CIRCUIT_FAILURES)
		return false;
	/* Calls that were under way when it opened say nothing new. */
	if (circuit->state != CIRCUIT_CLOSED && !was_probe)
		return false;
	open_for(circuit, circuit->state == CIRCUIT_REAUTH ? CIRCUIT_REAUTH : CIRCUIT_OPEN,
		 now);
	return true;
}

bool circuit_refused(struct circuit *circuit, int64_t now)
{
	if (circuit->state == CIRCUIT_PAUSED ||
	    (circuit->state == CIRCUIT_REAUTH && !circuit->is_probing))
		return false;
	open_for(circuit, CIRCUIT_REAUTH, now);
	return true;
}

bool circuit_denied(struct circuit *circuit, int64_t now)
{
	int denials = circuit->denials + 1;
	bool changed = false;

	/* The CRM answers, which is all that a circuit open for failures waits for. */
	if (circuit->state != CIRCUIT_REAUTH)
		changed = circuit_succeeded(circuit);
	circuit->denials = denials;
	if (circuit->state == CIRCUIT_CLOSED && denials < CIRCUIT_FAILURES)
		return changed;
	return circuit_refused(circuit, now) || changed;
}

bool circuit_hold(struct circuit *circuit, int64_t until)
{
	circuit->is_probing = false;
	if (until <= circuit->hold_until)
		return false;
	circuit->hold_until = until;
	return true;
}
