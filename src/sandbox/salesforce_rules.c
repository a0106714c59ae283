/* salesforce_rules.c - duplicate rules (fact sheet 5): one matches leads and contacts by
 * their e-mail address. Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/salesforce.h"

static const struct sb_record *match_in(struct sb_call *call, const char *object,
					const char *email, const struct sb_record *except)
{
	struct sb_record *record =
		sb_record_by(sb_field_find(sb_object_find(call->account, object), "Email"), email);

	if (!record || record == except ||
	    text_equal(sb_record_text_of(record, "IsConverted", call->arena), "true"))
		return NULL;
	return record;
}

/* The header's allowSave passes rules that only alert. */
static bool is_saved_all_the_same(const struct sb_call *call)
{
	const char *header = sb_header(call, "Sforce-Duplicate-Rule-Header");

	return sb_switch(call->account, "duplicate_rule") == 1 && header &&
	       strcasestr(header, "allowSave=true");
}

static json_t *result_json(struct sb_call *call, const char *object,
			   const struct sb_record *match)
{
	const char *other = sb_object_spec(match->object)->name;
	json_t *found = json_pack(
		"{s[] s[] sf s{s{ss ss} ss}}", "additionalInformation", "fieldDiffs",
		"matchConfidence", 100.0, "record", "attributes", "type", other, "url",
		sf_record_url(call, match), "Id", match->id);
	json_t *matched = json_pack("{ss s[] ss s[o] so si sb}", "entityType", other, "errors",
				    "matchEngine", "FuzzyMatchEngine", "matchRecords", found,
				    "rule",
				    sb_json_printf("Standard_%s_Match_Rule_v1_0", other), "size",
				    1, "success", 1);

	return json_pack("{sb so ss ss s[o]}", "allowSave",
			 sb_switch(call->account, "duplicate_rule") == 1, "duplicateRule",
			 sb_json_printf("Standard_%s_Duplicate_Rule", object),
			 "duplicateRuleEntityType", object, "errorMessage",
			 "Use one of these records?", "matchResults", matched);
}

bool sf_is_held(struct sb_call *call, struct sb_object *object, const json_t *values,
		const struct sb_record *record, struct sf_refusal *refusal)
{
	const char *name = sb_object_spec(object)->name, *email = json_string_of(values, "Email");
	bool is_lead = strcmp(name, "Lead") == 0;
	const struct sb_record *match;

	if (!sb_switch(call->account, "duplicate_rule") || text_is_empty(email) ||
	    (!is_lead && strcmp(name, "Contact") != 0) || is_saved_all_the_same(call))
		return false;
	match = match_in(call, name, email, record);
	if (!match)
		match = match_in(call, is_lead ? "Contact" : "Lead", email, record);
	if (!match)
		return false;
	*refusal = (struct sf_refusal){
		.status = 400,
		.code = "DUPLICATES_DETECTED",
		.message = "Use one of these records?",
		.duplicate = json_keep(call->arena, result_json(call, name, match)),
	};
	return true;
}
