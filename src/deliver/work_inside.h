/* work_inside.h - what the files behind work.h share. Threads: pure. */
#ifndef DELIVER_WORK_INSIDE_H
#define DELIVER_WORK_INSIDE_H

#include "deliver/lead_values.h"
#include "deliver/verdict.h"
#include "deliver/work.h"

struct verdict_ground work_verdict_ground(const struct work *work,
					  const struct work_ground *ground);

/* Ends the work: it needs nothing more, and is settled like this. */
void work_settle(struct work *work, enum delivery_state state, const char *code,
		 const char *reason);
void work_settle_dead(struct work *work, const char *code, const char *field,
		      const char *reason, const char *instruction);

/* It waits as it is: no try is spent, and what is unknown stays so. */
void work_settle_waiting(struct work *work, const char *code, const char *reason,
			 const char *instruction);

#endif
