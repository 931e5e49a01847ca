/* SPDX-License-Identifier: MIT */
/* A /sys that was read is the host it was of: the twin made from the reading
 * shows the same files, and answers the same writes alike. */
#include "observe/sysdir.h"

#include "base/auto.h"
#include "draw.h"
#include "host/words.h"
#include "observe/hostfile.h"
#include "observe/unpack.h"
#include "parsed.h"
#include "test.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define U "62177883-f1bb-47f0-914d-32a22e3a8804"
#define V "cef03c3c-903d-4ecc-9a83-40694cb8aee4"
#define MATRIX "devices/vfio_ap/matrix/"

#define NOBODY 65534

/* ---- hosts */

static struct host *
loaded(const char *dir, struct sysdir_report *report)
{
    struct host *host = NULL;
    int r = sysdir_load(dir, &host, report);

    if (r)
        FAIL("sysdir_load: %d %s", r, report->error);
    CHECK(report->settled);
    return host;
}

/* Read from files, written as a host file, and loaded. */
static struct host *
twin_of(const struct host *host)
{
    AUTO(copy_done) struct copy copy = copy_new(host);
    AUTO(sysdir_report_done) struct sysdir_report report;
    AUTO(host_done) struct host *seen = loaded(copy.dir, &report);
    AUTO(free_done) char *text = hostfile_written(seen);
    struct host *twin = parsed(text);

    CHECK(host_equal(seen, twin));
    return twin;
}

static void
check_alike(const struct host *host, const struct host *twin)
{
    AUTO(free_done) char *a = shown_text(host);
    AUTO(free_done) char *b = shown_text(twin);
    size_t line = 0;

    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        line = a[i] == '\n' ? i + 1 : line;
    if (strcmp(a, b) != 0)
        FAIL("the host: %.300s\nits twin: %.300s", a + line, b + line);
}

/* ---- twins */

static bool
has_hidden_queue(const struct vap_host *engine)
{
    for (unsigned a = 0; a < VAP_IDS; a++)
        VAP_EACH (d, &engine->row[a].abnormal) {
            const struct vap_queue *q = &engine->queue[a][d];

            if (q->reset_rc || q->zapq_n || q->tapq_n)
                return true;
        }
    return false;
}

/* What no file of the kernel's shows, and a later answer may turn on. */
static bool
has_hidden(const struct host *host)
{
    const struct vap_host *engine = host->engine;
    uint32_t overrides = 0;

    for (unsigned a = 0; a < VAP_IDS; a++)
        overrides += vap_mask_count(&engine->row[a].overridden);
    for (uint32_t i = 0; i < engine->n_slots; i++)
        if (host->slots[i].vm &&
            (vap_mask_empty(&host->slots[i].guest.adapters) ||
             vap_mask_empty(&host->slots[i].guest.domains)))
            return true; /* nothing of its is in use */
    return has_hidden_queue(engine) || overrides != engine->bus.n_overrides ||
           !vap_matrix_equal(&engine->bus.hardware.ids,
                             &engine->bus.config.ids);
}

static const struct {
    const char *rule;
    const char *begins; /* of the host file */
} kernels[] = {
    { "linux-7.2", "rule: linux-7.2\n" },
    { "linux-6.12", "rule: linux-6.12\n" },
};

static struct host *
small(int kernel, bool masks)
{
    char text[512];

    (void)snprintf(text, sizeof(text),
                   "%s"
                   "cards: [{id: 3, type: CEX8A}, {id: 5}, {id: 10, type: "
                   "CEX7P}]\n"
                   "domains: [4, 71, 84]\ncontrol_domains: [4, 71]\n%s",
                   kernels[kernel].begins,
                   masks ? "apmask: -0-255,+3\naqmask: -0-255,+4\n" : "");
    return parsed(text);
}

/* A write to a file of the kernel's, or something done elsewhere? */
static bool
is_write(const char *words)
{
    static const char *const others[] = {
        "{",     "open",  "close", "reset", "fails",   "card ",    "look",
        "comes", "leave", "stop",  "fig",   "recover", "autoprobe"
    };

    for (size_t i = 0; i < ROWS(others); i++)
        if (strstr(words, others[i]))
            return false;
    return true;
}

static enum vap_verdict
ask(struct host *host, const char *words)
{
    char error[CHANGE_WORDS_ERROR];
    struct vap_request r;
    int read = change_words_read(host, words, &r, error);

    return read ? (enum vap_verdict)read : host_do(host, &r, NULL);
}

/* Settings of devices, and cards that came while nothing was probed, are not
 * in a host file. */
static void
change(struct test_rng *rng, struct host *host)
{
    char words[200];

    do
        draw_words(rng, words, sizeof(words));
    while (*words == '{' || strstr(words, "autoprobe"));
    (void)ask(host, words);
}

static void
check_answers(struct test_rng *rng, struct host *host, struct host *twin)
{
    char words[200];

    for (int i = 0; i < 40 && !has_hidden(host); i++) {
        do
            draw_words(rng, words, sizeof(words));
        while (!is_write(words));
        test_note("%s", words);
        CHECK_INT(ask(host, words), ask(twin, words));
        check_alike(host, twin);
    }
}

TEST(a_twin_shows_the_same_files_and_answers_the_same_writes_alike)
{
    struct test_rng rng = { test_seed() };
    int compared = 0;

    for (int i = 0; i < 60; i++) {
        AUTO(host_done)
        struct host *host = small(i % (int)ROWS(kernels), i / 2 % 2);
        AUTO(host_done) struct host *twin = NULL;

        for (uint64_t n = 10 + test_below(&rng, 80); n; n--)
            change(&rng, host);
        (void)ask(host, "scan"); /* else states are still to be seen: one a */
        (void)ask(host, "scan"); /* scan, checkstop before config */
        twin = twin_of(host);
        CHECK_STR(twin->engine->rule->name, kernels[i % 2].rule);
        check_alike(host, twin);
        compared += !has_hidden(host);
        check_answers(&rng, host, twin);
    }
    CHECK(compared > 0);
}

/* ---- kernels that show less */

#define TWO_CARDS                                                              \
    "rule: linux-7.2\ncards: [{id: 3}, {id: 5}]\ndomains: [4, 71]\n"           \
    "control_domains: [4]\naqmask: -0-255\n"
#define ONE_MDEV                                                               \
    TWO_CARDS "mdevs:\n  - {name: " U ", adapters: [3, 5], domains: [4, 71], " \
              "control_domains: [4], guest: web}\n"

TEST(a_kernel_without_newer_files_is_read_all_the_same)
{
    static const char *const missing[] = {
        "bus/ap/bindings_complete_count",
        "bus/ap/features",
        MATRIX "features",
        MATRIX U "/ap_config",
        "devices/ap/card03/03.0004/driver_override",
        "module/ap",
    };
    AUTO(host_done) struct host *host = parsed(ONE_MDEV);
    AUTO(copy_done) struct copy copy = copy_new(host);
    AUTO(sysdir_report_done) struct sysdir_report report = { 0 };
    AUTO(host_done) struct host *seen = NULL;

    for (size_t i = 0; i < ROWS(missing); i++)
        copy_put(&copy, missing[i], NULL);
    seen = loaded(copy.dir, &report);
    CHECK_STR(report.notes, "");
    CHECK_STR(seen->engine->rule->name, "linux-6.12");
    CHECK(vap_matrix_equal(&seen->slots[0].matrix, &host->slots[0].matrix));
    CHECK(vap_matrix_equal(&seen->slots[0].guest, &host->slots[0].guest));
    CHECK_STR(host_vm_name(seen, seen->slots[0].vm), "guest of " U);
}

TEST(what_cannot_be_seen_is_said)
{
    static const struct {
        const char *file;
        const char *text; /* instead; NULL: it is missing */
        const char *note;
    } rows[] = {
        { "bus/ap/apmask", NULL,
          "bus/ap/apmask is not shown: taken for all ones\n" },
        { "bus/ap/ap_max_domain_id", NULL,
          "bus/ap/ap_max_domain_id is not shown: taken for 255\n" },
        { "bus/ap/ap_control_domain_mask", NULL,
          "bus/ap/ap_control_domain_mask is not shown: taken for no control "
          "domain\n" },
        { "bus/ap/ap_adapter_mask", "not supported\n",
          "the bus does not say which adapters and domains it was given: "
          "taken for those that have a device\n" },
        { MATRIX U "/guest_matrix", NULL,
          "the guest matrix of " U " is not shown: taken for what the state "
          "gives\n" },
        { MATRIX U "/guest_matrix", "05.0004\nyes\n",
          "the guest matrix of " U " is not shown: taken for what the state "
          "gives\n" },
        { "devices/vfio_ap", NULL,
          "devices/vfio_ap/matrix is missing: vfio_ap is not loaded\n" },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        AUTO(host_done) struct host *host = parsed(ONE_MDEV);
        AUTO(copy_done) struct copy copy = copy_new(host);
        AUTO(sysdir_report_done) struct sysdir_report report = { 0 };
        AUTO(host_done) struct host *seen = NULL;

        copy_put(&copy, rows[i].file, rows[i].text);
        seen = loaded(copy.dir, &report);
        CHECK_STR(report.notes, rows[i].note);
        CHECK_INT(vap_host_driver(seen->engine, 0x0304), VAP_VFIO_AP);
    }
}

TEST(what_may_not_be_read_is_said)
{
    AUTO(host_done) struct host *host = parsed(ONE_MDEV);
    AUTO(copy_done) struct copy copy = copy_new(host);
    AUTO(sysdir_report_done) struct sysdir_report report = { 0 };
    AUTO(host_done) struct host *seen = NULL;
    uid_t user = geteuid();
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/bus/ap/apmask", copy.dir);
    CHECK_INT(chmod(path, 0), 0);
    CHECK_INT(chmod(copy.dir, 0755), 0);
    CHECK_INT(user || seteuid(NOBODY) == 0, 1);
    seen = loaded(copy.dir, &report);
    CHECK_INT(seteuid(user), 0);
    CHECK_STR(report.notes, "bus/ap/apmask may not be read\n"
                            "bus/ap/apmask is not shown: taken for all ones\n");
    CHECK(vap_matrix_equal(&seen->slots[0].guest, &host->slots[0].guest));
}

TEST(a_guest_matrix_is_as_the_kernel_shows_it)
{
    static const struct {
        const char *text;
        const char *adapters;
        const char *domains;
    } rows[] = {
        { "03.0004\n03.0047\n05.0004\n05.0047\n", "3,5", "4,71" },
        { "03.0004\n", "3", "4" },
        { ".0004\n.0047\n", "", "4,71" },
        { "03.\n05.\n", "3,5", "" },
        { "", "", "" },
    };
    AUTO(host_done) struct host *host = parsed(ONE_MDEV);
    AUTO(copy_done) struct copy copy = copy_new(host);

    for (size_t i = 0; i < ROWS(rows); i++) {
        AUTO(sysdir_report_done) struct sysdir_report report = { 0 };
        AUTO(host_done) struct host *seen = NULL;
        struct vap_matrix want = { .control = vap_mask_one(4) };

        copy_put(&copy, MATRIX U "/guest_matrix", rows[i].text);
        seen = loaded(copy.dir, &report);
        CHECK_INT(words_set(rows[i].adapters, &want.adapters), VAP_OK);
        CHECK_INT(words_set(rows[i].domains, &want.domains), VAP_OK);
        CHECK(vap_matrix_equal(&seen->slots[0].guest, &want));
        CHECK_INT(seen->slots[0].vm != 0,
                  *rows[i].adapters && *rows[i].domains);
    }
}

/* 256 x 256 is more than any file has room for. */
TEST(an_mdev_of_a_larger_host_does_not_make_it_large_again)
{
    AUTO(host_done)
    struct host *host = parsed("rule: linux-7.2\nhighest_adapter: 63\n"
                               "cards: [{id: 5}]\ndomains: [4]\naqmask: -4\n"
                               "mdevs: [{name: " U ", adapters: [80]}]\n");
    AUTO(host_done) struct host *twin = twin_of(host);
    const struct vap_request more = { .op = VAP_ASSIGN_ADAPTER, .id = 81 };
    struct vap_why why;

    CHECK_INT(vap_config_last_adapter(&twin->engine->bus.config), 63);
    CHECK(vap_matrix_equal(&twin->slots[0].matrix, &host->slots[0].matrix));
    CHECK_INT(host->slots[0].last_adapter, 80);
    CHECK_INT(twin->slots[0].last_adapter, 80);
    CHECK_INT(host_plan(twin, &more, 1, &why), VAP_NO_SUCH_ID);
}

/* A highest id of 0 is what vfio_ap has then; nobody gave it more. */
TEST(what_no_mdev_can_have_is_left_out)
{
    AUTO(host_done)
    struct host *host = parsed("rule: linux-7.2\ncards: [{id: 5}]\n"
                               "domains: [4]\naqmask: -4\n"
                               "mdevs: [{name: " U ", adapters: [0, 5], "
                               "domains: [0], control_domains: [0, 4]}]\n");
    AUTO(copy_done) struct copy copy = copy_new(host);
    AUTO(sysdir_report_done) struct sysdir_report report;
    AUTO(host_done) struct host *seen = NULL;
    AUTO(host_done) struct host *twin = NULL;
    AUTO(free_done) char *text = NULL;

    copy_put(&copy, "bus/ap/ap_max_adapter_id", "0\n");
    copy_put(&copy, "bus/ap/ap_max_domain_id", "0\n");
    seen = loaded(copy.dir, &report);
    CHECK(strstr(report.notes, U " has ids that no mdev "));
    text = hostfile_written(seen);
    twin = parsed(text);
    CHECK(host_equal(seen, twin));
    CHECK_INT(vap_mask_count(&twin->slots[0].matrix.adapters), 1);
    CHECK_INT(vap_mask_count(&twin->slots[0].matrix.control), 1);
}

TEST(a_matrix_larger_than_its_file_is_whole)
{
    AUTO(host_done)
    struct host *host =
        parsed("rule: linux-7.2\ncards: [{id: 0-255}]\ndomains: [0-15]\n"
               "aqmask: -0-255\n"
               "queues: [{adapters: [200], domains: [7], driver: unbound}]\n"
               "mdevs: [{name: " U ", adapters: [0-255], domains: [0-15], "
               "guest: web}]\n");
    AUTO(host_done) struct host *twin = twin_of(host);

    CHECK_INT(vap_mask_count(&host->slots[0].guest.adapters), 255);
    CHECK(vap_matrix_equal(&twin->slots[0].matrix, &host->slots[0].matrix));
    CHECK(vap_matrix_equal(&twin->slots[0].guest, &host->slots[0].guest));
}

TEST(a_host_without_cards_is_a_host)
{
    AUTO(host_done) struct host *host = parsed("rule: linux-7.2\n");
    AUTO(host_done) struct host *twin = twin_of(host);

    CHECK(host_equal(host, twin));
}

/* Adapter 5 is in the host configuration, and a card too old for the bus. */
TEST(a_card_that_the_bus_passes_over_is_absent)
{
    AUTO(host_done) struct host *host = parsed(TWO_CARDS);
    AUTO(copy_done) struct copy copy = copy_new(host);
    AUTO(sysdir_report_done) struct sysdir_report report = { 0 };
    AUTO(host_done) struct host *seen = NULL;

    copy_put(&copy, "devices/ap/card05", NULL);
    seen = loaded(copy.dir, &report);
    CHECK(vap_mask_has(&seen->engine->bus.config.ids.adapters, 5));
    CHECK(vap_mask_empty(&seen->engine->row[5].present));
    CHECK_INT(ask(seen, "domain 84 comes"), VAP_OK);
    CHECK(vap_mask_empty(&seen->engine->row[5].present));
    CHECK_INT(vap_mask_count(&seen->engine->row[3].present), 3);
    CHECK_INT(ask(seen, "create " V), VAP_OK);
    check_alike(seen, seen);
}

TEST(a_copy_without_links_tells_the_driver_by_its_files)
{
    AUTO(host_done)
    struct host *host = parsed("rule: linux-7.2\ncards: [{id: 3}]\n"
                               "domains: [4, 71]\naqmask: -71\n");
    AUTO(copy_done) struct copy copy = copy_new(host);
    AUTO(sysdir_report_done) struct sysdir_report report = { 0 };
    AUTO(host_done) struct host *seen = NULL;

    copy_put(&copy, "devices/ap/card03/03.0004/driver", NULL);
    copy_put(&copy, "devices/ap/card03/03.0047/driver", NULL);
    seen = loaded(copy.dir, &report);
    CHECK_INT(vap_host_driver(seen->engine, 0x0304), VAP_DEFAULT);
    CHECK_INT(vap_host_driver(seen->engine, 0x0347), VAP_VFIO_AP);
}

TEST(masks_of_the_boot_line_let_overrides_be_written)
{
    AUTO(host_done) struct host *host = parsed(ONE_MDEV);
    AUTO(host_done) struct host *twin = twin_of(host);
    AUTO(host_done) struct host *written = NULL;

    CHECK(!twin->engine->bus.masks_written);
    CHECK_INT(ask(host, "aqmask +1"), VAP_OK);
    written = twin_of(host);
    CHECK(written->engine->bus.masks_written);
    CHECK(vap_mask_equal(&written->engine->bus.boot_apmask,
                         &host->engine->bus.boot_apmask));
}

TEST(what_is_no_sys_is_refused)
{
    AUTO(host_done) struct host *host = NULL;
    AUTO(sysdir_report_done) struct sysdir_report report;

    CHECK_INT(sysdir_load("/nowhere/at/all", &host, &report), -ENOENT);
    CHECK_INT(sysdir_load("/dev/null", &host, &report), -ENOTDIR);
    CHECK_INT(sysdir_load("/proc/self", &host, &report), 1);
    CHECK(strstr(report.error, "no bus/ap found"));
    CHECK(!host);
}

TEST(two_mdevs_with_one_queue_are_no_state)
{
    AUTO(host_done)
    struct host *host = parsed(ONE_MDEV "  - {name: " V "}\n");
    AUTO(copy_done) struct copy copy = copy_new(host);
    AUTO(sysdir_report_done) struct sysdir_report report = { 0 };
    AUTO(host_done) struct host *seen = NULL;

    copy_put(&copy, MATRIX V "/ap_config", NULL);
    copy_put(&copy, MATRIX V "/matrix", "03.0004\n");
    CHECK_INT(sysdir_load(copy.dir, &seen, &report), 1);
    CHECK_STR(report.error, "03.0004 is in " U " and in " V);
}
