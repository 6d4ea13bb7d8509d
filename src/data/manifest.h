/*
 * manifest.h: who is who, from a CSV file.
 */
#pragma once

struct err;
struct items;

/*
 * RFC 4180; a header line names the columns, in any order. Wanted: the item ("image", "picture"
 * or "file"; of recordings also "recording" or "record"): its path in the scanned folder or a
 * name that is unique, of a recording with or without its ending; and "patient" (or "subject").
 * Taken: "recording" (or "record") of a picture; "muscle"; "class" (or "label"): of pictures it must agree
 * with the folder, of recordings it is what is in them from beginning to end.
 *
 * ERR_FORMAT, with the line: an item without a line, or a line without an item that was scanned
 * or left out; ERR_IO, ERR_LIMIT, ERR_MEMORY.
 */
int manifest_read(struct items *x, const char *path, struct err *e);
