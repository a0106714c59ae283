/* webhook.h - how what we post to others' addresses is signed: Standard Webhooks 1.0.0,
 * symmetric. Threads: pure. */
#ifndef DELIVER_WEBHOOK_H
#define DELIVER_WEBHOOK_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* Whether a text is a secret of the scheme: "whsec_" and the base64 of 24 to 64 bytes.
 * ERR_INVALID says what to do, and nothing of the secret. */
int webhook_secret_check(const char *text, struct error *err);

/* The signature "v1,BASE64" of a message: its id (no dot in it), the time of this try in
 * s since 1970, and the body's bytes as they are sent. NULL when `secret` is none. */
const char *webhook_signature(struct arena *arena, const char *secret, const char *id,
			      int64_t timestamp_s, const void *body, size_t len);

#endif
