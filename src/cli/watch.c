/* watch.c: see watch.h. */
#include "cli/watch.h"

#include "base/clock.h"
#include "cli/command.h"
#include "cli/console.h"

#include <string.h>

// The rate counts from the first report of a kind of work: a resumed run does not claim what an
// earlier one did.
static void show(void *context, const char *what, uint64_t done, uint64_t total,
                 const char *detail)
{
    struct watch *w = context;
    double now_s = clock_monotonic_s();
    if (!w->what || strcmp(w->what, what) != 0 || done < w->first_done) {
        w->what = what;
        w->first_done = done;
        w->first_s = now_s;
    }
    double seconds = now_s - w->first_s;
    bool is_known = total && done > w->first_done && seconds > 0;
    double rate = is_known ? (double)(done - w->first_done) / seconds : 0;
    struct console_progress p = {.what = what,
                                 .done = done,
                                 .total = total,
                                 .left_s = is_known ? (double)(total - done) / rate : -1,
                                 .text = *detail ? detail : NULL};
    console_progress_show(w->console, &p, now_s);
}

static void note(void *context, const char *text)
{
    struct watch *w = context;
    console_note(w->console, "%s", text);
}

void watch_init(struct watch *w, const struct command_call *call)
{
    *w = (struct watch){.console = call->console};
    w->monitor = (struct monitor){w, show, note, call->stop};
}
