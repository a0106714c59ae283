/* links.h - which remote record stands for which lead. Private to store/. Threads: the
 * committer. */
#ifndef STORE_LINKS_H
#define STORE_LINKS_H

#include "store/deliveries.h"
#include "store/internal.h"

/* Whether the remote record stands for another lead at the delivery's connection; 1, 0,
 * -1. Of the link its object and remote_id count. */
int link_is_taken(struct tx *tx, const struct delivery *delivery, const struct link *link,
		  struct error *err);

/* Lets the remote record stand for the delivery's lead, in the delivery's role; state NULL
 * is "live". */
int link_write(struct tx *tx, const struct delivery *delivery, const struct link *link,
	       struct error *err);

#endif
