/* wave_priv.h: what the file formats of this folder share. */
#pragma once

#include "base/arena.h"
#include "wave/recording.h"

// What a format is recognised by.
struct wave_probe {
    const char *path; // of what is there; the bare record name of WFDB got its ".hea"
    const unsigned char *head;
    size_t n_head; // at most WAVE_PROBE_BYTES
    uint64_t n_bytes;
    const struct recording_hints *hints;
};
enum { WAVE_PROBE_BYTES = 1024 };

// One file format. Adding one is one file and one line in the table in recording.c. open()
// fills r; on failure recording_open() closes it.
struct wave_format {
    const char *name;
    bool (*matches)(const struct wave_probe *p);
    int (*open)(struct recording *r, const char *path, const struct recording_hints *h,
                struct err *e);
};
extern const struct wave_format raw_format, refused_formats, wfdb_format, edf_format,
    sound_format, text_format;
int eaf_read_beside(struct recording *r, const char *path, struct err *e);

extern const struct wave_source
    wave_memory_source; // state: float *[n_channels + 1], NULL at its end

// Where samples come from, after open().
struct wave_source {
    int (*read)(struct recording *r, size_t channel, uint64_t first, size_t n, float *out,
                struct err *e);
    void (*close)(void *state); // may be NULL
};

// A file that a recording is read from, whatever it is called.
struct wave_input {
    uint64_t device, number;
    struct wave_input *next;
};

struct recording_store {
    struct arena arena; // strings and channels
    struct wave_input *inputs;
    const struct wave_source *source;
    void *state;
    const char *path; // for messages
    size_t annotation_capacity;
    size_t n_repairs_left_out;
    bool may_be_no_number; // floating point: read as 0 then, and counted after opening
    bool failed;           // an allocation; asked once, at the end of opening
    bool is_over;          // RECORDING_MAX_ANNOTATIONS
};

// An empty recording that messages call path; the caller's: recording_close().
int wave_new(struct recording **out, const char *format, const char *path, struct err *e);
// What all formats have to hold, when one has filled it: sorts, counts, and ERR_MEMORY or ERR_LIMIT.
int wave_check(struct recording *r, struct err *e);

// Each of these may run out of memory: store->failed then. Text becomes valid UTF-8 without
// control characters; printf's %s of file contents should go through wave_text() first.
char *wave_text(struct recording *r, const void *bytes, size_t n);
void wave_repair(struct recording *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void wave_note(struct recording *r, const char *text);               // text: of the arena
void wave_annotate(struct recording *r, const struct annotation *a); // strings: of the arena
void wave_reads(struct recording *r, const char *path);              // one more of its files

// A line "muscle: biceps brachii" of a header: into its field, or among the notes.
void wave_take_line(struct recording *r, const char *line);
const char *wave_polarity_line(const struct recording *r); // name, NULL when unknown

// r->channels, zeroed, with names "channel 1"...; ERR_LIMIT, ERR_MEMORY.
int wave_make_channels(struct recording *r, size_t n, struct err *e);

// ERR_FORMAT unless it is a number within the limits.
int wave_check_rate(double rate_hz, const char *whose, struct err *e);

// The rate that the file (0: does not say) and the hints give. ERR_USAGE: neither does.
int wave_choose_rate(double *out, struct recording *r, double of_file_hz,
                     const struct recording_hints *h, struct err *e);

// The gain of the hints for channels that have none.
void wave_use_gain(struct recording *r, const struct recording_hints *h);

// Microvolts in one unit ("mV": 1000); 0: not a voltage. Micro may be a "u" or a sign.
double wave_microvolts_per(const char *unit);

/*
 * Binary samples. A file is a sequence of frames of `frame` numbers; a channel owns `per_frame`
 * of them, from the `at`-th on. Interleaved channels, WFDB's samples per frame and EDF's data
 * records are all that.
 */
enum sample_coding {
    SAMPLE_CODING_I8,
    SAMPLE_CODING_U8, // offset binary: 128 is 0
    SAMPLE_CODING_I16LE,
    SAMPLE_CODING_I16BE,
    SAMPLE_CODING_U16LE, // offset binary: 32768 is 0
    SAMPLE_CODING_I24LE,
    SAMPLE_CODING_I32LE,
    SAMPLE_CODING_I32BE,
    SAMPLE_CODING_F32LE,
    SAMPLE_CODING_F64LE,
    SAMPLE_CODING_P212, // two 12-bit numbers in three bytes
};
uint64_t sample_coding_bytes(enum sample_coding c, uint64_t n); // that n numbers take, upwards
uint64_t sample_coding_count(enum sample_coding c, uint64_t n_bytes); // whole numbers in them

struct sample_layout {
    enum sample_coding coding;
    uint64_t offset_bytes; // of the first frame
    size_t frame, at, per_frame;
};

struct samplefile {
    int fd; // -1: not open
    const char *path;
    uint64_t n_bytes;
    unsigned char *window; // what was read last
    uint64_t window_at;
    size_t n_window;
    size_t ahead; // bytes to read at least; SAMPLEFILE_WINDOW_BYTES at first
};
int samplefile_open(struct samplefile *f, const char *path, struct err *e); // borrows path
void samplefile_close(struct samplefile *f); // accepts one that failed to open

// n bytes at offset, good until the next call; ERR_IO when there are fewer. n at most
// SAMPLEFILE_WINDOW_BYTES.
enum { SAMPLEFILE_WINDOW_BYTES = 1 << 18 };
int samplefile_bytes(const unsigned char **out, struct samplefile *f, uint64_t offset, size_t n,
                     struct err *e);

// Samples [first, first + n) of a channel as counts.
int samplefile_counts(struct samplefile *f, const struct sample_layout *l, uint64_t first,
                      size_t n, double *out, struct err *e);

// The same in the channel's unit: (count - baseline) / counts_per_uv.
int samplefile_values(struct samplefile *f, const struct sample_layout *l,
                      const struct channel *c, uint64_t first, size_t n, float *out,
                      struct err *e);

/*
 * Writing. A writer is one file and one line in the table in recording_write.c.
 */
struct file_draft;

// ERR_USAGE if path is a file that r is read from.
int wave_check_output(const struct recording *r, const char *path, struct err *e);

int wfdb_write(const char *path, struct recording *r, struct err *e);
int edf_write(const char *path, struct recording *r, struct err *e);
int bdf_write(const char *path, struct recording *r, struct err *e);
int wav_write(const char *path, struct recording *r, struct err *e);
int csv_write(const char *path, struct recording *r, struct err *e);

// How values become counts: round(value * gain + baseline).
struct wave_scale {
    double gain, baseline;
    double min, max; // of the counts, when wave_choose_scale() gave it
};

// The channel's own scale if its values then lie within [lowest, highest], with the baseline
// made whole; of counts that are whole numbers these numbers themselves, with a baseline where only that
// makes them fit; else a scale of three digits that they fill. ERR_FORMAT: a value that is no number.
int wave_choose_scale(struct wave_scale *out, struct recording *r, size_t channel,
                      int32_t lowest, int32_t highest, struct err *e);

// Counts of samples [first, first + n), within [lowest, highest]; behind the channel's end its
// last one, in an empty channel the baseline.
struct wave_quantiser {
    struct recording *r;
    size_t channel;
    struct wave_scale scale;
    int32_t lowest, highest, last;
};
int wave_quantise(struct wave_quantiser *q, uint64_t first, size_t n, int32_t *out,
                  struct err *e);

// How many samples each channel has while the slowest has one, and how many such frames hold
// all. ERR_UNSUPPORTED: not a whole multiple (within 1e-9).
int wave_common_frame(size_t *per_frame, uint64_t *n_frames, const struct recording *r,
                      struct err *e);

// The shortest decimal number that reads back as v.
enum { WAVE_NUMBER_BYTES = 32 };
const char *wave_number(char out[WAVE_NUMBER_BYTES], double v);

int wave_put(struct file_draft *d, const void *bytes, size_t n, struct err *e); // ERR_IO
