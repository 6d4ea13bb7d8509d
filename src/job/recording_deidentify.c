/* recording_deidentify.c: see recording_deidentify.h. */
#include "job/recording_deidentify.h"

#include "base/err.h"
#include "base/jsontext.h"
#include "base/mem.h"
#include "wave/recording.h"
#include "wave/recording_write.h"

#include <string.h>

static void removed(json_t *list, const char *field)
{
    json_array_append_new(list, json_string(field));
}

// A note's key, without what it says; a line without a key is a comment.
static void removed_note(json_t *list, const char *note)
{
    size_t n = strcspn(note, ":");
    bool has_key = note[n] && n > 0 && n <= 40;
    char *line = has_key ? mem_printf("note \"%.*s\"", (int)n, note) : mem_strdup("a comment");
    json_array_append_new(list, jsontext_string(line));
    mem_free(line);
}

static json_t *drop(struct recording *r, const struct recording_deidentify_options *o)
{
    json_t *list = json_array();
    size_t n_texts = 0;
    if (r->patient)
        removed(list, "patient");
    if (r->start_time)
        removed(list, "start time");
    for (size_t i = 0; i < r->n_notes; i++)
        removed_note(list, r->notes[i]);
    for (size_t i = 0; i < r->n_annotations; i++) {
        n_texts += r->annotations[i].text != NULL;
        r->annotations[i].text = NULL;
        if (o->drop_labels)
            r->annotations[i].label = "event";
    }
    if (n_texts)
        removed(list, "text of annotations");
    if (o->drop_labels && r->n_annotations)
        removed(list, "labels of annotations");
    r->patient = o->patient;
    r->start_time = NULL;
    r->n_notes = 0;
    return list;
}

static json_t *kept(const struct recording *r)
{
    json_t *labels = json_object(), *channels = json_array(), *names = json_array();
    const char *label;
    json_t *value;
    for (size_t i = 0; i < r->n_annotations; i++)
        json_object_set_new(labels, r->annotations[i].label, json_true());
    json_object_foreach(labels, label, value)
        json_array_append_new(names, jsontext_string(label));
    for (size_t i = 0; i < r->n_channels; i++)
        json_array_append_new(channels, jsontext_string(r->channels[i].name));
    json_decref(labels);
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "labels", names, "channels", channels,
                     "muscle", jsontext_string(r->muscle), "side", jsontext_string(r->side),
                     "site", jsontext_string(r->site));
}

int recording_deidentify(json_t **report, const struct recording_deidentify_options *o,
                         struct err *e)
{
    struct recording *r = NULL;
    *report = NULL;
    int rc = recording_write_check(o->out, o->format, e);
    if (rc == 0)
        rc = recording_open(&r, o->in, o->hints, e);
    if (rc < 0 || !r)
        return rc;
    const struct recording_format_facts *f = recording_write_format(o->out, o->format);
    json_t *list = drop(r, o);
    rc = recording_write(o->out, o->format, r, e);
    if (rc == 0 &&
        !(*report = json_pack("{s:o, s:o, s:s, s:O, s:o, s:o}", "in", jsontext_string(o->in),
                              "out", jsontext_string(o->out), "format", f->name, "removed",
                              list, "kept", kept(r), "left_out",
                              jsontext_string(r->n_annotations ? f->leaves_out : NULL))))
        rc = err_set(e, ERR_MEMORY, "no memory for the description");
    json_decref(list);
    recording_close(r);
    return rc;
}
