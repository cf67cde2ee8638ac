/* TCP to the gateways of examples/c/phone.c: one connection each, made when something is to be sent. */
#ifndef STREAMS_H
#define STREAMS_H
#include "strowger.h"

#include <poll.h>

enum { STREAMS = 2 };

/* Sends over the connection to this gateway. What cannot be sent is lost with the connection. */
void streams_send(const stw_address *to, const uint8_t *bytes, size_t len);
/* What to wait for: a place for each connection, -1 for one that is not there. */
void streams_wait(struct pollfd into[STREAMS]);
/* Takes what has come, and tells the telephone of connections that are lost: after each waiting. `drained` is called after each input. */
void streams_heard(stw_phone *p, uint64_t now_ms, const struct pollfd found[STREAMS], void (*drained)(stw_phone *));

#endif
