/* dynamics_batch.c - $batch: many requests in one multipart body, change sets that are all or
 * nothing (fact sheet 5, $batch). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/dynamics.h"
#include "sandbox/multipart.h"

#define OPERATIONS_MAX 1000
#define ANSWER_MAX (1u << 27)
#define ADDRESS_MAX 65536 /* bytes */

struct batch {
	struct sb_call *call;
	struct buf out;
	const char *boundary;  /* of the answer, without "--" */
	bool continues;        /* past failures */
	size_t count;          /* operations begun */
	int failed_status;     /* of the first failure; 0: none */
	json_t *made;          /* of a change set: Content-ID to address; else NULL */
};

/* One request in a part. */
struct operation {
	const char *method, *url;
	struct http_headers headers;
	const char *body;
	size_t body_len;
	const char *content_id; /* or NULL */
};

/* --- reading a request --- */

/* Takes a line of *at, up to `end`, without its CR LF. */
static const char *line_of(struct arena *arena, const char **at, const char *end)
{
	const char *start = *at, *stop = memmem(start, (size_t)(end - start), "\r\n", 2);
	size_t len = (size_t)((stop ? stop : end) - start);

	*at = stop ? stop + 2 : end;
	return arena_strndup(arena, start, len);
}

/* "POST leads HTTP/1.1" */
static bool read_request_line(struct arena *arena, const char *line, struct operation *op)
{
	size_t method = strcspn(line, " ");
	const char *url = line + method + strspn(line + method, " ");
	const char *version = strrchr(url, ' ');

	if (!method || !version || strcmp(version, " HTTP/1.1") != 0)
		return false;
	op->method = arena_strndup(arena, line, method);
	op->url = text_trim(arena, arena_strndup(arena, url, (size_t)(version - url)));
	return *op->url;
}

/* The empty line behind the headers may lack where there is no body. */
static bool read_operation(struct arena *arena, const struct multipart_part *part,
			   struct operation *op)
{
	const char *at = part->body, *end = part->body + part->len;

	*op = (struct operation){ .content_id = http_header_find(&part->headers, "Content-ID") };
	if (!read_request_line(arena, line_of(arena, &at, end), op))
		return false;
	while (at < end) {
		const char *line = line_of(arena, &at, end), *colon = strchr(line, ':');

		if (!*line)
			break;
		if (!colon ||
		    !http_header_add(&op->headers,
				     arena_strndup(arena, line, (size_t)(colon - line)),
				     text_trim(arena, arena_strdup(arena, colon + 1))))
			return false;
	}
	op->body_len = (size_t)(end - at);
	op->body = arena_strndup(arena, at, op->body_len);
	return strlen(op->body) == op->body_len;
}

/* --- references in a change set: "$1" --- */

/* The address that "$1" or "$1/name" stands for; the text itself when it is no reference,
 * NULL when it leads nowhere. */
static const char *resolved(struct batch *batch, const char *text)
{
	size_t len = strcspn(text, "/");
	const char *address;

	if (*text != '$' || !batch->made || strcmp(text, "$batch") == 0)
		return text;
	address = json_string_of(batch->made,
				 arena_strndup(batch->call->arena, text + 1, len - 1));
	return address ? arena_printf(batch->call->arena, "%s%s", address, text + len) : NULL;
}

static bool resolve_links(struct batch *batch, json_t *body)
{
	const char *name;
	json_t *value;

	json_object_foreach(body, name, value) {
		const char *text = json_string_value(value);

		if (!text || (!text_ends(name, "@odata.bind") && strcmp(name, "@odata.id") != 0))
			continue;
		text = resolved(batch, text);
		if (!text)
			return false;
		json_object_set_new(body, name, json_string(text));
	}
	return true;
}

static bool resolve(struct batch *batch, struct operation *op)
{
	json_t *body;

	op->url = resolved(batch, op->url);
	if (!op->url)
		return false;
	if (!batch->made || !memmem(op->body, op->body_len, "$", 1))
		return true;
	body = json_loadb(op->body, op->body_len, 0, NULL);
	if (!body)
		return true; /* refused as any body that is no JSON */
	json_keep(batch->call->arena, body);
	if (!resolve_links(batch, body))
		return false;
	op->body = json_text(batch->call->arena, body);
	op->body_len = strlen(op->body);
	return true;
}

/* --- one operation --- */

/* The path below the vendor's prefix: from an absolute address, an absolute path, or one
 * below the API's root. NULL when it leads elsewhere, or to another batch. */
static const char *target_of(struct sb_call *call, const char *url)
{
	const char *root = strstr(url, "/api/data/v");
	const char *own = dynamics_base(call) + strlen(sb_base_url(call));

	if (strlen(url) > ADDRESS_MAX || (!root && (*url == '/' || strstr(url, "://"))))
		return NULL;
	if (!root)
		root = arena_printf(call->arena, "%s/%s", own, url);
	return strstr(root, "/$batch") || strstr(root, "/%24batch") ? NULL : root;
}

static void take_header(const struct sb_call *call, const char *name, struct http_headers *headers)
{
	const char *value = sb_header(call, name);

	if (value)
		http_header_add(headers, name, value);
}

static struct sb_call *refused(struct sb_call *call, const char *message)
{
	struct sb_call *inner = arena_alloc(call->arena, sizeof(*inner));

	*inner = *call;
	inner->reply_headers.count = 0;
	inner->status = 0;
	dynamics_fail(inner, 400, "0x80048d19", "%s", message);
	return inner;
}

static struct sb_call *run(struct batch *batch, struct operation *op)
{
	struct sb_call *call = batch->call;
	const char *target;

	if (sb_bad_record(call, batch->count++))
		return refused(call, "The plug-in refused this row.");
	if (batch->made && strcmp(op->method, "GET") == 0)
		return refused(call, "A change set cannot have a GET in it.");
	if (!resolve(batch, op))
		return refused(call, "A reference leads to nothing that was made before.");
	target = target_of(call, op->url);
	if (!target)
		return refused(call, "The address of a part is too long, none of this service, or "
				     "another batch.");
	take_header(call, "Host", &op->headers);
	take_header(call, "X-Forwarded-Proto", &op->headers);
	return sb_inner(call, op->method, target, &op->headers, op->body, op->body_len);
}

/* --- the answer --- */

static void add_reply(struct batch *batch, const char *boundary, struct sb_call *inner,
		      const char *content_id)
{
	size_t len;
	const char *body = sb_reply_body(inner, &len);
	struct buf *out = &batch->out;

	buf_addf(out, "--%s\r\nContent-Type: application/http\r\n"
		      "Content-Transfer-Encoding: binary\r\n", boundary);
	if (content_id)
		buf_addf(out, "Content-ID: %s\r\n", content_id);
	buf_addf(out, "\r\nHTTP/1.1 %d %s\r\n", inner->status, http_reason(inner->status));
	if (inner->reply_json)
		buf_add(out, "Content-Type: application/json; odata.metadata=minimal\r\n");
	buf_add(out, "OData-Version: 4.0\r\n");
	for (size_t i = 0; i < inner->reply_headers.count; i++)
		buf_addf(out, "%s: %s\r\n", inner->reply_headers.items[i].name,
			 inner->reply_headers.items[i].value);
	buf_add(out, "\r\n");
	buf_addn(out, body, len);
	buf_add(out, "\r\n");
}

static void note_status(struct batch *batch, int status)
{
	if (status >= 400 && !batch->failed_status)
		batch->failed_status = status;
}

static struct sb_call *run_part(struct batch *batch, const struct multipart_part *part,
				const char **content_id)
{
	struct operation op;

	if (!read_operation(batch->call->arena, part, &op))
		return refused(batch->call, "A part of the batch is no HTTP request.");
	*content_id = op.content_id;
	return run(batch, &op);
}

/* --- change sets --- */

static void remember(struct batch *batch, const char *content_id, struct sb_call *inner)
{
	const char *address = http_header_find(&inner->reply_headers, "OData-EntityId");

	if (!address)
		address = http_header_find(&inner->reply_headers, "Location");
	if (content_id && address)
		json_object_set_new(batch->made, content_id, json_string(address));
}

/* Runs all of it; NULL when all was well, else the answer that was not, with its
 * Content-ID. */
static struct sb_call *run_set(struct batch *batch, struct multipart *parts,
			       const char *boundary, const char **content_id)
{
	struct multipart_part part;
	int more;

	while ((more = multipart_next(parts, batch->call->arena, &part)) > 0) {
		struct sb_call *inner = run_part(batch, &part, content_id);

		if (inner->status >= 400)
			return inner;
		remember(batch, *content_id, inner);
		add_reply(batch, boundary, inner, *content_id);
	}
	return more < 0 ? refused(batch->call, "Stream was not readable.") : NULL;
}

/* A change set that fails is answered with that failure alone. */
static void change_set(struct batch *batch, const struct multipart_part *part, const char *type)
{
	struct sb_call *call = batch->call, *failed;
	struct buf out = batch->out;
	const char *content_id = NULL, *boundary;
	char id[SB_UUID_SIZE];
	struct multipart parts;

	sb_rng_uuid(&call->rng, id);
	boundary = arena_printf(call->arena, "changesetresponse_%s", id);
	buf_init(&batch->out, call->arena, ANSWER_MAX);
	batch->made = json_keep(call->arena, json_object());
	sb_begin(call);
	failed = multipart_begin(&parts, call->arena, type, part->body, part->len) ?
			 run_set(batch, &parts, boundary, &content_id) :
			 refused(call, "Stream was not readable.");
	if (failed)
		sb_rollback(call);
	else
		sb_commit(call);
	batch->made = NULL;
	if (failed) {
		buf_reset(&batch->out);
		add_reply(batch, boundary, failed, content_id);
		note_status(batch, failed->status);
	}
	buf_addf(&out, "--%s\r\nContent-Type: multipart/mixed; boundary=%s\r\n\r\n",
		 batch->boundary, boundary);
	buf_addn(&out, batch->out.text, batch->out.len);
	buf_addf(&out, "--%s--\r\n", boundary);
	out.is_over |= batch->out.is_over;
	batch->out = out;
}

/* --- the batch --- */

static void run_all(struct batch *batch, struct multipart *parts)
{
	struct multipart_part part;
	int more;

	while ((more = multipart_next(parts, batch->call->arena, &part)) > 0) {
		const char *type = http_header_find(&part.headers, "Content-Type");
		const char *content_id = NULL;
		struct sb_call *inner;

		if (batch->failed_status && !batch->continues)
			break;
		if (type && strncasecmp(type, "multipart/mixed", 15) == 0) {
			change_set(batch, &part, type);
			continue;
		}
		inner = run_part(batch, &part, &content_id);
		add_reply(batch, batch->boundary, inner, content_id);
		note_status(batch, inner->status);
	}
	if (more < 0) {
		struct sb_call *inner = refused(batch->call, "Stream was not readable.");

		add_reply(batch, batch->boundary, inner, NULL);
		note_status(batch, inner->status);
	}
}

static void reply(struct batch *batch)
{
	const char *text;
	bool is_error = batch->failed_status && !batch->continues;

	buf_addf(&batch->out, "--%s--\r\n", batch->boundary);
	if (buf_end(&batch->out, &text, NULL) < 0) {
		dynamics_problem(batch->call, SB_PROBLEM_SERVER, 413);
		return;
	}
	sb_reply_text(batch->call, is_error ? batch->failed_status : 200,
		      arena_printf(batch->call->arena, "multipart/mixed; boundary=%s",
				   batch->boundary),
		      text, batch->out.len);
}

/* Operations in all of it, as its request lines tell. */
static size_t count_of(const struct sb_call *call)
{
	static const char mark[] = " HTTP/1.1\r\n";
	const char *at = call->body;
	size_t count = 0;

	while ((at = strstr(at, mark))) {
		count++;
		at += sizeof(mark) - 1;
	}
	return count;
}

void dynamics_batch(struct sb_call *call)
{
	const char *type = sb_header(call, "Content-Type");
	struct batch batch = { .call = call };
	struct dynamics_prefer prefer;
	struct multipart parts;
	char id[SB_UUID_SIZE];

	if (!type || strncasecmp(type, "multipart/mixed", 15) != 0) {
		dynamics_fail(call, 400, "0x80060888",
			      "The message's content type must be multipart/mixed with a boundary.");
		return;
	}
	if (count_of(call) > OPERATIONS_MAX) {
		dynamics_fail(call, 400, "0x80048d19",
			      "The number of operations in a batch exceeds %d.", OPERATIONS_MAX);
		return;
	}
	dynamics_prefer_read(call, &prefer);
	sb_rng_uuid(&call->rng, id);
	batch.boundary = arena_printf(call->arena, "batchresponse_%s", id);
	batch.continues = prefer.continues;
	buf_init(&batch.out, call->arena, ANSWER_MAX);
	if (text_ends(call->body, "\r\n") &&
	    multipart_begin(&parts, call->arena, type, call->body, call->body_len)) {
		run_all(&batch, &parts);
	} else {
		batch.failed_status = 400;
		batch.continues = false;
		add_reply(&batch, batch.boundary, refused(call, "Stream was not readable."), NULL);
	}
	reply(&batch);
}
