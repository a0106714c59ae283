/* db_sql.h - what both drivers do to the text of a statement. Private to the drivers.
 * Threads: one at a time. */
#ifndef STORE_DB_SQL_H
#define STORE_DB_SQL_H

#include <stddef.h>

#include "base/error.h"

#define DB_PARAMETERS_MAX 64

/* What {NAME} stands for in a dialect; a list ends with a NULL name. */
struct db_word {
	const char *name, *text;
};

/* The statement with its dialect words replaced (from malloc, the caller's), and in
 * *parameters how many it has. Quoted text and comments stay as they are. NULL and
 * ERR_INTERNAL when a word is unknown or the parameters are not $1 to $n. */
char *db_sql_translate(const char *sql, const struct db_word *words, int *parameters,
		       struct error *err);

/* Prepared statements by the address of their text. */
struct db_cache {
	struct db_cached {
		const char *sql;
		char *copy; /* to notice a text that is no constant */
		void *statement;
	} *slots;
	size_t room, count;
};

void *db_cache_find(const struct db_cache *cache, const char *sql);
void db_cache_add(struct db_cache *cache, const char *sql, void *statement);

/* Gives every statement to free_it and empties the cache. */
void db_cache_end(struct db_cache *cache, void (*free_it)(void *statement));

#endif
