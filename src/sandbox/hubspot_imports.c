/* hubspot_imports.c - files of records as a job: asked for, looked at, canceled (fact sheet
 * 10). Threads: under the sandbox's lock.
 *
 * A file is of one kind of objects. Where the sheet doubts the keys of importRequest they
 * are as it has them. */
#include "sandbox/hubspot_imports.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/later.h"
#include "sandbox/multipart.h"
#include "sandbox/page.h"

#define FIRST_IMPORT 1001
#define IMPORTS_MAX 100
#define LIST_MAX 100

static json_t *imports_of(const struct sb_account *account)
{
	json_t *all = json_object_get(account->extra, "imports");

	if (!all) {
		all = json_array();
		json_object_set_new(account->extra, "imports", all);
	}
	return all;
}

static json_t *shown_of(const json_t *import)
{
	return json_object_get(import, "shown");
}

static bool is_going_on(const json_t *import)
{
	const char *state = json_string_of(shown_of(import), "state");

	return strcmp(state, "STARTED") == 0 || strcmp(state, "PROCESSING") == 0;
}

static json_t *find(const struct sb_account *account, const char *id)
{
	json_t *import;
	size_t i;

	json_array_foreach(imports_of(account), i, import)
		if (text_equal(json_string_of(shown_of(import), "id"), id))
			return import;
	return NULL;
}

json_t *hubspot_import_find(const struct sb_account *account, const char *id)
{
	json_t *import = find(account, id);

	return import && is_going_on(import) ? import : NULL;
}

void hubspot_import_set(struct sb_call *call, json_t *import, const char *state)
{
	json_object_set_new(shown_of(import), "state", json_string(state));
	json_object_set_new(shown_of(import), "updatedAt", sb_json_time(call->now));
	if (!is_going_on(import))
		json_object_del(import, "files");
}

/* --- asking for one --- */

static bool refuse(struct sb_call *call, const char *message)
{
	hubspot_fail(call, 400, "VALIDATION_ERROR", "%s", message);
	return false;
}

static bool is_mapping(struct sb_call *call, const json_t *mapping, const struct sb_object **object)
{
	const char *type = json_string_of(mapping, "columnObjectTypeId");
	const char *name = json_string_of(mapping, "propertyName");
	const char *column = json_string_of(mapping, "columnType");
	const struct sb_object *of = type ? sb_object_find(call->account, type) : NULL;

	if (!of || !text_equal(sb_object_spec(of)->prefix, type))
		return refuse(call, "columnMappings: columnObjectTypeId is no type of objects");
	if (*object && *object != of) {
		sb_not_imitated(call, "imports of several kinds of objects in one file");
		return false;
	}
	*object = of;
	if (!json_string_of(mapping, "columnName"))
		return refuse(call, "columnMappings: columnName is absent");
	if (column && strcmp(column, "HUBSPOT_ALTERNATE_ID") != 0 &&
	    strcmp(column, "HUBSPOT_OBJECT_ID") != 0 && strcmp(column, "STANDARD") != 0) {
		sb_not_imitated(call, "columns of an import for associations and events");
		return false;
	}
	if (text_equal(column, "HUBSPOT_OBJECT_ID") || (name && sb_field_find(of, name)))
		return true;
	return refuse(call, "columnMappings: propertyName is no property of the object");
}

static bool is_file(struct sb_call *call, const json_t *file, const json_t *texts)
{
	const char *name = json_string_of(file, "fileName");
	const char *format = json_string_of(file, "fileFormat");
	const json_t *mappings = json_object_get(json_object_get(file, "fileImportPage"),
						 "columnMappings");
	const struct sb_object *object = NULL;
	json_t *mapping;
	size_t i;

	if (!name || !json_object_get(texts, name))
		return refuse(call, "files: no file of that fileName was sent");
	if (text_equal(format, "SPREADSHEET")) {
		sb_not_imitated(call, "imports of spreadsheets");
		return false;
	}
	if (!text_equal(format, "CSV"))
		return refuse(call, "files: fileFormat must be CSV");
	if (!json_array_size(mappings))
		return refuse(call, "files: fileImportPage has no columnMappings");
	json_array_foreach((json_t *)mappings, i, mapping)
		if (!is_mapping(call, mapping, &object))
			return false;
	return true;
}

static bool is_operation(const char *word)
{
	return text_equal(word, "CREATE") || text_equal(word, "UPDATE") ||
	       text_equal(word, "UPSERT");
}

static bool is_request(struct sb_call *call, const json_t *request, const json_t *texts)
{
	const json_t *files = json_object_get(request, "files");
	json_t *file, *operation;
	const char *type;
	size_t i;

	if (!json_string_of(request, "name"))
		return refuse(call, "importRequest: name is absent");
	if (!json_array_size(files))
		return refuse(call, "importRequest: files is absent or empty");
	json_object_foreach(json_object_get(request, "importOperations"), type, operation)
		if (!is_operation(json_string_value(operation)))
			return refuse(call, "importOperations: must be CREATE, UPDATE or UPSERT");
	json_array_foreach((json_t *)files, i, file)
		if (!is_file(call, file, texts))
			return false;
	return true;
}

/* The texts of the parts "files" by their names; NULL when the body is not such a form. */
static json_t *read_files(struct sb_call *call)
{
	json_t *texts = json_keep(call->arena, json_object());
	struct multipart_part part;
	struct multipart form;
	int rc;

	if (!multipart_begin(&form, call->arena, sb_header(call, "Content-Type"), call->body,
			     call->body_len))
		return NULL;
	while ((rc = multipart_next(&form, call->arena, &part)) > 0) {
		const char *about = http_header_find(&part.headers, "Content-Disposition");
		const char *name = about ? multipart_parameter(call->arena, about, "filename") :
					   NULL;

		if (name && text_equal(multipart_parameter(call->arena, about, "name"), "files") &&
		    text_is_utf8(part.body, part.len))
			json_object_set_new(texts, name, json_stringn(part.body, part.len));
	}
	return rc < 0 ? NULL : texts;
}

static json_t *types_of(const json_t *request)
{
	json_t *types = json_array(), *file;
	size_t i;

	json_array_foreach(json_object_get(request, "files"), i, file) {
		const json_t *mappings = json_object_get(json_object_get(file, "fileImportPage"),
							 "columnMappings");

		json_array_append(types, json_object_get(json_array_get(mappings, 0),
							 "columnObjectTypeId"));
	}
	return types;
}

static json_t *file_ids_of(const json_t *request, int64_t number)
{
	json_t *ids = json_array();

	for (size_t i = 0; i < json_array_size(json_object_get(request, "files")); i++)
		json_array_append_new(ids, sb_json_printf("%lld", (long long)(number * 10) +
									  (long long)i));
	return ids;
}

static json_t *add_import(struct sb_call *call, json_t *request, json_t *texts)
{
	int64_t number = FIRST_IMPORT + json_int_of(call->account->extra, "imports_made", 0);
	json_t *all = imports_of(call->account), *import, *shown;

	json_object_set_new(call->account->extra, "imports_made",
			    json_integer(number - FIRST_IMPORT + 1));
	shown = json_pack("{so ss so so so sb sO ss sO s{s{} so s[]}}", "id",
			  sb_json_printf("%lld", (long long)number), "state", "STARTED",
			  "createdAt", sb_json_time(call->now), "updatedAt",
			  sb_json_time(call->now), "mappedObjectTypeIds", types_of(request),
			  "optOutImport", 0, "importName", json_object_get(request, "name"),
			  "importSource", "API", "importRequestJson", request, "metadata",
			  "counters", "fileIds", file_ids_of(request, number), "objectLists");
	import = json_pack("{so sO s[]}", "shown", shown, "files", texts, "errors");
	if (json_array_size(all) == IMPORTS_MAX)
		json_array_remove(all, 0);
	json_array_append_new(all, import);
	sb_touch(call);
	return import;
}

static void step_run(struct sb_call *call, const json_t *id)
{
	json_t *import = hubspot_import_find(call->account, json_string_value(id));

	if (import)
		hubspot_import_run(call, import);
}

static void step_begin(struct sb_call *call, const json_t *id)
{
	json_t *import = hubspot_import_find(call->account, json_string_value(id));

	if (!import)
		return;
	hubspot_import_set(call, import, "PROCESSING");
	sb_later(call, sb_switch(call->account, "import_ms"), step_run, json_copy((json_t *)id));
}

void hubspot_import(struct sb_call *call)
{
	const char *text = sb_form(call, "importRequest");
	json_t *texts, *request, *import;

	if (!hubspot_may_scope(call, "crm.import"))
		return;
	texts = read_files(call);
	request = text ? json_parse(call->arena, text, strlen(text), &json_limits_large, NULL) :
			 NULL;
	if (!texts || !json_is_object(request)) {
		refuse(call, "a form with files and importRequest, a JSON object, is needed");
		return;
	}
	if (!is_request(call, request, texts))
		return;
	import = add_import(call, request, texts);
	sb_later(call, sb_switch(call->account, "import_ms"), step_begin,
		 json_copy(json_object_get(shown_of(import), "id")));
	sb_reply_json(call, 200, json_deep_copy(shown_of(import)));
}

/* --- looking at them --- */

/* The one of the path, or NULL after a reply. */
static json_t *import_of_path(struct sb_call *call)
{
	json_t *import;

	if (!hubspot_may_scope(call, "crm.import"))
		return NULL;
	import = find(call->account, sb_param(call, 0));
	if (!import)
		hubspot_not_found(call);
	return import;
}

void hubspot_import_show(struct sb_call *call)
{
	const json_t *import = import_of_path(call);

	if (import)
		sb_reply_json(call, 200, json_deep_copy(shown_of(import)));
}

/* A page of what `list` has, of each its member `name` (NULL: itself). */
static void reply_page(struct sb_call *call, const json_t *list, const char *name)
{
	int64_t limit, after;
	json_t *results, *body;

	if (!sb_page_number(sb_query(call, "limit"), LIST_MAX, 1, LIST_MAX, &limit) ||
	    !sb_page_number(sb_query(call, "after"), 0, 0, INT32_MAX, &after)) {
		refuse(call, "Invalid paging: limit is 1 to 100, after is from the last page");
		return;
	}
	results = json_array();
	for (size_t i = (size_t)after;
	     i < json_array_size(list) && json_array_size(results) < (size_t)limit; i++) {
		const json_t *item = json_array_get(list, i);

		json_array_append_new(results,
				      json_deep_copy(name ? json_object_get(item, name) : item));
	}
	after += (int64_t)json_array_size(results);
	body = json_pack("{so}", "results", results);
	if ((size_t)after < json_array_size(list))
		json_object_set_new(body, "paging",
				    json_pack("{s{so}}", "next", "after",
					      sb_json_printf("%lld", (long long)after)));
	sb_reply_json(call, 200, body);
}

void hubspot_import_list(struct sb_call *call)
{
	if (hubspot_may_scope(call, "crm.import"))
		reply_page(call, imports_of(call->account), "shown");
}

void hubspot_import_errors(struct sb_call *call)
{
	const json_t *import = import_of_path(call);

	if (import)
		reply_page(call, json_object_get(import, "errors"), NULL);
}

void hubspot_import_cancel(struct sb_call *call)
{
	json_t *import = import_of_path(call);

	if (!import)
		return;
	if (!is_going_on(import)) {
		refuse(call, "an import that is over cannot be canceled");
		return;
	}
	hubspot_import_set(call, import, "CANCELED");
	sb_touch(call);
	sb_reply_json(call, 200,
		      json_pack("{ss so so}", "status", "COMPLETE", "startedAt",
				sb_json_time(call->now), "completedAt", sb_json_time(call->now)));
}
