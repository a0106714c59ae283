/* zoho_bulk.c - files and jobs of Zoho's bulk API: kept, planned, packed (fact sheet 10).
 * Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/multipart.h"
#include "sandbox/webhooks.h"
#include "sandbox/zip.h"
#include "sandbox/zoho_bulk.h"

#define KIND_OF_ID 97
#define ITEMS_MAX 200
#define ROOM_MAX (256u << 20)  /* bytes of all items */
#define ARCHIVE_MAX (25u << 20) /* (unconfirmed) */

const struct sb_csv zoho_csv = { ',', "\n" };

/* --- items --- */

static json_t *items_of(const struct sb_account *account)
{
	json_t *items = json_object_get(account->extra, "bulk");

	if (!items) {
		items = json_object();
		json_object_set_new(account->extra, "bulk", items);
	}
	return items;
}

static size_t bytes_of(const json_t *item)
{
	return json_string_length(json_object_get(item, "csv")) +
	       json_string_length(json_object_get(item, "result"));
}

/* A job's result comes after it was added: what is added next makes the room. */
static void make_room(json_t *items)
{
	const char *id;
	json_t *item;
	size_t bytes = 0;
	void *next;

	json_object_foreach(items, id, item)
		bytes += bytes_of(item);
	json_object_foreach_safe(items, next, id, item) {
		if (bytes <= ROOM_MAX && json_object_size(items) < ITEMS_MAX)
			return;
		bytes -= bytes_of(item);
		json_object_del(items, id);
	}
}

json_t *zoho_bulk_add(struct sb_call *call, const char *kind, json_t *about)
{
	json_t *items = items_of(call->account), *extra = call->account->extra;
	int64_t number = json_int_of(extra, "bulk_ids", 0) + 1;
	const char *id = zoho_meta_id(call->arena, call->account, KIND_OF_ID, (unsigned)number);

	make_room(items);
	json_object_set_new(extra, "bulk_ids", json_integer(number));
	json_object_set_new(about, "kind", json_string(kind));
	json_object_set_new(about, "id", json_string(id));
	json_object_set_new(about, "created_time", zoho_time(call->account, call->now));
	json_object_set_new(items, id, about);
	sb_touch(call);
	return about;
}

json_t *zoho_bulk_find(const struct sb_account *account, const char *kind, const char *id)
{
	json_t *item = id ? json_object_get(items_of(account), id) : NULL;

	return text_equal(json_string_of(item, "kind"), kind) ? item : NULL;
}

json_t *zoho_bulk_of_path(struct sb_call *call, const char *kind)
{
	json_t *item = zoho_bulk_find(call->account, kind, sb_param(call, 0));

	if (!item)
		zoho_fail(call, 404, "RESOURCE_NOT_FOUND", "The requested resource doesn't exist.",
			  json_pack("{ss}", "resource", sb_param(call, 0)));
	return item;
}

json_t *zoho_bulk_user(const struct sb_account *account)
{
	json_t *user = zoho_user_json(zoho_user(account));

	json_object_del(user, "email");
	return user;
}

/* --- jobs --- */

bool zoho_bulk_check_callback(struct sb_call *call, const json_t *body)
{
	const json_t *callback = json_object_get(body, "callback");
	const char *method = json_string_of(callback, "method");

	if (!callback || json_is_null(callback))
		return true;
	if (!text_equal_nocase(method, "post"))
		zoho_fail(call, 400, "INVALID_CALLBACK_METHOD", "callback method is not supported",
			  json_pack("{s[s]}", "supported_callback_methods", "post"));
	else if (!sb_hook_is_address(call, json_string_of(callback, "url")))
		zoho_fail(call, 400, "INVALID_CALLBACK_URL", "callback url is not valid", NULL);
	else
		return true;
	return false;
}

void zoho_bulk_plan(struct sb_call *call, const json_t *job, sb_step *step)
{
	int64_t wait = sb_switch(call->account, "bulk_ms");
	const char *id = json_string_of(job, "id");

	sb_later(call, wait / 2, step, json_pack("{ss ss}", "id", id, "to", "IN PROGRESS"));
	sb_later(call, wait, step, json_pack("{ss ss}", "id", id, "to", "COMPLETED"));
}

static const int64_t never[] = { 0 };
static const struct sb_hook_rules rules = {
	.content_type = "application/json", .timeout_ms = 10000, .waits_ms = never, .batch_max = 1,
};

void zoho_bulk_call_back(struct sb_call *call, const json_t *job, json_t *body)
{
	const char *url = json_string_of(json_object_get(job, "callback"), "url");

	sb_hook_queue(call, url, &rules, body, NULL);
}

void zoho_bulk_download(struct sb_call *call, const char *kind)
{
	const json_t *job = zoho_bulk_of_path(call, kind), *result;
	const char *id;
	const void *bytes;
	size_t len;

	if (!job)
		return;
	result = json_object_get(job, "result");
	if (!result) {
		zoho_fail(call, 404, "RESOURCE_NOT_FOUND", "The requested resource doesn't exist.",
			  json_pack("{ss}", "resource", "result"));
		return;
	}
	id = json_string_of(job, "id");
	bytes = zip_write(call->arena, arena_printf(call->arena, "%s.csv", id),
			  json_string_value(result), json_string_length(result), &len);
	if (!bytes) {
		zoho_problem(call, SB_PROBLEM_FULL, 0);
		return;
	}
	sb_reply_text(call, 200, "application/zip", bytes, len);
	sb_reply_header(call, "Content-Disposition",
			arena_printf(call->arena, "attachment; filename=%s.zip", id));
}

/* --- files --- */

static bool find_file(struct sb_call *call, struct multipart_part *part)
{
	const char *type = sb_header(call, "Content-Type");
	struct multipart multipart;

	if (!type || !multipart_begin(&multipart, call->arena, type, call->body, call->body_len))
		return false;
	while (multipart_next(&multipart, call->arena, part) > 0) {
		const char *about = http_header_find(&part->headers, "Content-Disposition");

		if (about && text_equal(multipart_parameter(call->arena, about, "name"), "file"))
			return true;
	}
	return false;
}

/* The headers say what the file is for, and whose it is. */
static bool is_for_bulk(struct sb_call *call)
{
	const char *feature = sb_header(call, "feature"), *org = sb_header(call, "X-CRM-ORG");
	const char *own = arena_printf(call->arena, "%llu",
				       (unsigned long long)call->account->remote_id);

	if (feature && strcmp(feature, "bulk-write") != 0) {
		sb_not_imitated(call, "files other than those of bulk writes");
		return false;
	}
	if (feature && text_equal(org, own))
		return true;
	sb_reply_json(call, 400,
		      json_pack("{si ss ss ss}", "ERROR_CODE", 400, "ERROR_MESSAGE", "Bad Request",
				"status", "error", "x-error",
				"check if headers [feature, X-CRM-ORG] are present and valid"));
	return false;
}

static void keep_file(struct sb_call *call, const char *name, const char *text, size_t len)
{
	json_t *csv = json_stringn(text, len), *item;

	if (!csv || !text_ends(name, ".csv")) {
		json_decref(csv);
		zoho_fail(call, 400, "FILE_NOT_SUPPORTED", "File not supported for bulk write",
			  NULL);
		return;
	}
	item = zoho_bulk_add(call, "file", json_pack("{ss so}", "name", name, "csv", csv));
	sb_reply_json(call, 200,
		      json_pack("{ss ss ss s{sO sO}}", "status", "success", "code",
				"FILE_UPLOAD_SUCCESS", "message", "file uploaded.", "details",
				"file_id", json_object_get(item, "id"), "created_time",
				json_object_get(item, "created_time")));
}

void zoho_upload(struct sb_call *call)
{
	struct multipart_part part;
	const char *name, *text;
	size_t len;

	if (!is_for_bulk(call))
		return;
	if (!find_file(call, &part)) {
		zoho_fail(call, 400, "MANDATORY_NOT_FOUND", "required field not found",
			  json_pack("{ss}", "param_name", "file"));
		return;
	}
	switch (part.len > ARCHIVE_MAX ? ZIP_TOO_LARGE :
					 zip_read(call->arena, part.body, part.len, ZOHO_CSV_MAX,
						  &name, &text, &len)) {
	case ZIP_READ:
		keep_file(call, name, text, len);
		return;
	case ZIP_IS_NONE:
		zoho_fail(call, 400, "INVALID_FILE_FORMAT",
			  "invalid file format. only zip format is supported", NULL);
		return;
	case ZIP_NOT_ALONE:
		zoho_fail(call, 400, "FILE_NOT_SUPPORTED", "File not supported for bulk write",
			  NULL);
		return;
	case ZIP_TOO_LARGE:
		zoho_fail(call, 400, "FILE_TOO_LARGE", "File size too large to process", NULL);
		return;
	}
}
