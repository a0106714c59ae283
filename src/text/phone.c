/* phone.c - a phone number as somebody wrote it. Threads: pure (after text_init()). */
#include "text/phone.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "text/phone_lib.h"
#include "text/phone_parts.h"

#define RAW_MAX 250

struct reason {
	const char *word, *problem, *instruction;
};

static const struct reason reasons[] = {
	[PHONE_LIB_NOT_A_NUMBER] = { "NOT_A_NUMBER", "not a phone number",
		"give digits, with + and the country code if it is abroad" },
	[PHONE_LIB_INVALID_COUNTRY_CODE] = { "INVALID_COUNTRY_CODE",
		"its country is not known",
		"put + and the country code before it, or set the source's country" },
	[PHONE_LIB_TOO_SHORT_AFTER_IDD] = { "TOO_SHORT_AFTER_IDD",
		"too short after the international prefix", "add the missing digits" },
	[PHONE_LIB_TOO_SHORT_NSN] = { "TOO_SHORT_NSN", "too short for a phone number",
		"add the missing digits" },
	[PHONE_LIB_TOO_LONG_NSN] = { "TOO_LONG_NSN", "too long for a phone number",
		"remove what does not belong to it, or give one number a field" },
	[PHONE_LIB_FAILED] = { "NOT_A_NUMBER", "could not be read as a phone number",
		"write it as + and digits" },
	[PHONE_LIB_LOCAL_ONLY] = { "LOCAL_ONLY", "has no area code", "add the area code" },
	[PHONE_LIB_TOO_SHORT] = { "TOO_SHORT", "too short for a number of its country",
		"add the missing digits, or correct the country" },
	[PHONE_LIB_TOO_LONG] = { "TOO_LONG", "too long for a number of its country",
		"remove the surplus digits, or correct the country" },
	[PHONE_LIB_INVALID_LENGTH] = { "INVALID_LENGTH",
		"no number of its country has that many digits",
		"check for missing or surplus digits, or correct the country" },
	[PHONE_LIB_NO_SUCH_COUNTRY] = { "INVALID_COUNTRY_CODE",
		"there is no such country code", "correct the digits after the +" },
	[PHONE_LIB_POSSIBLE] = { "UNKNOWN_RANGE", "in no range of numbers that is known",
		"taken as it is; check it if the person cannot be reached" },
	[PHONE_LIB_VALID] = { NULL, NULL, NULL },
};

static const struct reason damaged = { "NOT_A_NUMBER",
	"shortened by a spreadsheet, digits are lost",
	"format the column as text and export it again" };

static const char *or_null(struct arena *arena, const char *text)
{
	return *text ? arena_strdup(arena, text) : NULL;
}

static void set_reason(struct phone *phone, const struct reason *reason)
{
	phone->reason = reason->word;
	phone->problem = reason->problem;
	phone->instruction = reason->instruction;
}

static unsigned flags_of(const struct phone *phone, bool is_live)
{
	unsigned flags = 0;

	if (phone_is_dummy(phone->e164, phone->calling_code, is_live))
		flags |= PHONE_FLAG_DUMMY;
	if (phone_is_spam_series(phone->e164, phone->calling_code))
		flags |= PHONE_FLAG_SPAM;
	if (phone->type == PHONE_PREMIUM_RATE || phone->type == PHONE_SHARED_COST)
		flags |= PHONE_FLAG_PREMIUM;
	if (phone->type == PHONE_TOLL_FREE)
		flags |= PHONE_FLAG_TOLL_FREE;
	if (phone->extension)
		flags |= PHONE_FLAG_EXTENSION;
	return flags;
}

/* What is being read: the rules with their region in order, and where results live. */
struct reading {
	struct arena *arena;
	const struct phone_rules *rules;
	char region[3];
};

static void fill(const struct reading *reading, const struct phone_lib *lib,
		 struct phone *phone)
{
	struct arena *arena = reading->arena;

	set_reason(phone, &reasons[lib->result]);
	phone->verdict = lib->result == PHONE_LIB_VALID	   ? PHONE_VALID :
			 lib->result == PHONE_LIB_POSSIBLE ? PHONE_SUSPECT :
							     PHONE_INVALID;
	if (phone->verdict == PHONE_INVALID)
		return;
	phone->e164 = arena_strdup(arena, lib->e164);
	phone->region = or_null(arena, lib->region);
	phone->calling_code = lib->calling_code;
	phone->type = (enum phone_type)lib->type;
	phone->extension = or_null(arena, lib->extension);
	phone->flags = flags_of(phone, reading->rules->is_live);
}

/* Reads `text` as one number. `flags` are those that the way to it deserves. */
static struct phone read_one(const struct reading *reading, const char *text,
			     unsigned flags)
{
	struct phone phone = { .raw = text };
	struct phone_lib lib;

	phone_lib_parse(text, reading->region, &lib);
	fill(reading, &lib, &phone);
	if (phone.verdict != PHONE_INVALID)
		phone.flags |= flags;
	return phone;
}

static bool starts_with_market(const struct reading *reading, const char *digits)
{
	for (size_t i = 0; i < reading->rules->nmarkets; i++) {
		char code[8];
		int calling_code = phone_lib_calling_code(reading->rules->markets[i]);

		snprintf(code, sizeof(code), "%d", calling_code);
		if (calling_code && text_starts(digits, code))
			return true;
	}
	return false;
}

/* A number whose + was lost, by its market's calling code. A guess, so only a number
 * that is valid then is taken. */
static bool read_with_plus(const struct reading *reading, const char *text,
			   struct phone *phone)
{
	const char *digits = phone_digits(reading->arena, text);
	struct phone guess;

	if (!digits || !starts_with_market(reading, digits))
		return false;
	guess = read_one(reading, arena_printf(reading->arena, "+%s", digits),
			 PHONE_FLAG_GUESSED_CODE);
	if (guess.verdict != PHONE_VALID)
		return false;
	*phone = guess;
	return true;
}

/* Reads one number in all the ways there are to read one. */
static struct phone read_any(const struct reading *reading, const char *text)
{
	struct phone phone = read_one(reading, text, 0), other;
	const char *repaired;

	if (phone.verdict == PHONE_VALID)
		return phone;
	repaired = phone_repair(reading->arena, text);
	if (repaired) {
		other = read_one(reading, repaired, PHONE_FLAG_REPAIRED);
		if (other.verdict == PHONE_VALID)
			return other;
	}
	if (read_with_plus(reading, repaired ? repaired : text, &other))
		return other;
	return phone;
}

/* "9876543210;9123456780" is to the library a number with a long extension. */
static bool has_doubtful_extension(const struct phone *phone)
{
	return phone->extension && strlen(phone->extension) > 6;
}

#define PARTS_MAX 4

/* Reads the pieces of a field, the numbers among them to `found`, the first of the
 * best verdict in front. Returns how many. */
static size_t read_pieces(const struct reading *reading, const char *text,
			  struct phone found[PARTS_MAX])
{
	const char *parts[PARTS_MAX];
	size_t count = phone_split(reading->arena, text, parts, PARTS_MAX);
	size_t nfound = 0, best = 0;
	struct phone first;

	for (size_t i = 0; count > 1 && i < count; i++) {
		found[nfound] = read_any(reading, parts[i]);
		if (found[nfound].verdict > found[best].verdict)
			best = nfound;
		if (found[nfound].verdict != PHONE_INVALID)
			nfound++;
	}
	first = found[best];
	memmove(found + 1, found, best * sizeof(*found));
	found[0] = first;
	return nfound;
}

/* Reads the field as several numbers and takes what that gives if it is better than
 * the field read whole: "030/901820" is one number, and stays one. */
static void read_parts(const struct reading *reading, const char *text,
		       struct phone *phone)
{
	struct phone *found = arena_array(reading->arena, PARTS_MAX, sizeof(*found));
	size_t nfound = read_pieces(reading, text, found);
	bool is_pair = has_doubtful_extension(phone) && nfound > 1;

	if (!nfound || (found[0].verdict <= phone->verdict && !is_pair))
		return;
	for (size_t i = 0; i + 1 < nfound; i++) {
		found[i].second = &found[i + 1];
		found[i].flags |= PHONE_FLAG_SECOND;
	}
	*phone = found[0];
}

static void set_region(struct reading *reading, const char *region)
{
	bool is_region = region && isalpha((unsigned char)region[0]) &&
			 isalpha((unsigned char)region[1]) && !region[2];

	strcpy(reading->region, "ZZ");
	for (int i = 0; is_region && i < 2; i++)
		reading->region[i] = (char)toupper((unsigned char)region[i]);
}

static int refuse(struct phone *phone, struct error *err)
{
	return error_set(err, ERR_INVALID, "%s: %s", phone->problem, phone->instruction);
}

int phone_parse_by(struct arena *arena, const char *raw, const struct phone_rules *rules,
		   struct phone *phone, struct error *err)
{
	struct reading reading = { .arena = arena, .rules = rules };

	*phone = (struct phone){ .raw = raw };
	set_region(&reading, rules->region);
	if (phone_is_damaged(raw)) {
		set_reason(phone, &damaged);
	} else if (strlen(raw) > RAW_MAX) {
		set_reason(phone, &reasons[PHONE_LIB_TOO_LONG_NSN]);
	} else {
		*phone = read_any(&reading, raw);
		if (phone->verdict != PHONE_VALID || has_doubtful_extension(phone))
			read_parts(&reading, raw, phone);
	}
	phone->raw = raw;
	phone->region_hint = arena_strdup(arena, reading.region);
	return phone->verdict == PHONE_INVALID ? refuse(phone, err) : 0;
}

int phone_parse(struct arena *arena, const char *raw, const char *region,
		struct phone *phone, struct error *err)
{
	const struct phone_rules rules = { .region = region };

	return phone_parse_by(arena, raw, &rules, phone, err);
}

bool phone_is_reachable(const struct phone *phone, bool with_toll_free)
{
	if (phone->verdict == PHONE_INVALID ||
	    phone->flags & (PHONE_FLAG_DUMMY | PHONE_FLAG_PREMIUM | PHONE_FLAG_SPAM))
		return false;
	if (phone->type == PHONE_TOLL_FREE)
		return with_toll_free;
	return phone->type != PHONE_UAN && phone->type != PHONE_PAGER &&
	       phone->type != PHONE_VOICEMAIL;
}

static const char *formatted(struct arena *arena, const struct phone *phone,
			     enum phone_lib_form form)
{
	char text[PHONE_LIB_FORM_SIZE];

	if (!phone_lib_format(phone->e164, phone->extension, form, text))
		return phone->e164;
	return arena_strdup(arena, text);
}

const char *phone_text(struct arena *arena, const struct phone *phone,
		       enum phone_form form)
{
	if (phone->verdict == PHONE_INVALID)
		return NULL;
	switch (form) {
	case PHONE_FORM_E164:
		break;
	case PHONE_FORM_NATIONAL:
		return formatted(arena, phone, PHONE_LIB_NATIONAL);
	case PHONE_FORM_INTERNATIONAL:
		return formatted(arena, phone, PHONE_LIB_INTERNATIONAL);
	case PHONE_FORM_DIGITS:
		return phone->e164 + 1;
	case PHONE_FORM_NATIONAL_DIGITS:
		return phone_subscriber(phone->e164, phone->calling_code);
	}
	return phone->e164;
}

int phone_format(struct arena *arena, const char *text, const char *region,
		 enum phone_form form, const char **out, struct error *err)
{
	struct phone phone;

	if (phone_parse(arena, text, region, &phone, err) < 0)
		return -1;
	*out = phone_text(arena, &phone, form);
	return 0;
}

const char *phone_e164(struct arena *arena, const char *text, const char *region)
{
	const char *out = NULL;

	return phone_format(arena, text, region, PHONE_FORM_E164, &out, NULL) < 0 ? NULL :
										    out;
}

const char *phone_national(struct arena *arena, const char *text, const char *region)
{
	const char *out = NULL;

	return phone_format(arena, text, region, PHONE_FORM_NATIONAL, &out, NULL) < 0 ?
		       NULL :
		       out;
}

const char *phone_verdict_name(enum phone_verdict verdict)
{
	static const char *const names[] = { "invalid", "suspect", "valid" };

	return names[verdict];
}

const char *phone_type_name(enum phone_type type)
{
	static const char *const names[] = {
		"UNKNOWN", "FIXED_LINE", "MOBILE", "FIXED_LINE_OR_MOBILE", "TOLL_FREE",
		"PREMIUM_RATE", "SHARED_COST", "VOIP", "PERSONAL_NUMBER", "PAGER", "UAN",
		"VOICEMAIL",
	};

	return names[type];
}

const char *phone_flag_name(unsigned flag)
{
	static const char *const names[PHONE_FLAGS] = {
		"dummy", "shared", "premium", "toll_free", "extension", "multi_zone",
		"learnt_landline", "second_number", "guessed_code", "spam_series", "repaired",
	};

	for (unsigned i = 0; i < PHONE_FLAGS; i++)
		if (flag == 1u << i)
			return names[i];
	return NULL;
}
