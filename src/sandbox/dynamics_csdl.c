/* dynamics_csdl.c - $metadata: tables, columns and navigation properties in OData's own
 * language (CSDL), which the contexts of all answers point into. Threads: under the sandbox's
 * lock.
 *
 * The sheet names the document and shows none: what is here follows OData 4.0. */
#include <string.h>

#include "base/text.h"
#include "sandbox/dynamics.h"
#include "sandbox/render.h"

#define SIZE_MAX_BYTES (4u << 20)
#define NAMESPACE "Microsoft.Dynamics.CRM"

static void add_attribute(struct buf *buf, const char *name, const char *value)
{
	buf_addf(buf, " %s=\"", name);
	sb_add_markup(buf, value);
	buf_addc(buf, '"');
}

static bool is_shown(const struct sb_field *field)
{
	return !(field->flags & (SB_HIDDEN | SB_ARCHIVED)) && field->type != SB_JSON;
}

/* A lookup is a column of the id, by its name for reading. */
static void add_property(struct sb_call *call, struct buf *buf, const struct sb_field *field)
{
	const char *name = field->refers_to ?
				   arena_printf(call->arena, "_%s_value", field->name) :
				   field->name;

	buf_add(buf, "<Property");
	add_attribute(buf, "Name", name);
	add_attribute(buf, "Type", dynamics_edm(field));
	if (field->max_len)
		buf_addf(buf, " MaxLength=\"%d\"", field->max_len);
	if (field->flags & SB_REQUIRED)
		buf_add(buf, " Nullable=\"false\"");
	buf_add(buf, "/>");
}

/* One for each table that a lookup may lead to; an owner has one for both. */
static void add_links(struct sb_call *call, struct buf *buf, const struct sb_field *field)
{
	bool is_owner = text_equal(field->kind, "Owner");
	struct sb_object *target;

	for (size_t i = 0; field->refers_to && (target = dynamics_target(field, i)); i++) {
		const char *type = is_owner ? "principal" : dynamics_table_of(target)->name;

		buf_add(buf, "<NavigationProperty");
		add_attribute(buf, "Name", dynamics_link_of(call->arena, field, target));
		add_attribute(buf, "Type", arena_printf(call->arena, "mscrm.%s", type));
		buf_add(buf, "><ReferentialConstraint");
		add_attribute(buf, "Property", arena_printf(call->arena, "_%s_value", field->name));
		add_attribute(buf, "ReferencedProperty",
			      is_owner ? "ownerid" : dynamics_table_of(target)->id);
		buf_add(buf, "/></NavigationProperty>");
		if (is_owner)
			return;
	}
}

static void add_table(struct sb_call *call, struct buf *buf, const struct sb_object *object)
{
	const struct dynamics_table *table = dynamics_table_of(object);

	buf_add(buf, "<EntityType");
	add_attribute(buf, "Name", table->name);
	buf_add(buf, " BaseType=\"mscrm.crmbaseentity\"><Key><PropertyRef");
	add_attribute(buf, "Name", table->id);
	buf_add(buf, "/></Key>");
	for (size_t i = 0; i < sb_object_nfields(object); i++)
		if (is_shown(sb_object_field(object, i)))
			add_property(call, buf, sb_object_field(object, i));
	for (size_t i = 0; i < sb_object_nfields(object); i++)
		if (is_shown(sb_object_field(object, i)))
			add_links(call, buf, sb_object_field(object, i));
	buf_add(buf, "</EntityType>");
}

static void add_set(struct buf *buf, const struct dynamics_table *table)
{
	buf_add(buf, "<EntitySet");
	add_attribute(buf, "Name", table->set);
	buf_addf(buf, " EntityType=\"" NAMESPACE ".%s\"/>", table->name);
}

void dynamics_csdl(struct sb_call *call)
{
	struct buf buf;

	buf_init(&buf, call->arena, SIZE_MAX_BYTES);
	buf_add(&buf, "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
		      "<edmx:Edmx Version=\"4.0\" "
		      "xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\"><edmx:DataServices>"
		      "<Schema Namespace=\"" NAMESPACE "\" Alias=\"mscrm\" "
		      "xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">"
		      "<EntityType Name=\"crmbaseentity\" Abstract=\"true\"/>"
		      "<EntityType Name=\"principal\" BaseType=\"mscrm.crmbaseentity\"><Key>"
		      "<PropertyRef Name=\"ownerid\"/></Key><Property Name=\"ownerid\" "
		      "Type=\"Edm.Guid\"/></EntityType>");
	for (size_t i = 0; i < dynamics_ntables; i++)
		add_table(call, &buf, sb_object_find(call->account, dynamics_tables[i].set));
	buf_add(&buf, "<EntityContainer Name=\"System\">");
	for (size_t i = 0; i < dynamics_ntables; i++)
		add_set(&buf, &dynamics_tables[i]);
	buf_add(&buf, "</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>");
	if (buf.is_over)
		dynamics_problem(call, SB_PROBLEM_FULL, 0);
	else
		sb_reply_text(call, 200, "application/xml", buf_text(&buf), buf.len);
}
