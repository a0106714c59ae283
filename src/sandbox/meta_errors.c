/* meta_errors.c - every code that the Graph API and WhatsApp's Cloud API have (sources 1.6,
 * whatsapp-cloud 6), for a rehearsal of what cannot be brought about otherwise: the switches
 * refuse_code and fail_code. Threads: under the sandbox's lock. */
#include "base/text.h"
#include "sandbox/meta.h"

static const struct meta_error errors[] = {
	{ 1, "An unknown error occurred", true },
	{ 2, "Service temporarily unavailable", true },
	{ 3, "Application does not have the capability to make this API call", false },
	{ 4, "Application request limit reached", false },
	{ 10, "Application does not have permission for this action", false },
	{ 17, "User request limit reached", false },
	{ 32, "Page request limit reached", false },
	{ 33, "Parameter value is not valid", false },
	{ 100, "Invalid parameter", false },
	{ 102, "Session key invalid or no longer valid", false },
	{ 190, "Error validating access token", false },
	{ 341, "Application limit reached", false },
	{ 368, "The action attempted has been deemed abusive or is otherwise disallowed", false },
	{ 613, "Calls to this api have exceeded the rate limit.", false },
	{ 2500, "Unknown path components", false },
	{ 80007, "Rate limit issues", false },
	{ 130429, "Rate limit hit", false },
	{ 130472, "User's number is part of an experiment", false },
	{ 130497, "Business account is restricted from messaging users in this country.", false },
	{ 131000, "Something went wrong", false },
	{ 131005, "Access denied", false },
	{ 131008, "Required parameter is missing", false },
	{ 131009, "Parameter value is not valid", false },
	{ 131016, "Service unavailable", false },
	{ 131021, "Recipient cannot be sender", false },
	{ 131026, "Message undeliverable", false },
	{ 131030, "Recipient phone number not in allowed list", false },
	{ 131031, "Account has been locked", false },
	{ 131037, "Display name approval needed", false },
	{ 131042, "Business eligibility payment issue", false },
	{ 131045, "Incorrect certificate", false },
	{ 131047, "Re-engagement message", false },
	{ 131048, "Spam rate limit hit", false },
	{ 131049, "This message was not delivered to maintain healthy ecosystem engagement.",
	  false },
	{ 131050, "User has stopped marketing messages", false },
	{ 131051, "Message type unknown", false },
	{ 131052, "Media download error", false },
	{ 131053, "Media upload error", false },
	{ 131056, "(Business Account, Consumer Account) pair rate limit hit", false },
	{ 131057, "Account in maintenance mode", false },
	{ 132000, "Template param count mismatch", false },
	{ 132001, "Template does not exist", false },
	{ 132005, "Template hydrated text too long", false },
	{ 132007, "Template format character policy violated", false },
	{ 132012, "Template parameter format mismatch", false },
	{ 132015, "Template is paused", false },
	{ 132016, "Template is disabled", false },
	{ 132068, "Flow is blocked", false },
	{ 132069, "Flow is throttled", false },
	{ 133004, "Server temporarily unavailable", false },
	{ 133010, "Phone number not registered", false },
};

/* Ranges have one line of words. */
const struct meta_error *meta_error_of(int code)
{
	static const struct meta_error no_permission = { 200, "Permissions error", false };
	static const struct meta_error use_case = { 80000, "There have been too many calls to this "
							   "account. Wait a bit and try again.",
						    false };
	static const struct meta_error unknown = { 0, "Authentication failed", false };

	for (size_t i = 0; i < ARRAY_LEN(errors); i++)
		if (errors[i].code == code)
			return &errors[i];
	if (code >= 200 && code < 300)
		return &no_permission;
	return code >= 80000 && code <= 80014 ? &use_case : &unknown;
}

static bool is_of_whatsapp(const struct sb_call *call)
{
	const char *tag = call->route ? call->route->tag : NULL;

	return text_equal(tag, "whatsapp") || text_equal(tag, "waba");
}

bool meta_is_refused(struct sb_call *call)
{
	int code = (int)sb_switch(call->account, "refuse_code");
	const struct meta_error *error;

	if (!code)
		return false;
	code = code < 0 ? 0 : code;
	error = meta_error_of(code);
	if (is_of_whatsapp(call))
		meta_fail_details(call, error->is_transient ? 500 : 400, code, error->title, "%s",
				  error->title);
	else
		meta_fail(call, error->is_transient ? 500 : 400, code,
			  (int)sb_switch(call->account, "refuse_subcode"), "(#%d) %s", code,
			  error->title);
	if (error->is_transient)
		json_object_set_new(json_object_get(call->reply_json, "error"), "is_transient",
				    json_true());
	return true;
}
