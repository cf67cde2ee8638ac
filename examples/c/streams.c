/* TCP to the gateways: see streams.h. Where a message ends in what has come says stw_stream_piece. */
#define _POSIX_C_SOURCE 200809L
#include "streams.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LONGEST = 2048 }; /* the longest message that is taken */

static struct stream {
    int fd; /* 0: there is none */
    int lost;
    stw_address peer;
    uint8_t came[LONGEST + 2]; /* and an empty line before it */
    size_t filled;
} streams[STREAMS];

static struct stream *stream_to(const stw_address *to)
{
    for (int n = 0; n < STREAMS; n++)
        if (streams[n].fd > 0 && !streams[n].lost && !memcmp(&streams[n].peer, to, sizeof *to))
            return &streams[n];
    return NULL;
}

/* Waits until the connection is made, which is good enough for an example: a telephone would go on meanwhile. */
static struct stream *connected(const stw_address *to)
{
    struct stream *s = NULL;
    struct sockaddr_in there;
    for (int n = 0; n < STREAMS && !s; n++)
        if (streams[n].fd == 0)
            s = &streams[n];
    if (!s)
        return NULL;
    memset(&there, 0, sizeof there);
    there.sin_family = AF_INET;
    there.sin_port = htons(to->port);
    memcpy(&there.sin_addr, to->octets, 4);
    s->peer = *to;
    s->filled = 0;
    s->fd = socket(AF_INET, SOCK_STREAM, 0);
    s->lost = s->fd <= 0 || connect(s->fd, (const struct sockaddr *)&there, sizeof there) != 0;
    return s;
}

void streams_send(const stw_address *to, const uint8_t *bytes, size_t len)
{
    struct stream *s = stream_to(to);
    if (!s)
        s = connected(to);
    while (s && !s->lost && len > 0) {
        ssize_t some = send(s->fd, bytes, len, MSG_NOSIGNAL);
        s->lost = some <= 0;
        bytes += some > 0 ? some : 0;
        len -= some > 0 ? (size_t)some : 0;
    }
}

void streams_wait(struct pollfd into[STREAMS])
{
    for (int n = 0; n < STREAMS; n++) {
        into[n].fd = streams[n].fd > 0 ? streams[n].fd : -1;
        into[n].events = POLLIN;
        into[n].revents = 0;
    }
}

/* Gives each whole message to the telephone. */
static void take(struct stream *s, stw_phone *p, uint64_t now_ms, void (*drained)(stw_phone *))
{
    stw_piece piece;
    while (!s->lost && stw_stream_piece(s->came, s->filled, LONGEST, &piece) == STW_OK) {
        const size_t skip = (size_t)piece.skip, end = skip + (size_t)piece.length;
        if (piece.kind == STW_PIECE_PING)
            streams_send(&s->peer, (const uint8_t *)"\r\n", 2);
        else
            (void)stw_phone_receive(p, now_ms, &s->peer, s->came + skip, (size_t)piece.length);
        s->filled -= end;
        memmove(s->came, s->came + end, s->filled);
        drained(p);
        s->lost |= piece.kind == STW_PIECE_LAST;
    }
}

void streams_heard(stw_phone *p, uint64_t now_ms, const struct pollfd found[STREAMS], void (*drained)(stw_phone *))
{
    for (int n = 0; n < STREAMS; n++) {
        struct stream *s = &streams[n];
        if (s->fd > 0 && found[n].fd == s->fd && found[n].revents) {
            ssize_t some = recv(s->fd, s->came + s->filled, sizeof s->came - s->filled, 0);
            s->lost |= some <= 0;
            s->filled += some > 0 ? (size_t)some : 0;
            take(s, p, now_ms, drained);
        }
        if (s->lost) {
            if (s->fd > 0)
                close(s->fd);
            s->fd = s->lost = 0;
            (void)stw_phone_lost(p, now_ms, &s->peer);
            drained(p);
        }
    }
}
