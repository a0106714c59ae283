/* smtp_tls.h - TLS over bytes in memory, with a certificate made at start. Threads: one at a
 * time; a struct smtp_tls may be shared by connections of one thread.
 *
 * The certificate signs itself and is good for localhost, its addresses and
 * mx.sandbox.example: a client takes it as its authority and verifies as it would anywhere. */
#ifndef SANDBOX_SMTP_TLS_H
#define SANDBOX_SMTP_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct smtp_tls;      /* key and certificate */
struct smtp_tls_conn; /* one connection's */

/* Errors: ERR_INTERNAL with the library's words. */
struct smtp_tls *smtp_tls_new(struct error *err);
void smtp_tls_free(struct smtp_tls *tls);

/* The certificate as PEM; as long as `tls`. */
const char *smtp_tls_pem(const struct smtp_tls *tls);

struct smtp_tls_conn *smtp_tls_accept(struct smtp_tls *tls);
void smtp_tls_conn_free(struct smtp_tls_conn *conn);

/* Gives bytes that came from the socket. */
void smtp_tls_put(struct smtp_tls_conn *conn, const char *bytes, size_t len);

/* Takes up to `room` bytes of what the peer said; 0 when there are none now, -1 when it is
 * no TLS, or over. Moves the handshake on. */
int smtp_tls_read(struct smtp_tls_conn *conn, char *bytes, size_t room);

/* Says `len` bytes; returns how many were taken. */
size_t smtp_tls_write(struct smtp_tls_conn *conn, const char *bytes, size_t len);

/* Says that nothing more will come. */
void smtp_tls_bye(struct smtp_tls_conn *conn);

/* Takes up to `room` bytes that are to go to the socket. */
size_t smtp_tls_get(struct smtp_tls_conn *conn, char *bytes, size_t room);

#endif
