/* close_query.c - the words of the search box: email_address:"ann@acme.test" status:Potential
 * sort:-updated (5). Threads: under the sandbox's lock.
 *
 * They are turned into a query of the search (close_search.c), so that both find the same:
 *
 *     any   = all { "or" all }
 *     all   = not { ["and"] not }
 *     not   = ["not" | "-"] ( "(" any ")" | KEY ":" VALUE | VALUE )
 *
 * A key or value with blanks is quoted. A key that is not imitated is refused with 501. */
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/close.h"

#define DEPTH_MAX 12
#define TERMS_MAX 100

enum kind { WORD_END, WORD_TEXT, WORD_QUOTED, WORD_SIGN };

struct word {
	enum kind kind;
	const char *text;  /* of a sign "(", ")", ":", "-" */
	bool has_colon;    /* a colon follows at once */
};

struct reader {
	struct sb_call *call;
	const char *at;
	struct word word; /* the one looked at */
	json_t *sort;
	int depth, terms;
	bool is_bad;      /* a reply was made */
};

/* --- words --- */

static void advance(struct reader *reader)
{
	const char *at = reader->at + strspn(reader->at, " \t\r\n");
	size_t len;

	reader->word = (struct word){ WORD_END, "", false };
	if (*at == '"') {
		len = strcspn(++at, "\"");
		reader->word.kind = WORD_QUOTED;
		reader->word.text = arena_strndup(reader->call->arena, at, len);
		at += len + (at[len] == '"');
	} else if (*at == '(' || *at == ')' || (*at == '-' && at[1] && at[1] != ' ')) {
		reader->word.kind = WORD_SIGN;
		reader->word.text = arena_strndup(reader->call->arena, at++, 1);
	} else if (*at) {
		len = strcspn(at, " \t\r\n():\"");
		len += len == 0; /* a lone colon */
		reader->word.kind = WORD_TEXT;
		reader->word.text = arena_strndup(reader->call->arena, at, len);
		at += len;
	}
	reader->word.has_colon = *at == ':' && reader->word.kind != WORD_SIGN;
	reader->at = at;
}

static bool is_sign(const struct reader *reader, const char *sign)
{
	return reader->word.kind == WORD_SIGN && strcmp(reader->word.text, sign) == 0;
}

static bool is_keyword(const struct reader *reader, const char *word)
{
	return reader->word.kind == WORD_TEXT && !reader->word.has_colon &&
	       strcasecmp(reader->word.text, word) == 0;
}

static bool take(struct reader *reader, bool is_it)
{
	if (is_it)
		advance(reader);
	return is_it;
}

/* --- queries --- */

static json_t *text_condition(const char *mode, const char *value)
{
	return json_pack("{ss ss ss}", "type", "text", "mode", mode, "value", value);
}

static json_t *regular(const char *object, const char *field, json_t *condition)
{
	return json_pack("{ss s{ss ss ss} so}", "type", "field_condition", "field", "type",
			 "regular_field", "object_type", object, "field_name", field, "condition",
			 condition);
}

static json_t *related(const char *this_object, const char *object, json_t *query)
{
	return json_pack("{ss ss ss so}", "type", "has_related", "this_object_type", this_object,
			 "related_object_type", object, "related_query", query);
}

static json_t *of_contact(json_t *query)
{
	return related("lead", "contact", query);
}

static json_t *of_contact_item(const char *object, const char *field, const char *value)
{
	return of_contact(related("contact", object,
				  regular(object, field, text_condition("exact_value", value))));
}

/* Quoted: the words in this order; not quoted: as a word. */
static json_t *words(const char *object, const char *field, const struct word *value)
{
	return regular(object, field,
		       text_condition(value->kind == WORD_QUOTED ? "phrase" : "full_words",
				      value->text));
}

static json_t *list_of(const char *type, json_t *list)
{
	return json_pack("{ss so}", "type", type, "queries", list);
}

static json_t *email_query(const struct word *value)
{
	if (strchr(value->text, '@'))
		return of_contact_item("contact_email", "email", value->text);
	return of_contact(related("contact", "contact_email",
				  words("contact_email", "email", value)));
}

static json_t *phone_query(struct reader *reader, const struct word *value)
{
	struct sb_close_phone phone;

	return of_contact_item("contact_phone", "phone",
			       sb_close_phone(reader->call->arena, value->text, &phone) ?
				       phone.e164 :
				       value->text);
}

/* Anywhere a person would look. */
static json_t *any_field(struct reader *reader, const struct word *value)
{
	return list_of("or",
		       json_pack("[o o o o o]", words("lead", "name", value),
				 words("lead", "description", value),
				 of_contact(words("contact", "name", value)),
				 email_query(value), phone_query(reader, value)));
}

static json_t *id_query(const char *id)
{
	return json_pack("{ss ss}", "type", "id", "value", id);
}

static json_t *status_query(struct reader *reader, const struct word *value)
{
	struct sb_object *statuses = sb_object_find(reader->call->account, "lead_status");
	json_t *ids = json_array();

	for (size_t i = 0; i < sb_object_count(statuses); i++) {
		const struct sb_record *status = sb_object_record(statuses, i);
		const char *label = sb_record_text_of(status, "label", reader->call->arena);

		if (label && strcasecmp(label, value->text) == 0)
			json_array_append_new(ids, json_string(status->id));
	}
	return regular("lead", "status_id",
		       json_pack("{ss ss so}", "type", "reference", "reference_type",
				 "status.lead", "object_ids", ids));
}

static json_t *custom_query(struct reader *reader, const char *key, const struct word *value)
{
	const struct sb_field *field = sb_close_custom(
		reader->call, sb_object_find(reader->call->account, "lead"), key);

	/* What is no field has no value anywhere. */
	if (!field)
		return list_of("or", json_array());
	return json_pack("{ss s{ss ss} so}", "type", "field_condition", "field", "type",
			 "custom_field", "custom_field_id", field->name + strlen(CLOSE_CUSTOM),
			 "condition", text_condition("phrase", value->text));
}

static json_t *set_sort(struct reader *reader, const char *key)
{
	static const struct {
		const char *key, *field;
	} keys[] = {
		{ "updated", "date_updated" },	{ "date_updated", "date_updated" },
		{ "created", "date_created" },	{ "date_created", "date_created" },
		{ "display_name", "name" },	{ "name", "name" },
	};
	bool is_descending = *key == '-';

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (strcasecmp(key + is_descending, keys[i].key) == 0)
			reader->sort = json_keep(
				reader->call->arena,
				json_pack("[{ss s{ss ss ss}}]", "direction",
					  is_descending ? "desc" : "asc", "field", "type",
					  "regular_field", "object_type", "lead", "field_name",
					  keys[i].field));
	return list_of("and", json_array());
}

static bool is_one(const char *key, const char *names)
{
	return sb_has_word(names, key);
}

/* NULL when the key is not imitated. */
static json_t *term_query(struct reader *reader, const char *key, const struct word *value)
{
	int64_t prefix = sb_switch(reader->call->account, "email_prefix");

	if (text_starts(key, CLOSE_CUSTOM))
		return custom_query(reader, key + strlen(CLOSE_CUSTOM), value);
	if (is_one(key, "name|display_name|company|lead_name"))
		return words("lead", "name", value);
	if (is_one(key, "description|url"))
		return words("lead", key, value);
	if ((strcmp(key, "email_address") == 0 && prefix != 2) ||
	    (strcmp(key, "email") == 0 && prefix != 1))
		return email_query(value);
	if (is_one(key, "phone|phone_number"))
		return phone_query(reader, value);
	if (is_one(key, "contact|contact_name"))
		return of_contact(words("contact", "name", value));
	if (is_one(key, "title|contact_title"))
		return of_contact(words("contact", "title", value));
	if (is_one(key, "status|lead_status"))
		return status_query(reader, value);
	if (is_one(key, "id|lead_id"))
		return id_query(value->text);
	if (strcmp(key, "sort") == 0)
		return set_sort(reader, value->text);
	if (is_one(key, "email_address|email")) /* the other prefix: no field has that name */
		return list_of("or", json_array());
	return NULL;
}

/* --- reading --- */

static json_t *read_any(struct reader *reader);

static void refuse(struct reader *reader, const char *why)
{
	if (!reader->is_bad)
		sb_not_imitated(reader->call, why);
	reader->is_bad = true;
}

/* Something to go on with until the refusal is seen; new. */
static json_t *give_up(struct reader *reader, const char *why)
{
	refuse(reader, why);
	return json_object();
}

/* KEY ":" VALUE; the sign of "sort:-updated" belongs to the value. */
static json_t *read_key(struct reader *reader, const char *key)
{
	const char *minus = "";
	struct word value;
	json_t *query;

	reader->at++; /* the colon */
	advance(reader);
	if (is_sign(reader, "-")) {
		minus = "-";
		advance(reader);
	}
	value = reader->word;
	if (value.kind != WORD_TEXT && value.kind != WORD_QUOTED)
		return give_up(reader, "a query whose key has no value");
	value.text = arena_printf(reader->call->arena, "%s%s", minus, value.text);
	query = term_query(reader, key, &value);
	if (!query)
		return give_up(reader, arena_printf(reader->call->arena,
						    "the search key \"%.64s\"", key));
	advance(reader);
	return query;
}

static json_t *read_one(struct reader *reader)
{
	struct word word = reader->word;
	json_t *query;

	if (++reader->terms > TERMS_MAX)
		return give_up(reader, "a query of over 100 terms");
	if (is_sign(reader, "(")) {
		advance(reader);
		query = read_any(reader);
		if (!take(reader, is_sign(reader, ")")))
			refuse(reader, "a query whose bracket is not closed");
		return query;
	}
	if (word.kind != WORD_TEXT && word.kind != WORD_QUOTED)
		return give_up(reader, "a query that ends too early");
	if (word.has_colon)
		return read_key(reader, word.text);
	advance(reader);
	return strcmp(word.text, "*") == 0 ? list_of("and", json_array()) :
					      any_field(reader, &word);
}

static json_t *read_not(struct reader *reader)
{
	bool is_negated = take(reader, is_keyword(reader, "not") || is_sign(reader, "-"));
	json_t *query = read_one(reader);

	if (is_negated)
		json_object_set_new(query, "negate", json_true());
	return query;
}

static bool is_at_end(const struct reader *reader)
{
	return reader->is_bad || reader->word.kind == WORD_END || is_sign(reader, ")") ||
	       is_keyword(reader, "or");
}

static json_t *read_all(struct reader *reader)
{
	json_t *list = json_array();

	while (!is_at_end(reader)) {
		json_array_append_new(list, read_not(reader));
		take(reader, is_keyword(reader, "and"));
	}
	return list_of("and", list);
}

static json_t *read_any(struct reader *reader)
{
	json_t *list;

	if (++reader->depth > DEPTH_MAX)
		return give_up(reader, "a query nested too deep");
	list = json_pack("[o]", read_all(reader));
	while (take(reader, !reader->is_bad && is_keyword(reader, "or")))
		json_array_append_new(list, read_all(reader));
	reader->depth--;
	return list_of("or", list);
}

const json_t *sb_close_query(struct sb_call *call, const char *text, const json_t **sort)
{
	struct reader reader = { .call = call, .at = text };
	json_t *query;

	advance(&reader);
	query = json_keep(call->arena, read_any(&reader));
	if (reader.word.kind != WORD_END)
		refuse(&reader, "a query that goes on after its end");
	*sort = reader.sort;
	return reader.is_bad ? NULL : query;
}
