/* reseal_test.c - the master key is changed while everything stays readable. */
#include "store/box.h"

#include <fcntl.h>
#include <unistd.h>

#include "store/audit.h"
#include "store/columns.h"
#include "store/configs.h"
#include "store/deliveries.h"
#include "store/reseal.h"

#define NEW_LINE "2 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"

static const struct actor actor = { .workspace = 1, .kind = ACTOR_SYSTEM };

static int keep_secrets(struct tx *tx, void *context, struct error *err)
{
	(void)context;
	for (int i = 0; i < 40; i++) {
		if (secret_keep(tx, &actor, 100 + i, "secret", "hush", "https://crm.example.org",
				err) < 0)
			return -1;
	}
	return 0;
}

/* The line that the first opening wrote. */
static void read_key_line(struct box *box, char line[128])
{
	int fd = open(box_path(box, "master.key"), O_RDONLY);
	ssize_t len = read(fd, line, 127);

	close(fd);
	assert_true(len > 0);
	line[len] = '\0';
}

/* A key file of these lines is what the box opens its store with from now on; 0 or -1. */
static void set_keys(struct box *box, const char *first, const char *second)
{
	const char *path = box_path(box, "master.key");
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT, 0400);
	assert_true(dprintf(fd, "%s%s", first, second) > 0);
	close(fd);
	keyring_wipe(&box->keyring);
	assert_int_equal(keyring_open(&box->keyring, path, 0, &box->err), 0);
}

static void assert_everything_opens(struct box *box)
{
	struct audit_report report;
	struct hash_key key;
	struct view *view = view_open(box->store, box->arena, &box->err);
	const char *origins;

	for (int i = 0; i < 40; i++) {
		struct secret secret;

		assert_int_equal(secret_open(view, 1, 100 + i, "secret", &secret, &origins,
					     &box->err), 1);
		assert_string_equal(secret.text, "hush");
		secret_close(&secret);
	}
	assert_int_equal(workspace_hash_key(view, 1, &key, &box->err), 0);
	view_close(view);
	assert_int_equal(audit_verify(box->store, 1, box_path(box, "audit.heads"), &report,
				      &box->err), 0);
	assert_string_equal(report.what, "");
	assert_true(report.heads > 0);
}

static int64_t sealed_old(struct box *box)
{
	struct view *view = view_open(box->store, box->arena, &box->err);
	int64_t count = -1;

	assert_int_equal(store_sealed_old(view, &count, &box->err), 0);
	view_close(view);
	return count;
}

static void reseal_all(struct box *box)
{
	int count;

	while ((count = store_reseal(box->store, 32, &box->err)) > 0)
		;
	if (count < 0)
		fail_msg("%s", box->err.message);
}

static void a_new_key_seals_everything_and_the_old_one_may_go(struct box *box)
{
	char old[128];

	box_open(box, NULL);
	assert_int_equal(box_do(box, keep_secrets, NULL), 0);
	box_close(box); /* writes signed heads */
	read_key_line(box, old);

	set_keys(box, NEW_LINE, old);
	box_open(box, NULL);
	assert_everything_opens(box);
	assert_int_equal(sealed_old(box), 44);
	reseal_all(box);
	assert_int_equal(sealed_old(box), 0);
	box_close(box);

	set_keys(box, NEW_LINE, "");
	box_open(box, NULL);
	assert_everything_opens(box);
	assert_int_equal(box_do(box, keep_secrets, NULL), 0);
	assert_everything_opens(box);
}

static void assert_refused(struct box *box, const char *message)
{
	struct store_config config = box_config(box);

	assert_null(store_open(&config, &box->err));
	assert_int_equal(box->err.code, ERR_DENIED);
	if (!strstr(box->err.message, message))
		fail_msg("%s", box->err.message);
}

static void an_old_key_that_goes_too_early_is_named(struct box *box)
{
	char old[128];

	box_open(box, NULL);
	assert_int_equal(box_do(box, keep_secrets, NULL), 0);
	box_close(box);
	read_key_line(box, old);
	set_keys(box, NEW_LINE, "");
	assert_refused(box, "sealed under master key 1, which is not in master.key");

	/* Half of it is sealed anew, and still the old one is needed. */
	set_keys(box, NEW_LINE, old);
	box_open(box, NULL);
	assert_int_equal(store_reseal(box->store, 32, &box->err), 32);
	box_close(box);
	set_keys(box, NEW_LINE, "");
	assert_refused(box, "sealed under master key 1, which is not in master.key");
	set_keys(box, NEW_LINE, old);
	box_open(box, NULL);
	reseal_all(box);
	assert_everything_opens(box);
}

/* From before there were keys of its own: they were derived from the oldest master key. */
static void a_store_of_before_keeps_its_chain(struct box *box)
{
	struct audit_report report;
	char old[128];

	box_open(box, NULL);
	box_close(box);
	box_meddle(box, "UPDATE installation SET audit_key = NULL, heads_key = NULL");
	unlink(box_path(box, "audit.heads"));
	box_open(box, NULL);
	assert_int_equal(box_do(box, keep_secrets, NULL), 0);
	box_close(box);
	read_key_line(box, old);
	set_keys(box, NEW_LINE, old);
	box_open(box, NULL);
	reseal_all(box);
	box_close(box);
	set_keys(box, NEW_LINE, "");
	box_open(box, NULL);
	assert_int_equal(audit_verify(box->store, 1, box_path(box, "audit.heads"), &report,
				      &box->err), 0);
	assert_string_equal(report.what, "");
	assert_int_equal(report.entries, 40);
}

static bool is_resealed(const struct column *column)
{
	char name[100];

	snprintf(name, sizeof(name), "%s.%s", column->table, column->name);
	for (size_t i = 0; reseal_columns[i]; i++)
		if (strcmp(reseal_columns[i], name) == 0)
			return true;
	return strcmp(name, "token.hash") == 0; /* a hash, not sealed */
}

static void no_sealed_column_is_forgotten(struct box *box)
{
	(void)box;
	for (size_t i = 0; i < store_ncolumns; i++)
		if (store_columns[i].kind == COLUMN_SECRET && !is_resealed(&store_columns[i]))
			fail_msg("%s.%s is never sealed anew", store_columns[i].table,
				 store_columns[i].name);
}

int main(int argc, char **argv)
{
	static const struct box_case cases[] = {
		BOX_CASE(a_new_key_seals_everything_and_the_old_one_may_go),
		BOX_CASE(an_old_key_that_goes_too_early_is_named),
		BOX_CASE(a_store_of_before_keeps_its_chain),
		BOX_CASE_SQLITE(no_sealed_column_is_forgotten),
	};

	return box_run(argc, argv, cases, ARRAY_LEN(cases));
}
