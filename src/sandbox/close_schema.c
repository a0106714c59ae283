/* close_schema.c - what a new Close organization has (3, 4, 6). Threads: under the sandbox's
 * lock. */
#include <string.h>

#include "base/text.h"
#include "sandbox/close.h"
#include "sandbox/opening.h"

#define TEXT(name) { name, name, SB_TEXT, 0, 0, NULL, NULL, NULL, NULL }
#define LONG(name) { name, name, SB_LONG_TEXT, 0, 0, NULL, NULL, NULL, NULL }
#define WHOLE(name) { name, name, SB_INTEGER, 0, 0, NULL, NULL, NULL, NULL }
#define TRUTH(name) { name, name, SB_BOOLEAN, 0, 0, NULL, NULL, NULL, NULL }
#define LIST(name) { name, name, SB_JSON, CLOSE_LIST, 0, NULL, name, NULL, NULL }
#define FOUND(name) { name, name, SB_JSON, CLOSE_LIST | SB_INDEXED, 0, NULL, name, NULL, NULL }
#define ONE_OF(name, options) { name, name, SB_PICKLIST, 0, 0, options, NULL, NULL, NULL }
#define DAY(name) { name, name, SB_DATE, 0, 0, NULL, NULL, NULL, NULL }
#define TIME(name) { name, name, SB_DATETIME, 0, 0, NULL, NULL, NULL, NULL }
#define TO(name, object) { name, name, SB_REFERENCE, 0, 0, NULL, NULL, NULL, object }
#define ALWAYS_TO(name, object)                                                               \
	{ name, name, SB_REFERENCE, CLOSE_ALWAYS, 0, NULL, NULL, NULL, object }
#define ALWAYS_ONE_OF(name, options)                                                          \
	{ name, name, SB_PICKLIST, CLOSE_ALWAYS, 0, options, NULL, NULL, NULL }
#define ALWAYS(name, type) { name, name, type, CLOSE_ALWAYS, 0, NULL, NULL, NULL, NULL }
#define OF_LEAD(flags)                                                                        \
	{ "lead_id", "lead_id", SB_REFERENCE, SB_INDEXED | (flags), 0, NULL, NULL, NULL, "lead" }

static const struct sb_field_spec lead_fields[] = {
	TEXT("name"),
	LONG("description"),
	TEXT("url"),
	ALWAYS_TO("status_id", "lead_status"),
	LIST("addresses"),
};

static const struct sb_field_spec contact_fields[] = {
	OF_LEAD(CLOSE_ALWAYS), TEXT("name"), TEXT("title"), FOUND("emails"), FOUND("phones"), LIST("urls"),
};

static const struct sb_field_spec opportunity_fields[] = {
	OF_LEAD(CLOSE_ALWAYS),
	TO("contact_id", "contact"),
	ALWAYS_TO("status_id", "opportunity_status"),
	ALWAYS_TO("user_id", "user"),
	WHOLE("value"),
	ALWAYS_ONE_OF("value_period", "one_time|monthly|annual"),
	ALWAYS("confidence", SB_INTEGER),
	LONG("note"),
	DAY("date_won"),
};

static const struct sb_field_spec task_fields[] = {
	OF_LEAD(SB_REQUIRED),
	ALWAYS_ONE_OF("_type", "lead|outgoing_call"),
	TO("contact_id", "contact"),
	TO("assigned_to", "user"),
	LONG("text"),
	TIME("date"),
	ALWAYS("is_complete", SB_BOOLEAN),
};

static const struct sb_field_spec activity_fields[] = {
	OF_LEAD(SB_REQUIRED),
	{ "_type", "_type", SB_TEXT, SB_READ_ONLY, 0, NULL, NULL, NULL, NULL },
	TO("contact_id", "contact"),
	TO("user_id", "user"),
	TIME("activity_at"),
	LONG("note"),
	LONG("note_html"),
	TRUTH("pinned"),
	TEXT("title"),
	ONE_OF("direction", "inbound|outbound"),
	WHOLE("duration"),
	TEXT("phone"),
	TEXT("status"),
	TEXT("recording_url"),
	TEXT("voicemail_url"),
	ONE_OF("source", "Close.io|External"),
	TEXT("subject"),
	TEXT("sender"),
	LIST("to"),
	LIST("cc"),
	LIST("bcc"),
	LONG("body_text"),
	LONG("body_html"),
	LIST("attachments"),
	LONG("text"),
	TEXT("local_phone"),
	TEXT("remote_phone"),
	TEXT("old_status_id"),
	TEXT("old_status_label"),
	TEXT("new_status_id"),
	TEXT("new_status_label"),
	TO("custom_activity_type_id", "custom_activity"),
};

static const struct sb_field_spec user_fields[] = {
	TEXT("email"), TEXT("first_name"), TEXT("last_name"), TEXT("image"),
};

static const struct sb_field_spec lead_status_fields[] = { TEXT("label") };

static const struct sb_field_spec opportunity_status_fields[] = {
	TEXT("label"),
	ONE_OF("type", "active|won|lost"),
	TO("pipeline_id", "pipeline"),
};

static const struct sb_field_spec pipeline_fields[] = { TEXT("name") };

static const struct sb_field_spec webhook_fields[] = {
	TEXT("url"), LIST("events"), TEXT("status"), TRUTH("verify_ssl"), TEXT("signature_key"),
};

#define NEEDED(name) { name, name, SB_TEXT, SB_REQUIRED, 0, NULL, NULL, NULL, NULL }

static const struct sb_field_spec integration_link_fields[] = {
	NEEDED("name"),
	NEEDED("url"),
	{ "type", "type", SB_PICKLIST, SB_REQUIRED, 0, "lead|contact|opportunity", NULL, NULL,
	  NULL },
};

static const struct sb_field_spec custom_activity_fields[] = {
	NEEDED("name"), LONG("description"), TRUTH("api_create_only"),
};

static const struct sb_field_spec bulk_edit_fields[] = {
	TEXT("type"),
	TEXT("status"),
	{ "s_query", "s_query", SB_JSON, 0, 0, NULL, NULL, NULL, NULL },
	{ "values", "values", SB_JSON, 0, 0, NULL, NULL, NULL, NULL },
	WHOLE("n_objects"),
	WHOLE("n_objects_processed"),
	{ "asked", "asked", SB_JSON, 0, 0, NULL, NULL, NULL, NULL },
};

/* There are none: an organization without them has an empty list of their fields. */
static const struct sb_field_spec custom_object_fields[] = { TEXT("name") };

/* It has no records: its custom fields are those that others share. */
static const struct sb_field_spec shared_fields[] = { TEXT("name") };

static const struct sb_field_spec export_fields[] = {
	TEXT("status"),
	TEXT("secret"),
	{ "asked", "asked", SB_JSON, 0, 0, NULL, NULL, NULL, NULL },
};

#define KIND(name, label, prefix, filters, limit, skip)                                       \
	{ #name, label, prefix, name##_fields, ARRAY_LEN(name##_fields), filters, limit, skip }

const struct sb_close_kind sb_close_kinds[] = {
	KIND(lead, "Lead", "lead_", "", 200, 35000),
	KIND(contact, "Contact", "cont_", "lead_id", 200, 35000),
	KIND(opportunity, "Opportunity", "oppo_", "lead_id|user_id|status_id|value_period|date_won",
	     100, 35000),
	KIND(task, "Task", "task_", "lead_id|assigned_to|is_complete|_type|date", 100, 35000),
	KIND(activity, "Activity", "acti_", "lead_id|user_id|contact_id|_type|activity_at", 100,
	     35000),
	KIND(user, "User", "user_", "", 100, 35000),
	KIND(lead_status, "Lead Status", "stat_", "", 100, 35000),
	KIND(opportunity_status, "Opportunity Status", "stat_", "", 100, 35000),
	KIND(pipeline, "Pipeline", "pipe_", "", 100, 35000),
	KIND(webhook, "Webhook", "whsub_", "", 100, 35000),
	KIND(integration_link, "Integration Link", "intlink_", "", 100, 35000),
	KIND(custom_activity, "Custom Activity", "actitype_", "", 100, 35000),
	KIND(bulk_edit, "Bulk Edit", "bulkedit_", "", 100, 35000),
	KIND(custom_object, "Custom Objects", "custobj_", "", 100, 35000),
	KIND(shared, "Shared Custom Fields", "shared_", "", 100, 35000),
	KIND(export, "Export", "expo_", "", 100, 35000),
};
const size_t sb_close_nkinds = ARRAY_LEN(sb_close_kinds);

const struct sb_close_kind *sb_close_kind_of(const struct sb_object *object)
{
	const char *name = sb_object_spec(object)->name;
	size_t i = 0;

	while (strcmp(sb_close_kinds[i].name, name) != 0)
		i++;
	return &sb_close_kinds[i];
}

/* --- activities (6) --- */

static const struct sb_close_activity activities[] = {
	{ "Note", "activity.note", "note|note_html|pinned|title", "", NULL, false },
	{ "Call", "activity.call",
	  "direction|duration|phone|status|note|note_html|recording_url|voicemail_url|source",
	  "outcome_id", "completed|created|in-progress|cancel|no-answer|busy|failed|timeout",
	  false },
	{ "Email", "activity.email",
	  "status|subject|sender|to|cc|bcc|body_text|body_html|attachments",
	  "bulk_email_action_id|date_scheduled|followup_sequence_delay|in_reply_to_id|"
	  "opens_summary|send_as_id|template_id|thread_id",
	  "sent|inbox|draft|scheduled|outbox|error", true },
	{ "SMS", "activity.sms", "status|direction|text|local_phone|remote_phone|source",
	  "cost|date_scheduled|error_message|template_id",
	  "sent|inbox|draft|scheduled|outbox|error", true },
	{ "Custom", "activity.custom_activity", "custom_activity_type_id|status", "",
	  "published|draft", false },
	{ "LeadStatusChange", "activity.lead_status_change",
	  "old_status_id|old_status_label|new_status_id|new_status_label", "", NULL, false },
};

const struct sb_close_activity *sb_close_activity_of(const char *type)
{
	for (size_t i = 0; type && i < ARRAY_LEN(activities); i++)
		if (strcmp(activities[i].type, type) == 0)
			return &activities[i];
	return NULL;
}

/* --- ids (1) --- */

static uint64_t mix(uint64_t number)
{
	number += UINT64_C(0x9e3779b97f4a7c15);
	number = (number ^ (number >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	number = (number ^ (number >> 27)) * UINT64_C(0x94d049bb133111eb);
	return number ^ (number >> 31);
}

void sb_close_id(const char *prefix, uint64_t of, uint64_t number, char id[64])
{
	static const char letters[] = SB_LETTERS;
	struct sb_rng rng = { mix(mix(of) ^ number) };
	size_t len = strlen(prefix);

	memcpy(id, prefix, len);
	sb_rng_text(&rng, letters, id + len, 43);
}

static void make_id(const struct sb_object *object, uint64_t number, char id[64])
{
	const struct sb_close_kind *kind = sb_close_kind_of(object);
	uint64_t place = (uint64_t)(kind - sb_close_kinds);

	sb_close_id(kind->prefix, sb_object_account(object)->remote_id << 8 | place, number, id);
}

/* --- a new organization --- */

struct sb_record *sb_close_first(const struct sb_account *account, const char *object)
{
	const struct sb_object *of = sb_object_find(account, object);

	for (size_t i = 0; i < sb_object_count(of); i++)
		if (sb_object_record(of, i)->state == SB_LIVE)
			return sb_object_record(of, i);
	return NULL;
}

const struct sb_record *sb_close_user(const struct sb_account *account)
{
	return sb_object_record(sb_object_find(account, "user"), 0);
}

const struct sb_record *sb_close_other_user(const struct sb_account *account)
{
	return sb_object_record(sb_object_find(account, "user"), 1);
}

const char *sb_close_organization(const struct sb_call *call)
{
	char id[64];

	sb_close_id("orga_", call->account->remote_id, 0, id);
	return arena_strdup(call->arena, id);
}

static void add_users(struct sb_call *call)
{
	sb_record_add(call, "user",
		      json_pack("{ss ss ss}", "email", "sam@acme.example", "first_name", "Sam",
				"last_name", "Reed"),
		      NULL);
	sb_record_add(call, "user",
		      json_pack("{ss ss ss}", "email", "rosa@acme.example", "first_name", "Rosa",
				"last_name", "Lind"),
		      NULL);
}

static void add_statuses(struct sb_call *call)
{
	static const char *const leads[] = { "Potential", "Bad Fit", "Qualified", "Customer" };
	static const struct {
		const char *label, *type;
	} opportunities[] = { { "Active", "active" }, { "Won", "won" }, { "Lost", "lost" } };
	const struct sb_record *pipeline =
		sb_record_add(call, "pipeline", json_pack("{ss}", "name", "Sales"), NULL);

	for (size_t i = 0; i < ARRAY_LEN(leads); i++)
		sb_record_add(call, "lead_status", json_pack("{ss}", "label", leads[i]), NULL);
	for (size_t i = 0; i < ARRAY_LEN(opportunities); i++)
		sb_record_add(call, "opportunity_status",
			      json_pack("{ss ss ss}", "label", opportunities[i].label, "type",
					opportunities[i].type, "pipeline_id", pipeline->id),
			      NULL);
}

void sb_close_open_objects(struct sb_account *account)
{
	struct arena *arena = arena_new();
	struct sb_call call = sb_opening_call(account, arena);

	for (size_t i = 0; i < sb_close_nkinds; i++) {
		const struct sb_close_kind *kind = &sb_close_kinds[i];
		const struct sb_object_spec spec = { .name = kind->name,
						     .label = kind->label,
						     .first = 1,
						     .make_id = make_id };

		sb_fields_add(sb_object_add(account, &spec), kind->fields, kind->nfields);
	}
	add_users(&call);
	add_statuses(&call);
	arena_free(arena);
}
