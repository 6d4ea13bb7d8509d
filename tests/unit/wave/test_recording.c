/* test_recording.c: which format a file is, sound, raw numbers, spike times beside a recording. */
#include "wave_support.h"

#include "wave/recording_write.h"

#include <sndfile.h>

// A WAV of 16 bits, one channel, at 8000 Hz.
static size_t make_wav(unsigned char *to, const short *v, size_t n)
{
    static const unsigned char header[44] =
        "RIFF\0\0\0\0WAVEfmt \20\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\20\0data\0\0\0";
    memcpy(to, header, 44);
    to[4] = (unsigned char)(36 + 2 * n);
    to[40] = (unsigned char)(2 * n);
    for (size_t i = 0; i < n; i++) {
        to[44 + 2 * i] = (unsigned char)(v[i] & 0xff);
        to[45 + 2 * i] = (unsigned char)(v[i] >> 8 & 0xff);
    }
    return 44 + 2 * n;
}

static void a_sound_file_is_in_counts(void **state)
{
    (void)state;
    static const short v[] = {1, -1, 32767, -32768};
    unsigned char bytes[100];
    size_t n = make_wav(bytes, v, 4);
    struct recording *r = opened(put("x.wav", bytes, n));
    assert_string_equal(r->format, "sound");
    assert_int_equal(r->channels[0].unit, CHANNEL_UNIT_COUNTS);
    assert_float_equal(r->channels[0].rate_hz, 8000, 0);
    assert_int_equal(r->channels[0].bits, 16);
    expect_samples(r, 0, (const float[]){1, -1, 32767, -32768}, 4);
    recording_close(r);
    const struct recording_hints h = {.counts_per_uv = 2};
    r = opened_with(put("x.wav", bytes, n), &h);
    assert_int_equal(r->channels[0].unit, CHANNEL_UNIT_MICROVOLTS);
    expect_samples(r, 0, (const float[]){0.5f, -0.5f, 16383.5f, -16384}, 4);
    recording_close(r);
    expect_error(put("x.wav", bytes, 20), NULL, ERR_FORMAT, "x.wav");
    expect_no_leaks(put("x.wav", bytes, n), NULL);
}

enum { TONE_N = 12000, TONE_HIGH = 8000 };

static double tone_at(size_t i)
{
    return rint(TONE_HIGH * sin(0.05 * (double)i));
}

// A tone in a format of libsndfile; NULL: this libsndfile does not have it.
static const char *put_tone(const char *name, int format)
{
    static char path[256];
    static short v[TONE_N];
    SF_INFO info = {.samplerate = 48000, .channels = 1, .format = format};
    if (!sf_format_check(&info))
        return NULL;
    for (size_t i = 0; i < TONE_N; i++)
        v[i] = (short)tone_at(i);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    SNDFILE *f = sf_open(path, SFM_WRITE, &info);
    assert_non_null(f);
    assert_int_equal(sf_writef_short(f, v, TONE_N), TONE_N);
    assert_int_equal(sf_close(f), 0);
    return path;
}

// bits 0: lossy, which is told and comes in the range of 16 bits.
static void expect_tone(const char *path, int bits)
{
    static float got[TONE_N];
    struct err e;
    struct recording *r = opened(path);
    double scale = bits == 24 ? 256 : 1, most = 0;
    assert_string_equal(r->format, "sound");
    assert_int_equal(r->channels[0].unit, CHANNEL_UNIT_COUNTS);
    assert_int_equal(r->channels[0].bits, bits);
    assert_int_equal(r->n_repairs, bits == 0);
    if (bits == 0)
        expect_repair(r, 0, "a lossy codec");
    assert_true(r->channels[0].n_samples >= TONE_N);
    assert_int_equal(recording_read(r, 0, 0, TONE_N, got, &e), 0);
    for (size_t i = 0; i < TONE_N; i++) {
        if (bits && (double)got[i] != scale * tone_at(i))
            fail_msg("%s: sample %zu: %g", path, i, (double)got[i]);
        most = fmax(most, fabs((double)got[i]));
    }
    assert_true(most > 0.9 * TONE_HIGH * scale && most < 1.1 * TONE_HIGH * scale);
    recording_close(r);
}

static void codecs_say_whether_they_lose(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int format, bits;
    } rows[] = {{"t.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 16},
                {"t24.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_24, 24},
                {"t.aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 16},
                {"t.ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 0},
                {"t.mp3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 0},
                {"ulaw.wav", SF_FORMAT_WAV | SF_FORMAT_ULAW, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *path = put_tone(rows[i].name, rows[i].format);
        if (path)
            expect_tone(path, rows[i].bits);
        else
            print_message("skipped: no codec for %s\n", rows[i].name);
    }
}

static void raw_numbers_want_everything_said(void **state)
{
    (void)state;
    static const unsigned char bytes[] = {9, 9, 0, 1, 0, 2, 0xff, 0xff, 0, 3, 7};
    const char *path = put("x.bin", bytes, sizeof bytes);
    struct recording_hints h = {.dtype = "int16be", .skip_bytes = 2, .n_channels = 2};
    expect_error(path, &h, ERR_USAGE, "give --rate");
    h.rate_hz = 23437.5;
    expect_error(path, &h, ERR_USAGE, "wanted --unit");
    h.unit = "bananas";
    expect_error(path, &h, ERR_USAGE, "bananas");
    h.unit = "counts";
    struct recording *r = opened_with(path, &h);
    assert_int_equal(r->n_channels, 2);
    assert_int_equal(r->channels[1].unit, CHANNEL_UNIT_COUNTS);
    expect_samples(r, 0, (const float[]){1, -1}, 2);
    expect_samples(r, 1, (const float[]){2, 3}, 2);
    expect_repair(r, 0, "1 bytes at the end");
    recording_close(r);
    h.unit = "mV";
    r = opened_with(path, &h);
    expect_samples(r, 1, (const float[]){2000, 3000}, 2);
    recording_close(r);
    h.counts_per_uv = 4;
    r = opened_with(path, &h);
    expect_samples(r, 1, (const float[]){0.5f, 0.75f}, 2);
    recording_close(r);
    h.dtype = "int17";
    expect_error(path, &h, ERR_USAGE, "int17");
    h.dtype = "int16be";
    h.n_channels = 1000;
    expect_error(path, &h, ERR_LIMIT, "1000 channels");
    h.n_channels = 1;
    h.rate_hz = (double)NAN;
    expect_error(path, &h, ERR_FORMAT, "a rate of nan");
    h.rate_hz = 1000;
    expect_no_leaks(path, &h);
}

static void floats_that_are_no_numbers_are_zero(void **state)
{
    (void)state;
    const float v[] = {1.5f, NAN, INFINITY, -2};
    const struct recording_hints h = {.dtype = "float32", .rate_hz = 10, .unit = "uV"};
    struct recording *r = opened_with(put("x.bin", v, sizeof v), &h);
    expect_samples(r, 0, (const float[]){1.5f, 0, 0, -2}, 4);
    expect_repair(r, 0, "2 samples from 1 on are no numbers");
    recording_close(r);
}

static void known_strangers_are_refused_politely(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *says;
    } rows[] = {
        {"\3\0(C) CED 87S", 13, "Spike2"},
        {"%PDF-1.4 123", 12, "a PDF"},
        {"\x89PNG\r\n\x1a\n", 8, "nemg classify"},
        {"PK\3\4", 4, "save it as CSV"},
        {"\xff\xfe"
         "1\0",
         4, "UTF-8"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_error(put("x.dat", rows[i].bytes, rows[i].n), NULL, ERR_UNSUPPORTED,
                     rows[i].says);
    const char *path = shared_path("data/emglab_R00108/Ramp_Piece.smr");
    if (path)
        expect_error(path, NULL, ERR_UNSUPPORTED, "export it there");
    expect_error(folder, NULL, ERR_IO, "is a folder, wanted a recording");
    expect_error("/nowhere/x.edf", NULL, ERR_IO, "No such file");
}

static const char *eaf(const char *events)
{
    static char text[1000];
    snprintf(
        text, sizeof text,
        "<?xml version=\"1.0\"?>\n<a>\n<emglab_spike_header>\n<time></time>\n<unit></unit>\n"
        "<chan></chan>\n</emglab_spike_header>\n<!-- <b> -->\n<emglab_spike_events>\n%s"
        "</emglab_spike_events>\n</a>\n",
        events);
    return text;
}

static void spike_times_are_read_beside_a_recording(void **state)
{
    (void)state;
    put("x.dat", "\1\0\2\0", 4);
    put_text("x.eaf", eaf("0.5 2 1\n0.25 8 7\n"));
    struct recording *r = opened(put_text("x.hea", "x 1 10\nx.dat 16 1/uV\n"));
    assert_int_equal(r->n_annotations, 2);
    assert_string_equal(r->annotations[0].label, "unit 8"); // in order of time
    assert_int_equal(r->annotations[0].channel, -1);        // there is no 7th
    assert_float_equal(r->annotations[1].onset_s, 0.5, 0);
    assert_int_equal(r->annotations[1].channel, 0);
    recording_close(r);
    put_text("x.eaf", eaf("0.5 2 1\n-1 2 1\n0.7 x 1\n0.9 1 1\n"));
    r = opened(put_text("x.hea", "x 1 10\nx.dat 16 1/uV\n"));
    assert_int_equal(r->n_annotations, 1);
    expect_repair(r, 0, "event 2: unit 2 at -1 s");
    expect_repair(r, 1, "event 3 is damaged");
    recording_close(r);
    put_text("x.eaf", "<a></a>");
    r = opened(put_text("x.hea", "x 1 10\nx.dat 16 1/uV\n"));
    expect_repair(r, 0, "no spike events");
    recording_close(r);
    expect_error(put_text("y.eaf", eaf("1 1 1\n")), NULL, ERR_UNSUPPORTED, "lies beside");
    const char *path = shared_path("data/emglab_R00108/R00108.hea");
    if (!path)
        skip();
    r = opened(path);
    assert_int_equal(r->n_annotations, 659);
    assert_string_equal(r->annotations[0].label, "unit 8");
    assert_float_equal(r->annotations[0].onset_s, 0.00451, 1e-12);
    recording_close(r);
}

static void memory_recordings_hold_their_limits(void **state)
{
    (void)state;
    struct recording *r;
    struct err e;
    const float v[] = {1, 2};
    const float *const samples[] = {v};
    struct channel c = {"EMG", CHANNEL_UNIT_MICROVOLTS, 0, 2, 0, 0, 0, NULL};
    struct recording_facts f = {.channels = &c, .n_channels = 1};
    assert_int_equal(recording_new(&r, &f, samples, &e), ERR_FORMAT);
    c.rate_hz = 1000;
    f.n_channels = RECORDING_MAX_CHANNELS + 1;
    assert_int_equal(recording_new(&r, &f, samples, &e), ERR_LIMIT);
    assert_null(r);
    f.n_channels = 1;
    size_t before = mem_live_blocks();
    long n = 0;
    for (int rc = -1; rc < 0; n++) {
        mem_fail_at(n);
        rc = recording_new(&r, &f, samples, &e);
        mem_fail_at(-1);
        assert_true(rc == 0 || (rc == ERR_MEMORY && mem_live_blocks() == before));
    }
    assert_float_equal(recording_duration_s(r), 0.002, 1e-12);
    recording_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_file_is_in_counts),
        cmocka_unit_test(codecs_say_whether_they_lose),
        cmocka_unit_test(raw_numbers_want_everything_said),
        cmocka_unit_test(floats_that_are_no_numbers_are_zero),
        cmocka_unit_test(known_strangers_are_refused_politely),
        cmocka_unit_test(spike_times_are_read_beside_a_recording),
        cmocka_unit_test(memory_recordings_hold_their_limits),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
