/* sandbox_command.c - the command `fairlead sandbox`. Threads: the main one. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "sandbox/sandbox.h"

static const char help[] =
	"usage: fairlead sandbox [--listen HOST:PORT] [--smtp-listen HOST:PORT]\n"
	"                        [--smtps-listen HOST:PORT] [--seed N] [--journal FILE]\n"
	"                        [--max-records N] [--threads N]\n"
	"\n"
	"Imitates the vendors' APIs at http://HOST:PORT/VENDOR/ for trying and testing.\n"
	"State is in memory; with --journal it survives a restart.\n"
	"\n"
	"  --listen HOST:PORT        where to listen (127.0.0.1:8090; port 0 picks one)\n"
	"  --smtp-listen HOST:PORT   where to listen for mail, with STARTTLS (nowhere)\n"
	"  --smtps-listen HOST:PORT  where to listen for mail by TLS (nowhere)\n"
	"  --seed N                  makes tokens, ids and faults repeatable (1)\n"
	"  --journal FILE            append what changes, replay it at the next start\n"
	"  --max-records N           in all accounts (2000000)\n"
	"  --threads N               of the server (4)\n"
	"\n"
	"fairlead sandbox help lists what steers one that runs: accounts, people, trouble.\n";

struct host {
	char name[64];
};

struct options {
	struct sandbox_config config;
	struct host host, smtp_host, smtps_host;
};

static int usage(const char *what, const char *value)
{
	fprintf(stderr, "fairlead sandbox: %s%s%s\nTry: fairlead sandbox --help\n", what,
		value ? " " : "", value ? value : "");
	return 2;
}

/* "127.0.0.1:8090", "[::1]:8090". */
static bool read_listen(const char *text, struct host *host, const char **address, int *to)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	int64_t port;

	if (!colon || !text_int(colon + 1, &port) || port < 0 || port > 65535)
		return false;
	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(host->name))
		return false;
	memcpy(host->name, text, len);
	host->name[len] = '\0';
	*address = host->name;
	*to = (int)port;
	return true;
}

static bool read_count(const char *text, int64_t high, int64_t *number)
{
	return text_int(text, number) && *number >= 1 && *number <= high;
}

static int read_option(const char *name, const char *value, struct options *options)
{
	struct sandbox_config *config = &options->config;
	int64_t number = 0;

	if (strcmp(name, "--listen") == 0)
		return read_listen(value, &options->host, &config->address, &config->port) ?
			       0 :
			       usage("--listen: not HOST:PORT:", value);
	if (strcmp(name, "--smtp-listen") == 0)
		return read_listen(value, &options->smtp_host, &config->smtp_address,
				   &config->smtp_port) ?
			       0 :
			       usage("--smtp-listen: not HOST:PORT:", value);
	if (strcmp(name, "--smtps-listen") == 0)
		return read_listen(value, &options->smtps_host, &config->smtps_address,
				   &config->smtps_port) ?
			       0 :
			       usage("--smtps-listen: not HOST:PORT:", value);
	if (strcmp(name, "--journal") == 0) {
		options->config.journal = value;
		return 0;
	}
	if (strcmp(name, "--seed") == 0) {
		if (!read_count(value, INT64_MAX, &number))
			return usage("--seed: not a whole number, at least 1:", value);
		options->config.seed = (uint64_t)number;
		return 0;
	}
	if (strcmp(name, "--max-records") == 0) {
		if (!read_count(value, INT32_MAX, &number))
			return usage("--max-records: not a whole number, at least 1:", value);
		options->config.records_max = (size_t)number;
		return 0;
	}
	if (strcmp(name, "--threads") == 0) {
		if (!read_count(value, 64, &number))
			return usage("--threads: not 1 to 64:", value);
		options->config.threads = (int)number;
		return 0;
	}
	return usage("unknown option", name);
}

static void print_place(const char *what, const char *scheme, const struct host *host, int port,
			const char *path)
{
	bool is_v6 = strchr(host->name, ':');

	printf("%-7s %s://%s%s%s:%d%s\n", what, scheme, is_v6 ? "[" : "", host->name,
	       is_v6 ? "]" : "", port, path);
}

static void print_start(const struct sandbox *sandbox, const struct options *options)
{
	int smtp = sandbox_smtp_port(sandbox, false), smtps = sandbox_smtp_port(sandbox, true);

	print_place("sandbox", "http", &options->host, sandbox_port(sandbox), "");
	print_place("page", "http", &options->host, sandbox_port(sandbox), "/_sandbox/ui");
	if (smtp)
		print_place("mail", "smtp", &options->smtp_host, smtp, "");
	if (smtps)
		print_place("mail", "smtps", &options->smtps_host, smtps, "");
	fflush(stdout);
}

int sandbox_command(int argc, char **argv)
{
	struct options options = { .config = { .address = "127.0.0.1", .port = 8090 },
				   .host = { "127.0.0.1" } };
	struct error err = { 0 };
	struct sandbox *sandbox;
	sigset_t ends;
	int sent, rc;

	for (int i = 1; i < argc; i += 2) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			fputs(help, stdout);
			return 0;
		}
		if (i + 1 == argc)
			return usage("no value after", argv[i]);
		rc = read_option(argv[i], argv[i + 1], &options);
		if (rc)
			return rc;
	}
	/* Blocked before there are threads: they all inherit it, and sigwait() is told. */
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	signal(SIGPIPE, SIG_IGN);
	sandbox = sandbox_start(&options.config, &err);
	if (!sandbox) {
		fprintf(stderr, "fairlead sandbox: %s\n", err.message);
		return 1;
	}
	print_start(sandbox, &options);
	sigwait(&ends, &sent);
	sandbox_stop(sandbox);
	return 0;
}
