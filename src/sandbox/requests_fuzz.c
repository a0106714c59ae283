/* requests_fuzz.c - any request to any vendor, and to the control API: no crash, and an
 * answer always. Threads: pure.
 *
 * The input is lines of "METHOD target", each followed by its body up to a line with a
 * single dot. Each is sent with the credentials of the vendor that its path names; a body
 * that begins with "--b" is a multipart one with this boundary. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "sandbox/sandbox.h"

#define REQUESTS_MAX 24
#define HEADERS_MAX 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The credentials of each vendor's default account, as the manual gives them. A vendor
 * whose line is missing is fuzzed without, up to its door. */
static const struct {
	const char *prefix;
	const char *names[HEADERS_MAX], *values[HEADERS_MAX];
} doors[] = {
	{ "/hubspot/", { "Authorization" }, { "Bearer pat-na1-sandbox-default" } },
	{ "/salesforce/", { "Authorization" }, { "Bearer 00D5g-sandbox-default" } },
	{ "/copper/",
	  { "X-PW-AccessToken", "X-PW-Application", "X-PW-UserEmail" },
	  { "0b5e55ed0b5e55ed0b5e55ed0b5e55ed", "developer_api", "rep@acme.example" } },
	{ "/freshsales/", { "Authorization" }, { "Token token=sandboxFreshsalesKey01" } },
	{ "/leadsquared/",
	  { "x-LSQ-AccessKey", "x-LSQ-SecretKey", "x-api-key" },
	  { "u$r5a4d1ead5a4d1ead5a4d1ead5a4d1ead", "5ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4",
	    "sandboxLeadSquaredAsyncKey0123456789abcd" } },
	{ "/enrichment/", { "Authorization" }, { "Bearer enrichment-sandbox-key" } },
	{ "/plain/", { "X-Api-Key" }, { "plain-crm-api-key" } },
	{ "/zoho/", { "Authorization" }, { "Zoho-oauthtoken 1000.access.sandbox-default" } },
	{ "/close/",
	  { "Authorization" },
	  { "Basic YXBpX1NhbmRib3hDbG9zZUtleU9mVGhlRGVmYXVsdDAxOg==" } },
	{ "/exotel/",
	  { "Authorization" },
	  { "Basic ZTgwN2UxNWExMWRiZTBjNGEzZjZkOTUyOGI3YzFlNDA6NzBjZTVhMTFkYmUwYzRhM2Y2ZDk1Mj"
	    "hiN2MxZTQwZjI=" } },
	/* Those of the seed below: an account's SID is part of its paths. */
	{ "/twilio/",
	  { "Authorization" },
	  { "Basic QUNhMzU1MWUzOGYzNjhmMGI2MzMyZjY1MDFhZTNjYjI4Yzo5ZDc5N2FkMmM2MTU0MTY1ZjNjOTllYW"
	    "RlNTk4NjZiZA==" } },
	{ "/dynamics/", { "Authorization" }, { "Bearer eyJ0.sandbox-default" } },
	{ "/pipedrive/", { "x-api-token" }, { "5a4db0c5a4db0c5a4db0c5a4db0c5a4db0c5a4db" } },
};

static void knock(struct http_request *request)
{
	for (size_t i = 0; i < sizeof(doors) / sizeof(doors[0]); i++) {
		if (!text_starts(request->url, doors[i].prefix))
			continue;
		for (size_t j = 0; j < HEADERS_MAX && doors[i].names[j]; j++)
			http_header_add(&request->headers, doors[i].names[j],
					doors[i].values[j]);
	}
}

/* What is put and is no JSON is a file of rows. */
static const char *type_of(const struct http_request *request)
{
	if (request->body[0] == '{' || request->body[0] == '[')
		return "application/json";
	if (text_starts(request->body, "--b"))
		return "multipart/mixed; boundary=b";
	return strcmp(request->method, "PUT") == 0 ? "text/csv" :
						     "application/x-www-form-urlencoded";
}

/* Takes the next line of *at, without its end. */
static char *line_of(struct arena *arena, const char **at)
{
	size_t len = strcspn(*at, "\n");
	char *line = arena_strndup(arena, *at, len);

	*at += len + ((*at)[len] == '\n');
	return line;
}

static const char *body_of(struct arena *arena, const char **at)
{
	const char *end = text_starts(*at, ".\n") ? *at : strstr(*at, "\n.\n");
	size_t len = end ? (size_t)(end - *at) : strlen(*at);
	const char *body = arena_strndup(arena, *at, len);

	*at += end ? len + (*end == '\n' ? 3 : 2) : len;
	return body;
}

static void send(struct sandbox *sandbox, struct arena *arena, char *line, const char *body)
{
	char *blank = strchr(line, ' ');
	struct http_request request = { .method = line, .body = body,
					.body_len = strlen(body) };
	const struct http_reply *reply;

	if (!blank)
		return;
	*blank = '\0';
	request.url = blank + 1;
	http_header_add(&request.headers, "Host", "sandbox.example");
	http_header_add(&request.headers, "Content-Type", type_of(&request));
	knock(&request);
	reply = sandbox_handle(sandbox, arena, &request);
	if (reply->failure == HTTP_REPLIED && (reply->status < 200 || reply->status > 599))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sandbox_config config = { .seed = 7, .records_max = 10000,
						     .is_mute = true };
	struct sandbox *sandbox;
	struct arena *arena;
	const char *at;

	if (!text_is_utf8((const char *)data, size))
		return 0; /* the server lets nothing else through */
	log_setup(2, LOG_OFF, LOG_LOGFMT);
	sandbox = sandbox_start(&config, NULL);
	arena = arena_new();
	at = arena_strndup(arena, (const char *)data, size);
	for (int i = 0; i < REQUESTS_MAX && *at; i++) {
		char *line = line_of(arena, &at);

		send(sandbox, arena, line, body_of(arena, &at));
	}
	sandbox_stop(sandbox);
	arena_free(arena);
	return 0;
}
