/* consent.c - consent as senders say it. Threads: pure. */
#include "sources/consent.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "sources/moment.h"
#include "text/unicode.h"

#define WORDING_MAX 4000  /* characters */
#define EVIDENCE_MAX 1000

static const struct { const char *word, *means; } channels[] = {
	{ "email", "email" },	{ "e-mail", "email" },	{ "mail", "email" },
	{ "sms", "sms" },	{ "text", "sms" },	{ "whatsapp", "whatsapp" },
	{ "voice", "voice" },	{ "phone", "voice" },	{ "call", "voice" },
	{ "all", "all" },	{ "any", "all" },
};

static const struct { const char *word, *means; } purposes[] = {
	{ "qualification", "qualification" },
	{ "marketing", "marketing" },
	{ "transactional", "transactional" },
};

static const struct { const char *word; enum consent_word means; } words[] = {
	{ "yes", CONSENT_YES },	     { "y", CONSENT_YES },
	{ "true", CONSENT_YES },     { "1", CONSENT_YES },
	{ "on", CONSENT_YES },	     { "checked", CONSENT_YES },
	{ "agree", CONSENT_YES },    { "agreed", CONSENT_YES },
	{ "accept", CONSENT_YES },   { "accepted", CONSENT_YES },
	{ "granted", CONSENT_YES },  { "given", CONSENT_YES },
	{ "opt-in", CONSENT_YES },   { "opted in", CONSENT_YES },
	{ "no", CONSENT_NO },	     { "n", CONSENT_NO },
	{ "false", CONSENT_NO },     { "0", CONSENT_NO },
	{ "off", CONSENT_NO },	     { "unchecked", CONSENT_NO },
	{ "declined", CONSENT_NO },  { "denied", CONSENT_NO },
	{ "refused", CONSENT_NO },   { "withdrawn", CONSENT_NO },
	{ "opt-out", CONSENT_NO },   { "opted out", CONSENT_NO },
	{ "unsubscribed", CONSENT_NO },
};

enum consent_word consent_word_of(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcasecmp(words[i].word, text) == 0)
			return words[i].means;
	return CONSENT_UNCLEAR;
}

static const char *channel_of(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(channels); i++)
		if (strcasecmp(channels[i].word, word) == 0)
			return channels[i].means;
	return NULL;
}

static const char *purpose_of(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(purposes); i++)
		if (strcasecmp(purposes[i].word, word) == 0)
			return purposes[i].means;
	return NULL;
}

/* One consent before it is multiplied by channels and purposes. */
struct draft {
	struct arena *arena;
	struct problems *problems;
	struct consent consent;
	const char *channels[CONSENTS_MAX], *purposes[CONSENTS_MAX];
	size_t nchannels, npurposes;
	bool is_bad;
};

static void refuse(struct draft *draft, const char *field, const char *message,
		   const char *instruction)
{
	problem_add(draft->problems, field, "consent_invalid", message, instruction);
	draft->is_bad = true;
}

static void add_channel(struct draft *draft, const char *word)
{
	const char *channel = channel_of(word);

	if (!channel)
		refuse(draft, "consent.channel", "not a channel",
		       "send email, sms, whatsapp, voice or all");
	else if (draft->nchannels < CONSENTS_MAX)
		draft->channels[draft->nchannels++] = channel;
}

static void add_purpose(struct draft *draft, const char *word)
{
	const char *purpose = purpose_of(word);

	if (!purpose)
		refuse(draft, "consent.purpose", "not a purpose",
		       "send qualification, marketing or transactional");
	else if (draft->npurposes < CONSENTS_MAX)
		draft->purposes[draft->npurposes++] = purpose;
}

static void set_text(struct draft *draft, const char *field, const char *text, size_t max,
		     const char **into)
{
	struct error why;

	if (text_clean(draft->arena, text, TEXT_LINES, max, into, &why) < 0)
		refuse(draft, field, arena_strdup(draft->arena, why.message),
		       "shorten it, or remove what is no text");
	else if (!**into)
		*into = NULL;
	else if (*into == text)
		*into = arena_strdup(draft->arena, text);
}

static void set_time(struct draft *draft, const char *text, const char *time_zone)
{
	struct error why;

	if (moment_read(draft->arena, text, time_zone, &draft->consent.at, &why) < 0)
		refuse(draft, "consent.at", arena_strdup(draft->arena, why.message),
		       "send when the person agreed, or leave it out");
}

/* Adds the draft for each channel and purpose, unless something was wrong with it. */
static void finish(struct draft *draft, struct consents *consents)
{
	if (draft->nchannels == 0)
		draft->channels[draft->nchannels++] = "all";
	if (draft->npurposes == 0)
		draft->purposes[draft->npurposes++] = "qualification";
	if (draft->is_bad)
		return;
	if (consents->count + draft->nchannels * draft->npurposes > CONSENTS_MAX) {
		refuse(draft, "consent", "more than 16 consents",
		       "send one for each channel and purpose, once");
		return;
	}
	for (size_t c = 0; c < draft->nchannels; c++)
		for (size_t p = 0; p < draft->npurposes; p++) {
			draft->consent.channel = draft->channels[c];
			draft->consent.purpose = draft->purposes[p];
			consents->items[consents->count++] = draft->consent;
		}
}

/* --- JSON --- */

static void words_from_json(struct draft *draft, const char *field, const json_t *json,
			    void (*add)(struct draft *draft, const char *word))
{
	json_t *item;
	size_t i;

	if (json_is_string(json)) {
		add(draft, json_string_value(json));
		return;
	}
	if (!json_is_array(json) || json_array_size(json) == 0) {
		refuse(draft, field, "not a word or a list of words",
		       "send text, or a list of texts");
		return;
	}
	json_array_foreach((json_t *)json, i, item)
		add(draft, json_is_string(item) ? json_string_value(item) : "");
}

static void member_from_json(struct draft *draft, const char *name, const json_t *json,
			     const char *time_zone)
{
	static const char *const members[] = { "granted", "channel", "purpose", "wording",
					       "at", "evidence" };
	const char *text = json_string_value(json), *near;
	const char *field = arena_printf(draft->arena, "consent.%s", name);

	if (strcmp(name, "granted") == 0) {
		if (!json_is_boolean(json))
			refuse(draft, field, "not true or false", "send true or false");
		draft->consent.is_granted = json_is_true(json);
	} else if (strcmp(name, "channel") == 0) {
		words_from_json(draft, field, json, add_channel);
	} else if (strcmp(name, "purpose") == 0) {
		words_from_json(draft, field, json, add_purpose);
	} else if (strcmp(name, "wording") != 0 && strcmp(name, "evidence") != 0 &&
		   strcmp(name, "at") != 0) {
		near = text_nearest(name, members, ARRAY_LEN(members));
		refuse(draft, field, "unknown field", near ?
		       arena_printf(draft->arena, "did you mean \"%s\"?", near) :
		       "send granted, channel, purpose, wording, at or evidence");
	} else if (json_is_null(json)) {
		return;
	} else if (!text) {
		refuse(draft, field, "not text", "send text");
	} else if (strcmp(name, "at") == 0) {
		set_time(draft, text, time_zone);
	} else if (strcmp(name, "wording") == 0) {
		set_text(draft, field, text, WORDING_MAX, &draft->consent.wording);
	} else {
		set_text(draft, field, text, EVIDENCE_MAX, &draft->consent.evidence);
	}
}

static void one_from_json(struct arena *arena, const json_t *json, const char *time_zone,
			  struct consents *consents, struct problems *problems)
{
	struct draft draft = { .arena = arena, .problems = problems };
	const char *name;
	json_t *member;

	if (!json_is_object(json)) {
		refuse(&draft, "consent", "not an object",
		       "send {\"granted\": true, \"channel\": \"email\"} or a list of those");
		return;
	}
	if (!json_object_get(json, "granted"))
		refuse(&draft, "consent.granted", "missing", "send true or false");
	json_object_foreach((json_t *)json, name, member)
		member_from_json(&draft, name, member, time_zone);
	finish(&draft, consents);
}

void consent_from_json(struct arena *arena, const json_t *json, const char *time_zone,
		       struct consents *consents, struct problems *problems)
{
	json_t *item;
	size_t i;

	if (!json_is_array(json)) {
		one_from_json(arena, json, time_zone, consents, problems);
		return;
	}
	json_array_foreach((json_t *)json, i, item)
		one_from_json(arena, item, time_zone, consents, problems);
}

/* --- fields --- */

static void words_from_text(struct draft *draft, const char *text,
			    void (*add)(struct draft *draft, const char *word))
{
	while (text && *text) {
		size_t len = strcspn(text, ",;|");
		char *word = text_trim(draft->arena, arena_strndup(draft->arena, text, len));

		if (*word)
			add(draft, word);
		text += len + (text[len] != '\0');
	}
}

/* A checkbox whose value is what the person agreed to. */
static bool is_wording(const char *text)
{
	static const char *const begins[] = { "I agree", "I accept", "I consent", "Yes, I",
					      "I hereby", "I authori" };

	for (size_t i = 0; i < ARRAY_LEN(begins); i++)
		if (strncasecmp(text, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

static void granted_from_text(struct draft *draft, const char *text)
{
	enum consent_word word = consent_word_of(text);

	draft->consent.is_granted = word == CONSENT_YES;
	if (word != CONSENT_UNCLEAR)
		return;
	if (is_wording(text)) {
		draft->consent.is_granted = true;
		set_text(draft, "consent", text, WORDING_MAX, &draft->consent.wording);
		return;
	}
	refuse(draft, "consent", "neither yes nor no; no consent was recorded",
	       "send yes or no");
}

void consent_from_fields(struct arena *arena, const struct consent_fields *fields,
			 const char *time_zone, struct consents *consents,
			 struct problems *problems)
{
	struct draft draft = { .arena = arena, .problems = problems };

	if (!fields->granted || !*fields->granted)
		return;
	granted_from_text(&draft, fields->granted);
	words_from_text(&draft, fields->channel, add_channel);
	words_from_text(&draft, fields->purpose, add_purpose);
	if (fields->wording)
		set_text(&draft, "consent.wording", fields->wording, WORDING_MAX,
			 &draft.consent.wording);
	if (fields->evidence)
		set_text(&draft, "consent.evidence", fields->evidence, EVIDENCE_MAX,
			 &draft.consent.evidence);
	if (fields->at && *fields->at)
		set_time(&draft, fields->at, time_zone);
	finish(&draft, consents);
}
