/* test_optim.c: optimisers against TensorFlow's own test vectors and by hand; schedules. */
#include "support.h"

#include "base/err.h"
#include "base/mem.h"
#include "nn/graph.h"
#include "nn/net.h"
#include "nn/optim.h"
#include "nn/schedule.h"
#include "nn/variables.h"

#include <math.h>

// y = w x + b with x = 0.1 and dL/dy = 1: the gradient of w is 0.1 at every step.
struct rig {
    struct graph *g;
    struct variables *v;
    struct net *net;
    struct optim *o;
    int x, y;
};

static void rig_open(struct rig *r, struct optim_options options)
{
    struct err e;
    assert_int_equal(graph_new(&r->g, &graph_names_slim, &e), 0);
    r->x = graph_input(r->g, "x", 1, 1, 1);
    r->y = graph_dense(r->g, "y", r->x, 1);
    assert_int_equal(variables_new(&r->v, r->g, &e), 0);
    struct net_options no = net_options_defaults();
    no.mode = NET_TRAINING;
    no.backend = "ref";
    no.seeds = &r->y;
    no.n_seeds = 1;
    assert_int_equal(net_compile(&r->net, r->g, r->v, &no, &e), 0);
    assert_int_equal(optim_new(&r->o, r->g, r->net, &options, &e), 0);
    r->v->value[0][0] = 1;
}

static void rig_close(struct rig *r)
{
    optim_free(r->o);
    net_free(r->net);
    variables_free(r->v);
    graph_free(r->g);
    assert_int_equal(mem_live_blocks(), 0);
}

static double rig_step(struct rig *r, float lr)
{
    struct err e;
    net_feed(r->net, r->x).data[0] = 0.1F;
    assert_int_equal(net_forward(r->net, &e), 0);
    net_tensor_gradient(r->net, r->y).data[0] = 1;
    assert_int_equal(net_backward(r->net, NULL, &e), 0);
    optim_step(r->o, r->v, lr);
    return (double)r->v->value[0][0];
}

static struct optim_options plain(enum optim_kind kind)
{
    struct optim_options o = optim_options_slim();
    o.kind = kind;
    o.weight_decay = 0;
    return o;
}

static void expect(double got, double wanted)
{
    if (fabs(got - wanted) > 1e-6)
        fail_msg("%.9g, wanted %.9g", got, wanted);
}

// rmsprop_test.py's numbers: learning rate 2, decay 0.9, gradient 0.1.
static void rmsprop_gives_tensorflows_numbers(void **state)
{
    (void)state;
    struct rig r;
    struct optim_options o = plain(OPTIM_RMSPROP);
    o.momentum = 0;
    rig_open(&r, o);
    expect(rig_step(&r, 2), 0.8549429178729161);
    expect((double)optim_slot(r.o, 0, 0)[0], 0.901);
    expect(rig_step(&r, 2), 0.7063620526007386);
    expect((double)optim_slot(r.o, 0, 0)[0], 0.8119);
    assert_string_equal(optim_slot_name(r.o, 1), "RMSProp_1");
    rig_close(&r);
    o.momentum = 0.5F;
    o.epsilon = 1e-5F;
    rig_open(&r, o);
    expect(rig_step(&r, 2), 0.7892996824609501);
    expect((double)optim_slot(r.o, 1, 0)[0], 0.21070031753904994);
    expect(rig_step(&r, 2), 0.46198884176461413);
    expect((double)optim_slot(r.o, 1, 0)[0], 0.3273108406963359);
    rig_close(&r);
}

static void the_others_by_hand(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, plain(OPTIM_SGD));
    expect(rig_step(&r, 2), 0.8);
    rig_close(&r);
    rig_open(&r, plain(OPTIM_MOMENTUM));
    expect(rig_step(&r, 2), 0.8);
    expect(rig_step(&r, 2), 0.8 - 2 * (0.09 + 0.1));
    rig_close(&r);
    // Adam's first step is lr g / (|g| + epsilon / sqrt(1 - b2)) whatever its betas
    struct optim_options o = plain(OPTIM_ADAM);
    o.epsilon = 1e-8F;
    rig_open(&r, o);
    expect(rig_step(&r, 0.01F), 1 - 0.01 * 0.1 / (0.1 + 1e-8 / sqrt(0.001)));
    expect(rig_step(&r, 0.01F), 0.98);
    rig_close(&r);
    o = plain(OPTIM_ADAMW);
    o.epsilon = 1e-8F;
    o.weight_decay = 0.1F;
    rig_open(&r, o);
    expect(rig_step(&r, 0.01F), 1 - 0.01 - 0.01 * 0.1);
    rig_close(&r);
}

static void decay_clipping_and_averages(void **state)
{
    (void)state;
    struct rig r;
    struct optim_options o = plain(OPTIM_SGD);
    o.weight_decay = 0.5F;
    rig_open(&r, o);
    expect(optim_l2_loss(r.g, r.v, 0.5F), 0.25);
    expect(rig_step(&r, 1), 1 - (0.1 + 0.5));
    rig_close(&r);
    o = plain(OPTIM_SGD);
    o.clip_norm = 0.5F; // the norm is that of (0.1, 1): weight and bias
    rig_open(&r, o);
    expect(rig_step(&r, 1), 1 - 0.1 * 0.5 / sqrt(1.01));
    rig_close(&r);
    o = plain(OPTIM_SGD);
    o.average_decay = 0.99F; // d = min(0.99, (1 + t) / (10 + t)) = 0.1 at first
    rig_open(&r, o);
    expect(rig_step(&r, 1), 0.9);
    expect((double)optim_slot(r.o, 0, 0)[0], 1 - (1 - 0.9) * 0.9);
    optim_swap_averages(r.o, r.v);
    expect((double)r.v->value[0][0], 0.91);
    rig_close(&r);
}

static void schedules_follow_their_formulas(void **state)
{
    (void)state;
    struct schedule s = {SCHEDULE_EXPONENTIAL, 0.01, 0.0001, 0.94, 428, 0};
    expect(schedule_at(&s, 427), 0.01);
    expect(schedule_at(&s, 428 * 3 + 1), 0.01 * 0.94 * 0.94 * 0.94);
    s.kind = SCHEDULE_POLYNOMIAL;
    expect(schedule_at(&s, 214), (0.01 - 0.0001) * 0.5 + 0.0001);
    expect(schedule_at(&s, 1000), 0.0001);
    s.kind = SCHEDULE_COSINE;
    expect(schedule_at(&s, 0), 0.01);
    expect(schedule_at(&s, 214), (0.01 + 0.0001) / 2);
    s.warmup_steps = 100;
    expect(schedule_at(&s, 0), 0);
    expect(schedule_at(&s, 50), 0.005);
    s.kind = SCHEDULE_FIXED;
    expect(schedule_at(&s, 100), 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rmsprop_gives_tensorflows_numbers),
        cmocka_unit_test(the_others_by_hand),
        cmocka_unit_test(decay_clipping_and_averages),
        cmocka_unit_test(schedules_follow_their_formulas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
