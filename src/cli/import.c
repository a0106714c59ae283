/* import.c - `fairlead import`: a file of leads, sent piece by piece. Threads: the main
 * thread. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/answer.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/table.h"

#define PIECE (1u << 20) /* bytes; the server takes up to 4 MiB */

struct sending {
	struct cli *cli;
	const char *path;
	int fd;
	int64_t size;        /* -1: not known */
	char *piece;         /* PIECE bytes */
	json_t *answer;      /* the latest */
	bool is_shown;       /* progress is */
};

/* ---- The file ---- */

/* Reads up to PIECE bytes; less only at the end. -1 after saying why. */
static int64_t read_piece(struct sending *s)
{
	size_t len = 0;

	while (len < PIECE) {
		ssize_t n = read(s->fd, s->piece + len, PIECE - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			cli_fail(s->cli, CLI_PROBLEMS, "%s: %s", s->path, strerror(errno));
			return -1;
		}
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (int64_t)len;
}

/* The digest of the whole file: by it the server knows a file that was interrupted, or was
 * imported before. "" for what can be read only once. NULL after saying why. */
static const char *digest_of(struct sending *s)
{
	struct sha256_sum *sum = sha256_begin(s->cli->arena);
	unsigned char digest[SHA256_SIZE];
	int64_t len;

	if (s->size < 0)
		return "";
	while ((len = read_piece(s)) > 0)
		sha256_add(sum, s->piece, (size_t)len);
	if (len < 0)
		return NULL;
	sha256_end(sum, digest);
	if (lseek(s->fd, 0, SEEK_SET) < 0) {
		cli_fail(s->cli, CLI_PROBLEMS, "%s: %s", s->path, strerror(errno));
		return NULL;
	}
	return hex_encode(s->cli->arena, digest, sizeof(digest));
}

static int open_file(struct sending *s)
{
	struct stat info;

	s->size = -1;
	if (text_equal(s->path, "-")) {
		s->fd = STDIN_FILENO;
		return 0;
	}
	s->fd = open(s->path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0 || fstat(s->fd, &info) < 0)
		return cli_fail(s->cli, CLI_PROBLEMS, "%s: %s", s->path, strerror(errno));
	if (S_ISDIR(info.st_mode))
		return cli_fail(s->cli, CLI_PROBLEMS, "%s is a folder", s->path);
	if (S_ISREG(info.st_mode))
		s->size = info.st_size;
	return 0;
}

/* ---- Sending ---- */

static void show_progress(struct sending *s, int64_t sent)
{
	int64_t rows = json_int_of(s->answer, "rows", 0);

	if (!isatty(STDERR_FILENO) || s->cli->is_json)
		return;
	s->is_shown = true;
	fprintf(stderr, "\r%s rows", shown_count(s->cli->arena, rows));
	if (s->size > 0)
		fprintf(stderr, ", %lld %%", (long long)(100 * sent / s->size));
	fputs("   ", stderr);
}

static void end_progress(struct sending *s)
{
	if (s->is_shown)
		fputs("\r\033[K", stderr);
	s->is_shown = false;
}

static int send_piece(struct sending *s, const char *path, int64_t len)
{
	struct client_call call = { .method = "POST", .path = path, .content_type = "text/csv",
				    .body = s->piece, .body_len = (size_t)len,
				    .wait_ms = 600000 };
	struct http_reply *reply;
	int rc = client_send(s->cli, &call, s->cli->arena, &reply);

	if (rc)
		return rc;
	if (reply->status / 100 != 2) {
		end_progress(s);
		return client_refused(s->cli, reply);
	}
	return client_json(s->cli, reply, &s->answer);
}

static const char *first_path(struct sending *s, const char *digest, bool has_more)
{
	struct arena *arena = s->cli->arena;
	const char *name = strrchr(s->path, '/');
	const char *path = client_with(arena, "/v1/imports", "source", cli_flag(s->cli, "source"));

	path = client_with(arena, path, "name", text_equal(s->path, "-") ? "standard input" :
						name ? name + 1 : s->path);
	path = client_with(arena, path, "sha256", *digest ? digest : NULL);
	path = client_with(arena, path, "more", has_more ? "true" : NULL);
	path = client_with(arena, path, "plan", cli_has(s->cli, "plan") ? "true" : NULL);
	return client_with(arena, path, "again", cli_has(s->cli, "again") ? "true" : NULL);
}

static const char *next_path(struct sending *s, int64_t sent, bool is_last)
{
	struct arena *arena = s->cli->arena;
	const char *path = client_path(arena, "/v1/imports/{}/pieces",
				       json_string_of(s->answer, "continue"));

	path = client_with(arena, path, "offset", arena_printf(arena, "%lld", (long long)sent));
	return client_with(arena, path, "last", is_last ? "true" : NULL);
}

static int send_file(struct sending *s)
{
	const char *digest = digest_of(s);
	int64_t sent = 0, len;
	bool is_last = false;
	int rc;

	if (!digest)
		return CLI_PROBLEMS;
	len = read_piece(s);
	if (len < 0)
		return CLI_PROBLEMS;
	if (len == 0)
		return cli_fail(s->cli, CLI_PROBLEMS, "%s is empty", s->path);
	is_last = len < PIECE;
	rc = send_piece(s, first_path(s, digest, !is_last), len);
	while (rc == 0 && !is_last) {
		sent += len;
		show_progress(s, sent);
		len = read_piece(s);
		if (len < 0)
			return CLI_PROBLEMS;
		is_last = len < PIECE;
		rc = send_piece(s, next_path(s, sent, is_last), len);
	}
	end_progress(s);
	return rc;
}

/* ---- What became of it ---- */

static const struct { const char *member, *done, *planned; } classes[] = {
	{ "created", "new leads", "would be new leads" },
	{ "updated", "changed a lead that was known", "would change a lead that is known" },
	{ "unchanged", "known already, nothing new", "are known already, nothing new" },
	{ "ignored", "left alone, as the source says", "would be left alone, as the source says" },
	{ "failed", "refused and kept", "would be refused" },
};

static void print_notices(struct cli *cli, const json_t *list, const char *title, int64_t all)
{
	const json_t *notice;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	printf("\n%s\n", title);
	json_array_foreach((json_t *)list, i, notice) {
		const char *field = json_string_of(notice, "field");

		printf("  line %lld: %s%s%s; %s\n", (long long)json_int_of(notice, "line", 0),
		       field ? shown(cli->arena, field) : "", field ? ": " : "",
		       shown(cli->arena, json_string_of(notice, "message")),
		       shown(cli->arena, json_string_of(notice, "instruction")));
	}
	if (all > (int64_t)json_array_size(list))
		printf("  ... the first %zu\n", json_array_size(list));
}

static void print_columns(struct cli *cli, const json_t *file)
{
	struct table *table = table_new(cli->arena, TABLE_HEADERS("COLUMN", "IS OUR"));
	const json_t *column;
	size_t i;

	json_array_foreach((json_t *)json_object_get(file, "columns"), i, column)
		table_add(table,
			  TABLE_ROW(json_string_of(column, "header"),
				    json_string_of(column, "target") ?
					    json_string_of(column, "target") :
					    "(not taken)"));
	table_print(table);
}

static void print_result(struct sending *s)
{
	struct cli *cli = s->cli;
	bool is_plan = cli_has(cli, "plan");
	const json_t *file = json_object_get(s->answer, "file");

	printf("%s: %s, %s\n", shown(cli->arena, json_string_of(s->answer, "name")),
	       shown(cli->arena, json_string_of(file, "encoding")),
	       shown_number_of(cli->arena, json_int_of(s->answer, "rows", 0), "row"));
	if (is_plan)
		print_columns(cli, file);
	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		int64_t count = json_int_of(s->answer, classes[i].member, 0);

		if (count)
			printf("  %10s  %s\n", shown_count(cli->arena, count),
			       is_plan ? classes[i].planned : classes[i].done);
	}
	print_notices(cli, json_object_get(s->answer, "problems"), "Refused:",
		      json_int_of(s->answer, "failed", 0));
	print_notices(cli, json_object_get(s->answer, "warnings"), "Taken, with a warning:", 0);
	if (!is_plan && json_int_of(s->answer, "failed", 0))
		printf("\nTo have the refused rows as a file, to correct and import:\n"
		       "  fairlead imports errors %s > rows-not-taken.csv\n",
		       shown(cli->arena, json_string_of(s->answer, "id")));
}

static bool would_change(const json_t *answer)
{
	return json_int_of(answer, "created", 0) || json_int_of(answer, "updated", 0);
}

static int import(struct cli *cli)
{
	struct sending s = { .cli = cli, .path = cli->args[0],
			     .piece = arena_alloc(cli->arena, PIECE) };
	int rc;

	if (!cli_flag(cli, "source"))
		return cli_fail(cli, CLI_USAGE,
				"which source do these leads come from? give --source NAME");
	rc = open_file(&s);
	if (rc)
		return rc;
	rc = send_file(&s);
	if (s.fd != STDIN_FILENO)
		close(s.fd);
	if (rc)
		return rc;
	if (cli->is_json)
		print_json(s.answer);
	else
		print_result(&s);
	if (cli_has(cli, "plan"))
		return would_change(s.answer) ? CLI_WOULD_CHANGE : CLI_DONE;
	return json_int_of(s.answer, "failed", 0) ? CLI_PROBLEMS : CLI_DONE;
}

/* ---- Those there were ---- */

static void add_import(struct cli *cli, struct table *table, const json_t *row)
{
	table_add(table,
		  TABLE_ROW(json_string_of(row, "id"), json_string_of(row, "source"),
			    json_string_of(row, "name"), json_string_of(row, "state"),
			    shown_time(cli->arena, json_string_of(row, "started_at")),
			    shown_count(cli->arena, json_int_of(row, "rows", 0)),
			    shown_count(cli->arena, json_int_of(row, "created", 0)),
			    shown_count(cli->arena, json_int_of(row, "updated", 0)),
			    shown_count(cli->arena, json_int_of(row, "failed", 0))));
}

static int list(struct cli *cli)
{
	const struct answer_list imports = {
		TABLE_HEADERS("ID", "SOURCE", "FILE", "STATE", "STARTED", ">ROWS", ">NEW",
			      ">CHANGED", ">REFUSED"),
		add_import, "no files were imported yet",
	};

	return answer_get_list(cli, "/v1/imports", &imports);
}

static int write_out(void *context, const char *bytes, size_t len)
{
	return fwrite(bytes, 1, len, context) == len ? 0 : -1;
}

static int errors(struct cli *cli)
{
	struct client_call call = {
		.method = "GET",
		.path = client_path(cli->arena, "/v1/imports/{}/errors", cli->args[0]),
		.sink = write_out,
		.context = stdout,
		.wait_ms = 600000,
	};
	struct http_reply *reply;
	int rc = client_send(cli, &call, cli->arena, &reply);

	if (rc)
		return rc;
	if (reply->status / 100 != 2)
		return client_refused(cli, reply);
	return fflush(stdout) == 0 ? CLI_DONE :
				     cli_fail(cli, CLI_PROBLEMS, "could not write: %s",
					      strerror(errno));
}

static const struct cli_flag import_flags[] = {
	{ "source", "NAME", "the source that the leads come from, of the kind file" },
	{ "plan", NULL, "say what would become of the rows, and write nothing" },
	{ "again", NULL, "import a file that was imported before once more" },
	{ 0 },
};

const struct cli_verb import_verbs[] = {
	{ "", "FILE.csv", "take the leads of a file",
	  .more = "The file may be UTF-8, UTF-16 or Windows-1252, with commas, semicolons, tabs or "
		  "bars. Columns are known by their names and the usual words for them; the "
		  "source's map decides where they are not. Rows that cannot be taken are kept "
		  "and listed, and do not stop the others. An import that was interrupted goes on "
		  "when the same file is given again. FILE - reads standard input.\n\n"
		  "Exit status 0: all rows were taken; 1: some were refused, or the file was; with "
		  "--plan 2: something would change.",
	  .examples = "fairlead import leads.csv --source spreadsheet --plan\n"
		      "fairlead import leads.csv --source spreadsheet",
	  .flags = import_flags, .min = 1, .max = 1, .needs = CLI_SERVER | CLI_JSON,
	  .run = import },
	{ 0 },
};

const struct cli_verb imports_verbs[] = {
	{ "list", "", "files that were imported, newest first",
	  .needs = CLI_SERVER | CLI_JSON | CLI_PAGES, .run = list },
	{ "errors", "ID", "the rows that were not taken, as a file to be corrected", .min = 1,
	  .max = 1, .needs = CLI_SERVER, .run = errors },
	{ 0 },
};
