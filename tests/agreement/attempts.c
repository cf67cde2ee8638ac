/*
 * What a C program sees of decisions: nothing but include/strowger.h and the library.
 *
 * Standard input: "image LENGTH" and so many bytes, "keyring LENGTH" and so many bytes, then lines:
 *
 *     device DN               a party, the next number from 0
 *     trunk NAME              likewise
 *     clock SECONDS           UTC from here on
 *     attempt MODE N DIALED   party N dials; DIALED is in hexadecimal, "-" for nothing
 *
 * Standard output: for each attempt what stw_exchange_setup wrote, what stw_exchange_poll said was decided, and who was
 * offered the call then: three lines of tab-separated name=value. The call is released before the next attempt. Exit
 * status 2: the program or its input is at fault.
 */
#include "strowger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARTIES = 64, LINE = 4096 };

struct name {
    uint32_t number;
    const char *text;
};

/* Dotted names as the guide lists them, by the header's constants. */
static const struct name rules[] = {
    {STW_RULE_INTERNAL, "internal"},
    {STW_RULE_ROUTE, "route"},
    {STW_RULE_EMERGENCY, "emergency"},
    {STW_RULE_COS_NONE, "cos.none"},
    {STW_RULE_COR_NONE, "cor.none"},
    {STW_RULE_COR_LEADING, "cor.leading"},
    {STW_RULE_COR_ROUTE, "cor.route"},
    {STW_RULE_COR_UNLABELLED, "cor.unlabelled"},
    {STW_RULE_CLASS_DENIED, "class.denied"},
    {STW_RULE_INTERCONNECT, "interconnect"},
    {STW_RULE_PUBLIC_TO_PUBLIC, "public-to-public"},
    {STW_RULE_CALL_SELF, "call.self"},
    {STW_RULE_NUMBER_VACANT, "number.vacant"},
    {STW_RULE_NUMBER_INCOMPLETE, "number.incomplete"},
    {STW_RULE_NUMBER_INVALID, "number.invalid"},
    {STW_RULE_DIGIT_MODIFICATION, "digit-modification"},
    {STW_RULE_ROUTE_EMERGENCY_ONLY, "route.emergency-only"},
    {STW_RULE_MAX_DIGITS, "max-digits"},
    {STW_RULE_ROUTE_PLAN_CLOSED, "route-plan.closed"},
    {STW_RULE_TRUNK_BUSY, "trunk.busy"},
    {STW_RULE_EMERGENCY_NO_ROUTE, "emergency.no-route"},
    {STW_RULE_IDENTITY_MISMATCH, "identity.mismatch"},
    {STW_RULE_POLICY_NONE, "policy.none"},
    {STW_RULE_LIMIT_RATE, "limit.rate"},
    {STW_RULE_LIMIT_CALLS, "limit.calls"},
    {STW_RULE_LOCKOUT, "lockout"},
    {STW_RULE_LIMIT_DURATION, "limit.duration"},
    {STW_RULE_ACCOUNT_CODE_FORCED_VERIFIED, "account-code.forced-verified"},
    {STW_RULE_ACCOUNT_CODE_FORCED, "account-code.forced"},
    {STW_RULE_ACCOUNT_CODE_WRONG, "account-code.wrong"},
    {STW_RULE_ACCOUNT_CODE_LOCKED, "account-code.locked"},
};
static const struct name verdicts[] = {
    {STW_VERDICT_ALLOW, "allow"}, {STW_VERDICT_DENY, "deny"}, {STW_VERDICT_ACCOUNT_CODE, "account-code"}};
static const struct name modes[] = {
    {STW_MODE_DAY, "day"}, {STW_MODE_NIGHT1, "night1"}, {STW_MODE_NIGHT2, "night2"}, {STW_MODE_SCHEDULE, "schedule"}};
/* As the comment of stw_decision.number_class numbers them. */
static const struct name classes[] = {
    {0, "-"},          {1, "unknown"},       {2, "local"},         {3, "national"},
    {4, "mobile"},     {5, "fixed-or-mobile"}, {6, "toll-free"},   {7, "premium"},
    {8, "shared-cost"}, {9, "international"}, {10, "directory-assistance"}, {11, "operator"},
    {12, "carrier-access"}, {13, "emergency"}};

#define NAME(table, number) name_of(table, sizeof(table) / sizeof((table)[0]), number)

static struct {
    uint32_t kind;
    uint32_t row;
    char name[64];
} parties[PARTIES];
static uint32_t known;
static uint8_t datagram[8192];

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "attempts: %s: %s\n", what, why);
    exit(2);
}

static void done(stw_status status, const char *what)
{
    if (status != STW_OK)
        fail(what, stw_status_name(status));
}

static const char *name_of(const struct name *table, size_t length, uint32_t number)
{
    size_t at;
    for (at = 0; at < length; at++)
        if (table[at].number == number)
            return table[at].text;
    return "?";
}

static void number(const char *name, uint32_t value)
{
    if (value == 0)
        printf("\t%s=-", name);
    else
        printf("\t%s=%lu", name, (unsigned long)value);
}

static void party(const char *name, stw_party who)
{
    uint32_t at;
    for (at = 0; at < known; at++)
        if (parties[at].kind == who.kind && parties[at].row == who.row)
            break;
    printf("\t%s=%s:%s", name, who.kind == STW_PARTY_DEVICE ? "device" : who.kind == STW_PARTY_TRUNK ? "trunk" : "unknown",
           at < known ? parties[at].name : "?");
}

/* Everything that a decision shows. */
static void print(const char *end, const stw_decision *decision)
{
    int allowed = decision->verdict == STW_VERDICT_ALLOW;
    printf("%s\tverdict=%s\tgoes=%s\trule=%s\tmode=%s\tcos=%lu\tcor=%lu", end, NAME(verdicts, decision->verdict),
           allowed ? "yes" : "no", NAME(rules, decision->rule), NAME(modes, decision->mode),
           (unsigned long)decision->cos, (unsigned long)decision->cor);
    if (strcmp(NAME(rules, decision->rule), stw_rule_name((uint16_t)decision->rule)) != 0)
        fail("a rule's name and its constant differ", NAME(rules, decision->rule));
    if (decision->row == 0)
        printf("\trow=-");
    else
        printf("\trow=ars %lu (line %lu)", (unsigned long)decision->row, (unsigned long)decision->line);
    number("route", decision->route);
    if (decision->number_class >= STW_CLASS_OWN)
        printf("\tclass=own %lu", (unsigned long)(decision->number_class - STW_CLASS_OWN));
    else
        printf("\tclass=%s", NAME(classes, decision->number_class));
    if (decision->interconnect_from == 0 && decision->interconnect_to == 0)
        printf("\tinterconnect=-");
    else
        printf("\tinterconnect=%lu,%lu", (unsigned long)decision->interconnect_from,
               (unsigned long)decision->interconnect_to);
    party("from", decision->from);
    printf("\tnumber=%s", decision->dialed.text);
    if (allowed) {
        party("to", decision->to);
        printf("\toutpulsed=%s", decision->outpulsed.text);
    } else {
        number("cor_group", decision->cor_group);
        number("status", decision->sip_status);
        number("q850", decision->q850);
    }
    printf("\n");
}

/* Polls until nothing is left; the first decision and the first offer stay. */
static void drain(stw_exchange *x, stw_decision *decision, stw_output_setup *offer)
{
    stw_output out;
    stw_status status;
    while ((status = stw_exchange_poll(x, &out, datagram, sizeof datagram, NULL)) == STW_OK) {
        if (out.kind == STW_OUTPUT_DECISION && decision->verdict == 0)
            *decision = out.body.decision;
        if (out.kind == STW_OUTPUT_SETUP && offer->leg == 0)
            *offer = out.body.setup;
    }
    if (status != STW_EMPTY)
        fail("poll", stw_status_name(status));
}

static void attempt(stw_exchange *x, uint64_t now_ms, uint32_t caller, const uint8_t *dialed, size_t length)
{
    stw_decision told, polled;
    stw_output_setup offer;
    stw_status status;
    memset(&told, 0, sizeof told);
    memset(&polled, 0, sizeof polled);
    memset(&offer, 0, sizeof offer);
    status = stw_exchange_setup(x, now_ms, parties[caller].kind, parties[caller].row, dialed, length, &told);
    if (status < 0 || status == STW_CONGESTED)
        fail("setup", stw_status_name(status));
    drain(x, &polled, &offer);
    if (told.leg != 0)
        done(stw_exchange_release(x, now_ms, told.leg, 0), "release");
    drain(x, &polled, &offer);
    if ((status == STW_OK || status == STW_NEEDS_CODE) != (told.leg != 0))
        fail("setup", "a leg for STW_OK and STW_NEEDS_CODE, and only then");
    print("setup", &told);
    print("polled", &polled);
    printf("offered");
    if (offer.leg != 0) {
        party("to", offer.to);
        printf("\toutpulsed=%s", offer.digits.text);
    }
    printf("\n");
}

static size_t from_hex(const char *text, uint8_t *to, size_t size)
{
    size_t length = 0;
    unsigned octet;
    if (strcmp(text, "-") == 0)
        return 0;
    for (; text[0] != 0 && text[1] != 0 && length < size; text += 2, length++) {
        if (sscanf(text, "%2x", &octet) != 1)
            fail("not hexadecimal", text);
        to[length] = (uint8_t)octet;
    }
    return length;
}

/* The bytes behind a line "WHAT LENGTH". */
static uint8_t *block(const char *what, size_t *length)
{
    char line[LINE], word[LINE];
    unsigned long size;
    uint8_t *bytes;
    if (fgets(line, sizeof line, stdin) == NULL || sscanf(line, "%s %lu", word, &size) != 2 || strcmp(word, what) != 0)
        fail(what, "expected with its length");
    bytes = malloc(size + 1);
    if (bytes == NULL || fread(bytes, 1, size, stdin) != size)
        fail(what, "cannot be read");
    *length = size;
    return bytes;
}

static void add(stw_exchange *x, uint32_t kind, const char *name)
{
    const uint8_t *bytes = (const uint8_t *)name;
    if (known == PARTIES || strlen(name) >= sizeof parties[0].name)
        fail("too many parties, or too long a name", name);
    parties[known].kind = kind;
    strcpy(parties[known].name, name);
    if (kind == STW_PARTY_DEVICE)
        done(stw_exchange_device(x, bytes, strlen(name), &parties[known].row), name);
    else
        done(stw_exchange_trunk(x, bytes, strlen(name), &parties[known].row), name);
    known++;
}

int main(void)
{
    stw_exchange_config config = STW_EXCHANGE_CONFIG_INIT;
    stw_exchange *x = NULL;
    char line[LINE], first[LINE], second[LINE];
    uint8_t *image, *keyring, *memory, dialed[LINE];
    size_t image_length, keyring_length, size = 0, at;
    uint64_t now_ms = 1000;
    unsigned long caller;
    long long seconds = 0;

    image = block("image", &image_length);
    keyring = block("keyring", &keyring_length);
    config.devices = PARTIES;
    config.trunks = PARTIES;
    config.calls = 4;
    done(stw_exchange_size(&config, &size), "size");
    memory = malloc(size);
    if (memory == NULL)
        fail("memory", "none");
    done(stw_exchange_init(memory, size, &config, &x), "init");
    done(stw_exchange_load(x, image, image_length, keyring, keyring_length), "load");
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (sscanf(line, "device %s", first) == 1) {
            add(x, STW_PARTY_DEVICE, first);
        } else if (sscanf(line, "trunk %s", first) == 1) {
            add(x, STW_PARTY_TRUNK, first);
        } else if (sscanf(line, "clock %lld", &seconds) == 1) {
            done(stw_exchange_set_clock(x, now_ms, seconds, 0), "clock");
        } else if (sscanf(line, "attempt %s %lu %s", first, &caller, second) == 3 && caller < known) {
            for (at = 0; at < sizeof modes / sizeof modes[0] && strcmp(modes[at].text, first) != 0; at++)
                ;
            if (at == sizeof modes / sizeof modes[0])
                fail("no such mode", first);
            done(stw_exchange_set_mode(x, modes[at].number), "mode");
            /* A jump by a millisecond: what brakes count stays within their minute, and the clock goes on. */
            attempt(x, ++now_ms, (uint32_t)caller, dialed, from_hex(second, dialed, sizeof dialed));
        } else {
            fail("not understood", line);
        }
    }
    done(stw_exchange_deinit(x), "deinit");
    free(memory);
    free(keyring);
    free(image);
    return 0;
}
