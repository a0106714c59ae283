/* alerts.h - sends alerts to the workspace's webhook. Private to deliver/. Threads: the
 * delivery worker. */
#ifndef DELIVER_ALERTS_H
#define DELIVER_ALERTS_H

#include <stdint.h>

struct alerter;
struct deliverer;

struct alerter *alerter_new(struct deliverer *deliverer);
void alerter_free(struct alerter *alerter);

/* Sends the alerts that are due: one at a time for each workspace, several workspaces side by
 * side, so that a receiver that hangs holds nobody else's. One that fails is tried again,
 * ever later, ten times in three days; then it is listed as failed. */
void alerter_look(struct alerter *alerter, int64_t now);

#endif
