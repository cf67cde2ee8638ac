/*
 * The smallest firmware around libstrowger.a: no libc, no heap, every function of the ABI in reach of `reset`.
 *
 * ci/bare-metal.sh links it. The library's panic handler calls a function that exists nowhere, so the link succeeds only
 * if no panic can be reached from here. What the peripherals would do is left as three functions. With PHONE_ONLY it is a
 * telephone and nothing else: what that takes of flash is measured so.
 */
#include "strowger.h"

enum { DEVICES = 8, TRUNKS = 2, CALLS = 2 };

enum { LINES = 3 };

#ifndef PHONE_ONLY
static uint64_t memory[STW_EXCHANGE_WORDS(DEVICES, TRUNKS, CALLS)];
#endif
static uint64_t handset[STW_PHONE_WORDS(LINES)];
static uint8_t datagram[2048];

/* The policy and its keyring, wherever flash has them. */
extern const uint8_t policy[], keyring[];
extern const uint32_t policy_length, keyring_length;
const uint8_t policy[4] = {0}, keyring[4] = {0};
const uint32_t policy_length = sizeof policy, keyring_length = sizeof keyring;

/* The peripherals: registers that the compiler knows nothing of. */
static volatile uint32_t clock_ms, random_word, received_bytes, key_pressed, led;

#ifndef PHONE_ONLY
static void send(const stw_output_send *message) { led = (uint32_t)message->length; }

static void drain(stw_exchange *x)
{
    stw_output out;
    size_t needed = 0;
    while (stw_exchange_poll(x, &out, datagram, sizeof datagram, &needed) == STW_OK) {
        if (out.kind == STW_OUTPUT_SEND)
            send(&out.body.send);
        else
            led = out.kind;
    }
}

static void one_input(stw_exchange *x)
{
    static stw_decision decision;
    static stw_piece piece;
    static stw_statistics statistics;
    static const uint8_t dialed[] = {'2', '0', '1'};
    static uint8_t hash[32];
    stw_address source = {{192, 0, 2, 1}, 0, 5060, STW_FAMILY_IPV4, 0};
    stw_place relay = {{{192, 0, 2, 2}, 0, 30000, STW_FAMILY_IPV4, 0}, 30001, 0};
    uint32_t row = 0, key = key_pressed;
    uint64_t number = 0;

    if (received_bytes > 0)
        (void)stw_exchange_receive(x, clock_ms, &source, datagram, received_bytes);
    else if (key == 1 && stw_exchange_device(x, dialed, sizeof dialed, &row) == STW_OK)
        led = (uint32_t)stw_exchange_setup(x, clock_ms, STW_PARTY_DEVICE, row, dialed, sizeof dialed, &decision);
    else if (key == 10 && stw_exchange_device(x, dialed, sizeof dialed, &row) == STW_OK)
        led = (uint32_t)stw_exchange_off_hook(x, clock_ms, STW_PARTY_DEVICE, row, &decision.leg);
    else if (key >= '0' && key <= '9')
        led = (uint32_t)stw_exchange_digit(x, clock_ms, decision.leg, key);
    else if (key == 2)
        (void)stw_exchange_alerting(x, clock_ms, decision.leg);
    else if (key == 3)
        (void)stw_exchange_answer(x, clock_ms, decision.leg);
    else if (key == 4)
        (void)stw_exchange_release(x, clock_ms, decision.leg, 0);
    else if (key == 5 && stw_exchange_trunk(x, dialed, sizeof dialed, &row) == STW_OK)
        (void)stw_exchange_set_trunk_address(x, row, &source);
    else if (key == 32)
        led = (uint32_t)stw_exchange_explain(x, clock_ms, STW_PARTY_DEVICE, row, dialed, sizeof dialed, &decision, 0, 0, 0);
    else if (key == 33 && stw_stream_piece(dialed, sizeof dialed, sizeof dialed, &piece) == STW_OK)
        led = piece.kind;
    else if (key == 31)
        (void)stw_exchange_set_trunk_servers(x, row, &source, 1);
    else if (key == 6)
        (void)stw_exchange_set_mode(x, STW_MODE_NIGHT1);
    else if (key == 7)
        (void)stw_exchange_set_clock(x, clock_ms, 1795327200, -300);
    else if (key == 8)
        (void)stw_exchange_clear(x, clock_ms);
    else if (key == 11)
        (void)stw_exchange_relayed(x, clock_ms, decision.leg, &relay, 1);
    else if (key == 12)
        (void)stw_exchange_relay_lost(x, clock_ms);
    else if (key == 13)
        led = (uint32_t)stw_exchange_transfer(x, clock_ms, decision.leg, dialed, sizeof dialed, &decision);
    else if (key == 14)
        led = (uint32_t)stw_exchange_join(x, clock_ms, decision.leg, decision.leg + 1, &decision);
    else if (key == 15)
        led = (uint32_t)stw_exchange_hold(x, clock_ms, decision.leg, &decision);
    else if (key == 16)
        led = (uint32_t)stw_exchange_retrieve(x, clock_ms, decision.leg, &decision);
    else if (key == 17)
        led = (uint32_t)stw_exchange_on_hook(x, clock_ms, decision.leg, &decision);
    else if (key == 18)
        led = (uint32_t)stw_exchange_conference(x, decision.leg, &number);
    else if (key == 19)
        (void)stw_exchange_listen(x, &source);
    else if (key == 20)
        (void)stw_exchange_lost(x, clock_ms, &source);
    else if (key == 9)
        (void)stw_exchange_policy_hash(x, hash);
    else if (stw_exchange_deadline(x) <= clock_ms)
        (void)stw_exchange_tick(x, clock_ms);
    (void)stw_exchange_statistics(x, &statistics);
    led = (uint32_t)*stw_rule_name((uint16_t)decision.rule);
}

#endif

static void drain_phone(stw_phone *p)
{
    stw_phone_output out;
    size_t needed = 0;
    while (stw_phone_poll(p, &out, datagram, sizeof datagram, &needed) == STW_OK)
        led = out.kind;
}

static void one_phone_input(stw_phone *p)
{
    static const uint8_t dialed[] = {'2', '0', '1'};
    static stw_line line, other;
    static stw_line_info info;
    static stw_sound sound;
    static stw_phone_statistics counted;
    stw_address gateway = {{192, 0, 2, 1}, 0, 5060, STW_FAMILY_IPV4, 0};
    uint32_t key = key_pressed, rule = 0;

    if (received_bytes > 0)
        (void)stw_phone_receive(p, clock_ms, &gateway, datagram, received_bytes);
    else if (key == 1)
        led = (uint32_t)stw_phone_dial(p, clock_ms, dialed, sizeof dialed, &line, &rule);
    else if (key == 2)
        (void)stw_phone_answer(p, clock_ms, line);
    else if (key == 3)
        (void)stw_phone_hang_up(p, clock_ms, line);
    else if (key == 4)
        (void)stw_phone_hold(p, clock_ms, line, 1);
    else if (key == 5)
        led = (uint32_t)stw_phone_transfer(p, clock_ms, line, dialed, sizeof dialed, &rule);
    else if (key == 6)
        (void)stw_phone_join(p, clock_ms, line, other);
    else if (key >= '0' && key <= '9')
        (void)stw_phone_press(p, clock_ms, line, key);
    else if (key == 7 && stw_phone_line(p, line, &info) == STW_OK)
        led = info.state;
    else if (key == 8 && stw_phone_sound(p, line, &sound) == STW_OK)
        led = sound.payload;
    else if (key == 9)
        (void)stw_phone_unregister(p, clock_ms);
    else if (key == 10)
        (void)stw_phone_listen(p, &gateway);
    else if (key == 11)
        (void)stw_phone_lost(p, clock_ms, &gateway);
    else if (key == 12)
        (void)stw_phone_set_mode(p, STW_MODE_NIGHT1);
    else if (key == 14)
        led = (uint32_t)stw_phone_explain(p, clock_ms, dialed, sizeof dialed, &rule);
    else if (key == 13)
        (void)stw_phone_set_clock(p, clock_ms, 1795327200, -300);
    else if (stw_phone_deadline(p) <= clock_ms)
        (void)stw_phone_tick(p, clock_ms);
    drain_phone(p);
    (void)stw_phone_count(p, &counted);
    led = (uint32_t)counted.denied;
}

/* The telephone of this firmware, if it is one. */
static void telephone(void)
{
    stw_phone_config config = STW_PHONE_CONFIG_INIT;
    stw_phone *p = 0;
    stw_status status;
    size_t size = 0;

    config.lines = LINES;
    config.number.text[0] = '2';
    config.address.family = STW_FAMILY_IPV4;
    config.servers[0].family = STW_FAMILY_IPV4;
    for (size_t at = 0; at < sizeof config.random_seed; at++)
        config.random_seed[at] = (uint8_t)random_word;
    status = stw_phone_size(&config, &size);
    if (status == STW_OK && size <= sizeof handset)
        status = stw_phone_init((uint8_t *)handset, sizeof handset, &config, &p);
    if (status == STW_OK)
        status = stw_phone_load(p, policy, policy_length, keyring, keyring_length);
    if (status != STW_OK)
        status = stw_phone_load_emergency(p, policy, policy_length);
    (void)stw_phone_register(p, clock_ms);
    while (led != 0xFF)
        one_phone_input(p);
    led = (uint32_t)stw_phone_deinit(p) + (uint32_t)status;
}

void reset(void);
#ifdef PHONE_ONLY
void reset(void)
{
    *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20; /* CPACR: the floating-point unit, before anything can use it */
    telephone();
    for (;;) {
    }
}
#else
void reset(void)
{
    stw_exchange_config config = STW_EXCHANGE_CONFIG_INIT;
    stw_exchange *x = 0;
    stw_status status;
    size_t size = 0;

    *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20; /* CPACR: the floating-point unit, before anything can use it */
    if (key_pressed == 98)
        telephone();
    config.devices = DEVICES;
    config.trunks = TRUNKS;
    config.calls = CALLS;
    for (size_t at = 0; at < sizeof config.random_seed; at++)
        config.random_seed[at] = (uint8_t)random_word;
    status = stw_abi_version() == STW_ABI_VERSION ? stw_exchange_size(&config, &size) : STW_ERR_ABI;
    if (status == STW_OK && size <= sizeof memory)
        status = stw_exchange_init((uint8_t *)memory, sizeof memory, &config, &x);
    if (status == STW_OK)
        status = stw_exchange_load(x, policy, policy_length, keyring, keyring_length);
    /* Whatever else is damaged, the image's emergency block may be whole: it is searched for in there. */
    if (status != STW_OK)
        status = stw_exchange_load_emergency(x, policy, policy_length);
    while (status == STW_OK && key_pressed != 99) {
        one_input(x);
        drain(x);
    }
    led = (uint32_t)*stw_status_name(status);
    (void)stw_exchange_deinit(x);
    for (;;) {
    }
}
#endif

/* What the processor reads first: its stack and where to begin. */
extern uint32_t stack_top;
struct vectors {
    uint32_t *stack;
    void (*reset)(void);
};
__attribute__((section(".vectors"), used)) static const struct vectors vectors = {&stack_top, reset};
