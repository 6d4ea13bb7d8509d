/* sets.c: see sets.h. */
#include "job/sets.h"

#include "base/jsontext.h"
#include "model/modelfolder.h"
#include "stats/conformal.h"

bool sets_put(json_t *result, const struct model *m, const float *p)
{
    if (!m->is_calibrated)
        return false;
    json_t *set = json_array();
    for (size_t k = 0; k < m->n_classes; k++)
        if (conformal_holds(p[k], m->calibration.threshold))
            json_array_append_new(set, jsontext_string(m->labels[k]));
    bool is_unsure = json_array_size(set) != 1;
    json_object_set_new(result, "set", set);
    json_object_set_new(result, "unsure", json_boolean(is_unsure));
    return is_unsure;
}

json_t *sets_calibration(const struct model *m)
{
    const struct calibration *c = &m->calibration;
    if (!m->is_calibrated)
        return json_null();
    return json_pack("{s:f, s:f, s:f}", "temperature", c->temperature, "error_rate",
                     c->error_rate, "threshold", c->threshold);
}
