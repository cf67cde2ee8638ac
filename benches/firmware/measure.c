/*
 * What the engine takes on a Cortex-M4F: memory, and for each piece of work instructions and stack. Run in an emulator that counts
 * instructions by ci/sizes.sh, with a policy and a keyring where examples/firmware has them.
 *
 * Prints a line each: "size WHAT OCTETS" and "work WHAT INSTRUCTIONS STACK", the outputs of a piece of work with it.
 */
#include "board.h"
#include "strowger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* CMSDK's timer: 25 MHz, while an instruction takes 1,024 ns (icount, shift 10). */
#define TIMER_CONTROL (*(volatile uint32_t *)0x40000000u)
#define TIMER_VALUE (*(volatile uint32_t *)0x40000004u)

static const char *const settings = (const char *)0x00200000u;
static const uint8_t *const policy = (const uint8_t *)0x00210000u;
static const uint8_t *const keyring = (const uint8_t *)0x00300000u;

static uint64_t memory[STW_EXCHANGE_WORDS(3, 1, 1)];
static uint8_t sent[2048], heard[2048];
static size_t sent_len;
static uint32_t begun_at, floor_cost;
static size_t depth;
extern uint8_t stack_top[];

static void __attribute__((noinline)) begin(void)
{
    depth = (size_t)(stack_top - (uint8_t *)__builtin_frame_address(0));
    board_paint_stack();
    TIMER_VALUE = 0xFFFFFFFFu;
    begun_at = TIMER_VALUE;
}

static void __attribute__((noinline)) end(const char *what)
{
    const uint32_t cost = (uint32_t)((uint64_t)(begun_at - TIMER_VALUE) * 5 / 128);
    const size_t used = board_stack_used();
    if (!what)
        floor_cost = cost;
    else
        printf("work %s %lu %lu\n", what, (unsigned long)(cost - floor_cost), (unsigned long)(used > depth ? used - depth : 0));
}

static void want(int good, const char *what)
{
    if (good)
        return;
    printf("not as expected: %s\n", what);
    exit(1);
}

static size_t number(const char *name)
{
    const char *at = strstr(settings, name);
    return at ? (size_t)strtoul(at + strlen(name), NULL, 10) : 0;
}

static void sizes(void)
{
    stw_exchange_config config = STW_EXCHANGE_CONFIG_INIT;
    stw_phone_config phone = STW_PHONE_CONFIG_INIT;
    size_t one = 0, devices = 0, trunks = 0, calls = 0, three = 0, four = 0;
    (void)stw_exchange_size(&config, &one);
    config.devices = 2, (void)stw_exchange_size(&config, &devices), config.devices = 1;
    config.trunks = 2, (void)stw_exchange_size(&config, &trunks), config.trunks = 1;
    config.calls = 2, (void)stw_exchange_size(&config, &calls);
    memcpy(phone.number.text, "201", 4);
    phone.address.family = phone.servers[0].family = STW_FAMILY_IPV4;
    (void)stw_phone_size(&phone, &three);
    phone.lines = 4, (void)stw_phone_size(&phone, &four);
    devices -= one, trunks -= one, calls -= one;
    printf("size exchange-fixed %lu\n", (unsigned long)(one - devices - trunks - calls));
    printf("size exchange-device %lu\nsize exchange-trunk %lu\nsize exchange-call %lu\n", (unsigned long)devices, (unsigned long)trunks,
           (unsigned long)calls);
    printf("size phone-fixed %lu\nsize phone-line %lu\n", (unsigned long)(three - 3 * (four - three)), (unsigned long)(four - three));
    /* Two lines to talk on and one for help, and a datagram each way. */
    printf("size phone-of-two-lines %lu\n", (unsigned long)(three + sizeof sent + sizeof heard));
}

static stw_leg drain(stw_exchange *x)
{
    static stw_output out;
    stw_leg called = 0;
    while (stw_exchange_poll(x, &out, sent, sizeof sent, NULL) == STW_OK)
        if (out.kind == STW_OUTPUT_SETUP)
            called = out.body.setup.leg;
    return called;
}

static void exchange(void)
{
    stw_exchange_config config = STW_EXCHANGE_CONFIG_INIT;
    stw_exchange *x = NULL;
    stw_decision decision;
    stw_status status;
    stw_leg called;
    config.devices = 3;
    memset(config.random_seed, 7, sizeof config.random_seed);
    begin();
    status = stw_exchange_init((uint8_t *)memory, sizeof memory, &config, &x);
    end("exchange-init");
    want(status == STW_OK, "the exchange");
    begin();
    status = stw_exchange_load(x, policy, number("policy "), keyring, number("keyring "));
    end("exchange-load");
    want(status == STW_OK, "the policy");
    begin();
    status = stw_exchange_explain(x, 1000, STW_PARTY_DEVICE, 0, (const uint8_t *)"95551234", 8, &decision, NULL, 0, NULL);
    end("decision-over-a-route");
    want(status == STW_OK, "a decision");
    begin();
    status = stw_exchange_setup(x, 1000, STW_PARTY_DEVICE, 0, (const uint8_t *)"202", 3, &decision);
    called = drain(x);
    end("signals-set-up");
    want(status == STW_OK && called, "a call");
    begin();
    (void)stw_exchange_alerting(x, 2000, called);
    (void)drain(x);
    end("signals-alerting");
    begin();
    (void)stw_exchange_answer(x, 3000, called);
    (void)drain(x);
    end("signals-answer");
    begin();
    status = stw_exchange_release(x, 9000, decision.leg, 0);
    (void)drain(x);
    end("signals-release");
    want(status == STW_OK && stw_exchange_deinit(x) == STW_OK, "its end");
}

static const stw_address gateway = {{192, 0, 2, 1}, 0, 5060, STW_FAMILY_IPV4, STW_TRANSPORT_UDP};
static stw_line incoming;
static unsigned ups;

static void drain_phone(stw_phone *p)
{
    static stw_phone_output out;
    while (stw_phone_poll(p, &out, sent, sizeof sent, NULL) == STW_OK) {
        if (out.kind == STW_PHONE_SEND)
            sent_len = (size_t)out.length;
        if (out.kind == STW_PHONE_INCOMING)
            incoming = out.line;
        ups += out.kind == STW_PHONE_UP;
    }
}

/* A header of what was sent last, its line with the end. */
static void header(const char *name, const char *more)
{
    char *at = (char *)heard + strlen((char *)heard);
    const char *from = strstr((const char *)sent, name);
    const char *line_end = from ? strstr(from, "\r\n") : NULL;
    want(line_end != NULL, name);
    memcpy(at, from, (size_t)(line_end - from));
    strcpy(at + (line_end - from), more);
    strcat(at, "\r\n");
}

/* An answer to what was sent last. */
static void answer(const char *status, const char *more, const char *body)
{
    sent[sent_len < sizeof sent ? sent_len : sizeof sent - 1] = 0;
    sprintf((char *)heard, "SIP/2.0 %s\r\n", status);
    header("Via:", "");
    header("From:", "");
    header("To:", ";tag=gw77");
    header("Call-ID:", "");
    header("CSeq:", "");
    sprintf((char *)heard + strlen((char *)heard), "%sContent-Length: %u\r\n\r\n%s", more, (unsigned)strlen(body), body);
}

static void receive(stw_phone *p, uint64_t now, const char *what)
{
    stw_status status;
    begin();
    status = stw_phone_receive(p, now, &gateway, heard, strlen((char *)heard));
    drain_phone(p);
    end(what);
    want(status == STW_OK, what);
}

static const char challenge[] = "WWW-Authenticate: Digest realm=\"measured.test\", nonce=\"0011223344556677\", algorithm=SHA-256, qop=\"auth\"\r\n";
static const char sound[] = "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";

static void phone(void)
{
    stw_phone_config config = STW_PHONE_CONFIG_INIT;
    stw_phone *p = NULL;
    stw_status status;
    stw_line line = 0;
    memcpy(config.number.text, "201", 4);
    config.address = gateway, config.address.octets[3] = 11;
    config.servers[0] = gateway;
    memset(config.random_seed, 7, sizeof config.random_seed);
    begin();
    status = stw_phone_init((uint8_t *)memory, sizeof memory, &config, &p);
    end("phone-init");
    want(status == STW_OK, "the telephone");
    begin();
    status = stw_phone_load(p, policy, number("policy "), keyring, number("keyring "));
    end("phone-load");
    want(status == STW_OK, "its policy");
    begin();
    status = stw_phone_register(p, 1000);
    drain_phone(p);
    end("phone-register");
    answer("401 Unauthorized", challenge, "");
    receive(p, 1010, "phone-challenged");
    answer("200 OK", "Contact: <sip:201@192.0.2.11:5060>;expires=3600\r\n", "");
    receive(p, 1020, "phone-registered");
    begin();
    status = stw_phone_dial(p, 2000, (const uint8_t *)"202", 3, &line, NULL);
    drain_phone(p);
    end("phone-dials");
    want(status == STW_OK, "dialing");
    answer("180 Ringing", "Contact: <sip:202@192.0.2.1:5060>\r\n", "");
    receive(p, 2010, "phone-hears-ringing");
    answer("200 OK", "Contact: <sip:202@192.0.2.1:5060>\r\nContent-Type: application/sdp\r\n", sound);
    receive(p, 2020, "phone-is-answered");
    want(ups == 1, "a call that is up");
    begin();
    status = stw_phone_hold(p, 3000, line, 1);
    drain_phone(p);
    end("phone-holds");
    want(status == STW_OK, "hold");
    answer("200 OK", "Contact: <sip:202@192.0.2.1:5060>\r\nContent-Type: application/sdp\r\n", sound);
    receive(p, 3010, "phone-has-held");
    sprintf((char *)heard,
            "INVITE sip:201@192.0.2.11:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKgw1;rport\r\nMax-Forwards: 70\r\n"
            "From: \"Yard\" <sip:203@measured.test>;tag=gw1\r\nTo: <sip:201@measured.test>\r\nCall-ID: gw-1@192.0.2.1\r\nCSeq: 1 INVITE\r\n"
            "Contact: <sip:203@192.0.2.1:5060>\r\nContent-Type: application/sdp\r\nContent-Length: %u\r\n\r\n%s",
            (unsigned)strlen(sound), sound);
    receive(p, 4000, "phone-rings");
    begin();
    status = stw_phone_answer(p, 4010, incoming);
    drain_phone(p);
    end("phone-answers");
    want(status == STW_OK, "answering");
    sent[sent_len] = 0;
    strcpy((char *)heard, "ACK sip:201@192.0.2.11:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKgw2;rport\r\nMax-Forwards: 70\r\n");
    header("From:", "");
    header("To:", "");
    header("Call-ID:", "");
    strcat((char *)heard, "CSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n");
    receive(p, 4020, "phone-talks");
    begin();
    status = stw_phone_transfer(p, 5000, incoming, (const uint8_t *)"202", 3, NULL);
    drain_phone(p);
    end("phone-transfers");
    want(status == STW_OK, "a transfer");
    begin();
    status = stw_phone_hang_up(p, 6000, line);
    drain_phone(p);
    end("phone-hangs-up");
    want(status == STW_OK && stw_phone_deinit(p) == STW_OK, "its end");
}

int main(void)
{
    board_init();
    setvbuf(stdout, NULL, _IONBF, 0);
    *(volatile uint32_t *)0xE000E010u = 0; /* no interrupt among what is counted */
    TIMER_CONTROL = 1;
    begin();
    end(NULL);
    sizes();
    exchange();
    phone();
    return 0;
}
