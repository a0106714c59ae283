/* settings.c - checks what a connection is told against a list. Threads: pure. */
#include "connectors/settings.h"

#include <string.h>

#include "base/text.h"

#define WORDS_MAX 40

int settings_unknown(struct error *err, const char *where, const char *word,
		     const char *const *words, size_t count)
{
	const char *near = text_nearest(word, words, count);
	char all[160] = "";

	if (near)
		return error_set(err, ERR_INVALID, "%s: unknown \"%.40s\"; did you mean \"%s\"?",
				 where, word, near);
	for (size_t i = 0; i < count; i++) {
		size_t used = strlen(all);

		if (used + strlen(words[i]) + 3 < sizeof(all))
			snprintf(all + used, sizeof(all) - used, "%s%s", i ? ", " : "", words[i]);
	}
	return error_set(err, ERR_INVALID, "%s: unknown \"%.40s\"; one of %s", where, word, all);
}

bool settings_is_base_url(const char *text)
{
	struct arena *arena = arena_new();
	struct url url;
	bool is_one = url_parse(arena, text, &url) && !strpbrk(text, "?#") &&
		      !text_ends(text, "/");

	arena_free(arena);
	return is_one;
}

/* Cuts "a|b|c" into words of `text`, which it writes on. */
static size_t cut_choices(char *text, const char **words, size_t max)
{
	size_t count = 0;

	for (char *rest = NULL, *word = strtok_r(text, "|", &rest); word && count < max;
	     word = strtok_r(NULL, "|", &rest))
		words[count++] = word;
	return count;
}

static int check_choice(const struct setting *setting, const json_t *value,
			const char *where, struct error *err)
{
	const char *words[WORDS_MAX], *word = json_string_value(value);
	char choices[256];
	size_t count;

	if (!word)
		return error_set(err, ERR_INVALID, "%s: not a text", where);
	snprintf(choices, sizeof(choices), "%s", setting->choices);
	count = cut_choices(choices, words, WORDS_MAX);
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return 0;
	return settings_unknown(err, where, word, words, count);
}

static int check_type(const struct setting *setting, const json_t *value, const char *where,
		      struct error *err)
{
	switch (setting->type) {
	case SETTING_TEXT:
		if (!json_is_string(value) || !*json_string_value(value))
			return error_set(err, ERR_INVALID, "%s: not a text", where);
		return 0;
	case SETTING_URL:
		if (!json_is_string(value) ||
		    !settings_is_base_url(json_string_value(value)))
			return error_set(err, ERR_INVALID,
					 "%s: not an address like https://crm.example.org/api "
					 "(without a / at the end)",
					 where);
		return 0;
	case SETTING_NUMBER:
		if (!json_is_integer(value) || json_integer_value(value) < 0)
			return error_set(err, ERR_INVALID, "%s: not a whole number", where);
		return 0;
	case SETTING_CHOICE:
		return check_choice(setting, value, where, err);
	case SETTING_OBJECT:
		if (!json_is_object(value))
			return error_set(err, ERR_INVALID, "%s: not an object", where);
		return 0;
	case SETTING_LIST:
		if (!json_is_array(value))
			return error_set(err, ERR_INVALID, "%s: not a list", where);
		return 0;
	case SETTING_BOOL:
		if (!json_is_boolean(value))
			return error_set(err, ERR_INVALID, "%s: neither true nor false", where);
		return 0;
	}
	return 0;
}

static const struct setting *find(const struct setting *list, const char *name)
{
	for (; list->name; list++)
		if (strcmp(list->name, name) == 0)
			return list;
	return NULL;
}

static int unknown_member(const struct setting *list, const char *where, const char *name,
			  struct error *err)
{
	const char *words[WORDS_MAX];
	size_t count = 0;

	for (; list[count].name && count < WORDS_MAX; count++)
		words[count] = list[count].name;
	return settings_unknown(err, where, name, words, count);
}

int settings_check(const struct setting *list, const json_t *object, const char *where,
		   struct error *err)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value) {
		const struct setting *setting = find(list, name);
		char place[128];

		if (!setting)
			return unknown_member(list, where, name, err);
		snprintf(place, sizeof(place), "%s.%s", where, name);
		if (check_type(setting, value, place, err) < 0)
			return -1;
	}
	for (; list->name; list++)
		if (list->is_required && !json_object_get(object, list->name))
			return error_set(err, ERR_INVALID, "%s.%s: missing; %s", where,
					 list->name, list->help);
	return 0;
}
