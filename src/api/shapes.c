/* shapes.c - what a lead, a delivery, a call look like as JSON. Threads: pure. */
#include "api/shapes.h"

#include "base/text.h"

void out_connection(struct out *out, const char *name, const struct config *config,
		    int64_t id)
{
	const struct connection *connection = config_connection_by_id(config, id);

	out_text(out, name, connection ? connection->name : NULL);
}

void out_source(struct out *out, const char *name, const struct config *config, int64_t id)
{
	const struct source *source = config_source_by_id(config, id);

	out_text(out, name, source ? source->name : NULL);
}

/* ---- Leads ---- */

void out_lead_fields(struct out *out, const char *name, const struct lead *lead)
{
	out_open(out, name, '{');
	for (size_t i = 0; i < lead->nfields; i++)
		out_value(out, lead->fields[i].name, lead->fields[i].value);
	out_close(out, '}');
}

/* The name of what wrote a value, where it has one. */
static void out_writer(struct out *out, const struct config *config,
		       const struct lead_field *field)
{
	switch (field->writer) {
	case WRITER_SOURCE:
		out_source(out, "writer_name", config, field->writer_id);
		return;
	case WRITER_CONNECTION:
		out_connection(out, "writer_name", config, field->writer_id);
		return;
	case WRITER_RULE:
	case WRITER_PERSON:
		out_text(out, "writer_name", NULL);
		return;
	}
}

static void out_provenance(struct out *out, const struct config *config,
			   const struct lead *lead)
{
	out_open(out, "provenance", '{');
	for (size_t i = 0; i < lead->nfields; i++) {
		const struct lead_field *field = &lead->fields[i];

		out_open(out, field->name, '{');
		out_text(out, "writer", writer_name(field->writer));
		out_writer(out, config, field);
		out_id(out, "writer_id", field->writer_id);
		out_time(out, "at", field->at);
		out_time(out, "learned_at", field->learned_at);
		out_close(out, '}');
	}
	out_close(out, '}');
}

static void out_identities(struct out *out, const struct lead *lead)
{
	out_open(out, "identities", '[');
	for (size_t i = 0; i < lead->nidentities; i++) {
		const struct identity *identity = &lead->identities[i];

		out_open(out, NULL, '{');
		out_text(out, "kind", identity->kind);
		out_text(out, "key", identity->key);
		out_text(out, "state", identity_state_name(identity->state));
		out_bool(out, "is_weak", identity->is_weak);
		out_close(out, '}');
	}
	out_close(out, ']');
}

void out_lead(struct out *out, const char *name, const struct config *config,
	      const struct lead *lead, enum lead_shape shape)
{
	out_open(out, name, '{');
	out_id(out, "id", lead->id);
	out_int(out, "version", lead->version);
	out_time(out, "created_at", lead->created_at);
	out_time(out, "updated_at", lead->updated_at);
	out_bool(out, "is_test", lead->is_test);
	out_bool(out, "is_erased", lead->is_erased);
	out_lead_fields(out, "fields", lead);
	if (shape == LEAD_WHOLE) {
		out_provenance(out, config, lead);
		out_identities(out, lead);
	}
	out_close(out, '}');
}

void out_enquiry(struct out *out, const char *name, const struct config *config,
		 const struct enquiry *enquiry)
{
	out_open(out, name, '{');
	out_id(out, "id", enquiry->id);
	out_id(out, "lead_id", enquiry->lead);
	out_source(out, "source", config, enquiry->source);
	out_text(out, "enquiry_id", enquiry->external_id);
	out_text(out, "message", enquiry->message);
	out_time(out, "occurred_at", enquiry->occurred_at);
	out_time(out, "received_at", enquiry->received_at);
	out_bool(out, "is_open", enquiry->is_open);
	out_open(out, "fields", '{');
	for (size_t i = 0; i < enquiry->nfields; i++)
		out_value(out, enquiry->fields[i].name, enquiry->fields[i].value);
	out_close(out, '}');
	out_close(out, '}');
}

/* ---- Deliveries ---- */

/* A version of the lead, a small number; of a mapping of activities the id of what is told. */
static void out_version(struct out *out, const char *name, int64_t version)
{
	if (version > LEAD_VERSION_MAX)
		out_id(out, name, version);
	else
		out_int(out, name, version);
}

void out_delivery_members(struct out *out, const struct config *config,
			  const struct delivery *d)
{
	out_id(out, "id", d->id);
	out_id(out, "lead_id", d->subject);
	out_connection(out, "connection", config, d->connection);
	out_text(out, "object", d->object);
	out_text(out, "mapping", d->role);
	out_text(out, "state", delivery_state_name(d->state));
	out_text(out, "lane", lane_name(d->lane));
	out_time(out, "due_at", d->due_at);
	out_time(out, "since", d->since);
	out_version(out, "wanted_version", d->wanted);
	out_version(out, "told_version", d->told);
	out_version(out, "earlier_version", d->earlier);
	out_int(out, "tries", d->tries);
	out_bool(out, "is_uncertain", d->is_uncertain);
	out_id(out, "depends_on", d->depends_on);
	out_text(out, "code", d->code);
	out_text(out, "field", d->field);
	out_text(out, "reason", d->reason);
	out_text(out, "instruction", d->instruction);
	out_raw(out, "held", d->held_doc);
}

void out_attempt(struct out *out, const char *name, const struct kept_attempt *attempt)
{
	out_open(out, name, '{');
	out_id(out, "id", attempt->id);
	out_id(out, "call_id", attempt->call);
	out_time(out, "at", attempt->at);
	out_version(out, "version", attempt->version);
	out_text(out, "outcome", attempt->outcome);
	out_text(out, "action", attempt->action);
	out_text(out, "field", attempt->field);
	out_text(out, "reason", attempt->reason);
	out_raw(out, "changed", attempt->changed);
	out_raw(out, "edited", attempt->edited);
	out_close(out, '}');
}

static const char *failure_name(int failure)
{
	static const char *const names[] = {
		[HTTP_REPLIED] = NULL,
		[HTTP_NOT_SENT] = "not_sent",
		[HTTP_LOST] = "lost",
		[HTTP_TOO_LARGE] = "too_large",
	};

	return failure >= 0 && failure < (int)ARRAY_LEN(names) ? names[failure] : NULL;
}

void out_call(struct out *out, const char *name, const struct config *config,
	      const struct kept_call *call, bool has_bodies)
{
	out_open(out, name, '{');
	out_id(out, "id", call->id);
	out_connection(out, "connection", config, call->connection);
	out_time(out, "at", call->at);
	out_text(out, "verb", call->verb);
	out_text(out, "method", call->method);
	out_text(out, "url", call->url);
	out_int(out, "status", call->status);
	out_text(out, "failure", failure_name(call->failure));
	out_int(out, "took_ms", call->took_ms);
	out_int(out, "records", call->records);
	out_int(out, "mapping_version", call->mapping_version);
	if (has_bodies) {
		out_bytes(out, "request", call->request, call->request_len);
		out_bytes(out, "answer", call->answer, call->answer_len);
	}
	out_close(out, '}');
}

void out_link(struct out *out, const char *name, const struct link *link)
{
	if (!link) {
		out_raw(out, name, NULL);
		return;
	}
	out_open(out, name, '{');
	out_text(out, "object", link->object);
	out_text(out, "remote_id", link->remote_id);
	out_text(out, "remote_version", link->remote_version);
	out_text(out, "state", link->state);
	out_bool(out, "is_ours", link->is_ours);
	out_close(out, '}');
}

void out_problems(struct out *out, const char *name, const struct problems *problems)
{
	out_open(out, name, '[');
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *p = &problems->items[i];

		out_open(out, NULL, '{');
		out_text(out, "field", p->field);
		out_text(out, "code", p->code);
		out_text(out, "message", p->message);
		out_text(out, "instruction", p->instruction);
		out_close(out, '}');
	}
	out_close(out, ']');
}
