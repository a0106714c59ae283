/* lead.h - how leads are told to people. Private to cli/. Threads: the main thread. */
#ifndef CLI_LEAD_H
#define CLI_LEAD_H

#include <jansson.h>

#include "cli/command.h"

/* What a person would call it: name, address or number; not yet shown(). */
const char *lead_name(struct arena *arena, const json_t *lead);

/* Tells an answer of /v1/leads/{id}/why in sentences, the latest decision first. */
void lead_tell_why(struct cli *cli, const json_t *why);

#endif
