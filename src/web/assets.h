/*
 * assets.h: the pages, scripts and styles of www/, which are in the program itself
 * (cmake/embed.cmake).
 */
#pragma once

#include "base/sha256.h"

#include <stddef.h>

struct asset {
    const char *path; // "/style.css"; "/" for index.html
    const char *type;
    const unsigned char *bytes, *end;
};
extern const struct asset assets[]; // ended by path NULL

const struct asset *asset_find(const char *path); // NULL: none

// "\"<hash>\"": changes when the contents do.
enum { ASSET_TAG_BYTES = 19 };
void asset_tag(char out[ASSET_TAG_BYTES], const struct asset *a);
