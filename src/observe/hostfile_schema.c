/* SPDX-License-Identifier: MIT */
/* Every key of a host file, once. */
#include "observe/hostfile_schema.h"

#include <stddef.h>

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static const cyaml_strval_t kernels[] = {
    { "6.12", VAP_LINUX_6_12 },
    { "7.2", VAP_LINUX_7_2 },
};

static const cyaml_strval_t drivers[] = {
    { "unbound", VAP_NO_DRIVER },
    { "vfio_ap", VAP_VFIO_AP },
    { "cex4queue", VAP_DEFAULT },
};

static const cyaml_strval_t states[] = {
    { "configured", VAP_RC_NORMAL },
    { "deconfigured", VAP_RC_DECONFIGURED },
    { "checkstopped", VAP_RC_CHECKSTOPPED },
    { "absent", VAP_RC_NOT_AVAILABLE },
};

static const cyaml_schema_value_t id = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 64),
};

/* clang-format off */
#define IDS(key, type, member, flags)                                          \
    CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | (flags), type,        \
                               member.text, member.n, &id, 0, VAP_IDS)

static const cyaml_schema_field_t card_fields[] = {
    CYAML_FIELD_STRING_PTR("id", CYAML_FLAG_POINTER, struct doc_card, id, 1, 64),
    CYAML_FIELD_STRING_PTR("type", OPTIONAL, struct doc_card, type, 1, 64),
    CYAML_FIELD_ENUM_PTR("state", OPTIONAL | CYAML_FLAG_STRICT,
                         struct doc_card, state, states, LENGTH(states)),
    CYAML_FIELD_END
};

static const cyaml_schema_value_t card = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct doc_card, card_fields),
};

static const cyaml_schema_field_t hardware_fields[] = {
    CYAML_FIELD_SEQUENCE_COUNT("cards", CYAML_FLAG_POINTER, struct doc_hardware,
                               cards, n_cards, &card, 0, VAP_IDS),
    IDS("domains", struct doc_hardware, domains, 0),
    IDS("control_domains", struct doc_hardware, control, 0),
    CYAML_FIELD_END
};

static const cyaml_schema_field_t failure_fields[] = {
    CYAML_FIELD_UINT("rc", CYAML_FLAG_DEFAULT, struct doc_failure, rc),
    CYAML_FIELD_UINT("times", CYAML_FLAG_DEFAULT, struct doc_failure, times),
    CYAML_FIELD_END
};

static const cyaml_schema_field_t queues_fields[] = {
    IDS("adapters", struct doc_queues, adapters, 0),
    IDS("domains", struct doc_queues, domains, 0),
    CYAML_FIELD_ENUM_PTR("driver", OPTIONAL | CYAML_FLAG_STRICT,
                         struct doc_queues, driver, drivers, LENGTH(drivers)),
    CYAML_FIELD_STRING_PTR("driver_override", OPTIONAL, struct doc_queues, override,
                           1, DOC_OVERRIDE),
    CYAML_FIELD_ENUM_PTR("state", OPTIONAL | CYAML_FLAG_STRICT,
                         struct doc_queues, state, states, LENGTH(states)),
    CYAML_FIELD_UINT_PTR("last_reset", OPTIONAL, struct doc_queues, last_reset),
    CYAML_FIELD_MAPPING_PTR("fail_reset", OPTIONAL, struct doc_queues, fail_reset,
                            failure_fields),
    CYAML_FIELD_MAPPING_PTR("fail_test", OPTIONAL, struct doc_queues, fail_test,
                            failure_fields),
    CYAML_FIELD_UINT_PTR("since_scan", OPTIONAL, struct doc_queues, since_scan),
    CYAML_FIELD_END
};

static const cyaml_schema_value_t queues = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct doc_queues, queues_fields),
};

static const cyaml_schema_field_t matrix_fields[] = {
    IDS("adapters", struct doc_matrix, adapters, CYAML_FLAG_OPTIONAL),
    IDS("domains", struct doc_matrix, domains, CYAML_FLAG_OPTIONAL),
    IDS("control_domains", struct doc_matrix, control, CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_END
};

static const cyaml_schema_field_t mdev_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct doc_mdev, name,
                           1, DOC_NAME),
    IDS("adapters", struct doc_mdev, matrix.adapters, CYAML_FLAG_OPTIONAL),
    IDS("domains", struct doc_mdev, matrix.domains, CYAML_FLAG_OPTIONAL),
    IDS("control_domains", struct doc_mdev, matrix.control, CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_STRING_PTR("guest", OPTIONAL, struct doc_mdev, guest, 1, DOC_TEXT),
    CYAML_FIELD_MAPPING_PTR("guest_matrix", OPTIONAL, struct doc_mdev, guest_matrix,
                            matrix_fields),
    CYAML_FIELD_MAPPING_PTR("apcb", OPTIONAL, struct doc_mdev, apcb, matrix_fields),
    CYAML_FIELD_END
};

static const cyaml_schema_value_t mdev = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct doc_mdev, mdev_fields),
};

static const cyaml_schema_field_t doc_fields[] = {
    CYAML_FIELD_STRING_PTR("rule", OPTIONAL, struct doc, rule, 1, 64),
    CYAML_FIELD_ENUM_PTR("kernel", OPTIONAL | CYAML_FLAG_STRICT, struct doc, kernel,
                         kernels, LENGTH(kernels)),
    CYAML_FIELD_BOOL_PTR("apxa", OPTIONAL, struct doc, apxa),
    CYAML_FIELD_UINT_PTR("highest_adapter", OPTIONAL, struct doc, highest_adapter),
    CYAML_FIELD_UINT_PTR("highest_domain", OPTIONAL, struct doc, highest_domain),
    CYAML_FIELD_SEQUENCE_COUNT("cards", OPTIONAL, struct doc, cards, n_cards, &card,
                               0, VAP_IDS),
    IDS("domains", struct doc, domains, CYAML_FLAG_OPTIONAL),
    IDS("control_domains", struct doc, control, CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_MAPPING_PTR("hardware", OPTIONAL, struct doc, hardware,
                            hardware_fields),
    CYAML_FIELD_STRING_PTR("apmask", OPTIONAL, struct doc, apmask, 1, DOC_TEXT),
    CYAML_FIELD_STRING_PTR("aqmask", OPTIONAL, struct doc, aqmask, 1, DOC_TEXT),
    CYAML_FIELD_BOOL("masks_written", CYAML_FLAG_OPTIONAL, struct doc, masks_written),
    CYAML_FIELD_STRING_PTR("boot_apmask", OPTIONAL, struct doc, boot_apmask, 1, DOC_TEXT),
    CYAML_FIELD_STRING_PTR("boot_aqmask", OPTIONAL, struct doc, boot_aqmask, 1, DOC_TEXT),
    CYAML_FIELD_BOOL_PTR("drivers_autoprobe", OPTIONAL, struct doc, autoprobe),
    CYAML_FIELD_UINT("overrides_vanished", CYAML_FLAG_OPTIONAL, struct doc,
                     overrides_vanished),
    CYAML_FIELD_UINT("scans", CYAML_FLAG_OPTIONAL, struct doc, scans),
    CYAML_FIELD_SEQUENCE_COUNT("queues", OPTIONAL, struct doc, queues, n_queues,
                               &queues, 0, VAP_IDS * VAP_IDS),
    CYAML_FIELD_SEQUENCE_COUNT("mdevs", OPTIONAL, struct doc, mdevs, n_mdevs, &mdev,
                               0, VAP_MDEVS),
    CYAML_FIELD_END
};
/* clang-format on */

const cyaml_schema_value_t doc_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct doc, doc_fields),
};

static const char *
word(const cyaml_strval_t *words, size_t n, int64_t of)
{
    for (size_t i = 0; i < n; i++)
        if (words[i].val == of)
            return words[i].str;
    return NULL;
}

const char *
doc_kernel(enum vap_kernel kernel)
{
    return word(kernels, LENGTH(kernels), kernel);
}

const char *
doc_driver(enum vap_driver driver)
{
    return word(drivers, LENGTH(drivers), driver);
}

const char *
doc_state(uint8_t state)
{
    return word(states, LENGTH(states), state);
}
