/*
 * A telephone on a bare board, without an operating system: the engine, a network, a console. It is run in an emulator.
 *
 * What makes it this telephone and no other lies in flash, where its maker's tool has written it: settings, its policy, and its own
 * line of the keyring. The settings are text, "name value" a line:
 *
 *     number 201                      its directory number
 *     address 10.99.0.11:5060         its own address
 *     gateway 10.99.0.1:5060          twice, if another one stands in for the first
 *     seed 0f1e...                    32 octets of randomness: this board has none of its own
 *     clock 1764500000                seconds since 1970: this board has no clock that runs on
 *     policy 4711                     the octets of its policy, and of its line of the keyring
 *     keyring 310
 *     emergency 4711                  instead of both: what lies there may be damaged but for its emergency block
 *     password Words-and-more         without a keyring
 *     heartbeat 5, missed 3, return 10    how it watches over its gateways, in seconds and times
 */
#include "board.h"
#include "console.h"
#include "net/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const settings = (const char *)0x00200000u;
static const uint8_t *const policy = (const uint8_t *)0x00210000u;
static const uint8_t *const keyring = (const uint8_t *)0x00300000u;

static uint64_t memory[STW_PHONE_WORDS(CONSOLE_LINES)];

uint64_t platform_now_ms(void)
{
    return board_now_ms();
}

void platform_send(const stw_address *to, const uint8_t *datagram, size_t len)
{
    net_send(datagram, len, to->octets, to->port);
}

/* The value of a setting's line, the first, second ... of its name; NULL: there is none. */
static const char *setting(const char *name, unsigned which)
{
    size_t len = strlen(name);
    const char *line = settings;
    while (line && *line) {
        if (!strncmp(line, name, len) && line[len] == ' ' && which-- == 0)
            return line + len + 1;
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    return NULL;
}

static uint32_t number(const char *name)
{
    const char *value = setting(name, 0);
    return value ? (uint32_t)strtoul(value, NULL, 10) : 0;
}

static void copy(char *into, size_t room, const char *name)
{
    const char *value = setting(name, 0);
    size_t len = value ? strcspn(value, "\n") : 0;
    if (len < room)
        memcpy(into, value ? value : "", len);
}

static int address(const char *text, stw_address *out)
{
    static const char ends[] = "...:\n";
    char *end = (char *)(uintptr_t)text;
    out->family = STW_FAMILY_IPV4;
    out->transport = STW_TRANSPORT_UDP;
    for (int n = 0; text && n < 5; n++, text = end + 1) {
        unsigned long part = strtoul(text, &end, 10);
        if (*end != ends[n])
            return 0;
        if (n < 4)
            out->octets[n] = (uint8_t)part;
        else
            out->port = (uint16_t)part;
    }
    return text != NULL;
}

static void seed(uint8_t into[32])
{
    const char *value = setting("seed", 0);
    for (size_t n = 0; value && n < 64 && value[n] > ' '; n++) {
        char c = value[n];
        into[n / 2] = (uint8_t)(into[n / 2] << 4 | (c <= '9' ? c - '0' : c - 'a' + 10));
    }
}

/* Its policy and its line of the keyring; or the emergency block of what lies there; or nothing. */
static stw_status load(stw_phone *p)
{
    if (number("emergency"))
        return stw_phone_load_emergency(p, policy, number("emergency"));
    return number("policy") ? stw_phone_load(p, policy, number("policy"), keyring, number("keyring")) : STW_OK;
}

static stw_status begin(stw_phone **p)
{
    stw_phone_config config = STW_PHONE_CONFIG_INIT;
    stw_status status;
    uint8_t mac[6];
    size_t size = 0;
    config.lines = CONSOLE_LINES;
    copy(config.number.text, sizeof config.number.text, "number");
    copy(config.password, sizeof config.password, "password");
    config.heartbeat_s = number("heartbeat");
    config.missed = number("missed");
    config.return_s = number("return");
    config.server_count = setting("gateway", 1) ? 2 : 1;
    seed(config.random_seed);
    if (!address(setting("address", 0), &config.address) || !address(setting("gateway", 0), &config.servers[0]) ||
        (setting("gateway", 1) && !address(setting("gateway", 1), &config.servers[1])))
        return STW_ERR_ARGUMENT;
    if (!ethernet_init(mac)) {
        printf("no ethernet\n");
        return STW_ERR_ARGUMENT;
    }
    net_init(mac, config.address.octets, 24, config.address.port);
    board_paint_stack(); /* from here on it is the engine's, under a few frames of ours */
    status = stw_phone_init((uint8_t *)memory, sizeof memory, &config, p);
    memset(config.password, 0, sizeof config.password);
    if (status == STW_OK)
        status = load(*p);
    if (status == STW_OK)
        status = stw_phone_set_clock(*p, board_now_ms(), (int64_t)number("clock"), 0);
    if (status == STW_OK)
        status = stw_phone_register(*p, board_now_ms());
    if (status == STW_OK && stw_phone_size(&config, &size) == STW_OK)
        printf("telephone %s: %lu octets\n", config.number.text, (unsigned long)size);
    return status;
}

/* What was typed, a line at a time; 0 ends the program. `stack` is the board's own command. */
static int console(stw_phone *p)
{
    static char typed[128];
    static size_t filled;
    int c;
    while ((c = board_read()) >= 0) {
        if (c != '\n') {
            filled += filled < sizeof typed - 1;
            typed[filled - 1] = (char)c;
            continue;
        }
        typed[filled] = 0;
        filled = 0;
        if (!strcmp(typed, "stack"))
            printf("stack %lu octets\n", (unsigned long)board_stack_used());
        else if (!console_command(p, typed))
            return 0;
        console_drain(p);
    }
    return 1;
}

static void network(stw_phone *p)
{
    stw_address from = {{0}, 0, 0, STW_FAMILY_IPV4, STW_TRANSPORT_UDP};
    size_t len;
    net_poll(board_now_ms());
    while ((len = net_receive(console_datagram, sizeof console_datagram, from.octets, &from.port)) > 0) {
        (void)stw_phone_receive(p, board_now_ms(), &from, console_datagram, len);
        console_drain(p);
    }
    while (stw_phone_deadline(p) <= board_now_ms()) {
        (void)stw_phone_tick(p, board_now_ms());
        console_drain(p);
    }
    net_poll(board_now_ms());
}

int main(void)
{
    stw_phone *p = NULL;
    stw_status status;
    board_init();
    setvbuf(stdout, NULL, _IONBF, 0);
    status = begin(&p);
    if (status != STW_OK) {
        printf("the telephone: %s\n", stw_status_name(status));
        return 1;
    }
    console_drain(p);
    while (console(p)) {
        network(p);
        board_wait();
    }
    (void)stw_phone_unregister(p, board_now_ms());
    console_drain(p);
    net_poll(board_now_ms());
    return stw_phone_deinit(p) == STW_OK ? 0 : 1;
}
