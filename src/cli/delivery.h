/* delivery.h - how deliveries are asked for and shown: of those that need a person too.
 * Private to cli/. Threads: the main thread. */
#ifndef CLI_DELIVERY_H
#define CLI_DELIVERY_H

#include "cli/command.h"

#define DELIVERY_FILTER_FLAGS                                                          \
	{ "connection", "NAME", "only those of this connection" },                      \
	{ "lead", "ID", "only those of this lead" },                                    \
	{ "code", "CODE", "only dead letters with this code" }

/* `path` with the filter that the flags give. */
const char *delivery_path(struct cli *cli, const char *path);

/* Shows the deliveries at `path` that the flags name, or says `nothing`; the exit code. */
int delivery_get_list(struct cli *cli, const char *path, const char *nothing);

/* Tells one with all that was tried. */
void delivery_tell(struct cli *cli, const json_t *delivery);

#endif
