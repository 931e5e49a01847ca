/* SPDX-License-Identifier: MIT */
/* Any text is a definition, a rule or a domain, or is left out; what is
 * understood has names, and numbers that fit. */
#include "base/auto.h"
#include "observe/stores.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(stores_done) struct stores s = { 0 };
    const char *text = (const char *)data;
    int r[] = { stores_add_definition(&s, "u", text, size),
                stores_add_rule(&s, text, size),
                stores_add_domain(&s, text, size) };

    for (int i = 0; i < 3; i++)
        assert(r[i] == 0 || r[i] == -EINVAL);
    assert(s.n_definitions == (r[0] == 0));
    for (size_t i = 0; i < s.n_definitions && s.definitions[i].n; i++)
        assert(strchr(s.definitions[i].steps[0].text, '='));
    for (size_t i = 0; i < s.n_uses; i++)
        assert(s.uses[i].guest && strlen(s.uses[i].mdev) == 36);
    return 0;
}
