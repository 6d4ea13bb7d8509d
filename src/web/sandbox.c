/* sandbox.c: see sandbox.h. */
#include "web/sandbox.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "image/image.h"
#include "wave/recording.h"
#include "wave/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CHILD_SECONDS = 120, // of processor time; a text file of 2 GB takes about 60
    WAIT_SECONDS = 180,  // what the server waits for an answer
    CHILD_FILES = 32,
};
static const rlim_t child_memory_bytes = (rlim_t)6 << 30;
static const rlim_t child_file_bytes = (rlim_t)32 << 30;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false // a sanitizer reserves terabytes of addresses
#endif

struct sandbox {
    int socket;
    pid_t broker;
};

enum wish_kind { WISH_PICTURE, WISH_RECORDING };

struct wish {
    enum wish_kind kind;
    char path[PATH_MAX];
};

struct answer {
    int rc;
    char text[sizeof((struct err *)0)->text];
};

// ---- The child ----

static int read_picture(const char *path, int fd, struct err *e)
{
    struct image im;
    unsigned char head[8];
    int rc = image_read(&im, path, e);
    if (rc < 0)
        return rc;
    store_u32le(head, (uint32_t)im.width);
    store_u32le(head + 4, (uint32_t)im.height);
    rc = file_put(fd, head, sizeof head, e);
    if (rc == 0)
        rc = file_put(fd, im.rgb, im.width * im.height * 3, e);
    image_release(&im);
    return rc;
}

static int read_recording(const char *path, int fd, struct err *e)
{
    struct recording *r;
    int rc = recording_open(&r, path, NULL, e);
    if (rc == 0)
        rc = spool_write(fd, r, e);
    recording_close(r);
    return rc;
}

static int (*const readers[])(const char *path, int fd, struct err *e) = {
    [WISH_PICTURE] = read_picture,
    [WISH_RECORDING] = read_recording,
};

static int limit(int what, rlim_t most, struct err *e)
{
    struct rlimit l = {most, most};
    return setrlimit(what, &l) ? err_set(e, ERR_IO, "limits of a process: %s", strerror(errno))
                               : 0;
}

// What reading a file and writing to an open descriptor takes; anything else fails with EPERM.
static const int allowed_calls[] = {
    SCMP_SYS(read),         SCMP_SYS(readv),        SCMP_SYS(pread64),
    SCMP_SYS(write),        SCMP_SYS(writev),       SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),        SCMP_SYS(fstat),        SCMP_SYS(newfstatat),
    SCMP_SYS(stat),         SCMP_SYS(lstat),        SCMP_SYS(statx),
    SCMP_SYS(access),       SCMP_SYS(faccessat),    SCMP_SYS(close),
    SCMP_SYS(munmap),       SCMP_SYS(mremap),       SCMP_SYS(brk),
    SCMP_SYS(madvise),      SCMP_SYS(futex),        SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday), SCMP_SYS(getrandom),    SCMP_SYS(exit),
    SCMP_SYS(exit_group),   SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),  SCMP_SYS(getpid),
    SCMP_SYS(gettid),       SCMP_SYS(getdents64),   SCMP_SYS(ftruncate),
    SCMP_SYS(fcntl),        SCMP_SYS(sched_yield),  SCMP_SYS(getcwd),
    SCMP_SYS(readlink),     SCMP_SYS(tgkill),
};

static int add_rules(scmp_filter_ctx f)
{
    int bad = 0;
    for (size_t i = 0; i < sizeof allowed_calls / sizeof *allowed_calls; i++)
        bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed_calls[i], 0);
    const unsigned long writes = O_WRONLY | O_RDWR | O_CREAT;
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, writes, 0));
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
                            SCMP_A1(SCMP_CMP_MASKED_EQ, writes, 0));
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    return bad;
}

static int confine(struct err *e)
{
    int rc = limit(RLIMIT_CPU, CHILD_SECONDS, e);
    if (rc == 0)
        rc = limit(RLIMIT_CORE, 0, e);
    if (rc == 0)
        rc = limit(RLIMIT_NOFILE, CHILD_FILES, e);
    if (rc == 0)
        rc = limit(RLIMIT_FSIZE, child_file_bytes, e);
    if (rc == 0 && !IS_SANITIZED)
        rc = limit(RLIMIT_AS, child_memory_bytes, e);
    if (rc < 0)
        return rc;
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!f || add_rules(f) || seccomp_load(f))
        rc = err_set(e, ERR_IO,
                     "this system gives no seccomp filter: files that are sent "
                     "cannot be read safely");
    seccomp_release(f);
    return rc;
}

static _Noreturn void be_child(const struct wish *wish, int out, int result)
{
    struct err e = {.code = ERR_OK, .text = ""};
    struct answer a = {0};
    alarm(WAIT_SECONDS);
    int rc = confine(&e);
    if (rc == 0)
        rc = readers[wish->kind](wish->path, out, &e);
    a.rc = rc;
    memcpy(a.text, e.text, sizeof a.text);
    (void)!write(result, &a, sizeof a);
    _exit(0);
}

// ---- The broker ----

// A wish and two descriptors: for the numbers, for the answer. 0: the server has gone.
static ssize_t receive(int socket, struct wish *wish, int fds[2])
{
    union {
        char bytes[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {wish, sizeof *wish};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = control.bytes,
                       .msg_controllen = sizeof control.bytes};
    ssize_t n;
    while ((n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
        ;
    const struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    if (n != sizeof *wish || !c || c->cmsg_len != CMSG_LEN(2 * sizeof(int)))
        return 0;
    memcpy(fds, CMSG_DATA(c), 2 * sizeof(int));
    return n;
}

static _Noreturn void be_broker(int socket)
{
    static struct wish wish;
    int fds[2];
    signal(SIGCHLD, SIG_IGN); // nobody waits for the children
    // Ctrl-C is the server's, which then closes the socket
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    while (receive(socket, &wish, fds) > 0) {
        pid_t child = fork();
        if (child == 0) {
            close(socket);
            be_child(&wish, fds[0], fds[1]);
        }
        close(fds[0]); // where fork failed the server sees the answer's end at once
        close(fds[1]);
    }
    _exit(0);
}

int sandbox_start(struct sandbox **out, struct err *e)
{
    int pair[2];
    struct sandbox *s = *out = mem_zalloc(sizeof *s);
    if (!s)
        return err_set(e, ERR_MEMORY, "no memory for a process");
    fflush(NULL);
    int rc = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
    if (rc == 0 && (s->broker = fork()) == 0) {
        close(pair[0]);
        be_broker(pair[1]);
    }
    if (rc == 0)
        close(pair[1]);
    if (rc || s->broker < 0) {
        if (rc == 0)
            close(pair[0]);
        mem_free(s);
        *out = NULL;
        return err_set(e, ERR_IO, "a process for files that are sent: %s", strerror(errno));
    }
    s->socket = pair[0];
    return 0;
}

void sandbox_stop(struct sandbox *s)
{
    if (!s)
        return;
    close(s->socket);
    while (waitpid(s->broker, NULL, 0) < 0 && errno == EINTR)
        ;
    mem_free(s);
}

// ---- The server ----

static int send_wish(struct sandbox *s, struct wish *wish, const int fds[2], struct err *e)
{
    union {
        char bytes[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct iovec part = {wish, sizeof *wish};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = control.bytes,
                       .msg_controllen = sizeof control.bytes};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(2 * sizeof(int));
    memcpy(CMSG_DATA(c), fds, 2 * sizeof(int));
    ssize_t n;
    while ((n = sendmsg(s->socket, &m, MSG_NOSIGNAL)) < 0 && errno == EINTR)
        ;
    return n < 0 ? err_set(e, ERR_IO, "the process that reads files has ended") : 0;
}

static int wait_answer(int fd, struct err *e)
{
    struct answer a;
    struct pollfd p = {fd, POLLIN, 0};
    int n;
    while ((n = poll(&p, 1, (WAIT_SECONDS + 5) * 1000)) < 0 && errno == EINTR)
        ;
    if (n == 0)
        return err_set(e, ERR_LIMIT, "the file took over %d s to read", WAIT_SECONDS);
    if (read(fd, &a, sizeof a) != sizeof a)
        return err_set(e, ERR_FORMAT,
                       "reading the file took too much time or memory, or failed badly: it may "
                       "be damaged");
    a.text[sizeof a.text - 1] = 0;
    return a.rc < 0 && a.rc >= ERR_CANCELLED ? err_set(e, (enum err_code)a.rc, "%s", a.text)
                                             : 0;
}

// Reads a file in a child; *fd is what it wrote, the caller's.
static int call(int *fd, struct sandbox *s, enum wish_kind kind, const char *path,
                const char *scratch, struct err *e)
{
    struct wish wish = {.kind = kind};
    int answer[2] = {-1, -1};
    *fd = -1;
    if (snprintf(wish.path, sizeof wish.path, "%s", path) >= (int)sizeof wish.path)
        return err_set(e, ERR_LIMIT, "a path of %zu letters", strlen(path));
    char *name = mem_printf("%s/spool-XXXXXX", scratch);
    if (!name)
        return err_set(e, ERR_MEMORY, "no memory to read a file");
    int rc =
        (*fd = mkstemp(name)) < 0 ? err_set(e, ERR_IO, "%s: %s", scratch, strerror(errno)) : 0;
    if (rc == 0)
        unlink(name);
    mem_free(name);
    if (rc == 0 && pipe(answer))
        rc = err_set(e, ERR_IO, "a pipe: %s", strerror(errno));
    if (rc == 0) {
        const int fds[2] = {*fd, answer[1]};
        rc = send_wish(s, &wish, fds, e);
        close(answer[1]);
        if (rc == 0)
            rc = wait_answer(answer[0], e);
        close(answer[0]);
    }
    if (rc < 0 && *fd >= 0) {
        close(*fd);
        *fd = -1;
    }
    return rc;
}

static int take_picture(struct image *out, int fd, struct err *e)
{
    unsigned char head[8];
    *out = (struct image){0};
    if (pread(fd, head, sizeof head, 0) != sizeof head)
        return err_set(e, ERR_FORMAT, "the picture could not be read");
    out->width = load_u32le(head);
    out->height = load_u32le(head + 4);
    if (!out->width || !out->height || out->width > IMAGE_MAX_SIDE ||
        out->height > IMAGE_MAX_SIDE || out->width * out->height > IMAGE_MAX_PIXELS)
        return err_set(e, ERR_LIMIT, "a picture of %zu x %zu pixels", out->width, out->height);
    size_t n = out->width * out->height * 3, done = 0;
    out->rgb = mem_alloc(n);
    if (!out->rgb)
        return err_set(e, ERR_MEMORY, "no memory for a picture");
    while (done < n) {
        ssize_t k = pread(fd, out->rgb + done, n - done, (off_t)(sizeof head + done));
        if (k <= 0)
            return err_set(e, ERR_FORMAT, "the picture could not be read");
        done += (size_t)k;
    }
    return 0;
}

int sandbox_picture(struct image *out, struct sandbox *s, const char *path, const char *scratch,
                    struct err *e)
{
    int fd;
    *out = (struct image){0};
    int rc = call(&fd, s, WISH_PICTURE, path, scratch, e);
    if (rc < 0)
        return rc;
    rc = take_picture(out, fd, e);
    close(fd);
    if (rc < 0) {
        image_release(out);
        *out = (struct image){0};
    }
    return rc;
}

int sandbox_recording(int *spool, struct sandbox *s, const char *path, const char *scratch,
                      struct err *e)
{
    return call(spool, s, WISH_RECORDING, path, scratch, e);
}
