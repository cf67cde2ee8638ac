/*
 * A gateway that has its own signalling and uses Strowger as its conscience: every call is asked for first.
 *
 * C99, static memory only. Loads a compiled policy (examples/c/policy.toml), sets four calls up by neutral signals,
 * prints each decision and each output, and exits 0 only if all went as the policy says.
 *
 *     gateway POLICY.stw POLICY.keys
 */
#include "strowger.h"

#include <stdio.h>
#include <string.h>

enum { DEVICES = 16, TRUNKS = 2, CALLS = 4 };

static uint64_t memory[STW_EXCHANGE_WORDS(DEVICES, TRUNKS, CALLS)];
static uint8_t image[65536], keyring[4096], datagram[8192];
static uint64_t now_ms = 1000;
static int failures;

/* What the last drain() found. */
static struct {
    stw_leg offered;         /* of the latest STW_OUTPUT_SETUP */
    stw_party offered_to;
    char sent[48];           /* the digits that go there */
    unsigned connected, released, decisions, records, emergencies, alarms;
    stw_smdr record;
    char callback[48];       /* the number to call back after an emergency call */
} seen;

static void expect(int holds, const char *what)
{
    if (!holds) {
        printf("  NOT AS EXPECTED: %s\n", what);
        failures++;
    }
}

static void done(stw_status status, const char *what)
{
    if (status != STW_OK)
        printf("  %s: %s\n", what, stw_status_name(status));
    expect(status == STW_OK, what);
}

static const char *party(stw_party who)
{
    static char text[32];
    const char *kind = who.kind == STW_PARTY_DEVICE ? "device" : who.kind == STW_PARTY_TRUNK ? "trunk" : "unknown";
    snprintf(text, sizeof text, "%s %u", kind, (unsigned)who.row);
    return text;
}

/* Does what the exchange says, until it has nothing more to say. */
static void drain(stw_exchange *x)
{
    stw_output out;
    size_t needed = 0;
    memset(&seen, 0, sizeof seen);
    while (stw_exchange_poll(x, &out, datagram, sizeof datagram, &needed) == STW_OK) {
        switch (out.kind) {
        case STW_OUTPUT_SETUP:
            seen.offered = out.body.setup.leg;
            seen.offered_to = out.body.setup.to;
            memcpy(seen.sent, out.body.setup.digits.text, sizeof seen.sent);
            printf("  -> ring %s, send \"%s\"\n", party(out.body.setup.to), seen.sent);
            break;
        case STW_OUTPUT_ALERTING:
            printf("  -> ring-back tone to the caller\n");
            break;
        case STW_OUTPUT_CONNECT:
            seen.connected++;
            printf("  -> connect\n");
            break;
        case STW_OUTPUT_RELEASE:
            seen.released++;
            printf("  -> release, Q.850 cause %u\n", (unsigned)out.body.leg.q850);
            break;
        case STW_OUTPUT_DECISION:
            seen.decisions++;
            printf("  -> log: %s dialed \"%s\": %s\n", party(out.body.decision.from), out.body.decision.dialed.text,
                   stw_rule_name((uint16_t)out.body.decision.rule));
            break;
        case STW_OUTPUT_SMDR:
            seen.records++;
            seen.record = out.body.smdr;
            printf("  -> SMDR \"%s\"\n", out.body.smdr.line);
            break;
        case STW_OUTPUT_ALARM:
            seen.alarms++;
            printf("  -> alarm %u\n", (unsigned)out.body.alarm.cause);
            break;
        case STW_OUTPUT_EMERGENCY: /* whoever is to meet the helpers should hear of it now */
            seen.emergencies++;
            memcpy(seen.callback, out.body.emergency.callback.text, sizeof seen.callback);
            printf("  -> emergency call: %s, at \"%s\", call back \"%s\"\n", party(out.body.emergency.from),
                   out.body.emergency.location, seen.callback);
            break;
        case STW_OUTPUT_SEND: /* nobody here speaks SIP */
        default:
            expect(0, "an output that this program did not cause");
        }
    }
}

/* A device dials. Prints the decision; the answer is the caller's leg, 0 if there is none. */
static stw_leg dial(stw_exchange *x, const char *dn, const char *number, stw_status expected, uint32_t rule)
{
    stw_decision decision;
    uint32_t row = 0;
    stw_status status;
    memset(&decision, 0, sizeof decision);
    done(stw_exchange_device(x, (const uint8_t *)dn, strlen(dn), &row), "the caller is in the policy");
    status = stw_exchange_setup(x, now_ms, STW_PARTY_DEVICE, row, (const uint8_t *)number, strlen(number), &decision);
    printf("%s dials %s: %s by %s; COS %u, COR %u, ars row %u (line %u), route %u, SIP %u\n", dn, number,
           stw_status_name(status), stw_rule_name((uint16_t)decision.rule), (unsigned)decision.cos,
           (unsigned)decision.cor, (unsigned)decision.row, (unsigned)decision.line, (unsigned)decision.route,
           (unsigned)decision.sip_status);
    expect(status == expected, "the status");
    expect(decision.rule == rule, "the rule");
    expect((decision.leg != 0) == (status == STW_OK), "a leg for a permitted call, and only for that");
    drain(x);
    expect(seen.decisions == 1, "one decision in the log");
    return decision.leg;
}

/* Somebody answers, they talk, the caller hangs up. */
static void talk(stw_exchange *x, stw_leg caller)
{
    stw_leg called = seen.offered;
    now_ms += 4000;
    done(stw_exchange_alerting(x, now_ms, called), "it rings");
    now_ms += 2000;
    done(stw_exchange_answer(x, now_ms, called), "it is answered");
    drain(x);
    expect(seen.connected == 1, "the caller is connected");
    now_ms += 65000;
    done(stw_exchange_release(x, now_ms, caller, 0), "the caller hangs up");
    drain(x);
    expect(seen.released == 1, "the called party is released");
    expect(seen.records == 1 && seen.record.duration_s == 65, "a record of 65 seconds");
    expect(stw_exchange_release(x, now_ms, caller, 0) == STW_ERR_UNKNOWN, "a leg that is gone is refused");
}

static size_t read_file(const char *path, uint8_t *to, size_t size)
{
    size_t length = 0;
    FILE *file = fopen(path, "rb");
    if (file) {
        length = fread(to, 1, size, file);
        fclose(file);
    }
    if (length == 0 || length == size)
        fprintf(stderr, "%s: cannot be read, or too long\n", path);
    return length;
}

int main(int argc, char **argv)
{
    stw_exchange_config config = STW_EXCHANGE_CONFIG_INIT;
    stw_exchange *x = NULL;
    stw_leg leg;
    size_t image_length, keyring_length, size = 0;

    if (argc != 3) {
        fprintf(stderr, "usage: gateway POLICY.stw POLICY.keys\n");
        return 2;
    }
    image_length = read_file(argv[1], image, sizeof image);
    keyring_length = read_file(argv[2], keyring, sizeof keyring);

    config.devices = DEVICES;
    config.trunks = TRUNKS;
    config.calls = CALLS;
    config.reserved_calls = 1;
    memset(config.random_seed, 0x5a, sizeof config.random_seed); /* firmware: 32 octets from a true random source */
    done(stw_exchange_size(&config, &size), "size");
    printf("an exchange for %d devices, %d trunks and %d calls: %lu of %lu bytes\n", DEVICES, TRUNKS, CALLS,
           (unsigned long)size, (unsigned long)sizeof memory);
    done(stw_exchange_init((uint8_t *)memory, sizeof memory, &config, &x), "init");
    done(stw_exchange_load(x, image, image_length, keyring, keyring_length), "load");
    if (failures > 0)
        return 1;
    done(stw_exchange_set_clock(x, now_ms, 1795327200, -300), "clock"); /* 2026-11-22 01:00 */
    done(stw_exchange_set_mode(x, STW_MODE_DAY), "mode");
    drain(x);

    leg = dial(x, "201", "202", STW_OK, STW_RULE_INTERNAL);
    expect(seen.offered_to.kind == STW_PARTY_DEVICE, "a device is rung");
    talk(x, leg);
    expect(seen.record.completion == 'I' && strcmp(seen.record.called.text, "202") == 0, "recorded as internal");

    leg = dial(x, "202", "95551234", STW_OK, STW_RULE_ROUTE);
    expect(seen.offered_to.kind == STW_PARTY_TRUNK && strcmp(seen.sent, "5551234") == 0, "the trunk gets 5551234");
    talk(x, leg);
    expect(seen.record.completion == 'A' && seen.record.route == 1, "recorded as answered over route 1");

    (void)dial(x, "201", "9011441234567", STW_DENIED, STW_RULE_COR_ROUTE);
    expect(seen.offered == 0, "nobody is rung");
    expect(seen.records == 1 && seen.record.completion == 'T', "recorded as toll-denied");

    leg = dial(x, "209", "911", STW_OK, STW_RULE_EMERGENCY); /* a telephone without any class */
    expect(seen.offered_to.kind == STW_PARTY_TRUNK && strcmp(seen.sent, "911") == 0, "the trunk gets 911");
    expect(seen.emergencies == 1 && seen.alarms == 0, "an emergency call is told at once");
    expect(strcmp(seen.callback, "6135550109") == 0, "with the lift's call-back number");
    talk(x, leg);

    expect(stw_exchange_deadline(x) == UINT64_MAX, "nothing is left to wait for");
    done(stw_exchange_deinit(x), "deinit");
    for (size = 0; size < sizeof memory / sizeof memory[0]; size++)
        if (memory[size] != 0)
            break;
    expect(size == sizeof memory / sizeof memory[0], "the memory is wiped");
    printf("%s\n", failures == 0 ? "all as expected" : "NOT as expected");
    return failures != 0;
}
