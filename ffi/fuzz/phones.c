/* phones POLICY KEYRING SEED ROUNDS: as calls.c, for telephones: random sequences of what a user, a gateway and strangers do, right and
 * wrong, over memory of exactly the size that is asked for. A gateway plays along: it answers what the telephone sends, mostly as a gateway
 * would. */
#include "kit.h"

enum { LINES = 8, STEPS = 300, LONGEST = 2048 };

static struct {
    stw_phone *p;
    uint64_t now;
    stw_line lines[LINES];
    uint32_t next_line;
    /* The last request that was sent. */
    uint8_t sent[LONGEST];
    size_t sent_len;
    /* Lines that were told to be over: nothing follows. */
    stw_line over[1024];
    uint32_t overs;
} world;

static stw_line line(void) { return once_in(20) ? roll() : world.lines[below(LINES)]; }

static void heard(stw_line line) { world.lines[world.next_line++ % LINES] = line; }

static stw_address address(void)
{
    static const uint8_t peers[3][4] = { { 10, 0, 0, 1 }, { 10, 0, 0, 2 }, { 10, 6, 6, 6 } };
    stw_address made;
    memset(&made, 0, sizeof made);
    memcpy(made.octets, peers[once_in(8) ? below(3) : 0], 4);
    made.family = STW_FAMILY_IPV4;
    made.port = 5060;
    if (once_in(30))
        made.family = (uint8_t)roll();
    if (once_in(16))
        made.transport = (uint8_t)below(4);
    return made;
}

static uint8_t *dialed(size_t *len)
{
    static const char *const numbers[] = { "202", "202", "911", "95550100", "*61202", "299", "", "201",
                                           "123456789012345678901234567890123456789012345678901234567890" };
    return one_of(numbers, sizeof numbers / sizeof *numbers, len);
}

#define SDP                                                                                                              \
    "v=0\r\no=- 1 1 IN IP4 10.0.1.2\r\ns=-\r\nc=IN IP4 10.0.1.2\r\nt=0 0\r\nm=audio 7000 RTP/AVP 0 8\r\n"                 \
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n"

/* The headers of a message from behind its first line, without its body. */
static size_t headers(const uint8_t *from, size_t len, char *into)
{
    size_t at = 0, begun = 0;
    while (at + 1 < len && !(from[at] == '\r' && from[at + 1] == '\n'))
        at++;
    for (at += 2, begun = at; at + 3 < len && memcmp(from + at, "\r\n\r\n", 4) != 0; at++) {
    }
    if (at + 3 >= len)
        return 0;
    memcpy(into, from + begun, at + 2 - begun);
    return at + 2 - begun;
}

/* A message: an answer to what was sent last, or a request of a gateway; changed here and there. */
static uint8_t *message(size_t *len)
{
    char text[3 * LONGEST], kept[LONGEST];
    size_t size = 0, head = world.sent_len ? headers(world.sent, world.sent_len, kept) : 0;
    static const char *const answers[] = { "180 Ringing", "200 OK", "200 OK", "486 Busy Here", "100 Trying", "503 No", "401 Who", "491 Later",
                                           "183 Code", "202 Accepted" };
    static const char *const methods[] = { "INVITE", "INVITE", "OPTIONS", "BYE", "CANCEL", "ACK", "REFER", "NOTIFY", "MESSAGE", "INFO" };
    if (head && below(3)) {
        const char *answer = answers[below(10)], *body = once_in(3) ? "" : SDP;
        size = (size_t)snprintf(text, sizeof text, "SIP/2.0 %s\r\nContact: <sip:10.0.0.1:5060>;expires=%u\r\n%s%s", answer, below(4000),
            answer[0] == '4' && answer[2] == '1'
                ? "WWW-Authenticate: Digest realm=\"fuzz.test\", nonce=\"n1\", algorithm=MD5, qop=\"auth\"\r\n" : "",
            answer[0] == '1' && answer[2] == '3' ? "Warning: 399 a \"account-code.forced\"\r\n" : "");
        /* Its own Content-Length stands among what is kept: ours would be another. */
        for (size_t at = 0; at < head;) {
            char *end = memchr(kept + at, '\n', head - at);
            size_t line_len = end ? (size_t)(end + 1 - (kept + at)) : head - at;
            if (strncmp(kept + at, "Content-", 8) != 0 && strncmp(kept + at, "Contact", 7) != 0) {
                memcpy(text + size, kept + at, line_len);
                size += line_len;
                if (strncmp(kept + at, "To: ", 4) == 0 && !memchr(kept + at, '=', line_len)) {
                    size -= 2;
                    size += (size_t)snprintf(text + size, sizeof text - size, ";tag=far\r\n");
                }
            }
            at += line_len;
        }
        size += (size_t)snprintf(text + size, sizeof text - size, "%sContent-Length: %u\r\n\r\n%s",
            *body ? "Content-Type: application/sdp\r\n" : "", (unsigned)strlen(body), body);
    } else {
        const char *method = methods[below(10)], *body = once_in(3) ? "" : SDP;
        size = (size_t)snprintf(text, sizeof text,
            "%s sip:201@10.0.1.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK%u\r\nMax-Forwards: 70\r\n"
            "From: \"Elm\" <sip:202@10.0.0.1>;tag=a\r\nTo: <sip:201@10.0.1.1>\r\nCall-ID: c%u\r\nCSeq: %u %s\r\nContact: <sip:10.0.0.1:5060>\r\n"
            "%sContent-Length: %u\r\n\r\n%s",
            method, below(64), below(8), 1 + below(3), method, *body ? "Content-Type: application/sdp\r\n" : "", (unsigned)strlen(body), body);
    }
    for (uint32_t changes = below(3); changes && once_in(3); changes--)
        text[below((uint32_t)size)] = (char)roll();
    *len = once_in(40) ? below((uint32_t)size) : size;
    uint8_t *bytes = block(*len);
    if (*len)
        memcpy(bytes, text, *len);
    return bytes;
}

static void poll_one(int *more)
{
    stw_phone_output out;
    size_t needed = 0, size = once_in(4) ? below(64) : LONGEST;
    uint8_t *buffer = block(size);
    memset(&out, 0x5A, sizeof out);
    stw_status status = known(stw_phone_poll(world.p, once_in(50) ? NULL : &out, buffer, size, once_in(10) ? NULL : &needed));
    *more = status != STW_EMPTY && status != STW_ERR_ARGUMENT;
    check(status != STW_ERR_BUFFER || size < LONGEST, "a message that is longer than it may be");
    if (status == STW_ERR_BUFFER) {
        free(buffer);
        known(stw_phone_poll(world.p, &out, NULL, 0, &needed));
        check(needed > size && needed <= LONGEST, "it was not too short");
        buffer = block(needed - 1);
        check(known(stw_phone_poll(world.p, &out, buffer, needed - 1, NULL)) == STW_ERR_BUFFER, "it fits where it does not");
        free(buffer);
        size = needed;
        buffer = block(size);
        status = known(stw_phone_poll(world.p, &out, buffer, size, NULL));
        check(status == STW_OK, "it does not fit where it does");
    }
    if (status == STW_OK) {
        check(out.kind > 0 && out.kind < 64, "an output of no kind");
        kinds[out.kind]++;
        check(out.length <= size, "more than there was room for");
        if (out.kind == STW_PHONE_SEND && memcmp(buffer, "SIP/", 4) != 0) {
            world.sent_len = (size_t)out.length;
            memcpy(world.sent, buffer, world.sent_len);
        }
        for (uint32_t n = 0; out.line && n < world.overs; n++)
            check(world.over[n] != out.line, "something of a line that is over");
        if (out.kind == STW_PHONE_OVER && world.overs < 1024)
            world.over[world.overs++] = out.line;
        if (out.line)
            heard(out.line);
    }
    free(buffer);
}

static void drain(void)
{
    int more = 1;
    for (int n = 0; more; n++) {
        check(n < 10000, "outputs without an end");
        poll_one(&more);
    }
}

static void step(void)
{
    stw_phone *p = once_in(200) ? NULL : world.p;
    stw_address where = address();
    stw_line made = 0;
    stw_line_info info;
    stw_sound sound;
    stw_phone_statistics counted;
    uint8_t *bytes = NULL;
    uint32_t rule = 0;
    size_t len = 0;
    world.now += once_in(20) ? below(200000) : below(1500);
    uint64_t now = once_in(50) ? world.now / 2 : world.now;
    switch (below(27)) {
    case 26:
        bytes = dialed(&len);
        known(stw_phone_explain(p, now, bytes, len, once_in(3) ? NULL : &rule));
        break;
    case 0: case 1: case 2:
        bytes = dialed(&len);
        if (known(stw_phone_dial(p, now, bytes, once_in(60) ? len + (bytes == NULL) : len, once_in(60) ? NULL : &made, once_in(3) ? NULL : &rule)) == STW_OK)
            heard(made);
        break;
    case 3: case 4: known(stw_phone_answer(p, now, line())); break;
    case 5: case 6: known(stw_phone_hang_up(p, now, line())); break;
    case 7: known(stw_phone_hold(p, now, line(), below(2))); break;
    case 8:
        bytes = dialed(&len);
        known(stw_phone_transfer(p, now, line(), bytes, len, once_in(3) ? NULL : &rule));
        break;
    case 9: known(stw_phone_join(p, now, line(), line())); break;
    case 10: known(stw_phone_press(p, now, line(), once_in(20) ? (uint32_t)roll() : (uint32_t)"0123456789*#"[below(12)])); break;
    case 11:
        if (known(stw_phone_line(p, line(), once_in(40) ? NULL : &info)) == STW_OK)
            check(info.state >= STW_LINE_CALLING && info.state <= STW_LINE_OVER && memchr(info.number, 0, sizeof info.number), "a line of no state");
        break;
    case 12:
        if (known(stw_phone_sound(p, line(), once_in(40) ? NULL : &sound)) == STW_OK)
            check(sound.direction <= STW_DIRECTION_NONE && sound.encrypted <= 1 && sound.codec <= STW_CODEC_OPUS, "a sound that is none");
        break;
    case 13: known(stw_phone_register(p, now)); break;
    case 14:
        if (once_in(4))
            known(stw_phone_unregister(p, now));
        break;
    case 15:
        if (once_in(3))
            known(stw_phone_lost(p, now, once_in(40) ? NULL : &where));
        else
            known(stw_phone_listen(p, &where));
        break;
    case 16: known(stw_phone_tick(p, now)); break;
    case 17:
        known(stw_phone_set_mode(p, below(6)));
        known(stw_phone_set_clock(p, now, (int64_t)roll(), (int32_t)below(4000) - 2000));
        known(stw_phone_count(p, &counted));
        (void)stw_phone_deadline(p);
        break;
    case 18:
        known(stw_phone_load(p, image, once_in(2) ? image_len : below((uint32_t)image_len), keyring, once_in(2) ? keyring_len : 0));
        break;
    default:
        bytes = message(&len);
        known(stw_phone_receive(p, now, once_in(60) ? NULL : &where, bytes, len));
        break;
    }
    free(bytes);
    int more;
    if (!once_in(6))
        drain();
    else if (once_in(2))
        poll_one(&more);
}

static void a_round(void)
{
    stw_phone_config config = STW_PHONE_CONFIG_INIT;
    size_t size = 0;
    config.lines = once_in(8) ? below(3) : 2 + below(4);
    config.transactions = once_in(2) ? 0 : below(30);
    config.pages = once_in(2) ? 0 : 10 + below(60);
    config.instance = 1 + below(65535);
    config.srtp = below(once_in(20) ? 5 : 3);
    config.heartbeat_s = below(60);
    config.missed = below(once_in(20) ? 400 : 4);
    config.server_count = 1 + below(once_in(20) ? 4 : 2);
    for (size_t n = 0; n < 2; n++) {
        config.servers[n].octets[0] = 10;
        config.servers[n].octets[3] = (uint8_t)(n + 1);
        config.servers[n].port = 5060;
        config.servers[n].family = STW_FAMILY_IPV4;
    }
    config.address = config.servers[0];
    config.address.octets[2] = 1;
    memcpy(config.number.text, "201", 4);
    if (once_in(2))
        memcpy(config.password, "Copper-beech-lane-3", 20);
    memset(config.random_seed, (int)roll(), sizeof config.random_seed);
    if (once_in(30))
        config.struct_size = (uint32_t)roll();
    if (once_in(30))
        memset(config.realm, 'x', sizeof config.realm);
    stw_status fits = known(stw_phone_size(&config, &size));
    if (fits != STW_OK || size > 1u << 20)
        return;
    size_t given = once_in(20) ? below((uint32_t)size) : size, odd = once_in(20) ? 1 + below(7) : 0;
    uint8_t *memory = block(given + odd);
    memset(&world, 0, sizeof world);
    world.now = below(100000);
    stw_status begun = known(stw_phone_init(memory ? memory + odd : NULL, given, &config, &world.p));
    check(begun == STW_OK || begun == STW_ERR_MEMORY || begun == STW_ERR_ARGUMENT, "another status of init");
    check(begun != STW_OK || (given == size && odd == 0), "it begins where it does not fit");
    if (begun == STW_OK) {
        if (!once_in(10))
            known(stw_phone_load(world.p, image, image_len, keyring, keyring_len));
        else
            known(stw_phone_load_emergency(world.p, image, image_len));
        known(stw_phone_register(world.p, world.now));
        for (int n = 0; n < STEPS; n++)
            step();
        stw_phone *p = world.p;
        check(known(stw_phone_deinit(p)) == STW_OK, "it does not end");
        for (size_t at = 0; at < size; at++)
            check(memory[at] == 0, "something is left in its memory");
        check(known(stw_phone_deinit(p)) == STW_ERR_ARGUMENT, "it ends twice");
        check(known(stw_phone_tick(p, 0)) == STW_ERR_ARGUMENT, "what has ended goes on");
    }
    free(memory);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: phones POLICY KEYRING SEED ROUNDS\n");
        return 2;
    }
    image = file(argv[1], &image_len);
    keyring = file(argv[2], &keyring_len);
    state = strtoull(argv[3], NULL, 10);
    unsigned long rounds = strtoul(argv[4], NULL, 10);
    for (round_number = 0; round_number < rounds; round_number++)
        a_round();
    unsigned different = 0;
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
        different += kinds[kind] > 0;
    printf("phones: %lu rounds, %lu calls, %lu of them refused, outputs of %u kinds:", rounds, calls, done[1], different);
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
        if (kinds[kind])
            printf(" %u", (unsigned)kind);
    printf("\n");
    check(rounds < 1000 || different >= 11, "too few kinds of outputs");
    free(image);
    free(keyring);
    return 0;
}
