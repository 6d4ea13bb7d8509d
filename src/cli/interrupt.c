/* interrupt.c: see interrupt.h. */
#include "cli/interrupt.h"

#include "base/err.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static atomic_bool want_stop;
static struct sigaction old_int, old_term;
static bool is_installed;

// A lock-free atomic is one of the few things a signal handler may touch.
static void on_signal(int number)
{
    (void)number;
    atomic_store(&want_stop, true);
}

int interrupt_install(struct err *e)
{
    struct sigaction act = {.sa_handler = on_signal};
    // SA_RESETHAND: the second one finds the default action. SA_RESTART: nothing is cut short.
    act.sa_flags = (int)(SA_RESETHAND | (unsigned)SA_RESTART);
    sigemptyset(&act.sa_mask);
    atomic_store(&want_stop, false);
    if (sigaction(SIGINT, NULL, &old_int) || sigaction(SIGTERM, NULL, &old_term))
        return err_set(e, ERR_IO, "signal handlers: %s", strerror(errno));
    if ((old_int.sa_handler != SIG_IGN && sigaction(SIGINT, &act, NULL)) ||
        (old_term.sa_handler != SIG_IGN && sigaction(SIGTERM, &act, NULL)))
        return err_set(e, ERR_IO, "signal handlers: %s", strerror(errno));
    is_installed = true;
    return 0;
}

void interrupt_restore(void)
{
    if (!is_installed)
        return;
    sigaction(SIGINT, &old_int, NULL);
    sigaction(SIGTERM, &old_term, NULL);
    is_installed = false;
}

const atomic_bool *interrupt_flag(void)
{
    return &want_stop;
}
