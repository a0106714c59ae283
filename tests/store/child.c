/* child.c - a process that keeps numbered rows and says which were kept, to be killed.
 * Threads: its own, and the committer.
 *
 *     child URI FOLDER FIRST COUNT IN_FLIGHT SIZE
 *
 * opens the store with FOLDER/master.key and keeps the rows FIRST, FIRST + 1... (COUNT of
 * them, 0: for ever), IN_FLIGHT at a time, each with SIZE bytes of payload. It writes "+N"
 * when a row is kept, "-N code" when it was refused, "n" and "y" when the store stops and
 * begins to accept, and "." when all are done and the store is idle. */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/audit.h"
#include "store/internal.h"
#include "store/store.h"

struct row {
	struct unit unit;
	int64_t number;
};

static sem_t room;
static char *payload;

static void say(const char *format, long long number, const char *word)
{
	char line[80];
	int len = snprintf(line, sizeof(line), format, number, word);

	if (write(STDOUT_FILENO, line, (size_t)len) != len)
		_exit(3);
}

static int keep_row(struct tx *tx, struct unit *unit, struct error *err)
{
	const struct row *row = (struct row *)unit;
	struct actor actor = { .workspace = 1 };

	tx_count(tx, 1, "rows", 1);
	if (db_write(tx_view(tx)->db,
		     "INSERT INTO counter (workspace, name, value) VALUES (9, $1, $2)",
		     DB_VALUES(db_text(arena_printf(tx_arena(tx), "%lld %s",
						    (long long)row->number, payload)),
			       db_int(row->number)),
		     err) < 0)
		return -1;
	return audit_add(tx, &actor, "row.kept", "row", row->number, NULL, NULL, err);
}

static void tell(struct unit *unit, int result, const struct error *err)
{
	struct row *row = (struct row *)unit;

	if (result < 0)
		say("-%lld %s\n", row->number, error_code_name(err->code));
	else
		say("+%lld\n", row->number, "");
	free(row);
	sem_post(&room);
}

static void wait_until_accepting(struct store *store)
{
	if (store_is_accepting(store))
		return;
	say("n\n", 0, "");
	while (!store_is_accepting(store))
		usleep(5000);
	say("y\n", 0, "");
}

static void run(struct store *store, int64_t first, int64_t count, int in_flight)
{
	for (int64_t i = 0; count == 0 || i < count; i++) {
		struct row *row = calloc(1, sizeof(*row));

		if (!row)
			abort();
		row->unit = (struct unit){ .run = keep_row, .done = tell, .workspace = 1 };
		row->number = first + i;
		sem_wait(&room);
		wait_until_accepting(store);
		store_submit(store, URGENCY_INTERACTIVE, &row->unit);
	}
	for (int i = 0; i < in_flight; i++)
		sem_wait(&room);
}

int main(int argc, char **argv)
{
	struct error err = { 0 };
	struct keyring keyring;
	struct store *store;
	char path[4096];

	if (argc != 7)
		return 4;
	snprintf(path, sizeof(path), "%s/master.key", argv[2]);
	sem_init(&room, 0, (unsigned)atoi(argv[5]));
	payload = calloc(1, (size_t)atoi(argv[6]) + 1);
	memset(payload, 'x', (size_t)atoi(argv[6]));
	if (keyring_open(&keyring, path, 0, &err) < 0) {
		fprintf(stderr, "%s\n", err.message);
		return 5;
	}
	store = store_open(&(struct store_config){ .uri = argv[1],
						   .data = argv[2],
						   .keyring = &keyring },
			   &err);
	if (!store) {
		fprintf(stderr, "%s\n", err.message);
		return 6;
	}
	run(store, atoll(argv[3]), atoll(argv[4]), atoi(argv[5]));
	say(".\n", 0, "");
	pause(); /* whoever reads this ends us */
	return 0;
}
