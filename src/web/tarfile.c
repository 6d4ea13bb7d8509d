/* tarfile.c: see tarfile.h. */
#include "web/tarfile.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK_BYTES = 512, COPY_BYTES = 1 << 16 };

// Offsets and widths of the ustar header.
static void make_header(char h[BLOCK_BYTES], const char *name, uint64_t n)
{
    memset(h, 0, BLOCK_BYTES);
    snprintf(h, 100, "%s", name);
    snprintf(h + 100, 8, "%07o", 0600u);
    snprintf(h + 108, 8, "%07o", 0u);
    snprintf(h + 116, 8, "%07o", 0u);
    snprintf(h + 124, 12, "%011llo", (unsigned long long)n);
    snprintf(h + 136, 12, "%011o", 0u);
    memset(h + 148, ' ', 8); // the checksum counts itself as blanks
    h[156] = '0';
    static const char magic[8] = {'u', 's', 't', 'a', 'r', 0, '0', '0'};
    memcpy(h + 257, magic, sizeof magic);
    unsigned sum = 0;
    for (size_t i = 0; i < BLOCK_BYTES; i++)
        sum += (unsigned char)h[i];
    snprintf(h + 148, 8, "%06o", sum);
}

int tar_add(int fd, const char *name, const char *path, struct err *e)
{
    char header[BLOCK_BYTES];
    uint64_t n, left;
    int rc = file_size(&n, path, e);
    if (rc < 0)
        return rc;
    if (strlen(name) > 99 || n >= UINT64_C(1) << 33)
        return err_set(e, ERR_LIMIT, "%s: too long for an archive", name);
    char *block = mem_zalloc(COPY_BYTES);
    FILE *f = block ? fopen(path, "rb") : NULL;
    if (!f)
        rc = block ? err_set(e, ERR_IO, "%s: %s", path, strerror(errno))
                   : err_set(e, ERR_MEMORY, "no memory for an archive");
    make_header(header, name, n);
    if (rc == 0)
        rc = file_put(fd, header, sizeof header, e);
    for (left = n; rc == 0 && left > 0;) {
        size_t k = left < COPY_BYTES ? (size_t)left : COPY_BYTES;
        rc = fread(block, 1, k, f) == k ? file_put(fd, block, k, e)
                                        : err_set(e, ERR_IO, "%s: became shorter", path);
        left -= k;
    }
    if (rc == 0 && n % BLOCK_BYTES) {
        memset(block, 0, BLOCK_BYTES);
        rc = file_put(fd, block, BLOCK_BYTES - (size_t)(n % BLOCK_BYTES), e);
    }
    if (f)
        fclose(f);
    mem_free(block);
    return rc;
}

int tar_end(int fd, struct err *e)
{
    static const char zeros[2 * BLOCK_BYTES];
    return file_put(fd, zeros, sizeof zeros, e);
}
