/*
 * saliency.h: on which places of its input a network's answer rests.
 *
 *   occlusion  the slower and truer way [3]: a patch covers one place after another, and the map
 *              is how much of the class's log odds is lost, each place's value the mean over the
 *              patches that cover it. Asks the network itself, and needs no theory of its inside.
 *   gradcam    gradient-weighted class activation [1]: the channels of a map, each weighted by the
 *              mean gradient of the class's logit over that map, added up; what is below 0 is taken
 *              for 0. Of any map in the network: the gradients are the engine's own backward pass.
 *   cam        class activation [2]: the channels of the network's last map, weighted as the last
 *              dense layer weighs their means. Below 0: speaks against the class.
 *
 * For a network that ends in a global average and one dense layer, as all in model/ do, gradcam of
 * the last map is cam without its negative part, but for a factor [1, section 3.1].
 *
 * The occluder: of a picture, a square of its own median colour, which on a screen of an EMG
 * machine is the background; of a signal (and of mel, whose spectrogram is then made anew), a flat
 * line at the window's median, which is its base line. A line between what is left on both sides
 * would make a sharp wave out of half a fibrillation.
 *
 * [1] Selvaraju et al. 2017, Grad-CAM: visual explanations from deep networks via gradient-based
 *     localization, ICCV.
 * [2] Zhou et al. 2016, Learning deep features for discriminative localization, CVPR.
 * [3] Zeiler, Fergus 2014, Visualizing and understanding convolutional networks, ECCV.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct err;
struct model;
struct monitor;
struct saliency;

// The first is what to take where nobody chose: docs/explanation.md says why.
enum saliency_method { SALIENCY_OCCLUSION, SALIENCY_GRADCAM, SALIENCY_CAM };
extern const char *const saliency_methods[]; // "occlusion", "gradcam", "cam", NULL
extern const char *const saliency_titles[];  // for people: "Grad-CAM", ...

struct saliency_options {
    enum saliency_method method;
    const char *layer; // of gradcam: a map by its name in the network; NULL: the last one
    double occluder;  // of occlusion: its side as a share of the input's, above 0 to 1; 0: 0.15
                      // of pictures, 0.1 of windows
    size_t batch;     // of occlusion: patches at once; 0: 8
    size_t n_threads; // of the engine; 0: as many as the machine has
    const struct monitor
        *monitor; // of occlusion: told of each batch, and may stop it; NULL: none
};

// What is explained.
struct saliency_subject {
    const float *input;  // [input_floats()] as the network reads it
    const float *window; // signal and mel: [n_samples], what the input was made of
    bool is_uv;          // of window; else counts
};

/*
 * A map over the input. Its place (i, k) lies at y = first_y + i step_y, x = first_x + k step_x: of
 * pictures in rows and columns of the network's input; of signals x in samples of the window; of
 * mel y in bands from the lowest and x in samples. A map over time alone has one row.
 */
struct saliency_map {
    size_t rows, columns;
    float *values; // [rows][columns]
    double first_y, step_y, first_x, step_x;
    double extent_x; // input places along x that one value depends on
};

/*
 * Borrows the model. ERR_USAGE: no such layer, an occluder out of range; ERR_UNSUPPORTED: a layer
 * without places, or cam of a network that does not end as it wants.
 */
int saliency_new(struct saliency **out, const struct model *m, const struct saliency_options *o,
                 struct err *e);
void saliency_free(struct saliency *s); // accepts NULL
const struct model *saliency_model(const struct saliency *s);
// What was asked for, with defaults filled in: the layer's name, NULL of occlusion.
const struct saliency_options *saliency_settings(const struct saliency *s);

// What the network says; probabilities [n_classes].
int saliency_answer(struct saliency *s, const struct saliency_subject *x, float *probabilities,
                    struct err *e);

// The map of a class. out->values stays the saliency's, and valid until the next map. ERR_FORMAT:
// values that are no numbers, which only damaged weights give.
int saliency_run(struct saliency_map *out, struct saliency *s, const struct saliency_subject *x,
                 size_t i_class, struct err *e);

// Between places: linear; beyond the outermost: as there.
double saliency_at(const struct saliency_map *m, double y, double x);
