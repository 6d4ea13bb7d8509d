# count_tests.awk: ctest's JUnit file to "passed failed skipped". A cmocka program counts each of
# its tests, by its own last lines; an end-to-end script its "ok" lines; any other test counts
# once, by its status.
function finish() {
    if (!inside) return
    if (n_passed + n_failed + n_skipped == 0) {
        if (status == "run") n_passed = 1
        else if (status == "fail") n_failed = 1
        else n_skipped = 1
    } else if (status == "fail" && !n_failed) {
        n_failed = 1
    }
    passed += n_passed; failed += n_failed; skipped += n_skipped
    inside = 0
}
/<testcase / {
    finish()
    inside = 1; n_passed = n_failed = n_skipped = 0
    match($0, /status="[a-z]*"/)
    status = substr($0, RSTART + 8, RLENGTH - 9)
}
/^\[  PASSED  \] [0-9]+ test/ { n_passed += $4 }
/^\[  SKIPPED \] [0-9]+ test/ { n_skipped += $4 }
/^\[  FAILED  \] [0-9]+ test/ { n_failed += $4 }
/^ok [a-zA-Z]/ { n_passed++ }
/^FAILED [a-zA-Z]/ { n_failed++ }
/^SKIPPED [a-zA-Z]/ { n_skipped++ }
END { finish(); print passed + 0, failed + 0, skipped + 0 }
