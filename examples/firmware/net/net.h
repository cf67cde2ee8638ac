/* The network of the example: one UDP socket over Ethernet. Nothing here is the engine's. */
#ifndef NET_H
#define NET_H
#include <stddef.h>
#include <stdint.h>

/* Sets the network up: once, first. */
void net_init(const uint8_t mac[6], const uint8_t address[4], uint8_t prefix, uint16_t port);
/* Takes what has come and gives away what waits: often. */
void net_poll(uint64_t now_ms);
/* The next datagram, cut to `room`: its length; 0: there is none. */
size_t net_receive(uint8_t *into, size_t room, uint8_t from[4], uint16_t *port);
/* Sends a datagram, or drops it where there is no room. */
void net_send(const uint8_t *datagram, size_t len, const uint8_t to[4], uint16_t port);

/* What the board gives: the next frame, its length, 0 if there is none; and a frame out. */
size_t ethernet_receive(uint8_t *into, size_t room);
void ethernet_send(const uint8_t *frame, size_t len);

#endif
