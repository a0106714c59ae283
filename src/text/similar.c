/* similar.c - whether two leads may be the same person. Threads: pure. */
#include "text/similar.h"

#include <ctype.h>
#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "text/edits.h"
#include "text/name.h"
#include "text/name_words.h"

/* Jaro-Winkler from which on words are taken for one misspelt word. */
#define NAME_ALIKE 0.92  /* the ladder's, for whole names */
#define PART_ALIKE 0.85
#define PLACE_ALIKE 0.88

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* Letters and digits alone, small. */
static const char *bare(struct arena *arena, const char *text)
{
	char *out = arena_alloc(arena, strlen(text) + 1), *p = out;

	for (; *text; text++)
		if (isalnum((unsigned char)*text) || (unsigned char)*text >= 0x80)
			*p++ = (char)tolower((unsigned char)*text);
	return out;
}

void similar_prepare(struct arena *arena, const struct similar_person *person,
		     struct similar_keys *keys)
{
	struct name name = { .first = or_empty(person->first), .last = or_empty(person->last) };
	const char *first, *last;

	if (text_is_empty(name.last))
		name_split(arena, name.first, &name);
	first = name_key(arena, name.first);
	last = name_key(arena, name.last);

	*keys = (struct similar_keys){
		.first = first,
		.last = last,
		.name = name_key_sorted(arena, name_join(arena, first, last)),
		.phone = or_empty(person->phone),
		.email = or_empty(person->email),
		.postal = bare(arena, or_empty(person->postal)),
		.street = words_fold(arena, or_empty(person->street)),
		.city = words_fold(arena, or_empty(person->city)),
		.company = company_key(arena, or_empty(person->company)),
		.birth_date = or_empty(person->birth_date),
		.is_phone_shared = person->is_phone_shared,
		.is_email_role = person->is_email_role,
	};
	keys->sound = name_key_sound(arena, keys->name);
}

static bool both(const char *a, const char *b)
{
	return *a && *b;
}

static bool is_same(const char *a, const char *b)
{
	return both(a, b) && text_equal(a, b);
}

static bool is_alike(const char *a, const char *b, double at_least)
{
	return both(a, b) && (text_equal(a, b) || edits_jaro_winkler(a, b) >= at_least);
}

static bool are_names_alike(const struct similar_keys *a, const struct similar_keys *b)
{
	return is_same(a->sound, b->sound) || name_is_alike(a->name, b->name);
}

/* One of first and last name, also when they are swapped. */
static bool is_name_part_alike(const struct similar_keys *a, const struct similar_keys *b)
{
	return is_alike(a->first, b->first, PART_ALIKE) ||
	       is_alike(a->last, b->last, PART_ALIKE) ||
	       is_alike(a->first, b->last, PART_ALIKE) ||
	       is_alike(a->last, b->first, PART_ALIKE);
}

/* Without the number of the house in front. */
static const char *without_number(const char *street)
{
	while (isdigit((unsigned char)*street))
		street++;
	return *street == ' ' ? street + 1 : street;
}

/* A street may have lost its number, not changed it for another. */
static bool is_street_alike(const char *a, const char *b)
{
	if (isdigit((unsigned char)*a) != isdigit((unsigned char)*b))
		return is_alike(without_number(a), without_number(b), PLACE_ALIKE);
	return is_alike(a, b, PLACE_ALIKE);
}

/* A postal code and its city are one thing, and one may be misspelt. */
static bool is_place_alike(const struct similar_keys *a, const struct similar_keys *b)
{
	return is_same(a->postal, b->postal) || is_alike(a->city, b->city, PLACE_ALIKE);
}

/* How much beside the name agrees. A birth date counts for two: few who share it also
 * share a name. */
static int count_agreements(const struct similar_keys *a, const struct similar_keys *b)
{
	int birth = 0;

	if (is_same(a->birth_date, b->birth_date))
		birth = 2;
	else if (both(a->birth_date, b->birth_date) && edits_is_one(a->birth_date, b->birth_date))
		birth = 1;
	return birth + is_place_alike(a, b) + is_street_alike(a->street, b->street) +
	       is_alike(a->company, b->company, PLACE_ALIKE) + is_same(a->phone, b->phone) +
	       is_same(a->email, b->email);
}

/* One name, but for spelling, initials, order, or a letter of the last name. A letter of
 * the first name makes a brother of somebody: Ramesh is not Rajesh. */
static bool are_names_one(const struct similar_keys *a, const struct similar_keys *b)
{
	return is_same(a->sound, b->sound) || name_initials_match(a->name, b->name) ||
	       (is_same(a->first, b->first) && edits_is_one(a->last, b->last)) ||
	       (is_same(a->first, b->last) && edits_is_one(a->last, b->first)) ||
	       (is_same(a->last, b->first) && edits_is_one(a->first, b->last));
}

/* A family's or broker's phone: other names, and no e-mail to say that they are one. */
static bool are_others(const struct similar_keys *a, const struct similar_keys *b)
{
	return both(a->name, b->name) && !is_same(a->email, b->email) && !are_names_one(a, b);
}

static enum similar say(enum similar verdict, const char *reason, const char **why)
{
	if (why)
		*why = reason;
	return verdict;
}

enum similar similar_judge(const struct similar_keys *a, const struct similar_keys *b,
			   const char **why)
{
	int agreements;

	if (is_same(a->phone, b->phone) && !a->is_phone_shared && !b->is_phone_shared) {
		if (are_others(a, b))
			return say(SIMILAR_REVIEW, "same phone, another name", why);
		return say(SIMILAR_SAME, "same phone", why);
	}
	if (is_same(a->email, b->email) && !a->is_email_role && !b->is_email_role)
		return say(SIMILAR_SAME, "same e-mail", why);
	if (both(a->phone, b->phone) && edits_is_one(a->phone, b->phone) &&
	    is_alike(a->name, b->name, NAME_ALIKE))
		return say(SIMILAR_REVIEW, "phones one digit apart, names alike", why);
	agreements = count_agreements(a, b);
	if (agreements >= 2 && are_names_alike(a, b))
		return say(SIMILAR_REVIEW, "names alike, two more things agree", why);
	if (agreements >= 3 && is_name_part_alike(a, b))
		return say(SIMILAR_REVIEW, "part of the name alike, three more things agree",
			   why);
	return say(SIMILAR_DIFFERENT, "", why);
}

/* Adds "kind:a|b" unless a part is missing. */
static size_t add(struct arena *arena, const char **blocks, size_t count, const char *kind,
		  const char *a, const char *b)
{
	if (!*a || !*b)
		return count;
	blocks[count] = arena_printf(arena, "%s:%s|%s", kind, a, b);
	return count + 1;
}

/* The first letter of a name's key, with which a garbled phone is narrowed down. */
static const char *initial(struct arena *arena, const char *key)
{
	size_t len = 0;

	while (key[len] && (len == 0 || ((unsigned char)key[len] & 0xC0) == 0x80))
		len++;
	return arena_strndup(arena, key, len);
}

/* Both halves of a phone: one wrong digit leaves one of them whole. */
static size_t add_phone(struct arena *arena, const struct similar_keys *keys,
			const char **blocks, size_t count)
{
	size_t half = strlen(keys->phone) / 2;
	const char *letter = initial(arena, keys->name);

	count = add(arena, blocks, count, "phone", keys->phone, "x");
	count = add(arena, blocks, count, "phone1",
		    arena_strndup(arena, keys->phone, half + 1), letter);
	return add(arena, blocks, count, "phone2", keys->phone + half + 1, letter);
}

size_t similar_blocks(struct arena *arena, const struct similar_keys *keys,
		      const char *blocks[SIMILAR_BLOCKS_MAX])
{
	size_t count = 0;

	if (strlen(keys->phone) > 6)
		count = add_phone(arena, keys, blocks, count);
	count = add(arena, blocks, count, "email", keys->email, "x");
	count = add(arena, blocks, count, "name", keys->sound, keys->postal);
	count = add(arena, blocks, count, "town", keys->sound, keys->city);
	count = add(arena, blocks, count, "first", name_key_sound(arena, keys->first), keys->postal);
	count = add(arena, blocks, count, "last", name_key_sound(arena, keys->last), keys->postal);
	count = add(arena, blocks, count, "street", keys->street, keys->postal);
	count = add(arena, blocks, count, "birth", keys->birth_date, "x");
	return count;
}
