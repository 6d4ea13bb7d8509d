/* jsontext.c: see jsontext.h. */
#include "base/jsontext.h"

#include "base/bytes.h"
#include "base/jsonfile.h"
#include "base/text.h"

// Bytes of the letter at s, or 0 when what is there is no UTF-8.
static size_t letter_bytes(const char *s)
{
    unsigned char first = (unsigned char)*s;
    size_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    char letter[5] = {0};
    for (size_t i = 0; i < n; i++) {
        if (!s[i])
            return 0;
        letter[i] = s[i];
    }
    return text_is_utf8(letter) ? n : 0;
}

struct json_t *jsontext_string(const char *s)
{
    if (!s)
        return json_null();
    if (text_is_utf8(s))
        return json_string(s);
    struct buffer b;
    buffer_init(&b);
    while (*s) {
        size_t n = letter_bytes(s);
        if (n)
            buffer_append(&b, s, n);
        else
            buffer_printf(&b, "\\x%02x", (unsigned)(unsigned char)*s);
        s += n ? n : 1;
    }
    json_t *v = b.failed ? NULL : json_stringn((const char *)b.data, b.n);
    buffer_release(&b);
    return v;
}
