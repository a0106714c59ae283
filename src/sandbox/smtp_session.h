/* smtp_session.h - one SMTP connection's talk (RFC 5321), without its socket. Threads: one at
 * a time.
 *
 * The session knows the language: lines, sequence, AUTH's dialogues, parameters, dots. What
 * is allowed and what becomes of a message it asks step by step, as if each command were a
 * request to a vendor: so faults, the list of requests, the ledger and the journal see mail
 * as they see everything. Everything that comes is hostile and bounded: a command has 512
 * bytes (AUTH's lines 12,288), a message what was offered and at most SMTP_MESSAGE_MAX, a
 * session 20 mistakes. */
#ifndef SANDBOX_SMTP_SESSION_H
#define SANDBOX_SMTP_SESSION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define SMTP_MESSAGE_MAX (64u << 20)
#define SMTP_RECIPIENTS_MAX 100

/* One step, in order: CONNECT, EHLO, AUTH, MAIL, RCPT (its target names the recipient), DATA
 * (before the message), MESSAGE (after it, with the message as its body). */
struct smtp_step {
	const char *method;
	const char *target;        /* a path with query */
	const char *authorization; /* "Basic ..." or "Bearer ...", or NULL */
	const char *envelope;      /* JSON, for MESSAGE; else NULL */
	const char *body;          /* NUL behind it */
	size_t body_len;
	bool is_tls;
};

/* What is to become of an answer on the wire. */
enum smtp_trouble {
	SMTP_FINE,
	SMTP_SLOW,      /* comes after `ms` */
	SMTP_HANG,      /* never comes; closed after `ms` */
	SMTP_DRIP,      /* comes spread over `ms` */
	SMTP_TRUNCATED, /* comes half, then closed; of DATA: whole, and closed when the message
			 * begins to come */
	SMTP_CLOSE,
	SMTP_RESET,
};

struct smtp_answer {
	int code;         /* 200 to 599 */
	const char *text; /* with its enhanced code; lines are separated by '\n' */
	bool is_raw;      /* not SMTP at all: sent as it is, then closed */
	enum smtp_trouble trouble;
	int64_t ms;
};

typedef void smtp_ask(void *context, struct arena *arena, const struct smtp_step *step,
		      struct smtp_answer *answer);

enum smtp_state {
	SMTP_COMMANDS,
	SMTP_AUTH_PLAIN,    /* waits for its one line */
	SMTP_AUTH_USER,
	SMTP_AUTH_PASSWORD,
	SMTP_AUTH_XOAUTH2,
	SMTP_AUTH_SORRY,    /* has told XOAUTH2 why; waits for an empty line */
	SMTP_DATA,
	SMTP_STARTS_TLS,    /* 220 was given: whoever has the socket goes on */
	SMTP_OVER,          /* to be closed when all is sent */
};

struct smtp_session {
	smtp_ask *ask;
	void *context;
	enum smtp_state state;
	bool is_tls;

	/* What is to be sent: taken by smtp_session_sent(). */
	char *out;
	size_t out_len, out_room;

	/* Of the latest answer; the owner acts on it and puts it back to SMTP_FINE. */
	enum smtp_trouble trouble;
	int64_t trouble_ms;

	/* The rest is the session's own. */
	struct arena *arena;   /* of the connection: what AUTH told, what was offered */
	struct arena *step;    /* of the command at hand */
	const char *user, *authorization;
	char offered[1024];    /* lines of the answer to EHLO */
	json_t *envelope;      /* from MAIL to the end of the message; or NULL */
	int mistakes, refusals; /* bad commands; refused AUTHs */
	bool has_greeted, is_extended, has_mailed, skips_line, cuts_data;

	/* The message that comes in. */
	char *text;
	size_t len, room, line_len;
	size_t *budget; /* bytes that all sessions hold: shared, counts down */
	int at;         /* where in a line: enum line_at of smtp_data.c */
	bool is_too_large, is_over_budget, has_long_line, has_bare_end;
};

/* Greets. `budget` outlives the session. */
void smtp_session_begin(struct smtp_session *session, smtp_ask *ask, void *context, bool is_tls,
			size_t *budget);
void smtp_session_end(struct smtp_session *session);

/* Takes one line, or as much of a message as there is, and returns how many bytes it took:
 * 0 when the line is not whole yet. Adds at most one reply to `out`. Not to be called while
 * `state` is SMTP_STARTS_TLS or SMTP_OVER. */
size_t smtp_session_take(struct smtp_session *session, const char *bytes, size_t len);

/* TLS stands: all that was said before is forgotten. */
void smtp_session_secured(struct smtp_session *session);

/* The first `len` bytes of `out` are gone. */
void smtp_session_sent(struct smtp_session *session, size_t len);

/* Says goodbye for a reason ("4.4.2 ...") and is over. */
void smtp_session_close(struct smtp_session *session, const char *why);

#endif
