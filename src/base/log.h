/* log.h - one line per event, with no room for free text. Threads: shared, under
 * sink_lock.
 *
 *     log_info(log, "attempt.done", LOG_WORD("outcome", outcome_name(outcome)),
 *              LOG_INT("status", reply->status), LOG_ID("lead", lead->id));
 *
 * A line holds numbers, ids, times and words. A word that is not
 * [A-Za-z0-9_.:/+-]{1,64} is written as "?": no person's data and no secret fits
 * through. The event names are listed in docs/operations.md. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF };
enum log_format { LOG_LOGFMT, LOG_JSON };

struct log_field {
	const char *name; /* a constant; NULL ends a list */
	enum { LOG_FIELD_INT, LOG_FIELD_WORD, LOG_FIELD_ID } type;
	int64_t number;
	const char *word;
};

#define LOG_INT(name, number) ((struct log_field){ name, LOG_FIELD_INT, number, NULL })
#define LOG_WORD(name, word) ((struct log_field){ name, LOG_FIELD_WORD, 0, word })
#define LOG_ID(name, id) ((struct log_field){ name, LOG_FIELD_ID, id, NULL })

#define LOG_BOUND_MAX 6

/* Carries the fields of its parents. A value: copy it, pass its address. */
struct log {
	struct log_field bound[LOG_BOUND_MAX];
	size_t count;
};

/* Where lines go and from which level on; set once at start. Default: standard
 * error, LOG_INFO, LOG_LOGFMT. */
void log_setup(int fd, enum log_level level, enum log_format format);
bool log_level_parse(const char *text, enum log_level *level);

/* A log with one more bound field; past LOG_BOUND_MAX the field is left out. */
struct log log_with(const struct log *log, struct log_field field);

/* `log` may be NULL: no bound fields. `fields` ends with a NULL name. */
void log_write(enum log_level level, const struct log *log, const char *event,
	       const struct log_field *fields);

#define LOG_FIELDS(...) ((const struct log_field[]){ __VA_ARGS__ __VA_OPT__(, ) { 0 } })
#define log_debug(log, event, ...) log_write(LOG_DEBUG, log, event, LOG_FIELDS(__VA_ARGS__))
#define log_info(log, event, ...) log_write(LOG_INFO, log, event, LOG_FIELDS(__VA_ARGS__))
#define log_warn(log, event, ...) log_write(LOG_WARN, log, event, LOG_FIELDS(__VA_ARGS__))
#define log_error(log, event, ...) log_write(LOG_ERROR, log, event, LOG_FIELDS(__VA_ARGS__))

#endif
