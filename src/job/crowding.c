/*
 * crowding.c: see crowding.h. What others take is what all programs took less our own; it is crowded
 * when that and our threads are more than there are cores.
 */
#include "job/crowding.h"

#include "base/clock.h"
#include "base/monitor.h"
#include "base/process.h"
#include "nn/net.h"

// A look every so often, so that a moment's other work (a compiler, a mail) is not taken for a neighbour.
static const double look_s = 5;
enum { LEAST_STEPS = 5, LOOKS = 2 };
static const double most_of_a_core = 0.7;
static const double tolerance = 0.3;    // of cores: our own threads rest now and then
static const double worth_saying = 1.3; // times the quiet step: less is the machine's noise

bool crowding_look(struct crowding *c, const struct crowding_moment *now)
{
    double wall_s = now->wall_s - c->last.wall_s;
    double own = (now->own_s - c->last.own_s) / wall_s;
    double step_s = (now->steps_s - c->last.steps_s) / (double)(now->n_steps - c->last.n_steps);
    c->others = (now->all_s - c->last.all_s) / wall_s - own;
    c->last = *now;
    bool is_crowded = c->others >= most_of_a_core &&
                      c->others + (double)c->n_threads > (double)c->n_cores + tolerance;
    if (!is_crowded && (c->quiet_step_s == 0 || step_s < c->quiet_step_s))
        c->quiet_step_s = step_s;
    c->times = c->quiet_step_s > 0 ? step_s / c->quiet_step_s : 0;
    c->n_crowded =
        is_crowded && (c->times == 0 || c->times >= worth_saying) ? c->n_crowded + 1 : 0;
    if (c->n_crowded < LOOKS || c->is_told)
        return false;
    c->is_told = true;
    return true;
}

static void tell(const struct crowding *c, const struct monitor *m)
{
    double left = (double)c->n_cores - c->others;
    size_t n_threads = left > 1 ? (size_t)(left + tolerance) : 1;
    if (c->times > 0)
        monitor_note(
            m,
            "other programs take %.1f of %zu processor cores: a step takes %.1f times as long; "
            "--threads %zu, or OMP_WAIT_POLICY=passive, loses less",
            c->others, c->n_cores, c->times, n_threads);
    else
        monitor_note(m,
                     "other programs take %.1f of %zu processor cores; --threads %zu, or "
                     "OMP_WAIT_POLICY=passive, loses less",
                     c->others, c->n_cores, n_threads);
}

void crowding_step(struct crowding *c, double seconds, const struct monitor *m)
{
    c->now.n_steps++;
    c->now.steps_s += seconds;
    c->now.wall_s = clock_monotonic_s();
    bool is_first = c->last.wall_s == 0;
    if (c->is_told || (!is_first && (c->now.wall_s - c->last.wall_s < look_s ||
                                     c->now.n_steps - c->last.n_steps < LEAST_STEPS)))
        return;
    struct process_times t;
    if (!process_times(&t) || t.n_cores != net_threads(0))
        return; // the times are of all cores: of a part of them nothing is known
    c->now.own_s = t.own_s;
    c->now.all_s = t.all_s;
    c->n_cores = t.n_cores;
    if (is_first) // steps before it made the engine ready
        c->last = c->now;
    else if (crowding_look(c, &c->now))
        tell(c, m);
}
