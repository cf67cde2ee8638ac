/* How another parser reads SIP: messages from standard input, each behind its length as four octets, most significant first; for each
 * a line of fields with tabs between them, or a word. Each is read in a process of its own, so that none harms the next. */
#include <osipparser2/osip_parser.h>
#include <osipparser2/osip_port.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void put(const char *text)
{
    putchar('\t');
    for (; text && *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c > ' ' && c < 0x7f && c != '\\')
            putchar(c);
        else
            printf("\\x%02x", c);
    }
}

static const char *tag(osip_from_t *address)
{
    osip_generic_param_t *found = NULL;
    if (!address || osip_from_get_tag(address, &found) != 0 || !found)
        return "-";
    return found->gvalue ? found->gvalue : "";
}

static void user_and_host(osip_from_t *address)
{
    put(address && address->url ? address->url->username : NULL);
    put(address && address->url ? address->url->host : NULL);
}

static void describe(const char *message, size_t length)
{
    osip_message_t *sip = NULL;
    char *text = NULL;
    osip_body_t *body = NULL;
    osip_via_t *via = NULL;
    osip_generic_param_t *branch = NULL;
    if (osip_message_init(&sip) != 0 || osip_message_parse(sip, message, length) != 0) {
        puts("refused");
        return;
    }
    printf("read");
    if (MSG_IS_REQUEST(sip)) {
        put(sip->sip_method);
        put(sip->req_uri ? sip->req_uri->username : NULL);
        put(sip->req_uri ? sip->req_uri->host : NULL);
    } else {
        printf("\t%d\t\t", sip->status_code);
    }
    user_and_host(sip->from);
    put(tag(sip->from));
    user_and_host((osip_from_t *)sip->to);
    put(tag((osip_from_t *)sip->to));
    if (sip->call_id && osip_call_id_to_str(sip->call_id, &text) == 0)
        put(text);
    else
        put(NULL);
    put(sip->cseq ? sip->cseq->number : NULL);
    put(sip->cseq ? sip->cseq->method : NULL);
    via = (osip_via_t *)osip_list_get(&sip->vias, 0);
    put(via ? via->host : NULL);
    if (via && osip_via_param_get_byname(via, "branch", &branch) == 0 && branch)
        put(branch->gvalue);
    else
        put(NULL);
    printf("\t%d", osip_list_size(&sip->vias));
    printf("\t%d", osip_list_size(&sip->contacts));
    printf("\t%zu\n", osip_message_get_body(sip, 0, &body) >= 0 && body ? body->length : (size_t)0);
}

static void say_nothing(const char *file, int line, osip_trace_level_t level, const char *format, va_list arguments)
{
    (void)file, (void)line, (void)level, (void)format, (void)arguments;
}

int main(void)
{
    unsigned char head[4];
    osip_trace_initialize_func(END_TRACE_LEVEL, say_nothing);
    parser_init();
    while (fread(head, 1, sizeof head, stdin) == sizeof head) {
        size_t length = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
        char *message = malloc(length + 1);
        int status;
        pid_t child;
        if (!message || fread(message, 1, length, stdin) != length)
            return 1;
        message[length] = 0;
        fflush(stdout);
        child = fork();
        if (child < 0)
            return 1;
        if (child == 0) {
            alarm(10);
            describe(message, length);
            fflush(stdout);
            _exit(0);
        }
        if (waitpid(child, &status, 0) != child)
            return 1;
        if (!WIFEXITED(status))
            puts("crash");
        free(message);
    }
    return 0;
}
