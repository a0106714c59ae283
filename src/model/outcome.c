/* outcome.c - how an attempt ended, and how long to wait for the next. Threads: pure. */
#include "model/outcome.h"

#include <string.h>

#include "base/text.h"

static const char *const names[] = {
	[OUTCOME_UNCERTAIN] = "uncertain",   [OUTCOME_DELIVERED] = "delivered",
	[OUTCOME_DUPLICATE] = "duplicate",   [OUTCOME_GONE] = "gone",
	[OUTCOME_RETRY] = "retry",           [OUTCOME_REAUTH] = "reauth",
	[OUTCOME_FIX_DATA] = "fix_data",     [OUTCOME_PERMANENT] = "permanent",
	[OUTCOME_CONNECTION] = "connection",
};

const char *outcome_name(enum outcome outcome)
{
	return names[outcome];
}

bool outcome_parse(const char *name, enum outcome *outcome)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (text_equal(names[i], name)) {
			*outcome = (enum outcome)i;
			return true;
		}
	return false;
}

static enum outcome outcome_of_status(int status)
{
	switch (status) {
	case 401:
	case 403:
		return OUTCOME_REAUTH;
	case 404:
	case 410:
		return OUTCOME_GONE;
	case 408:
	case 425:
	case 429:
		return OUTCOME_CONNECTION;
	case 409:
		return OUTCOME_DUPLICATE;
	case 405:
	case 501:
		return OUTCOME_PERMANENT;
	}
	if (status >= 400 && status < 500)
		return OUTCOME_FIX_DATA;
	return OUTCOME_UNCERTAIN;
}

enum outcome outcome_of_reply(const struct http_reply *reply)
{
	switch (reply->failure) {
	case HTTP_REPLIED:
		return outcome_of_status(reply->status);
	case HTTP_NOT_SENT:
		return OUTCOME_CONNECTION;
	case HTTP_LOST:
	case HTTP_TOO_LARGE:
		return OUTCOME_UNCERTAIN;
	}
	return OUTCOME_UNCERTAIN;
}

bool reply_fails_connection(const struct http_reply *reply)
{
	const char *type = http_header_find(&reply->headers, "Content-Type");

	if (reply->failure != HTTP_REPLIED || reply->status >= 500 || reply->status == 408 ||
	    reply->status == 429)
		return true;
	return type && strncmp(type, "text/html", 9) == 0;
}

const struct retry_policy retry_policy_default = { 3, 10000, 3600000 };

int64_t retry_next(const struct retry_policy *policy, int64_t now, int tries,
		   int64_t retry_after_ms, double dice)
{
	double wait = (double)policy->first_ms;

	if (tries >= policy->retries)
		return 0;
	for (int i = 0; i < tries && wait < (double)policy->max_ms; i++)
		wait *= 6;
	if (wait > (double)policy->max_ms)
		wait = (double)policy->max_ms;
	wait *= 0.8 + 0.4 * dice;
	if (wait < (double)retry_after_ms)
		wait = (double)retry_after_ms;
	return now + (int64_t)wait;
}
