/*
 * support.h: what every test program needs. Include it first: cmocka wants its headers in
 * order.
 *
 * SHARED_DATA: real data beside the checkout; a test that needs it skips, saying so, when it is
 * not there. NEMG_SHARED in the environment names another place.
 *
 * TEST=pattern in the environment: only the tests run whose names it fits, with * and ?.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

// What cairo's fontconfig has read it keeps until the process ends; the leak sanitizer asks here.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig";
}

__attribute__((constructor)) static void choose_tests(void)
{
    cmocka_set_test_filter(getenv("TEST")); // NULL: all
}

// "…/shared/<what>" in a static buffer, or NULL, with a line that says so, when it is not
// there.
static inline const char *shared_path(const char *what)
{
    static char path[4096];
    const char *root = getenv("NEMG_SHARED");
    snprintf(path, sizeof path, "%s/%s", root ? root : NEMG_SOURCE_DIR "/../shared", what);
    struct stat st;
    if (!stat(path, &st))
        return path;
    fprintf(stderr, "skipped: %s is not there\n", what);
    return NULL;
}

// A new empty folder under the build machine's temporary folder; removed by scratch_remove().
static inline char *scratch_folder(void)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/nemg-test-XXXXXX");
    return mkdtemp(path);
}

static inline void scratch_remove(const char *path)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    if (system(command))
        fprintf(stderr, "could not remove %s\n", path);
}

// cmocka's own compares in single precision.
static inline void assert_within(double value, double wanted, double tolerance)
{
    double off = value > wanted ? value - wanted : wanted - value;
    if (!(off <= tolerance))
        fail_msg("%.9g, wanted %.9g within %g", value, wanted, tolerance);
}

// Of tests on random cases: printed by them, and SEED=n in the environment repeats it.
static inline uint64_t seed_of_run(void)
{
    const char *text = getenv("SEED");
    return text ? strtoull(text, NULL, 10) : 20190430;
}
