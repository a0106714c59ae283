/* replay.c - the command `fairlead replay`: makes every kept decision again from what it
 * recorded, and compares. Threads: the main thread. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/seal.h"
#include "pipeline/pipeline.h"
#include "serve/serve.h"
#include "store/configs.h"
#include "store/leads.h"
#include "text/unicode.h"

extern char **environ;

struct replay {
	struct store *store;
	int64_t workspace;
	int64_t version;         /* of the configuration in `config`; -1: none yet */
	struct arena *config_arena;
	struct config *config;
	long long same, different, unreadable;
	long long forgotten;     /* their time was over, or their lead was erased */
};

/* Decisions in order were mostly made under the same configuration. */
static int load_config(struct replay *replay, struct view *view, int64_t version,
		       struct error *err)
{
	if (replay->config && replay->version == version)
		return 0;
	arena_free(replay->config_arena);
	replay->config_arena = arena_new();
	replay->config = arena_alloc(replay->config_arena, sizeof(*replay->config));
	replay->version = version;
	return config_at(view, replay->workspace, version, replay->config_arena,
			 replay->config, err);
}

static const char *decide_again(struct replay *replay, struct view *view,
				const char *record, struct arena *arena, struct error *err)
{
	static const struct json_limits limits = { 4u << 20, 16, 400000 };
	json_t *json = json_parse(arena, record, strlen(record), &limits, err);
	struct ground ground;
	struct buf buf;

	if (!json || load_config(replay, view, json_int_of(json, "config", -1), err) < 0 ||
	    ground_from_json(arena, json, replay->config, &ground, err) < 0)
		return NULL;
	buf_init(&buf, arena, 4u << 20);
	buf_add_decision(&buf, &ground, pipeline_decide(&ground));
	return buf_text(&buf);
}

/* A lead that this decision looked at was erased, and with it what it looked at. */
static bool is_ground_erased(const struct kept_submission *s, struct arena *arena)
{
	static const struct json_limits limits = { 4u << 20, 16, 400000 };
	json_t *json = json_parse(arena, s->decision, strlen(s->decision), &limits, NULL);

	return json_is_true(json_object_get(json, "erased"));
}

static void compare(struct replay *replay, struct view *view,
		    const struct kept_submission *s, struct arena *arena)
{
	struct error err = { 0 };
	char id[ID_TEXT_SIZE];
	const char *again;

	if (!s->decision) {
		replay->forgotten++;
		return;
	}
	again = decide_again(replay, view, s->decision, arena, &err);
	if (again && strcmp(again, s->decision) == 0) {
		replay->same++;
		return;
	}
	if (!again && is_ground_erased(s, arena)) {
		replay->forgotten++;
		return;
	}
	id_format(s->id, id);
	if (again) {
		replay->different++;
		printf("different: submission %s\n", id);
	} else {
		replay->unreadable++;
		printf("unreadable: submission %s: %s\n", id, err.message);
	}
}

enum { PAGE = 100 };

/* One page in a view of its own: no read transaction lasts. 1 while there may be more. */
static int replay_page(struct replay *replay, int64_t *before, struct error *err)
{
	struct actor actor = { .workspace = replay->workspace };
	struct arena *arena = arena_new();
	struct view *view = view_open(replay->store, arena, err);
	struct kept_submission *rows;
	size_t count = 0;
	int rc = -1;

	if (view) {
		rc = submission_list_all(view, &actor, *before, PAGE, &rows, &count, err);
		for (size_t i = 0; rc >= 0 && i < count; i++)
			compare(replay, view, &rows[i], arena);
		view_close(view);
	}
	if (rc >= 0 && count)
		*before = rows[count - 1].id;
	arena_free(arena);
	return rc < 0 ? -1 : count == PAGE;
}

static int replay_all(struct store *store, struct replay *replay, struct error *err)
{
	struct arena *arena = arena_new();
	struct view *view = view_open(store, arena, err);
	int64_t *workspaces;
	size_t count = 0;
	int more = -1;

	if (view) {
		more = workspace_list_any_workspace(view, &workspaces, &count, err);
		view_close(view);
	}
	for (size_t i = 0; more >= 0 && i < count; i++) {
		int64_t before = 0;

		replay->workspace = workspaces[i];
		replay->config = NULL;
		while ((more = replay_page(replay, &before, err)) == 1)
			;
	}
	arena_free(arena);
	return more;
}

static int run(const struct serve_settings *settings, struct error *err)
{
	struct arena *arena = arena_new();
	struct replay replay = { .version = -1 };
	struct keyring keyring;
	struct store_config config = { .uri = settings->store, .data = settings->data,
				       .keyring = &keyring };
	int rc = -1;

	if (keyring_open(&keyring, arena_printf(arena, "%s/master.key", settings->data), 0,
			 err) == 0) {
		replay.store = store_open(&config, err);
		if (replay.store)
			rc = replay_all(replay.store, &replay, err);
		store_close(replay.store);
		keyring_wipe(&keyring);
	}
	arena_free(replay.config_arena);
	arena_free(arena);
	if (rc < 0)
		return -1;
	printf("%lld decisions are the same again, %lld are different, %lld could not be read\n",
	       replay.same, replay.different, replay.unreadable);
	if (replay.forgotten)
		printf("%lld could not be made again: what they were made of was kept only for "
		       "a time (settings.keep), or erased\n",
		       replay.forgotten);
	return replay.different || replay.unreadable ? 1 : 0;
}

int replay_command(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct serve_settings settings;
	struct error err = { 0 };
	int rc = 2;

	if (serve_settings_read(arena, argc - 1, argv + 1, environ, &settings, &err) < 0) {
		fprintf(stderr, "fairlead replay: %s\n", err.message);
	} else if (settings.wants_help) {
		puts("usage: fairlead replay --data DIR\n\n"
		     "Makes every kept decision again, from what it recorded and under the\n"
		     "configuration of its time, and compares. The server must be stopped.\n"
		     "Exit status 0: all are the same; 1: some are not; 2: it could not look.");
		rc = 0;
	} else if (text_init(&err) < 0 || (rc = run(&settings, &err)) < 0) {
		fprintf(stderr, "fairlead replay: %s\n", err.message);
		rc = 2;
	}
	arena_free(arena);
	return rc;
}
