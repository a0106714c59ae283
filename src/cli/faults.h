/* faults.h - what is wrong with a workspace file, said at its place in it. Private to cli/.
 * Threads: the main thread. */
#ifndef CLI_FAULTS_H
#define CLI_FAULTS_H

#include "cli/command.h"
#include "cli/yaml.h"
#include "model/submission.h"

/* "FILE:LINE:COLUMN: MESSAGE" on standard error, for what stands at the path of JSON
 * ("sources[0].keys[1]"; NULL: the file). */
void fault_say(struct cli *cli, const struct yaml *yaml, const char *path,
	       const char *message);

/* All of them, and how many; returns the exit code. `so` says what that means: "nothing was
 * changed". */
int faults_say(struct cli *cli, const struct yaml *yaml, const struct problems *problems,
	       const char *so);

#endif
