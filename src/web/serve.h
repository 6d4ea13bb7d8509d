/*
 * serve.h: the workbench in the browser: an HTTP server on this machine, from the beginning until
 * somebody stops it.
 */
#pragma once

#include "web/workbench.h"

#include <stdatomic.h>

struct serve_options {
    struct workbench_options workbench;
    const char *address;           // "127.0.0.1"
    unsigned port;                 // 0: any that is free
    const char *certificate, *key; // PEM files; NULL: no TLS, and then loopback only
    // Called once, when requests are answered; the text is good during the call.
    void (*on_ready)(void *context, const char *address);
    void *context;
    const atomic_bool *stop; // true: end in order
};

// ERR_USAGE: an address of the network without TLS; what workbench_open() and http_start() give.
// 0: it was stopped.
int serve(const struct serve_options *o, struct err *e);
