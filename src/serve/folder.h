/* folder.h - the data folder of a server, seen from outside. Threads: pure, but for
 * looking at files. */
#ifndef SERVE_FOLDER_H
#define SERVE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#define STORE_FILE "fairlead.db"
#define KEY_FILE "master.key"
#define SERVER_FILE "server.id" /* locked while a server runs on the folder */

/* Makes the folder (0700) and those above it, as far as they are not there. */
int folder_make(const char *path, struct error *err);

/* Whether a server runs on it now, whatever files a dead one left. */
bool folder_is_served(struct arena *arena, const char *path);

/* Whether there is an embedded store in it. */
bool folder_has_store(struct arena *arena, const char *path);

/* Writes all of it; -1 with errno. */
int folder_write(int fd, const char *bytes, size_t len);

#endif
