/* view.h - the handles that views read through. Private to store/. Threads: any. */
#ifndef STORE_VIEW_H
#define STORE_VIEW_H

#include "store/internal.h"

struct readers;

struct readers *readers_open(const char *uri, int count, struct error *err);
void readers_close(struct readers *readers); /* all views are closed; NULL does nothing */

/* A handle of one's own; waits while all are taken. */
struct db *readers_take(struct readers *readers);
void readers_give(struct readers *readers, struct db *db);

#endif
