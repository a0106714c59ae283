/* aggregator_shapes.c - leads in the shapes that portals give them (sources 5). Threads:
 * under the sandbox's lock. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/aggregator.h"

#define IST (5 * CLOCK_HOUR + 30 * CLOCK_MINUTE)
#define QUERY_MAX 8192

static const char *text_of(struct sb_call *call, const struct sb_record *lead, const char *name)
{
	const char *text = sb_record_text_of(lead, name, call->arena);

	return text ? text : "";
}

/* "+919845012345" cut at the country code; "" when it has none. */
static const char *country_code(const char *phone)
{
	return text_starts(phone, "+91") ? "+91" : text_starts(phone, "+1") ? "+1" : "";
}

static const char *national(const char *phone)
{
	return phone + strlen(country_code(phone));
}

/* A time of India: portals do not say so. */
static void in_india(int64_t ms, char text[CLOCK_TEXT_SIZE])
{
	clock_format(ms + IST, text);
}

/* "DD-MM-YYYY HH:MM:SS". */
static json_t *portal_time(int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	in_india(ms, text);
	return sb_json_printf("%.2s-%.2s-%.4s %.8s", text + 8, text + 5, text, text + 11);
}

/* --- as our own API has it --- */

/* Members without a value are left out. */
static json_t *api_body(struct sb_call *call, const struct sb_record *lead, const char *enquiry)
{
	static const char *const same[] = { "name", "email", "phone", "city", "message" };
	json_t *body = json_pack("{ss so}", "enquiry_id", enquiry, "occurred_at",
				 sb_render_time(call, lead->created_at, SB_TIME_ZULU));
	json_t *product = sb_record_value_of(lead, "product");

	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		json_t *value = sb_record_value_of(lead, same[i]);

		if (value)
			json_object_set_new(body, same[i], value);
	}
	if (product)
		json_object_set_new(body, "custom", json_pack("{so}", "product", product));
	return body;
}

/* --- as a portal has it --- */

/* Texts only, "" for what is not there, no country code. */
static json_t *portal_body(struct sb_call *call, const struct sb_record *lead,
			   const char *enquiry)
{
	return json_pack("{ss ss ss ss ss ss ss so}", "enquiry_id", enquiry, "name",
			 text_of(call, lead, "name"), "mobile",
			 national(text_of(call, lead, "phone")), "email",
			 text_of(call, lead, "email"), "city", text_of(call, lead, "city"),
			 "project", text_of(call, lead, "product"), "remarks",
			 text_of(call, lead, "message"), "enquiry_date",
			 portal_time(lead->created_at));
}

/* --- IndiaMART --- */

json_t *aggregator_indiamart_row(struct sb_call *call, const struct sb_record *lead,
				 const char *enquiry)
{
	const char *phone = text_of(call, lead, "phone"), *code = country_code(phone);
	char at[CLOCK_TEXT_SIZE];
	json_t *row;

	in_india(lead->created_at, at);
	at[10] = ' ';
	row = json_pack("{ss ss so ss so ss ss ss}", "UNIQUE_QUERY_ID", enquiry, "QUERY_TYPE",
			"W", "QUERY_TIME", sb_json_printf("%.19s", at), "SENDER_NAME",
			text_of(call, lead, "name"), "SENDER_MOBILE",
			sb_json_printf("%s%s%s", code, *code ? "-" : "", national(phone)),
			"SENDER_EMAIL", text_of(call, lead, "email"), "SUBJECT",
			"Requirement for a product", "SENDER_COMPANY",
			text_of(call, lead, "company"));
	json_object_update_new(
		row, json_pack("{ss ss ss ss ss ss ss ss ss ss so ss}", "SENDER_ADDRESS", "",
			       "SENDER_CITY", text_of(call, lead, "city"), "SENDER_STATE", "",
			       "SENDER_PINCODE", text_of(call, lead, "pincode"),
			       "SENDER_COUNTRY_ISO", *code ? strcmp(code, "+1") ? "IN" : "US" : "",
			       "SENDER_MOBILE_ALT", "", "SENDER_EMAIL_ALT", "",
			       "QUERY_PRODUCT_NAME", text_of(call, lead, "product"),
			       "QUERY_MCAT_NAME", text_of(call, lead, "product"), "QUERY_MESSAGE",
			       text_of(call, lead, "message"), "CALL_DURATION", json_null(),
			       "RECEIVER_MOBILE", ""));
	return row;
}

/* The object of its list, with one row that is no list. */
static json_t *indiamart_body(struct sb_call *call, const struct sb_record *lead,
			      const char *enquiry)
{
	return json_pack("{si ss ss si so}", "CODE", 200, "STATUS", "SUCCESS", "MESSAGE", "",
			 "TOTAL_RECORDS", 1, "RESPONSE",
			 aggregator_indiamart_row(call, lead, enquiry));
}

/* --- Justdial --- */

static json_t *justdial_body(struct sb_call *call, const struct sb_record *lead,
			     const char *enquiry)
{
	const char *phone = national(text_of(call, lead, "phone"));
	bool is_dnc = text_equal(sb_record_text_of(lead, "do_not_call", call->arena), "true");
	char at[CLOCK_TEXT_SIZE];
	json_t *body;

	in_india(lead->created_at, at);
	body = json_pack("{ss ss ss ss ss ss ss so so}", "leadid", enquiry, "leadtype", "company",
			 "prefix", "", "name", text_of(call, lead, "name"), "mobile", phone,
			 "phone", "", "email", text_of(call, lead, "email"), "date",
			 sb_json_printf("%.10s", at), "time", sb_json_printf("%.8s", at + 11));
	json_object_update_new(
		body, json_pack("{ss ss ss ss ss ss ss ss ss ss}", "category",
				text_of(call, lead, "product"), "city",
				text_of(call, lead, "city"), "area", "", "brancharea", "",
				"dncmobile", is_dnc ? "1" : "0", "dncphone", "0", "company",
				text_of(call, lead, "company"), "pincode",
				text_of(call, lead, "pincode"), "branchpin", "", "parentid", ""));
	return body;
}

json_t *aggregator_body(struct sb_call *call, const char *shape, const struct sb_record *lead,
			const char *enquiry)
{
	if (text_equal(shape, "portal"))
		return portal_body(call, lead, enquiry);
	if (text_equal(shape, "indiamart"))
		return indiamart_body(call, lead, enquiry);
	if (text_equal(shape, "justdial"))
		return justdial_body(call, lead, enquiry);
	return api_body(call, lead, enquiry);
}

static void add_escaped(struct buf *buf, const char *text)
{
	for (; *text; text++)
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~",
			   *text))
			buf_addf(buf, "%c", *text);
		else
			buf_addf(buf, "%%%02X", (unsigned char)*text);
}

const char *aggregator_query(struct arena *arena, const json_t *body)
{
	const char *name, *query = "";
	struct buf buf;
	json_t *value;

	buf_init(&buf, arena, QUERY_MAX);
	json_object_foreach((json_t *)body, name, value) {
		if (json_is_object(value))
			continue;
		buf_add(&buf, "&");
		add_escaped(&buf, name);
		buf_add(&buf, "=");
		add_escaped(&buf, json_is_string(value) ? json_string_value(value) :
							  json_text(arena, value));
	}
	return buf_end(&buf, &query, NULL) == 0 && *query ? query + 1 : "";
}
