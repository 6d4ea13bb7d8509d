/* test_predict.c: how many examples are computed at once, and in what numbers. */
#include "support.h"

#include "job/predict.h"
#include "model/modelfolder.h"
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

// By what Linux says. AMX comes with it.
static bool has_bfloat16(void)
{
    char line[8192];
    FILE *f = fopen("/proc/cpuinfo", "r");
    bool found = false;
    while (f && !found && fgets(line, sizeof line, f))
        found = strstr(line, " avx512_bf16 ") != NULL;
    if (f)
        fclose(f);
    return found;
}

static void the_processor_chooses_the_numbers(void **state)
{
    (void)state;
    float range = 1;
    struct model whole = {0}, narrow = {.ranges = &range};
    if (!getenv("ONEDNN_MAX_CPU_ISA") && !getenv("DNNL_MAX_CPU_ISA"))
        assert_int_equal(net_bfloat16_pays(), has_bfloat16());
    assert_string_equal(predictor_number_type(&whole, NUMBERS_AUTO),
                        net_bfloat16_pays() ? "bfloat16" : "float32");
    assert_string_equal(predictor_number_type(&narrow, NUMBERS_AUTO), "int8");
    for (int i = 0; i < 2; i++) {
        const struct model *m = i ? &narrow : &whole;
        assert_string_equal(predictor_number_type(m, NUMBERS_FLOAT32), "float32");
        assert_string_equal(predictor_number_type(m, NUMBERS_BFLOAT16), "bfloat16");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_inputs_come_in_large_batches),
        cmocka_unit_test(the_processor_chooses_the_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
