/* describe.c: see describe.h. */
#include "job/describe.h"

#include "base/err.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "base/monitor.h"
#include "data/dataset.h"
#include "data/split.h"
#include "tf/checkpoint.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for the description");
}

static int compare_bytes(const void *a, const void *b)
{
    const struct example_bytes *x = *(const struct example_bytes *const *)a;
    const struct example_bytes *y = *(const struct example_bytes *const *)b;
    int c = memcmp(x->data, y->data, x->n < y->n ? x->n : y->n);
    return c ? c : (x->n > y->n) - (x->n < y->n);
}

// Each patient once, sorted; pictures without one add nothing.
static json_t *list_patients(const struct examples *x)
{
    json_t *list = json_array();
    const struct example_bytes **names = mem_array(x->n, sizeof *names);
    size_t n = 0;
    for (size_t i = 0; names && i < x->n; i++)
        if (x->examples[i].patient.n)
            names[n++] = &x->examples[i].patient;
    if (n)
        qsort(names, n, sizeof *names, compare_bytes);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || compare_bytes(&names[i - 1], &names[i]) != 0)
            json_array_append_new(
                list, json_stringn_nocheck((const char *)names[i]->data, names[i]->n));
    mem_free(names);
    return list;
}

static void widen(int64_t range[2], int64_t value, bool is_first)
{
    range[0] = is_first || value < range[0] ? value : range[0];
    range[1] = is_first || value > range[1] ? value : range[1];
}

static json_t *split_json(const struct dataset *d, const struct examples *x)
{
    json_t *per_class = json_object();
    int64_t width[2] = {0}, height[2] = {0};
    uint64_t n_bytes = 0;
    for (size_t k = 0; k < d->n_classes; k++)
        json_object_set_new(per_class, d->labels[k], json_integer((json_int_t)x->per_class[k]));
    for (size_t i = 0; i < x->n; i++) {
        widen(width, x->examples[i].width, i == 0);
        widen(height, x->examples[i].height, i == 0);
        n_bytes += x->examples[i].encoded.n + x->examples[i].signal.n * sizeof(float);
    }
    return json_pack("{s:I, s:o, s:o, s:I, s:[I, I], s:[I, I]}", "n", (json_int_t)x->n,
                     "per_class", per_class, "patients", list_patients(x), "n_bytes",
                     (json_int_t)n_bytes, "width", (json_int_t)width[0], (json_int_t)width[1],
                     "height", (json_int_t)height[0], (json_int_t)height[1]);
}

static int describe_splits(json_t *splits, const struct dataset *d,
                           const struct monitor *monitor, struct err *e)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < SPLIT_N_SIDES; i++) {
        struct examples x = {0};
        struct err why;
        rc = examples_load(&x, d, split_sides[i], &why);
        if (rc == 0 && json_object_set_new(splits, split_sides[i], split_json(d, &x)))
            rc = no_memory(e);
        else if (rc == ERR_USAGE) // there is no such split
            rc = 0;
        else if (rc < 0)
            *e = why;
        examples_release(&x);
        monitor_progress(monitor, "reading splits", i + 1, SPLIT_N_SIDES, "");
    }
    if (rc == 0 && !json_object_size(splits))
        rc = err_set(e, ERR_FORMAT, "%s: no split has an example", d->folder);
    return rc;
}

int describe_dataset(json_t **report, const char *folder, const struct monitor *monitor,
                     struct err *e)
{
    struct dataset d = {0};
    json_t *splits = json_object(), *classes = json_array();
    *report = NULL;
    int rc = dataset_open(&d, folder, e);
    if (rc == 0)
        rc = describe_splits(splits, &d, monitor, e);
    for (size_t k = 0; rc == 0 && k < d.n_classes; k++)
        json_array_append_new(classes, json_string(d.labels[k]));
    if (rc == 0 &&
        !(*report = json_pack("{s:o, s:O, s:O, s:O?, s:O?, s:s}", "dataset",
                              jsontext_string(folder), "classes", classes, "splits", splits,
                              "split", json_object_get(d.description, "split"), "seed",
                              json_object_get(d.description, "seed"), "hash", d.hash)))
        rc = no_memory(e);
    json_decref(splits);
    json_decref(classes);
    dataset_close(&d);
    return rc;
}

static bool is_float(enum tf_dtype t)
{
    return t == TF_FLOAT || t == TF_DOUBLE || t == TF_HALF || t == TF_BFLOAT16;
}

static int sum_of(json_t **sum, struct checkpoint_reader *r, const struct checkpoint_entry *x,
                  struct err *e)
{
    struct err why;
    *sum = NULL;
    if (is_float(x->dtype)) {
        float *values = mem_array(x->n_elements, sizeof *values);
        int rc = values ? checkpoint_reader_floats(r, x, values, e) : no_memory(e);
        double total = 0;
        for (size_t i = 0; rc == 0 && i < x->n_elements; i++)
            total += (double)values[i];
        mem_free(values);
        *sum = json_real(total); // NULL, and so null, for a sum that is no number
        return rc;
    }
    int64_t *values = mem_array(x->n_elements, sizeof *values);
    int rc = values ? checkpoint_reader_integers(r, x, values, &why) : no_memory(&why);
    int64_t total = 0;
    for (size_t i = 0; rc == 0 && i < x->n_elements; i++)
        total = (int64_t)((uint64_t)total + (uint64_t)values[i]);
    mem_free(values);
    if (rc == 0)
        *sum = json_integer(total);
    if (rc < 0 && rc != ERR_UNSUPPORTED) {
        *e = why;
        return rc;
    }
    return 0;
}

static int describe_tensor(json_t *tensors, struct checkpoint_reader *r, size_t i,
                           struct err *e)
{
    const struct checkpoint_entry *x = checkpoint_reader_entry(r, i);
    json_t *sum, *shape = json_array();
    for (size_t k = 0; k < x->n_dims; k++)
        json_array_append_new(shape, json_integer((json_int_t)x->dims[k]));
    int rc = sum_of(&sum, r, x, e);
    json_t *o =
        json_pack("{s:o, s:s, s:O, s:o}", "name", jsontext_string(x->name), "dtype",
                  tf_dtype_name(x->dtype), "shape", shape, "sum", sum ? sum : json_null());
    if (rc == 0 && (!o || json_array_append(tensors, o)))
        rc = no_memory(e);
    json_decref(o);
    json_decref(shape);
    return rc;
}

int describe_checkpoint(json_t **report, const char *prefix, const struct monitor *monitor,
                        struct err *e)
{
    struct checkpoint_reader *r;
    *report = NULL;
    int rc = checkpoint_reader_open(&r, prefix, e);
    if (rc < 0)
        return rc;
    json_t *tensors = json_array();
    uint64_t n_values = 0;
    for (size_t i = 0; rc == 0 && i < checkpoint_reader_n(r); i++) {
        n_values += checkpoint_reader_entry(r, i)->n_elements;
        rc = describe_tensor(tensors, r, i, e);
        monitor_progress(monitor, "reading tensors", i + 1, checkpoint_reader_n(r), "");
        if (rc == 0 && monitor_is_cancelled(monitor))
            rc = err_set(e, ERR_CANCELLED, "stopped while reading tensors");
    }
    if (rc == 0 && !(*report = json_pack("{s:o, s:i, s:I, s:O}", "checkpoint",
                                         jsontext_string(checkpoint_reader_prefix(r)),
                                         "version", checkpoint_reader_version(r), "n_values",
                                         (json_int_t)n_values, "tensors", tensors)))
        rc = no_memory(e);
    json_decref(tensors);
    checkpoint_reader_close(r);
    return rc;
}
