/* apply_policy.c - whose value it is: whether a line may overwrite what is there.
 * Threads: pure.
 *
 * The rules stand in docs/architecture.md, "Whose value is it". */
#include "mapping/apply_policy.h"

#include <string.h>

#include "base/text.h"
#include "mapping/form.h"

static const char resolve[] = "choose one of the two values in the list of conflicts";

static const struct lead_field *origin_of(const struct applying *a,
					  const struct applied_line *line)
{
	return &a->origins[line - a->applied->lines];
}

/* What is there was put there by us and has not been changed since. */
static bool is_ours(const struct applying *a, const struct applied_line *line)
{
	const struct field *told = field_find(a->there->told, a->there->ntold,
					      line->line->field->to);

	return told && form_same(a->run.arena, line->line->target, told->value, line->seen);
}

static void by_newest(struct applying *a, struct applied_line *line)
{
	const struct field *told = field_find(a->there->told, a->there->ntold,
					      line->line->field->to);
	int64_t ours = origin_of(a, line)->at, theirs = a->there->changed_at;

	if (is_ours(a, line) || (theirs > 0 && ours > theirs))
		return;
	/* It was changed there after we told it; we have nothing new to say. */
	if (theirs > 0 || (told && form_same(a->run.arena, line->line->target, line->wanted,
					     told->value)))
		applied_say(line, LINE_KEPT, "older", "what is there may be newer", NULL);
	else
		applied_say(line, LINE_CONFLICT, "unknown_age",
			    "the values differ, and nobody knows when the CRM's was written",
			    resolve);
}

/* A person's word counts against the CRM's, if it came later. */
static bool is_persons(const struct applying *a, const struct applied_line *line)
{
	const struct lead_field *origin = origin_of(a, line);

	if (origin->writer != WRITER_PERSON || value_is_empty(origin->value))
		return false;
	return is_ours(a, line) ||
	       (a->there->changed_at > 0 && origin->at > a->there->changed_at);
}

/* Whether what is there is the line's default, as we wrote it for want of a value. */
static bool is_our_default(const struct applying *a, const struct applied_line *line)
{
	return !value_is_empty(line->line->fallback) && is_ours(a, line) &&
	       form_same(a->run.arena, line->line->target, line->line->fallback, line->seen);
}

static void by_policy(struct applying *a, struct applied_line *line)
{
	if (form_is_empty(line->seen) || is_our_default(a, line))
		return;
	switch (line->line->field->policy) {
	case POLICY_FAIRLEAD:
		return;
	case POLICY_NEWEST:
		by_newest(a, line);
		return;
	case POLICY_CRM:
		if (!is_persons(a, line))
			applied_say(line, LINE_KEPT, "crm_owned", "the field is the CRM's", NULL);
		return;
	case POLICY_FILL_IF_EMPTY:
		applied_say(line, LINE_KEPT, "not_empty",
			    "it is filled only where it is empty", NULL);
		return;
	case POLICY_MANUAL:
		applied_say(line, LINE_CONFLICT, "manual",
			    "the values differ, and a person decides this field", resolve);
		return;
	}
}

static bool is_among(const char *const *values, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal_nocase(values[i], text))
			return true;
	return false;
}

/* Whether what is there counts as nobody's: empty, or listed as unset. */
static bool is_unset(const struct applying *a, const struct applied_line *line)
{
	const struct connection *c = a->connection;
	const char *from = line->line->field->from;

	if (form_is_empty(line->seen))
		return true;
	if (!c || !line->seen.text)
		return false;
	if (strcmp(from, "owner") == 0)
		return is_among(c->unset_owners, c->nunset_owners, line->seen.text);
	if (strcmp(from, "status") == 0)
		return is_among(c->unset_statuses, c->nunset_statuses, line->seen.text);
	return false;
}

static bool is_open(const struct applying *a, const struct applied_line *line)
{
	return line->verdict == LINE_SAME || is_unset(a, line) || is_persons(a, line);
}

/* Status, owner and reason are written together where all of them are nobody's, or not at
 * all: one half alone would split the record. */
static void by_unit(struct applying *a)
{
	bool is_blocked = false, is_unread = false;

	for (size_t i = 0; i < a->applied->nlines; i++) {
		const struct applied_line *line = &a->applied->lines[i];

		if (!line->line->is_unit)
			continue;
		is_unread |= !line->is_seen;
		is_blocked |= line->is_seen && !is_open(a, line);
	}
	for (size_t i = 0; i < a->applied->nlines; i++) {
		struct applied_line *line = &a->applied->lines[i];

		if (!line->line->is_unit ||
		    (line->verdict != LINE_WRITE && line->verdict != LINE_HELD))
			continue;
		if (is_blocked)
			applied_say(line, LINE_KEPT, "crm_owned",
				    "status, owner and reason are the CRM's, and one of them is "
				    "in use there", NULL);
		else if (is_unread && line->verdict == LINE_WRITE)
			applied_say(line, LINE_UNREAD, "unread",
				    "status, owner and reason are written only where nobody has "
				    "set them", NULL);
	}
}

/* What a connection told us is never told back to it. */
static bool is_echo(const struct applying *a, const struct applied_line *line)
{
	const struct lead_field *origin = origin_of(a, line);

	return a->connection && !line->is_default && origin->writer == WRITER_CONNECTION &&
	       origin->writer_id == a->connection->id;
}

static void on_line(struct applying *a, struct applied_line *line)
{
	struct applied_line held = *line;

	if (is_echo(a, line))
		applied_say(line, LINE_KEPT, "echo", "the value came from this CRM", NULL);
	else if (line->line->is_unit)
		return;
	else if (!line->is_seen && line->line->field->policy != POLICY_FAIRLEAD &&
		 !(line->line->target && line->line->target->is_write_only))
		applied_say(line, LINE_UNREAD, "unread", "what is there must be read first",
			    NULL);
	else
		by_policy(a, line);
	/* A value that does not fit is no matter where it would not be written anyway. */
	if (held.verdict == LINE_HELD && line->verdict != LINE_KEPT)
		*line = held;
}

static void on_update(struct applying *a)
{
	for (size_t i = 0; i < a->applied->nlines; i++) {
		struct applied_line *line = &a->applied->lines[i];

		if (line->verdict == LINE_WRITE || line->verdict == LINE_HELD)
			on_line(a, line);
	}
	by_unit(a);
}

/* With `assigns: crm` the CRM's own rules pick the owner of a new record. */
static void on_create(struct applying *a)
{
	for (size_t i = 0; i < a->applied->nlines; i++) {
		struct applied_line *line = &a->applied->lines[i];

		if (line->verdict == LINE_WRITE && a->connection &&
		    a->connection->assigns == ASSIGNS_CRM &&
		    text_equal(line->line->field->from, "owner"))
			applied_say(line, LINE_KEPT, "crm_assigns",
				    "the CRM's own rules assign new records", NULL);
	}
}

void policy_apply(struct applying *a)
{
	if (a->applied->action == RECORD_UPDATE)
		on_update(a);
	else
		on_create(a);
}
