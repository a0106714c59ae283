/* settings_test.c - the server's own configuration, layer over layer. */
#include "../support/check.h"

#include <unistd.h>

#include "base/text.h"
#include "serve/settings.h"

#define ARGS_MAX 16

static char path[] = P_tmpdir "/settings_test_XXXXXX";

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fputs(text, file) >= 0, 1);
	assert_int_equal(fclose(file), 0);
}

/* Splits `line` at blanks into arguments; "@" stands for the file's path. */
static int split(struct arena *arena, const char *line, char *args[ARGS_MAX])
{
	char *rest = arena_strdup(arena, line), *word;
	int count = 0;

	while ((word = strsep(&rest, " ")) != NULL)
		if (*word && count < ARGS_MAX - 1)
			args[count++] = strcmp(word, "@") == 0 ? path : word;
	args[count] = NULL;
	return count;
}

static int settings_of(struct arena *arena, const char *flags, const char *environment,
		struct serve_settings *settings, struct error *err)
{
	char *args[ARGS_MAX], *variables[ARGS_MAX];
	int count = split(arena, flags, args);

	split(arena, environment, variables);
	return serve_settings_read(arena, count, args, variables, settings, err);
}

static void nothing_given_listens_on_loopback_in_the_users_folder(void **state)
{
	struct arena *arena = arena_new();
	struct serve_settings s;
	struct error err;

	(void)state;
	assert_int_equal(settings_of(arena, "", "HOME=/home/ada", &s, &err), 0);
	assert_string_equal(s.data, "/home/ada/.local/share/fairlead");
	assert_string_equal(s.address, "127.0.0.1");
	assert_int_equal(s.port, 8080);
	assert_true(s.is_sqlite);
	assert_string_equal(s.store, "/home/ada/.local/share/fairlead/fairlead.db");
	assert_null(s.public_url);
	assert_null(s.ca_file);
	assert_int_equal(s.proxies.count, 0);
	assert_int_equal(s.allowed.count, 0);
	assert_int_equal(s.log_level, LOG_INFO);
	assert_int_equal(s.log_format, LOG_LOGFMT);
	assert_int_equal(s.threads, 2);
	assert_int_equal(s.connections, 2048);
	assert_int_equal(s.connections_per_peer, 0);
	assert_int_equal(s.idle_ms, 60000);
	assert_int_equal(s.body_ms, 30000);
	assert_int_equal(s.stop_ms, 25000);
	assert_int_equal(s.memory, 128 << 20);
	assert_int_equal(s.free_disk, 64 << 20);
	assert_int_equal(s.waiting, 20000);
	assert_int_equal(s.commit_units, 128);
	assert_int_equal(s.token_rate, 5000);
	assert_int_equal(s.source_rate, 1000);
	assert_int_equal(s.peer_rate, 10);
	assert_int_equal(s.node, 0);
	assert_false(s.wants_help);
	assert_int_equal(s.nrest, 0);

	assert_int_equal(settings_of(arena, "", "HOME=/home/ada XDG_DATA_HOME=/d", &s, &err), 0);
	assert_string_equal(s.data, "/d/fairlead");
	/* The XDG specification has relative paths ignored. */
	assert_int_equal(settings_of(arena, "", "HOME=/h XDG_DATA_HOME=d", &s, &err), 0);
	assert_string_equal(s.data, "/h/.local/share/fairlead");
	assert_int_equal(settings_of(arena, "", "", &s, &err), -1);
	assert_string_equal(err.message, "data: there is no HOME to put it in: give --data DIR");
	assert_int_equal(settings_of(arena, "--data x", "", &s, &err), 0);
	assert_string_equal(s.store, "x/fairlead.db");
	arena_free(arena);
}

static void flags_go_over_environment_over_file(void **state)
{
	struct arena *arena = arena_new();
	struct serve_settings s;
	struct error err;

	(void)state;
	write_file("data: /file\nthreads: 1\nlog_level: error\nnode: 7\npeer_rate:\n");
	assert_int_equal(settings_of(arena, "--config @ --data /flag",
			      "FAIRLEAD_DATA=/env FAIRLEAD_THREADS=2 FAIRLEAD_NODE=", &s, &err),
			 0);
	assert_string_equal(s.data, "/flag");
	assert_int_equal(s.threads, 2);
	assert_int_equal(s.log_level, LOG_ERROR);
	assert_int_equal(s.node, 7); /* an empty variable is not there */
	assert_int_equal(s.peer_rate, 10);
	arena_free(arena);
}

static void the_environment_names_the_file_too(void **state)
{
	struct arena *arena = arena_new();
	struct serve_settings s;
	struct error err;

	(void)state;
	write_file("data: /file\n");
	assert_int_equal(settings_of(arena, "",
			      arena_printf(arena, "FAIRLEAD_CONFIG=%s", path), &s, &err), 0);
	assert_string_equal(s.data, "/file");
	/* The flag's file counts, and the other is not even looked at. */
	assert_int_equal(settings_of(arena, "--config @", "FAIRLEAD_CONFIG=/not/there", &s, &err), 0);
	assert_int_equal(settings_of(arena, "", "FAIRLEAD_CONFIG=/not/there", &s, &err), -1);
	assert_true(text_starts(err.message, "/not/there"));
	arena_free(arena);
}

static void every_setting_is_read_into_its_place(void **state)
{
	struct arena *arena = arena_new();
	struct serve_settings s;
	struct error err;

	(void)state;
	write_file("data: /d\n"
		   "listen: '[::]:0'\n"
		   "behind_proxy: [10.0.0.0/8, 'fd00::/8']\n"
		   "public_url: https://leads.example.org/\n"
		   "store: postgres://fairlead@db/fairlead\n"
		   "node: 3\n"
		   "allow_networks: 127.0.0.1/32:8090, 10.1.0.0/16\n"
		   "ca_file: /etc/ca.pem\n"
		   "log_level: debug\n"
		   "log_format: json\n"
		   "threads: 8\n"
		   "connections: 100\n"
		   "connections_per_peer: 10\n"
		   "idle_time: 5s\n"
		   "body_time: 1500ms\n"
		   "stop_time: 1m\n"
		   "memory: 1GiB\n"
		   "free_disk: 2097152\n"
		   "waiting: 50\n"
		   "commit_units: 1\n"
		   "token_rate: 0\n"
		   "source_rate: 2\n"
		   "peer_rate: 3\n");
	if (settings_of(arena, "--config @ one -- --two", "", &s, &err) < 0)
		fail_msg("%s", err.message);
	assert_string_equal(s.data, "/d");
	assert_string_equal(s.address, "::");
	assert_int_equal(s.port, 0);
	assert_int_equal(s.proxies.count, 2);
	assert_int_equal(s.proxies.items[0].prefix, 96 + 8);
	assert_int_equal(s.proxies.items[1].prefix, 8);
	assert_string_equal(s.public_url, "https://leads.example.org");
	assert_string_equal(s.store, "postgres://fairlead@db/fairlead");
	assert_false(s.is_sqlite);
	assert_int_equal(s.node, 3);
	assert_int_equal(s.allowed.count, 2);
	assert_int_equal(s.allowed.items[0].port, 8090);
	assert_int_equal(s.allowed.items[0].prefix, 128);
	assert_int_equal(s.allowed.items[1].port, 0);
	assert_int_equal(s.allowed.items[1].prefix, 96 + 16);
	assert_string_equal(s.ca_file, "/etc/ca.pem");
	assert_int_equal(s.log_level, LOG_DEBUG);
	assert_int_equal(s.log_format, LOG_JSON);
	assert_int_equal(s.threads, 8);
	assert_int_equal(s.connections, 100);
	assert_int_equal(s.connections_per_peer, 10);
	assert_int_equal(s.idle_ms, 5000);
	assert_int_equal(s.body_ms, 1500);
	assert_int_equal(s.stop_ms, 60000);
	assert_int_equal(s.memory, 1 << 30);
	assert_int_equal(s.free_disk, 2 << 20);
	assert_int_equal(s.waiting, 50);
	assert_int_equal(s.commit_units, 1);
	assert_int_equal(s.token_rate, 0);
	assert_int_equal(s.source_rate, 2);
	assert_int_equal(s.peer_rate, 3);
	assert_int_equal(s.nrest, 2);
	assert_string_equal(s.rest[0], "one");
	assert_string_equal(s.rest[1], "--two");
	arena_free(arena);
}

static void a_list_may_be_given_flag_by_flag(void **state)
{
	struct arena *arena = arena_new();
	struct serve_settings s;
	struct error err;

	(void)state;
	assert_int_equal(settings_of(arena,
			      "--data d --allow-networks 127.0.0.1:1 --allow-networks=10.0.0.0/8",
			      "FAIRLEAD_ALLOW_NETWORKS=192.168.0.0/16", &s, &err), 0);
	assert_int_equal(s.allowed.count, 2);
	assert_int_equal(s.allowed.items[1].prefix, 96 + 8);
	arena_free(arena);
}

static const struct { const char *listen, *address; int port; } addresses[] = {
	{ "127.0.0.1:0", "127.0.0.1", 0 },
	{ "127.1.2.3:65535", "127.1.2.3", 65535 },
	{ "localhost:80", "127.0.0.1", 80 },
	{ "[::1]:8080", "::1", 8080 },
	{ "::1:8080", NULL, 0 },
	{ "8080", NULL, 0 },
	{ ":8080", NULL, 0 },
	{ "127.0.0.1", NULL, 0 },
	{ "127.0.0.1:", NULL, 0 },
	{ "127.0.0.1:65536", NULL, 0 },
	{ "127.0.0.1:-1", NULL, 0 },
	{ "127.0.0.1:+1", NULL, 0 },
	{ "127.0.0.1:8080x", NULL, 0 },
	{ "example.org:80", NULL, 0 },
	{ "[127.0.0.1:80", NULL, 0 },
	{ "[::1:80", NULL, 0 },
};

static void an_address_is_read_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		struct arena *arena = arena_new();
		struct serve_settings s;
		struct error err;
		int rc = settings_of(arena, arena_printf(arena, "--data d --listen %s",
						  addresses[i].listen), "", &s, &err);

		if ((rc == 0) != (addresses[i].address != NULL))
			fail_msg("%s: %s", addresses[i].listen, rc < 0 ? err.message : "taken");
		if (rc == 0) {
			assert_string_equal(s.address, addresses[i].address);
			assert_int_equal(s.port, addresses[i].port);
		} else {
			assert_string_equal(err.message,
					    "--listen: must be an address and a port, such as "
					    "127.0.0.1:8080 or [::1]:8080");
		}
		arena_free(arena);
	}
}

/* `file` NULL: without a file. "@" in the message stands for the file's path. */
static const struct { const char *flags, *environment, *file, *message; } faults[] = {
	{ "--lisen x", "", NULL, "unknown flag --lisen; did you mean --listen?" },
	{ "--allow-netwrks x", "", NULL,
	  "unknown flag --allow-netwrks; did you mean --allow-networks?" },
	{ "--zzzzzzzzz", "", NULL, "unknown flag --zzzzzzzzz; see --help" },
	{ "--listen", "", NULL, "--listen: needs a value" },
	{ "--node 1 --node 2", "", NULL, "--node: stands there twice" },
	{ "--node=", "", NULL, "--node: must not be empty" },
	{ "--node 256", "", NULL, "--node: must be a whole number from 0 to 255" },
	{ "--threads 0", "", NULL, "--threads: must be a whole number from 1 to 64" },
	{ "--memory 128MB", "", NULL,
	  "--memory: must be a size such as 128MiB, from 1024KiB to 64GiB" },
	{ "--memory 65GiB", "", NULL,
	  "--memory: must be a size such as 128MiB, from 1024KiB to 64GiB" },
	{ "--memory 999999999999GiB", "", NULL,
	  "--memory: must be a size such as 128MiB, from 1024KiB to 64GiB" },
	{ "--idle-time 5", "", NULL,
	  "--idle-time: must be a time such as 30s, from 100ms to 3600s" },
	{ "--log-level inf", "", NULL,
	  "--log-level: unknown word \"inf\"; did you mean \"info\"?" },
	{ "--log-format xml", "", NULL, "--log-format: must be one of logfmt|json" },
	{ "--store mysql://x", "", NULL, "--store: must be sqlite or postgres://..." },
	{ "--public-url leads.example.org", "", NULL,
	  "--public-url: must be an address such as https://leads.example.org" },
	{ "--behind-proxy 10.0.0.0/8:80", "", NULL,
	  "--behind-proxy: \"10.0.0.0/8:80\": a network without a port" },
	{ "--listen 0.0.0.0:80", "", NULL,
	  "--listen: other machines would reach 0.0.0.0 without TLS: put a reverse proxy in "
	  "front and name its network with --behind-proxy CIDR" },
	{ "", "FAIRLEAD_LISTEN=[::]:80", NULL,
	  "FAIRLEAD_LISTEN: other machines would reach :: without TLS: put a reverse proxy in "
	  "front and name its network with --behind-proxy CIDR" },
	{ "", "FAIRLEAD_NODE=x", NULL,
	  "FAIRLEAD_NODE: must be a whole number from 0 to 255" },
	{ "", "FAIRLEAD_LISTN=x", NULL,
	  "FAIRLEAD_LISTN: unknown variable in the environment; did you mean "
	  "FAIRLEAD_LISTEN?" },
	{ "--config @", "", "listen: 127.0.0.1:1\n\nlisen: x\n",
	  "@:3:1: unknown setting \"lisen\"; did you mean \"listen\"?" },
	{ "--config @", "", "config: x\n", "@:1:1: unknown setting \"config\"" },
	{ "--config @", "", "node: 1\nthreads: 99\n",
	  "@:2:1: threads: must be a whole number from 1 to 64" },
	{ "--config @", "", "node: {a: 1}\n", "@:1:1: node: must be one value" },
	{ "--config @", "", "node: [1]\n", "@:1:1: node: must be one value" },
	{ "--config @", "", "node: true\n", "@:1:1: node: must be one value" },
	{ "--config @", "", "data: [a, b]\n", "@:1:1: data: must be one value" },
	{ "--config @", "", "allow_networks: [1]\n",
	  "@:1:1: allow_networks: must be a list of texts" },
	{ "--config @", "", "- a\n", "@:1:1: must hold settings and their values" },
	{ "--config @", "", "node: 1\nnode: 2\n", "@:2:1: \"node\" stands there twice" },
	{ "--config @", "", "listen: 0.0.0.0:80\n",
	  "@:1:1: listen: other machines would reach 0.0.0.0 without TLS: put a reverse proxy "
	  "in front and name its network with --behind-proxy CIDR" },
};

static void a_fault_names_flag_variable_or_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		struct arena *arena = arena_new();
		const char *expected = faults[i].message;
		struct serve_settings s;
		struct error err;

		if (faults[i].file)
			write_file(faults[i].file);
		if (*expected == '@')
			expected = arena_printf(arena, "%s%s", path, expected + 1);
		assert_int_equal(settings_of(arena, faults[i].flags,
				      arena_printf(arena, "HOME=/h %s", faults[i].environment),
				      &s, &err), -1);
		assert_string_equal(err.message, expected);
		assert_int_equal(err.code, ERR_INVALID);
		arena_free(arena);
	}
}

static void networks_that_are_none_are_refused(void **state)
{
	static const char *const wrong[] = { "10.0.0.0/33", "example.org", "10.0.0.0/8:70000",
					     "10.0.0.0/8,", ",", "fd00::/8:1:2:3:4:5:6:7:8:9" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct arena *arena = arena_new();
		struct serve_settings s;
		struct error err;

		if (settings_of(arena, arena_printf(arena, "--data d --allow-networks %s", wrong[i]), "",
			 &s, &err) == 0)
			fail_msg("%s was taken", wrong[i]);
		assert_true(text_starts(err.message, "--allow-networks: \""));
		arena_free(arena);
	}
}

static void variables_of_others_are_left_alone(void **state)
{
	struct arena *arena = arena_new();
	struct serve_settings s;
	struct error err;

	(void)state;
	assert_int_equal(settings_of(arena, "--data d",
			      "FAIRLEAD_URL=http://x FAIRLEAD_TOKEN_FILE=/t FAIRLEAD_TOKEN=t "
			      "FAIRLEAD_TEST_DATA=/x LISTEN=bad PATH=/bin novalue", &s, &err),
			 0);
	arena_free(arena);
}

static void help_is_asked_for_and_tells_all(void **state)
{
	struct arena *arena = arena_new();
	const char *const *names = serve_setting_names(arena);
	struct serve_settings s;
	struct error err;
	struct buf buf;

	(void)state;
	assert_int_equal(settings_of(arena, "--help --listen nonsense", "FAIRLEAD_NODE=x", &s, &err),
			 0);
	assert_true(s.wants_help);
	buf_init(&buf, arena, 64u << 10);
	buf_add_serve_settings_help(&buf);
	assert_non_null(strstr(buf_text(&buf), "--listen ADDRESS:PORT\n      where to listen"));
	assert_non_null(strstr(buf_text(&buf), "(127.0.0.1:8080)\n"));
	assert_non_null(strstr(buf_text(&buf), "--config FILE"));
	for (; *names; names++) {
		char *flag = arena_printf(arena, "  --%s ", *names);

		for (char *p = flag; *p; p++)
			if (*p == '_')
				*p = '-';
		assert_non_null(strstr(buf_text(&buf), flag));
	}
	arena_free(arena);
}

/* docs/settings.md has a row for each setting, with its default, and no other. */
static void the_page_tells_of_every_setting(void **state)
{
	struct arena *arena = arena_new();
	const char *folder = getenv("FAIRLEAD_TEST_DATA");
	char *page = arena_alloc(arena, 1u << 20);
	size_t rows = 0, count = 0;
	FILE *file;

	(void)state;
	assert_non_null(folder);
	file = fopen(arena_printf(arena, "%s/../../docs/settings.md", folder), "r");
	assert_non_null(file);
	assert_true(fread(page, 1, (1u << 20) - 1, file) > 0);
	fclose(file);
	for (const char *const *n = serve_setting_names(arena); *n; n++, count++)
		if (!strstr(page, arena_printf(arena, "\n| `%s` |", *n)))
			fail_msg("docs/settings.md says nothing of %s", *n);
	for (const char *row = strstr(page, "\n| `"); row; row = strstr(row + 1, "\n| `"))
		rows++;
	assert_int_equal(rows, count);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_given_listens_on_loopback_in_the_users_folder),
		cmocka_unit_test(flags_go_over_environment_over_file),
		cmocka_unit_test(the_environment_names_the_file_too),
		cmocka_unit_test(every_setting_is_read_into_its_place),
		cmocka_unit_test(a_list_may_be_given_flag_by_flag),
		cmocka_unit_test(an_address_is_read_or_refused),
		cmocka_unit_test(a_fault_names_flag_variable_or_line),
		cmocka_unit_test(networks_that_are_none_are_refused),
		cmocka_unit_test(variables_of_others_are_left_alone),
		cmocka_unit_test(help_is_asked_for_and_tells_all),
		cmocka_unit_test(the_page_tells_of_every_setting),
	};
	int fd = mkstemp(path), failed;

	if (fd < 0)
		return EXIT_FAILURE;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
