/* monitor.c: see monitor.h. */
#include "base/monitor.h"

#include <stdarg.h>
#include <stdio.h>

void monitor_progress(const struct monitor *m, const char *what, uint64_t done, uint64_t total,
                      const char *detail)
{
    if (m && m->progress)
        m->progress(m->context, what, done, total, detail);
}

void monitor_note(const struct monitor *m, const char *fmt, ...)
{
    char text[512];
    if (!m || !m->note)
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    m->note(m->context, text);
}

bool monitor_is_cancelled(const struct monitor *m)
{
    return m && m->cancel && atomic_load(m->cancel);
}
