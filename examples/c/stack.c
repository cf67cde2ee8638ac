/* The stand-in of stack.h: a script of events, and what it expects to be told. */
#include "stack.h"

#include <stdio.h>
#include <string.h>

enum { CALLS = 8 };

struct stack_call {
    void *user;
    char name[16]; /* who is at the other end */
    int used, answered;
};

static struct stack_call calls[CALLS];
static const stack_callbacks *told;
static char last[4][64]; /* what the program did, newest last */
static int failures;

static void note(const char *what, const stack_call *call, const char *more)
{
    memmove(last[0], last[1], sizeof last - sizeof last[0]);
    snprintf(last[3], sizeof last[3], "%s %s%s", what, call->name, more);
    printf("  stack: %s\n", last[3]);
}

static void expect(const char *what)
{
    for (int n = 0; n < 4; n++)
        if (!strcmp(last[n], what))
            return;
    printf("  NOT AS EXPECTED: no \"%s\"\n", what);
    failures++;
}

static stack_call *new_call(const char *name)
{
    for (int n = 0; n < CALLS; n++)
        if (!calls[n].used) {
            memset(&calls[n], 0, sizeof calls[n]);
            calls[n].used = 1;
            snprintf(calls[n].name, sizeof calls[n].name, "%s", name);
            return &calls[n];
        }
    return NULL;
}

static stack_call *find(const char *name)
{
    for (int n = 0; n < CALLS; n++)
        if (calls[n].used && !strcmp(calls[n].name, name))
            return &calls[n];
    return NULL;
}

stack_call *stack_invite(const char *to, int to_trunk, const char *number)
{
    stack_call *call = new_call(to);
    char more[40];
    snprintf(more, sizeof more, "%s %s", to_trunk ? " (trunk)" : "", number);
    if (call)
        note("invite", call, more);
    return call;
}

void stack_ring(stack_call *call) { note("ring", call, ""); }
void stack_answer(stack_call *call)
{
    call->answered = 1;
    note("answer", call, "");
}
void stack_reject(stack_call *call, int status)
{
    char more[16];
    snprintf(more, sizeof more, " %d", status);
    note("reject", call, more);
    call->used = 0;
}
void stack_bridge(stack_call *one, stack_call *other)
{
    char more[32];
    snprintf(more, sizeof more, " and %s", other->name);
    note("bridge", one, more);
}
void stack_hang_up(stack_call *call)
{
    note("hang up", call, "");
    call->used = 0;
}
void stack_set_user(stack_call *call, void *user) { call->user = user; }

static void invite(const char *from, const char *number)
{
    printf("%s sends INVITE for %s\n", from, number);
    memset(last, 0, sizeof last);
    told->on_invite(new_call(from), from, 0, number);
}

static void goes(const char *name, int status)
{
    stack_call *call = find(name);
    if (!call)
        return;
    printf("%s is gone (%d)\n", name, status);
    call->used = 0;
    told->on_gone(call, call->user, status);
}

static void answers(const char *name)
{
    stack_call *call = find(name);
    if (!call)
        return;
    told->on_ringing(call, call->user);
    call->answered = 1;
    printf("%s answers\n", name);
    told->on_answered(call, call->user);
}

int stack_run(const stack_callbacks *callbacks)
{
    told = callbacks;
    invite("201", "202");
    expect("invite 202 202");
    answers("202");
    expect("ring 201");
    expect("answer 201");
    expect("bridge 201 and 202");
    told->on_idle(61000);
    goes("201", 200);
    expect("hang up 202");

    invite("201", "9011441234567"); /* not with its Class of Restriction */
    expect("reject 201 403");

    invite("202", "95551234");
    expect("invite carrier (trunk) 5551234");
    goes("carrier", 486);
    expect("reject 202 486");

    invite("209", "911"); /* a telephone without any class */
    expect("invite carrier (trunk) 911");
    answers("carrier");
    expect("bridge 209 and carrier");
    goes("carrier", 200);
    expect("hang up 209");
    printf("%s\n", failures ? "NOT as expected" : "all as expected");
    return failures;
}
