/*
 * train_args.c: the options of a run as JSON and back: what args.json and model.json keep.
 *
 * How many threads worked, and where the run was written, are no part of the recipe.
 */
#include "job/train.h"

#include "base/err.h"
#include "base/jsontext.h"

#include <stddef.h>
#include <string.h>

enum field_kind { FIELD_TEXT, FIELD_SIZE, FIELD_U64, FIELD_REAL, FIELD_BOOL, FIELD_RECIPE };

struct field {
    const char *key;
    enum field_kind kind;
    size_t at;
};

#define AT(member) offsetof(struct train_options, member)
static const struct field fields[] = {
    {"dataset", FIELD_TEXT, AT(dataset)},
    {"model", FIELD_TEXT, AT(model)},
    {"image_size", FIELD_SIZE, AT(image_size)},
    {"width", FIELD_REAL, AT(width)},
    {"ignore_missing", FIELD_BOOL, AT(ignore_missing)},
    {"steps", FIELD_U64, AT(n_steps)},
    {"epochs", FIELD_REAL, AT(n_epochs)},
    {"recipe", FIELD_RECIPE, AT(recipe)},
    {"batch", FIELD_SIZE, AT(batch)},
    {"learning_rate", FIELD_REAL, AT(learning_rate)},
    {"weight_decay", FIELD_REAL, AT(weight_decay)},
    {"label_smoothing", FIELD_REAL, AT(label_smoothing)},
    {"clip_norm", FIELD_REAL, AT(clip_norm)},
    {"average_decay", FIELD_REAL, AT(average_decay)},
    {"class_balance", FIELD_REAL, AT(class_balance)},
    {"validate_every", FIELD_U64, AT(validate_every)},
    {"save_every", FIELD_U64, AT(save_every)},
    {"views", FIELD_SIZE, AT(n_views)},
    {"patience", FIELD_SIZE, AT(patience)},
    {"seed", FIELD_U64, AT(seed)},
    {"checkpoint", FIELD_TEXT, AT(checkpoint)},
    {"exclude_scopes", FIELD_TEXT, AT(exclude_scopes)},
    {"trainable_scopes", FIELD_TEXT, AT(trainable_scopes)},
    {"phases", FIELD_TEXT, AT(phases)},
    {"optimizer", FIELD_TEXT, AT(optimizer)},
    {"schedule", FIELD_TEXT, AT(schedule)},
    {"augment", FIELD_TEXT, AT(augment)},
    {"validation_split", FIELD_TEXT, AT(validation_split)},
    {"input", FIELD_TEXT, AT(input)},
    {"dtype", FIELD_TEXT, AT(dtype)},
};
enum { N_FIELDS = sizeof fields / sizeof *fields };

// Runs of before do not have it: its default is left out.
static bool came_later(const struct field *f)
{
    return !strcmp(f->key, "input") || !strcmp(f->key, "views") || !strcmp(f->key, "dtype");
}

static json_t *field_json(const struct field *f, const struct train_options *o)
{
    const char *at = (const char *)o + f->at;
    switch (f->kind) {
    case FIELD_TEXT:
        return jsontext_string(*(const char *const *)(const void *)at);
    case FIELD_SIZE:
        return json_integer((json_int_t) * (const size_t *)(const void *)at);
    case FIELD_U64:
        return json_integer((json_int_t) * (const uint64_t *)(const void *)at);
    case FIELD_REAL:
        return json_real(*(const double *)(const void *)at);
    case FIELD_BOOL:
        return json_boolean(*(const bool *)at);
    case FIELD_RECIPE:
        return json_string(train_recipes[*(const enum train_recipe *)(const void *)at]);
    }
    return NULL;
}

json_t *train_options_json(const struct train_options *o)
{
    const struct train_options defaults = train_defaults();
    json_t *j = json_pack("{s:i}", "schema", 1);
    for (size_t i = 0; j && i < N_FIELDS; i++) {
        json_t *value = field_json(&fields[i], o), *usual = field_json(&fields[i], &defaults);
        bool is_said = !came_later(&fields[i]) || !json_equal(value, usual);
        json_decref(usual);
        if (!is_said)
            json_decref(value);
        else if (json_object_set_new(j, fields[i].key, value)) {
            json_decref(j);
            j = NULL;
        }
    }
    return j;
}

static bool find_recipe(enum train_recipe *out, const char *name)
{
    for (int i = 0; name && train_recipes[i]; i++)
        if (!strcmp(name, train_recipes[i])) {
            *out = (enum train_recipe)i;
            return true;
        }
    return false;
}

// False: another kind of value than the field's.
static bool read_field(struct train_options *o, const struct field *f, const json_t *value)
{
    void *at = (char *)o + f->at;
    json_int_t whole = json_integer_value(value);
    switch (f->kind) {
    case FIELD_TEXT:
        *(const char **)at = json_string_value(value); // NULL of null
        return json_is_string(value) || json_is_null(value);
    case FIELD_SIZE:
        *(size_t *)at = (size_t)whole;
        return json_is_integer(value) && whole >= 0;
    case FIELD_U64:
        *(uint64_t *)at = (uint64_t)whole;
        return json_is_integer(value) && whole >= 0;
    case FIELD_REAL:
        *(double *)at = json_number_value(value);
        return json_is_number(value);
    case FIELD_BOOL:
        *(bool *)at = json_is_true(value);
        return json_is_boolean(value);
    case FIELD_RECIPE:
        return find_recipe(at, json_string_value(value));
    }
    return false;
}

int train_options_from_json(struct train_options *out, const json_t *args, const char *name,
                            struct err *e)
{
    *out = train_defaults();
    for (size_t i = 0; i < N_FIELDS; i++) {
        const json_t *value = json_object_get(args, fields[i].key);
        if (!value && came_later(&fields[i]))
            continue;
        if (!value || !read_field(out, &fields[i], value))
            return err_set(e, ERR_FORMAT, "%s: \"args\" has no usable \"%s\"", name,
                           fields[i].key);
    }
    return 0;
}
