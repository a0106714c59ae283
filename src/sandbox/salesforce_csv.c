/* salesforce_csv.c - how a bulk job wants its rows (fact sheet 10). Threads: pure. */
#include <string.h>

#include "base/json.h"
#include "sandbox/salesforce_jobs.h"

struct sb_csv sf_job_csv(const json_t *job)
{
	static const struct {
		const char *name;
		char delimiter;
	} names[] = { { "COMMA", ',' }, { "TAB", '\t' },   { "SEMICOLON", ';' },
		      { "PIPE", '|' },	{ "CARET", '^' }, { "BACKQUOTE", '`' } };
	const char *name = json_string_of(sf_job_info(job), "columnDelimiter");
	const char *end = json_string_of(sf_job_info(job), "lineEnding");
	struct sb_csv csv = { '\0', strcmp(end, "CRLF") == 0 ? "\r\n" : "\n" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i].name, name) == 0)
			csv.delimiter = names[i].delimiter;
	return csv;
}
