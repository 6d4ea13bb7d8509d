/* test_predict.c: how many examples are computed at once. */
#include "support.h"

#include "job/predict.h"
#include "model/zoo.h"

static void short_inputs_come_in_large_batches(void **state)
{
    (void)state;
    struct network n = {.spec.shape = {1, 1000, 1}};
    assert_int_equal(predictor_best_batch(&n), 128);
    n.spec.shape.w = 5000;
    assert_int_equal(predictor_best_batch(&n), 26);
    n.spec.shape = (struct shape){299, 299, 3};
    assert_int_equal(predictor_best_batch(&n), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(short_inputs_come_in_large_batches)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
