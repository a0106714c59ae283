/* pause.h - pausing what has a name: connections, syncs. Private to cli/. Threads: the main
 * thread. */
#ifndef CLI_PAUSE_H
#define CLI_PAUSE_H

#include "cli/answer.h"

/* The flags of a verb that pauses. */
#define PAUSE_FLAGS { "reason", "TEXT", "why; shown beside its state" }

/* Pauses each argument by its path ("/v1/syncs/{}/pause", {} the argument) with the reason
 * that --reason gives, if any; otherwise as answer_post_each(). */
int pause_each(struct cli *cli, const char *pattern, answer_tell_fn *tell);

#endif
