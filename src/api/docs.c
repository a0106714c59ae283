/* docs.c - the API as a page for people, made from the table of routes like /openapi.json:
 * one file, no scripts, nothing from elsewhere. Threads: pure. */
#include <string.h>

#include "api/internal.h"
#include "base/text.h"

static const char head[] =
	"<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<title>Fairlead: the HTTP API</title>\n<style>\n"
	":root{color-scheme:light dark;--line:#8885;--soft:#8882;--accent:#0a6}\n"
	"body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem}\n"
	"code,pre{font:14px/1.5 ui-monospace,monospace}\n"
	"pre{background:var(--soft);padding:.8rem;overflow-x:auto}\n"
	"h2{margin:2.5rem 0 .5rem;border-bottom:1px solid var(--line);text-transform:capitalize}\n"
	"nav a{display:inline-block;margin:0 .8rem .2rem 0}\na{color:var(--accent)}\n"
	"article{padding:.6rem 0;border-bottom:1px solid var(--soft)}\n"
	"article h3{font-size:1rem;font-weight:400;margin:0}\narticle p{margin:.2rem 0 0}\n"
	".method{display:inline-block;min-width:4.5rem;font-weight:700}\n"
	".path{font-weight:700;overflow-wrap:anywhere}\n"
	".scope{background:var(--soft);border-radius:.3rem;padding:0 .4rem;font-size:.85rem}\n"
	"small{opacity:.75}\n</style>\n</head>\n<body>\n";

static const char introduction[] =
	"<p>The same for programs, as OpenAPI 3.1: <a href=\"/openapi.json\">/openapi.json</a>. What "
	"each route takes and answers, field by field, stands in <code>docs/api.md</code>.</p>\n"
	"<ul>\n"
	"<li>JSON in UTF-8. Names in requests that are not known are refused, with a guess at what "
	"was meant.</li>\n"
	"<li><code>Authorization: Bearer flk_...</code>. A token has scopes; beside each route stands "
	"which one it wants. <code>fairlead token create</code> makes one.</li>\n"
	"<li>Ids are 13 letters and digits, times RFC 3339 in UTC.</li>\n"
	"<li>Lists take <code>limit</code> (1 to 1000, 50 if none is given) and <code>cursor</code>, "
	"and answer <code>items</code> and <code>next_cursor</code>, newest first.</li>\n"
	"<li>What is refused is a problem (RFC 9457): <code>status</code>, <code>code</code>, "
	"<code>detail</code>, <code>request_id</code>, and in <code>errors</code> every failing field "
	"with what to do. 429 and 503 carry <code>Retry-After</code>; nothing was taken then.</li>\n"
	"</ul>\n"
	"<pre>curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n"
	"     -d '{\"email\": \"ada@example.org\", \"phone\": \"+49 30 901820\"}' \\\n"
	"     http://127.0.0.1:8080/v1/leads</pre>\n";

static void add_escaped(struct buf *buf, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			buf_add(buf, "&lt;");
		else if (*text == '>')
			buf_add(buf, "&gt;");
		else if (*text == '&')
			buf_add(buf, "&amp;");
		else if (*text == '"')
			buf_add(buf, "&quot;");
		else
			buf_addc(buf, *text);
	}
}

/* "leads" of "/v1/leads/{id}"; what is not under /v1 stands together. */
static const char *section_of(struct arena *arena, const struct endpoint *endpoint)
{
	static const char under[] = "/v1/";
	const char *name = endpoint->path + strlen(under);

	if (!text_starts(endpoint->path, under))
		return "server";
	return arena_strndup(arena, name, strcspn(name, "/"));
}

static bool is_first_of_section(struct arena *arena, const struct endpoint *endpoint)
{
	for (const struct endpoint *e = api_routes; e < endpoint; e++)
		if (text_equal(section_of(arena, e), section_of(arena, endpoint)))
			return false;
	return true;
}

static void add_scope(struct buf *buf, struct arena *arena, const struct endpoint *endpoint)
{
	buf_add(buf, " <span class=\"scope\">");
	add_escaped(buf, endpoint->scope ? scopes_text(endpoint->scope, arena) : "no token");
	buf_add(buf, "</span>");
}

static void add_size(struct buf *buf, size_t bytes)
{
	if (bytes >= 1u << 20)
		buf_addf(buf, "%zu MiB", bytes >> 20);
	else
		buf_addf(buf, "%zu KiB", bytes >> 10);
}

static void add_route(struct buf *buf, struct arena *arena, const struct endpoint *endpoint)
{
	buf_addf(buf, "<article id=\"%s\"><h3><span class=\"method\">%s</span> <code "
		      "class=\"path\">",
		 endpoint->id, endpoint->method);
	add_escaped(buf, endpoint->path);
	buf_add(buf, "</code>");
	add_scope(buf, arena, endpoint);
	buf_add(buf, "</h3>\n<p>");
	add_escaped(buf, endpoint->summary);
	buf_add(buf, ".");
	if (endpoint->body_max) {
		buf_add(buf, " <small>Body up to ");
		add_size(buf, endpoint->body_max);
		buf_add(buf, ".</small>");
	}
	buf_addf(buf, " <small>%s</small></p></article>\n", endpoint->id);
}

static void add_section(struct buf *buf, struct arena *arena, const struct endpoint *first)
{
	const char *section = section_of(arena, first);

	buf_addf(buf, "<section id=\"%s\">\n<h2>%s</h2>\n", section, section);
	for (const struct endpoint *e = first; e->method; e++)
		if (text_equal(section_of(arena, e), section))
			add_route(buf, arena, e);
	buf_add(buf, "</section>\n");
}

static void add_contents(struct buf *buf, struct arena *arena)
{
	buf_add(buf, "<nav>");
	for (const struct endpoint *e = api_routes; e->method; e++) {
		const char *section = section_of(arena, e);

		if (is_first_of_section(arena, e))
			buf_addf(buf, "<a href=\"#%s\">%s</a>", section, section);
	}
	buf_add(buf, "</nav>\n");
}

void api_docs(struct api_call *call)
{
	struct http_headers headers = { 0 };
	struct buf buf;

	buf_init(&buf, call->arena, 1u << 20);
	buf_add(&buf, head);
	buf_addf(&buf, "<h1>Fairlead %s: the HTTP API</h1>\n", FAIRLEAD_VERSION);
	buf_add(&buf, introduction);
	add_contents(&buf, call->arena);
	for (const struct endpoint *e = api_routes; e->method; e++)
		if (is_first_of_section(call->arena, e))
			add_section(&buf, call->arena, e);
	buf_add(&buf, "</body>\n</html>\n");
	http_header_add(&headers, "Content-Type", "text/html; charset=utf-8");
	http_header_add(&headers, "Content-Security-Policy",
			"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
			"form-action 'none'; frame-ancestors 'none'");
	http_header_add(&headers, "X-Content-Type-Options", "nosniff");
	http_answer(call->http, 200, &headers, buf_text(&buf), buf.len);
}
