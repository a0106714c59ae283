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

void delivery_print_list(struct cli *cli, const json_t *list);
void delivery_print(struct cli *cli, const json_t *delivery);

#endif
