/* prospect.c - people at the other end of a channel. Threads: under the sandbox's lock;
 * sb_prospect_parse() is pure. */
#include "sandbox/prospect.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/control_inside.h"

#define WORD_MS 400 /* how long a word is spoken */
#define PROSPECTS_MAX 100000
#define SCRIPT_MAX 1000
#define ADDRESS_MAX 254
#define REPLY_MS 2000 /* how long they take to answer a message, unless they say */

struct sb_known {
	struct sb_known *next;
	struct arena *arena;
	struct sb_prospect prospect;
};

/* ---- Reading a script ---- */

struct reading {
	struct arena *arena;
	struct sb_prospect *prospect;
	const char *problem;
};

static void add_reaction(struct reading *r, enum sb_deed deed, const char *text)
{
	struct sb_prospect *p = r->prospect;

	if (p->nreactions == SB_REACTIONS_MAX)
		r->problem = "a script has at most 16 reactions";
	else
		p->reactions[p->nreactions++] =
			(struct sb_reaction){ .deed = deed, .text = text, .after_ms = REPLY_MS };
}

/* The rest of a clause behind its first words, or NULL when it begins otherwise. */
static const char *behind(const char *clause, const char *words)
{
	size_t len = strlen(words);

	if (!text_starts(clause, words) || (clause[len] && clause[len] != ' '))
		return NULL;
	return clause[len] ? clause + len + 1 : "";
}

static const struct { const char *word; int64_t ms; } units[] = {
	{ "ms", 1 },
	{ "s", 1000 },
	{ "second", 1000 },
	{ "seconds", 1000 },
	{ "min", CLOCK_MINUTE },
	{ "minute", CLOCK_MINUTE },
	{ "minutes", CLOCK_MINUTE },
	{ "h", CLOCK_HOUR },
	{ "hour", CLOCK_HOUR },
	{ "hours", CLOCK_HOUR },
};

/* "30 s", "5 minutes" to ms; -1 when it is none. */
static int64_t span_of(struct arena *arena, const char *text)
{
	const char *blank = strchr(text, ' ');
	int64_t number;

	if (!blank || !text_int(arena_strndup(arena, text, (size_t)(blank - text)), &number) ||
	    number < 0 || number > 1000000)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (text_equal(blank + 1, units[i].word))
			return number * units[i].ms;
	return -1;
}

/* "18:00" to the minute of the day; -1 when it is none. */
static int minute_of(const char *text)
{
	if (strlen(text) != 5 || text[2] != ':' || strspn(text, "0123456789:") != 5 ||
	    text[0] > '2' || (text[0] == '2' && text[1] > '3') || text[3] > '5')
		return -1;
	return ((text[0] - '0') * 10 + text[1] - '0') * 60 + (text[3] - '0') * 10 + text[4] - '0';
}

/* The last " WORD " of a text, or NULL. */
static const char *last_of(const char *text, const char *word)
{
	const char *found = NULL;

	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
		found = at;
	return found;
}

/* "LATER at 18:00", "1 after 30 s": cuts the time off; the rest is what they answer. */
static void answer_message(struct reading *r, enum sb_deed deed, const char *rest)
{
	const char *at = last_of(rest, " at "), *after = last_of(rest, " after ");
	int minute = at ? minute_of(at + 4) : -1;
	int64_t ms = after ? span_of(r->arena, after + 7) : -1;
	const char *end = minute >= 0 ? at : ms >= 0 ? after : rest + strlen(rest);
	const char *text = arena_strndup(r->arena, rest, (size_t)(end - rest));
	struct sb_prospect *p = r->prospect;

	if (!*text) {
		r->problem = deed == SB_TAPS ? "taps what? give a button's title or its number" :
					       "replies what?";
		return;
	}
	add_reaction(r, deed, text);
	if (r->problem)
		return;
	if (minute >= 0) {
		p->reactions[p->nreactions - 1].after_ms = -1;
		p->reactions[p->nreactions - 1].minute = minute;
	} else if (ms >= 0) {
		p->reactions[p->nreactions - 1].after_ms = ms;
	}
}

static void answers(struct reading *r, const char *rest)
{
	static const char *const rings[] = { "first", "second", "third", "fourth", "fifth" };

	r->prospect->pickup = SB_ANSWERS;
	if (!*rest)
		return;
	for (size_t i = 0; i < ARRAY_LEN(rings); i++)
		if (text_equal(rest, arena_printf(r->arena, "on the %s ring", rings[i]))) {
			r->prospect->rings = (int)i + 1;
			return;
		}
	r->problem = "answers when? \"answers\", or \"answers on the second ring\" (first to fifth)";
}

static void presses(struct reading *r, const char *rest)
{
	if (!*rest || strspn(rest, "0123456789*#") != strlen(rest))
		r->problem = "presses what? digits, * and #";
	else
		add_reaction(r, SB_PRESSES, rest);
}

static void says(struct reading *r, const char *rest)
{
	if (*rest)
		add_reaction(r, SB_SAYS, rest);
	else
		r->problem = "says what?";
}

static void replies(struct reading *r, const char *rest)
{
	answer_message(r, SB_REPLIES, rest);
}

static void taps(struct reading *r, const char *rest)
{
	answer_message(r, SB_TAPS, rest);
}

/* What begins a clause and has something behind it. */
static const struct { const char *words; void (*read)(struct reading *r, const char *rest); }
	verbs[] = { { "answers", answers }, { "presses", presses }, { "says", says },
		    { "replies", replies }, { "taps", taps } };

/* A clause that stands alone. */
static bool read_plain(struct reading *r, const char *clause)
{
	struct sb_prospect *p = r->prospect;

	if (text_equal(clause, "is busy"))
		p->pickup = SB_BUSY;
	else if (text_equal(clause, "never") || text_equal(clause, "does not answer"))
		p->pickup = SB_NO_ANSWER;
	else if (text_equal(clause, "cannot be reached"))
		p->pickup = SB_UNREACHABLE;
	else if (text_equal(clause, "has a machine"))
		p->pickup = SB_VOICEMAIL;
	else if (text_equal(clause, "stays silent"))
		add_reaction(r, SB_SILENT, "");
	else if (text_equal(clause, "hangs up"))
		p->hangs_up = true;
	else if (text_equal(clause, "reads"))
		p->reads = true;
	else if (text_equal(clause, "is unknown"))
		p->is_unknown = true;
	else if (text_equal(clause, "has opted out"))
		p->blocks = true;
	else if (text_equal(clause, "opts out"))
		p->opts_out = true;
	else if (text_equal(clause, "is full"))
		p->is_full = true;
	else if (text_equal(clause, "is away"))
		p->is_away = true;
	else if (text_equal(clause, "complains"))
		p->complains = true;
	else if (text_equal(clause, "is scanned"))
		p->is_scanned = true;
	else
		return false;
	return true;
}

static void read_clause(struct reading *r, const char *clause)
{
	const char *rest;

	if (!*clause || read_plain(r, clause))
		return;
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		rest = behind(clause, verbs[i].words);
		if (rest) {
			verbs[i].read(r, rest);
			return;
		}
	}
	r->problem = arena_printf(r->arena,
				  "\"%s\" is nothing that a prospect does; one answers [on the "
				  "second ring], presses 1, says WORDS, stays silent, hangs up, is "
				  "busy, does not answer, cannot be reached, has a machine, reads, "
				  "replies WORDS [after 30 s | at 18:00], taps 1, opts out, has opted "
				  "out, is unknown, is full, is away, complains, is scanned, never",
				  clause);
}

/* Where the next separator begins, and in *len how long it is. */
static const char *separator(const char *text, size_t *len)
{
	static const char *const words[] = { ", then ", ", and ", " and then ", " and ", " then ",
					     ", ", ";" };
	const char *first = NULL;

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const char *found = strstr(text, words[i]);

		if (found && (!first || found < first)) {
			first = found;
			*len = strlen(words[i]);
		}
	}
	return first;
}

const char *sb_prospect_parse(struct arena *arena, const char *script,
			      struct sb_prospect *prospect)
{
	struct reading r = { arena, prospect, NULL };
	const char *at = script, *end;
	size_t len = 0;

	*prospect = (struct sb_prospect){ .script = script, .rings = 1 };
	if (strlen(script) > SCRIPT_MAX)
		return "a script has at most 1,000 bytes";
	if (text_is_empty(script))
		return "the script is empty; \"never\" is one";
	for (end = separator(at, &len); end && !r.problem; end = separator(at, &len)) {
		read_clause(&r, text_trim(arena, arena_strndup(arena, at, (size_t)(end - at))));
		at = end + len;
	}
	if (!r.problem)
		read_clause(&r, text_trim(arena, arena_strdup(arena, at)));
	return r.problem;
}

/* ---- Who there is ---- */

/* Without "whatsapp:", and with the '+' that some channels leave out. */
static void plain_address(const char *address, char plain[ADDRESS_MAX + 2])
{
	const char *at = text_starts(address, "whatsapp:") ? address + 9 : address;
	bool is_number = *at && strspn(at, "0123456789") == strlen(at);

	snprintf(plain, ADDRESS_MAX + 2, "%s%s", is_number ? "+" : "", at);
}

static struct sb_known **known_at(struct sandbox *sandbox, const char *plain)
{
	struct sb_known **at = &sandbox->prospects;

	while (*at && !text_equal_nocase((*at)->prospect.address, plain))
		at = &(*at)->next;
	return at;
}

struct sb_prospect *sb_prospect_of(struct sandbox *sandbox, const char *address)
{
	char plain[ADDRESS_MAX + 2];
	struct sb_known *known;

	plain_address(address, plain);
	known = *known_at(sandbox, plain);
	if (known)
		return &known->prospect;
	sandbox->stranger = (struct sb_prospect){ .rings = 1, .hangs_up = true };
	return &sandbox->stranger;
}

static const struct sb_reaction *next_of(struct sb_prospect *prospect, size_t *used,
					 bool is_message)
{
	while (*used < prospect->nreactions) {
		const struct sb_reaction *reaction = &prospect->reactions[(*used)++];

		if ((reaction->deed >= SB_REPLIES) == is_message)
			return reaction;
	}
	return NULL;
}

const struct sb_reaction *sb_prospect_in_call(struct sb_prospect *prospect)
{
	return next_of(prospect, &prospect->used_in_calls, false);
}

const struct sb_reaction *sb_prospect_to_message(struct sb_prospect *prospect)
{
	return next_of(prospect, &prospect->used_in_messages, true);
}

int64_t sb_spoken_ms(const char *text)
{
	int64_t words = 1;

	for (; *text; text++)
		words += *text == ' ';
	return words * WORD_MS;
}

int64_t sb_reaction_wait(const struct sb_reaction *reaction, int64_t now)
{
	int64_t day = now / CLOCK_DAY * CLOCK_DAY;
	int64_t at = day + reaction->minute * CLOCK_MINUTE;

	if (reaction->after_ms >= 0)
		return reaction->after_ms;
	return (at > now ? at : at + CLOCK_DAY) - now;
}

/* ---- The control ---- */

static json_t *known_json(const struct sb_known *known)
{
	const struct sb_prospect *p = &known->prospect;

	return json_pack("{ss ss sI sI}", "address", p->address, "script", p->script,
			 "reactions", (json_int_t)p->nreactions, "spent",
			 (json_int_t)(p->used_in_calls > p->used_in_messages ?
					      p->used_in_calls :
					      p->used_in_messages));
}

void sb_control_prospects(struct sb_call *call)
{
	json_t *list = json_array();

	for (const struct sb_known *known = call->sandbox->prospects; known; known = known->next)
		json_array_append_new(list, known_json(known));
	sb_reply_json(call, 200, json_pack("{so}", "prospects", list));
}

static void known_free(struct sb_known *known)
{
	arena_free(known->arena);
	free(known);
}

static void drop(struct sandbox *sandbox, struct sb_known **at)
{
	struct sb_known *known = *at;

	*at = known->next;
	sandbox->nprospects--;
	sandbox->writes++;
	known_free(known);
}

void sb_control_add_prospect(struct sb_call *call)
{
	struct sandbox *sandbox = call->sandbox;
	const json_t *body = sb_control_body(call);
	const char *address = json_string_of(body, "address");
	const char *script = json_string_of(body, "script"), *problem;
	struct sb_known *known, **at;
	char plain[ADDRESS_MAX + 2];

	if (!body)
		return;
	if (text_is_empty(address) || strlen(address) > ADDRESS_MAX) {
		sb_control_refuse(call, 400, "address: a number like +919876543210, or an e-mail "
					     "address");
		return;
	}
	plain_address(address, plain);
	known = sb_alloc(sizeof(*known));
	known->arena = arena_new();
	problem = sb_prospect_parse(known->arena,
				    arena_strdup(known->arena, script ? script : ""),
				    &known->prospect);
	at = known_at(sandbox, plain);
	if (!problem && !*at && sandbox->nprospects >= PROSPECTS_MAX)
		problem = "there are 100,000 prospects already";
	if (problem) {
		sb_control_refuse(call, 400, "script: %s", problem);
		known_free(known);
		return;
	}
	known->prospect.address = arena_strdup(known->arena, plain);
	if (*at)
		drop(sandbox, at);
	known->next = sandbox->prospects;
	sandbox->prospects = known;
	sandbox->nprospects++;
	sandbox->writes++;
	sb_reply_json(call, 201, known_json(known));
}

void sb_control_drop_prospect(struct sb_call *call)
{
	char plain[ADDRESS_MAX + 2];
	struct sb_known **at;

	plain_address(sb_param(call, 0), plain);
	at = known_at(call->sandbox, plain);
	if (!*at) {
		sb_control_refuse(call, 404, "nobody was told of \"%s\"", plain);
		return;
	}
	drop(call->sandbox, at);
	sb_reply_empty(call, 204);
}

void sb_control_inbound(struct sb_call *call)
{
	struct sb_account *account = sb_control_account(call);
	const json_t *body = account ? sb_control_body(call) : NULL;
	const char *from = json_string_of(body, "from"), *to = json_string_of(body, "to");
	const char *text = json_string_of(body, "text");
	uint64_t before = account ? account->changes : 0;

	if (!body)
		return;
	if (!account->vendor->write) {
		sb_control_refuse(call, 400, "nobody writes to %s", account->vendor->title);
	} else if (text_is_empty(from) || text_is_empty(to) || !text) {
		sb_control_refuse(call, 400, "from, to and text are needed");
	} else if (!account->vendor->write(call, from, to, text)) {
		sb_control_refuse(call, 404, "to: the account has no \"%s\"", to);
	} else {
		sb_tell_changes(call, account, before);
		sb_reply_empty(call, 204);
	}
}

void sb_prospects_free(struct sandbox *sandbox)
{
	while (sandbox->prospects)
		drop(sandbox, &sandbox->prospects);
}
