/*
 * A stand-in for the SIP stack that you have: the callbacks that such a stack makes, and what it is told to do. It has no network and
 * no SIP; examples/c/gated.c compiles against it as it would against the real one, and `stack_run` plays a script of events.
 */
#ifndef STACK_H
#define STACK_H

/* A call as the stack knows it. */
typedef struct stack_call stack_call;

/* What the stack calls. `user` is what stack_set_user has left at the call, or NULL. */
typedef struct stack_callbacks {
    /* A registered user, or a trunk by its name, sends an INVITE for a number. Answer with stack_answer, stack_ring or stack_reject. */
    void (*on_invite)(stack_call *call, const char *from, int from_trunk, const char *number);
    /* An INVITE of ours rings, was answered, or was refused. */
    void (*on_ringing)(stack_call *call, void *user);
    void (*on_answered)(stack_call *call, void *user);
    /* The other end is gone: BYE, CANCEL, or a refusal. */
    void (*on_gone)(stack_call *call, void *user, int status);
    /* Milliseconds since the program began, whenever nothing else happens. */
    void (*on_idle)(unsigned long now_ms);
} stack_callbacks;

/* Sends an INVITE to a user or a trunk; the call is ours from then on. */
stack_call *stack_invite(const char *to, int to_trunk, const char *number);
/* Answers an INVITE with 180, with 200, or refuses it. */
void stack_ring(stack_call *call);
void stack_answer(stack_call *call);
void stack_reject(stack_call *call, int status);
/* Joins the media of two answered calls. */
void stack_bridge(stack_call *one, stack_call *other);
/* Ends a call of either kind. */
void stack_hang_up(stack_call *call);
void stack_set_user(stack_call *call, void *user);

/* Plays its script with these callbacks; what was told to do is printed, a line each. Not 0: what happened is not what the script expects. */
int stack_run(const stack_callbacks *callbacks);

#endif
