/*
 * example.c: see example.h. The messages, by field number (example.proto, feature.proto):
 *
 *   Example {1: Features}   Features {1: entry, repeated}   entry {1: key, 2: Feature}
 *   Feature {1: BytesList | 2: FloatList | 3: Int64List}
 *   BytesList {1: bytes, repeated}   Int64List {1: varint, repeated, packed or not}
 */
#include "tf/example.h"

#include "base/bytes.h"
#include "base/err.h"
#include "tf/wire.h"

#include <stddef.h>

// The keys, in ascending order, and where their values go.
struct key {
    const char *name;
    bool is_bytes;
    size_t at; // offset of a struct example_bytes or int64_t in struct image_example
};

static const struct key keys[] = {
    {"emg/patient", true, offsetof(struct image_example, patient)},
    {"emg/recording", true, offsetof(struct image_example, recording)},
    {"image/class/label", false, offsetof(struct image_example, label)},
    {"image/encoded", true, offsetof(struct image_example, encoded)},
    {"image/filename", true, offsetof(struct image_example, filename)},
    {"image/format", true, offsetof(struct image_example, format)},
    {"image/height", false, offsetof(struct image_example, height)},
    {"image/width", false, offsetof(struct image_example, width)},
    {NULL, false, 0},
};

static const struct key *find_key(struct cursor name)
{
    for (const struct key *k = keys; k->name; k++)
        if (strlen(k->name) == cursor_left(&name) &&
            !memcmp(k->name, name.at, cursor_left(&name)))
            return k;
    return NULL;
}

// The first value of a BytesList or Int64List into the place of its key.
static bool take_value(struct image_example *out, const struct key *k, struct cursor feature)
{
    struct wire_field list, item;
    while (wire_next(&feature, &list)) {
        if (!wire_is(&list, k->is_bytes ? 1 : 3, WIRE_BYTES) || !wire_next(&list.bytes, &item))
            continue;
        unsigned char *place = (unsigned char *)out + k->at;
        uint64_t number;
        if (k->is_bytes && wire_is(&item, 1, WIRE_BYTES)) {
            struct example_bytes v = {item.bytes.at, cursor_left(&item.bytes)};
            memcpy(place, &v, sizeof v);
        } else if (!k->is_bytes && item.number == 1 && wire_next_varint_of(&item, &number)) {
            memcpy(place, &number, sizeof number);
        }
        if (list.bytes.failed || item.bytes.failed)
            return false;
    }
    return !feature.failed;
}

static bool take_entry(struct image_example *out, struct cursor entry)
{
    struct wire_field f;
    struct cursor name = {0}, feature = {0};
    while (wire_next(&entry, &f)) {
        if (wire_is(&f, 1, WIRE_BYTES))
            name = f.bytes;
        if (wire_is(&f, 2, WIRE_BYTES))
            feature = f.bytes;
    }
    const struct key *k = name.at ? find_key(name) : NULL;
    return !entry.failed && (!k || !feature.at || take_value(out, k, feature));
}

int image_example_parse(struct image_example *out, const void *data, size_t n, struct err *e)
{
    struct cursor c = cursor_of(data, n);
    struct wire_field features, entry;
    *out = (struct image_example){0};
    bool ok = true;
    while (wire_next(&c, &features)) {
        if (!wire_is(&features, 1, WIRE_BYTES))
            continue;
        while (ok && wire_next(&features.bytes, &entry))
            ok = !wire_is(&entry, 1, WIRE_BYTES) || take_entry(out, entry.bytes);
        ok = ok && !features.bytes.failed;
    }
    if (!ok || c.failed)
        return err_set(e, ERR_FORMAT, "not a tf.train.Example: its fields are damaged");
    return 0;
}

static void put_entry(struct buffer *b, const struct key *k, const struct image_example *x)
{
    const unsigned char *place = (const unsigned char *)x + k->at;
    struct example_bytes bytes = {0};
    uint64_t number = 0;
    if (k->is_bytes)
        memcpy(&bytes, place, sizeof bytes);
    else
        memcpy(&number, place, sizeof number);
    if (k->is_bytes && !bytes.data)
        return;
    size_t entry = wire_begin(b, 1);
    wire_put_string(b, 1, k->name);
    size_t feature = wire_begin(b, 2), list = wire_begin(b, k->is_bytes ? 1 : 3);
    if (k->is_bytes) {
        wire_put_bytes(b, 1, bytes.data, bytes.n);
    } else {
        size_t packed = wire_begin(b, 1);
        wire_put_varint(b, number);
        wire_end(b, packed);
    }
    wire_end(b, list);
    wire_end(b, feature);
    wire_end(b, entry);
}

void image_example_append(struct buffer *b, const struct image_example *x)
{
    size_t features = wire_begin(b, 1);
    for (const struct key *k = keys; k->name; k++)
        put_entry(b, k, x);
    wire_end(b, features);
}
