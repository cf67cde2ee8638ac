/*
 * Two pieces of work of benches/src/calls.rs by the C ABI: what the border costs (ci/counts.sh compares them).
 *
 *     boundary neutral-call|idle-poll POLICY.stw POLICY.keys        does it 20 times, and prints how often it crosses the border each time
 */
#include "strowger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t memory[STW_EXCHANGE_WORDS(2, 1, 64)];
static uint8_t image[65536], keyring[4096];
static unsigned crossings;

static void want(int good)
{
    if (!good)
        exit(1);
}

static stw_leg drain(stw_exchange *x)
{
    static stw_output out;
    stw_leg called = 0;
    while (crossings++, stw_exchange_poll(x, &out, NULL, 0, NULL) == STW_OK)
        if (out.kind == STW_OUTPUT_SETUP)
            called = out.body.setup.leg;
    return called;
}

void neutral_call_measured(stw_exchange *x);
void __attribute__((noinline)) neutral_call_measured(stw_exchange *x)
{
    stw_decision decision;
    stw_leg called;
    want(stw_exchange_setup(x, 1, STW_PARTY_DEVICE, 0, (const uint8_t *)"202", 3, &decision) == STW_OK);
    called = drain(x);
    want(stw_exchange_alerting(x, 1, called) == STW_OK);
    (void)drain(x);
    want(stw_exchange_answer(x, 1, called) == STW_OK);
    (void)drain(x);
    want(stw_exchange_release(x, 1, decision.leg, 0) == STW_OK);
    (void)drain(x);
    crossings += 4;
}

void idle_poll_measured(stw_exchange *x);
void __attribute__((noinline)) idle_poll_measured(stw_exchange *x)
{
    static stw_output out;
    want(stw_exchange_alerting(x, 1, 0) == STW_ERR_UNKNOWN);
    want(stw_exchange_poll(x, &out, NULL, 0, NULL) == STW_EMPTY);
    crossings += 2;
}

static size_t file(const char *name, uint8_t *into, size_t room)
{
    FILE *from = fopen(name, "rb");
    size_t len;
    want(from != NULL);
    len = fread(into, 1, room, from);
    fclose(from);
    return len;
}

int main(int count, char **given)
{
    stw_exchange_config config = STW_EXCHANGE_CONFIG_INIT;
    stw_exchange *x = NULL;
    want(count == 4);
    config.devices = 2;
    config.trunks = 1;
    config.calls = 64;
    config.reserved_calls = 1;
    want(stw_exchange_init((uint8_t *)memory, sizeof memory, &config, &x) == STW_OK);
    want(stw_exchange_load(x, image, file(given[2], image, sizeof image), keyring, file(given[3], keyring, sizeof keyring)) == STW_OK);
    (void)drain(x);
    for (int n = 0; n < 20; n++) {
        crossings = 0;
        if (!strcmp(given[1], "neutral-call"))
            neutral_call_measured(x);
        else
            idle_poll_measured(x);
    }
    printf("%u\n", crossings);
    return 0;
}
