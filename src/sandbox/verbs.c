/* verbs.c - what a call shall do, read from XML. Threads: pure. */
#include "sandbox/verbs.h"

#include <expat.h>
#include <string.h>

#include "base/json.h"
#include "sandbox/call.h"

#define DEPTH_MAX 8
#define TEXT_MAX (64u << 10)

struct reading {
	struct arena *arena;
	const char *root;
	XML_Parser parser;
	json_t *open[DEPTH_MAX]; /* the verbs whose end has not come, outermost first */
	int depth;
	const char *problem;
};

static void stop(struct reading *r, const char *problem)
{
	r->problem = problem;
	XML_StopParser(r->parser, XML_FALSE);
}

static void begin_element(void *context, const char *name, const char **attributes)
{
	struct reading *r = context;
	json_t *verb, *attrs;

	if (r->depth == DEPTH_MAX) {
		stop(r, "verbs are nested too deep");
		return;
	}
	if (r->depth == 0 && strcmp(name, r->root) != 0) {
		stop(r, arena_printf(r->arena, "the outermost element is not %s", r->root));
		return;
	}
	attrs = json_object();
	for (; attributes[0]; attributes += 2)
		json_object_set_new(attrs, attributes[0], json_string(attributes[1]));
	verb = json_pack("{ss ss so s[]}", "verb", name, "text", "", "attrs", attrs, "inside");
	if (r->depth > 0)
		json_array_append_new(json_object_get(r->open[r->depth - 1], "inside"), verb);
	else
		json_keep(r->arena, verb);
	r->open[r->depth++] = verb;
}

static void end_element(void *context, const char *name)
{
	struct reading *r = context;

	(void)name;
	r->depth--;
}

static void add_text(void *context, const char *text, int len)
{
	struct reading *r = context;
	json_t *verb = r->depth ? r->open[r->depth - 1] : NULL;
	const char *before = json_string_of(verb, "text");

	if (verb)
		json_object_set_new(verb, "text",
				    sb_json_printf("%s%.*s", before ? before : "", len, text));
}

/* A document type could name entities that name entities. */
static void begin_doctype(void *context, const char *name, const char *system,
			  const char *public, int has_internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)has_internal;
	stop(context, "a document type is not taken");
}

json_t *sb_verbs(struct arena *arena, const char *root, const char *text, size_t len,
		 const char **problem)
{
	struct reading r = { .arena = arena, .root = root,
			     .parser = XML_ParserCreate("UTF-8") };
	enum XML_Status status;
	json_t *outermost;

	if (!r.parser)
		abort();
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, begin_element, end_element);
	XML_SetCharacterDataHandler(r.parser, add_text);
	XML_SetStartDoctypeDeclHandler(r.parser, begin_doctype);
	if (len > TEXT_MAX) {
		r.problem = "more than 64 KiB";
		status = XML_STATUS_ERROR;
	} else {
		status = XML_Parse(r.parser, text, (int)len, 1);
	}
	if (status != XML_STATUS_OK && !r.problem)
		r.problem = XML_ErrorString(XML_GetErrorCode(r.parser));
	outermost = r.open[0];
	XML_ParserFree(r.parser);
	*problem = r.problem;
	return r.problem || !outermost ? NULL : json_object_get(outermost, "inside");
}
