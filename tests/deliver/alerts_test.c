/* alerts_test.c - alerts of several workspaces, some of whose receivers hang. */
#include "../http/raw.h"
#include "store/box.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "deliver/deliver.h"
#include "store/configs.h"
#include "store/deliveries.h"

#define PATIENCE_MS 15000 /* less than a receiver is waited for: 20 s */

/* ---- A workspace, with a receiver on a port and alerts that are due ---- */

struct told {
	int port, alerts;
	int64_t due_at;    /* the first of them; also the workspace's name */
	int64_t workspace; /* out */
};

static int set_webhook(struct tx *tx, const struct actor *actor, int port, struct error *err)
{
	json_t *spec = json_pack("{s:o}", "webhook",
				 json_sprintf("http://127.0.0.1:%d/", port));
	const struct config_item settings = { .kind = "settings", .name = "settings",
					      .spec = spec };
	int applied = config_apply(tx, actor, &settings, 1, false, err);

	json_decref(spec);
	return applied < 0 ? -1 : 0;
}

static int add_run(struct tx *tx, void *context, struct error *err)
{
	struct told *told = context;
	const char *name = arena_printf(tx_arena(tx), "due at %lld", (long long)told->due_at);
	struct actor actor = { 0 };

	if (workspace_add_any_workspace(tx, name, &told->workspace, err) < 0)
		return -1;
	actor.workspace = told->workspace;
	if (set_webhook(tx, &actor, told->port, err) < 0)
		return -1;
	for (int i = 0; i < told->alerts; i++)
		if (alert_raise(tx, &actor, arena_printf(tx_arena(tx), "cause-%d", i), "drift",
				i, "a change", told->due_at + i, err) < 0)
			return -1;
	return 0;
}

static int64_t workspace_told_at(struct box *box, int port, int alerts, int64_t due_at)
{
	struct told told = { .port = port, .alerts = alerts, .due_at = due_at };

	if (box_do(box, add_run, &told) < 0)
		fail_msg("%s", box->err.message);
	return told.workspace;
}

static struct deliverer *start(struct box *box)
{
	static const struct http_network loopback = {
		.address = { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 }, .prefix = 128
	};
	const struct deliver_config config = { .store = box->store, .allowed = &loopback,
					       .nallowed = 1 };
	struct deliverer *deliverer = deliverer_start(&config, &box->err);

	assert_non_null(deliverer);
	return deliverer;
}

/* How many of the workspace's alerts are in that state, having been tried so often. */
static int64_t count_of(struct box *box, int64_t workspace, const char *state, int tries)
{
	return box_number(box, arena_printf(box->arena,
					    "SELECT count(*) FROM alert WHERE workspace = %lld "
					    "AND state = '%s' AND tries = %d",
					    (long long)workspace, state, tries));
}

static void wait_sent(struct box *box, int64_t workspace, int64_t count)
{
	int64_t until = clock_now() + PATIENCE_MS;

	while (count_of(box, workspace, "sent", 1) < count) {
		assert_true(clock_now() < until);
		usleep(5000);
	}
}

static void take(int fd, int n, void *context)
{
	char request[8192];

	(void)n;
	(void)context;
	if (raw_read_request(fd, request, sizeof(request)))
		raw_send(fd, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

/* What came to a receiver that never answers: how many connections there were, with the first
 * one's request in `text`. */
static int came_to(int fd, char *text, size_t size)
{
	int count = 0;

	for (;;) {
		int got = accept(fd, NULL, NULL);

		if (got < 0)
			return count;
		if (count++ == 0)
			assert_true(raw_read_request(got, text, size));
		close(got);
	}
}

/* ---- The tests ---- */

static void a_receiver_that_hangs_holds_only_its_own(struct box *box)
{
	struct raw_server *good = raw_server_start(take, NULL);
	struct deliverer *deliverer;
	int64_t hung, other;
	char request[8192] = "";
	int port, fd = raw_listen(&port);

	fcntl(fd, F_SETFL, O_NONBLOCK);
	box_open(box, NULL);
	hung = workspace_told_at(box, port, 3, 1);
	other = workspace_told_at(box, raw_server_port(good), 2, 1000);
	deliverer = start(box);
	wait_sent(box, other, 2);
	/* Nobody has given up the first one by then, or begun its workspace's next. */
	assert_int_equal(count_of(box, hung, "waiting", 0), 3);
	assert_int_equal(came_to(fd, request, sizeof(request)), 1);
	assert_non_null(strstr(request, "\"type\":\"alert.drift\""));
	deliverer_stop(deliverer, 0);
	raw_server_stop(good);
	close(fd);
}

static void all_that_hang_have_their_turn(struct box *box)
{
	enum { HUNG = 40, SIDE_BY_SIDE = 16 };
	struct deliverer *deliverer;
	int port, fd = raw_listen(&port), held[SIDE_BY_SIDE], count = 0;
	int64_t until = clock_now() + PATIENCE_MS;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	box_open(box, NULL);
	for (int i = 0; i < HUNG; i++)
		workspace_told_at(box, port, 1, 1 + i);
	deliverer = start(box);
	/* So many are kept waiting at once, and no more. */
	while (count < SIDE_BY_SIDE) {
		held[count] = accept(fd, NULL, NULL);
		count += held[count] >= 0;
		assert_true(clock_now() < until);
	}
	assert_int_equal(accept(fd, NULL, NULL), -1);
	while (count > 0)
		close(held[--count]);
	while (box_number(box, "SELECT count(*) FROM alert WHERE tries = 0") > 0) {
		int got = accept(fd, NULL, NULL);

		if (got >= 0)
			close(got);
		assert_true(clock_now() < until);
	}
	deliverer_stop(deliverer, 0);
	close(fd);
}

static const struct box_case cases[] = {
	BOX_CASE(a_receiver_that_hangs_holds_only_its_own),
	BOX_CASE(all_that_hang_have_their_turn),
};

int main(int argc, char **argv)
{
	return box_run(argc, argv, cases, ARRAY_LEN(cases));
}
