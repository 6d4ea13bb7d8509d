/*
 * checkpoint.c: finds a checkpoint's files, reads its values whatever its version. See
 * checkpoint.h; the bytes are in checkpoint_v1.c and checkpoint_v2.c.
 */
#include "tf/checkpoint_priv.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "tf/wire.h"

#include <math.h>
#include <stdlib.h>

struct entry *checkpoint_add_entry(struct checkpoint_reader *r, const void *name, size_t n_name)
{
    if (r->n == r->capacity) {
        size_t capacity = r->capacity ? 2 * r->capacity : 256;
        struct entry *more = mem_resize(r->entries, capacity, sizeof *more);
        if (!more)
            return NULL;
        r->entries = more;
        r->capacity = capacity;
    }
    struct entry *x = &r->entries[r->n];
    *x = (struct entry){.pub = {.n_elements = 1}};
    x->pub.name = arena_strndup(&r->arena, name, n_name);
    if (!x->pub.name)
        return NULL;
    r->n++;
    return x;
}

// TensorShapeProto {2: Dim {1: size}, repeated; 3: unknown_rank}
bool checkpoint_parse_shape(struct cursor c, struct checkpoint_entry *out)
{
    struct wire_field f, d;
    out->n_dims = 0;
    out->n_elements = 1;
    while (wire_next(&c, &f)) {
        if (!wire_is(&f, 2, WIRE_BYTES))
            continue;
        uint64_t size = 0;
        while (wire_next(&f.bytes, &d))
            if (wire_is(&d, 1, WIRE_VARINT))
                size = d.value;
        if (f.bytes.failed || out->n_dims == CHECKPOINT_MAX_DIMS || size > INT64_MAX)
            return false;
        out->dims[out->n_dims++] = (size_t)size;
        out->n_elements = mem_product(out->n_elements, (size_t)size);
    }
    return !c.failed && out->n_elements < SIZE_MAX / 16;
}

// TensorSliceProto {1: Extent {1: start, 2: length}, repeated}; an empty Extent is a whole
// dimension
bool checkpoint_parse_slice(struct cursor c, struct slice_extent *out, size_t *n_dims)
{
    struct wire_field f, x;
    *n_dims = 0;
    while (wire_next(&c, &f)) {
        if (!wire_is(&f, 1, WIRE_BYTES))
            continue;
        if (*n_dims == CHECKPOINT_MAX_DIMS)
            return false;
        struct slice_extent *to = &out[(*n_dims)++];
        *to = (struct slice_extent){0, -1};
        while (wire_next(&f.bytes, &x)) {
            if (wire_is(&x, 1, WIRE_VARINT))
                to->start = (int64_t)x.value;
            if (wire_is(&x, 2, WIRE_VARINT))
                to->length = (int64_t)x.value;
        }
        if (f.bytes.failed)
            return false;
    }
    return !c.failed;
}

// Where prefix points: a folder or state file becomes its latest checkpoint.
static int resolve(char **out, const char *prefix, struct err *e)
{
    struct checkpoint_state state;
    bool is_folder = file_is_folder(prefix);
    bool is_state = !is_folder && !strcmp(path_base(prefix), "checkpoint");
    *out = NULL;
    if (!is_folder && !is_state) {
        *out = mem_strdup(prefix);
        return *out ? 0 : err_set(e, ERR_MEMORY, "%s: no memory", prefix);
    }
    char *folder = mem_strdup(prefix);
    if (!folder)
        return err_set(e, ERR_MEMORY, "%s: no memory", prefix);
    if (is_state)
        folder[path_base(prefix) - prefix] = '\0';
    int rc = checkpoint_state_read(&state, *folder ? folder : ".", e);
    if (rc == 0 && !state.n)
        rc = err_set(e, ERR_IO, "%s: no checkpoint: the folder has no file named checkpoint",
                     prefix);
    if (rc == 0) {
        *out = path_join(folder, state.prefixes[state.n - 1]);
        char *index = *out ? mem_printf("%s.index", *out) : NULL;
        // absolute paths of another machine: the same name beside the state file
        if (index && !file_exists(index) && !file_exists(*out)) {
            mem_free(*out);
            *out = path_join(folder, path_base(state.prefixes[state.n - 1]));
        }
        mem_free(index);
        rc = *out ? 0 : err_set(e, ERR_MEMORY, "%s: no memory", prefix);
    }
    checkpoint_state_release(&state);
    mem_free(folder);
    return rc;
}

static int add_table(struct checkpoint_reader *r, const char *path, struct err *e)
{
    struct table **more = mem_resize(r->tables, r->n_tables + 1, sizeof *more);
    if (!more)
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    r->tables = more;
    int rc = table_open(&r->tables[r->n_tables], path, e);
    r->n_tables += rc == 0;
    return rc;
}

// "<prefix>-00000-of-00003": whether name is one of those of prefix.
static bool is_shard(const char *name, const char *prefix)
{
    static const char *const pattern = "-#####-of-#####";
    size_t n = strlen(prefix);
    if (strncmp(name, prefix, n) != 0 || strlen(name) != n + strlen(pattern))
        return false;
    for (const char *p = pattern, *c = name + n; *p; p++, c++)
        if (*p == '#' ? *c < '0' || *c > '9' : *c != *p)
            return false;
    return true;
}

static int add_shards(struct checkpoint_reader *r, struct err *e)
{
    const char *base = path_base(r->prefix);
    char *folder = mem_strdup(r->prefix);
    struct file_list names;
    if (!folder)
        return err_set(e, ERR_MEMORY, "%s: no memory", r->prefix);
    folder[base - r->prefix] = '\0';
    int rc = file_list_folder(&names, *folder ? folder : ".", e);
    for (size_t i = 0; rc == 0 && i < names.n; i++)
        if (is_shard(names.names[i], base)) {
            char *path = path_join(folder, names.names[i]);
            rc = path ? add_table(r, path, e)
                      : err_set(e, ERR_MEMORY, "%s: no memory", r->prefix);
            mem_free(path);
        }
    if (rc == 0) {
        file_list_release(&names);
        if (!r->n_tables)
            rc = err_set(e, ERR_IO, "%s: no checkpoint: neither %s.index nor %s is there",
                         r->prefix, base, base);
    }
    mem_free(folder);
    return rc;
}

static int open_files(struct checkpoint_reader *r, struct err *e)
{
    char *index = mem_printf("%s.index", r->prefix);
    if (!index)
        return err_set(e, ERR_MEMORY, "%s: no memory", r->prefix);
    int rc;
    r->version = file_exists(index) ? 2 : 1;
    if (r->version == 2)
        rc = add_table(r, index, e);
    else
        rc = file_exists(r->prefix) ? add_table(r, r->prefix, e) : add_shards(r, e);
    mem_free(index);
    if (rc == 0)
        rc = r->version == 2 ? checkpoint_v2_open(r, e) : checkpoint_v1_open(r, e);
    return rc;
}

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->pub.name, ((const struct entry *)b)->pub.name);
}

int checkpoint_reader_open(struct checkpoint_reader **out, const char *prefix, struct err *e)
{
    *out = NULL;
    struct checkpoint_reader *r = mem_zalloc(sizeof *r);
    if (!r)
        return err_set(e, ERR_MEMORY, "%s: no memory", prefix);
    arena_init(&r->arena);
    int rc = resolve(&r->prefix, prefix, e);
    if (rc == 0)
        rc = open_files(r, e);
    if (rc == 0 && r->n)
        qsort(r->entries, r->n, sizeof *r->entries, compare_entries);
    for (size_t i = 1; rc == 0 && i < r->n; i++)
        if (!compare_entries(&r->entries[i - 1], &r->entries[i]))
            rc = err_set(e, ERR_FORMAT, "%s: %s is there twice", r->prefix,
                         r->entries[i].pub.name);
    if (rc < 0) {
        checkpoint_reader_close(r);
        return rc;
    }
    *out = r;
    return 0;
}

void checkpoint_reader_close(struct checkpoint_reader *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n_tables; i++)
        table_close(r->tables[i]);
    mem_free(r->tables);
    mem_free(r->entries);
    mem_free(r->prefix);
    arena_release(&r->arena);
    mem_free(r);
}

int checkpoint_reader_version(const struct checkpoint_reader *r)
{
    return r->version;
}

const char *checkpoint_reader_prefix(const struct checkpoint_reader *r)
{
    return r->prefix;
}

size_t checkpoint_reader_n(const struct checkpoint_reader *r)
{
    return r->n;
}

const struct checkpoint_entry *checkpoint_reader_entry(const struct checkpoint_reader *r,
                                                       size_t i)
{
    return &r->entries[i].pub;
}

const struct checkpoint_entry *checkpoint_reader_find(const struct checkpoint_reader *r,
                                                      const char *name)
{
    size_t low = 0, high = r->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(r->entries[middle].pub.name, name);
        if (order == 0)
            return &r->entries[middle].pub;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

// Half (1, 5, 10 bits) to float32, exactly.
static float from_half(uint16_t h)
{
    uint32_t exponent = h >> 10 & 31, fraction = h & 1023;
    float v = exponent == 31 ? (fraction ? NAN : INFINITY)
              : exponent     ? ldexpf((float)(fraction + 1024), (int)exponent - 25)
                             : ldexpf((float)fraction, -24);
    return h >> 15 ? -v : v;
}

static bool convert_float(float *out, const unsigned char *p, enum tf_dtype dtype)
{
    uint32_t bits;
    double wide;
    switch (dtype) {
    case TF_FLOAT:
        memcpy(out, p, sizeof *out);
        return true;
    case TF_DOUBLE:
        memcpy(&wide, p, sizeof wide);
        *out = (float)wide;
        return true;
    case TF_HALF:
        *out = from_half(load_u16le(p));
        return true;
    case TF_BFLOAT16:
        bits = (uint32_t)load_u16le(p) << 16;
        memcpy(out, &bits, sizeof *out);
        return true;
    default:
        return false;
    }
}

static bool convert_integer(int64_t *out, const unsigned char *p, enum tf_dtype dtype)
{
    switch (dtype) {
    case TF_INT64:
    case TF_UINT64:
        *out = (int64_t)load_u64le(p);
        return true;
    case TF_INT32:
        *out = (int32_t)load_u32le(p);
        return true;
    case TF_UINT32:
        *out = load_u32le(p);
        return true;
    case TF_INT16:
        *out = (int16_t)load_u16le(p);
        return true;
    case TF_UINT16:
        *out = load_u16le(p);
        return true;
    case TF_INT8:
        *out = *p < 128 ? *p : (int64_t)*p - 256;
        return true;
    case TF_UINT8:
    case TF_BOOL:
        *out = *p;
        return true;
    default:
        return false;
    }
}

// What one call of the two readers wants: floats or integers.
struct target {
    float *floats;
    int64_t *integers;
};

// Spreads the values of a slice (dense, row-major) over the whole tensor.
static bool spread(const struct checkpoint_entry *x, const struct slice_extent *extent,
                   const unsigned char *from, struct target to)
{
    size_t at[CHECKPOINT_MAX_DIMS] = {0}, size[CHECKPOINT_MAX_DIMS], n = 1;
    size_t n_bytes = tf_dtype_bytes(x->dtype);
    bool is_whole = true;
    if (!x->n_elements)
        return true; // from may be NULL
    for (size_t d = 0; d < x->n_dims; d++)
        is_whole = is_whole && extent[d].length < 0;
    if (is_whole && to.floats && x->dtype == TF_FLOAT) {
        memcpy(to.floats, from, x->n_elements * sizeof *to.floats);
        return true;
    }
    for (size_t d = 0; d < x->n_dims; d++) {
        size[d] = extent[d].length < 0 ? x->dims[d] : (size_t)extent[d].length;
        n *= size[d];
    }
    for (size_t i = 0; i < n; i++, from += n_bytes) {
        size_t flat = 0;
        for (size_t d = 0; d < x->n_dims; d++) {
            size_t start = extent[d].length < 0 ? 0 : (size_t)extent[d].start;
            flat = flat * x->dims[d] + start + at[d];
        }
        bool ok = to.floats ? convert_float(&to.floats[flat], from, x->dtype)
                            : convert_integer(&to.integers[flat], from, x->dtype);
        if (!ok)
            return false;
        for (size_t d = x->n_dims; d-- > 0 && ++at[d] == size[d];)
            at[d] = 0;
    }
    return true;
}

// The elements of a slice; SIZE_MAX when it does not lie within its tensor.
static size_t slice_elements(const struct checkpoint_entry *x,
                             const struct slice_extent *extent)
{
    size_t n = 1;
    for (size_t d = 0; d < x->n_dims; d++) {
        int64_t length = extent[d].length;
        bool is_whole = length < 0;
        if (!is_whole && (extent[d].start < 0 || (uint64_t)extent[d].start > x->dims[d] ||
                          (uint64_t)length > x->dims[d] - (uint64_t)extent[d].start))
            return SIZE_MAX;
        n *= is_whole ? x->dims[d] : (size_t)length;
    }
    return n;
}

static int read_slice(struct checkpoint_reader *r, const struct entry *x, const struct slice *s,
                      struct target to, size_t *n_read, struct err *e)
{
    static const struct slice_extent whole[CHECKPOINT_MAX_DIMS] = {
        {0, -1}, {0, -1}, {0, -1}, {0, -1}, {0, -1}, {0, -1}, {0, -1}, {0, -1}};
    struct buffer raw = {0};
    const struct slice_extent *extent = s ? s->extent : whole;
    size_t n = slice_elements(&x->pub, extent);
    int rc = n == SIZE_MAX ? err_set(e, ERR_FORMAT, "%s: %s: a slice reaches out of its tensor",
                                     r->prefix, x->pub.name)
             : r->version == 2 ? checkpoint_v2_values(r, x, s, &raw, e)
                               : checkpoint_v1_values(r, x, s, &raw, e);
    if (rc == 0 && raw.failed)
        rc = err_set(e, ERR_MEMORY, "%s: %s: no memory for its values", r->prefix, x->pub.name);
    if (rc == 0 && raw.n != mem_product(n, tf_dtype_bytes(x->pub.dtype)))
        rc = err_set(e, ERR_FORMAT, "%s: %s: %zu bytes of values, wanted %zu of %zu", r->prefix,
                     x->pub.name, raw.n, n, tf_dtype_bytes(x->pub.dtype));
    if (rc == 0 && !spread(&x->pub, extent, raw.data, to))
        rc = err_set(e, ERR_UNSUPPORTED, "%s: %s is %s, wanted %s", r->prefix, x->pub.name,
                     tf_dtype_name(x->pub.dtype), to.floats ? "floats" : "integers");
    buffer_release(&raw);
    *n_read += n;
    return rc;
}

static int read_values(struct checkpoint_reader *r, const struct checkpoint_entry *entry,
                       struct target to, struct err *e)
{
    const struct entry *x = (const struct entry *)(const void *)entry;
    size_t n_read = 0;
    int rc = 0;
    if (!tf_dtype_bytes(x->pub.dtype))
        return err_set(e, ERR_UNSUPPORTED, "%s: %s is of type %s", r->prefix, x->pub.name,
                       tf_dtype_name(x->pub.dtype));
    if (r->version == 2 && !x->is_sliced)
        return read_slice(r, x, NULL, to, &n_read, e);
    for (const struct slice *s = x->slices; rc == 0 && s; s = s->next)
        rc = read_slice(r, x, s, to, &n_read, e);
    if (rc == 0 && n_read != x->pub.n_elements)
        rc = err_set(e, ERR_FORMAT, "%s: %s: its slices hold %zu of %zu values", r->prefix,
                     x->pub.name, n_read, x->pub.n_elements);
    return rc;
}

int checkpoint_reader_floats(struct checkpoint_reader *r, const struct checkpoint_entry *entry,
                             float *out, struct err *e)
{
    return read_values(r, entry, (struct target){.floats = out}, e);
}

int checkpoint_reader_integers(struct checkpoint_reader *r,
                               const struct checkpoint_entry *entry, int64_t *out,
                               struct err *e)
{
    return read_values(r, entry, (struct target){.integers = out}, e);
}
