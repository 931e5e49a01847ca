/* SPDX-License-Identifier: MIT */
/* One table says which keys an op has; writer and reader both walk it, so
 * what one writes the other reads. */
#include "host/request_json.h"

#include "host/json.h"
#include "host/words.h"
#include "matrix/grammar.h"

#include <errno.h>
#include <string.h>

enum key {
    MDEV = 1 << 0,
    ID = 1 << 1,
    MATRIX = 1 << 2,
    VM = 1 << 3,
    QUEUE = 1 << 4,
    DRIVER = 1 << 5,
    RC = 1 << 6,
    TIMES = 1 << 7,
    ADAPTERS = 1 << 8, /* edits */
    DOMAINS = 1 << 9,
    CONTROL = 1 << 10,
    ADAPTER = 1 << 11, /* of a setting */
    APQN = 1 << 12,
    VALUE = 1 << 13,
    FAULT = 1 << 14
};

static const struct op {
    const char *name;
    enum host_setting setting;
    enum vap_op op;
    unsigned keys;
} ops[] = {
    // clang-format off
    { "assign_adapter",          HOST_ENGINE, VAP_ASSIGN_ADAPTER,   MDEV | ID },
    { "unassign_adapter",        HOST_ENGINE, VAP_UNASSIGN_ADAPTER, MDEV | ID },
    { "assign_domain",           HOST_ENGINE, VAP_ASSIGN_DOMAIN,    MDEV | ID },
    { "unassign_domain",         HOST_ENGINE, VAP_UNASSIGN_DOMAIN,  MDEV | ID },
    { "assign_control_domain",   HOST_ENGINE, VAP_ASSIGN_CONTROL,   MDEV | ID },
    { "unassign_control_domain", HOST_ENGINE, VAP_UNASSIGN_CONTROL, MDEV | ID },
    { "ap_config",       HOST_ENGINE, VAP_AP_CONFIG,   MDEV | MATRIX },
    { "create",          HOST_ENGINE, VAP_CREATE,      MDEV },
    { "remove",          HOST_ENGINE, VAP_REMOVE,      MDEV },
    { "open",            HOST_ENGINE, VAP_OPEN_MDEV,   MDEV | VM },
    { "close",           HOST_ENGINE, VAP_CLOSE_MDEV,  MDEV },
    { "reset",           HOST_ENGINE, VAP_RESET_MDEV,  MDEV },
    { "apmask",          HOST_ENGINE, VAP_APMASK,      ADAPTERS },
    { "aqmask",          HOST_ENGINE, VAP_AQMASK,      DOMAINS },
    { "bind",            HOST_ENGINE, VAP_BIND,        QUEUE | DRIVER },
    { "unbind",          HOST_ENGINE, VAP_UNBIND,      QUEUE | DRIVER },
    { "probe",           HOST_ENGINE, VAP_PROBE,       QUEUE },
    { "driver_override", HOST_ENGINE, VAP_OVERRIDE,    QUEUE | DRIVER },
    { "hardware",        HOST_ENGINE, VAP_HARDWARE,    ADAPTERS | DOMAINS | CONTROL },
    { "scan",            HOST_ENGINE, VAP_SCAN,        0 },
    { "host",            HOST_ENGINE, VAP_HOST,        ADAPTERS | DOMAINS | CONTROL },
    { "card_state",      HOST_ENGINE, VAP_CARD_STATE,  ID | RC },
    { "queue_state",     HOST_ENGINE, VAP_QUEUE_STATE, QUEUE | RC },
    { "fail_reset",      HOST_ENGINE, VAP_FAIL_RESET,  QUEUE | RC | TIMES },
    { "fail_test",       HOST_ENGINE, VAP_FAIL_TEST,   QUEUE | RC | TIMES },
    { "look_again",      HOST_ENGINE, VAP_LOOK_AGAIN,  0 },
    { "drivers_autoprobe", HOST_ENGINE, VAP_AUTOPROBE, ID },
    { "card_online",     HOST_CARD_ONLINE,  VAP_OPS, ADAPTER | VALUE },
    { "card_config",     HOST_CARD_CONFIG,  VAP_OPS, ADAPTER | VALUE },
    { "card_count",      HOST_CARD_COUNT,   VAP_OPS, ADAPTER },
    { "queue_online",    HOST_QUEUE_ONLINE, VAP_OPS, APQN | VALUE },
    { "queue_count",     HOST_QUEUE_COUNT,  VAP_OPS, APQN },
    { "queue_reset",     HOST_QUEUE_RESET,  VAP_OPS, APQN },
    { "ap_domain",       HOST_AP_DOMAIN,    VAP_OPS, VALUE },
    { "config_time",     HOST_CONFIG_TIME,  VAP_OPS, VALUE },
    { "poll_thread",     HOST_POLL_THREAD,  VAP_OPS, VALUE },
    { "poll_timeout",    HOST_POLL_TIMEOUT, VAP_OPS, VALUE },
    { "autoprobe",       HOST_AUTOPROBE,    VAP_OPS, VALUE },
    { "card_driver",     HOST_CARD_DRIVER,  VAP_OPS, ADAPTER | VALUE },
    { "matrix_autoprobe", HOST_MATRIX_AUTOPROBE, VAP_OPS, VALUE },
    { "mdev_autoprobe",  HOST_MDEV_AUTOPROBE, VAP_OPS, VALUE },
    { "mdev_unbind",     HOST_MDEV_UNBIND,  VAP_OPS, MDEV },
    { "mdev_drop",       HOST_MDEV_DROP,    VAP_OPS, MDEV },
    { "card_fault",      HOST_CARD_FAULT,   VAP_OPS, ADAPTER | FAULT | VALUE },
    { "queue_fault",     HOST_QUEUE_FAULT,  VAP_OPS, APQN | FAULT | VALUE },
    // clang-format on
};

#define N_OPS (sizeof(ops) / sizeof(ops[0]))

static const struct op *
op_of(const struct host_request *request)
{
    for (size_t i = 0; i < N_OPS; i++)
        if (ops[i].setting == request->setting &&
            (request->setting != HOST_ENGINE ||
             ops[i].op == request->engine.op))
            return &ops[i];
    return NULL;
}

static json_t *
edit_json(const struct vap_edit *edit)
{
    return json_pack("{s:o, s:o}", "set", json_of_set(&edit->set), "clear",
                     json_of_set(&edit->clear));
}

/* The value of one key. */
static json_t *
value_json(const struct host *host, const struct host_request *q, enum key key)
{
    const struct vap_request *r = &q->engine;

    switch (key) {
    case MDEV:
        return json_string(host_mdev_name(host, r->mdev));
    case ID:
        return json_integer((json_int_t)r->id);
    case MATRIX:
        return json_of_matrix(&r->matrix);
    case VM:
        return r->vm ? json_string(host_vm_name(host, r->vm)) : json_null();
    case QUEUE:
        return json_of_apqn(r->apqn);
    case DRIVER:
        return json_string(host_driver_name(host, r->driver));
    case RC:
        return json_integer(r->rc);
    case TIMES:
        return json_integer(r->times);
    case ADAPTERS:
        return edit_json(&r->edit.adapters);
    case DOMAINS:
        return edit_json(&r->edit.domains);
    case CONTROL:
        return edit_json(&r->edit.control);
    case ADAPTER:
        return json_integer(q->adapter);
    case APQN:
        return json_of_apqn(q->apqn);
    case VALUE:
        return json_integer(q->value);
    case FAULT:
        return json_string(device_faults[q->fault].name);
    }
    return NULL;
}

static const struct {
    enum key key;
    const char *name;
} keys[] = {
    { MDEV, "mdev" },       { ID, "id" },           { MATRIX, "matrix" },
    { VM, "vm" },           { QUEUE, "queue" },     { DRIVER, "driver" },
    { RC, "rc" },           { TIMES, "times" },     { ADAPTERS, "adapters" },
    { DOMAINS, "domains" }, { CONTROL, "control" }, { ADAPTER, "adapter" },
    { APQN, "queue" },      { VALUE, "value" },     { FAULT, "fault" },
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

json_t *
request_to_json(const struct host *host, const struct host_request *request)
{
    const struct op *op = op_of(request);
    json_t *json = op ? json_pack("{s:s}", "op", op->name) : NULL;

    for (size_t i = 0; json && i < N_KEYS; i++)
        if ((op->keys & keys[i].key) &&
            json_object_set_new(json, keys[i].name,
                                value_json(host, request, keys[i].key)) < 0) {
            json_decref(json);
            json = NULL;
        }
    return json;
}

static bool
read_set(const json_t *json, struct vap_mask *out)
{
    const char *text = json_string_value(json);

    return text && words_set(text, out) == VAP_OK;
}

/* Either part may be left out. */
static bool
read_edit(const json_t *json, struct vap_edit *out)
{
    const json_t *set = json_object_get(json, "set");
    const json_t *clear = json_object_get(json, "clear");

    return !json ||
           (json_is_object(json) && (!set || read_set(set, &out->set)) &&
            (!clear || read_set(clear, &out->clear)));
}

static bool
read_matrix(const json_t *json, struct vap_matrix *out)
{
    return read_set(json_object_get(json, "adapters"), &out->adapters) &&
           read_set(json_object_get(json, "domains"), &out->domains) &&
           read_set(json_object_get(json, "control"), &out->control);
}

static bool
read_queue(const json_t *json, uint16_t *out)
{
    const char *text = json_string_value(json);

    return text && vap_read_apqn(text, json_string_length(json), out) == VAP_OK;
}

static bool
read_integer(const json_t *json, int64_t least, int64_t most, int64_t *out)
{
    *out = json_integer_value(json);
    return json_is_integer(json) && *out >= least && *out <= most;
}

static bool
read_byte(const json_t *json, uint8_t *out)
{
    int64_t value;

    if (!read_integer(json, 0, 255, &value))
        return false;
    *out = (uint8_t)value;
    return true;
}

static bool
read_mdev(struct host *host, const json_t *json, uint32_t *out)
{
    const char *name = json_string_value(json);

    *out = name && host_is_mdev_name(name) ? host_slot(host, name) : NAMES_NONE;
    return *out != NAMES_NONE;
}

static bool
read_vm(struct host *host, const json_t *json, uint32_t *out)
{
    const char *name = json_string_value(json);

    *out = name && words_is_name(name) ? host_vm(host, name) : 0;
    return json_is_null(json) || *out;
}

static bool
read_driver(struct host *host, const json_t *json, uint8_t *out)
{
    const char *name = json_string_value(json);
    unsigned driver = name ? host_driver(host, name) : 256;

    *out = (uint8_t)driver;
    return driver <= UINT8_MAX;
}

static bool
read_fault(const json_t *json, enum device_fault *out)
{
    const char *name = json_string_value(json);

    *out = name ? device_fault_named(name) : DEVICE_FAULTS;
    return *out < DEVICE_FAULTS;
}

static bool
read_value(struct host *host, const json_t *json, struct host_request *q,
           enum key key)
{
    struct vap_request *r = &q->engine;
    int64_t n = 0;

    switch (key) {
    case MDEV:
        return read_mdev(host, json, &r->mdev);
    case ID:
        r->id = (uint64_t)json_integer_value(json);
        return read_integer(json, 0, INT64_MAX, &n);
    case MATRIX:
        return read_matrix(json, &r->matrix);
    case VM:
        return read_vm(host, json, &r->vm);
    case QUEUE:
        return read_queue(json, &r->apqn);
    case DRIVER:
        return read_driver(host, json, &r->driver);
    case RC:
        return read_byte(json, &r->rc);
    case TIMES:
        return read_byte(json, &r->times);
    case ADAPTERS:
        return read_edit(json, &r->edit.adapters);
    case DOMAINS:
        return read_edit(json, &r->edit.domains);
    case CONTROL:
        return read_edit(json, &r->edit.control);
    case ADAPTER:
        q->adapter = (unsigned)json_integer_value(json) & 255;
        return read_integer(json, 0, 255, &n);
    case APQN:
        return read_queue(json, &q->apqn);
    case VALUE:
        return read_integer(json, INT64_MIN, INT64_MAX, &q->value);
    case FAULT:
        return read_fault(json, &q->fault);
    }
    return false;
}

static const struct op *
op_named(const char *name)
{
    for (size_t i = 0; name && i < N_OPS; i++)
        if (strcmp(ops[i].name, name) == 0)
            return &ops[i];
    return NULL;
}

/* A key that the op does not have is a mistake of whoever wrote it. */
static bool
only_known_keys(const json_t *json, const struct op *op)
{
    size_t there = 1;

    for (size_t i = 0; i < N_KEYS; i++)
        there +=
            (op->keys & keys[i].key) && json_object_get(json, keys[i].name);
    return json_object_size(json) == there;
}

int
request_from_json(struct host *host, const json_t *json,
                  struct host_request *request, const char **what)
{
    const struct op *op =
        op_named(json_string_value(json_object_get(json, "op")));

    *request = (struct host_request){ 0 };
    *what = "\"op\" is missing or unknown";
    if (!op)
        return -EBADMSG;
    *what = "it has a key that this op does not have";
    if (!only_known_keys(json, op))
        return -EBADMSG;
    request->setting = op->setting;
    request->engine.op = op->op;
    for (size_t i = 0; i < N_KEYS; i++) {
        *what = keys[i].name;
        if ((op->keys & keys[i].key) &&
            !read_value(host, json_object_get(json, keys[i].name), request,
                        keys[i].key))
            return -EBADMSG;
    }
    return 0;
}

bool
request_op(size_t i, struct request_op *out)
{
    size_t n = 0;

    if (i >= N_OPS)
        return false;
    *out = (struct request_op){ .name = ops[i].name };
    for (size_t k = 0; k < N_KEYS; k++)
        if (ops[i].keys & keys[k].key)
            out->keys[n++] = keys[k].name;
    return true;
}
