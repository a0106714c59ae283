/* decision_record.c - writes a decision down, with all that it was made from. Threads: pure.
 *
 * On the path of every lead: straight into a buffer, no tree. */
#include "model/decision.h"

static void add_pair(struct buf *buf, const char *name, const char *text)
{
	buf_addc(buf, '"');
	buf_add(buf, name);
	buf_add(buf, "\":");
	buf_add_json(buf, text);
}

static void add_number(struct buf *buf, const char *name, int64_t number)
{
	buf_addc(buf, '"');
	buf_add(buf, name);
	buf_add(buf, "\":");
	buf_add_int(buf, number);
}

static void add_fields(struct buf *buf, const struct field *fields, size_t count)
{
	buf_addc(buf, '{');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_addc(buf, ',');
		buf_add_json(buf, fields[i].name);
		buf_addc(buf, ':');
		buf_add_value(buf, fields[i].value);
	}
	buf_addc(buf, '}');
}

static void add_consents(struct buf *buf, const struct submission *s)
{
	buf_add(buf, ",\"consents\":[");
	for (size_t i = 0; i < s->nconsents; i++) {
		const struct consent *c = &s->consents[i];

		buf_add(buf, i > 0 ? ",{" : "{");
		add_pair(buf, "channel", c->channel);
		buf_addc(buf, ',');
		add_pair(buf, "purpose", c->purpose);
		buf_add(buf, c->is_granted ? ",\"granted\":true," : ",\"granted\":false,");
		add_pair(buf, "wording", c->wording);
		buf_addc(buf, ',');
		add_pair(buf, "evidence", c->evidence);
		buf_addc(buf, ',');
		add_number(buf, "at", c->at);
		buf_addc(buf, '}');
	}
	buf_addc(buf, ']');
}

static void add_problems(struct buf *buf, const char *name, const struct problems *problems)
{
	buf_addf(buf, ",\"%s\":[", name);
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *p = &problems->items[i];

		buf_add(buf, i > 0 ? ",{" : "{");
		add_pair(buf, "field", p->field);
		buf_addc(buf, ',');
		add_pair(buf, "code", p->code);
		buf_addc(buf, ',');
		add_pair(buf, "message", p->message);
		buf_addc(buf, ',');
		add_pair(buf, "instruction", p->instruction);
		buf_addc(buf, '}');
	}
	buf_addc(buf, ']');
}

static void add_submission(struct buf *buf, const struct submission *s)
{
	buf_add(buf, "\"submission\":{");
	add_number(buf, "id", s->id);
	buf_addc(buf, ',');
	add_number(buf, "workspace", s->workspace);
	buf_addc(buf, ',');
	add_number(buf, "source", s->source);
	buf_addc(buf, ',');
	add_number(buf, "received_at", s->received_at);
	buf_addc(buf, ',');
	add_number(buf, "occurred_at", s->occurred_at);
	buf_add(buf, s->has_time ? ",\"has_time\":true" : ",\"has_time\":false");
	buf_add(buf, s->is_test ? ",\"is_test\":true," : ",\"is_test\":false,");
	add_pair(buf, "enquiry_id", s->enquiry_id);
	buf_addc(buf, ',');
	add_pair(buf, "message", s->message);
	buf_add(buf, ",\"fields\":");
	add_fields(buf, s->fields, s->nfields);
	buf_add(buf, ",\"identities\":[");
	for (size_t i = 0; i < s->nidentities; i++) {
		buf_add(buf, i > 0 ? ",[" : "[");
		buf_add_json(buf, s->identities[i].kind);
		buf_addc(buf, ',');
		buf_add_json(buf, s->identities[i].key);
		buf_add(buf, s->identities[i].is_weak ? ",true]" : ",false]");
	}
	buf_addc(buf, ']');
	add_consents(buf, s);
	add_problems(buf, "errors", &s->errors);
	add_problems(buf, "warnings", &s->warnings);
	buf_addc(buf, '}');
}

static void add_lead(struct buf *buf, const struct lead *lead)
{
	buf_addc(buf, '{');
	add_number(buf, "id", lead->id);
	buf_addc(buf, ',');
	add_number(buf, "version", lead->version);
	buf_addc(buf, ',');
	add_number(buf, "created_at", lead->created_at);
	buf_addc(buf, ',');
	add_number(buf, "updated_at", lead->updated_at);
	buf_addc(buf, ',');
	add_number(buf, "owner_rep", lead->owner_rep);
	buf_add(buf, lead->is_test ? ",\"is_test\":true,\"doc\":" :
				     ",\"is_test\":false,\"doc\":");
	buf_add_lead_fields(buf, lead);
	buf_addc(buf, '}');
}

static void add_enquiry(struct buf *buf, const struct enquiry *enquiry)
{
	buf_addc(buf, '{');
	add_number(buf, "id", enquiry->id);
	buf_addc(buf, ',');
	add_number(buf, "lead", enquiry->lead);
	buf_addc(buf, ',');
	add_number(buf, "source", enquiry->source);
	buf_addc(buf, ',');
	add_pair(buf, "external_id", enquiry->external_id);
	buf_addc(buf, ',');
	add_pair(buf, "message", enquiry->message);
	buf_addc(buf, ',');
	add_number(buf, "occurred_at", enquiry->occurred_at);
	buf_addc(buf, ',');
	add_number(buf, "received_at", enquiry->received_at);
	buf_add(buf, enquiry->is_open ? ",\"is_open\":true,\"fields\":" :
					",\"is_open\":false,\"fields\":");
	add_fields(buf, enquiry->fields, enquiry->nfields);
	buf_addc(buf, '}');
}

static void add_case(struct buf *buf, const struct case_file *file)
{
	buf_add(buf, ",\"case\":{\"candidates\":[");
	for (size_t i = 0; i < file->ncandidates; i++) {
		const struct candidate *c = &file->candidates[i];

		buf_add(buf, i > 0 ? ",{\"lead\":" : "{\"lead\":");
		add_lead(buf, c->lead);
		buf_add(buf, ",\"enquiries\":[");
		for (size_t j = 0; j < c->nenquiries; j++) {
			if (j > 0)
				buf_addc(buf, ',');
			add_enquiry(buf, &c->enquiries[j]);
		}
		buf_add(buf, "]}");
	}
	buf_add(buf, "],\"objections\":[");
	for (size_t i = 0; i < file->nobjections; i++) {
		buf_add(buf, i > 0 ? ",{" : "{");
		add_pair(buf, "channel", file->objections[i].channel);
		buf_addc(buf, ',');
		add_pair(buf, "purpose", file->objections[i].purpose);
		buf_addc(buf, ',');
		add_pair(buf, "reason", file->objections[i].reason);
		buf_addc(buf, '}');
	}
	buf_add(buf, "]}");
}

static void add_passage(struct buf *buf, const struct passage *passage)
{
	if (passage->gate == GATE_NONE)
		return;
	buf_add(buf, ",\"passage\":{");
	add_pair(buf, "gate", gate_name(passage->gate));
	buf_addc(buf, ',');
	add_pair(buf, "answer", passage->answer);
	buf_addc(buf, ',');
	add_pair(buf, "connection", passage->connection);
	buf_addc(buf, ',');
	add_pair(buf, "remote_owner", passage->remote_owner);
	buf_addc(buf, '}');
}

static void add_facts(struct buf *buf, const struct facts *facts)
{
	buf_add(buf, "\"facts\":{");
	add_number(buf, "lead_id", facts->lead_id);
	buf_addc(buf, ',');
	add_number(buf, "enquiry_id", facts->enquiry_id);
	buf_add(buf, ",\"pools\":{");
	for (size_t i = 0; i < facts->npools; i++) {
		if (i > 0)
			buf_addc(buf, ',');
		buf_add_json(buf, facts->pools[i].pool);
		buf_addc(buf, ':');
		buf_add_int(buf, facts->pools[i].position);
	}
	buf_addc(buf, '}');
	add_passage(buf, &facts->passage);
	buf_add(buf, "},");
}

static void add_changes(struct buf *buf, const struct decision *d)
{
	buf_add(buf, ",\"changes\":[");
	for (size_t i = 0; i < d->nchanges; i++) {
		const struct change *c = &d->changes[i];

		buf_add(buf, i > 0 ? ",{" : "{");
		add_pair(buf, "field", c->field);
		buf_addc(buf, ',');
		add_pair(buf, "change", change_kind_name(c->kind));
		buf_add(buf, ",\"before\":");
		buf_add_value(buf, c->before);
		buf_add(buf, ",\"after\":");
		buf_add_value(buf, c->after);
		buf_addc(buf, '}');
	}
	buf_addc(buf, ']');
}

static void add_trace(struct buf *buf, const struct decision *d)
{
	buf_add(buf, ",\"doubts\":[");
	for (size_t i = 0; i < d->ndoubts; i++) {
		buf_add(buf, i > 0 ? ",{" : "{");
		add_number(buf, "lead", d->doubts[i].other);
		buf_addc(buf, ',');
		add_pair(buf, "reason", d->doubts[i].reason);
		buf_addc(buf, '}');
	}
	buf_add(buf, "],\"factors\":[");
	for (size_t i = 0; i < d->nfactors; i++) {
		buf_add(buf, i > 0 ? ",{" : "{");
		add_pair(buf, "name", d->factors[i].name);
		buf_addc(buf, ',');
		add_number(buf, "points", d->factors[i].points);
		buf_addc(buf, ',');
		add_pair(buf, "reason", d->factors[i].reason);
		buf_addc(buf, '}');
	}
	buf_add(buf, "],\"notes\":[");
	for (size_t i = 0; i < d->nnotes; i++) {
		buf_add(buf, i > 0 ? ",{" : "{");
		add_pair(buf, "stage", d->notes[i].stage);
		buf_addc(buf, ',');
		add_pair(buf, "code", d->notes[i].code);
		buf_addc(buf, ',');
		add_pair(buf, "text", d->notes[i].text);
		buf_addc(buf, '}');
	}
	buf_addc(buf, ']');
}

static void add_result(struct buf *buf, const struct decision *d)
{
	buf_add(buf, ",\"result\":{");
	add_pair(buf, "result", result_name(d->result));
	buf_addc(buf, ',');
	add_pair(buf, "reason", d->reason);
	buf_addc(buf, ',');
	add_number(buf, "lead", d->lead ? d->lead->id : 0);
	buf_addc(buf, ',');
	add_number(buf, "version", d->lead ? d->lead->version : 0);
	buf_addc(buf, ',');
	add_number(buf, "enquiry", d->enquiry ? d->enquiry->id : 0);
	buf_add(buf, d->is_new_enquiry ? ",\"is_new_enquiry\":true," :
					 ",\"is_new_enquiry\":false,");
	add_pair(buf, "matched_by", d->matched_by);
	add_changes(buf, d);
	buf_addc(buf, ',');
	add_number(buf, "score", d->score);
	buf_addc(buf, ',');
	add_pair(buf, "route", d->route);
	buf_addc(buf, ',');
	add_pair(buf, "pool", d->pool);
	buf_addc(buf, ',');
	add_pair(buf, "owner", d->owner ? d->owner->name : NULL);
	if (d->gate) {
		buf_addc(buf, ',');
		add_pair(buf, "waits_for", gate_name(d->gate));
		buf_addc(buf, ',');
		add_number(buf, "waits_until", d->gate_until);
	}
	add_trace(buf, d);
	buf_addc(buf, '}');
}

void buf_add_decision(struct buf *buf, const struct ground *ground,
		      const struct decision *decision)
{
	buf_addc(buf, '{');
	add_number(buf, "engine", ENGINE_VERSION);
	buf_addc(buf, ',');
	add_number(buf, "config", ground->config->version);
	buf_addc(buf, ',');
	add_number(buf, "now", ground->now);
	buf_addc(buf, ',');
	add_facts(buf, &ground->facts);
	add_submission(buf, ground->submission);
	add_case(buf, ground->file);
	add_result(buf, decision);
	buf_addc(buf, '}');
}
