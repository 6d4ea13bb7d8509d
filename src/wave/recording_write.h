/*
 * recording_write.h: any recording as a file of a chosen format.
 *
 * Files are replaced (base/file.h), so that there is the old or the new one, never half of it;
 * of WFDB's three files the header comes last. Whole-number formats keep the gain of a channel
 * when all its samples fit, and choose one from its largest value otherwise, so that values
 * come back within half a step. A shorter channel is filled up with its last value where a
 * format wants all of one length.
 */
#pragma once

struct err;
struct recording;

struct recording_format_facts {
    const char *name;       // "wfdb"
    const char *extension;  // "hea"
    const char *leaves_out; // what it has no place for, as a phrase; NULL: nothing
};

/*
 * Writes r to path. format: "wfdb", "edf", "bdf", "wav" or "csv"; NULL: by the extension of
 * path. WFDB writes x.hea, x.dat and x.atr for the path x.hea (or x).
 *
 * ERR_USAGE: no such format or extension; a name that the format cannot have; a file that r is
 * read from, by whatever name, would be replaced. ERR_UNSUPPORTED: channels whose rates do not
 * fit the format (WFDB and EDF want whole multiples, WAV one whole rate). ERR_LIMIT: larger than
 * the format can be. ERR_FORMAT: a sample that is no number. ERR_IO, ERR_MEMORY.
 */
int recording_write(const char *path, const char *format, struct recording *r, struct err *e);

// Before long work: ERR_USAGE where recording_write() knows no such format, or where one of the
// files that it would replace lies there without a header, and so belongs to something else.
int recording_write_check(const char *path, const char *format, struct err *e);

// The entry of a format's name, or of a path's extension; NULL: there is none.
const struct recording_format_facts *recording_write_format(const char *path,
                                                            const char *format);
