/*
 * recording.h: one opened file of signals: channels in microvolts, annotations, and what had
 * to be repaired.
 *
 * Every file format becomes this struct. The facts are plain and open; samples are read in
 * windows, so that a file of hours needs little memory. Nothing is guessed: a channel whose
 * gain is not known is in counts and says so, a rate that is not known is an error.
 *
 * All channels begin at time 0, and sample i of a channel lies at i / rate_hz seconds. Strings
 * are UTF-8 (Latin-1 is converted) and, as all else, live until recording_close().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct recording_store;

enum {
    RECORDING_MAX_CHANNELS = 512,
    RECORDING_MAX_ANNOTATIONS = 1 << 22,
    RECORDING_MAX_REPAIRS = 200, // of one kind of file; what is beyond is counted in the last
};
#define RECORDING_MAX_SAMPLES (UINT64_C(1) << 36) // of one channel: 16 days at 48 kHz
#define RECORDING_MAX_RATE_HZ 1e8
#define RECORDING_MIN_RATE_HZ 1e-3

enum channel_unit {
    CHANNEL_UNIT_MICROVOLTS,
    CHANNEL_UNIT_COUNTS, // what the converter gave: the gain is not known, or no voltage
};

struct channel {
    const char *name; // never NULL
    enum channel_unit unit;
    double rate_hz;     // may be fractional (23437.5); RECORDING_MIN_RATE_HZ to _MAX_RATE_HZ
    uint64_t n_samples; // 0 to RECORDING_MAX_SAMPLES
    // How it was, or shall be, stored: count = value * counts_per_uv + baseline_counts. 0: not
    // known, or stored as floating point. In CHANNEL_UNIT_COUNTS: counts per unit of value (1).
    double counts_per_uv;
    double baseline_counts;
    int bits;              // of the converter; 0: not known
    const char *prefilter; // "HP:10Hz LP:5kHz"; NULL: not known
};

struct annotation {
    double onset_s;    // from the beginning of the recording; may be negative in EDF+
    double duration_s; // 0: a point in time
    int channel;       // -1: all
    const char *label; // never NULL
    const char *text;  // more about it; NULL: nothing
};

enum recording_polarity { // of positive values at the active electrode
    POLARITY_UNKNOWN,
    POLARITY_NEGATIVE_UP, // positive numbers mean a negative potential: drawn upwards as is
    POLARITY_POSITIVE_UP, // positive numbers mean a positive potential
};
extern const char *const recording_polarity_names[]; // "unknown", "negative-up", "positive-up"

// What a recording is apart from its samples. All pointers may be NULL where n is 0.
struct recording_facts {
    const struct channel *channels;
    size_t n_channels;
    const struct annotation *annotations;
    size_t n_annotations;
    const char *patient, *muscle, *side, *site; // NULL: not known
    const char *start_time;                     // "2019-04-30T12:34:56"; NULL: not known
    enum recording_polarity polarity;
    const char *const *notes; // "electrode: concentric needle": what has no field above
    size_t n_notes;
};

struct recording {
    const char *format; // "wfdb", "edf", ...; "memory"
    struct channel *channels;
    size_t n_channels;
    struct annotation *annotations; // in the order of their onset
    size_t n_annotations;
    const char *patient, *muscle, *side, *site; // NULL: not known
    const char *start_time;                     // ISO 8601; NULL: not known
    enum recording_polarity polarity;
    char **notes; // free lines of the header, "key: value" where it has such
    size_t n_notes;
    char **repairs; // one line each: what was wrong and what was done about it
    size_t n_repairs;
    struct recording_store *store; // private to wave/
};

// What the person says of a file that does not say it itself; zeroed: nothing. Where the file
// does say it, the file is believed and a repair line tells so.
struct recording_hints {
    double rate_hz;
    const char *unit;     // "uV", "mV", "V", "nV" or "counts": of the numbers in a text file
    double counts_per_uv; // gain of whole numbers (raw, sound, WFDB without gain)
    const char *dtype;    // raw: "int16" ..., see recording_dtypes; makes any file a raw one
    size_t n_channels;    // raw: samples of so many channels take turns; 0: 1
    uint64_t skip_bytes;  // raw: header to pass over
    char delimiter;       // text; 0: found out
    bool decimal_comma;   // text; false: found out
    bool skip_checksums;  // WFDB: opens without reading all samples once
};
extern const char *const recording_dtypes[]; // ended by NULL

/*
 * Opens a file of any known format; the caller's: recording_close(). For WFDB path is the
 * header, or the record without ".hea", or a .dat beside its header; EMGLAB's spike times are
 * read from the .eaf of the same name. ERR_IO: not there, a folder; ERR_FORMAT: damaged beyond
 * repair; ERR_LIMIT: more than the limits above; ERR_UNSUPPORTED: a format we do not read;
 * ERR_USAGE: the file does not say its rate (or all that raw samples want) and neither does
 * hints; ERR_MEMORY. The message names path. hints may be NULL.
 */
int recording_open(struct recording **out, const char *path,
                   const struct recording_hints *hints, struct err *e);

// Samples [first, first + n) of a channel, all of which must be there, in its unit. ERR_IO when
// the file cannot be read any more, or has become shorter.
int recording_read(struct recording *r, size_t channel, uint64_t first, size_t n, float *out,
                   struct err *e);

void recording_close(struct recording *r); // accepts NULL

// A recording in memory, for the simulator and for tests. Everything is copied; samples[i] are
// channels[i].n_samples values. ERR_LIMIT, ERR_MEMORY.
int recording_new(struct recording **out, const struct recording_facts *facts,
                  const float *const *samples, struct err *e);

// Part of a recording: [from_s, to_s) of one channel, or of all (-1), with the annotations that
// touch it, moved to the new time 0 and cut at its ends; the start time is only kept when from_s is
// 0. It reads through `of`, which must live
// longer. ERR_USAGE: an empty part, or no such channel; ERR_MEMORY.
int recording_slice(struct recording **out, struct recording *of, double from_s, double to_s,
                    int channel, struct err *e);

double recording_duration_s(const struct recording *r); // of the longest channel
