/* alerts.h - sends alerts to the workspace's webhook. Private to deliver/. Threads: the
 * delivery worker. */
#ifndef DELIVER_ALERTS_H
#define DELIVER_ALERTS_H

#include <stdint.h>

struct alerter;
struct deliverer;

struct alerter *alerter_new(struct deliverer *deliverer);
void alerter_free(struct alerter *alerter);

/* Sends the alert that is due, if none is under way. One that fails is tried again, ever
 * later, ten times in three days; then it is listed as failed. */
void alerter_look(struct alerter *alerter, int64_t now);

#endif
