/* client_place.c - finds the server and the token. Threads: the main thread. */
#include "cli/client_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define SMALL_FILE_MAX 4096

static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* The file's first line without blanks around; NULL and err when it cannot be read, is
 * empty or is no such small text. */
static const char *read_line(struct arena *arena, const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[SMALL_FILE_MAX + 1];
	ssize_t len = 0;
	const char *line;

	if (fd >= 0) {
		len = read(fd, text, SMALL_FILE_MAX);
		close(fd);
	}
	if (fd < 0 || len < 0) {
		error_errno(err, path);
		return NULL;
	}
	text[len] = '\0';
	line = text_trim(arena, text);
	if (*line && text_is_utf8(line, strlen(line)) && !strpbrk(line, " \t\r\n"))
		return line;
	error_set(err, ERR_INVALID, "%s: want one word, and nothing else", path);
	return NULL;
}

/* ---- The folder ---- */

const char *client_data_folder(const struct cli *cli, struct error *err)
{
	const char *folder = cli_flag(cli, "data"), *home = environment("HOME");
	const char *data_home = environment("XDG_DATA_HOME");

	if (!folder)
		folder = environment("FAIRLEAD_DATA");
	if (folder)
		return folder;
	if (data_home && *data_home == '/')
		return arena_printf(cli->arena, "%s/fairlead", data_home);
	if (home)
		return arena_printf(cli->arena, "%s/.local/share/fairlead", home);
	error_set(err, ERR_INVALID, "there is no HOME to look for a server in: give --data DIR "
				    "or --url URL");
	return NULL;
}

const char *client_address_in(struct arena *arena, const char *folder)
{
	return read_line(arena, arena_printf(arena, "%s/%s", folder, ADDRESS_FILE), NULL);
}

/* ---- The address ---- */

static int check_url(const struct cli *cli, struct client_place *place, struct error *err)
{
	struct url url;
	char *text = arena_strdup(cli->arena, place->url);
	size_t len = strlen(text);

	while (len > 0 && text[len - 1] == '/')
		text[--len] = '\0';
	place->url = text;
	if (url_parse(cli->arena, text, &url) && !strchr(url.target, '?'))
		return 0;
	return error_set(err, ERR_INVALID,
			 "%s: \"%s\" is not an address like https://leads.example.org",
			 place->where, text);
}

static int find_in_folder(const struct cli *cli, struct client_place *place,
			  struct error *err)
{
	const char *folder = client_data_folder(cli, err);

	if (!folder)
		return -1;
	place->folder = folder;
	place->url = client_address_in(cli->arena, folder);
	place->where = arena_printf(cli->arena, "from %s/%s", folder, ADDRESS_FILE);
	if (place->url)
		return 0;
	place->exit = CLI_UNREACHABLE;
	if (access(folder, F_OK) < 0 && errno == EACCES)
		return error_set(err, ERR_DENIED,
				 "%s may not be read by you: run this as the server's user, or "
				 "give --url and --token-file",
				 folder);
	return error_set(err, ERR_UNAVAILABLE,
			 "no server runs on %s; start one with: fairlead serve --data %s, or "
			 "name one with --url and --token-file",
			 folder, folder);
}

static int find_url(const struct cli *cli, struct client_place *place, struct error *err)
{
	const char *flag = cli_flag(cli, "url"), *variable = environment("FAIRLEAD_URL");

	if (!flag && (cli_has(cli, "data") || !variable))
		return find_in_folder(cli, place, err);
	place->url = flag ? flag : variable;
	place->where = flag ? "--url" : "FAIRLEAD_URL";
	return check_url(cli, place, err);
}

/* ---- The token ---- */

static int take_token_file(const struct cli *cli, struct client_place *place,
			   const char *path, struct error *err)
{
	place->token = read_line(cli->arena, path, err);
	place->token_where = arena_printf(cli->arena, "from %s", path);
	return place->token ? 0 : error_wrap(err, "token");
}

static int find_token(const struct cli *cli, struct client_place *place, struct error *err)
{
	const char *path = cli_flag(cli, "token-file");
	const char *variable = environment("FAIRLEAD_TOKEN");
	const char *folder = place->folder ? place->folder : cli_flag(cli, "data");

	if (path)
		return take_token_file(cli, place, path, err);
	/* A folder that was named is meant, whatever stands in the environment. */
	if (cli_has(cli, "data"))
		return take_token_file(cli, place,
				       arena_printf(cli->arena, "%s/%s", folder,
						    ADMIN_TOKEN_FILE),
				       err);
	path = environment("FAIRLEAD_TOKEN_FILE");
	if (path)
		return take_token_file(cli, place, path, err);
	if (variable) {
		place->token = variable;
		place->token_where = "from FAIRLEAD_TOKEN";
		return 0;
	}
	if (folder)
		return take_token_file(cli, place,
				       arena_printf(cli->arena, "%s/%s", folder,
						    ADMIN_TOKEN_FILE),
				       err);
	return error_set(err, ERR_DENIED,
			 "which token? give --token-file FILE, or set FAIRLEAD_TOKEN");
}

static int find_sandbox(const struct cli *cli, struct client_place *place, struct error *err)
{
	const char *flag = cli_flag(cli, "sandbox"), *variable = environment("FAIRLEAD_SANDBOX");

	place->url = flag ? flag : variable ? variable : SANDBOX_URL;
	place->where = flag ? "--sandbox" : variable ? "FAIRLEAD_SANDBOX" : "the usual place";
	return check_url(cli, place, err);
}

int client_place_find(const struct cli *cli, struct client_place *place, struct error *err)
{
	const char *ca_file = cli_flag(cli, "ca-file");

	*place = (struct client_place){ .exit = CLI_USAGE };
	if (cli->verb->needs & CLI_SANDBOX)
		return find_sandbox(cli, place, err);
	if (find_url(cli, place, err) < 0)
		return -1;
	place->exit = CLI_DENIED;
	place->ca_file = ca_file ? ca_file : environment("FAIRLEAD_CA_FILE");
	return find_token(cli, place, err);
}

/* ---- Plain http ---- */

/* 127/8, 10/8, 172.16/12, 192.168/16 as IPv4-mapped; ::1, fc00::/7, fe80::/10. */
#define V4(a, b) 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, 0, 0
static const struct http_network private_networks[] = {
	{ { V4(127, 0) }, 96 + 8, 0 },
	{ { V4(10, 0) }, 96 + 8, 0 },
	{ { V4(172, 16) }, 96 + 12, 0 },
	{ { V4(192, 168) }, 96 + 16, 0 },
	{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 128, 0 },
	{ { 0xfc }, 7, 0 },
	{ { 0xfe, 0x80 }, 10, 0 },
};

const struct http_network *client_place_networks(size_t *count)
{
	*count = ARRAY_LEN(private_networks);
	return private_networks;
}
