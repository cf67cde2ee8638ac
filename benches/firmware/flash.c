/*
 * What a part of the engine takes of flash: linked by ci/sizes.sh as examples/firmware-link is, and never run. With SIGNALS an exchange by
 * neutral signals, for who has a SIP stack; without it policy alone: what may be dialed.
 */
#include "strowger.h"

static uint64_t memory[STW_EXCHANGE_WORDS(8, 2, 2)];
extern const uint8_t policy[], keyring[];
const uint8_t policy[4] = {0}, keyring[4] = {0};
static volatile uint32_t clock_ms, event, led;

#ifdef SIGNALS
static void one_signal(stw_exchange *x)
{
    static const uint8_t dialed[] = {'2', '0', '1'};
    static stw_decision decision;
    static stw_output out;
    stw_leg leg = event;
    switch (event & 15u) {
    case 0: (void)stw_exchange_setup(x, clock_ms, STW_PARTY_DEVICE, 0, dialed, sizeof dialed, &decision); break;
    case 1: (void)stw_exchange_off_hook(x, clock_ms, STW_PARTY_DEVICE, 0, &leg); break;
    case 2: (void)stw_exchange_digit(x, clock_ms, leg, '1'); break;
    case 3: (void)stw_exchange_alerting(x, clock_ms, leg); break;
    case 4: (void)stw_exchange_answer(x, clock_ms, leg); break;
    case 5: (void)stw_exchange_release(x, clock_ms, leg, 0); break;
    case 6: (void)stw_exchange_hold(x, clock_ms, leg, &decision); break;
    case 7: (void)stw_exchange_retrieve(x, clock_ms, leg, &decision); break;
    case 8: (void)stw_exchange_transfer(x, clock_ms, leg, dialed, sizeof dialed, &decision); break;
    case 9: (void)stw_exchange_join(x, clock_ms, leg, leg + 1, &decision); break;
    case 10: (void)stw_exchange_on_hook(x, clock_ms, leg, &decision); break;
    default: (void)stw_exchange_tick(x, clock_ms); break;
    }
    while (stw_exchange_poll(x, &out, 0, 0, 0) == STW_OK)
        led = out.kind;
}
#else
static void one_signal(stw_exchange *x)
{
    static const uint8_t dialed[] = {'2', '0', '1'};
    static stw_decision decision;
    led = (uint32_t)stw_exchange_explain(x, clock_ms, STW_PARTY_DEVICE, event, dialed, sizeof dialed, &decision, 0, 0, 0);
}
#endif

void reset(void);
void reset(void)
{
    stw_exchange_config config = STW_EXCHANGE_CONFIG_INIT;
    stw_exchange *x = 0;
    config.random_seed[0] = 1;
    (void)stw_exchange_init((uint8_t *)memory, sizeof memory, &config, &x);
    (void)stw_exchange_load(x, policy, sizeof policy, keyring, sizeof keyring);
    (void)stw_exchange_set_mode(x, STW_MODE_NIGHT1);
    for (;;)
        one_signal(x);
}

extern uint32_t stack_top;
struct vectors {
    uint32_t *stack;
    void (*reset)(void);
};
__attribute__((section(".vectors"), used)) static const struct vectors vectors = {&stack_top, reset};
