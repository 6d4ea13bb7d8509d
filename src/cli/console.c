/* console.c: see console.h. */
#include "cli/console.h"

#include "base/err.h"
#include "base/text.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

const char *const console_color_names[] = {"auto", "always", "never", NULL};

static const double live_every_s = 0.1;
enum { BAR_CELLS = 20 };

static bool is_terminal(FILE *f)
{
    int fd = fileno(f); // negative for a stream in memory
    return fd >= 0 && isatty(fd);
}

// COLUMNS, then the terminal itself, then the 80 of tradition.
static size_t find_width(FILE *err)
{
    const char *columns = getenv("COLUMNS");
    size_t width = 0;
    if (columns && text_to_size(&width, columns) && width >= 20 && width <= 1000)
        return width;
    struct winsize size = {0};
    int fd = fileno(err);
    if (fd >= 0 && !ioctl(fd, TIOCGWINSZ, &size) && size.ws_col >= 20)
        return size.ws_col;
    return 80;
}

void console_init(struct console *c, FILE *out, FILE *err, enum console_color color)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    *c = (struct console){.out = out, .err = err};
    c->is_out_terminal = is_terminal(out);
    c->is_err_live = is_terminal(err) && term && *term && strcmp(term, "dumb") != 0;
    c->has_color = color == CONSOLE_COLOR_ALWAYS ||
                   (color == CONSOLE_COLOR_AUTO && c->is_err_live && !(no_color && *no_color));
    c->width = find_width(err);
}

size_t console_help_width(const struct console *c)
{
    return c->width < 40                       ? 40
           : c->width > CONSOLE_WIDTH_MAX_HELP ? CONSOLE_WIDTH_MAX_HELP
                                               : c->width;
}

// ---- Messages ----

static void clean(char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            *s = '?';
}

static void wipe_line(struct console *c)
{
    if (c->has_line)
        fputs("\r\033[K", c->err);
    c->has_line = false;
}

static void message(struct console *c, const char *colour, const char *label, const char *fmt,
                    va_list ap) __attribute__((format(printf, 4, 0)));

static void message(struct console *c, const char *colour, const char *label, const char *fmt,
                    va_list ap)
{
    char text[1024];
    vsnprintf(text, sizeof text, fmt, ap);
    clean(text);
    wipe_line(c);
    bool is_coloured = c->has_color && *label;
    fprintf(c->err, "nemg: %s%s%s%s\n", is_coloured ? colour : "", label,
            is_coloured ? "\033[0m" : "", text);
    fflush(c->err);
}

void console_error(struct console *c, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    message(c, "\033[1;31m", "error: ", fmt, ap);
    va_end(ap);
}

void console_warning(struct console *c, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    message(c, "\033[1;33m", "warning: ", fmt, ap);
    va_end(ap);
}

void console_note(struct console *c, const char *fmt, ...)
{
    if (c->is_quiet)
        return;
    va_list ap;
    va_start(ap, fmt);
    message(c, "", "", fmt, ap);
    va_end(ap);
}

// ---- Progress ----

// A line of limited length; what does not fit is left out.
struct line {
    char *at;
    size_t n_left; // with the final zero
};

static void line_add(struct line *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void line_add(struct line *l, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(l->at, l->n_left, fmt, ap);
    va_end(ap);
    size_t took = n < 0 ? 0 : (size_t)n < l->n_left ? (size_t)n : l->n_left - 1;
    l->at += took;
    l->n_left -= took;
}

static void line_add_time(struct line *l, double s)
{
    uint64_t t = s < 1e9 ? (uint64_t)(s + 0.5) : 1000000000;
    if (t >= 3600)
        line_add(l, ", %llu:%02u:%02u left", (unsigned long long)(t / 3600),
                 (unsigned)(t / 60 % 60), (unsigned)(t % 60));
    else
        line_add(l, ", %u:%02u left", (unsigned)(t / 60), (unsigned)(t % 60));
}

static void line_add_bar(struct line *l, double share)
{
    int n_full = (int)(share * BAR_CELLS);
    line_add(l, " [");
    for (int i = 0; i < BAR_CELLS; i++)
        line_add(l, "%c", i < n_full ? '#' : '-');
    line_add(l, "]");
}

static void compose(struct console *c, const struct console_progress *p)
{
    struct line l = {c->line, sizeof c->line};
    double share = p->total ? (double)p->done / (double)p->total : 0;
    share = share > 1 ? 1 : share;
    line_add(&l, "%s", p->what);
    if (p->total && c->is_err_live)
        line_add_bar(&l, share);
    if (p->total)
        line_add(&l, " %d %% %llu/%llu", (int)(100 * share), (unsigned long long)p->done,
                 (unsigned long long)p->total);
    else
        line_add(&l, " %llu", (unsigned long long)p->done);
    if (p->rate > 0)
        line_add(&l, ", %.3g %s/s", p->rate, p->unit);
    double left_s = p->left_s;
    if (left_s < 0 && p->rate > 0 && p->total >= p->done && p->total)
        left_s = (double)(p->total - p->done) / p->rate;
    if (left_s >= 0)
        line_add_time(&l, left_s);
    if (p->text)
        line_add(&l, ", %s", p->text);
    clean(c->line);
}

// Columns that a letter of UTF-8 fills: East Asian ones fill two (the large blocks of Unicode's
// EastAsianWidth.txt).
static size_t columns_of(uint32_t code)
{
    return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) ||
                   (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) ||
                   (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) ||
                   (code >= 0x20000 && code <= 0x3fffd)
               ? 2
               : 1;
}

// Bytes of s that fill at most `columns` columns, whole letters only.
static size_t bytes_that_fit(const char *s, size_t columns)
{
    size_t i = 0;
    while (s[i]) {
        unsigned char first = (unsigned char)s[i];
        size_t n = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        uint32_t code = n == 1 ? first : first & (0x7fu >> n);
        for (size_t k = 1; k < n; k++) {
            if (!s[i + k])
                return i;
            code = code << 6 | ((unsigned char)s[i + k] & 0x3fu);
        }
        if (columns_of(code) > columns)
            break;
        columns -= columns_of(code);
        i += n;
    }
    return i;
}

static void draw(struct console *c, double now_s)
{
    if (c->is_err_live) {
        fprintf(c->err, "\r%.*s\033[K", (int)bytes_that_fit(c->line, c->width - 1), c->line);
        c->has_line = true;
    } else {
        fprintf(c->err, "nemg: %s\n", c->line);
    }
    fflush(c->err);
    c->shown_s = now_s;
    c->has_unprinted = false;
}

void console_progress_show(struct console *c, const struct console_progress *p, double now_s)
{
    if (c->is_quiet)
        return;
    bool is_first = !c->line[0];
    compose(c, p);
    c->has_unprinted = true;
    if (is_first && !c->is_err_live)
        c->shown_s = now_s; // the first plain line comes when there is something to tell
    else if (is_first ||
             now_s - c->shown_s >= (c->is_err_live ? live_every_s : CONSOLE_PLAIN_EVERY_S))
        draw(c, now_s);
}

void console_progress_end(struct console *c)
{
    if (!c->line[0])
        return;
    if (c->has_unprinted || (c->is_err_live && !c->has_line))
        draw(c, c->shown_s);
    if (c->has_line)
        fputc('\n', c->err);
    fflush(c->err);
    c->has_line = false;
    c->line[0] = '\0';
}

int console_finish(struct console *c, struct err *e)
{
    errno = 0;
    if (fflush(c->out) || ferror(c->out))
        return err_set(e, ERR_IO, "standard output: %s",
                       errno ? strerror(errno) : "not everything could be written");
    return 0;
}

bool console_is_deserted(const struct console *c)
{
    struct pollfd out = {.fd = fileno(c->out), .events = POLLOUT};
    return out.fd >= 0 && poll(&out, 1, 0) > 0 && (out.revents & POLLERR);
}
