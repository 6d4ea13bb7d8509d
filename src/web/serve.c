/* serve.c: see serve.h. */
#include "web/serve.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "web/http.h"

#include <signal.h>
#include <time.h>

enum { PEM_MAX_BYTES = 1 << 20 };

static int check(const struct serve_options *o, struct err *e)
{
    if (!o->certificate != !o->key)
        return err_set(e, ERR_USAGE, "a certificate and its key: wanted both or none");
    if (!http_is_loopback(o->address) && !o->certificate)
        return err_set(
            e, ERR_USAGE,
            "%.60s can be reached by others: wanted --certificate and --key, so that "
            "nobody can listen, or an address of this machine (127.0.0.1)",
            o->address);
    return 0;
}

static void wait_for_stop(struct http *h, const atomic_bool *stop)
{
    const struct timespec moment = {.tv_nsec = 100000000};
    for (unsigned i = 0; !atomic_load(stop); i++) {
        nanosleep(&moment, NULL); // a signal ends it early
        if (i % 10 == 0)
            http_tick(h);
    }
}

int serve(const struct serve_options *o, struct err *e)
{
    struct workbench w = {0};
    struct http *h = NULL;
    unsigned char *certificate = NULL, *key = NULL;
    size_t n;
    char address[HTTP_ADDRESS_BYTES];
    int rc = check(o, e);
    if (rc == 0 && o->certificate)
        rc = file_read(&certificate, &n, o->certificate, PEM_MAX_BYTES, e);
    if (rc == 0 && o->key)
        rc = file_read(&key, &n, o->key, PEM_MAX_BYTES, e);
    if (rc == 0)
        rc = workbench_open(&w, &o->workbench, e);
    const struct http_options ho = {.address = o->address,
                                    .port = o->port,
                                    .certificate = (const char *)certificate,
                                    .key = (const char *)key,
                                    .max_upload_bytes = o->workbench.max_upload_bytes};
    if (rc == 0)
        rc = http_start(&h, &ho, &w, e);
    if (rc == 0) {
        http_address(address, h);
        o->on_ready(o->context, address);
        wait_for_stop(h, o->stop);
    }
    http_stop(h);
    workbench_close(&w);
    mem_free(certificate);
    mem_free(key);
    return rc;
}
