/* What a telephone's user sees and types: see console.h. */
#include "console.h"

#include <stdio.h>
#include <string.h>

uint8_t console_datagram[2048];
static stw_line lines[CONSOLE_LINES]; /* in the order in which they began; 0 is none */

const char *console_shown(const stw_address *at)
{
    static char text[2][32];
    static int turn;
    turn ^= 1;
    snprintf(text[turn], sizeof text[turn], "%u.%u.%u.%u:%u", at->octets[0], at->octets[1], at->octets[2], at->octets[3], at->port);
    return text[turn];
}

static void begun(stw_line line)
{
    for (size_t n = 0; n < CONSOLE_LINES; n++)
        if (lines[n] == 0) {
            lines[n] = line;
            return;
        }
}

static void over(stw_line line)
{
    size_t to = 0;
    for (size_t n = 0; n < CONSOLE_LINES; n++)
        if (lines[n] != line)
            lines[to++] = lines[n];
    while (to < CONSOLE_LINES)
        lines[to++] = 0;
}

static stw_line last(void)
{
    stw_line found = 0;
    for (size_t n = 0; n < CONSOLE_LINES; n++)
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
    printf("sound from %s to %s, codec %u as %u, %s, %s\n", console_shown(&sound.at), console_shown(&sound.to), (unsigned)sound.codec,
           (unsigned)sound.payload, directions[sound.direction & 3], sound.encrypted ? "encrypted" : "in clear");
    memset(&sound, 0, sizeof sound);
}

void console_drain(stw_phone *p)
{
    static const char *const standings[] = {"", "registered", "refused", "unanswered", "lapsed", "lost"};
    stw_phone_output out;
    stw_line_info info;
    while (stw_phone_poll(p, &out, console_datagram, sizeof console_datagram, NULL) == STW_OK) {
        switch (out.kind) {
        case STW_PHONE_SEND:
            platform_send(&out.to, console_datagram, (size_t)out.length);
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
            printf("text %.*s\n", (int)out.length, (const char *)console_datagram);
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

/* The next word of a line; NULL at its end. Not strtok, which takes memory in some C libraries. */
static char *next(char **text)
{
    char *word = *text + strspn(*text, " \r\n");
    size_t len = strcspn(word, " \r\n");
    *text = word + len + (word[len] != 0);
    word[len] = 0;
    return len ? word : NULL;
}

int console_command(stw_phone *p, char *text)
{
    char *word = next(&text), *rest = next(&text);
    const uint8_t *digits = (const uint8_t *)(rest ? rest : "");
    size_t count = rest ? strlen(rest) : 0;
    stw_status status = STW_OK;
    uint32_t rule = 0;
    stw_line line = 0;
    if (!word)
        return 1;
    if (!strcmp(word, "dial")) {
        status = stw_phone_dial(p, platform_now_ms(), digits, count, &line, &rule);
        if (status == STW_OK)
            begun(line);
    } else if (!strcmp(word, "answer"))
        status = stw_phone_answer(p, platform_now_ms(), last());
    else if (!strcmp(word, "hangup"))
        status = stw_phone_hang_up(p, platform_now_ms(), last());
    else if (!strcmp(word, "hold") || !strcmp(word, "retrieve"))
        status = stw_phone_hold(p, platform_now_ms(), last(), word[0] == 'h');
    else if (!strcmp(word, "transfer"))
        status = stw_phone_transfer(p, platform_now_ms(), last(), digits, count, &rule);
    else if (!strcmp(word, "join"))
        status = stw_phone_join(p, platform_now_ms(), lines[0], lines[1]);
    else if (!strcmp(word, "press"))
        status = stw_phone_press(p, platform_now_ms(), last(), digits[0]);
    else if (!strcmp(word, "register"))
        status = stw_phone_register(p, platform_now_ms());
    else if (!strcmp(word, "unregister"))
        status = stw_phone_unregister(p, platform_now_ms());
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
