/*
 * recording_info.h: what is in a recording: its facts, what was repaired, and what its signal is
 * like.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct err;
struct monitor;
struct recording_hints;

/*
 * {"file", "format", "duration_s", "patient", "muscle", "side", "site", "start_time",
 * "polarity", "channels": [{"name", "unit", "rate_hz", "n_samples", "counts_per_uv",
 * "baseline_counts", "bits", "prefilter", "min", "max", "offset", "rms", "noise", "noise_quiet",
 * "step", "mains_50", "mains_60", "n_clipped", "n_clip_runs", "n_wrapped", "repeats":
 * [{"first_s", "duration_s", "lag_s", "similarity"}]}], "annotations": {"n", "labels": {label:
 * n}}, "notes", "repairs"}; the caller's. See dsp/measure.h and dsp/repeat.h for the measures;
 * null is what is not known. Errors: those of recording_open() and recording_read(),
 * ERR_CANCELLED.
 */
int recording_info(json_t **report, const char *path, const struct recording_hints *hints,
                   bool want_repeats, const struct monitor *monitor, struct err *e);
