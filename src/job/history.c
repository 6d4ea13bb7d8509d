/*
 * history.c: the curves of a run: history.csv, appended line by line, and TensorBoard's events. A
 * resumed run cuts lines of steps that will be done again.
 */
#include "job/job_priv.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "image/image.h"
#include "nn/graph.h"
#include "nn/variables.h"
#include "tf/eventfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char header[] =
    "step,phase,loss,main_loss,aux_loss,l2_loss,accuracy,learning_rate,images_per_s,"
    "validation_loss,validation_accuracy\n";

static char *history_path(const struct train *t)
{
    return path_join(t->o->run, "history.csv");
}

// Keeps the header and the lines of steps up to the one where the run goes on.
static int cut(struct train *t, const char *path, struct err *e)
{
    unsigned char *text;
    size_t n;
    int rc = file_read(&text, &n, path, SIZE_MAX / 4, e);
    if (rc < 0)
        return rc;
    size_t keep = 0;
    for (char *line = (char *)text, *next; *line; line = next) {
        next = strchr(line, '\n');
        if (!next)
            break; // a last line that was cut off
        next++;
        if (line != (char *)text && strtoull(line, NULL, 10) > t->at.global_step)
            break;
        keep = (size_t)(next - (char *)text);
    }
    rc = file_write(path, text, keep, e);
    mem_free(text);
    return rc;
}

int history_open(struct train *t, struct err *e)
{
    char *path = history_path(t);
    if (!path)
        return err_set(e, ERR_MEMORY, "%s: no memory", t->o->run);
    bool is_there = file_exists(path);
    int rc = is_there ? cut(t, path, e) : file_write(path, header, sizeof header - 1, e);
    if (rc == 0 && !(t->history = fopen(path, "ab")))
        rc = err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
    if (rc == 0)
        rc = eventfile_open(&t->events, t->o->run, e);
    mem_free(path);
    return rc;
}

static int flushed(struct train *t, struct err *e)
{
    if (fflush(t->history) || ferror(t->history))
        return err_set(e, ERR_IO, "%s/history.csv: %s", t->o->run, strerror(errno));
    return 0;
}

static int scalars(struct train *t, const char *const *tags, const double *values,
                   struct err *e)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && tags[i]; i++)
        rc = eventfile_scalar(t->events, tags[i], (int64_t)t->at.global_step, (float)values[i],
                              e);
    return rc;
}

int history_step(struct train *t, const struct train_numbers *n, struct err *e)
{
    static const char *const tags[] = {"total_loss",      "losses/softmax_cross_entropy_loss",
                                       "losses/aux_loss", "losses/regularization_loss",
                                       "accuracy",        "learning_rate",
                                       "global_step/sec", NULL};
    const double values[] = {n->loss,
                             n->main,
                             n->aux,
                             n->l2,
                             n->accuracy,
                             n->learning_rate,
                             n->images_per_s / (double)t->o->batch};
    fprintf(t->history, "%llu,%s,%.9g,%.9g,%.9g,%.9g,%.6g,%.9g,%.4g,,\n",
            (unsigned long long)t->at.global_step,
            t->phases[t->at.phase].is_heads ? "heads" : "all", n->loss, n->main, n->aux, n->l2,
            n->accuracy, n->learning_rate, n->images_per_s);
    int rc = flushed(t, e);
    return rc == 0 ? scalars(t, tags, values, e) : rc;
}

int history_validation(struct train *t, const struct validation *v, struct err *e)
{
    static const char *const tags[] = {"validation/loss", "validation/accuracy", NULL};
    const double values[] = {v->cross_entropy, v->accuracy};
    fprintf(t->history, "%llu,%s,,,,,,,,%.9g,%.6g\n", (unsigned long long)t->at.global_step,
            t->phases[t->at.phase].is_heads ? "heads" : "all", v->cross_entropy, v->accuracy);
    int rc = flushed(t, e);
    return rc == 0 ? scalars(t, tags, values, e) : rc;
}

// One picture as the network sees it, [-1, 1] back to bytes.
int history_picture(struct train *t, const float *image, size_t i, struct err *e)
{
    size_t height = t->input.picture.height, width = t->input.picture.width;
    struct image im = {width, height, mem_array(height * width, 3)};
    unsigned char *png = NULL;
    size_t n_png;
    char tag[64];
    if (!im.rgb)
        return err_set(e, ERR_MEMORY, "no memory for a picture");
    for (size_t k = 0; k < height * width * 3; k++) {
        float v = (image[k] + 1) * 127.5F + 0.5F;
        im.rgb[k] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
    snprintf(tag, sizeof tag, "final_distorted_image/image/%zu", i);
    int rc = image_encode_png(&png, &n_png, &im, e);
    if (rc == 0)
        rc = eventfile_image(t->events, tag, (int64_t)t->at.global_step, width, height, png,
                             n_png, e);
    mem_free(png);
    image_release(&im);
    return rc;
}

int history_histograms(struct train *t, struct err *e)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < t->variables->n; i++) {
        const struct variable *d = graph_variable(t->network.graph, i);
        rc = eventfile_histogram(t->events, d->name, (int64_t)t->at.global_step,
                                 t->variables->value[i], d->n_elements, e);
    }
    return rc;
}

int history_close(struct train *t, struct err *e)
{
    int rc = 0;
    if (t->history && fclose(t->history))
        rc = err_set(e, ERR_IO, "%s/history.csv: %s", t->o->run, strerror(errno));
    t->history = NULL;
    struct err second;
    int closed = eventfile_close(t->events, rc == 0 ? e : &second);
    t->events = NULL;
    return rc < 0 ? rc : closed;
}
