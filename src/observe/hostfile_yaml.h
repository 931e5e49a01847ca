/* SPDX-License-Identifier: MIT */
/* cyaml loads, and says little about what it refuses. This looks at the same
 * text first, against the same schema, and says line, found and expected.
 * What it lets through, cyaml loads. */
#ifndef VAP_OBSERVE_HOSTFILE_YAML_H
#define VAP_OBSERVE_HOSTFILE_YAML_H

#include <cyaml/cyaml.h>
#include <stdarg.h>

#include "observe/hostfile.h"

/* Fills an error; what it quotes cannot make it more than one line. Returns
 * 1, for the caller to return. */
__attribute__((format(printf, 3, 0))) int
hostfile_refuse(struct hostfile_error *error, unsigned long line,
                const char *format, va_list args);

/**
 * Holds YAML against a schema, stricter than cyaml: also no alias, anchor,
 * tag or second document, nothing behind a number. Its memory does not grow
 * with what is refused.
 *
 * what  the whole is called in messages: "a host"
 *
 * Returns  0, 1 with *error filled, or -ENOMEM
 */
int hostfile_yaml_check(const char *text, size_t length, const char *what,
                        const cyaml_schema_value_t *schema,
                        struct hostfile_error *error);

/* Where in a checked text a value begins: "mdevs/3/adapters/0". Its line,
 * from 1; 0 when there is no such place. */
unsigned long hostfile_yaml_line(const char *text, size_t length,
                                 const cyaml_schema_value_t *schema,
                                 const char *place);

#endif
