/*
 * What a telephone's user sees and types, by the C ABI and nothing else: examples/c/phone.c has it on an operating system,
 * examples/firmware on a bare board. C99, static memory only. There is no sound: what a telephone would do with its RTP is printed.
 *
 * One command a line: dial N, answer, hangup, hold, retrieve, transfer N, join, press K, register, unregister, quit. `hangup`, `hold` and
 * the like mean the call that was begun last; `join` the first two.
 */
#ifndef CONSOLE_H
#define CONSOLE_H
#include "strowger.h"

#include <stddef.h>
#include <stdint.h>

enum { CONSOLE_LINES = 3 };

/* What the platform gives: milliseconds that never go back, and a way out for datagrams. */
uint64_t platform_now_ms(void);
void platform_send(const stw_address *to, const uint8_t *datagram, size_t len);

/* Where datagrams are written and read, one at a time. */
extern uint8_t console_datagram[2048];

/* Does what the telephone says, until it has nothing more to say: wanted after every input. */
void console_drain(stw_phone *p);
/* One line of the console; 0 ends the program. */
int console_command(stw_phone *p, char *text);
/* "192.0.2.1:5060", until it is called twice more. */
const char *console_shown(const stw_address *at);

#endif
