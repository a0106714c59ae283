/* exotel_script.c - what the last two digits of a called number make of a call (7), when the
 * account's switch says that they do. Threads: under the sandbox's lock. */
#include <string.h>

#include "base/text.h"
#include "sandbox/exotel.h"

int exotel_script(struct sb_call *call, const char *number)
{
	size_t len = number ? strlen(number) : 0;
	int script;

	if (len < 2 || strspn(number + len - 2, "0123456789") != 2 ||
	    !sb_switch(call->account, "by_digits"))
		return EXOTEL_UNSCRIPTED;
	script = (number[len - 2] - '0') * 10 + (number[len - 1] - '0');
	return script <= EXOTEL_AGENT_ALONE ? script : EXOTEL_UNSCRIPTED;
}

enum sb_pickup exotel_scripted_pickup(int script, enum sb_pickup otherwise)
{
	switch (script) {
	case EXOTEL_UNSCRIPTED:
		return otherwise;
	case EXOTEL_BUSY:
		return SB_BUSY;
	case EXOTEL_NO_ANSWER:
	case EXOTEL_AGENT_ALONE:
		return SB_NO_ANSWER;
	case EXOTEL_FAILED:
		return SB_UNREACHABLE;
	case EXOTEL_VOICEMAIL:
		return SB_VOICEMAIL;
	default:
		return SB_ANSWERS;
	}
}

const char *exotel_scripted_digits(int script)
{
	return script == EXOTEL_PRESSES_1 ? "1" : script == EXOTEL_PRESSES_2 ? "2" : NULL;
}

int exotel_copies(struct sb_call *call, const char *number)
{
	int script = exotel_script(call, number);

	if (sb_switch(call->account, "callbacks_lost") || script == EXOTEL_LOST)
		return 0;
	return sb_switch(call->account, "answer_twice") || script == EXOTEL_REVERSED ? 2 : 1;
}
