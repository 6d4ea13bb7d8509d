/* report_honesty.c: what may be too good: the leak gap and the shortcuts. */
#include "job/report_priv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct values {
    struct chart_values chart;
    struct chart_value values[];
};

static void draw_values(struct canvas *c, struct chart_box box, const void *context)
{
    const struct values *v = context;
    chart_values(c, box, &v->chart);
}

static struct values *new_values(struct document *d, size_t n)
{
    struct values *v = document_keep(d, 1, sizeof *v + n * sizeof *v->values);
    if (v)
        v->chart = (struct chart_values){.values = v->values, .reference = (double)NAN};
    return v;
}

static double low_of(const json_t *o, size_t i)
{
    const json_t *ci = json_object_get(o, "ci95");
    return json_is_array(ci) ? json_number_value(json_array_get(ci, i)) : (double)NAN;
}

static void put_value(struct values *v, const char *label, const char *text, const json_t *o,
                      size_t i_color)
{
    const json_t *value = json_object_get(o, "value");
    v->values[v->chart.n++] =
        (struct chart_value){label,
                             text,
                             json_is_number(value) ? json_number_value(value) : (double)NAN,
                             low_of(o, 0),
                             low_of(o, 1),
                             i_color};
}

static void add_values(struct document *d, const struct values *v, const char *title,
                       const char *description, const char *caption)
{
    document_figure(d,
                    &(struct document_figure){title, description, caption, DOCUMENT_WIDTH,
                                              chart_values_height(&v->chart), draw_values, v});
}

// ---- Leak gap ----

static void put_side(struct document *d, const char *name, const json_t *o)
{
    document_cell(d, "%s", name);
    document_cell(d, "%s", report_json_number(d, json_object_get(o, "accuracy")));
    document_cell(d, "%s", report_json_number(d, json_object_get(o, "balanced_accuracy")));
    for (int i = 0; i < 3; i++) {
        static const char *const keys[] = {"n", "patients", "n_of_known_patients"};
        const json_t *count = json_object_get(o, keys[i]);
        if (count)
            document_cell(d, "%lld", json_integer_value(count));
        else
            document_cell(d, "%s", "");
    }
}

void report_leakgap(struct document *d, const struct facts *f)
{
    static const char *const heads[] = {"divided",  "accuracy", "balanced accuracy",
                                        "examples", "patients", "of patients trained on"};
    document_heading(d, 1, "Leak gap");
    if (!f->leak_gap) {
        document_text(
            d,
            "Not measured. It says how much better the same recipe looks when examples "
            "are divided at random, with each patient on both sides, as many published "
            "results are. To measure it: nemg evaluate --model %s --dataset %s --split %s "
            "--leak-gap gap, and then nemg report with --leak-gap gap.",
            f->o->model, f->o->dataset, f->o->split);
        return;
    }
    const json_t *patient = json_object_get(f->leak_gap, "patient");
    const json_t *random = json_object_get(f->leak_gap, "random");
    const json_t *gap =
        json_object_get(json_object_get(f->leak_gap, "gap"), "balanced_accuracy");
    document_text(
        d,
        "The same recipe and the same examples, divided in two ways. By patient, nobody "
        "is on both sides; at random, nearly everybody is, and what is recognised can be "
        "the person, the muscle or the machine. The difference in balanced accuracy is "
        "%s points%s.",
        report_json_number(d, gap),
        low_of(gap, 0) > 0 ? ": the random division looks better than it is"
                           : "; its interval holds zero, so that these data show no gap");
    struct values *v = new_values(d, 2);
    if (v) {
        const json_t *a = json_object_get(patient, "balanced_accuracy");
        const json_t *b = json_object_get(random, "balanced_accuracy");
        v->chart.x = (struct chart_axis){"balanced accuracy", 0, 1, false};
        v->chart.reference = 1 / (double)f->scored.n_classes;
        v->chart.label_px = 110;
        v->chart.text_px = 170;
        put_value(v, "by patient", report_json_percent(d, a), a, 0);
        put_value(v, "at random", report_json_percent(d, b), b, 1);
        add_values(
            d, v, "The same recipe, divided in two ways",
            "Balanced accuracy of both divisions with 95 % intervals; the numbers are in "
            "the table below. The dashed line is chance.",
            NULL);
    }
    document_table(d,
                   "In percent, with 95 % intervals over patients; the luck of one training "
                   "run is not in them",
                   "lrrrrr", heads);
    put_side(d, "by patient", patient);
    put_side(d, "at random", random);
    put_side(d, "difference", json_object_get(f->leak_gap, "gap"));
}

// ---- Shortcuts ----

static const char *area_text(struct document *d, const json_t *o)
{
    const json_t *value = json_object_get(o, "value");
    if (!json_is_number(value))
        return "-";
    if (!isfinite(low_of(o, 0)))
        return document_text_kept(d, "%.2f", json_number_value(value));
    return document_text_kept(d, "%.2f (%.2f to %.2f)", json_number_value(value), low_of(o, 0),
                              low_of(o, 1));
}

static const char *verdict(const json_t *row)
{
    if (json_is_true(json_object_get(row, "constant")))
        return "the same everywhere";
    if (!json_is_true(json_object_get(row, "shows")))
        return "";
    return json_is_true(json_object_get(row, "moved_by_waveform"))
               ? "shows; may be the muscle's"
               : "shows";
}

static void put_row(struct document *d, const json_t *row, const char *name,
                    const json_t *classes)
{
    const json_t *label;
    size_t k;
    bool is_constant = json_is_true(json_object_get(row, "constant"));
    document_cell(d, "%s", name);
    json_array_foreach(classes, k, label)
    {
        const json_t *of =
            json_object_get(json_object_get(row, "per_class"), json_string_value(label));
        document_cell(d, "%s", is_constant ? "" : area_text(d, json_object_get(of, "auc")));
    }
    document_cell(
        d, "%s",
        is_constant ? "" : report_json_percent(d, json_object_get(row, "balanced_accuracy")));
    document_cell(d, "%s", verdict(row));
}

static void add_areas(struct document *d, const struct facts *f, const json_t *classes)
{
    const json_t *features = json_object_get(f->audit, "features"), *row, *label;
    size_t i, k, n = json_array_size(features) * json_array_size(classes);
    struct values *v = new_values(d, n);
    if (!v || json_array_size(classes) > 6)
        return;
    v->chart.x = (struct chart_axis){"area under the curve (0.5: chance)", 0, 1, false};
    v->chart.reference = 0.5;
    v->chart.label_px = 215;
    v->chart.text_px = 110;
    json_array_foreach(features, i, row)
    {
        if (json_is_true(json_object_get(row, "constant")))
            continue;
        json_array_foreach(classes, k, label)
        {
            const char *name = json_string_value(label);
            const json_t *of = json_object_get(json_object_get(row, "per_class"), name);
            put_value(v, k ? NULL : json_string_value(json_object_get(row, "name")), name,
                      json_object_get(of, "auc"), k);
        }
    }
    if (v->chart.n)
        add_values(
            d, v, "What ranks each class above the others, without any waveform",
            "For each property of machine, room or file and each class the area under the "
            "ROC curve with its 95 % interval. The numbers are in the table below.",
            NULL);
}

void report_audit(struct document *d, const struct facts *f)
{
    const json_t *classes = json_object_get(f->audit, "classes"), *features, *row, *label;
    const char *heads[16] = {"property"};
    char columns[16] = "l";
    size_t i, n = 1;
    document_heading(d, 1, "Shortcuts");
    document_text(
        d,
        "Can mains, noise, gain, brightness, line width and the like tell the classes "
        "apart? If one can, a network may have learnt it in place of the waveform, and "
        "this data set cannot say whether it did. Areas under the curve are of all %lld "
        "examples; the balanced accuracy is that of a logistic regression fitted on "
        "training and scored on %s (chance: %.1f %%).",
        json_integer_value(json_object_get(f->audit, "n_all")), f->o->split,
        100 * json_number_value(json_object_get(f->audit, "chance")));
    add_areas(d, f, classes);
    json_array_foreach(classes, i, label)
    {
        if (n > 12)
            break;
        heads[n] = document_text_kept(d, "AUC %s", json_string_value(label));
        columns[n++] = 'r';
    }
    if (json_array_size(classes) > 12) {
        document_text(d, "The table is left out: %zu classes.", json_array_size(classes));
        return;
    }
    heads[n] = "balanced accuracy, %";
    columns[n++] = 'r';
    heads[n] = "shortcut";
    columns[n++] = 'l';
    document_table(
        d,
        document_text_kept(d, "95 %% intervals over %lld %ss",
                           json_integer_value(json_object_get(f->audit, "n_units")),
                           json_string_value(json_object_get(f->audit, "unit_of_intervals"))),
        columns, heads);
    features = json_object_get(f->audit, "features");
    json_array_foreach(features, i, row)
        put_row(d, row, json_string_value(json_object_get(row, "name")), classes);
    put_row(d, json_object_get(f->audit, "together"), "all together", classes);
    document_note(d,
                  "Shows: the interval of an area lies outside 0.4 to 0.6, or that of the "
                  "balanced accuracy above chance. The areas of all together are of the "
                  "regression's probabilities on the scored split. Noise floor, peak to peak, "
                  "contrast, line width, ink and file size follow the waveform, too: there it "
                  "may be the muscle's doing.");
}
