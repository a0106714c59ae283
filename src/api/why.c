/* why.c - /v1/leads/{id}/why: what was decided about a lead, and by which rule, read from
 * the records of the decisions themselves. Threads: handlers. */
#include <string.h>

#include "api/internal.h"
#include "api/shapes.h"
#include "base/json.h"
#include "base/text.h"

#define DECISIONS_MAX 50 /* the latest */

/* ---- One decision ---- */

static void out_number_as_id(struct out *out, const char *name, const json_t *object,
			     const char *member)
{
	out_id(out, name, json_int_of(object, member, 0));
}

static void out_doubts(struct out *out, const json_t *result)
{
	const json_t *doubt;
	size_t i;

	out_open(out, "doubts", '[');
	json_array_foreach(json_object_get(result, "doubts"), i, doubt) {
		out_open(out, NULL, '{');
		out_number_as_id(out, "lead_id", doubt, "lead");
		out_text(out, "reason", json_string_of(doubt, "reason"));
		out_close(out, '}');
	}
	out_close(out, ']');
}

/* The key that matched, as the submission had it. */
static void out_match(struct out *out, const json_t *record)
{
	const json_t *result = json_object_get(record, "result");
	const json_t *keys = json_object_get(json_object_get(record, "submission"),
					     "identities");
	const char *kind = json_string_of(result, "matched_by");
	const json_t *key;
	size_t i;

	if (!kind) {
		out_raw(out, "match", NULL);
		return;
	}
	out_open(out, "match", '{');
	out_text(out, "kind", kind);
	json_array_foreach(keys, i, key)
		if (text_equal(json_string_value(json_array_get(key, 0)), kind)) {
			out_json(out, "key", json_array_get(key, 1));
			break;
		}
	out_close(out, '}');
}

static void out_route(struct out *out, const json_t *result)
{
	if (!json_string_of(result, "route")) {
		out_raw(out, "route", NULL);
		return;
	}
	out_open(out, "route", '{');
	out_text(out, "name", json_string_of(result, "route"));
	out_text(out, "pool", json_string_of(result, "pool"));
	out_text(out, "owner", json_string_of(result, "owner"));
	out_close(out, '}');
}

static void out_trace(struct out *out, const json_t *record)
{
	const json_t *result = json_object_get(record, "result");
	const json_t *s = json_object_get(record, "submission");

	out_int(out, "config_version", json_int_of(record, "config", 0));
	out_int(out, "engine", json_int_of(record, "engine", 0));
	out_int(out, "version", json_int_of(result, "version", 0));
	out_text(out, "reason", json_string_of(result, "reason"));
	out_match(out, record);
	out_doubts(out, result);
	out_json(out, "is_new_enquiry", json_object_get(result, "is_new_enquiry"));
	out_json(out, "changes", json_object_get(result, "changes"));
	out_json(out, "score", json_object_get(result, "score"));
	out_json(out, "factors", json_object_get(result, "factors"));
	out_route(out, result);
	out_text(out, "waits_for", json_string_of(result, "waits_for"));
	out_json(out, "notes", json_object_get(result, "notes"));
	out_json(out, "warnings", json_object_get(s, "warnings"));
	out_json(out, "errors", json_object_get(s, "errors"));
	out_bool(out, "is_case_erased", json_object_get(record, "erased") != NULL);
}

void out_decision(struct out *out, struct api_call *call, const struct kept_submission *s)
{
	const json_t *record = api_record_of(call, s);

	out_open(out, NULL, '{');
	out_id(out, "submission_id", s->id);
	out_id(out, "enquiry_id", s->enquiry);
	out_source(out, "source", api_config(call), s->source);
	out_time(out, "at", s->received_at);
	out_text(out, "result", result_name(s->result));
	out_bool(out, "is_kept", record != NULL);
	if (record)
		out_trace(out, record);
	out_close(out, '}');
}

/* ---- Who may say what ---- */

static void out_mappings_of(struct out *out, const struct config *config, const char *field)
{
	out_open(out, "mappings", '[');
	for (size_t i = 0; i < config->nmappings; i++) {
		const struct mapping *mapping = &config->mappings[i];

		for (size_t j = 0; j < mapping->nfields; j++) {
			const struct mapping_field *f = &mapping->fields[j];

			if (!text_equal(f->from, field))
				continue;
			out_open(out, NULL, '{');
			out_text(out, "mapping", mapping->name);
			out_text(out, "connection", mapping->connection);
			out_text(out, "field", f->to);
			out_text(out, "policy", policy_name(f->policy));
			out_close(out, '}');
		}
	}
	out_close(out, ']');
}

static void out_policies(struct out *out, const struct config *config,
			 const struct lead *lead)
{
	out_open(out, "policies", '{');
	for (size_t i = 0; i < lead->nfields; i++) {
		const char *field = lead->fields[i].name;

		out_open(out, field, '{');
		out_text(out, "policy", policy_name(policy_of_field(field)));
		out_mappings_of(out, config, field);
		out_close(out, '}');
	}
	out_close(out, '}');
}

/* ---- The whole ---- */

static int why(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	struct kept_submission *rows;
	struct lead lead;
	size_t count;

	if (api_lead_find(call, view, &lead, err) < 0 ||
	    submission_list(view, &call->actor, lead.id, 0, DECISIONS_MAX, &rows, &count,
			    err) < 0)
		return -1;
	out_open(out, NULL, '{');
	out_lead(out, "lead", api_config(call), &lead, LEAD_WHOLE);
	out_open(out, "decisions", '[');
	for (size_t i = 0; i < count; i++)
		out_decision(out, call, &rows[i]);
	out_close(out, ']');
	out_bool(out, "is_cut", count == DECISIONS_MAX);
	out_policies(out, api_config(call), &lead);
	if (out_suppressed(out, call, view, &lead, err) < 0)
		return -1;
	out_close(out, '}');
	return 0;
}

void api_leads_why(struct api_call *call)
{
	if (api_id(call) && api_config(call))
		api_read(call, why);
}
