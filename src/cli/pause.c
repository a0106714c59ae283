/* pause.c - pausing what has a name. Threads: the main thread. */
#include "cli/pause.h"

#include "base/json.h"

int pause_each(struct cli *cli, const char *pattern, answer_tell_fn *tell)
{
	json_t *body = json_keep(cli->arena, json_object());

	if (cli_has(cli, "reason"))
		json_object_set_new(body, "reason", json_string(cli_flag(cli, "reason")));
	return answer_post_each(cli, pattern, body, tell);
}
