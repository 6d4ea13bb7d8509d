/* site.h: the recording of one needle site. */
#pragma once

#include <stddef.h>

struct err;
struct patient;
struct recording;
struct site;
struct timeline;

enum { SITE_NAME_BYTES = 32 };

// "a0007_s03": laboratory, patient and site, from 1; the same for all seeds.
void site_name(char out[SITE_NAME_BYTES], const struct patient *p, const struct site *s);

// What happens there, before the machine; initialised here. ERR_MEMORY, ERR_LIMIT.
int site_happen(struct timeline *t, const struct patient *p, const struct site *s,
                double seconds, struct err *e);

// Simulates it, machine and all; the caller's: recording_close(). ERR_MEMORY, ERR_LIMIT.
int site_record(struct recording **out, const struct patient *p, const struct site *s,
                double seconds, struct err *e);
