/* answer.h - shows what the server answered: with --json as it came, else in words for
 * people. Private to cli/ and the commands. Threads: the main thread.
 *
 * Each of the functions asks and shows, and returns the command's exit code. */
#ifndef CLI_ANSWER_H
#define CLI_ANSWER_H

#include "cli/client.h"
#include "cli/table.h"

/* Tells an answer to a person. */
typedef void answer_tell_fn(struct cli *cli, const json_t *answer);

int answer_get(struct cli *cli, const char *path, answer_tell_fn *tell);
int answer_post(struct cli *cli, const char *path, const json_t *body, answer_tell_fn *tell);
int answer_patch(struct cli *cli, const char *path, const json_t *body, answer_tell_fn *tell);
int answer_delete(struct cli *cli, const char *path, answer_tell_fn *tell);

/* Posts to the path of each argument ("/v1/syncs/{}/run", {} the argument), one after the
 * other; the first that is refused ends it. */
int answer_post_each(struct cli *cli, const char *pattern, const json_t *body,
		     answer_tell_fn *tell);

/* How the rows of a list become a table. */
struct answer_list {
	const char *const *headers;  /* as table_new() takes them */
	void (*add)(struct cli *cli, struct table *table, const json_t *row);
	const char *nothing;         /* what is said when there are none */
};

/* Rows of {"items": [...]}; by pages when the verb takes --limit and --all. */
int answer_get_list(struct cli *cli, const char *path, const struct answer_list *list);

#endif
