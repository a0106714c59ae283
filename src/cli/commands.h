/* commands.h - the commands of this folder, one file each. Threads: the main thread. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/command.h"

extern const struct cli_verb alert_verbs[], apply_verbs[], conflict_verbs[], connection_verbs[],
	dead_letter_verbs[], delivery_verbs[], duplicate_verbs[], export_verbs[], import_verbs[],
	imports_verbs[], lead_verbs[], map_verbs[], sandbox_verbs[], token_verbs[], version_verbs[];

extern const struct cli_verb drift_verbs[], sync_verbs[];

#endif
