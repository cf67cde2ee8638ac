/* The board without its Ethernet: vectors, clock, console, stack, and what newlib's printf asks for. */
#include "board.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define REGISTER(at) (*(volatile uint32_t *)(uintptr_t)(at))
#define UART_DATA REGISTER(0x40004000u)
#define UART_STATE REGISTER(0x40004004u) /* 1: no room to send, 2: something has come */
#define UART_CONTROL REGISTER(0x40004008u)
#define UART_DIVIDER REGISTER(0x40004010u)
#define SYSTICK_CONTROL REGISTER(0xE000E010u)
#define SYSTICK_RELOAD REGISTER(0xE000E014u)
#define SYSTICK_VALUE REGISTER(0xE000E018u)
#define COPROCESSORS REGISTER(0xE000ED88u)

enum { CORE_HZ = 25000000, PAINT = 0x5A };

extern uint8_t stack_bottom[], stack_top[];
extern uint32_t data_from[], data_begin[], data_end[], bss_begin[], bss_end[];
int main(void);

static volatile uint64_t ticks;

void board_reset(void) __attribute__((noreturn));
void board_reset(void)
{
    uint32_t *to, *from = data_from;
    COPROCESSORS |= 0xFu << 20;
    __asm volatile("dsb\n isb" ::: "memory");
    for (to = data_begin; to < data_end;)
        *to++ = *from++;
    for (to = bss_begin; to < bss_end;)
        *to++ = 0;
    board_off(main() == 0);
    for (;;) {
    }
}

static void tick(void)
{
    ticks++;
}

static void fault(void)
{
    printf("fault\n");
    board_off(0);
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))(uintptr_t)stack_top, board_reset, fault, fault, fault, fault, fault, 0, 0, 0, 0, fault, fault, 0, fault, tick,
};

void board_init(void)
{
    UART_DIVIDER = 16;
    UART_CONTROL = 3;
    SYSTICK_RELOAD = CORE_HZ / 1000 - 1;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = 7;
}

/* Read twice: the clock may strike between its halves. */
uint64_t board_now_ms(void)
{
    uint64_t first;
    do
        first = ticks;
    while (first != ticks);
    return first;
}

int board_read(void)
{
    return UART_STATE & 2u ? (int)(UART_DATA & 0xFFu) : -1;
}

void board_write(char c)
{
    while (UART_STATE & 1u) {
    }
    UART_DATA = (uint8_t)c;
}

void board_wait(void)
{
    __asm volatile("wfi");
}

/* Semihosting's SYS_EXIT with "the application ends" or "a run-time error". */
void board_off(int good)
{
    register uint32_t call __asm("r0") = 0x18;
    register uint32_t why __asm("r1") = good ? 0x20026 : 0x20023;
    __asm volatile("bkpt 0xAB" : "+r"(call) : "r"(why) : "memory");
}

void board_paint_stack(void)
{
    const uint8_t *top = (uint8_t *)__builtin_frame_address(0) - 64; /* not what is in use */
    for (uint8_t *at = stack_bottom; at < top; at++)
        *(volatile uint8_t *)at = PAINT;
}

size_t board_stack_used(void)
{
    const uint8_t *at = stack_bottom;
    while (at < stack_top && *at == PAINT)
        at++;
    return (size_t)(stack_top - at);
}

/* For newlib: a console, and no files. */
int _write(int file, const char *text, int len)
{
    (void)file;
    for (int n = 0; n < len; n++)
        board_write(text[n]);
    return len;
}

/* Its printf takes memory for three streams at its first use, and the engine none ever. */
void *_sbrk(ptrdiff_t more)
{
    static uint64_t heap[64];
    static size_t used;
    uint8_t *from = (uint8_t *)heap + used;
    if (more < 0 || (size_t)more > sizeof heap - used) {
        errno = ENOMEM;
        return (void *)-1;
    }
    used += (size_t)more;
    return from;
}

int _fstat(int file, struct stat *is)
{
    (void)file;
    is->st_mode = S_IFCHR;
    return 0;
}

int _isatty(int file)
{
    (void)file;
    return 1;
}

int _read(int file, char *into, int room)
{
    (void)file, (void)into, (void)room;
    return 0;
}

int _close(int file)
{
    (void)file;
    return -1;
}

int _lseek(int file, int at, int from)
{
    (void)file, (void)at, (void)from;
    return 0;
}

void _exit(int code)
{
    board_off(code == 0);
    for (;;) {
    }
}

int _kill(int process, int signal)
{
    (void)process, (void)signal;
    return -1;
}

int _getpid(void)
{
    return 1;
}
