/* silence.h - recordings in which nothing is heard, for vendors of calls. Threads: under the
 * sandbox's lock. */
#ifndef SANDBOX_SILENCE_H
#define SANDBOX_SILENCE_H

#include "sandbox/call.h"

enum sb_silence { SB_SILENCE_MP3, SB_SILENCE_WAV };

/* Answers with a second of silence. */
void sb_reply_silence(struct sb_call *call, enum sb_silence form);

#endif
