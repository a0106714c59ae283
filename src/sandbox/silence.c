/* silence.c - a second in which nothing is heard. Threads: under the sandbox's lock. */
#include "sandbox/silence.h"

#include <string.h>

/* MPEG 1 layer III, 128 kbit/s, 44.1 kHz: 38 frames are a second. */
#define FRAME_LEN 417
#define FRAMES 38

/* PCM, one channel of 8 bits, 8 kHz. */
#define WAV_HEAD_LEN 44
#define WAV_LEN 8000

static void reply_mp3(struct sb_call *call)
{
	static const unsigned char head[] = { 0xff, 0xfb, 0x90, 0x64 };
	char *bytes = arena_alloc(call->arena, FRAMES * FRAME_LEN);

	for (size_t i = 0; i < FRAMES; i++)
		memcpy(bytes + i * FRAME_LEN, head, sizeof(head));
	sb_reply_text(call, 200, "audio/mpeg", bytes, FRAMES * FRAME_LEN);
}

static void reply_wav(struct sb_call *call)
{
	/* Sizes are little-endian: 8036 and 8000 bytes, 8000 a second. */
	static const char head[WAV_HEAD_LEN] = "RIFF\x64\x1f\0\0WAVEfmt \x10\0\0\0\1\0\1\0"
					       "\x40\x1f\0\0\x40\x1f\0\0\1\0\x8\0" "data"
					       "\x40\x1f\0";
	char *bytes = arena_alloc(call->arena, WAV_HEAD_LEN + WAV_LEN);

	memcpy(bytes, head, WAV_HEAD_LEN);
	memset(bytes + WAV_HEAD_LEN, 0x80, WAV_LEN);
	sb_reply_text(call, 200, "audio/wav", bytes, WAV_HEAD_LEN + WAV_LEN);
}

void sb_reply_silence(struct sb_call *call, enum sb_silence form)
{
	if (form == SB_SILENCE_MP3)
		reply_mp3(call);
	else
		reply_wav(call);
}
