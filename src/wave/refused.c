/*
 * refused.c: formats that we recognise and do not read: their name and the way out, instead of
 * "not a recording".
 */
#include "base/err.h"
#include "wave/wave_priv.h"

#include <string.h>

static const struct {
    size_t at;
    const char *magic;
    const char *what; // and what to do
} formats[] = {
    {2, "(C) CED 87", "a Spike2 file of CED: export it there as text or WAV"},
    {0, "GDF ", "a GDF file: convert it to EDF"},
    {0, "Brain Vision", "a BrainVision header: export it as EDF"},
    {0, "BrainVision", "a BrainVision header: export it as EDF"},
    {0, "MATLAB 5.0 MAT-file", "a MATLAB file: save the signal as text, or raw as int16"},
    {0, "\x89HDF\r\n", "an HDF5 (or new MATLAB) file: save the signal as text or raw"},
    {0, "XDF:", "an XDF file: convert it to EDF"},
    {128, "DICM", "a DICOM file: export the waveform as text or EDF"},
    {4, "ftyp", "an MPEG-4 file: convert its sound to WAV"},
    {0, "%PDF", "a PDF: export the signal, or classify a picture of the page"},
    {0, "\xff\xd8\xff", "a JPEG picture: \"nemg classify\" reads pictures"},
    {0, "\x89PNG", "a PNG picture: \"nemg classify\" reads pictures"},
    {0, "PK\3\4", "a ZIP archive or a spreadsheet: unpack it, or save it as CSV"},
    {0, "\x1f\x8b", "a GZIP file: unpack it"},
    {0, "\xff\xfe", "text in UTF-16: save it as UTF-8"},
    {0, "\xfe\xff", "text in UTF-16: save it as UTF-8"},
    {0, "<?xml", "an XML file: open the recording that it lies beside"},
};

static size_t find(const unsigned char *head, size_t n)
{
    size_t i = 0;
    for (; i < sizeof formats / sizeof formats[0]; i++) {
        size_t m = strlen(formats[i].magic);
        if (n >= formats[i].at + m && !memcmp(head + formats[i].at, formats[i].magic, m))
            break;
    }
    return i;
}

static bool matches(const struct wave_probe *p)
{
    return find(p->head, p->n_head) < sizeof formats / sizeof formats[0];
}

static int refuse(struct recording *r, const char *path, const struct recording_hints *h,
                  struct err *e)
{
    struct samplefile f;
    const unsigned char *head;
    (void)r;
    (void)h;
    int rc = samplefile_open(&f, path, e);
    if (rc < 0)
        return rc;
    size_t n = f.n_bytes < WAVE_PROBE_BYTES ? (size_t)f.n_bytes : WAVE_PROBE_BYTES;
    rc = samplefile_bytes(&head, &f, 0, n, e);
    size_t i = rc == 0 ? find(head, n) : 0;
    if (rc == 0 && i < sizeof formats / sizeof formats[0])
        rc = err_set(e, ERR_UNSUPPORTED, "%s: %s", path, formats[i].what);
    else if (rc == 0) // it has changed since
        rc = err_set(e, ERR_UNSUPPORTED, "%s: not a recording of a known format", path);
    samplefile_close(&f);
    return rc;
}

const struct wave_format refused_formats = {"refused", matches, refuse};
