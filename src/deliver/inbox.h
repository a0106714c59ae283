/* inbox.h - how other threads speak to the delivery worker. Private to deliver/. Threads:
 * any may post; the worker opens. */
#ifndef DELIVER_INBOX_H
#define DELIVER_INBOX_H

#include <stdint.h>

struct deliverer;

/* Opened once, in the worker, in the order of posting. The poster's memory. */
struct mail {
	struct mail *next;
	void (*open)(struct mail *mail);
	int64_t at; /* not before, ms since 1970; 0: at once */
};

void deliverer_post(struct deliverer *deliverer, struct mail *mail);
/* From the worker only. */
void deliverer_post_later(struct deliverer *deliverer, struct mail *mail, int64_t at);

#endif
