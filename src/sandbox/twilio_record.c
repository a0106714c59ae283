/* twilio_record.c - recordings of calls (1, 2, 3), and the media of messages (5). Threads:
 * under the sandbox's lock.
 *
 * Nothing is heard here: every recording is a second of silence, however long it says that it
 * is. Media are where they were sent from. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/ledger.h"
#include "sandbox/silence.h"
#include "sandbox/twilio.h"

const struct sb_field_spec twilio_recording_fields[] = {
	{ "call_sid", "Call", SB_TEXT, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "conference_sid", "Conference", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "start_time", "Start", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "duration", "Seconds", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "price", "Price", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "price_unit", "Currency", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "status", "Status", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "channels", "Channels", SB_INTEGER, 0, 0, NULL, NULL, NULL, NULL },
	{ "source", "Source", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "track", "Track", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "error_code", "Error", SB_INTEGER, 0, 0, NULL, NULL, NULL, NULL },
	{ "encryption_details", "Encryption", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "media_url", "Where it is", SB_URL, 0, 0, NULL, NULL, NULL, NULL },
	{ "_callback", "Status callback", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_callback_method", "How it is told", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_events", "Events", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
};
const size_t twilio_nrecording_fields = ARRAY_LEN(twilio_recording_fields);

const struct sb_field_spec twilio_media_fields[] = {
	{ "parent_sid", "Message", SB_TEXT, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "content_type", "Type", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "_url", "Where it is", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
};
const size_t twilio_nmedia_fields = ARRAY_LEN(twilio_media_fields);

/* --- what is told of one --- */

static void tell(struct sb_call *call, const struct sb_record *recording, const char *event)
{
	const char *url = sb_text(call, recording, "_callback");
	const char *events = sb_text(call, recording, "_events");

	if (!*url || !(*events ? strstr(events, event) != NULL : text_equal(event, "completed")))
		return;
	twilio_ask(call, sb_text(call, recording, "_callback_method"), url,
		   json_pack("{ss ss ss ss ss ss ss ss ss}", "AccountSid",
			     twilio_of(call->account)->account_sid, "CallSid",
			     sb_text(call, recording, "call_sid"), "RecordingSid", recording->id,
			     "RecordingUrl", sb_text(call, recording, "media_url"),
			     "RecordingStatus", sb_text(call, recording, "status"),
			     "RecordingDuration", sb_text(call, recording, "duration"),
			     "RecordingChannels", sb_text(call, recording, "channels"),
			     "RecordingStartTime", sb_text(call, recording, "start_time"),
			     "RecordingSource", sb_text(call, recording, "source")),
		   NULL);
}

static void set_status(struct sb_call *call, struct sb_record *recording, const char *status)
{
	sb_record_update(call, recording,
			 json_keep(call->arena, json_pack("{ss}", "status", status)));
	sb_ledger_add(call, "recording", status, recording->id, recording->version);
	tell(call, recording, status);
}

const char *twilio_record_begin(struct sb_call *call, const struct sb_record *of,
				const struct twilio_recording *wanted)
{
	struct sb_record *recording = sb_record_add(
		call, "Recordings",
		json_pack("{ss so ss si ss ss ss* ss* ss*}", "call_sid", of->id, "start_time",
			  twilio_time(call->now), "price_unit", "USD", "channels",
			  text_equal(wanted->channels, "dual") ? 2 : 1, "source", wanted->source,
			  "track", wanted->track ? wanted->track : "both", "_callback",
			  wanted->callback, "_callback_method", wanted->method, "_events",
			  wanted->events),
		NULL);

	if (!recording)
		return NULL;
	sb_record_derive(call, recording, "media_url",
			 sb_json_printf("%s" TWILIO_API "/Accounts/%s/Recordings/%s",
					sb_text(call, of, "_base"),
					twilio_of(call->account)->account_sid, recording->id));
	set_status(call, recording, "in-progress");
	return recording->id;
}

static bool end_one(struct sb_record *recording, void *context)
{
	struct sb_call *call = context;
	int64_t ms = call->now - recording->created_at;

	if (text_equal(sb_text(call, recording, "status"), "in-progress")) {
		sb_record_derive(call, recording, "duration",
				 sb_json_printf("%lld", (long long)((ms + 999) / 1000)));
		set_status(call, recording, "completed");
	}
	return true;
}

static const struct sb_field *of_call(const struct sb_call *call)
{
	return sb_field_find(sb_object_find(call->account, "Recordings"), "call_sid");
}

void twilio_record_end(struct sb_call *call, const struct sb_record *of)
{
	sb_record_each(of_call(call), of->id, end_one, call);
}

static bool take_later(struct sb_record *recording, void *context)
{
	struct sb_record **latest = context;

	if (!*latest || recording->number > (*latest)->number)
		*latest = recording;
	return true;
}

bool twilio_add_recording(struct sb_call *call, const struct sb_record *of, json_t *params)
{
	struct sb_record *latest = NULL;

	sb_record_each(of_call(call), of->id, take_later, &latest);
	if (!latest)
		return false;
	json_object_set_new(params, "RecordingUrl",
			    json_string(sb_text(call, latest, "media_url")));
	json_object_set_new(params, "RecordingSid", json_string(latest->id));
	json_object_set_new(params, "RecordingDuration",
			    json_string(sb_text(call, latest, "duration")));
	return true;
}

/* --- the resources --- */

static struct sb_record *named(struct sb_call *call, const char *object, const char *sid)
{
	struct sb_record *record = sb_live_find(call->account, object, sid);

	if (!record)
		twilio_fail(call, 404, 20404, "The requested resource %s was not found",
			    call->path);
	return record;
}

/* Behind ".json" there is what it is, else (.mp3, .wav, nothing) what was heard. */
void twilio_show_recording(struct sb_call *call)
{
	const char *name = sb_param(call, call->nparams - 1);
	size_t len = strcspn(name, ".");
	bool is_mp3 = text_equal(name + len, ".mp3");
	const struct sb_record *recording;

	if (name[len] && !is_mp3 && !text_equal(name + len, ".wav"))
		len = strlen(name); /* no such name */
	recording = named(call, "Recordings", arena_strndup(call->arena, name, len));
	if (!recording)
		return;
	if (text_ends(call->path, ".json"))
		twilio_reply_record(call, 200, recording);
	else if (text_equal(sb_text(call, recording, "status"), "completed"))
		sb_reply_silence(call, is_mp3 ? SB_SILENCE_MP3 : SB_SILENCE_WAV);
	else
		twilio_fail(call, 404, 20404, "The recording %s is not ready", recording->id);
}

/* Where the media are; behind ".json" what they are. */
void twilio_show_media(struct sb_call *call)
{
	const struct sb_record *media = named(call, "Media", sb_param(call, 2));

	if (!media || text_ends(call->path, ".json")) {
		if (media)
			twilio_reply_record(call, 200, media);
		return;
	}
	sb_reply_header(call, "Location", sb_text(call, media, "_url"));
	sb_reply_empty(call, 307);
}
