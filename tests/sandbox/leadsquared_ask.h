/* leadsquared_ask.h - requests to the sandbox's LeadSquared. */
#ifndef TESTS_SANDBOX_LEADSQUARED_ASK_H
#define TESTS_SANDBOX_LEADSQUARED_ASK_H

#include "ask.h"

#define SETTINGS "/_sandbox/accounts/leadsquared/default/settings"
#define RECORDS "/_sandbox/accounts/leadsquared/default/records"
#define ACCESS "u$r5a4d1ead5a4d1ead5a4d1ead5a4d1ead"
#define SECRET "5ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4"
#define ASYNC "sandboxLeadSquaredAsyncKey0123456789abcd"
#define LEAD "/v2/LeadManagement.svc/"
#define ACTIVITY "/v2/ProspectActivity.svc/"

#define A(name, value) "{\"Attribute\":\"" name "\",\"Value\":\"" value "\"}"
#define ANN A("EmailAddress", "ann@acme.test") "," A("FirstName", "Ann") "," A("LastName", "Lee")
#define PHONE A("Phone", "+91-9845012345")

static inline struct answer call_with(struct asker *asker, const char *host, const char *access,
			       const char *secret, const char *method, const char *path,
			       const char *body)
{
	struct http_request request = { .method = method, .body = body,
					.body_len = body ? strlen(body) : 0 };

	request.url = arena_printf(asker->arena, "/leadsquared%s", path);
	http_header_add(&request.headers, "Host", host);
	http_header_add(&request.headers, "Content-Type", "application/json");
	if (access)
		http_header_add(&request.headers, "x-LSQ-AccessKey", access);
	if (secret)
		http_header_add(&request.headers, "x-LSQ-SecretKey", secret);
	if (strncmp(path, "/v2/", 4) != 0)
		http_header_add(&request.headers, "x-api-key", ASYNC);
	return send_request(asker, &request);
}

static inline struct answer call(struct asker *asker, const char *method, const char *path,
			  const char *body)
{
	return call_with(asker, "sandbox.example", ACCESS, SECRET, method, path, body);
}

static inline void set(struct asker *asker, const char *settings)
{
	assert_status(ask(asker, "PATCH", SETTINGS, settings), 200);
}

/* A lead of these attributes; its id. */
static inline const char *lead(struct asker *asker, const char *attributes)
{
	struct answer a = call(asker, "POST", LEAD "Lead.Create",
			       arena_printf(asker->arena, "[%s]", attributes));

	assert_status(a, 200);
	assert_text_at(a, "$.Status", "Success");
	return text_at(&a, "$.Message.Id");
}

static inline struct answer read_lead(struct asker *asker, const char *id)
{
	return call(asker, "GET", arena_printf(asker->arena, LEAD "Leads.GetById?id=%s", id),
		    NULL);
}

static inline void assert_refused(const struct answer *a, int status, const char *type,
			   const char *message)
{
	if (a->status != status || !a->json)
		fail_msg("status %d, not %d: %s", a->status, status, a->text);
	assert_string_equal(text_at(a, "$.Status"), "Error");
	assert_string_equal(text_at(a, "$.ExceptionType"), type);
	if (!strstr(text_at(a, "$.ExceptionMessage"), message))
		fail_msg("not \"%s\": %s", message, a->text);
}

/* An activity of a lead; its id. */
static inline const char *activity(struct asker *asker, const char *id)
{
	struct answer a = call(
		asker, "POST", ACTIVITY "Create",
		arena_printf(asker->arena,
			     "{\"RelatedProspectId\":\"%s\",\"ActivityEvent\":201,"
			     "\"ActivityNote\":\"text\",\"ActivityDateTime\":"
			     "\"2026-02-01 10:00:00\",\"ActivityOwnerEmail\":"
			     "\"rep@acme.example\",\"Fields\":[{\"SchemaName\":\"mx_Custom_1\","
			     "\"Value\":\"v\"}]}",
			     id));

	assert_status(a, 200);
	return text_at(&a, "$.Message.Id");
}

static inline struct answer hook(struct asker *asker, int event)
{
	return call(asker, "POST", "/v2/Webhook.svc/Create",
		    arena_printf(asker->arena,
				 "{\"Description\":\"Fairlead\",\"URL\":\"https://f.invalid/h\","
				 "\"Method\":\"POST\",\"ContentType\":\"application/json\","
				 "\"WebhookEvent\":\"%d\",\"NotifyOnFailure\":true,"
				 "\"CustomHeaders\":[{\"Key\":\"x-fairlead\",\"Value\":\"s\"}]}",
				 event));
}

static inline struct answer hooks(struct asker *asker)
{
	return ask(asker, "GET", "/_sandbox/webhooks?vendor=leadsquared&account=default", NULL);
}

#endif
