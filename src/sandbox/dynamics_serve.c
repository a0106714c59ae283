/* dynamics_serve.c - from a path of Dataverse to who serves it (fact sheet 1). Threads: under
 * the sandbox's lock. */
#include <string.h>

#include "base/text.h"
#include "sandbox/dynamics.h"

/* What stands in each place of a path. */
enum shape {
	SHAPE_SET,            /* leads */
	SHAPE_ROW,            /* leads(...) */
	SHAPE_COUNT,          /* leads/$count */
	SHAPE_OF_SET,         /* leads/Microsoft.Dynamics.CRM.Name */
	SHAPE_OF_ROW,         /* leads(...)/Microsoft.Dynamics.CRM.Name */
	SHAPE_PROPERTY,       /* leads(...)/name */
	SHAPE_REF,            /* leads(...)/name/$ref */
	SHAPE_UNKNOWN,
};

static const struct {
	enum shape shape;
	const char *method, *name;
	dynamics_handler *handle;
} operations[] = {
	{ SHAPE_SET, "GET", NULL, dynamics_list },
	{ SHAPE_SET, "POST", NULL, dynamics_create },
	{ SHAPE_ROW, "GET", NULL, dynamics_get },
	{ SHAPE_ROW, "PATCH", NULL, dynamics_upsert },
	{ SHAPE_ROW, "DELETE", NULL, dynamics_remove },
	{ SHAPE_COUNT, "GET", NULL, dynamics_count },
	{ SHAPE_PROPERTY, "GET", NULL, dynamics_property_get },
	{ SHAPE_PROPERTY, "PUT", NULL, dynamics_property_put },
	{ SHAPE_PROPERTY, "DELETE", NULL, dynamics_property_clear },
	{ SHAPE_REF, "GET", NULL, dynamics_ref_get },
	{ SHAPE_REF, "PUT", NULL, dynamics_ref_put },
	{ SHAPE_REF, "DELETE", NULL, dynamics_ref_clear },
	{ SHAPE_OF_SET, "POST", "CreateMultiple", dynamics_create_many },
	{ SHAPE_OF_SET, "POST", "UpdateMultiple", dynamics_update_many },
	{ SHAPE_OF_SET, "POST", "UpsertMultiple", dynamics_upsert_many },
	{ SHAPE_OF_ROW, "POST", "QualifyLead", dynamics_qualify },
};

static enum shape shape_of(const struct dynamics_path *path)
{
	bool is_row = path->at[0].has_key;
	const char *second = path->count > 1 ? path->at[1].name : "";

	if (path->count == 1)
		return is_row ? SHAPE_ROW : SHAPE_SET;
	if (path->count == 2 && text_starts(second, DYNAMICS_TYPE))
		return is_row ? SHAPE_OF_ROW : SHAPE_OF_SET;
	if (path->count == 2 && !is_row && strcmp(second, "$count") == 0)
		return SHAPE_COUNT;
	if (path->count == 2 && is_row)
		return SHAPE_PROPERTY;
	if (path->count == 3 && is_row && strcmp(path->at[2].name, "$ref") == 0)
		return SHAPE_REF;
	return SHAPE_UNKNOWN;
}

/* Tables and messages that Dataverse has besides: to be told from what it has not. */
static bool is_elsewhere(const char *name)
{
	static const char *const names[] = {
		"appointments",	    "campaigns",
		"competitors",	    "connections",	   "emails",
		"incidents",	    "invoices",		   "lists",
		"organizations",    "businessunits",	   "products",
		"queueitems",	    "queues",		   "quotes",
		"roles",	    "salesorders",	   "solutions",
		"sharepointsites",  "transactioncurrencies", "workflows",
		"activitypointers", "activityparties",	   "audits",
		"duplicaterules",   "GlobalOptionSetDefinitions",
		"RelationshipDefinitions", "RetrieveDuplicates", "RetrieveMetadataChanges",
		"BulkDelete",	    "ExecuteCosmosSqlQuery", "InstantiateTemplate",
		"SendEmail",	    "SetState",		   "Associate",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool read_path(struct sb_call *call, struct dynamics_path *path)
{
	*path = (struct dynamics_path){ .count = call->nparams };
	for (size_t i = 0; i < path->count; i++) {
		if (dynamics_segment_read(call->arena, sb_param(call, i), &path->at[i]))
			continue;
		dynamics_no_segment(call, sb_param(call, i));
		return false;
	}
	path->object = sb_object_find(call->account, path->at[0].name);
	if (path->object && strcmp(sb_object_spec(path->object)->name, path->at[0].name) != 0)
		path->object = NULL; /* found by its logical name: no entity set */
	return true;
}

static void serve_rows(struct sb_call *call, const struct dynamics_path *path)
{
	enum shape shape = shape_of(path);
	const char *name = path->count > 1 ? path->at[1].name : "";
	bool is_action = shape == SHAPE_OF_SET || shape == SHAPE_OF_ROW, is_known = false;

	for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
		if (operations[i].shape != shape ||
		    (is_action && strcmp(name + strlen(DYNAMICS_TYPE), operations[i].name) != 0))
			continue;
		is_known = true;
		if (strcmp(operations[i].method, call->method) != 0)
			continue;
		operations[i].handle(call, path);
		return;
	}
	if (is_known)
		dynamics_no_method(call);
	else if (is_action)
		sb_not_imitated(call, "this message");
	else
		dynamics_no_segment(call, path->at[path->count - 1].name);
}

void dynamics_serve(struct sb_call *call)
{
	struct dynamics_path path;

	if (!read_path(call, &path))
		return;
	if (path.object)
		serve_rows(call, &path);
	else if (strcmp(path.at[0].name, "EntityDefinitions") == 0)
		dynamics_metadata(call, &path);
	else if (is_elsewhere(path.at[0].name))
		sb_not_imitated(call, "a table or message of Dataverse that the sandbox has not");
	else
		dynamics_no_segment(call, path.at[0].name);
}
