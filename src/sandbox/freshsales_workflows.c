/* freshsales_workflows.c - the action "Trigger webhook" of a customer's workflow (7). Threads:
 * under the sandbox's lock.
 *
 * The body is the customer's: a few fields that were ticked, or text with placeholders like
 * {{contact.first_name}}, in JSON, XML or as a form. Not signed; sent once. */
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/freshsales.h"
#include "sandbox/webhooks.h"

#define BODY_MAX 65536

enum encoding { IN_JSON, IN_XML, IN_FORM };

struct body {
	struct sb_call *call;
	const json_t *record; /* as the API shows it */
	const char *one;      /* "contact" */
	enum encoding encoding;
	struct buf buf;
};

/* The text of a field or custom field; "" when it has none. */
static const char *value_of(const struct body *body, const char *name)
{
	const json_t *value = json_object_get(body->record, name);
	const char *text;

	if (!value)
		value = json_object_get(json_object_get(body->record, "custom_field"), name);
	if (!value || json_is_null(value))
		return "";
	text = sb_id_text(body->call->arena, value);
	return text ? text : json_text(body->call->arena, value);
}

/* What would break the encoding is escaped. */
static void add_value(struct body *body, const char *text)
{
	const char *quoted;

	switch (body->encoding) {
	case IN_JSON:
		quoted = json_text(body->call->arena,
				   json_keep(body->call->arena, json_string(text)));
		buf_addn(&body->buf, quoted + 1, strlen(quoted) - 2);
		break;
	case IN_XML:
		sb_add_markup(&body->buf, text);
		break;
	case IN_FORM:
		buf_add_url(&body->buf, text);
		break;
	}
}

/* --- an advanced body: the customer's text --- */

/* {{contact.first_name}}; what names nothing becomes nothing. */
static void add_placeholder(struct body *body, const char *text, size_t len)
{
	struct arena *arena = body->call->arena;
	const char *name = text_trim(arena, arena_strndup(arena, text, len));
	size_t one = strlen(body->one);

	if (strncmp(name, body->one, one) == 0 && name[one] == '.')
		add_value(body, value_of(body, name + one + 1));
}

static void add_template(struct body *body, const char *text)
{
	while (*text) {
		const char *open = strstr(text, "{{"), *close = open ? strstr(open, "}}") : NULL;

		if (!close) {
			buf_add(&body->buf, text);
			return;
		}
		buf_addn(&body->buf, text, (size_t)(open - text));
		add_placeholder(body, open + 2, (size_t)(close - open - 2));
		text = close + 2;
	}
}

/* --- a simple body: fields that were ticked --- */

static void add_ticked(struct body *body, const char *name, bool is_first)
{
	static const struct {
		const char *before, *between, *value, *after;
	} marks[] = {
		[IN_JSON] = { "\"", ",", "\":\"", "\"" },
		[IN_XML] = { "<", "", ">", "</" },
		[IN_FORM] = { "", "&", "=", "" },
	};
	const char *text = value_of(body, name);

	if (!is_first)
		buf_add(&body->buf, marks[body->encoding].between);
	buf_add(&body->buf, marks[body->encoding].before);
	add_value(body, name);
	buf_add(&body->buf, marks[body->encoding].value);
	add_value(body, text);
	buf_add(&body->buf, marks[body->encoding].after);
	if (body->encoding == IN_XML) {
		add_value(body, name);
		buf_add(&body->buf, ">");
	}
}

static void add_fields(struct body *body, const json_t *names)
{
	static const char *const open[] = { [IN_JSON] = "{", [IN_XML] = "<", [IN_FORM] = "" };
	static const char *const close[] = { [IN_JSON] = "}", [IN_XML] = "</", [IN_FORM] = "" };
	size_t i;
	json_t *name;

	buf_add(&body->buf, open[body->encoding]);
	if (body->encoding == IN_XML)
		buf_addf(&body->buf, "%s>", body->one);
	json_array_foreach((json_t *)names, i, name)
		if (json_is_string(name))
			add_ticked(body, json_string_value(name), i == 0);
	buf_add(&body->buf, close[body->encoding]);
	if (body->encoding == IN_XML)
		buf_addf(&body->buf, "%s>", body->one);
}

/* --- sending --- */

static enum encoding encoding_of(const char *word)
{
	return text_equal(word, "XML") ? IN_XML : text_equal(word, "form") ? IN_FORM : IN_JSON;
}

/* GET and DELETE carry the text behind the address. */
static void prepare(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		    struct http_request *request)
{
	static const char *const types[] = { [IN_JSON] = "application/json",
					     [IN_XML] = "application/xml",
					     [IN_FORM] = "application/x-www-form-urlencoded" };
	const char *method = json_string_of(hook->extra, "method"), *name;
	const char *text = json_string_of(json_array_get(hook->events, 0), "body");
	json_t *value;

	(void)now;
	(void)attempt;
	request->method = arena_strdup(arena, method ? method : "POST");
	json_object_foreach(json_object_get(hook->extra, "headers"), name, value)
		if (http_header_is_valid(name, json_string_value(value)))
			http_header_add(&request->headers, arena_strdup(arena, name),
					arena_strdup(arena, json_string_value(value)));
	if (sb_has_word("GET|DELETE", request->method)) {
		request->url = arena_printf(arena, "%s%s%s", request->url,
					    strchr(request->url, '?') ? "&" : "?", text);
		request->body = NULL;
		return;
	}
	request->body = arena_strdup(arena, text);
	http_header_add(&request->headers, "Content-Type",
			types[encoding_of(json_string_of(hook->extra, "encoding"))]);
}

static const struct sb_hook_rules rules = {
	.timeout_ms = 10000,
	.batch_max = 1,
	.sign = prepare,
};

static void trigger(struct sb_call *call, const struct sb_record *record,
		    const struct sb_record *workflow, const json_t *shown)
{
	const char *encoding = sb_record_text_of(workflow, "encoding", call->arena);
	const char *method = sb_record_text_of(workflow, "method", call->arena);
	const char *template = sb_record_text_of(workflow, "body", call->arena), *text;
	json_t *fields = sb_record_value_of(workflow, "fields");
	json_t *headers = sb_record_value_of(workflow, "headers");
	struct body body = { .call = call,
			     .record = shown,
			     .one = sb_fresh_kind_of(record->object)->one,
			     .encoding = encoding_of(encoding) };

	if (method && sb_has_word("GET|DELETE", method))
		body.encoding = IN_FORM;
	buf_init(&body.buf, call->arena, BODY_MAX);
	if (template)
		add_template(&body, template);
	else
		add_fields(&body, fields);
	if (buf_end(&body.buf, &text, NULL) == 0)
		sb_hook_queue(call, sb_record_text_of(workflow, "url", call->arena), &rules,
			      json_pack("{ss}", "body", text),
			      json_pack("{ss* ss* sO*}", "method", method, "encoding", encoding,
					"headers", headers));
	json_decref(fields);
	json_decref(headers);
}

/* Whether every condition ({"city": "York"}) holds. */
static bool is_met(const struct body *body, const json_t *conditions)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)conditions, name, value) {
		const char *wanted = sb_id_text(body->call->arena, value);

		if (!wanted || strcmp(value_of(body, name), wanted) != 0)
			return false;
	}
	return true;
}

void sb_fresh_changed(struct sb_call *call, const struct sb_change *change)
{
	const struct sb_object *workflows = sb_object_find(call->account, "workflows");
	const struct sb_object *object = change->record->object;
	const char *event = change->kind == SB_CREATED ? "created" : "updated";
	json_t *shown;

	if ((change->kind != SB_CREATED && change->kind != SB_UPDATED) ||
	    !sb_object_live(workflows) || !sb_fresh_kind_of(object)->model)
		return;
	shown = json_keep(call->arena, sb_fresh_json(call, change->record));
	for (size_t i = 0; i < sb_object_count(workflows); i++) {
		const struct sb_record *workflow = sb_object_record(workflows, i);
		const char *module = sb_text(call, workflow, "module");
		const char *when = sb_text(call, workflow, "event");
		json_t *conditions = sb_record_value_of(workflow, "conditions");
		const struct body body = { .call = call, .record = shown };

		if (workflow->state == SB_LIVE &&
		    strcmp(module, sb_object_spec(object)->name) == 0 &&
		    (strcmp(when, "both") == 0 || strcmp(when, event) == 0) &&
		    is_met(&body, conditions))
			trigger(call, change->record, workflow, shown);
		json_decref(conditions);
	}
}
