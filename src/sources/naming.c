/* naming.c - what a sender's name of a field means to us. Threads: pure. */
#include "sources/naming.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/text.h"
#include "model/lead.h"
#include "text/unicode.h"

const char *naming_shown(struct arena *arena, const char *sent)
{
	size_t len = strlen(sent);

	if (!text_is_utf8(sent, len))
		return "(not text)";
	if (len <= 60)
		return sent;
	for (len = 60; ((unsigned char)sent[len] & 0xC0) == 0x80; len--)
		;
	return arena_printf(arena, "%.*s...", (int)len, sent);
}

static void trim(const char **text, size_t *len)
{
	while (*len > 0 && strchr(" \t\r\n", **text)) {
		++*text;
		--*len;
	}
	while (*len > 0 && strchr(" \t\r\n", (*text)[*len - 1]))
		--*len;
}

/* Names that are equal for people: case of ASCII and blanks around do not count. */
static bool is_same(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b);

	trim(&a, &a_len);
	trim(&b, &b_len);
	return a_len == b_len && strncasecmp(a, b, a_len) == 0;
}

static const char *by_map(const struct source *source, const char *sent)
{
	for (size_t i = 0; i < source->nrenames; i++)
		if (is_same(source->renames[i].from, sent))
			return source->renames[i].to;
	for (size_t i = 0; i < source->nignored; i++)
		if (is_same(source->ignored[i], sent))
			return "";
	return NULL;
}

static bool is_among(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal_nocase(words[i], word))
			return true;
	return false;
}

/* --- strict --- */

static const char *strict_target(const char *sent)
{
	const struct standard_field *field = standard_field_find(sent);

	if (field && field->is_given)
		return field->name;
	return custom_name_is_valid(sent) ? sent : NULL;
}

/* What a caller may have confused with our names, beyond the letters. */
static const struct { const char *sent, *meant; } confused[] = {
	{ "mobile", "phone" },		{ "telephone", "phone" },
	{ "phone_number", "phone" },	{ "mail", "email" },
	{ "full_name", "name" },	{ "surname", "last_name" },
	{ "zip", "postal_code" },	{ "zip_code", "postal_code" },
	{ "pincode", "postal_code" },	{ "state", "region" },
	{ "external_id", "enquiry_id" }, { "lead_id", "enquiry_id" },
	{ "job_title", "title" },	{ "company_name", "company" },
	{ "notes", "message" },		{ "created_at", "occurred_at" },
	{ "custom_fields", "custom" },
};

const char *naming_nearest(const char *sent)
{
	const char *names[64] = { "custom", "consent" };
	size_t count = 2;

	for (size_t i = 0; i < ARRAY_LEN(confused); i++)
		if (text_equal_nocase(confused[i].sent, sent))
			return confused[i].meant;
	for (const struct standard_field *f = standard_fields; f->name; f++)
		if (f->is_given)
			names[count++] = f->name;
	return text_nearest(sent, names, count);
}

/* --- lenient --- */

/* Fields of the page, not of the lead. */
static const char *const page_fields[] = {
	"g-recaptcha-response", "h-captcha-response", "cf-turnstile-response", "csrf_token",
	"_csrf", "_token", "_wpnonce", "_wp_http_referer", "authenticity_token", "submit",
	"form_build_id", "form_token", "__requestverificationtoken",
};

/* Words around the names of a form's fields that say nothing about them. */
static const char *const wrappers[] = {
	"fields", "form_fields", "field", "form", "data", "lead", "contact", "input",
	"inputs", "answers", "values", "attributes", "properties", "person", "customer",
	"user", "item-meta", "submission",
};

/* Where a click came from: never the lead's source, whatever it sounds like. */
static bool is_tracking(const char *sent)
{
	static const char *const ids[] = { "gclid", "gbraid", "wbraid", "fbclid", "fbc", "fbp",
					   "msclkid", "li_fat_id", "ttclid", "twclid" };

	return strncasecmp(sent, "utm_", 4) == 0 || is_among(ids, ARRAY_LEN(ids), sent);
}

static const struct { const char *sent, *target; } flat_fields[] = {
	{ "consent", "consent.granted" },
	{ "gdpr_consent", "consent.granted" },
	{ "opt_in", "consent.granted" },
	{ "optin", "consent.granted" },
	{ "consent_granted", "consent.granted" },
	{ "consent_given", "consent.granted" },
	{ "consent_channel", "consent.channel" },
	{ "consent_channels", "consent.channel" },
	{ "consent_purpose", "consent.purpose" },
	{ "consent_text", "consent.wording" },
	{ "consent_wording", "consent.wording" },
	{ "consent_at", "consent.at" },
	{ "consent_time", "consent.at" },
	{ "consent_date", "consent.at" },
	{ "consent_evidence", "consent.evidence" },
	{ "is_test", "is_test" },
	{ "test_lead", "is_test" },
	{ "testlead", "is_test" },
};

static const char *flat_target(const char *derived)
{
	for (size_t i = 0; i < ARRAY_LEN(flat_fields); i++)
		if (strcmp(flat_fields[i].sent, derived) == 0)
			return flat_fields[i].target;
	return NULL;
}

/* Whether a byte of folded text belongs to a word. All beyond ASCII does: letters of
 * other scripts, and the few signs among them do no harm. */
static bool is_word(unsigned char c)
{
	return c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* How many bytes of a name may stay: whole characters only. */
static size_t cut(const char *name, size_t len)
{
	size_t points = 0, i = 0;

	while (i < len) {
		size_t next = i + 1;

		while (next < len && ((unsigned char)name[next] & 0xC0) == 0x80)
			next++;
		if (next > CUSTOM_NAME_MAX || ++points > NAMING_DERIVED_MAX)
			break;
		i = next;
	}
	while (i > 0 && name[i - 1] == '_')
		i--;
	return i;
}

const char *naming_custom(struct arena *arena, const char *sent)
{
	const char *folded = text_fold(arena, sent);
	char *name = arena_alloc(arena, strlen(folded) + 1);
	size_t len = 0;

	for (; *folded; folded++) {
		if (is_word((unsigned char)*folded))
			name[len++] = *folded;
		else if (len > 0 && name[len - 1] != '_')
			name[len++] = '_';
	}
	len = cut(name, len);
	name[len] = '\0';
	return len > 0 ? arena_printf(arena, CUSTOM_PREFIX "%s", name) : NULL;
}

/* The configuration's own spelling, so that "PAN" in a file is the `custom.PAN` that the
 * source calls unique. */
static const char *spelling(struct arena *arena, const char *const *names, size_t count,
			    const char *custom)
{
	for (size_t i = 0; i < count; i++) {
		const char *other;

		if (!text_starts(names[i], CUSTOM_PREFIX))
			continue;
		other = naming_custom(arena, names[i] + strlen(CUSTOM_PREFIX));
		if (other && strcmp(other, custom) == 0)
			return names[i];
	}
	return NULL;
}

static const char *custom_target(struct arena *arena, const struct source *source,
				 const char *sent)
{
	const char *custom = naming_custom(arena, sent), *spelt;

	if (!custom)
		return NULL;
	spelt = spelling(arena, source->keys, source->nkeys, custom);
	if (!spelt)
		spelt = spelling(arena, source->unique, source->nunique, custom);
	if (!spelt)
		spelt = spelling(arena, source->mandatory, source->nmandatory, custom);
	return spelt ? spelt : custom;
}

/* Cuts "head[rest]", "head__rest" or "head.rest"; the rest is without its bracket. */
static bool cut_name(struct arena *arena, const char *sent, char **head, char **rest)
{
	size_t len = strcspn(sent, "[._");

	while (sent[len] == '_' && sent[len + 1] != '_')
		len += 1 + strcspn(sent + len + 1, "[._");
	if (!sent[len] || len == 0)
		return false;
	*head = arena_strndup(arena, sent, len);
	*rest = arena_strdup(arena, sent + len + (sent[len] == '_' ? 2 : 1));
	if (sent[len] == '[' && strchr(*rest, ']')) {
		char *close = strchr(*rest, ']');

		memmove(close, close + 1, strlen(close));
	}
	return **rest != '\0';
}

#define NESTED_MAX 4

static const char *guess(struct arena *arena, const struct source *source,
			 const char *sent)
{
	const struct standard_field *field = standard_field_guess(sent);
	const char *custom = naming_custom(arena, sent), *flat;

	if (!custom)
		return NULL;
	flat = flat_target(custom + strlen(CUSTOM_PREFIX));
	if (flat)
		return flat;
	/* A form's or file's "source" says where the sender had it from. */
	if (field && strcmp(field->name, "source") != 0)
		return field->name;
	return custom_target(arena, source, sent);
}

static const char *lenient_target(struct arena *arena, const struct source *source,
				  const char *sent, int depth)
{
	char *head, *rest;

	if (is_among(page_fields, ARRAY_LEN(page_fields), sent))
		return "";
	if (is_tracking(sent))
		return custom_target(arena, source, sent);
	if (!cut_name(arena, sent, &head, &rest))
		return guess(arena, source, sent);
	if (text_equal_nocase(head, "custom")) {
		const char *exact = arena_printf(arena, CUSTOM_PREFIX "%s", rest);

		return custom_name_is_valid(exact) && !strchr(rest, '[') ?
			       exact : custom_target(arena, source, rest);
	}
	if (depth < NESTED_MAX && is_among(wrappers, ARRAY_LEN(wrappers), head)) {
		const char *mapped = by_map(source, rest);

		return mapped ? mapped : lenient_target(arena, source, rest, depth + 1);
	}
	return guess(arena, source, sent);
}

const char *naming_target(struct arena *arena, const struct source *source,
			  enum naming naming, const char *sent)
{
	const char *mapped = by_map(source, sent);

	if (mapped)
		return mapped;
	if (naming == NAMING_STRICT)
		return strict_target(sent);
	return lenient_target(arena, source, text_trim(arena, sent), 0);
}
