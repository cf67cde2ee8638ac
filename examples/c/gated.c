/*
 * Calls of another SIP stack, each asked for first: the stack keeps SIP, Strowger decides who is joined to whom.
 *
 * C99, static memory only. Compiles against stack.h, a stand-in for the callbacks of such a stack. For each callback one signal goes in;
 * what comes out is done on the stack.
 *
 *     gated POLICY.stw POLICY.keys
 */
#include "stack.h"
#include "strowger.h"

#include <stdio.h>
#include <string.h>

enum { USERS = 3, CALLS = 4 };

/* A leg of the exchange and the stack's call that goes with it. */
typedef struct bound {
    stw_leg leg; /* 0: free */
    stack_call *call;
    int came_in, answered;
} bound;

static uint64_t memory[STW_EXCHANGE_WORDS(16, 2, CALLS)];
static uint8_t image[65536], keyring[4096], datagram[8192];
static stw_exchange *x;
static uint64_t now_ms = 1000;
static bound all[2 * CALLS];
static const char *const users[USERS] = {"201", "202", "209"};
static uint32_t rows[USERS], carrier; /* their rows in the policy */

static bound *bind_leg(stw_leg leg, stack_call *call, int came_in)
{
    for (size_t n = 0; n < sizeof all / sizeof all[0]; n++)
        if (all[n].leg == 0) {
            const bound found = {leg, call, came_in, 0};
            all[n] = found;
            stack_set_user(call, &all[n]);
            return &all[n];
        }
    return NULL;
}

static bound *bound_of(stw_leg leg)
{
    for (size_t n = 0; n < sizeof all / sizeof all[0]; n++)
        if (leg != 0 && all[n].leg == leg)
            return &all[n];
    return NULL;
}

/* The exchange offers a call to somebody: the stack sends an INVITE. Where it cannot, that leg is released again. */
static void offer(const stw_output_setup *setup)
{
    stack_call *call = NULL;
    if (setup->to.kind == STW_PARTY_TRUNK && setup->to.row == carrier)
        call = stack_invite("carrier", 1, setup->digits.text);
    for (size_t n = 0; n < USERS && setup->to.kind == STW_PARTY_DEVICE; n++)
        if (rows[n] == setup->to.row)
            call = stack_invite(users[n], 0, setup->digits.text);
    if (!call || !bind_leg(setup->leg, call, 0))
        (void)stw_exchange_release(x, now_ms, setup->leg, 503);
}

/* Does on the stack what the exchange says. `other` is who has just answered, if somebody has. */
static void drain(bound *other)
{
    stw_output out;
    bound *at;
    while (stw_exchange_poll(x, &out, datagram, sizeof datagram, NULL) == STW_OK) {
        switch (out.kind) {
        case STW_OUTPUT_SETUP:
            offer(&out.body.setup);
            break;
        case STW_OUTPUT_ALERTING:
            if ((at = bound_of(out.body.leg.leg)) != NULL)
                stack_ring(at->call);
            break;
        case STW_OUTPUT_CONNECT:
            if ((at = bound_of(out.body.leg.leg)) != NULL) {
                at->answered = 1;
                stack_answer(at->call);
                if (other)
                    stack_bridge(at->call, other->call);
            }
            break;
        case STW_OUTPUT_RELEASE:
            if ((at = bound_of(out.body.leg.leg)) != NULL) {
                if (at->came_in && !at->answered)
                    stack_reject(at->call, (int)out.body.leg.sip_status);
                else
                    stack_hang_up(at->call);
                at->leg = 0;
            }
            break;
        case STW_OUTPUT_DECISION:
            printf("  policy: %s\n", stw_rule_name((uint16_t)out.body.decision.rule));
            break;
        case STW_OUTPUT_SMDR:
            printf("  record:%s\n", out.body.smdr.line);
            break;
        default: /* transfers, holds, tones ...: docs/c-guide.md */
            break;
        }
    }
}

static void on_invite(stack_call *call, const char *from, int from_trunk, const char *number)
{
    stw_decision decision;
    uint32_t row = carrier;
    stw_status status;
    memset(&decision, 0, sizeof decision);
    if (!from_trunk && stw_exchange_device(x, (const uint8_t *)from, strlen(from), &row) != STW_OK) {
        stack_reject(call, 403);
        return;
    }
    status = stw_exchange_setup(x, now_ms, from_trunk ? STW_PARTY_TRUNK : STW_PARTY_DEVICE, row, (const uint8_t *)number, strlen(number),
                                &decision);
    if (status == STW_OK && bind_leg(decision.leg, call, 1)) {
        drain(NULL);
        return;
    }
    /* An account code could be asked for on its leg, key by key (stw_exchange_digit); this stack has no way to. */
    if (decision.leg != 0)
        (void)stw_exchange_release(x, now_ms, decision.leg, 0);
    stack_reject(call, status == STW_DENIED ? (int)decision.sip_status : status == STW_NEEDS_CODE ? 403 : 503);
    drain(NULL);
}

static void on_ringing(stack_call *call, void *user)
{
    (void)call;
    (void)stw_exchange_alerting(x, now_ms, ((bound *)user)->leg);
    drain(NULL);
}

static void on_answered(stack_call *call, void *user)
{
    bound *at = (bound *)user;
    (void)call;
    at->answered = 1;
    (void)stw_exchange_answer(x, now_ms, at->leg);
    drain(at);
}

static void on_gone(stack_call *call, void *user, int status)
{
    bound *at = (bound *)user;
    const stw_leg leg = at->leg;
    (void)call;
    at->leg = 0;
    (void)stw_exchange_release(x, now_ms, leg, status >= 300 ? (uint32_t)status : 0);
    drain(NULL);
}

static void on_idle(unsigned long ms)
{
    now_ms = 1000 + ms;
    while (stw_exchange_tick(x, now_ms) == STW_MORE)
        drain(NULL);
    drain(NULL);
}

static size_t file(const char *name, uint8_t *into, size_t room)
{
    FILE *from = fopen(name, "rb");
    size_t len = from ? fread(into, 1, room, from) : 0;
    if (from)
        fclose(from);
    if (len == 0 || len == room)
        fprintf(stderr, "gated: %s: cannot be read, or too long\n", name);
    return len;
}

int main(int count, char **given)
{
    static const stack_callbacks callbacks = {on_invite, on_ringing, on_answered, on_gone, on_idle};
    stw_exchange_config config = STW_EXCHANGE_CONFIG_INIT;
    if (count != 3) {
        fprintf(stderr, "usage: gated POLICY.stw POLICY.keys\n");
        return 2;
    }
    config.devices = 16;
    config.trunks = 2;
    config.calls = CALLS;
    memset(config.random_seed, 0x5a, sizeof config.random_seed); /* firmware: 32 octets from a true random source */
    if (stw_exchange_init((uint8_t *)memory, sizeof memory, &config, &x) != STW_OK ||
        stw_exchange_load(x, image, file(given[1], image, sizeof image), keyring, file(given[2], keyring, sizeof keyring)) != STW_OK ||
        stw_exchange_trunk(x, (const uint8_t *)"line", 4, &carrier) != STW_OK) {
        fprintf(stderr, "gated: the exchange did not begin\n");
        return 1;
    }
    for (size_t n = 0; n < USERS; n++)
        if (stw_exchange_device(x, (const uint8_t *)users[n], strlen(users[n]), &rows[n]) != STW_OK) {
            fprintf(stderr, "gated: %s is not in the policy\n", users[n]);
            return 1;
        }
    (void)stw_exchange_set_clock(x, now_ms, 1795327200, -300);
    (void)stw_exchange_set_mode(x, STW_MODE_DAY);
    drain(NULL);
    return stack_run(&callbacks) != 0 || stw_exchange_deinit(x) != STW_OK;
}
