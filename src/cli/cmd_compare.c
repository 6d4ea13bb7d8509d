/* cmd_compare.c: "nemg compare": two models on the same examples, and models beside people. */
#include "job/compare.h"

#include "base/err.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/evaluation.h"

#include <jansson.h>

extern const struct command compare_command;

struct compare_args {
    const char *raters;
    size_t seed;
};

#define AT(field) offsetof(struct compare_args, field)
static const struct option compare_option_table[] = {
    {.name = "raters",
     .kind = OPTION_KIND_PATH,
     .offset = AT(raters),
     .metavar = "CSV",
     .help = "labels of people: a column \"file\" and one for each rater, named by the header"},
    {.name = "seed",
     .kind = OPTION_KIND_SIZE,
     .offset = AT(seed),
     .fallback = "0",
     .help = "of the patients that are drawn again for the interval"},
    {0},
};

static double number(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

static long long count(const json_t *o, const char *key)
{
    return (long long)json_integer_value(json_object_get(o, key));
}

static void print_line(FILE *f, const char *name, const json_t *o)
{
    fprintf(f, "  %-24s", name);
    evaluation_print_percent(f, o);
    fputc('\n', f);
}

static void print_models(FILE *f, const json_t *report)
{
    const json_t *accuracy = json_object_get(report, "accuracy");
    const json_t *mcnemar = json_object_get(report, "mcnemar");
    fprintf(f, "%lld examples\n\nright, in percent, with Wilson's interval\n",
            count(report, "n"));
    print_line(f, json_string_value(json_object_get(report, "a")),
               json_object_get(accuracy, "a"));
    if (!json_is_object(mcnemar))
        return;
    print_line(f, json_string_value(json_object_get(report, "b")),
               json_object_get(accuracy, "b"));
    print_line(f, "difference, over patients", json_object_get(accuracy, "difference"));
    fprintf(f,
            "\nboth right %lld, only the first %lld, only the second %lld, both wrong %lld\n",
            count(mcnemar, "both_right"), count(mcnemar, "only_a"), count(mcnemar, "only_b"),
            count(mcnemar, "both_wrong"));
    if (json_is_number(json_object_get(mcnemar, "p_mid")))
        fprintf(f, "McNemar: mid-p %.4g, exact p %.4g, as if examples were independent\n",
                number(mcnemar, "p_mid"), number(mcnemar, "p_exact"));
}

static void print_agreement(FILE *f, const json_t *report)
{
    const json_t *pair;
    size_t i;
    if (!json_array_size(json_object_get(report, "agreement")))
        return;
    fprintf(f, "\nCohen's kappa, with the large-sample 95 %% interval\n");
    json_array_foreach(json_object_get(report, "agreement"), i, pair)
    {
        const json_t *names = json_object_get(pair, "between");
        const json_t *kappa = json_object_get(pair, "kappa"),
                     *ci = json_object_get(kappa, "ci95");
        fprintf(f, "  %s and %s: ", json_string_value(json_array_get(names, 0)),
                json_string_value(json_array_get(names, 1)));
        if (json_is_number(json_object_get(kappa, "value")))
            fprintf(f, "%.3f", number(kappa, "value"));
        else
            fputc('-', f);
        if (json_is_array(ci))
            fprintf(f, " (%.3f to %.3f)", json_number_value(json_array_get(ci, 0)),
                    json_number_value(json_array_get(ci, 1)));
        fprintf(f, ", on %lld\n", count(pair, "n"));
    }
}

static int compare_run(struct command_call *call, struct err *e)
{
    const struct compare_args *a = call->args;
    const struct options *given = call->options;
    struct compare_options o = {.a = given->operands[0],
                                .b = given->n_operands > 1 ? given->operands[1] : NULL,
                                .raters = a->raters,
                                .seed = (uint64_t)a->seed};
    json_t *report = NULL;
    if (!o.b && !o.raters)
        return err_set(e, ERR_USAGE, "wanted two predictions files, or one and --raters CSV");
    int rc = compare(&report, &o, e);
    if (rc == 0 && !call->want_json) {
        print_models(call->console->out, report);
        print_agreement(call->console->out, report);
        evaluation_print_not_computable(call->console->out, report);
    }
    if (rc == 0 && call->want_json)
        call->result = json_incref(report);
    json_decref(report);
    return rc;
}

static const struct command_example compare_examples[] = {
    {"Is the second model better than the first?", "nemg compare first.csv second.csv"},
    {"A model beside two people, and they beside each other:",
     "nemg compare predictions.csv --raters raters.csv"},
    {NULL, NULL},
};

const struct command compare_command = {
    .name = "compare",
    .summary = "compares two models' predictions, or a model with people",
    .description =
        "Reads predictions files that nemg evaluate --predictions wrote of the same examples. "
        "For "
        "two models: on how many only one of them is right, McNemar's test of that (mid-p and "
        "exact), and the difference of their accuracies with an interval from drawing patients "
        "again. The test takes examples as independent; where patients are known, believe the "
        "interval.\n\n"
        "With --raters: Cohen's kappa of each model with each rater, and of the raters with "
        "each "
        "other, on the examples that both have judged. An empty field is an example that a "
        "rater "
        "has not rated.",
    .operands = "CSV...",
    .operands_help = "one or two predictions files",
    .n_operands_min = 1,
    .n_operands_max = 2,
    .options = compare_option_table,
    .args_bytes = sizeof(struct compare_args),
    .examples = compare_examples,
    .run = compare_run,
};
