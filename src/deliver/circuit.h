/* circuit.h - when a connection is left alone. Threads: pure.
 *
 * A circuit opens after five failed calls in a row and probes after 30 s, doubling to
 * 10 min. Refused credentials open it at once: a person is asked, and a probe notices
 * when it was mended. A permission that is denied may be one record's: five in a row are
 * the credentials'. A limit that the CRM announces only holds. */
#ifndef DELIVER_CIRCUIT_H
#define DELIVER_CIRCUIT_H

#include <stdbool.h>
#include <stdint.h>

enum circuit_state { CIRCUIT_CLOSED, CIRCUIT_OPEN, CIRCUIT_REAUTH, CIRCUIT_PAUSED };

struct circuit {
	enum circuit_state state;
	int failures;      /* in a row */
	int denials;       /* in a row */
	int64_t open_until; /* when to probe, ms */
	int64_t opened_at;
	int64_t probe_ms;  /* the wait before that probe */
	int64_t hold_until; /* the CRM asked to wait */
	bool is_probing;   /* one conversation is under way to see */
};

#define CIRCUIT_FAILURES 5
#define CIRCUIT_PROBE_MS 30000
#define CIRCUIT_PROBE_MAX_MS 600000

const char *circuit_state_name(enum circuit_state state);
enum circuit_state circuit_state_parse(const char *name); /* closed when unknown */

/* Whether work may begin now; with a circuit that is open only one probe may. */
bool circuit_allows(const struct circuit *circuit, int64_t now);
/* When it may be worth asking again; 0: nothing is known against it now. */
int64_t circuit_next(const struct circuit *circuit, int64_t now);

/* Note how a call went. Each returns whether the state changed (to be stored). */
bool circuit_succeeded(struct circuit *circuit);
bool circuit_failed(struct circuit *circuit, int64_t now);
bool circuit_refused(struct circuit *circuit, int64_t now);
bool circuit_denied(struct circuit *circuit, int64_t now);
bool circuit_hold(struct circuit *circuit, int64_t until);

#endif
