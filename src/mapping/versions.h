/* versions.h - how two versions of a mapping differ. Threads: pure. */
#ifndef MAPPING_VERSIONS_H
#define MAPPING_VERSIONS_H

#include "model/mapping.h"

enum mapping_change_kind { MAPPING_ADDED, MAPPING_REMOVED, MAPPING_CHANGED };

/* One difference: a line that came or went, or one member of a line that stayed. */
struct mapping_change {
	enum mapping_change_kind kind;
	const char *to;     /* the CRM's field of the line; NULL: of the mapping itself */
	const char *member; /* "via", "policy"...; NULL of a line that came or went */
	const char *before, *after; /* as JSON: the member, or the whole line; NULL: none */
	const char *text;   /* for people: `Phone: via was none, is [{"truncate":40}]` */
};

/* Compares by target: the order of lines does not count, and a line that changes its
 * target is one that went and one that came. `old` may be NULL: all is new. Returns how
 * many differences there are; they are the arena's. */
size_t mapping_diff(struct arena *arena, const struct mapping *old,
		    const struct mapping *new, struct mapping_change **changes);

/* [{"change":"added","to":...,"member":...,"before":...,"after":...,"text":...}], a new
 * reference. */
json_t *mapping_diff_json(const struct mapping_change *changes, size_t count);

#endif
