/* salesforce_outbound.c - outbound messages: what a flow of the customer's posts in XML when
 * a record is made or changed (fact sheet 7.4, 12). Threads: under the sandbox's lock.
 *
 * An administrator sets one up, so the control API does: a record of OutboundMessage with
 * EndpointUrl, Entity ("Lead") and Fields ("Id,Status"). A message tells how the record is
 * when it is sent, not what changed, and comes again until it is acknowledged. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/render.h"
#include "sandbox/salesforce.h"
#include "sandbox/webhooks.h"

#define BODY_MAX (16u << 20)

#define SOAP "http://schemas.xmlsoap.org/soap/envelope/"
#define XSI "http://www.w3.org/2001/XMLSchema-instance"
#define OUTBOUND "http://soap.sforce.com/2005/09/outbound"
#define SERVICES "https://acme.my.salesforce.com/services/Soap"

static const struct sb_field_spec fields[] = {
	{ "EndpointUrl", "Endpoint URL", SB_URL, SB_REQUIRED, 0, NULL, NULL, NULL, NULL },
	{ "Entity", "Object", SB_TEXT, SB_REQUIRED, 0, NULL, NULL, NULL, NULL },
	{ "Fields", "Fields to send", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
};

void sf_open_outbound(struct sb_account *account)
{
	const struct sb_object_spec spec = { .name = "OutboundMessage",
					     .label = "Outbound Message",
					     .prefix = "04k",
					     .first = 1,
					     .make_id = sf_make_id };

	sb_fields_add(sb_object_add(account, &spec), fields, ARRAY_LEN(fields));
}

/* --- the envelope --- */

static void add_value(struct buf *buf, struct arena *arena, const struct sb_record *record,
		      const struct sb_field *field)
{
	json_t *value = json_keep(arena, sf_value(record, field));

	if (json_is_null(value))
		return;
	buf_addf(buf, "<sf:%s>", field->name);
	sb_add_markup(buf, json_is_string(value) ? json_string_value(value) :
						   json_text(arena, value));
	buf_addf(buf, "</sf:%s>", field->name);
}

static void add_notification(struct buf *buf, struct arena *arena, const struct sb_record *record,
			     const char *id, const char *names)
{
	const char *entity = sb_object_spec(record->object)->name;

	buf_addf(buf,
		 "<Notification><Id>%s</Id><sObject xsi:type=\"sf:%s\" xmlns:sf=\"urn:sobject."
		 "enterprise.soap.sforce.com\">", id, entity);
	add_value(buf, arena, record, sf_field_find(record->object, "Id"));
	while (*names) {
		size_t len = strcspn(names, ",");
		const char *name = text_trim(arena, arena_strndup(arena, names, len));
		const struct sb_field *field = sf_field_find(record->object, name);

		if (field && strcmp(field->name, "Id") != 0)
			add_value(buf, arena, record, field);
		names += len + (names[len] == ',');
	}
	buf_add(buf, "</sObject></Notification>");
}

static void add_notifications(struct buf *buf, struct arena *arena, const struct sb_hook *hook)
{
	const struct sb_object *object =
		sf_object_find(hook->account, json_string_of(hook->extra, "entity"));
	json_t *event;
	size_t i;

	json_array_foreach(hook->events, i, event) {
		const struct sb_record *record =
			sb_record_find(object, json_string_of(event, "record"));

		if (record)
			add_notification(buf, arena, record, json_string_of(event, "id"),
					 json_string_of(hook->extra, "fields"));
	}
}

static void sign(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		 struct http_request *request)
{
	const char *org = sb_object_record(sb_object_find(hook->account, "Organization"), 0)->id;
	const char *text;
	struct buf buf;

	(void)now;
	(void)attempt;
	buf_init(&buf, arena, BODY_MAX);
	buf_addf(&buf,
		 "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope xmlns:soapenv=\""
		 SOAP "\" xmlns:xsi=\"" XSI "\"><soapenv:Body><notifications xmlns=\"" OUTBOUND
		 "\"><OrganizationId>%s</OrganizationId><ActionId>%s</ActionId>"
		 "<SessionId xsi:nil=\"true\"/><EnterpriseUrl>" SERVICES "/c/66.0/%.15s"
		 "</EnterpriseUrl><PartnerUrl>" SERVICES "/u/66.0/%.15s</PartnerUrl>",
		 org, json_string_of(hook->extra, "action"), org, org);
	add_notifications(&buf, arena, hook);
	buf_add(&buf, "</notifications></soapenv:Body></soapenv:Envelope>");
	request->body = buf_end(&buf, &text, NULL) < 0 ? "" : text;
	http_header_add(&request->headers, "SOAPAction", "\"\"");
}

/* --- delivery --- */

/* Acknowledged or not, whatever the prefix of the answer's namespace. */
static enum sb_hook_verdict judge(const struct sb_hook *hook, int status, const char *body,
				  size_t len)
{
	const char *ack = len ? memmem(body, len, "Ack>", 4) : NULL;

	(void)hook;
	return status == 200 && ack && strncmp(ack + 4, "true<", 5) == 0 ? SB_HOOK_TAKEN :
									   SB_HOOK_AGAIN;
}

/* Further and further apart, two hours at most, for a day. */
static const int64_t waits[] = { 15000,	  30000,   60000,   120000,  300000,  600000,
				 1200000, 2400000, 3600000, 7200000, 7200000, 7200000,
				 7200000, 7200000, 7200000, 7200000, 7200000, 7200000,
				 7200000, 7200000, 0 };

static const struct sb_hook_rules rules = {
	.content_type = "text/xml; charset=utf-8",
	.timeout_ms = 10000,
	.waits_ms = waits,
	.batch_max = 100,
	.batch_ms = 500,
	.sign = sign,
	.judge = judge,
};

static const char *notification_id(struct sb_call *call)
{
	int64_t number = json_int_of(call->account->extra, "notifications", 0) + 1;

	json_object_set_new(call->account->extra, "notifications", json_integer(number));
	return sf_id(call->arena, arena_printf(call->arena, "04l5g%010lld", (long long)number));
}

static void queue(struct sb_call *call, const struct sb_record *message,
		  const struct sb_record *record)
{
	const char *names = sb_record_text_of(message, "Fields", call->arena);

	sb_hook_queue(call, sb_record_text_of(message, "EndpointUrl", call->arena), &rules,
		      json_pack("{ss ss}", "id", notification_id(call), "record", record->id),
		      json_pack("{ss ss ss}", "action", message->id, "entity",
				sb_object_spec(record->object)->name, "fields",
				names ? names : "Id"));
}

void sf_changed(struct sb_call *call, const struct sb_change *change)
{
	const struct sb_object *messages = sb_object_find(call->account, "OutboundMessage");
	const char *name = sb_object_spec(change->record->object)->name;

	if (change->kind == SB_JOINED && change->record->merged_into)
		sb_record_derive(call, change->record, "MasterRecordId",
				 json_string(change->record->merged_into->id));
	if ((change->kind != SB_CREATED && change->kind != SB_UPDATED) ||
	    !sf_object_find(call->account, name))
		return;
	for (size_t i = 0; i < sb_object_count(messages); i++) {
		const struct sb_record *message = sb_object_record(messages, i);
		const char *address = sb_record_text_of(message, "EndpointUrl", call->arena);
		const char *entity = sb_record_text_of(message, "Entity", call->arena);

		if (message->state == SB_LIVE && entity && text_equal_nocase(entity, name) &&
		    sb_hook_is_address(call, address))
			queue(call, message, change->record);
	}
}
