/*
 * example.c: see example.h. The messages, by field number (example.proto, feature.proto):
 *
 *   Example {1: Features}   Features {1: entry, repeated}   entry {1: key, 2: Feature}
 *   Feature {1: BytesList | 2: FloatList | 3: Int64List}
 *   BytesList {1: bytes, repeated}   Int64List {1: varint, repeated, packed or not}
 *   FloatList {1: fixed32, repeated, packed or not}
 *
 * Of an unpacked list the first value is taken. TensorFlow always packs.
 */
#include "tf/example.h"

#include "base/bytes.h"
#include "base/err.h"
#include "tf/wire.h"

#include <stddef.h>

// What a key holds, by the field number of its list in Feature; and its field in struct example.
enum list {
    LIST_BYTES = 1,               // struct example_bytes
    LIST_FLOAT = 2,               // float
    LIST_INTEGER = 3,             // int64_t
    LIST_FLOATS = LIST_FLOAT | 4, // struct example_floats
};
static const unsigned list_field = 3; // the bits that are the field's number

// When a number is written; bytes and floats are where they are not NULL.
enum when { ALWAYS, OF_PICTURES, OF_RECORDINGS };

// The keys, in ascending order, and where their values go.
struct key {
    const char *name;
    enum list list;
    enum when when;
    size_t at; // offset in struct example
};

#define AT(field) offsetof(struct example, field)
static const struct key keys[] = {
    {"emg/muscle", LIST_BYTES, ALWAYS, AT(muscle)},
    {"emg/onset_us", LIST_INTEGER, OF_RECORDINGS, AT(onset_us)},
    {"emg/patient", LIST_BYTES, ALWAYS, AT(patient)},
    {"emg/rate_hz", LIST_FLOAT, OF_RECORDINGS, AT(rate_hz)},
    {"emg/recording", LIST_BYTES, ALWAYS, AT(recording)},
    {"emg/signal", LIST_FLOATS, ALWAYS, AT(signal)},
    {"emg/unit", LIST_BYTES, ALWAYS, AT(unit)},
    {"image/class/label", LIST_INTEGER, ALWAYS, AT(label)},
    {"image/encoded", LIST_BYTES, ALWAYS, AT(encoded)},
    {"image/filename", LIST_BYTES, ALWAYS, AT(filename)},
    {"image/format", LIST_BYTES, ALWAYS, AT(format)},
    {"image/height", LIST_INTEGER, OF_PICTURES, AT(height)},
    {"image/width", LIST_INTEGER, OF_PICTURES, AT(width)},
    {NULL, LIST_BYTES, ALWAYS, 0},
};

static const struct key *find_key(struct cursor name)
{
    for (const struct key *k = keys; k->name; k++)
        if (strlen(k->name) == cursor_left(&name) &&
            !memcmp(k->name, name.at, cursor_left(&name)))
            return k;
    return NULL;
}

// A list's first item into the place of its key. Items of another kind are passed over.
static void take_item(unsigned char *place, enum list list, struct wire_field *item)
{
    uint64_t number;
    struct example_bytes bytes = {item->bytes.at, cursor_left(&item->bytes)};
    struct example_floats floats = {bytes.data, bytes.n / sizeof(float)};
    bool is_packed = wire_is(item, 1, WIRE_BYTES);
    if (list == LIST_BYTES && is_packed)
        memcpy(place, &bytes, sizeof bytes);
    else if (list == LIST_FLOATS && is_packed)
        memcpy(place, &floats, sizeof floats);
    else if (list == LIST_FLOAT && is_packed && floats.n)
        example_floats_read((float *)(void *)place, floats, 0, 1);
    else if (list == LIST_FLOAT && wire_is(item, 1, WIRE_FIXED32)) {
        uint32_t bits = (uint32_t)item->value;
        memcpy(place, &bits, sizeof bits);
    } else if (list == LIST_INTEGER && item->number == 1 && wire_next_varint_of(item, &number))
        memcpy(place, &number, sizeof number);
}

static bool take_value(struct example *out, const struct key *k, struct cursor feature)
{
    struct wire_field list, item;
    while (wire_next(&feature, &list)) {
        if (!wire_is(&list, k->list & list_field, WIRE_BYTES) || !wire_next(&list.bytes, &item))
            continue;
        take_item((unsigned char *)out + k->at, k->list, &item);
        if (list.bytes.failed || item.bytes.failed)
            return false;
    }
    return !feature.failed;
}

static bool take_entry(struct example *out, struct cursor entry)
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

int example_parse(struct example *out, const void *data, size_t n, struct err *e)
{
    struct cursor c = cursor_of(data, n);
    struct wire_field features, entry;
    *out = (struct example){0};
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

void example_floats_read(float *out, struct example_floats from, size_t first, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = load_u32le(from.data + (first + i) * sizeof bits);
        memcpy(&out[i], &bits, sizeof bits);
    }
}

static bool is_written(const struct key *k, const struct example *x)
{
    const void *data;
    if (k->list == LIST_BYTES || k->list == LIST_FLOATS) { // a struct that begins with it
        memcpy(&data, (const unsigned char *)x + k->at, sizeof data);
        return data;
    }
    return k->when == ALWAYS || (k->when == OF_PICTURES ? !!x->encoded.data : x->rate_hz > 0);
}

static void put_values(struct buffer *b, const struct key *k, const void *place)
{
    struct example_bytes bytes;
    struct example_floats floats;
    uint64_t number;
    uint32_t bits;
    if (k->list == LIST_BYTES) {
        memcpy(&bytes, place, sizeof bytes);
        wire_put_bytes(b, 1, bytes.data, bytes.n);
        return;
    }
    size_t packed = wire_begin(b, 1);
    if (k->list == LIST_FLOATS) {
        memcpy(&floats, place, sizeof floats);
        buffer_append(b, floats.data, floats.n * sizeof(float));
    } else if (k->list == LIST_FLOAT) {
        memcpy(&bits, place, sizeof bits);
        buffer_u32le(b, bits);
    } else {
        memcpy(&number, place, sizeof number);
        wire_put_varint(b, number);
    }
    wire_end(b, packed);
}

static void put_entry(struct buffer *b, const struct key *k, const struct example *x)
{
    if (!is_written(k, x))
        return;
    size_t entry = wire_begin(b, 1);
    wire_put_string(b, 1, k->name);
    size_t feature = wire_begin(b, 2), list = wire_begin(b, k->list & list_field);
    put_values(b, k, (const unsigned char *)x + k->at);
    wire_end(b, list);
    wire_end(b, feature);
    wire_end(b, entry);
}

void example_append(struct buffer *b, const struct example *x)
{
    size_t features = wire_begin(b, 1);
    for (const struct key *k = keys; k->name; k++)
        put_entry(b, k, x);
    wire_end(b, features);
}
