/* jsontext.h: strings of the operating system, which may hold any bytes, as JSON strings. */
#pragma once

struct json_t; // jansson's

// A new JSON string. Bytes that are not UTF-8 (a file name in an old encoding, a message cut
// within a letter) are written as \xNN, so that nothing is lost and the JSON stays valid. NULL
// as s gives JSON's null. NULL: no memory.
struct json_t *jsontext_string(const char *s);
