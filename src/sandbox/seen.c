/* seen.c - the latest requests. Threads: under the sandbox's lock. */
#include "sandbox/seen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sandbox/state.h"

static char *copy_cut(const char *text, size_t len)
{
	char *copy;

	if (len > SB_SEEN_BODY)
		len = SB_SEEN_BODY;
	/* Cut at a character, so that it can be shown as JSON. */
	while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
		len--;
	copy = sb_alloc(len + 1);
	memcpy(copy, text, len);
	return copy;
}

void sb_seen_add(struct sb_seen *seen, const struct sb_call *call, const char *fault,
		 int64_t took_us)
{
	struct sb_seen_item *item = &seen->items[seen->total++ % SB_SEEN_MAX];

	seen->by_status[call->status > 0 && call->status < SB_STATUSES ? call->status : 0]++;
	free(item->target);
	free(item->body);
	*item = (struct sb_seen_item){
		.request = call->id,
		.at = call->now,
		.took_us = took_us,
		.vendor = call->vendor->name,
		.status = call->status,
		.fault = fault,
		.target = copy_cut(call->target, strlen(call->target)),
		.body = copy_cut(call->body, call->body_len),
	};
	snprintf(item->method, sizeof(item->method), "%s", call->method);
	snprintf(item->account, sizeof(item->account), "%s",
		 call->account ? call->account->name : "");
}

void sb_seen_free(struct sb_seen *seen)
{
	for (size_t i = 0; i < SB_SEEN_MAX; i++) {
		free(seen->items[i].target);
		free(seen->items[i].body);
	}
}

static json_t *item_json(const struct sb_seen_item *item)
{
	bool is_text = text_is_utf8(item->body, strlen(item->body));
	json_t *target = json_string(item->target);

	return json_pack("{sI so sI ss ss ss so si so so}", "request",
			 (json_int_t)item->request, "at", sb_json_time(item->at), "took_us",
			 (json_int_t)item->took_us, "vendor", item->vendor, "account",
			 item->account, "method", item->method, "target",
			 target ? target : json_string("?"), "status", item->status, "fault",
			 item->fault ? json_string(item->fault) : json_null(), "body",
			 is_text ? json_string(item->body) : json_null());
}

json_t *sb_seen_json(const struct sb_seen *seen, const char *vendor, const char *account,
		     size_t limit)
{
	json_t *list = json_array();
	uint64_t kept = seen->total < SB_SEEN_MAX ? seen->total : SB_SEEN_MAX;

	for (uint64_t i = 0; i < kept && json_array_size(list) < limit; i++) {
		const struct sb_seen_item *item =
			&seen->items[(seen->total - 1 - i) % SB_SEEN_MAX];

		if ((!vendor || strcmp(item->vendor, vendor) == 0) &&
		    (!account || strcmp(item->account, account) == 0))
			json_array_append_new(list, item_json(item));
	}
	return list;
}

json_t *sb_seen_statuses(const struct sb_seen *seen)
{
	json_t *counts = json_object();
	char name[8];

	for (int status = 0; status < SB_STATUSES; status++) {
		if (!seen->by_status[status])
			continue;
		snprintf(name, sizeof(name), "%d", status);
		json_object_set_new(counts, name,
				    json_integer((json_int_t)seen->by_status[status]));
	}
	return counts;
}
