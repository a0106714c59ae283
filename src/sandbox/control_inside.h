/* control_inside.h - between the files that answer /_sandbox/. Threads: under the
 * sandbox's lock. */
#ifndef SANDBOX_CONTROL_INSIDE_H
#define SANDBOX_CONTROL_INSIDE_H

#include "sandbox/state.h"

/* Replies {"error": code, "message": ...}. */
void sb_control_refuse(struct sb_call *call, int status, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* The body as an object, or NULL after a reply. An absent body is an empty object. */
const json_t *sb_control_body(struct sb_call *call);

/* The account named by the first two parameters of the route, set in the call with its
 * vendor; NULL after a reply. */
struct sb_account *sb_control_account(struct sb_call *call);

/* A whole number from the query within low..high; false after a reply. */
bool sb_control_number(struct sb_call *call, const char *name, int64_t otherwise, int64_t low,
		       int64_t high, int64_t *number);

/* control_data.c */
void sb_control_seed(struct sb_call *call);
void sb_control_objects(struct sb_call *call);
void sb_control_records(struct sb_call *call);
void sb_control_record(struct sb_call *call);
void sb_control_add_record(struct sb_call *call);
void sb_control_edit_record(struct sb_call *call);
void sb_control_delete_record(struct sb_call *call);
void sb_control_merge_record(struct sb_call *call);
void sb_control_ledger(struct sb_call *call);
void sb_control_ledger_summary(struct sb_call *call);
void sb_control_requests(struct sb_call *call);

/* control_trouble.c */
void sb_control_faults(struct sb_call *call);
void sb_control_add_fault(struct sb_call *call);
void sb_control_clear_faults(struct sb_call *call);
void sb_control_remove_fault(struct sb_call *call);
void sb_control_clock(struct sb_call *call);
void sb_control_set_clock(struct sb_call *call);
void sb_control_settings(struct sb_call *call);
void sb_control_set_settings(struct sb_call *call);
void sb_control_tokens(struct sb_call *call);

/* control_schema.c */
void sb_control_schema(struct sb_call *call);
void sb_control_change_schema(struct sb_call *call);

#endif
