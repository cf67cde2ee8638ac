/* The board: an MPS2 with a Cortex-M4F (AN386), as QEMU has it. */
#ifndef BOARD_H
#define BOARD_H
#include <stddef.h>
#include <stdint.h>

void board_init(void);
/* Milliseconds since the board was switched on. */
uint64_t board_now_ms(void);
/* What was typed, or -1; and what is printed. */
int board_read(void);
void board_write(char c);
/* Sleeps until something may have happened: a millisecond at most. */
void board_wait(void);
/* Ends the emulator; `good` is what its caller hears. */
void board_off(int good);
/* Paints the stack, and says how deep it has been since then, in octets: to where the paint is gone. */
void board_paint_stack(void);
size_t board_stack_used(void);

/* Switches the Ethernet on and says its address; 0: there is none. The frames are in net/net.h. */
int ethernet_init(uint8_t mac[6]);

#endif
