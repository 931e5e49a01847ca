/* SPDX-License-Identifier: MIT */
/* A file is read whole before it is looked at, and looked at whole before it
 * becomes a host: there is no partial answer. */
#include "observe/hostfile.h"

#include "base/auto.h"
#include "observe/hostfile_read.h"
#include "observe/hostfile_schema.h"
#include "observe/hostfile_text.h"
#include "observe/hostfile_yaml.h"

#include <errno.h>

static const cyaml_config_t cyaml = {
    .mem_fn = cyaml_mem,
    .flags = CYAML_CFG_NO_ALIAS,
};

static void
doc_done(struct doc **doc)
{
    (void)cyaml_free(&cyaml, &doc_schema, *doc, 0);
}

static int
load(const char *text, size_t length, struct doc **doc)
{
    void *data = NULL;
    cyaml_err_t r = cyaml_load_data((const uint8_t *)text, length, &cyaml,
                                    &doc_schema, &data, NULL);

    *doc = data;
    return r == CYAML_OK ? 0 : r == CYAML_ERR_OOM ? -ENOMEM : -EINVAL;
}

int
hostfile_parse(const char *text, size_t length, struct host **out,
               struct hostfile_error *error)
{
    AUTO(doc_done) struct doc *doc = NULL;
    int r = hostfile_text_check(text, length, "a host", error);

    if (!r)
        r = hostfile_yaml_check(text, length, "a host", &doc_schema, error);
    if (!r)
        r = load(text, length, &doc);
    if (!r)
        r = hostfile_read(doc, text, length, out, error);
    return r < 0 ? hostfile_could_not(error, r) : r;
}

int
hostfile_load(const char *path, struct host **out, struct hostfile_error *error)
{
    AUTO(free_done) char *text = NULL;
    size_t length;
    int r = hostfile_text(path, &text, &length, error);

    return r < 0 ? r : hostfile_parse(text, length, out, error);
}

static const char builtin[] = "cards:\n"
                              "  - {id: 0x03, type: CEX8A}\n"
                              "  - {id: 0x05, type: CEX8C}\n"
                              "  - {id: 0x0a, type: CEX8P}\n"
                              "domains: [0x0004, 0x0047, 0x0054]\n"
                              "control_domains: [0x0004, 0x0047, 0x0054]\n"
                              "apmask: -0-255,+0x03\n"
                              "aqmask: -0-255,+0x04\n";

int
hostfile_builtin(struct host **out)
{
    struct hostfile_error error;

    return hostfile_parse(builtin, sizeof(builtin) - 1, out, &error);
}
