/* member_form.h - what texts of the configuration look like. Threads: pure. */
#ifndef MODEL_MEMBER_FORM_H
#define MODEL_MEMBER_FORM_H

#include <stdbool.h>
#include <stdint.h>

bool form_has_controls(const char *text);

/* Letters and digits of ASCII, then also ".", "_" and "-". */
bool form_is_name(const char *text);

/* An ISO 3166-1 code of two capital letters that is assigned, or XK (Kosovo). */
bool form_is_country(const char *text);

/* The form of an IANA name: "Asia/Kolkata", "UTC", "Etc/GMT+5". */
bool form_is_zone(const char *text);

/* yes, no, on, off, true, false in any case; NULL is none of them. */
bool form_bool(const char *text, bool *is_true);

/* A whole number and ms, s, m, h or d, into ms; NULL is none. */
bool form_duration(const char *text, int64_t *ms);

/* scheme://host[:port] and nothing else, in lower case, as browsers send it. */
bool form_is_origin(const char *text);

#endif
