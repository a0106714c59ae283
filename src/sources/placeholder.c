/* placeholder.c - what people and programs write for "nothing". Threads: pure. */
#include "sources/placeholder.h"

#include <string.h>
#include <strings.h>

#include "base/attributes.h"
#include "base/text.h"

/* Compared without case. */
static const char *const words[] = {
	"-", "--", "---", "_", ".", "..", "...", "?", "??", "*", "/", "\xE2\x80\x93",
	"\xE2\x80\x94", "\xC2\xA0", "n/a", "n.a.", "n.a", "na", "n\\a", "#n/a", "#null!",
	"#ref!", "#value!", "#name?", "#div/0!", "none", "(none)", "null", "(null)", "<null>",
	"\\n", "nil", "undefined", "[object object]", "nan", "unknown", "(unknown)",
	"not available", "not applicable", "not provided", "not specified", "not given",
	"no value", "(empty)", "(blank)", "(not set)", "not set", "tbd",
	"k.a.", "keine angabe", "sin dato", "non renseign\xC3\xA9",
};

/* Typed to get past a form. */
static const char *const emails[] = {
	"test@test.com", "test@test.test", "a@a.com", "a@b.com", "a@b.c", "abc@abc.com",
	"x@x.com", "xx@xx.com", "asdf@asdf.com", "none@none.com", "no@no.com", "na@na.com",
	"n/a@n/a.com", "noemail@noemail.com", "noemail@gmail.com", "no@email.com",
	"noreply@noreply.com", "null@null.com", "email@email.com", "mail@mail.com",
};

static bool is_among(const char *const *list, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if ((list[i][0] | 0x20) == (text[0] | 0x20) && strcasecmp(list[i], text) == 0)
			return true;
	return false;
}

/* Programs write null, NULL or nan; only people write these. */
static bool is_name(const char *name, const char *text)
{
	static const char *const names[] = { "Null", "Nan", "Na", "Nil" };

	if (strcmp(name, "last_name") != 0 && strcmp(name, "first_name") != 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i], text) == 0)
			return true;
	return false;
}

#define LONGEST 24 /* bytes of any entry, and some */

bool placeholder_is(const char *name, const char *text)
{
	if (!*text)
		return true;
	if (strlen(text) > LONGEST || strcmp(name, "message") == 0)
		return false;
	if (strcmp(name, "email") == 0 && is_among(emails, ARRAY_LEN(emails), text))
		return true;
	if (strcmp(name, "country") == 0 && strcasecmp(text, "na") == 0)
		return false;
	return is_among(words, ARRAY_LEN(words), text) && !is_name(name, text);
}

bool placeholder_is_test(const char *text)
{
	return text_starts(text, "<test lead: ") || strcasecmp(text, "test@fb.com") == 0 ||
	       strcasecmp(text, "test@meta.com") == 0;
}
