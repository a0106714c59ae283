/* http_message.c - HTTP requests and replies as values. Threads: pure. */
#include "base/http_message.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

const char *http_header_find(const struct http_headers *headers, const char *name)
{
	for (size_t i = 0; i < headers->count; i++)
		if (text_equal_nocase(headers->items[i].name, name))
			return headers->items[i].value;
	return NULL;
}

bool http_header_is_valid(const char *name, const char *value)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	if (!name || !value || !*name)
		return false;
	for (const char *p = name; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		      (*p >= '0' && *p <= '9') || strchr(others, *p)))
			return false;
	for (const char *p = value; *p; p++)
		if (((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7f)
			return false;
	return true;
}

bool http_header_add(struct http_headers *headers, const char *name, const char *value)
{
	if (headers->count == HTTP_HEADERS_MAX || !http_header_is_valid(name, value))
		return false;
	headers->items[headers->count++] = (struct http_header){ name, value };
	return true;
}

bool http_date_parse(const char *text, int64_t *ms)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char month[4];
	const char *at;
	int day, year, h, m, s, end = 0;

	if (sscanf(text, "%*3[A-Za-z], %2d %3s %4d %2d:%2d:%2d GMT%n", &day, month, &year, &h,
		   &m, &s, &end) != 6 ||
	    end == 0 || text[end])
		return false;
	at = strstr(months, month);
	if (!at || (at - months) % 3 || strlen(month) != 3 || day < 1 || day > 31 || h < 0 ||
	    h > 23 || m < 0 || m > 59 || s < 0 || s > 60 || year < 1970)
		return false;
	*ms = clock_days_of_date(year, (int)(at - months) / 3 + 1, day) * CLOCK_DAY +
	      h * CLOCK_HOUR + m * CLOCK_MINUTE + s * CLOCK_SECOND;
	return true;
}

int64_t http_retry_after(const struct http_headers *headers, int64_t now)
{
	const char *value = http_header_find(headers, "Retry-After");
	int64_t wait = 0, at;

	if (!value)
		return 0;
	if (text_int(value, &wait))
		wait = wait > CLOCK_DAY / 1000 ? CLOCK_DAY : wait * 1000;
	else if (http_date_parse(value, &at))
		wait = at - now;
	if (wait < 0)
		return 0;
	return wait > CLOCK_DAY ? CLOCK_DAY : wait;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *url_decode(struct arena *arena, const char *text, size_t len, bool plus_is_blank)
{
	char *out = arena_alloc(arena, len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int high, low;

		if (text[i] == '+' && plus_is_blank) {
			out[n++] = ' ';
			continue;
		}
		if (text[i] != '%') {
			out[n++] = text[i];
			continue;
		}
		if (len - i < 3)
			return NULL;
		high = hex_value(text[i + 1]);
		low = hex_value(text[i + 2]);
		if (high < 0 || low < 0)
			return NULL;
		out[n++] = (char)(high << 4 | low);
		i += 2;
	}
	return text_is_utf8(out, n) ? out : NULL;
}

char *url_query_find(struct arena *arena, const char *query, const char *name)
{
	size_t name_len = strlen(name);

	while (query && *query) {
		size_t len = strcspn(query, "&"), key_len = strcspn(query, "=&");
		char *key = url_decode(arena, query, key_len, true);

		if (key && strlen(key) == name_len && strcmp(key, name) == 0)
			return key_len < len ? url_decode(arena, query + key_len + 1,
							  len - key_len - 1, true) :
					       arena_strdup(arena, "");
		query += len;
		if (*query)
			query++;
	}
	return NULL;
}

bool url_parse(struct arena *arena, const char *text, struct url *url)
{
	const char *host = strstr(text, "://"), *end, *port;
	size_t host_len;
	int64_t number = 0;

	if (!host)
		return false;
	url->scheme = text_lower_ascii(arena, arena_strndup(arena, text, (size_t)(host - text)));
	if (strcmp(url->scheme, "http") != 0 && strcmp(url->scheme, "https") != 0)
		return false;
	host += 3;
	end = host + strcspn(host, "/?#");
	if (strchr(text, '#') || memchr(host, '@', (size_t)(end - host)))
		return false;
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || *p == '\\')
			return false;
	if (*host == '[') {
		port = memchr(host, ']', (size_t)(end - host));
		if (!port)
			return false;
		host_len = (size_t)(port + 1 - host);
		port++;
	} else {
		port = memchr(host, ':', (size_t)(end - host));
		host_len = port ? (size_t)(port - host) : (size_t)(end - host);
		if (!port)
			port = end;
	}
	if (host_len == 0 || host_len > 253)
		return false;
	url->port = strcmp(url->scheme, "https") == 0 ? 443 : 80;
	if (port < end) {
		if (*port != ':' || !text_int(arena_strndup(arena, port + 1,
							     (size_t)(end - port - 1)),
					      &number) ||
		    number < 1 || number > 65535)
			return false;
		url->port = (int)number;
	}
	url->host = text_lower_ascii(arena, arena_strndup(arena, host, host_len));
	url->target = *end == '/' ? end : arena_printf(arena, "/%s", end);
	return true;
}

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 207, "Multi-Status" },
	{ 300, "Multiple Choices" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 402, "Payment Required" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 417, "Expectation Failed" },
	{ 421, "Misdirected Request" },
	{ 422, "Unprocessable Content" },
	{ 423, "Locked" },
	{ 428, "Precondition Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
};

const char *http_reason(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}
