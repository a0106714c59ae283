/* answer.c - shows what the server answered. Threads: the main thread. */
#include "cli/answer.h"

#include <stdio.h>

#include "cli/print.h"

static int show(struct cli *cli, int rc, const json_t *answer, answer_tell_fn *tell)
{
	if (rc)
		return rc;
	if (cli->is_json)
		print_json(answer);
	else
		tell(cli, answer);
	return CLI_DONE;
}

int answer_get(struct cli *cli, const char *path, answer_tell_fn *tell)
{
	json_t *answer = NULL;
	int rc = client_get(cli, path, &answer);

	return show(cli, rc, answer, tell);
}

int answer_post(struct cli *cli, const char *path, const json_t *body, answer_tell_fn *tell)
{
	json_t *answer = NULL;
	int rc = client_post(cli, path, body, &answer);

	return show(cli, rc, answer, tell);
}

int answer_patch(struct cli *cli, const char *path, const json_t *body, answer_tell_fn *tell)
{
	json_t *answer = NULL;
	int rc = client_patch(cli, path, body, &answer);

	return show(cli, rc, answer, tell);
}

int answer_delete(struct cli *cli, const char *path, answer_tell_fn *tell)
{
	json_t *answer = NULL;
	int rc = client_delete(cli, path, &answer);

	return show(cli, rc, answer, tell);
}

int answer_post_each(struct cli *cli, const char *pattern, const json_t *body,
		     answer_tell_fn *tell)
{
	int rc = CLI_DONE;

	for (size_t i = 0; i < cli->nargs && rc == CLI_DONE; i++)
		rc = answer_post(cli, client_path(cli->arena, pattern, cli->args[i]), body, tell);
	return rc;
}

/* ---- Lists ---- */

static void tell_list(struct cli *cli, const json_t *answer, const struct answer_list *list)
{
	struct table *table = table_new(cli->arena, list->headers);
	const json_t *items = json_object_get(answer, "items"), *row;
	size_t i;

	if (json_array_size(items) == 0) {
		puts(list->nothing);
		return;
	}
	json_array_foreach((json_t *)items, i, row)
		list->add(cli, table, row);
	table_print(table);
	client_say_more(cli, answer);
}

int answer_get_list(struct cli *cli, const char *path, const struct answer_list *list)
{
	json_t *answer = NULL;
	int rc = cli->verb->needs & CLI_PAGES ? client_list(cli, path, &answer) :
						client_get(cli, path, &answer);

	if (rc)
		return rc;
	if (cli->is_json)
		print_json(answer);
	else
		tell_list(cli, answer, list);
	return CLI_DONE;
}
