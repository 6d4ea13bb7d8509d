/*
 * kappa.h: how far two judges agree beyond chance: Cohen's kappa [1].
 *
 *     kappa = (po - pe) / (1 - pe)
 *
 * po: the share on which they agree; pe: the share on which they would if each gave the classes
 * as often as he does, but at random. 1 is agreement throughout, 0 chance. The interval is kappa
 * +- 1.96 of the large-sample error of Fleiss, Cohen and Everitt [2, eq. 13], cut at -1 and 1.
 *
 * [1] Cohen 1960, A coefficient of agreement for nominal scales, Educ Psychol Meas 20: 37-46.
 * [2] Fleiss, Cohen, Everitt 1969, Large sample standard errors of kappa and weighted kappa,
 *     Psychol Bull 72: 323-327.
 */
#pragma once

#include "stats/estimate.h"

struct confusion;

// Rows one judge, columns the other. Not computable of nothing, or where both give one and the
// same class only; no interval where they agree throughout.
struct estimate kappa_of(const struct confusion *c);
