/* http_message.c - HTTP requests and replies as values. Threads: pure. */
#include "base/http_message.h"

#include <ctype.h>
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

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* The number of the digits at `p`, -1 if there is something else. */
static int digits(const char *p, int count)
{
	int number = 0;

	for (int i = 0; i < count; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		number = number * 10 + (p[i] - '0');
	}
	return number;
}

/* 1 to 12 of three letters, 0 if they are no month. */
static int month_of(const char *p)
{
	for (int i = 0; i < 12; i++)
		if (memcmp(months + 3 * i, p, 3) == 0)
			return i + 1;
	return 0;
}

static bool date_exists(int year, int month, int day, int64_t *days)
{
	int y, m, d;

	if (year < 0 || month < 1 || day < 1)
		return false;
	*days = clock_days_of_date(year, month, day);
	clock_date_of_days(*days, &y, &m, &d);
	return m == month && d == day;
}

bool http_date_parse(const char *text, int64_t *ms)
{
	static const char form[] = "Aaa, 00 Aaa 0000 00:00:00 GMT";
	int h, m, s;
	int64_t days;

	if (strlen(text) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < sizeof(form) - 1; i++)
		if (form[i] != '0' && (form[i] != 'A' && form[i] != 'a') && text[i] != form[i])
			return false;
	h = digits(text + 17, 2);
	m = digits(text + 20, 2);
	s = digits(text + 23, 2);
	if (h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60 ||
	    !date_exists(digits(text + 12, 4), month_of(text + 8), digits(text + 5, 2), &days))
		return false;
	*ms = days * CLOCK_DAY + h * CLOCK_HOUR + m * CLOCK_MINUTE + s * CLOCK_SECOND;
	return true;
}

void http_date_format(int64_t ms, char text[HTTP_DATE_SIZE])
{
	static const char weekdays[] = "ThuFriSatSunMonTueWed"; /* 1970 began on a Thursday */
	char iso[CLOCK_TEXT_SIZE]; /* 2026-03-02T09:14:07.213Z */
	int month;
	int64_t days;

	clock_format(ms, iso);
	month = digits(iso + 5, 2);
	days = clock_days_of_date(digits(iso, 4), month, digits(iso + 8, 2));
	memcpy(text, "Thu, 02 Mar 2026 09:14:07 GMT", HTTP_DATE_SIZE);
	memcpy(text, weekdays + 3 * ((days % 7 + 7) % 7), 3);
	memcpy(text + 5, iso + 8, 2);
	memcpy(text + 8, months + 3 * (month - 1), 3);
	memcpy(text + 12, iso, 4);
	memcpy(text + 17, iso + 11, 8);
}

int64_t http_retry_after(const struct http_headers *headers, int64_t now)
{
	const char *value = http_header_find(headers, "Retry-After");
	int64_t wait, at;

	if (!value)
		return 0;
	if (*value && strspn(value, "0123456789") == strlen(value)) {
		bool is_short = text_int(value, &wait) && wait <= CLOCK_DAY / CLOCK_SECOND;

		return is_short ? wait * CLOCK_SECOND : CLOCK_DAY;
	}
	if (!http_date_parse(value, &at) || at <= now)
		return 0;
	return at - now < CLOCK_DAY ? at - now : CLOCK_DAY;
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

/* Cuts the host at `text`, of `len` bytes with its port, into the URL. */
static bool read_host(struct arena *arena, const char *text, size_t len, struct url *url)
{
	static const char in_name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._";
	bool is_v6 = text[0] == '[';
	size_t host_len = is_v6 ? strspn(text + 1, "0123456789abcdefABCDEF:.") + 2 :
				  strspn(text, in_name);
	size_t port_len = len - host_len - 1;
	int64_t port = 0;

	if (host_len > len || host_len == 0 || host_len > 253 ||
	    (is_v6 && (host_len == 2 || text[host_len - 1] != ']')))
		return false;
	url->host = text_lower_ascii(arena, arena_strndup(arena, text, host_len));
	if (host_len == len)
		return true;
	if (text[host_len] != ':' || port_len < 1 || port_len > 5 ||
	    strspn(text + host_len + 1, "0123456789") != port_len ||
	    !text_int(arena_strndup(arena, text + host_len + 1, port_len), &port))
		return false;
	url->port = (int)port;
	return port >= 1 && port <= 65535;
}

bool url_parse(struct arena *arena, const char *text, struct url *url)
{
	const char *host = strstr(text, "://"), *end;

	for (const char *p = text; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f || strchr("\\#", *p))
			return false;
	if (!host)
		return false;
	url->scheme = text_lower_ascii(arena, arena_strndup(arena, text, (size_t)(host - text)));
	if (strcmp(url->scheme, "http") != 0 && strcmp(url->scheme, "https") != 0)
		return false;
	url->port = strcmp(url->scheme, "https") == 0 ? 443 : 80;
	host += 3;
	end = host + strcspn(host, "/?");
	if (!read_host(arena, host, (size_t)(end - host), url))
		return false;
	url->target = *end == '/' ? arena_strdup(arena, end) : arena_printf(arena, "/%s", end);
	return true;
}

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{ 100, "Continue" },
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 206, "Partial Content" },
	{ 207, "Multi-Status" },
	{ 300, "Multiple Choices" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 307, "Temporary Redirect" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 402, "Payment Required" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 411, "Length Required" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Range Not Satisfiable" },
	{ 417, "Expectation Failed" },
	{ 421, "Misdirected Request" },
	{ 422, "Unprocessable Content" },
	{ 423, "Locked" },
	{ 424, "Failed Dependency" },
	{ 425, "Too Early" },
	{ 428, "Precondition Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
};

const char *http_reason(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}
