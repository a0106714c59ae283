/* dynamics_say.c - how Dataverse words refusals, and what callers may prefer (fact sheet 1,
 * 8, 9). Threads: under the sandbox's lock. */
#include <stdarg.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/dynamics.h"

/* --- preferences --- */

/* "name" or "name=value" at *at; true when it is `name`, with the value without its quotes. */
static bool prefers(struct arena *arena, const char *at, size_t len, const char *name,
		    const char **value)
{
	size_t name_len = strlen(name);

	if (len < name_len || strncasecmp(at, name, name_len) != 0)
		return false;
	at += name_len;
	len -= name_len;
	*value = "";
	if (!len)
		return true;
	if (*at != '=')
		return false;
	at++, len--;
	if (len >= 2 && at[0] == '"' && at[len - 1] == '"')
		at++, len -= 2;
	*value = arena_strndup(arena, at, len);
	return true;
}

static void read_one(const struct sb_call *call, const char *at, size_t len,
		     struct dynamics_prefer *prefer)
{
	struct arena *arena = call->arena;
	const char *value;
	int64_t page;

	if (prefers(arena, at, len, "return", &value))
		prefer->wants_row = strcmp(value, "representation") == 0;
	else if (prefers(arena, at, len, "odata.track-changes", &value))
		prefer->tracks_changes = true;
	else if (prefers(arena, at, len, "odata.continue-on-error", &value))
		prefer->continues = strcasecmp(value, "false") != 0;
	else if (prefers(arena, at, len, "odata.include-annotations", &value))
		prefer->annotations = value;
	else if (prefers(arena, at, len, "odata.maxpagesize", &value) &&
		 text_int(value, &page) && page > 0)
		prefer->page = page > DYNAMICS_PAGE_MAX ? DYNAMICS_PAGE_MAX : page;
}

/* Commas inside quotes do not divide. */
static size_t length_of_one(const char *at)
{
	bool is_quoted = false;
	size_t len = 0;

	for (; at[len] && (is_quoted || at[len] != ','); len++)
		is_quoted ^= at[len] == '"';
	return len;
}

void dynamics_prefer_read(const struct sb_call *call, struct dynamics_prefer *prefer)
{
	*prefer = (struct dynamics_prefer){ 0 };
	for (size_t i = 0; i < call->headers->count; i++) {
		const char *at = call->headers->items[i].value;

		if (!text_equal_nocase(call->headers->items[i].name, "Prefer"))
			continue;
		while (*at) {
			size_t len;

			at += strspn(at, " ,");
			len = length_of_one(at);
			read_one(call, at, len, prefer);
			at += len;
		}
	}
}

/* "*" at the end of a name stands for all that begin so. */
bool dynamics_prefers_annotation(const struct dynamics_prefer *prefer, const char *name)
{
	const char *at = prefer->annotations;

	while (at && *at) {
		size_t len = strcspn(at, ",");

		if (len && at[len - 1] == '*' ? strncmp(at, name, len - 1) == 0 :
						strlen(name) == len && !strncmp(at, name, len))
			return true;
		at += len + (at[len] == ',');
	}
	return false;
}

/* --- refusals --- */

const char *dynamics_query_code(const struct sb_call *call)
{
	return sb_switch(call->account, "newer_codes") ? "0x80060888" : "0x0";
}

const char *dynamics_sample_code(const struct sb_call *call, const char *code)
{
	return sb_switch(call->account, "sample_codes") ? "" : code;
}

bool dynamics_refuse(struct sb_call *call, struct dynamics_refusal *refusal, int status,
		     const char *code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	*refusal = (struct dynamics_refusal){
		.status = status,
		.code = code,
		.message = arena_vprintf(call->arena, format, args),
	};
	va_end(args);
	return false;
}

void dynamics_say(struct sb_call *call, const struct dynamics_refusal *refusal)
{
	static const char *const details[] = {
		"@Microsoft.PowerApps.CDS.ErrorDetails.OperationStatus",
		"@Microsoft.PowerApps.CDS.HelpLink",
		"@Microsoft.PowerApps.CDS.TraceText",
		"@Microsoft.PowerApps.CDS.InnerError.Message",
	};
	json_t *error = json_pack("{ss ss}", "code", refusal->code, "message", refusal->message);
	const char *const texts[] = { "0", "http://go.microsoft.com/fwlink/?LinkID=398563", "",
				      refusal->message };
	struct dynamics_prefer prefer;

	dynamics_prefer_read(call, &prefer);
	for (size_t i = 0; i < ARRAY_LEN(details); i++)
		if (dynamics_prefers_annotation(&prefer, details[i] + 1))
			json_object_set_new(error, details[i], json_string(texts[i]));
	sb_reply_json(call, refusal->status, json_pack("{so}", "error", error));
}

void dynamics_fail(struct sb_call *call, int status, const char *code, const char *format, ...)
{
	struct dynamics_refusal refusal = { .status = status, .code = code };
	va_list args;

	va_start(args, format);
	refusal.message = arena_vprintf(call->arena, format, args);
	va_end(args);
	dynamics_say(call, &refusal);
}

void dynamics_no_segment(struct sb_call *call, const char *name)
{
	dynamics_fail(call, 404, "0x8006088a", "Resource not found for the segment '%s'.", name);
}

void dynamics_no_method(struct sb_call *call)
{
	dynamics_fail(call, 405, "0x80060888",
		      "The requested resource does not support http method '%s'.", call->method);
}

/* --- problems --- */

/* The header is what counts; a body is not to be relied on (2). */
static void say_unauthorized(struct sb_call *call)
{
	const char *base = sb_base_url(call);

	if (call->account && sb_switch(call->account, "unauthorized_body"))
		sb_reply_text(call, 401, "text/html", "HTTP Error 401 - Unauthorized", 29);
	else
		sb_reply_empty(call, 401);
	sb_reply_header(call, "WWW-Authenticate",
			arena_printf(call->arena,
				     "Bearer authorization_uri=%s/organizations/oauth2/authorize, "
				     "resource_id=%s/",
				     base, base));
}

void dynamics_problem(struct sb_call *call, enum sb_problem problem, int status)
{
	switch (problem) {
	case SB_PROBLEM_RATE:
		dynamics_limited_as_set(call);
		break;
	case SB_PROBLEM_EXPIRED:
	case SB_PROBLEM_REVOKED:
		say_unauthorized(call);
		break;
	case SB_PROBLEM_FORBIDDEN:
		dynamics_fail(call, 403, "0x80040220",
			      "Principal user is missing prvWriteLead privilege");
		break;
	case SB_PROBLEM_LOCKED:
		dynamics_fail(call, 503, "0x80040216",
			      "The record is being changed by another transaction.");
		break;
	case SB_PROBLEM_BAD_JSON:
		dynamics_fail(call, 400, "0x80048d19",
			      "Error identified in Payload provided by the user for Entity :'', "
			      "For more information on this error please follow this help link "
			      "https://go.microsoft.com/fwlink/?linkid=2195293  ---->  "
			      "InnerException : Microsoft.OData.ODataException: Invalid JSON.");
		break;
	case SB_PROBLEM_SERVER:
	case SB_PROBLEM_FULL:
		dynamics_fail(call, status ? status : problem == SB_PROBLEM_FULL ? 503 : 500,
			      "0x80040216", "An unexpected error occurred.");
		break;
	}
}
