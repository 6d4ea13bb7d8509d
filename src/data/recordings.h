/*
 * recordings.h: a folder of recordings as a list.
 */
#pragma once

struct err;
struct items;
struct monitor;

/*
 * Scans a folder and the folders in it for files that are recordings by their ending (WFDB's
 * header, EDF, BDF, sound); every one is opened once. Patients are those that the files name.
 * Text and raw samples need to be told what they are and are passed over: nemg convert makes
 * something of them that says so itself.
 *
 * ERR_IO, ERR_USAGE (not a single recording), ERR_CANCELLED. items_release() in any case.
 */
int recordings_scan(struct items *out, const char *folder, const struct monitor *monitor,
                    struct err *e);
