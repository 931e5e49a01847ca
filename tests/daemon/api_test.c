/* SPDX-License-Identifier: MIT */
/* The API: what it changes, what it refuses, who may ask. */
#include "base/auto.h"
#include "daemon/host.h"
#include "test.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define U "11111111-1111-1111-1111-111111111111"

/* --- changes -----------------------------------------------------------------
 */

static json_t *
post(const struct vhost *host, const char *body, int status)
{
    AUTO(free_done) char *text = NULL;
    json_t *json;

    test_note("%s", body);
    CHECK_INT(vhost_call(host, "/v1/change", body, strlen(body), &text),
              status);
    json = json_loads(text, 0, NULL);
    CHECK(json);
    return json;
}

static const char *
string(const json_t *json, const char *key)
{
    const char *value = json_string_value(json_object_get(json, key));

    return value ? value : "";
}

TEST(several_requests_are_one_change_or_none)
{
    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();
    json_t *answer;

    CHECK_INT(vhost_start(&host, NULL), 0);
    answer = post(&host,
                  "{\"requests\": [\"create " U "\", \"" U
                  "/assign_adapter 3\", \"" U "/assign_domain 4\"]}",
                  409);
    CHECK_STR(string(answer, "error"), "EADDRNOTAVAIL");
    CHECK_STR(string(answer, "queue"), "03.0004");
    CHECK_STR(string(answer, "remedy"),
              "apmask -0x03 (the host loses 1 queue), or "
              "aqmask -0x04 (the host loses 1 queue)");
    CHECK_INT(json_integer_value(json_object_get(answer, "request")), 2);
    json_decref(answer);
    CHECK_STR(vhost_read(&host, VHOST_MATRIX U "/matrix"), "");
    CHECK_INT(vhost_number(&host, "last_event"), 1);

    answer = post(&host,
                  "{\"requests\": [\"create " U "\", \"" U
                  "/assign_adapter 5\", {\"op\": \"assign_domain\", \"mdev\": "
                  "\"" U "\", \"id\": 4}]}",
                  200);
    CHECK_INT(json_integer_value(json_object_get(answer, "event")), 2);
    CHECK_INT(json_array_size(
                  json_object_get(json_object_get(answer, "effect"), "mdevs")),
              1);
    json_decref(answer);
    CHECK_STR(vhost_read(&host, VHOST_MATRIX U "/guest_matrix"), "05.0004\n");
    CHECK_INT(vhost_number(&host, "last_event"), 2);
}

TEST(a_plan_changes_nothing_and_is_not_logged)
{
    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();
    AUTO(free_done) char *before = NULL;
    AUTO(free_done) char *after = NULL;

    CHECK_INT(vhost_start(&host, NULL), 0);
    before = vhost_text(&host, "/v1/hostfile");
    json_decref(post(
        &host, "{\"requests\": [\"adapter 5 leaves\"], \"plan\": true}", 200));
    json_decref(
        post(&host, "{\"requests\": [\"remove " U "\"], \"plan\": true}", 409));
    after = vhost_text(&host, "/v1/hostfile");
    CHECK_STR(after, before);
    CHECK_INT(vhost_number(&host, "last_event"), 0);
}

TEST(tree_and_api_tell_the_same)
{
    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();
    AUTO(free_done) char *metrics = NULL;
    json_t *log;
    json_t *event;

    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK_INT(vhost_write(&host, VHOST_CREATE, U), 0);
    CHECK_INT(vhost_write(&host, VHOST_MATRIX U "/assign_adapter", "5"), 0);
    CHECK_INT(vhost_write(&host, VHOST_MATRIX U "/assign_domain", "4x"),
              -EINVAL);
    CHECK_INT(vhost_change(&host, U "/assign_domain 4"), 200);
    CHECK_INT(vhost_change(&host, U "/assign_domain 4x"), 400);
    CHECK_STR(vhost_read(&host, VHOST_MATRIX U "/guest_matrix"), "05.0004\n");
    metrics = vhost_text(&host, "/metrics");
    CHECK(strstr(metrics, "\nvap_queues_given 1\n"));
    CHECK(strstr(metrics, "\nvap_changes_total 3\n"));
    CHECK(strstr(metrics, "\nvap_refusals_total 2\n"));

    /* the texts that were no requests are there as well */
    log = vhost_get(&host, "/v1/log?limit=3");
    event = json_array_get(json_object_get(log, "events"), 0);
    CHECK_STR(string(event, "verdict"), "EINVAL");
    CHECK_STR(string(event, "door"), "sysfs");
    event = json_array_get(json_object_get(event, "request"), 0);
    CHECK_STR(string(event, "op"), "write");
    CHECK_STR(string(event, "file"), VHOST_MATRIX U "/assign_domain");
    CHECK_STR(string(event, "text"), "4x");
    event = json_array_get(json_object_get(log, "events"), 2);
    CHECK_STR(string(event, "door"), "api");
    json_decref(log);
}

/* --- what is no request
 * -------------------------------------------------------- */

/* NOLINTBEGIN(bugprone-suspicious-missing-comma) */
static const char *const bad_bodies[] = {
    "",
    " ",
    "{",
    "[]",
    "null",
    "5",
    "\"scan\"",
    "{}",
    "{\"requests\": []}",
    "{\"requests\": {}}",
    "{\"requests\": \"scan\"}",
    "{\"requests\": [null]}",
    "{\"requests\": [5]}",
    "{\"requests\": [[]]}",
    "{\"requests\": [{}]}",
    "{\"requests\": [\"\"]}",
    "{\"requests\": [\"dance\"]}",
    "{\"requests\": [\"scan\"], \"plan\": \"yes\"}",
    "{\"requests\": [\"scan\"], \"plan\": null}",
    "{\"requests\": [\"scan\"], \"plna\": true}",
    "{\"requests\": [\"scan\"], \"requests\": [\"scan\"]}",
    "{\"requests\": [\"scan\"]} more",
    "{\"requests\": [\"scan\",]}",
    "{\"requests\": [\"scan\\u0000\"]}",
    "{\"requests\": [\"\xff\"]}",
    "{\"requests\": [{\"op\": 5}]}",
    "{\"requests\": [{\"op\": \"dance\"}]}",
    "{\"requests\": [{\"op\": \"scan\", \"x\": 1}]}",
    "{\"requests\": [{\"op\": \"scan\", \"op\": \"scan\"}]}",
    "{\"requests\": [{\"op\": \"remove\"}]}",
    "{\"requests\": [{\"op\": \"remove\", \"mdev\": 5}]}",
    "{\"requests\": [{\"op\": \"remove\", \"mdev\": \"\"}]}",
    "{\"requests\": [{\"op\": \"remove\", \"mdev\": \"..\"}]}",
    "{\"requests\": [{\"op\": \"remove\", \"mdev\": \"a/b\"}]}",
    "{\"requests\": [{\"op\": \"create\", \"mdev\": \"a\"}]}",
    "{\"requests\": [{\"op\": \"create\", \"mdev\": \"" U "\", \"slot\": "
    "5}]}",
    "{\"requests\": [\"create a\"]}",
    "{\"requests\": [{\"op\": \"assign_adapter\", \"mdev\": \"" U
    "\", \"id\": -1}]}",
    "{\"requests\": [{\"op\": \"assign_adapter\", \"mdev\": \"" U
    "\", \"id\": 1.5}]}",
    "{\"requests\": [{\"op\": \"assign_adapter\", \"mdev\": \"" U
    "\", \"id\": \"5\"}]}",
    "{\"requests\": [{\"op\": \"assign_adapter\", \"mdev\": \"" U
    "\", \"id\": 99999999999999999999}]}",
    "{\"requests\": [{\"op\": \"probe\", \"queue\": \"5.47\"}]}",
    "{\"requests\": [{\"op\": \"fail_reset\", \"queue\": \"05.0047\", "
    "\"rc\": 256, \"times\": 1}]}",
    "{\"requests\": [{\"op\": \"host\", \"adapters\": {\"set\": \"256\"}}]}",
    "{\"requests\": [{\"op\": \"host\", \"adapters\": \"5\"}]}",
    "{\"requests\": [{\"op\": \"card_online\", \"adapter\": 256, "
    "\"value\": 1}]}",
};
/* NOLINTEND(bugprone-suspicious-missing-comma) */

TEST(what_is_no_request_is_refused_and_harms_nothing)
{
    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();
    AUTO(free_done) char *before = NULL;
    AUTO(free_done) char *after = NULL;

    CHECK_INT(vhost_start(&host, NULL), 0);
    before = vhost_text(&host, "/v1/hostfile");
    for (size_t i = 0; i < ROWS(bad_bodies); i++) {
        json_t *answer = post(&host, bad_bodies[i], 400);

        CHECK(*string(answer, "error") && *string(answer, "message"));
        json_decref(answer);
    }
    after = vhost_text(&host, "/v1/hostfile");
    CHECK_STR(after, before);
    CHECK_INT(vhost_number(&host, "last_event"), 0);
}

/* n times the middle, between a beginning and an end. */
static int
post_long(const struct vhost *host, const char *begin, const char *middle,
          size_t n, const char *end)
{
    size_t length = strlen(begin) + n * strlen(middle) + strlen(end);
    AUTO(free_done) char *body = malloc(length + 1);
    char *at = body;

    if (!body)
        FAIL("no memory");
    at = stpcpy(at, begin);
    while (n--)
        at = stpcpy(at, middle);
    (void)stpcpy(at, end);
    return vhost_call(host, "/v1/change", body, length, NULL);
}

TEST(what_is_too_much_is_refused)
{
    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();

    CHECK_INT(vhost_start(&host, (const char *[]){ "--no-scan", NULL }), 0);
    CHECK_INT(
        post_long(&host, "{\"requests\":[\"scan\"", ",\"scan\"", 999, "]}"),
        200);
    CHECK_INT(
        post_long(&host, "{\"requests\":[\"scan\"", ",\"scan\"", 65536, "]}"),
        400);
    CHECK_INT(post_long(&host, "", "[", 100000, ""), 400);
    CHECK_INT(post_long(&host, "{\"requests\":", "[", 100000, ""), 400);
    CHECK_INT(post_long(&host, "{\"requests\":[\"", "x", 1000000, "\"]}"), 400);
    CHECK_INT(post_long(&host, "{\"requests\":[\"scan\"]", " ", 7000000, "}"),
              200);
    CHECK_INT(post_long(&host, "{\"requests\":[\"scan\"]", " ", 9000000, "}"),
              413);
    CHECK_INT(vhost_number(&host, "last_event"), 2);
}

static const struct {
    const char *path;
    int status;
} paths[] = {
    { "/", 404 },
    { "/v1/", 404 },
    { "/v1/dance", 404 },
    { "/v1/\xff\xfe", 404 },
    { "/v1/change", 405 },
    { "/v1?x=1", 400 },
    { "/v1/state?x", 400 },
    { "/v1/log?limit=x", 400 },
    { "/v1/log?limit=-1", 400 },
    { "/v1/log?limit=99999999999999999999", 400 },
    { "/v1/log?limit=10001", 400 },
    { "/v1/log?limit=0", 200 },
    { "/v1/log?mdev=%27%3b--", 200 },
    { "/v1/log?mdev=%00", 200 },
    { "/v1/log?mdev=%ff", 200 },
    { "/v1/hostfile?at=x", 400 },
    { "/v1/hostfile?at=1", 404 },
    { "/v1/hostfile?at_us=9223372036854775807", 200 },
    { "/v1/events?only=dance", 400 },
    { "/metrics", 200 },
};

TEST(each_path_is_answered_as_what_it_is)
{
    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();

    CHECK_INT(vhost_start(&host, NULL), 0);
    for (size_t i = 0; i < ROWS(paths); i++) {
        test_note("%s", paths[i].path);
        CHECK_INT(vhost_call(&host, paths[i].path, NULL, 0, NULL),
                  paths[i].status);
    }
    CHECK_INT(vhost_call(&host, "/v1/state", "{}", 2, NULL), 405);
}

/* --- who may ask
 * ---------------------------------------------------------------- */

/* As an ordinary user who got at the socket all the same. */
static int
call_as_nobody(const struct vhost *host)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        if (setgid(65534) < 0 || setuid(65534) < 0)
            _exit(99);
        status = vhost_call(host, "/v1", NULL, 0, NULL);
        _exit(status == 403 ? 43 : status == 0 ? 0 : 1);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    return WEXITSTATUS(status);
}

TEST(only_root_and_the_owner_may_ask)
{
    VHOST_OR_SKIP();
    if (geteuid() != 0)
        return; /* only root can be somebody else */

    AUTO(vhost_done) struct vhost host = vhost_new();
    char parent[PATH_MAX];
    struct stat st;

    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK(stat(host.place.socket, &st) == 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    CHECK_INT(call_as_nobody(&host), 0);
    CHECK_INT(place_parent(parent), 0);
    CHECK(chmod(host.dir, 0755) == 0 && chmod(parent, 0755) == 0);
    CHECK(chmod(host.place.runtime, 0755) == 0);
    CHECK(chmod(host.place.socket, 0666) == 0);
    CHECK_INT(call_as_nobody(&host), 43);
}
