#include "../support/check.h"

#include "base/arena.h"
#include "base/attributes.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "sources/form.h"

static const struct form form = { .honeypot = "website" };

/* What was read: "name=value" a line, "(trapped)"; or "code: message". */
static const char *shown(struct arena *arena, const char *type, const char *body,
			 size_t len)
{
	struct error err = { 0 };
	struct form_post post;
	struct buf buf;

	if (form_post_read(arena, type, body, len, &form, &post, &err) < 0)
		return arena_printf(arena, "%s: %s", error_code_name(err.code), err.message);
	buf_init(&buf, arena, 1u << 20);
	for (size_t i = 0; i < post.nfields; i++)
		buf_addf(&buf, "%s=%s\n", post.fields[i].name,
			 post.fields[i].value.text ? post.fields[i].value.text : "(null)");
	if (post.is_trapped)
		buf_add(&buf, "(trapped)");
	return buf_text(&buf);
}

#define URLENCODED "application/x-www-form-urlencoded"
#define MULTIPART "multipart/form-data; boundary=x"
#define PART(head, body) "--x\r\nContent-Disposition: form-data; " head "\r\n\r\n" body "\r\n"
#define END "--x--\r\n"

static const struct { const char *type, *body, *seen; } posts[] = {
	{ URLENCODED, "name=Ada+L&email=ada%40x.org", "name=Ada L\nemail=ada@x.org\n" },
	{ URLENCODED, "", "" },
	{ URLENCODED, "&&a=1&&=2&b", "a=1\nb=\n" },
	{ URLENCODED, "a=1=2&b=%26%3D", "a=1=2\nb=&=\n" },
	{ URLENCODED, "a=100%&b=%zz&c=%4", "a=100%\nb=%zz\nc=%4\n" },
	{ URLENCODED, "i=a&x=1&i=b&i=", "i=[\"a\",\"b\"]\nx=1\n" },
	{ URLENCODED, "i[]=a&i[]=b&j[]=c", "i=[\"a\",\"b\"]\nj=c\n" },
	{ URLENCODED, "custom%5Bbudget%5D=5", "custom[budget]=5\n" },
	{ URLENCODED, "a=1&website=", "a=1\n" },
	{ URLENCODED, "a=1&website=x", "a=1\n(trapped)" },
	{ URLENCODED "; charset=ISO-8859-1", "n=Zo%EB", "n=Zo\xC3\xAB\n" },
	{ URLENCODED, "n=Zo%EB&_charset_=windows-1252", "n=Zo\xC3\xAB\n" },
	{ URLENCODED, "n=%83A&_charset_=Shift_JIS", "n=\xE3\x82\xA2\n" },
	{ URLENCODED, "n=Zo%EB", "invalid: field n: not text in UTF-8" },
	{ URLENCODED, "n=a%00b", "invalid: field n: not text in UTF-8" },
	{ URLENCODED, "n=a&_charset_=nonsense",
	  "invalid: the name of a field: charset: not known; use utf-8" },
	{ URLENCODED, "n=%81&_charset_=windows-1252",
	  "invalid: field n: not text in windows-1252" },

	{ MULTIPART, PART("name=\"a\"", "1") PART("name=b", "") END, "a=1\nb=\n" },
	{ MULTIPART, "preamble\r\n" PART("name=\"a\"", "1\r\n2") END "epilogue",
	  "a=1\r\n2\n" },
	{ "multipart/form-data; Boundary=\"x\"; charset=utf-8",
	  PART("name=\"a\"", "1") END, "a=1\n" },
	{ MULTIPART, PART("name=\"a%22\\\"b\"", "1") END, "a\"\"b=1\n" },
	{ MULTIPART, "--x\r\ncontent-disposition:form-data;name=a\r\n"
	  "Content-Type: text/plain; charset=iso-8859-1\r\nX-Y: z\r\n\r\nZo\xEB\r\n" END,
	  "a=Zo\xC3\xAB\n" },
	{ MULTIPART, PART("name=\"i\"", "1") PART("name=\"i\"", "2") END,
	  "i=[\"1\",\"2\"]\n" },
	{ MULTIPART, PART("name=\"cv\"; filename=\"\"", "") PART("name=a", "1") END,
	  "a=1\n" },
	{ MULTIPART, PART("name=\"cv\"; filename=\"cv.pdf\"", "%PDF") END,
	  "invalid: field cv: files are not taken; remove the file input from the form, or "
	  "send a link to the file" },
	{ MULTIPART, PART("name=\"cv\"; filename*=UTF-8''x", "%PDF") END,
	  "invalid: field cv: files are not taken; remove the file input from the form, or "
	  "send a link to the file" },
	{ MULTIPART, END, "" },
	{ "multipart/form-data", PART("name=a", "1") END,
	  "invalid: multipart: the Content-Type names no boundary of 1 to 70 characters" },
	{ MULTIPART, "",
	  "invalid: multipart: the boundary is missing; the body is cut off" },
	{ MULTIPART, PART("name=a", "1"),
	  "invalid: multipart: the boundary is missing; the body is cut off" },
	{ MULTIPART, "--x\r\n--x--", "invalid: multipart: the boundary is missing; the body is "
	  "cut off" },
	{ MULTIPART, "--xyz\r\n", "invalid: multipart: no line end after the boundary" },
	{ MULTIPART, "--x\r\nContent-Disposition: form-data; name=a\r\n" END,
	  "invalid: multipart: a part's headers do not end" },
	{ MULTIPART, PART("nam=a", "1") END, "invalid: multipart: a part has no name" },
	{ MULTIPART, PART("name=\"a", "1") END, "invalid: multipart: a part has no name" },
	{ MULTIPART, "--x\r\nX: y\r\n\r\n1\r\n" END,
	  "invalid: multipart: a part has no Content-Disposition" },

	{ "application/json", "{\"a\":\"1\",\"b\":2,\"c\":true,\"d\":null,\"e\":[\"x\",1]}",
	  "a=1\nb=2\nc=true\nd=(null)\ne=[\"x\",\"1\"]\n" },
	{ "application/json; charset=utf-8", "{\"custom\":{\"x\":{\"y\":1}},\"z[]\":[1]}",
	  "custom[x][y]=1\nz=[\"1\"]\n" },
	{ "text/plain;charset=UTF-8", "{\"a\":[{\"b\":1}]}", "a=[{\"b\":1}]\n" },
	{ "application/json", "{\"website\":\"\",\"\":1}", "" },
	{ "application/json", "{\"website\":true}", "(trapped)" },
	{ "application/json", "[]", "invalid: the body must be one JSON object" },
	{ "application/json", "{", "invalid: line 1, column 1: string or '}' expected "
	  "near end of file" },
	{ "text/plain", "name=Ada", "invalid: line 1, column 4: invalid token" },

	{ "text/html", "x", "invalid: content type: not one a form can have" },
	{ NULL, "x", "invalid: content type: not one a form can have" },
};

static void posts_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(posts); i++) {
		struct arena *arena = arena_new();
		const char *seen = shown(arena, posts[i].type, posts[i].body,
					 strlen(posts[i].body));

		if (strcmp(seen, posts[i].seen) != 0)
			fail_msg("%s\n%s\ngot\n%swanted\n%s", posts[i].type, posts[i].body,
				 seen, posts[i].seen);
		arena_free(arena);
	}
}

static void posts_are_bounded(void **state)
{
	struct arena *arena = arena_new();
	char *large = arena_alloc(arena, FORM_BODY_MAX + 2);
	struct buf buf;

	(void)state;
	memset(large, 'a', FORM_BODY_MAX + 1);
	assert_string_equal(shown(arena, URLENCODED, large, FORM_BODY_MAX + 1),
			    "limit: larger than 65536 bytes");
	buf_init(&buf, arena, 10000);
	for (int i = 0; i <= FORM_FIELDS_MAX; i++)
		buf_addf(&buf, "a%d=1&", i);
	assert_string_equal(shown(arena, URLENCODED, buf_text(&buf), buf.len),
			    "limit: more than 300 fields");
	arena_free(arena);
}

static void types_are_told_apart(void **state)
{
	static const struct { const char *type; enum form_type is; } types[] = {
		{ "APPLICATION/JSON", FORM_JSON },
		{ "application/json;charset=x", FORM_JSON },
		{ "application/jsonp", FORM_NONE },
		{ "application/json-seq", FORM_NONE },
		{ "multipart/form-data", FORM_MULTIPART },
		{ "", FORM_NONE },
		{ NULL, FORM_NONE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		assert_int_equal(form_type_of(types[i].type), types[i].is);
}

/* Each as a browser would send it, in both forms of a post. */
static void naughty_strings_come_back(void **state)
{
	struct arena *arena = arena_new();
	struct error err = { 0 };
	json_t *strings = json_keep(arena,
		json_load_file(arena_printf(arena, "%s/naughty-strings.json",
					    getenv("FAIRLEAD_TEST_DATA")), 0, NULL)), *string;
	size_t i;

	(void)state;
	assert_true(json_array_size(strings) > 480);
	json_array_foreach(strings, i, string) {
		const char *text = json_string_value(string), *body;
		struct form_post post;
		struct buf buf;

		buf_init(&buf, arena, 65536);
		buf_add(&buf, "name=");
		buf_add_url(&buf, text);
		assert_int_equal(form_post_read(arena, URLENCODED, buf_text(&buf), buf.len, &form,
					   &post, &err), 0);
		assert_string_equal(post.fields[0].value.text, text);
		body = arena_printf(arena, PART("name=\"name\"", "%s") END, text);
		assert_int_equal(form_post_read(arena, MULTIPART, body, strlen(body), &form, &post,
					   &err), 0);
		assert_string_equal(post.fields[0].value.text, text);
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(posts_are_read),
		cmocka_unit_test(posts_are_bounded),
		cmocka_unit_test(types_are_told_apart),
		cmocka_unit_test(naughty_strings_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
