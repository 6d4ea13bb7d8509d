/* evaluation.c: see evaluation.h. */
#include "cli/evaluation.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

enum { GROUPS_SHOWN_MAX = 40 };

static double number(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

static long long count(const json_t *o, const char *key)
{
    return (long long)json_integer_value(json_object_get(o, key));
}

static bool has_patients(const json_t *report)
{
    return json_is_object(json_object_get(report, "bootstrap"));
}

static const json_t *interval_of(const json_t *o)
{
    const json_t *patients = json_object_get(o, "ci95_patients");
    return json_is_array(patients) ? patients : json_object_get(o, "ci95");
}

// " (88.1 to 93.6)" times scale, or nothing.
static void format_interval(char *text, size_t n, const json_t *ci, double scale, int digits)
{
    *text = '\0';
    if (json_is_array(ci))
        snprintf(text, n, " (%.*f to %.*f)", digits,
                 scale * json_number_value(json_array_get(ci, 0)), digits,
                 scale * json_number_value(json_array_get(ci, 1)));
}

// marks_wilson: other intervals are over patients, so one that is not gets a star.
static void print_scaled(FILE *f, const json_t *o, double scale, int digits, bool marks_wilson)
{
    char interval[40], text[64];
    const json_t *value = json_object_get(o, "value");
    bool has_star = marks_wilson && json_is_array(json_object_get(o, "ci95")) &&
                    !json_is_array(json_object_get(o, "ci95_patients"));
    format_interval(interval, sizeof interval, interval_of(o), scale, digits);
    if (json_is_number(value))
        snprintf(text, sizeof text, "%.*f%s%s", digits, scale * json_number_value(value),
                 interval, has_star ? "*" : "");
    fprintf(f, " %22s", json_is_number(value) ? text : "-");
}

void evaluation_print_percent(FILE *f, const json_t *o)
{
    print_scaled(f, o, 100, 1, false);
}

static int widest(const json_t *classes)
{
    size_t i, n = 8;
    const json_t *name;
    json_array_foreach(classes, i, name) n =
        json_string_length(name) > n ? json_string_length(name) : n;
    return (int)n;
}

static void print_confusion(FILE *f, const json_t *report)
{
    const json_t *classes = json_object_get(report, "classes"), *name, *n;
    size_t i, k;
    int w = widest(classes);
    fprintf(f, "\ncounts: rows truth, columns prediction\n%-*s", w, "");
    json_array_foreach(classes, i, name) fprintf(f, " %*s", w, json_string_value(name));
    fputc('\n', f);
    json_array_foreach(classes, i, name)
    {
        const json_t *row = json_array_get(json_object_get(report, "confusion"), i);
        fprintf(f, "%-*s", w, json_string_value(name));
        json_array_foreach(row, k, n) fprintf(f, " %*lld", w, (long long)json_integer_value(n));
        fputc('\n', f);
    }
}

static const char *interval_name(const json_t *report)
{
    return has_patients(report) ? "95 % interval over patients"
                                : "95 % interval that takes examples as independent";
}

// One line a class: a title, then columns of {"value", ...}.
static void print_columns(FILE *f, const json_t *report, const char *const *columns,
                          double scale, int digits)
{
    const json_t *classes = json_object_get(report, "classes"), *name;
    size_t i;
    int w = widest(classes);
    fprintf(f, "%-*s", w, "");
    for (const char *const *c = columns; *c; c++)
        fprintf(f, " %22s", *c);
    fprintf(f, " %9s\n", "support");
    json_array_foreach(classes, i, name)
    {
        const json_t *scores =
            json_object_get(json_object_get(report, "per_class"), json_string_value(name));
        fprintf(f, "%-*s", w, json_string_value(name));
        for (const char *const *c = columns; *c; c++)
            print_scaled(f, json_object_get(scores, *c), scale, digits, has_patients(report));
        fprintf(f, " %9lld\n", count(json_object_get(scores, "support"), "value"));
    }
}

static void print_per_class(FILE *f, const json_t *report)
{
    static const char *const shares[] = {"precision", "recall", "specificity", "f1", NULL};
    static const char *const areas[] = {"roc_auc", "average_precision", NULL};
    fprintf(f, "\nin percent, with the %s\n", interval_name(report));
    print_columns(f, report, shares, 100, 1);
    if (has_patients(report))
        fprintf(f, "* as if examples were independent: over patients it is not computable\n");
    fprintf(f, "\neach class against the others, whatever the threshold\n");
    print_columns(f, report, areas, 1, 3);
}

// "accuracy  91.2 % (88.1 to 93.6)", the interval over patients where there is one.
static void print_mean(FILE *f, const json_t *report, const char *key, const char *name)
{
    const json_t *v = json_object_get(report, key);
    char member[64], interval[40];
    snprintf(member, sizeof member, "%s_ci95_patients", key);
    const json_t *ci = json_object_get(report, member);
    snprintf(member, sizeof member, "%s_ci95", key);
    const json_t *wilson = json_object_get(report, member);
    format_interval(interval, sizeof interval, json_is_array(ci) ? ci : wilson, 100, 1);
    bool has_star = has_patients(report) && json_is_array(wilson) && !json_is_array(ci);
    if (json_is_number(v))
        fprintf(f, "%-18s %.1f %%%s%s\n", name, 100 * json_number_value(v), interval,
                has_star ? "*" : "");
    else
        fprintf(f, "%-18s -\n", name);
}

static void print_whole(FILE *f, const json_t *report)
{
    const json_t *bootstrap = json_object_get(report, "bootstrap");
    char interval[40];
    fprintf(f, "%-18s %lld", "examples", count(report, "n"));
    if (has_patients(report))
        fprintf(f, ", of %lld patients", count(bootstrap, "n_clusters"));
    fputc('\n', f);
    print_mean(f, report, "accuracy", "accuracy");
    if (json_is_array(json_object_get(report, "accuracy_ci95_patients"))) {
        format_interval(interval, sizeof interval, json_object_get(report, "accuracy_ci95"),
                        100, 1);
        fprintf(f, "%-18s %s (Wilson, as if examples were independent)\n", "", interval + 1);
    }
    print_mean(f, report, "balanced_accuracy", "balanced accuracy");
    print_mean(f, report, "macro_f1", "macro F1");
    fprintf(f, "%-18s %.4f\n", "cross-entropy", number(report, "cross_entropy"));
}

static void print_calibration(FILE *f, const json_t *report)
{
    const json_t *o = json_object_get(report, "calibration"), *bin;
    const json_t *brier = json_object_get(o, "brier");
    char interval[40];
    size_t i;
    format_interval(interval, sizeof interval, interval_of(brier), 1, 3);
    fprintf(f, "\nprobabilities%s: calibration error (ECE) %.1f %%, Brier score %.3f%s\n",
            number(o, "temperature") != 1 ? ", with the model's temperature" : "",
            100 * number(o, "ece"), number(brier, "value"), interval);
    json_array_foreach(json_object_get(o, "bins"), i, bin)
    {
        if (!count(bin, "n"))
            continue;
        fprintf(f, "  said %5.1f %%, right", 100 * number(bin, "confidence"));
        evaluation_print_percent(f, json_object_get(bin, "right"));
        fprintf(f, " %% of %lld\n", count(bin, "n"));
    }
}

static void print_sets(FILE *f, const json_t *report)
{
    const json_t *o = json_object_get(report, "conformal");
    if (!json_is_object(o))
        return;
    fprintf(f, "\nsets that should hold the truth in %.1f %%",
            100 - 100 * number(o, "error_rate"));
    fprintf(f, "\n  %-24s", "hold it");
    evaluation_print_percent(f, json_object_get(o, "coverage"));
    fprintf(f, " %%\n  %-24s", "unsure");
    evaluation_print_percent(f, json_object_get(o, "unsure"));
    fprintf(f, " %%\n  %-24s", "right where it is sure");
    evaluation_print_percent(f, json_object_get(o, "accuracy_when_sure"));
    fprintf(f, " %%\n");
    if (json_is_true(json_object_get(o, "is_own_split")))
        fprintf(f,
                "  these are the examples that the sets were set by: judge them on others\n");
}

static void print_operating_points(FILE *f, const json_t *report)
{
    const json_t *points = json_object_get(report, "operating_points"), *p;
    size_t i;
    int w = widest(json_object_get(report, "classes"));
    if (!json_array_size(points))
        return;
    const json_t *chosen_on = json_object_get(json_array_get(points, 0), "chosen_on");
    const json_t *split = json_object_get(report, "split");
    fprintf(f, "\nthresholds, chosen on %s; in percent\n%-*s %18s %10s %22s %22s %22s\n",
            json_is_string(chosen_on) && !json_equal(chosen_on, split)
                ? json_string_value(chosen_on)
                : "these same examples, which flatters them",
            w, "", "wanted", "threshold", "sensitivity", "specificity", "precision");
    json_array_foreach(points, i, p)
    {
        fprintf(f, "%-*s %11s %5.1f%%", w, json_string_value(json_object_get(p, "class")),
                json_string_value(json_object_get(p, "aim")), 100 * number(p, "at_least"));
        if (json_is_null(json_object_get(p, "threshold"))) {
            fprintf(f, " %10s\n", "-");
            continue;
        }
        fprintf(f, " %10.4g", number(p, "threshold"));
        evaluation_print_percent(f, json_object_get(p, "sensitivity"));
        evaluation_print_percent(f, json_object_get(p, "specificity"));
        evaluation_print_percent(f, json_object_get(p, "precision"));
        fputc('\n', f);
    }
}

static void print_group(FILE *f, const json_t *g, int w)
{
    const json_t *truth = json_object_get(g, "truth");
    fprintf(f, "  %-*s %9lld", w, json_string_value(json_object_get(g, "name")), count(g, "n"));
    evaluation_print_percent(f, json_object_get(g, "accuracy"));
    if (json_is_string(truth))
        fprintf(f, "  %s, voted %s", json_string_value(truth),
                json_string_value(json_object_get(g, "vote")));
    fputc('\n', f);
}

static void print_groups(FILE *f, const json_t *report, const char *key, bool want_lines)
{
    const json_t *o = json_object_get(report, key), *g;
    const json_t *votes = json_object_get(o, "votes"), *groups = json_object_get(o, "groups");
    size_t i, w = 10;
    if (!json_is_object(o))
        return;
    fprintf(f, "\n%lld %s: one vote for each true class of each", count(o, "n"), key);
    fprintf(f, "\n  right votes of %lld:", count(votes, "n"));
    evaluation_print_percent(f, json_object_get(votes, "accuracy"));
    fprintf(f, " %%, mean of the classes");
    evaluation_print_percent(f, json_object_get(votes, "balanced_accuracy"));
    fprintf(f, " %%\n");
    if (!want_lines)
        return;
    json_array_foreach(groups, i, g)
    {
        size_t n = json_string_length(json_object_get(g, "name"));
        w = n > w && n < 40 ? n : w;
    }
    fprintf(f, "  %-*s %9s %22s\n", (int)w, "", "examples", "right (Wilson)");
    json_array_foreach(groups, i, g)
    {
        if (i == GROUPS_SHOWN_MAX) {
            fprintf(f, "  and %zu more: --json has all\n", json_array_size(groups) - i);
            break;
        }
        print_group(f, g, (int)w);
    }
}

static bool was_said(json_t *all, const char *until, const char *why)
{
    const char *at;
    json_t *reason;
    json_object_foreach(all, at, reason)
    {
        if (at == until)
            return false;
        if (!strcmp(json_string_value(reason), why))
            return true;
    }
    return false;
}

void evaluation_print_not_computable(FILE *f, const json_t *report)
{
    json_t *all = json_object_get(report, "not_computable"), *reason, *other;
    const char *at, *other_at;
    bool has_title = false;
    json_object_foreach(all, at, reason)
    {
        const char *why = json_string_value(reason);
        if (!strcmp(at, "/conformal") || was_said(all, at, why))
            continue;
        fprintf(f, "%s  %s:", has_title ? "" : "\nnot computable\n", why);
        has_title = true;
        json_object_foreach(all, other_at, other) if (!strcmp(json_string_value(other), why))
            fprintf(f, " %s", other_at + 1);
        fputc('\n', f);
    }
}

void evaluation_print(FILE *f, const json_t *report)
{
    const json_t *cast = json_object_get(report, "tf_slim_bool_cast");
    print_whole(f, report);
    print_confusion(f, report);
    print_per_class(f, report);
    print_groups(f, report, "patients", true);
    print_groups(f, report, "muscles", true);
    print_groups(f, report, "recordings", false);
    print_calibration(f, report);
    print_sets(f, report);
    print_operating_points(f, report);
    fprintf(f, "\nTF-Slim bool-cast (class 0 against the rest, as the 2019 paper counted)\n");
    print_mean(f, cast, "precision", "precision");
    print_mean(f, cast, "recall", "recall");
    evaluation_print_not_computable(f, report);
}
