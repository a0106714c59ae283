/* lead_why.c - `fairlead lead why`: a decision in sentences that a person understands.
 * Threads: the main thread. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/lead.h"
#include "cli/print.h"

struct words {
	const char *code, *sentence;
};

static const char *sentence_of(const struct words *words, const char *code)
{
	for (; words->code; words++)
		if (text_equal(words->code, code))
			return words->sentence;
	return NULL;
}

static void say(struct arena *arena, const char *sentence)
{
	print_wrapped(arena, 2, shown(arena, sentence));
}

/* ---- What came of it ---- */

static const struct words results[] = {
	{ "created", "It made this lead: nobody with its keys was known." },
	{ "updated", "It belongs to this lead and changed it." },
	{ "unchanged", "It belongs to this lead and said nothing new." },
	{ "ignored", "It was kept and not taken, because its source says so." },
	{ "in_process", "It was refused: the lead was being worked on." },
	{ "rejected", "It was refused: something was wrong with it." },
	{ 0 },
};

static void say_match(struct arena *arena, const json_t *decision)
{
	const json_t *match = json_object_get(decision, "match");
	const char *kind = json_string_of(match, "kind"), *key = json_string_of(match, "key");

	if (!kind)
		return;
	say(arena, arena_printf(arena, "The person was known by %s%s%s.", kind, key ? " " : "",
				key ? key : ""));
	if (json_is_true(json_object_get(decision, "is_new_enquiry")))
		say(arena, "It is a new enquiry of somebody known.");
}

static const struct words doubts[] = {
	{ "phone_only", "has the same phone number, but another name and e-mail address" },
	{ "keys_disagree", "has another of its keys" },
	{ "role_key", "has the same address, but it is one that many share, like info@" },
	{ "shared_key", "has the same key, but several people share it" },
	{ "former_key", "had the same key formerly" },
	{ 0 },
};

static void say_doubts(struct arena *arena, const json_t *decision)
{
	const json_t *doubt;
	size_t i;

	json_array_foreach(json_object_get(decision, "doubts"), i, doubt) {
		const char *reason = json_string_of(doubt, "reason");
		const char *words = sentence_of(doubts, reason);

		say(arena, arena_printf(arena,
					"Lead %s %s: a person decides whether they are one "
					"(fairlead duplicate list).",
					json_string_of(doubt, "lead_id"),
					words ? words : reason ? reason : "may be the same"));
	}
}

/* ---- Values ---- */

static const struct words changes[] = {
	{ "set", "%s was set to %s: it was empty before." },
	{ "replaced", "%s became %s: it is newer than what was there." },
	{ "cleared", "%s was cleared: the source said so." },
	{ "kept_newer", "%s stayed: what is there is newer than %s." },
	{ "kept_owned", "%s stayed: this source may not write it (it said %s)." },
	{ "kept_filled", "%s stayed: this source only fills what is empty (it said %s)." },
	{ "conflict", "%s stayed, and a person decides about %s (fairlead conflict list)." },
	{ 0 },
};

/* Puts field and value into a sentence of the table above. */
static void say_change(struct arena *arena, const char *sentence, const char *field,
		       const char *value)
{
	const char *first = strstr(sentence, "%s"), *second = strstr(first + 2, "%s");

	if (!second) {
		say(arena, arena_printf(arena, "%s%s", field, first + 2));
		return;
	}
	say(arena, arena_printf(arena, "%s%.*s%s%s", field, (int)(second - first - 2), first + 2,
				value, second + 2));
}

static void say_changes(struct arena *arena, const json_t *decision)
{
	const json_t *change;
	size_t i;

	json_array_foreach(json_object_get(decision, "changes"), i, change) {
		const char *kind = json_string_of(change, "change");
		const char *field = json_string_of(change, "field");
		const char *sentence = sentence_of(changes, kind);

		if (sentence && field)
			say_change(arena, sentence, field,
				   arena_printf(arena, "\"%s\"",
						shown_json(arena,
							   json_object_get(change, "after"))));
	}
}

/* ---- Score and owner ---- */

static void say_score(struct arena *arena, const json_t *decision)
{
	const json_t *factors = json_object_get(decision, "factors"), *factor;
	struct buf text;
	size_t i;

	if (json_array_size(factors) == 0)
		return;
	buf_init(&text, arena, 64u << 10);
	buf_addf(&text, "It scores %lld points:",
		 (long long)json_int_of(decision, "score", 0));
	json_array_foreach(factors, i, factor) {
		const char *reason = json_string_of(factor, "reason");

		buf_addf(&text, "%s ", i > 0 ? "," : "");
		buf_add(&text, reason ? reason : "the rule says so");
		buf_addf(&text, " (%+lld, rule ", (long long)json_int_of(factor, "points", 0));
		buf_add(&text, json_string_of(factor, "name"));
		buf_add(&text, ")");
	}
	buf_add(&text, ".");
	say(arena, buf_text(&text));
}

static const struct words routing[] = {
	{ "kept", "The lead keeps the owner that it had." },
	{ "none", "No route matched: the lead has no owner." },
	{ "empty", "The pool of the route has nobody in it: the lead has no owner." },
	{ "owned_there", "The CRM knows the person and who owns them: that owner stays." },
	{ "unconfirmed", "No CRM answered in time: the owner is not confirmed." },
	{ "absent", "No CRM has the person yet." },
	{ 0 },
};

static void say_owner(struct arena *arena, const json_t *decision)
{
	const json_t *route = json_object_get(decision, "route"), *note;
	const char *owner = json_string_of(route, "owner"), *pool = json_string_of(route, "pool");
	size_t i;

	if (owner)
		say(arena, arena_printf(arena, "It went to %s by the route %s%s%s.", owner,
					json_string_of(route, "name"),
					pool ? ": next in turn of the pool " : "",
					pool ? pool : ""));
	else if (json_string_of(decision, "waits_for"))
		say(arena, "It has no owner yet: first the CRMs are asked whether they know the "
			   "person.");
	json_array_foreach(json_object_get(decision, "notes"), i, note) {
		const char *sentence = sentence_of(routing, json_string_of(note, "code"));

		if (text_equal(json_string_of(note, "stage"), "route") && sentence)
			say(arena, sentence);
		if (text_equal(json_string_of(note, "stage"), "suppress"))
			say(arena, arena_printf(arena, "How to reach the person: %s.",
						json_string_of(note, "text")));
	}
}

static void say_problems(struct arena *arena, const json_t *decision, const char *member)
{
	const json_t *problem;
	size_t i;

	json_array_foreach(json_object_get(decision, member), i, problem) {
		const char *field = json_string_of(problem, "field");
		const char *message = json_string_of(problem, "message");

		say(arena, arena_printf(arena, "%s: %s.", field ? field : "the whole",
					message ? message : "?"));
	}
}

/* ---- What was taken back ---- */

static const char *channel_words(const char *channel)
{
	return text_equal(channel, "all") ? "any channel" : channel;
}

static void say_suppressed(struct arena *arena, const json_t *suppressed)
{
	const json_t *row;
	size_t i;

	json_array_foreach((json_t *)suppressed, i, row)
		say(arena, arena_printf(arena, "Not to be reached by %s for %s: %s at %s.",
					channel_words(json_string_of(row, "channel")),
					text_equal(json_string_of(row, "purpose"), "all") ?
						"anything" :
						json_string_of(row, "purpose"),
					json_string_of(row, "reason"),
					shown_time(arena, json_string_of(row, "at"))));
}

/* ---- The whole ---- */

static void print_decision(struct arena *arena, const json_t *decision)
{
	const char *source = json_string_of(decision, "source");
	const char *result = sentence_of(results, json_string_of(decision, "result"));

	printf("\n%s%s%s, from %s\n", print_bold(),
	       shown_time(arena, json_string_of(decision, "at")), print_plain(),
	       shown(arena, source ? source : "a source that is gone"));
	if (!json_is_true(json_object_get(decision, "is_kept"))) {
		say(arena, "What was decided then is not kept any more.");
		return;
	}
	say(arena, result ? result : "?");
	say_match(arena, decision);
	say_doubts(arena, decision);
	say_changes(arena, decision);
	say_score(arena, decision);
	say_owner(arena, decision);
	say_problems(arena, decision, "warnings");
	say_problems(arena, decision, "errors");
	printf("  (submission %s, configuration %lld)\n", json_string_of(decision, "submission_id"),
	       (long long)json_int_of(decision, "config_version", 0));
}

void lead_tell_why(struct cli *cli, const json_t *why)
{
	struct arena *arena = cli->arena;
	const json_t *lead = json_object_get(why, "lead"), *decision;
	size_t i;

	if (json_is_true(json_object_get(lead, "is_erased"))) {
		printf("lead %s was erased: nothing is kept of the person\n",
		       json_string_of(lead, "id"));
		return;
	}
	printf("%s, lead %s\n", shown(arena, lead_name(arena, lead)),
	       json_string_of(lead, "id"));
	say_suppressed(arena, json_object_get(why, "suppressed"));
	json_array_foreach(json_object_get(why, "decisions"), i, decision)
		print_decision(arena, decision);
	if (json_is_true(json_object_get(why, "is_cut")))
		puts("\nolder decisions are not shown");
}
