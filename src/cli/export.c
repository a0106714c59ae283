/* export.c - `fairlead export`: the workspace as the file that would make it so. Threads:
 * the main thread. */
#include <stdio.h>

#include "base/json.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/yaml_write.h"

static int run(struct cli *cli)
{
	json_t *answer, *workspace;
	struct error err = { 0 };
	const char *text;
	struct buf buf;
	int rc = client_get(cli, "/v1/config", &answer);

	if (rc)
		return rc;
	workspace = json_object_get(answer, "workspace");
	if (cli->is_json) {
		print_json(workspace);
		return CLI_DONE;
	}
	buf_init(&buf, cli->arena, 16u << 20);
	buf_add_yaml(&buf, workspace, 0);
	if (buf_end(&buf, &text, &err) < 0)
		return cli_fail_error(cli, &err);
	fputs(text, stdout);
	return CLI_DONE;
}

const struct cli_verb export_verbs[] = {
	{ "", "", "print the workspace as a file that `fairlead apply` takes",
	  .more = "Secrets stand in it as they were named when the file was applied, "
		  "{env: NAME} or {file: PATH}: never themselves.",
	  .examples = "fairlead export > workspace.yaml", .needs = CLI_SERVER | CLI_JSON,
	  .run = run },
	{ 0 },
};
