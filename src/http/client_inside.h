/* client_inside.h - what the files of the client share; not for others. Threads: pure. */
#ifndef HTTP_CLIENT_INSIDE_H
#define HTTP_CLIENT_INSIDE_H

#include "http/client.h"

/* Whether one of the allowed networks names the address; plain http needs that, and a
 * private address. */
bool client_address_is_named(const struct http_client_config *config, const void *sockaddr,
			     int port);

/* "10.0.0.1" or "fe80::1" into `text`. */
void client_address_text(const void *sockaddr, char text[48]);

#endif
