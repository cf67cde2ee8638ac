/* What the programs that call the ABI at random have in common: chance, blocks of memory of exactly some size, and what every call must keep. */
#ifndef KIT_H
#define KIT_H
#include "strowger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;
static unsigned long round_number;

static void check(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "round %lu: %s\n", round_number, what);
    abort();
}

static uint64_t roll(void)
{
    uint64_t z = (state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static uint32_t below(uint32_t n) { return n ? (uint32_t)(roll() % n) : 0; }

/* True once in so many times. */
static int once_in(uint32_t n) { return below(n) == 0; }

/* A block of exactly so many bytes; of none null or not. */
static uint8_t *block(size_t size)
{
    uint8_t *bytes = size ? malloc(size) : NULL;
    check(bytes || !size, "out of memory");
    if (size)
        memset(bytes, 0xA5, size);
    return bytes;
}

/* One of these numbers, as somebody dials it: without a zero behind it, and now and then with something else in it. */
static uint8_t *one_of(const char *const *numbers, uint32_t count, size_t *len)
{
    const char *number = numbers[below(count)];
    *len = strlen(number);
    uint8_t *bytes = block(*len);
    if (*len)
        memcpy(bytes, number, *len);
    if (*len && once_in(10))
        bytes[below((uint32_t)*len)] = (uint8_t)roll();
    return bytes;
}

static uint8_t *image, *keyring;
static size_t image_len, keyring_len;
static unsigned long done[16], kinds[64], calls;

/* What every function may return, and nothing else. */
static stw_status known(stw_status status)
{
    check(strcmp(stw_status_name(status), "?") != 0, "a status without a name");
    check(status != STW_ERR_POISONED, "the library has failed inside");
    calls++;
    done[status < 0 ? 1 : 0]++;
    return status;
}

static uint8_t *file(const char *path, size_t *len)
{
    FILE *from = fopen(path, "rb");
    check(from && fseek(from, 0, SEEK_END) == 0, path);
    *len = (size_t)ftell(from);
    rewind(from);
    /* At a multiple of 8, as malloc gives it. */
    uint8_t *bytes = malloc(*len);
    check(bytes && fread(bytes, 1, *len, from) == *len, path);
    fclose(from);
    return bytes;
}

#endif
