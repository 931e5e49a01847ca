/* SPDX-License-Identifier: MIT */
/* What the files that read a document share. A place is where in it something
 * stands, "mdevs/3/adapters/0"; its line is looked up only when there is
 * something to say about it. Functions that return int return 0, or 1 after
 * reader_refuse(), or -ENOMEM. */
#ifndef VAP_OBSERVE_HOSTFILE_READER_H
#define VAP_OBSERVE_HOSTFILE_READER_H

#include "observe/hostfile.h"
#include "observe/hostfile_schema.h"

struct reader {
    const struct doc *doc;
    const cyaml_schema_value_t *schema; /* of the document, in text */
    const char *text; /* the document's, to find lines in */
    size_t length;
    struct hostfile_error *error;
    struct host_boot boot;
    struct host *host; /* once boot is complete */
};

enum { PLACE = 96 };

__attribute__((format(printf, 3, 4))) int
reader_refuse(struct reader *r, const char *place, const char *format, ...);

/* "mdevs/3" and "name" are "mdevs/3/name"; "queues" and 7 are "queues/7". */
const char *reader_inside(char place[PLACE], const char *outer,
                          const char *key);
const char *reader_nth(char place[PLACE], const char *outer, uint32_t n);

/** A kind of id: what it is called, and the highest there is. */
struct kind {
    const char *name;
    int digits; /* as the kernel prints it */
    unsigned highest;
};

struct kind reader_adapters(const struct reader *r);
struct kind reader_domains(const struct reader *r);
struct kind reader_control_domains(const struct reader *r);

/* "7" or "0x10-0x1f" is added to a mask that has none of it yet. */
int reader_add_ids(struct reader *r, const char *place, struct kind kind,
                   const char *text, struct vap_mask *to);

/* A list of such. */
int reader_ids(struct reader *r, const char *place, struct kind kind,
               const struct doc_ids *ids, struct vap_mask *out);

/* place: of what has the keys adapters, domains, control_domains. */
int reader_matrix(struct reader *r, const char *place,
                  const struct doc_matrix *m, struct vap_matrix *out);

/* A mask in the kernel's own words, from the one that it boots with: all ones.
 * text: NULL, when there is none; short hex is not taken, 0x03 would be
 * adapters 6 and 7. */
int reader_mask(struct reader *r, const char *key, const char *text,
                struct vap_mask *out);

/* The parts of a document; the host is there. */
int reader_queues(struct reader *r);
int reader_mdevs(struct reader *r);

#endif
