/*
 * second_opinion.h: what the rules of detect/rules.h say of the windows of a recording, beside what
 * a network says.
 *
 * A channel is read in pieces of 20 s at its own rate. Discharges and trains are those of the
 * piece, which begins some seconds before the window: a rhythm takes more than one discharge.
 */
#pragma once

#include "detect/rules.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct err;
struct recording;
struct second_opinion;

// Borrows the recording. ERR_USAGE: no such channel; ERR_MEMORY.
int second_opinion_new(struct second_opinion **out, struct recording *r, size_t channel,
                       struct err *e);
void second_opinion_free(struct second_opinion *s); // accepts NULL

struct opinion {
    struct rules_finding finding; // its places are samples from from_s on
    double from_s, rate_hz;
};

// Of the window [from_s, to_s); quick where it comes after the one before. ERR_IO, ERR_MEMORY, ERR_LIMIT.
int second_opinion_of(struct opinion *out, struct second_opinion *s, double from_s, double to_s,
                      struct err *e);

/*
 * Whether they disagree with a network's answer: OPINION_UNCOMPARABLE when the network does not know
 * both Fibs and PSW by these names, or the rules are undecided. Any other label is Others.
 */
enum opinion_agreement { OPINION_AGREES, OPINION_DISAGREES, OPINION_UNCOMPARABLE };
enum opinion_agreement opinion_compare(enum rules_class c, const char *label,
                                       char *const *labels, size_t n_labels);
json_t *opinion_agreement_json(enum opinion_agreement a); // true, false, null

// {"points_to", "agrees", "n_discharges", "onset_s", "duration_ms", "findings": [{"rule", "value",
// "unit", "Fibs", "PSW", "decides", "range_fibs", "range_psw", "source"}]}; the caller's.
json_t *opinion_json(const struct opinion *o, enum opinion_agreement a);
