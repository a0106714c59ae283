/* whatsapp_template.c - templates (8): whether a message fits its template; listing, adding
 * and dropping them. Threads: under the sandbox's lock. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/meta.h"
#include "sandbox/whatsapp.h"

static const struct sb_field_spec template_fields[] = {
	{ "name", "Name", SB_TEXT, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "language", "Language", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "status", "Status", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "category", "Category", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "parameter_format", "Format", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "components", "Components", SB_JSON, 0, 0, NULL, NULL, NULL, NULL },
};

static void add_template(struct sb_call *call, const char *name, const char *components,
			 const char *format)
{
	sb_record_create(
		call, sb_object_find(call->account, "templates"),
		json_keep(call->arena,
			  json_pack("{ss ss ss ss ss so}", "name", name, "language", "en",
				    "status", "APPROVED", "category", "UTILITY",
				    "parameter_format", format, "components",
				    json_loads(components, 0, NULL))),
		NULL);
}

void whatsapp_open_templates(struct sb_call *call)
{
	struct sb_object_spec spec = { .name = "templates", .label = "Templates",
				       .first = 700100200300400 };

	sb_fields_add(sb_object_add(call->account, &spec), template_fields,
		      ARRAY_LEN(template_fields));
	add_template(call, "hello", "[{\"type\":\"BODY\",\"text\":\"Hello!\"}]", "POSITIONAL");
	add_template(call, "enquiry_confirm",
		     "[{\"type\":\"BODY\",\"text\":\"Hi {{first_name}}, did you ask about "
		     "{{project}}?\"},{\"type\":\"FOOTER\",\"text\":\"Reply STOP to opt out\"},"
		     "{\"type\":\"BUTTONS\",\"buttons\":[{\"type\":\"QUICK_REPLY\",\"text\":"
		     "\"Yes\"},{\"type\":\"QUICK_REPLY\",\"text\":\"Stop\"}]}]",
		     "NAMED");
}

/* --- in a message (1) --- */

static const struct sb_record *template_of(struct sb_call *call, const char *name,
					   const char *language)
{
	const struct sb_object *templates = sb_object_find(call->account, "templates");

	for (size_t i = 0; i < sb_object_count(templates); i++) {
		const struct sb_record *one = sb_object_record(templates, i);

		if (one->state == SB_LIVE &&
		    text_equal(sb_record_text_of(one, "name", call->arena), name) &&
		    text_equal(sb_record_text_of(one, "language", call->arena), language))
			return one;
	}
	return NULL;
}

const struct sb_record *whatsapp_template(struct sb_call *call, const json_t *sent)
{
	return template_of(call, json_string_of(sent, "name"),
			   json_string_of(json_object_get(sent, "language"), "code"));
}

static size_t holes_of(const json_t *components)
{
	const json_t *component;
	size_t holes = 0, i;

	json_array_foreach((json_t *)components, i, component) {
		const char *text = json_string_of(component, "text");

		if (!text_equal(json_string_of(component, "type"), "BODY") || !text)
			continue;
		for (const char *at = strstr(text, "{{"); at; at = strstr(at + 2, "{{"))
			holes++;
	}
	return holes;
}

static bool check_parameter(struct sb_call *call, const json_t *parameter, bool is_named)
{
	const char *text = json_string_of(parameter, "text");

	if (text && (strpbrk(text, "\n\t") || strstr(text, "     "))) {
		meta_fail_details(call, 400, 132007, "Template Format Character Policy Violated",
				  "Param text cannot have new-line/tab characters or more than 4 "
				  "consecutive spaces");
		return false;
	}
	if (is_named && !json_string_of(parameter, "parameter_name")) {
		meta_fail_details(call, 400, 132012, "Parameter format does not match format in the "
						     "created template",
				  "body: parameter_name is missing");
		return false;
	}
	return true;
}

bool whatsapp_check_template(struct sb_call *call, const json_t *template)
{
	const char *name = json_string_of(template, "name");
	const char *language = json_string_of(json_object_get(template, "language"), "code");
	const struct sb_record *found = template_of(call, name, language);
	const json_t *component, *parameter;
	size_t given = 0, wanted, i, j;
	bool is_named;

	if (!found) {
		meta_fail_details(call, 404, 132001, "Template name does not exist in the translation",
				  "template name (%s) does not exist in %s", name ? name : "",
				  language ? language : "");
		return false;
	}
	if (!text_equal(sb_record_text_of(found, "status", call->arena), "APPROVED")) {
		bool is_paused =
			text_equal(sb_record_text_of(found, "status", call->arena), "PAUSED");

		meta_fail_details(call, 400, is_paused ? 132015 : 132016,
				  is_paused ? "Template is Paused" : "Template is Disabled",
				  "template %s is not approved", name);
		return false;
	}
	is_named = text_equal(sb_record_text_of(found, "parameter_format", call->arena), "NAMED");
	wanted = holes_of(json_keep(call->arena, sb_record_value_of(found, "components")));
	json_array_foreach(json_object_get(template, "components"), i, component) {
		if (!text_equal_nocase(json_string_of(component, "type"), "body"))
			continue;
		json_array_foreach(json_object_get(component, "parameters"), j, parameter) {
			given++;
			if (!check_parameter(call, parameter, is_named))
				return false;
		}
	}
	if (given == wanted)
		return true;
	meta_fail_details(call, 400, 132000, "Number of parameters does not match the expected "
					     "number of params",
			  "body: number of localizable_params (%zu) does not match the expected "
			  "number of params (%zu)",
			  given, wanted);
	return false;
}

/* --- listing, adding, dropping --- */

static bool is_waba(struct sb_call *call)
{
	if (text_equal(sb_param(call, 0), whatsapp_waba(call)))
		return true;
	meta_fail(call, 400, 100, 33, "Unsupported request. Object with ID '%s' does not exist",
		  sb_param(call, 0));
	return false;
}

void whatsapp_templates(struct sb_call *call)
{
	const struct sb_object *templates = sb_object_find(call->account, "templates");
	const char *name = sb_query(call, "name"), *status = sb_query(call, "status");
	json_t *list;

	if (!is_waba(call))
		return;
	list = json_array();
	for (size_t i = 0; i < sb_object_count(templates); i++) {
		const struct sb_record *one = sb_object_record(templates, i);
		json_t *all;

		if (one->state != SB_LIVE ||
		    (name && !text_equal(name, sb_record_text_of(one, "name", call->arena))) ||
		    (status && !text_equal(status, sb_record_text_of(one, "status", call->arena))))
			continue;
		all = json_pack("{ss}", "id", one->id);
		for (size_t j = 0; j < ARRAY_LEN(template_fields); j++)
			json_object_set_new(all, template_fields[j].name,
					    sb_record_value_of(one, template_fields[j].name));
		json_array_append_new(list,
				      meta_fields(call, json_keep(call->arena, all),
						  "name,parameter_format,components,language,"
						  "status,category"));
	}
	meta_page(call, list);
}

static bool is_template_name(const char *name)
{
	return name && *name && strlen(name) <= 512 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

/* A template is looked at for a minute before it may be used. */
static void step_approve(struct sb_call *call, const json_t *doc)
{
	struct sb_record *one = sb_record_find(sb_object_find(call->account, "templates"),
					       json_string_of(doc, "id"));

	if (!one || one->state != SB_LIVE)
		return;
	sb_record_update(call, one, json_keep(call->arena, json_pack("{ss}", "status", "APPROVED")));
	meta_tell(call, "whatsapp_business_account", whatsapp_waba(call),
		  "message_template_status_update",
		  json_pack("{ss ss ss ss}", "event", "APPROVED", "message_template_id", one->id,
			    "message_template_name", whatsapp_text(call, one, "name"),
			    "message_template_language", whatsapp_text(call, one, "language")));
}

void whatsapp_add_template(struct sb_call *call)
{
	const json_t *body = sb_json(call);
	const char *name = json_string_of(body, "name"), *language = json_string_of(body, "language");
	const char *category = json_string_of(body, "category");
	const char *format = json_string_of(body, "parameter_format");
	struct sb_record *one;

	if (!body || !is_waba(call))
		return;
	if (!is_template_name(name) || text_is_empty(language) ||
	    (!text_equal(category, "UTILITY") && !text_equal(category, "MARKETING") &&
	     !text_equal(category, "AUTHENTICATION")) ||
	    json_array_size(json_object_get(body, "components")) == 0) {
		meta_fail(call, 400, 100, 0, "(#100) Invalid parameter: name, language, category "
					     "or components");
		return;
	}
	if (template_of(call, name, language)) {
		meta_fail(call, 400, 100, 2388024, "Content in this language already exists");
		return;
	}
	one = sb_record_create(
		call, sb_object_find(call->account, "templates"),
		json_keep(call->arena,
			  json_pack("{ss ss ss ss ss sO}", "name", name, "language", language,
				    "status", "PENDING", "category", category, "parameter_format",
				    format ? format : "POSITIONAL", "components",
				    json_object_get(body, "components"))),
		NULL);
	if (!one) {
		call->vendor->problem(call, SB_PROBLEM_FULL, 500);
		return;
	}
	sb_later(call, CLOCK_MINUTE, step_approve, json_pack("{ss}", "id", one->id));
	sb_reply_json(call, 200, json_pack("{ss ss ss}", "id", one->id, "status", "PENDING",
					   "category", category));
}

void whatsapp_drop_template(struct sb_call *call)
{
	const struct sb_object *templates = sb_object_find(call->account, "templates");
	const char *name = meta_text(call, "name");
	bool is_found = false;

	if (!is_waba(call))
		return;
	for (size_t i = 0; name && i < sb_object_count(templates); i++) {
		struct sb_record *one = sb_object_record(templates, i);

		if (one->state != SB_LIVE || !text_equal(whatsapp_text(call, one, "name"), name))
			continue;
		sb_record_delete(call, one);
		is_found = true;
	}
	if (is_found)
		sb_reply_json(call, 200, json_pack("{sb}", "success", 1));
	else
		meta_fail(call, 404, 100, 2593002, "Message template was not found");
}
