/* calls POLICY KEYRING SEED ROUNDS: random sequences of calls of the ABI, right and wrong ones, over memory of exactly the size that is
 * asked for. Built with sanitizers, which see every byte that is touched outside; what is checked besides is said at each check().
 *
 * The same seed makes the same calls. */
#include "kit.h"

enum { LEGS = 8, STEPS = 300, LONGEST = 1800 };

static struct {
    stw_exchange *x;
    uint64_t now;
    stw_leg legs[LEGS];
    uint32_t next_leg;
    /* The last message that was sent, and where to. */
    uint8_t sent[LONGEST];
    size_t sent_len;
    stw_address sent_to;
} world;

static stw_leg leg(void)
{
    if (once_in(20))
        return roll();
    return world.legs[below(LEGS)];
}

static void heard(stw_leg leg) { world.legs[world.next_leg++ % LEGS] = leg; }

static stw_address address(void)
{
    static const uint8_t peers[4][4] = { { 10, 0, 1, 1 }, { 10, 0, 1, 2 }, { 10, 0, 9, 1 }, { 10, 6, 6, 6 } };
    stw_address made;
    memset(&made, 0, sizeof made);
    memcpy(made.octets, peers[below(4)], 4);
    made.family = STW_FAMILY_IPV4;
    made.port = 5060;
    made.transport = (uint8_t)below(3);
    if (once_in(16))
        made.family = (uint8_t)roll();
    if (once_in(16))
        made.transport = (uint8_t)roll();
    return made;
}

/* What somebody dials, without a zero behind it. */
static uint8_t *dialed(size_t *len)
{
    static const char *const numbers[] = { "201", "202", "911", "95550100", "*61202", "*70", "*71201", "*8", "*60", "*66", "299", "",
                                           "conference", "123456789012345678901234567890123456789012345678901234567890" };
    return one_of(numbers, sizeof numbers / sizeof *numbers, len);
}

/* A message: one of ours, or an answer to what was sent last; changed here and there. */
static uint8_t *message(size_t *len)
{
    char text[2 * LONGEST];
    size_t size = 0;
    static const char *const methods[] = { "INVITE", "REGISTER", "OPTIONS", "BYE", "CANCEL", "ACK", "REFER", "INFO", "UPDATE", "PRACK" };
    static const char *const numbers[] = { "911", "201", "5550120", "9911" };
    const uint8_t *behind = world.sent_len ? memchr(world.sent, '\n', world.sent_len) : NULL;
    if (behind && below(2)) {
        static const char *const answers[] = { "180 Ringing", "200 OK", "486 Busy Here", "100 Trying", "503 No", "401 Who", "491 Later" };
        size_t left = world.sent_len - (size_t)(behind + 1 - world.sent);
        size = (size_t)snprintf(text, sizeof text, "SIP/2.0 %s\r\nContact: <sip:a@10.0.1.1:5060>\r\n", answers[below(7)]);
        memcpy(text + size, behind + 1, left);
        size += left;
    } else {
        const char *method = methods[once_in(2) ? 0 : below(10)];
        size = (size_t)snprintf(text, sizeof text,
            "%s sip:%s@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.1.1:5060;branch=z9hG4bK%u\r\nMax-Forwards: 70\r\n"
            "From: <sip:201@127.0.0.1>;tag=a\r\nTo: <sip:202@127.0.0.1>\r\nCall-ID: c%u\r\nCSeq: %u %s\r\nContact: <sip:201@10.0.1.1>\r\n"
            "Content-Length: 0\r\n\r\n",
            method, numbers[below(4)], below(16), below(3), 1 + below(3), method);
    }
    for (uint32_t changes = below(3); changes && once_in(2); changes--)
        text[below((uint32_t)size)] = (char)roll();
    *len = once_in(30) ? below((uint32_t)size) : size;
    uint8_t *bytes = block(*len);
    if (*len)
        memcpy(bytes, text, *len);
    return bytes;
}

static void poll_one(int *more)
{
    stw_output out;
    size_t needed = 0, size = once_in(4) ? below(64) : LONGEST;
    uint8_t *buffer = block(size);
    memset(&out, 0x5A, sizeof out);
    stw_status status = known(stw_exchange_poll(world.x, once_in(50) ? NULL : &out, buffer, size, once_in(10) ? NULL : &needed));
    *more = status != STW_EMPTY && status != STW_ERR_ARGUMENT;
    check(status != STW_ERR_BUFFER || size < LONGEST, "a message that is longer than it may be");
    if (status == STW_ERR_BUFFER) {
        /* One byte less than is needed is too little, and then it is enough. */
        free(buffer);
        known(stw_exchange_poll(world.x, &out, NULL, 0, &needed));
        check(needed > size && needed <= LONGEST, "it was not too short");
        buffer = block(needed - 1);
        check(known(stw_exchange_poll(world.x, &out, buffer, needed - 1, NULL)) == STW_ERR_BUFFER, "it fits where it does not");
        free(buffer);
        size = needed;
        buffer = block(size);
        status = known(stw_exchange_poll(world.x, &out, buffer, size, NULL));
        check(status == STW_OK && out.kind == STW_OUTPUT_SEND, "it does not fit where it does");
    }
    if (status == STW_OK) {
        check(out.kind > 0 && out.kind < 64, "an output of no kind");
        kinds[out.kind]++;
        switch (out.kind) {
        case STW_OUTPUT_SEND:
            check(out.body.send.length <= size, "more was sent than there was room for");
            world.sent_len = (size_t)out.body.send.length;
            memcpy(world.sent, buffer, world.sent_len);
            world.sent_to = out.body.send.to;
            break;
        case STW_OUTPUT_SETUP:
            check(memchr(out.body.setup.digits.text, 0, sizeof out.body.setup.digits.text) != NULL, "digits without an end");
            heard(out.body.setup.leg);
            break;
        case STW_OUTPUT_RELAY:
            check(out.body.relay.count <= STW_STREAMS, "too many streams");
            heard(out.body.relay.leg);
            break;
        case STW_OUTPUT_SMDR:
            check(memchr(out.body.smdr.line, 0, sizeof out.body.smdr.line) != NULL, "a record without an end");
            break;
        default: break;
        }
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
    stw_exchange *x = once_in(200) ? NULL : world.x;
    stw_decision decision, *out = once_in(100) ? NULL : &decision;
    stw_address where = address();
    stw_place places[5];
    stw_statistics counted;
    stw_leg made = 0;
    uint8_t hash[32], *bytes = NULL;
    uint32_t row = 0;
    size_t len = 0;
    uint64_t number = 0;
    /* It is written only where a decision was taken. */
    memset(&decision, 0, sizeof decision);
    world.now += once_in(20) ? below(200000) : below(1500);
    /* A clock that goes back now and then. */
    uint64_t now = once_in(50) ? world.now / 2 : world.now;
    switch (below(30)) {
    case 0: case 1: case 2:
        bytes = dialed(&len);
        if (known(stw_exchange_setup(x, now, once_in(4) ? below(6) : STW_PARTY_DEVICE, below(3), bytes, once_in(60) ? len + (bytes == NULL) : len, out)) >= 0 && x && out)
            heard(decision.leg);
        break;
    case 3:
        known(stw_exchange_off_hook(x, now, once_in(4) ? below(6) : STW_PARTY_DEVICE, below(3), once_in(50) ? NULL : &made));
        heard(made);
        break;
    case 4: case 5: known(stw_exchange_digit(x, now, leg(), once_in(20) ? (uint32_t)roll() : (uint32_t)"0123456789*#"[below(12)])); break;
    case 6: known(stw_exchange_alerting(x, now, leg())); break;
    case 7: case 8: known(stw_exchange_answer(x, now, leg())); break;
    case 9: known(stw_exchange_release(x, now, leg(), once_in(2) ? 0 : below(800))); break;
    case 10: case 11: case 12: case 13:
        bytes = message(&len);
        known(stw_exchange_receive(x, now, once_in(60) ? NULL : &where, bytes, len));
        break;
    case 14: known(stw_exchange_tick(x, now)); break;
    case 15:
        bytes = dialed(&len);
        known(stw_exchange_transfer(x, now, leg(), bytes, len, out));
        break;
    case 16: known(stw_exchange_join(x, now, leg(), leg(), out)); break;
    case 17: known(stw_exchange_on_hook(x, now, leg(), out)); break;
    case 18: known(stw_exchange_hold(x, now, leg(), out)); break;
    case 19: known(stw_exchange_retrieve(x, now, leg(), out)); break;
    case 20: known(stw_exchange_conference(x, leg(), &number)); break;
    case 21:
        memset(places, 0, sizeof places);
        places[0].rtp = where;
        places[1].rtp = address();
        known(stw_exchange_relayed(x, now, leg(), places, below(6)));
        break;
    case 22: known(stw_exchange_lost(x, now, &where)); break;
    case 23: known(stw_exchange_listen(x, &where)); break;
    case 24:
        known(stw_exchange_set_trunk_servers(x, below(3), &where, below(2)));
        known(stw_exchange_set_trunk_address(x, below(3), once_in(20) ? NULL : &where));
        break;
    case 25:
        bytes = dialed(&len);
        if (known(stw_exchange_device(x, bytes, len, &row)) == STW_OK)
            check(row < 8, "a row that is none");
        known(stw_exchange_trunk(x, bytes, len, &row));
        break;
    case 26:
        known(stw_exchange_set_mode(x, below(6)));
        known(stw_exchange_set_clock(x, now, (int64_t)roll(), (int32_t)below(4000) - 2000));
        known(stw_exchange_statistics(x, &counted));
        known(stw_exchange_policy_hash(x, hash));
        (void)stw_exchange_deadline(x);
        (void)stw_rule_name((uint16_t)roll());
        break;
    case 27: {
        stw_skipped skipped[2];
        size_t room = below(3), count = 0;
        bytes = dialed(&len);
        known(stw_exchange_explain(x, now, once_in(4) ? below(6) : STW_PARTY_DEVICE, below(3), bytes, len, out, room || once_in(9) ? skipped : NULL, room, once_in(3) ? NULL : &count));
        check(count < 64, "more was passed over than there is");
        break;
    }
    case 28: {
        stw_piece piece;
        bytes = message(&len);
        if (known(stw_stream_piece(bytes, len, once_in(20) ? 0 : 1 + below(2048), &piece)) == STW_OK)
            check(piece.skip + piece.length <= len && piece.kind >= 1 && piece.kind <= 3, "a piece beyond what has come");
        break;
    }
    default:
        if (once_in(8))
            known(stw_exchange_clear(x, now));
        else if (once_in(8))
            known(stw_exchange_relay_lost(x, now));
        else if (once_in(3))
            known(stw_exchange_load(x, image, below((uint32_t)image_len), keyring, keyring_len));
        break;
    }
    free(bytes);
    /* Mostly everything is taken out, sometimes one, sometimes nothing. */
    int more;
    if (!once_in(6))
        drain();
    else if (once_in(2))
        poll_one(&more);
}

static void a_round(void)
{
    stw_exchange_config config = STW_EXCHANGE_CONFIG_INIT;
    size_t size = 0;
    /* The policy has two devices and a trunk: mostly they fit. */
    config.devices = once_in(8) ? below(2) : 2 + below(3);
    config.trunks = once_in(8) ? 0 : 1 + below(2);
    config.calls = once_in(8) ? below(2) : 2 + below(4);
    config.reserved_calls = below(2);
    config.transactions = once_in(2) ? 0 : below(40);
    config.pages = once_in(2) ? 0 : below(200);
    config.instance = 1 + below(65535);
    memset(config.random_seed, (int)roll(), sizeof config.random_seed);
    if (once_in(30))
        config.struct_size = (uint32_t)roll();
    if (once_in(30))
        config.abi_version ^= (uint32_t)roll();
    if (once_in(60))
        config.calls = (uint32_t)roll();
    stw_status fits = known(stw_exchange_size(&config, &size));
    if (fits != STW_OK || size > 4u << 20) {
        check(fits != STW_OK || size > 0, "no size");
        return;
    }
    /* Too little of it, or at an odd place, is refused. */
    size_t given = once_in(20) ? below((uint32_t)size) : size, odd = once_in(20) ? 1 + below(7) : 0;
    uint8_t *memory = block(given + odd);
    memset(&world, 0, sizeof world);
    world.now = below(100000);
    stw_status begun = known(stw_exchange_init(memory ? memory + odd : NULL, given, &config, &world.x));
    check(begun == STW_OK || begun == STW_ERR_MEMORY || begun == STW_ERR_ARGUMENT, "another status of init");
    check((begun == STW_OK) == (given == size && odd == 0), "it begins where it fits, and nowhere else");
    if (begun == STW_OK) {
        if (!once_in(10))
            known(stw_exchange_load(world.x, image, image_len, keyring, keyring_len));
        else
            known(stw_exchange_load_emergency(world.x, image, image_len));
        for (int n = 0; n < STEPS; n++)
            step();
        stw_exchange *x = world.x;
        check(known(stw_exchange_deinit(x)) == STW_OK, "it does not end");
        for (size_t at = 0; at < size; at++)
            check(memory[at] == 0, "something is left in its memory");
        check(known(stw_exchange_deinit(x)) == STW_ERR_ARGUMENT, "it ends twice");
        for (int n = 0; n < 20; n++) {
            size_t len;
            uint8_t *bytes = dialed(&len);
            stw_decision decision;
            check(known(stw_exchange_setup(x, 0, 1, 0, bytes, len, &decision)) < 0, "what has ended goes on");
            free(bytes);
        }
    }
    free(memory);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: calls POLICY KEYRING SEED ROUNDS\n");
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
    printf("%lu rounds, %lu calls, %lu of them refused, outputs of %u kinds:", rounds, calls, done[1], different);
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
        if (kinds[kind])
            printf(" %u", (unsigned)kind);
    printf("\n");
    /* Far enough in to be worth something. */
    check(rounds < 1000 || different >= 14, "too few kinds of outputs");
    free(image);
    free(keyring);
    return 0;
}
