/* smtp_desk.h - who answers the steps of SMTP sessions. Threads: any, without the sandbox's
 * lock. */
#ifndef SANDBOX_SMTP_DESK_H
#define SANDBOX_SMTP_DESK_H

#include "sandbox/smtp_session.h"

/* An smtp_ask whose context is the struct sandbox. */
void smtp_desk_ask(void *context, struct arena *arena, const struct smtp_step *step,
		   struct smtp_answer *answer);

#endif
