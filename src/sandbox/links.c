/* links.c - associations between records. Threads: under the sandbox's lock. */
#include "sandbox/links.h"

#include <stdlib.h>

#include "sandbox/records_inside.h"

bool sb_link_has(const struct sb_record *from, const struct sb_record *to, int type)
{
	for (const struct sb_link *link = from->links; link; link = link->next)
		if (link->to == to && link->type == type)
			return true;
	return false;
}

bool sb_link_put(struct sb_record *from, struct sb_record *to, int type)
{
	struct sb_link *link;

	if (from == to || sb_link_has(from, to, type))
		return false;
	link = sb_alloc(sizeof(*link));
	link->to = to;
	link->type = type;
	link->next = from->links;
	from->links = link;
	return true;
}

bool sb_link_take(struct sb_record *from, const struct sb_record *to, int type)
{
	for (struct sb_link **at = &from->links; *at; at = &(*at)->next) {
		struct sb_link *link = *at;

		if (link->to != to || link->type != type)
			continue;
		*at = link->next;
		free(link);
		return true;
	}
	return false;
}

void sb_links_free(struct sb_record *record)
{
	while (record->links) {
		struct sb_link *link = record->links;

		record->links = link->next;
		free(link);
	}
}

static void note(struct sb_call *call, struct sb_record *from, struct sb_record *to, int type,
		 bool is_removed)
{
	struct sb_link_change *change = arena_alloc(call->arena, sizeof(*change));

	*change = (struct sb_link_change){ from, to, type, is_removed, call->linked };
	call->linked = change;
	sb_ledger_add(call, sb_object_spec(from->object)->name,
		      is_removed ? "unlinked" : "linked", from->id, from->version);
	call->sandbox->writes++;
}

bool sb_link_add(struct sb_call *call, struct sb_record *from, struct sb_record *to, int type,
		 int back)
{
	if (!sb_link_put(from, to, type))
		return false;
	sb_undo_link(from, to, type, true);
	if (sb_link_put(to, from, back))
		sb_undo_link(to, from, back, true);
	note(call, from, to, type, false);
	return true;
}

bool sb_link_remove(struct sb_call *call, struct sb_record *from, struct sb_record *to,
		    int type, int back)
{
	if (!sb_link_take(from, to, type))
		return false;
	sb_undo_link(from, to, type, false);
	if (sb_link_take(to, from, back))
		sb_undo_link(to, from, back, false);
	note(call, from, to, type, true);
	return true;
}

const struct sb_link *sb_link_next(const struct sb_record *from,
				   const struct sb_object *object, const struct sb_link *after)
{
	const struct sb_link *link = after ? after->next : from->links;

	while (link && (link->to->state != SB_LIVE || (object && link->to->object != object)))
		link = link->next;
	return link;
}
