/*
 * modelfolder.h: a model one can take away: a folder with everything that a prediction needs.
 *
 *   model.json    "schema": 2, network, width, labels, input (input.h), how it came to be, and where
 *                 nemg calibrate wrote it, "calibration"; of a model of 8 bits "quantization", whose
 *                 "ranges" has the largest value of each of its activations
 *   labels.txt    TF-Slim's: "0:Fibs" a line
 *   weights.index, weights.data-00000-of-00001   a TensorFlow V2 checkpoint of the variables
 *
 * Schema 1 knew pictures only: image_size and preprocess in place of input. It is still read.
 *
 * Saving writes "<folder>.new" and renames twice: killed in between, the old model is whole in
 * "<folder>.old", the new one in "<folder>.new". A damaged weight shows when it is read: every
 * tensor has its checksum.
 */
#pragma once

#include "base/sha256.h"
#include "input/input.h"
#include "model/zoo.h"

#include <jansson.h>

struct err;
struct variables;

// What nemg calibrate found out on examples that the network was not trained on: stats/temperature.h,
// stats/conformal.h.
struct calibration {
    double temperature;           // above 0; probabilities are softmax(logits / temperature)
    double error_rate, threshold; // of conformal sets: 0 < error_rate < 1, 0 <= threshold <= 1
    char split_hash[SHA256_HEX_BYTES]; // of those examples (dataset.h); "": not known
};

struct model {
    struct network network;
    struct variables *variables;
    char **labels; // [n_classes], UTF-8
    size_t n_classes;
    struct input input; // what it reads
    json_t *training;   // how it came to be, an object; NULL: not known
    json_t *
        quantization; // an object: it computes in 8 bits, and lost this by it; NULL: it does not
    float *ranges;    // of its activations, as net_options.ranges; NULL: as above
    bool is_calibrated;
    struct calibration calibration; // temperature 1 where it is not
    char *name;                     // for messages: the folder or checkpoint
};

// training and quantization are borrowed; NULL: none.
int model_save(const char *path, const struct network *n, const struct variables *v,
               char *const *labels, const struct input *input, json_t *training,
               json_t *quantization, struct err *e);

int model_open(struct model *out, const char *folder, struct err *e);

// A bare checkpoint: its number of classes is that of its logits; labels.txt, or NULL: "class
// 0"...
int model_open_bare(struct model *out, const char *network, const char *checkpoint,
                    const char *labels, size_t image_size, double width, struct err *e);

// Writes a calibration into a model folder's model.json; a new training of the model drops it.
// calibration: an object with at least temperature, error_rate and threshold; borrowed.
int model_set_calibration(const char *folder, json_t *calibration, struct err *e);

void model_close(struct model *m); // accepts a zeroed struct
