/*
 * edf.h: EDF, EDF+, BDF and BDF+: the bytes that reading and writing share.
 *
 * A header of ASCII fields padded with blanks, then data records of one length, each with so
 * many samples of each signal in turn: 16 bits in EDF, 24 in BDF, low byte first.
 *
 *     0   8  "0" (EDF), or a byte 255 and "BIOSEMI" (BDF)
 *     8  80  patient: EDF+: code sex birthdate name, "X" where not known
 *    88  80  recording: EDF+: "Startdate" dd-MMM-yyyy code technician equipment more...
 *   168   8  dd.mm.yy    176  8  hh.mm.ss    184  8  bytes of the header: 256 * (ns + 1)
 *   192  44  "EDF+C", "EDF+D" (with gaps), "BDF+C", "BDF+D", "24BIT"
 *   236   8  data records, -1: not known     244  8  seconds of one     252  4  ns, signals
 *   256      ns times each of: 16 label, 80 transducer, 8 unit, 8 physical minimum and
 *            8 maximum, 8 digital minimum and 8 maximum, 80 prefilter, 8 samples in a record,
 *            32 reserved
 *
 * In EDF+ a signal "EDF Annotations" holds texts instead of samples: lists of
 * +onset[0x15 duration]0x14 text 0x14 ... 0, onsets in seconds. The first of each record has no
 * text and says when the record begins.
 *
 * How our facts are written: a label with a text as "label: text", one of a single channel as
 * "label@@channel"; muscle, side, site and polarity as "muscle:biceps_brachii" behind the
 * equipment, or where that is full behind the patient's name; where the samples really end, within the last record, as "Recording ends".
 *
 * [1] Kemp, Varri, Rosa, Nielsen, Gade 1992, A simple format for exchange of digitized
 *     polygraphic recordings
 * [2] Kemp, Olivan 2003, European data format "plus"; edfplus.info
 */
#pragma once

#include <stddef.h>

enum {
    EDF_FIXED_BYTES = 256,
    EDF_SIGNAL_BYTES = 256,
    EDF_N_FIELDS = 10,
    EDF_MAX_SIGNALS = 2048,
    EDF_DURATION_MARK = 0x15,
    EDF_TEXT_MARK = 0x14,
};

// Of one signal, in the order of the header.
enum edf_field {
    EDF_LABEL,
    EDF_TRANSDUCER,
    EDF_UNIT,
    EDF_PHYSICAL_MIN,
    EDF_PHYSICAL_MAX,
    EDF_DIGITAL_MIN,
    EDF_DIGITAL_MAX,
    EDF_PREFILTER,
    EDF_SAMPLES,
    EDF_RESERVED,
};
// Where the field of signal i begins in the header, and how long it is.
size_t edf_field_at(enum edf_field field, size_t i, size_t n_signals);
size_t edf_field_bytes(enum edf_field field);

#define EDF_LABEL_OF_EDF "EDF Annotations"
#define EDF_LABEL_OF_BDF "BDF Annotations"
#define EDF_ENDS         "Recording ends"
