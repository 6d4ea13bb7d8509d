/* assets.c: see assets.h. */
#include "web/assets.h"

#include <stdio.h>
#include <string.h>

const struct asset *asset_find(const char *path)
{
    for (const struct asset *a = assets; a->path; a++)
        if (strcmp(a->path, path) == 0)
            return a;
    return NULL;
}

void asset_tag(char out[ASSET_TAG_BYTES], const struct asset *a)
{
    char hex[SHA256_HEX_BYTES];
    sha256_hex(hex, a->bytes, (size_t)(a->end - a->bytes));
    snprintf(out, ASSET_TAG_BYTES, "\"%.16s\"", hex);
}
