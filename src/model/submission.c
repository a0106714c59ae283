/* submission.c - what a source sent, prepared: collecting problems. Threads: pure. */
#include "model/submission.h"

void problem_add(struct problems *problems, const char *field, const char *code,
		 const char *message, const char *instruction)
{
	if (problems->count == PROBLEMS_MAX)
		return;
	problems->items[problems->count++] = (struct problem){
		.field = field,
		.code = code,
		.message = message,
		.instruction = instruction,
	};
}
