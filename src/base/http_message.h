/* http_message.h - HTTP requests and replies as values. Threads: pure.
 *
 * The words that connectors, the sandbox, the client and the server share. Sending
 * and receiving them is http/'s. */
#ifndef BASE_HTTP_MESSAGE_H
#define BASE_HTTP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

struct http_header {
	const char *name; /* any case; compared without */
	const char *value;
};

#define HTTP_HEADERS_MAX 64

struct http_headers {
	struct http_header items[HTTP_HEADERS_MAX];
	size_t count;
};

struct http_request {
	const char *method;          /* "POST" */
	const char *url;             /* absolute, or "/path?query" of a known base */
	struct http_headers headers; /* without Host and Content-Length */
	const char *body;            /* NULL if none */
	size_t body_len;             /* bytes */
};

/* How far a request came when there was no whole reply. */
enum http_failure {
	HTTP_REPLIED,      /* status and body are there and whole */
	HTTP_NOT_SENT,     /* surely not acted on: no connection, no TLS, refused by us */
	HTTP_LOST,         /* sent, at least in part, and not answered in full */
	HTTP_TOO_LARGE,    /* answered with more than we take: like lost */
};

struct http_reply {
	enum http_failure failure;
	int status; /* 100 to 599; 0 when no status line came */
	struct http_headers headers;
	const char *body; /* never NULL; NUL after body_len bytes */
	size_t body_len;
	const char *why;  /* for failures: words of ours and of the library, else NULL */
	int64_t took_ms;
};

/* The value of a header, or NULL. When it came several times, the first. */
const char *http_header_find(const struct http_headers *headers, const char *name);

/* Adds a header; name and value are kept by reference. Past HTTP_HEADERS_MAX, or
 * when it is not http_header_is_valid(), it is not added and false is returned. */
bool http_header_add(struct http_headers *headers, const char *name, const char *value);

/* Whether `name` is a token (RFC 9110 5.6.2) and `value` has no control character but
 * the tab. */
bool http_header_is_valid(const char *name, const char *value);

/* What Retry-After asks for in ms: delta seconds or an HTTP date (RFC 9110 10.2.3)
 * against `now` (ms since 1970). 0 when absent, unreadable or past; at most 24 h. */
int64_t http_retry_after(const struct http_headers *headers, int64_t now);

/* Percent-decodes `len` bytes; plus_is_blank for application/x-www-form-urlencoded.
 * NULL when an escape is broken, or the result has a NUL or is not UTF-8. */
char *url_decode(struct arena *arena, const char *text, size_t len, bool plus_is_blank);

/* The decoded value of `name` in a query string ("a=1&b=2"), or NULL. */
char *url_query_find(struct arena *arena, const char *query, const char *name);

/* Cuts an absolute URL: scheme and host in lower case, port always set (80 or 443 by
 * scheme), path with query, never NULL. Returns false for anything but http and https
 * with a host and without user information or fragment, all of it printable ASCII; an
 * IPv6 host keeps its brackets, a name in other letters must come as punycode. */
struct url {
	const char *scheme, *host, *target;
	int port;
};
bool url_parse(struct arena *arena, const char *text, struct url *url);

/* "Tue, 03 Feb 2026 10:00:00 GMT" (RFC 9110 IMF-fixdate) to ms; false if it is not. */
bool http_date_parse(const char *text, int64_t *ms);

/* The same from ms. */
#define HTTP_DATE_SIZE 30
void http_date_format(int64_t ms, char text[HTTP_DATE_SIZE]);

/* The reason phrase of a status, "Unknown" if we have none. */
const char *http_reason(int status);

#endif
