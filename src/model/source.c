/* source.c - where leads come from: the words of its kinds. Threads: pure. */
#include "model/source.h"

#include "base/text.h"

static const char *const kind_names[] = {
	[SOURCE_API] = "api",
	[SOURCE_FORM] = "form",
	[SOURCE_FILE] = "file",
};

static const char *const trust_names[] = {
	[TRUST_TRUSTED] = "trusted",
	[TRUST_PUBLIC] = "public",
};

static const char *const lane_names[] = {
	[LANE_HOT] = "hot",
	[LANE_NORMAL] = "normal",
	[LANE_BULK] = "bulk",
};

/* The place of `name` among `count` names, or -1. */
static int find(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(names[i], name))
			return (int)i;
	return -1;
}

const char *source_kind_name(enum source_kind kind)
{
	return kind_names[kind];
}

bool source_kind_parse(const char *name, enum source_kind *kind)
{
	int at = find(kind_names, ARRAY_LEN(kind_names), name);

	if (at >= 0)
		*kind = (enum source_kind)at;
	return at >= 0;
}

const char *trust_name(enum trust trust)
{
	return trust_names[trust];
}

bool trust_parse(const char *name, enum trust *trust)
{
	int at = find(trust_names, ARRAY_LEN(trust_names), name);

	if (at >= 0)
		*trust = (enum trust)at;
	return at >= 0;
}

const char *lane_name(enum lane lane)
{
	return lane_names[lane];
}

bool lane_parse(const char *name, enum lane *lane)
{
	int at = find(lane_names, ARRAY_LEN(lane_names), name);

	if (at >= 0)
		*lane = (enum lane)at;
	return at >= 0;
}
