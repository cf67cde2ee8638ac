/*
 * A telephone on an operating system with sockets: registers at a gateway by UDP or TCP, and does what is typed.
 *
 * C99 and POSIX, static memory only. What is typed and printed is in console.c, TCP in streams.c.
 *
 *     phone NUMBER OWN-ADDRESS:PORT GATEWAY:PORT[;tcp][,GATEWAY:PORT[;tcp]] [POLICY.stw [NUMBER.keys]]
 *
 * Its keys are its line of the keyring (`strowger compile POLICY.toml -o POLICY.stw --keys NUMBER.keys --for NUMBER`); without one
 * its password comes from the variable STROWGER_PASSWORD.
 */
#define _POSIX_C_SOURCE 200809L
#include "console.h"
#include "streams.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static uint64_t memory[STW_PHONE_WORDS(CONSOLE_LINES)];
static uint8_t image[1 << 20], keyring[4096];
static int udp = -1;

uint64_t platform_now_ms(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000 + (uint64_t)at.tv_nsec / 1000000;
}

static void die(const char *what, const char *why)
{
    fprintf(stderr, "phone: %s: %s\n", what, why);
    exit(2);
}

/* "192.0.2.1:5060" or "192.0.2.1:5060;tcp" as an address. */
static stw_address address(const char *text, size_t len)
{
    char host[64];
    stw_address out = {{0}, 0, 5060, STW_FAMILY_IPV4, STW_TRANSPORT_UDP};
    char *colon;
    if (len >= sizeof host)
        die(text, "this is no address");
    memcpy(host, text, len);
    host[len] = 0;
    if (len > 4 && !strcmp(host + len - 4, ";tcp")) {
        host[len - 4] = 0;
        out.transport = STW_TRANSPORT_TCP;
    }
    colon = strchr(host, ':');
    if (colon) {
        *colon = 0;
        out.port = (uint16_t)strtoul(colon + 1, NULL, 10);
    }
    if (inet_pton(AF_INET, host, out.octets) != 1)
        die(text, "this is no IPv4 address");
    return out;
}

static struct sockaddr_in socket_address(const stw_address *from)
{
    struct sockaddr_in out;
    memset(&out, 0, sizeof out);
    out.sin_family = AF_INET;
    out.sin_port = htons(from->port);
    memcpy(&out.sin_addr, from->octets, 4);
    return out;
}

void platform_send(const stw_address *to, const uint8_t *datagram, size_t len)
{
    struct sockaddr_in there = socket_address(to);
    if (to->transport == STW_TRANSPORT_TCP)
        streams_send(to, datagram, len);
    else
        (void)sendto(udp, datagram, len, 0, (const struct sockaddr *)&there, sizeof there);
}

static size_t file(const char *name, uint8_t *into, size_t room)
{
    FILE *from = fopen(name, "rb");
    size_t len;
    if (!from)
        die(name, "it cannot be read");
    len = fread(into, 1, room, from);
    if (!feof(from))
        die(name, "it is too long");
    fclose(from);
    return len;
}

/* Waits for the socket, the console, or the telephone's deadline; 0 ends the program. */
static int one_input(stw_phone *p)
{
    static char typed[256];
    static size_t filled;
    struct pollfd wait[2 + STREAMS] = {{udp, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    uint64_t due = stw_phone_deadline(p), now = platform_now_ms();
    uint64_t left = due <= now ? 0 : due - now;
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    stw_address source = {{0}, 0, 0, STW_FAMILY_IPV4, STW_TRANSPORT_UDP};
    ssize_t len;
    char *end;
    streams_wait(wait + 2);
    if (poll(wait, 2 + STREAMS, left > 1000 ? 1000 : (int)left) > 0 && (wait[0].revents & POLLIN)) {
        len = recvfrom(udp, console_datagram, sizeof console_datagram, 0, (struct sockaddr *)&from, &size);
        if (len > 0) {
            memcpy(source.octets, &from.sin_addr, 4);
            source.port = ntohs(from.sin_port);
            (void)stw_phone_receive(p, platform_now_ms(), &source, console_datagram, (size_t)len);
            console_drain(p);
        }
    }
    streams_heard(p, platform_now_ms(), wait + 2, console_drain);
    if (wait[1].revents & (POLLIN | POLLHUP)) {
        len = read(STDIN_FILENO, typed + filled, sizeof typed - 1 - filled);
        if (len <= 0)
            return 0;
        filled += (size_t)len;
        typed[filled] = 0;
        while ((end = strchr(typed, '\n')) != NULL) {
            *end = 0;
            if (!console_command(p, typed))
                return 0;
            console_drain(p);
            filled -= (size_t)(end + 1 - typed);
            memmove(typed, end + 1, filled + 1);
        }
        if (filled == sizeof typed - 1)
            filled = 0; /* no command is so long */
    }
    while (stw_phone_deadline(p) <= platform_now_ms()) {
        (void)stw_phone_tick(p, platform_now_ms());
        console_drain(p);
    }
    return 1;
}

int main(int count, char **given)
{
    stw_phone_config config = STW_PHONE_CONFIG_INIT;
    const char *comma, *password = getenv("STROWGER_PASSWORD");
    struct sockaddr_in own;
    stw_phone *p = NULL;
    stw_status status;
    time_t clock = time(NULL);
    if (count < 4 || strlen(given[1]) > STW_DIGITS_MAX)
        die("usage", "phone NUMBER OWN-ADDRESS:PORT GATEWAY:PORT[,GATEWAY:PORT] [POLICY.stw [NUMBER.keys]]");
    config.lines = CONSOLE_LINES;
    memcpy(config.number.text, given[1], strlen(given[1]));
    config.address = address(given[2], strlen(given[2]));
    config.sound_port = (uint32_t)config.address.port + 10000;
    comma = strchr(given[3], ',');
    config.servers[0] = address(given[3], comma ? (size_t)(comma - given[3]) : strlen(given[3]));
    if (comma) {
        config.servers[1] = address(comma + 1, strlen(comma + 1));
        config.server_count = 2;
    }
    if (getenv("STROWGER_HEARTBEAT"))
        config.heartbeat_s = (uint32_t)strtoul(getenv("STROWGER_HEARTBEAT"), NULL, 10);
    if (password && strlen(password) < sizeof config.password)
        memcpy(config.password, password, strlen(password));
    udp = socket(AF_INET, SOCK_DGRAM, 0);
    own = socket_address(&config.address);
    if (udp < 0 || bind(udp, (const struct sockaddr *)&own, sizeof own) != 0)
        die(given[2], "the address cannot be bound");
    status = stw_phone_init((uint8_t *)memory, sizeof memory, &config, &p);
    memset(config.password, 0, sizeof config.password);
    if (status == STW_OK && count > 4) {
        size_t keys = count > 5 ? file(given[5], keyring, sizeof keyring) : 0;
        status = stw_phone_load(p, image, file(given[4], image, sizeof image), keyring, keys);
    }
    if (status == STW_OK)
        status = stw_phone_set_clock(p, platform_now_ms(), (int64_t)clock, 0);
    if (status != STW_OK)
        die("the telephone", stw_status_name(status));
    /* Over a connection it is reached as over UDP: whoever has accepted it sends over it. */
    config.address.transport = STW_TRANSPORT_TCP;
    (void)stw_phone_listen(p, &config.address);
    status = stw_phone_register(p, platform_now_ms());
    if (status != STW_OK)
        die("the telephone", stw_status_name(status));
    console_drain(p);
    while (one_input(p)) {
    }
    (void)stw_phone_unregister(p, platform_now_ms());
    console_drain(p);
    return stw_phone_deinit(p) == STW_OK ? 0 : 1;
}
