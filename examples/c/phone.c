/*
 * A telephone on an operating system with sockets: registers at a gateway by UDP, and does what is typed.
 *
 * C99 and POSIX, static memory only. There is no sound: what a telephone would do with its RTP is printed.
 *
 *     phone NUMBER OWN-ADDRESS:PORT GATEWAY:PORT[,GATEWAY:PORT] [POLICY.stw [NUMBER.keys]]
 *
 * Its keys are its line of the keyring (`strowger compile POLICY.toml -o POLICY.stw --keys NUMBER.keys --for NUMBER`); without one
 * its password comes from the variable STROWGER_PASSWORD. One command a line: dial N, answer, hangup, hold, retrieve, transfer N,
 * join, press K, unregister, quit. `hangup`, `hold` and the like mean the call that was begun last; `join` the first two.
 */
#define _POSIX_C_SOURCE 200809L
#include "strowger.h"

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

enum { LINES = 3 };

static uint64_t memory[STW_PHONE_WORDS(LINES)];
static uint8_t image[1 << 20], keyring[4096], datagram[2048];
static stw_line lines[LINES]; /* in the order in which they began; 0 is none */
static int udp = -1;

static uint64_t now_ms(void)
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

/* "192.0.2.1:5060" as an address. */
static stw_address address(const char *text, size_t len)
{
    char host[64];
    stw_address out = {{0}, 0, 5060, STW_FAMILY_IPV4, STW_TRANSPORT_UDP};
    char *colon;
    if (len >= sizeof host)
        die(text, "this is no address");
    memcpy(host, text, len);
    host[len] = 0;
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

static const char *shown(const stw_address *at)
{
    static char text[2][32];
    static int turn;
    turn ^= 1;
    snprintf(text[turn], sizeof text[turn], "%u.%u.%u.%u:%u", at->octets[0], at->octets[1], at->octets[2], at->octets[3], at->port);
    return text[turn];
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

static void begun(stw_line line)
{
    for (size_t n = 0; n < LINES; n++)
        if (lines[n] == 0) {
            lines[n] = line;
            return;
        }
}

static void over(stw_line line)
{
    size_t to = 0;
    for (size_t n = 0; n < LINES; n++)
        if (lines[n] != line)
            lines[to++] = lines[n];
    while (to < LINES)
        lines[to++] = 0;
}

static stw_line last(void)
{
    stw_line found = 0;
    for (size_t n = 0; n < LINES; n++)
        if (lines[n] != 0)
            found = lines[n];
    return found;
}

static void tell_sound(stw_phone *p, stw_line line)
{
    static const char *const directions[] = {"both", "send", "receive", "none"};
    stw_sound sound;
    if (stw_phone_sound(p, line, &sound) != STW_OK)
        return;
    printf("sound from %s to %s, codec %u as %u, %s, %s\n", shown(&sound.at), shown(&sound.to), (unsigned)sound.codec,
           (unsigned)sound.payload, directions[sound.direction & 3], sound.encrypted ? "encrypted" : "in clear");
    memset(&sound, 0, sizeof sound);
}

/* Does what the telephone says, until it has nothing more to say. */
static void drain(stw_phone *p)
{
    static const char *const standings[] = {"", "registered", "refused", "unanswered", "lapsed", "lost"};
    stw_phone_output out;
    stw_line_info info;
    struct sockaddr_in to;
    while (stw_phone_poll(p, &out, datagram, sizeof datagram, NULL) == STW_OK) {
        switch (out.kind) {
        case STW_PHONE_SEND:
            to = socket_address(&out.to);
            (void)sendto(udp, datagram, (size_t)out.length, 0, (const struct sockaddr *)&to, sizeof to);
            continue;
        case STW_PHONE_STANDING:
            printf("%s %u\n", out.standing <= 5 ? standings[out.standing] : "?", (unsigned)out.value);
            break;
        case STW_PHONE_SERVER:
            printf("server %u\n", (unsigned)out.value);
            break;
        case STW_PHONE_INCOMING:
            begun(out.line);
            if (stw_phone_line(p, out.line, &info) == STW_OK)
                printf("incoming %s \"%s\"\n", info.number, info.name);
            break;
        case STW_PHONE_ALERTED:
            printf("alerted\n");
            break;
        case STW_PHONE_CODE:
            printf("account code?\n");
            break;
        case STW_PHONE_DEAR:
            printf("this route is dear\n");
            break;
        case STW_PHONE_UP:
            printf("up\n");
            break;
        case STW_PHONE_SOUND:
            tell_sound(p, out.line);
            break;
        case STW_PHONE_HELD:
            printf("%s\n", out.value ? "held" : "held no more");
            break;
        case STW_PHONE_CHANGED:
            printf("changed %u\n", (unsigned)out.value);
            break;
        case STW_PHONE_REFERRED:
            printf("referred %u\n", (unsigned)out.value);
            break;
        case STW_PHONE_TEXT:
            printf("text %.*s\n", (int)out.length, (const char *)datagram);
            break;
        case STW_PHONE_OVER:
            over(out.line);
            printf("over %u %s\n", (unsigned)out.value, out.rule ? stw_rule_name((uint16_t)out.rule) : "");
            break;
        default: /* of a later version */
            break;
        }
        fflush(stdout);
    }
}

/* One line of the console; 0 ends the program. */
static int command(stw_phone *p, char *text)
{
    char *word = strtok(text, " \r\n"), *rest = strtok(NULL, " \r\n");
    const uint8_t *digits = (const uint8_t *)(rest ? rest : "");
    size_t count = rest ? strlen(rest) : 0;
    stw_status status = STW_OK;
    uint32_t rule = 0;
    stw_line line = 0;
    if (!word)
        return 1;
    if (!strcmp(word, "dial")) {
        status = stw_phone_dial(p, now_ms(), digits, count, &line, &rule);
        if (status == STW_OK)
            begun(line);
    } else if (!strcmp(word, "answer"))
        status = stw_phone_answer(p, now_ms(), last());
    else if (!strcmp(word, "hangup"))
        status = stw_phone_hang_up(p, now_ms(), last());
    else if (!strcmp(word, "hold") || !strcmp(word, "retrieve"))
        status = stw_phone_hold(p, now_ms(), last(), word[0] == 'h');
    else if (!strcmp(word, "transfer"))
        status = stw_phone_transfer(p, now_ms(), last(), digits, count, &rule);
    else if (!strcmp(word, "join"))
        status = stw_phone_join(p, now_ms(), lines[0], lines[1]);
    else if (!strcmp(word, "press"))
        status = stw_phone_press(p, now_ms(), last(), digits[0]);
    else if (!strcmp(word, "unregister"))
        status = stw_phone_unregister(p, now_ms());
    else if (!strcmp(word, "quit"))
        return 0;
    else
        printf("what is %s?\n", word);
    if (status == STW_DENIED)
        printf("denied here: %s\n", stw_rule_name((uint16_t)rule));
    else if (status != STW_OK)
        printf("%s: %s\n", word, stw_status_name(status));
    fflush(stdout);
    return 1;
}

/* Waits for the socket, the console, or the telephone's deadline; 0 ends the program. */
static int one_input(stw_phone *p)
{
    static char typed[256];
    static size_t filled;
    struct pollfd wait[2] = {{udp, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    uint64_t due = stw_phone_deadline(p), now = now_ms();
    uint64_t left = due <= now ? 0 : due - now;
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    stw_address source = {{0}, 0, 0, STW_FAMILY_IPV4, STW_TRANSPORT_UDP};
    ssize_t len;
    char *end;
    if (poll(wait, 2, left > 1000 ? 1000 : (int)left) > 0 && (wait[0].revents & POLLIN)) {
        len = recvfrom(udp, datagram, sizeof datagram, 0, (struct sockaddr *)&from, &size);
        if (len > 0) {
            memcpy(source.octets, &from.sin_addr, 4);
            source.port = ntohs(from.sin_port);
            (void)stw_phone_receive(p, now_ms(), &source, datagram, (size_t)len);
            drain(p);
        }
    }
    if (wait[1].revents & (POLLIN | POLLHUP)) {
        len = read(STDIN_FILENO, typed + filled, sizeof typed - 1 - filled);
        if (len <= 0)
            return 0;
        filled += (size_t)len;
        typed[filled] = 0;
        while ((end = strchr(typed, '\n')) != NULL) {
            *end = 0;
            if (!command(p, typed))
                return 0;
            drain(p);
            filled -= (size_t)(end + 1 - typed);
            memmove(typed, end + 1, filled + 1);
        }
        if (filled == sizeof typed - 1)
            filled = 0; /* no command is so long */
    }
    while (stw_phone_deadline(p) <= now_ms()) {
        (void)stw_phone_tick(p, now_ms());
        drain(p);
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
    config.lines = LINES;
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
        status = stw_phone_set_clock(p, now_ms(), (int64_t)clock, 0);
    if (status == STW_OK)
        status = stw_phone_register(p, now_ms());
    if (status != STW_OK)
        die("the telephone", stw_status_name(status));
    drain(p);
    while (one_input(p)) {
    }
    (void)stw_phone_unregister(p, now_ms());
    drain(p);
    return stw_phone_deinit(p) == STW_OK ? 0 : 1;
}
