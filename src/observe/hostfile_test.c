/* SPDX-License-Identifier: MIT */
#include "observe/hostfile.h"

#include "base/auto.h"

#include "test.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static struct host *
parsed(const char *text)
{
    struct host *host = NULL;
    struct hostfile_error error;
    int r = hostfile_parse(text, strlen(text), &host, &error);

    if (r)
        FAIL("line %lu: %s", error.line, error.text);
    return host;
}

/* Written and read again it is the same, and so is its text. */
static void
check_round_trip(const struct host *host)
{
    AUTO(free_done) char *text = hostfile_written(host);
    AUTO(host_done) struct host *again = parsed(text);
    AUTO(free_done) char *text_again = hostfile_written(again);

    CHECK(host_equal(host, again));
    CHECK_STR(text, text_again);
}

TEST(the_built_in_host_keeps_one_queue_for_itself)
{
    AUTO(host_done) struct host *host = NULL;
    unsigned n = 0;

    CHECK_INT(hostfile_builtin(&host), 0);
    VAP_EACH (a, &host->engine->bus.config.ids.adapters)
        VAP_EACH (d, &host->engine->bus.config.ids.domains) {
            enum vap_driver driver =
                vap_host_driver(host->engine, VAP_APQN(a, d));

            CHECK_INT(driver, a == 3 && d == 4 ? VAP_DEFAULT : VAP_VFIO_AP);
            n++;
        }
    CHECK_INT(n, 9);
    CHECK_STR(host_card_type(host, 3), "CEX8A");
    CHECK_STR(host_card_type(host, 5), "CEX8C");
    CHECK_STR(host_card_type(host, 10), "CEX8P");
    check_round_trip(host);
}

TEST(the_built_in_host_is_written_like_this)
{
    AUTO(host_done) struct host *host = NULL;
    AUTO(free_done) char *text = NULL;

    CHECK_INT(hostfile_builtin(&host), 0);
    text = hostfile_written(host);
    CHECK_STR(text, "# A host; vap-host(5) says what each word means.\n"
                    "rule: state\n"
                    "kernel: 7.2\n"
                    "\n"
                    "cards:\n"
                    "  - {id: 0x03, type: CEX8A}\n"
                    "  - {id: 0x05, type: CEX8C}\n"
                    "  - {id: 0x0a, type: CEX8P}\n"
                    "domains: [0x0004, 0x0047, 0x0054]\n"
                    "control_domains: [0x0004, 0x0047, 0x0054]\n"
                    "\n"
                    "# A queue in both masks is kept for the host's own "
                    "driver.\n"
                    "apmask: -0x00-0xff,+0x03\n"
                    "aqmask: -0x0000-0x00ff,+0x0004\n");
}

TEST(ids_are_read_in_every_notation)
{
    AUTO(host_done)
    struct host *a =
        parsed("cards: [{id: 3}, {id: 0x0a-0xC}]\ndomains: [4, 71-0x48]\n");
    AUTO(host_done)
    struct host *b = parsed("cards:\n- id: '10-12'\n- id: 0x3\n"
                            "domains:\n- 0x47\n- 0x0048\n- 0x4\n");

    CHECK(host_equal(a, b));
}

#define MASK "0xfff000000000000000000000000000000000000000000000000000000000000"

TEST(masks_are_read_as_the_kernel_reads_them)
{
    AUTO(host_done) struct host *a = parsed("apmask: -0-255,+0-7,+0x8-11\n");
    AUTO(host_done) struct host *b = parsed("apmask: -12-255\n");
    AUTO(host_done) struct host *c = parsed("apmask: " MASK "0\n");
    AUTO(host_done) struct host *d = parsed("apmask: " MASK "1\n");

    CHECK(host_equal(a, b));
    CHECK(host_equal(a, c));
    CHECK(!host_equal(a, d));
}

static const struct {
    const char *text;
    unsigned long line;
    const char *error;
} wrong[] = {
    { "", 0, "nothing found, a host expected" },
    { "# a comment\n", 2, "nothing found, a host expected" },
    { "just text\n", 1,
      "a host: \"just text\" found, a mapping, like {key: value}, expected" },
    { "- rule\n", 1,
      "a host: a list found, a mapping, like {key: value}, expected" },
    { "rule: state\n\nruel: state\n", 3,
      "key \"ruel\" found; rule, kernel, apxa, highest_adapter, "
      "highest_domain, cards, domains, control_domains, hardware, apmask, "
      "aqmask, masks_written, boot_apmask, boot_aqmask, drivers_autoprobe, "
      "overrides_vanished, scans, queues or mdevs expected" },
    { "rule: state\nkernel: 7.2\nrule: state\n", 3,
      "key \"rule\" found a second time; it is in line 1" },
    { "rule: stat\n", 1,
      "rule: \"stat\" found, state, linux-7.2, linux-6.12 or fcfs expected" },
    { "rule: linux-6.12\nkernel: 7.2\n", 2,
      "kernel: 7.2 found, but rule linux-6.12 is that of 6.12" },
    { "kernel: 5.4\n", 1, "kernel: \"5.4\" found, 6.12 or 7.2 expected" },
    { "apxa: yes\n", 1, "apxa: \"yes\" found, true or false expected" },
    { "apxa: false\nhighest_domain: 15\n", 2,
      "highest_domain found, but without apxa it is 15" },
    { "highest_adapter: 256\n", 1,
      "highest_adapter: \"256\" found, 0 to 255 expected" },
    { "highest_adapter: 010\n", 1,
      "highest_adapter: \"010\" found, 0 to 255 expected" },
    { "cards: 3\n", 1,
      "cards: \"3\" found, a list, like [1, 2] or [], expected" },
    { "cards:\n  - {id: 3}\n  -\n    type: CEX8C\n", 4, "key \"id\" missing" },
    { "cards:\n  - {id: 300}\n", 2, "adapter 300 found, 0 to 255 expected" },
    { "cards:\n  - {id: 3}\n  - {id: 0-5}\n", 3,
      "adapter 0x03 found a second time" },
    { "cards:\n  - {id: 3,\n     type: CEX3C}\n", 3,
      "type: \"CEX3C\" found, CEX4 to CEX8 and A, C or P expected, like "
      "CEX8C" },
    { "cards:\n  - {id: 3, state: broken}\n", 2,
      "state: \"broken\" found, configured, deconfigured, checkstopped or "
      "absent expected" },
    { "domains: [4,\n 0047]\n", 2, "domain 0047 found; 0x0047 or 47 expected" },
    { "cards: [{id: 0a}]\n", 1, "adapter 0a found; 0x0a expected" },
    { "domains: [-1]\n", 1,
      "domain \"-1\" found, a number or a range like 0x0a-0x0c expected" },
    { "domains: [5-3]\n", 1, "domains 5-3 found, the lower first expected" },
    { "domains: [1-3, 0x02]\n", 1, "domain 0x0002 found a second time" },
    { "apxa: false\ncontrol_domains: [16]\n", 2,
      "control domain 16 found, 0 to 15 expected" },
    { "domains: [[1]]\n", 1, "domains: a list found, a single value expected" },
    { "apmask: 0x03\n", 1,
      "apmask: \"0x03\" found; a list like -5,-0x47 (from all ones) or 0x and "
      "64 hex digits expected" },
    { "masks_written: true\n", 1,
      "masks_written: true found, but both masks are all ones" },
    { "cards: [{id: 3, type: CEX8A}]\nhardware:\n  cards:\n"
      "    - {id: 3, type: CEX8C}\n  domains: []\n  control_domains: []\n",
      4, "type: CEX8C found, but card 0x03 is a CEX8A" },
    { "hardware:\n  cards: []\n", 2, "key \"domains\" missing" },
    { "cards: [{id: 3}]\ndomains: [1]\nqueues:\n"
      "  - {adapters: [3], domains: [1-2], driver: unbound}\n",
      4, "driver of 03.0002 found, a queue of the host expected" },
    { "cards: [{id: 3}]\ndomains: [1]\nqueues:\n"
      "  - {adapters: [3], domains: [1], driver: vfio-ap}\n",
      4, "driver: \"vfio-ap\" found, unbound, vfio_ap or cex4queue expected" },
    { "queues:\n  - {adapters: [3], domains: [1], state: checkstopped}\n"
      "  - {adapters: [0-3], domains: [1], state: configured}\n",
      3, "state of 03.0001 found a second time" },
    { "cards: [{id: 3}]\ndomains: [1]\nqueues:\n"
      "  - adapters: [3]\n    domains: [1]\n    last_reset: 1\n",
      6, "last_reset found, but vfio_ap does not have 03.0001" },
    { "kernel: 6.12\ncards: [{id: 3}]\ndomains: [1]\nqueues:\n"
      "  - {adapters: [3], domains: [1], driver_override: vfio_ap}\n",
      5, "driver_override found, but kernel 6.12 has none" },
    { "queues:\n  - {adapters: [3], domains: [], state: configured}\n", 2,
      "no queue found, adapters and domains expected" },
    { "mdevs:\n  - {name: a}\n  - {name: b}\n  - {name: a}\n", 4,
      "mdev a found a second time" },
    { "mdevs:\n  - name: a\n    adapters: [5]\n    domains: [1, 0x47]\n"
      "  - name: b\n    adapters: [4-6]\n    domains: [0x47]\n",
      5, "queue 05.0047 of a found in b as well" },
    { "mdevs:\n  - {name: a, guest: k}\n  - name: b\n    guest: k\n", 4,
      "guest: k found, but it has mdev a" },
    { "mdevs:\n  - {name: a/b}\n", 2,
      "name: \"a/b\" found, that of a directory expected" },
    { "mdevs:\n  - {name: \"a\\e[2J\"}\n", 2,
      "name: \"a?[2J\" found, that of a directory expected" },
    { "mdevs:\n  - {name: ..}\n", 2,
      "name: \"..\" found, that of a directory expected" },
    { "mdevs:\n  - {name: \"\"}\n", 2,
      "name: nothing found, a value "
      "expected" },
    { "mdevs:\n  - {name: a,\n     guest_matrix: {}}\n", 3,
      "guest_matrix found, but rule state works it out; remove it" },
    { "rule: fcfs\nmdevs:\n  - {name: a, apcb: {}}\n", 3,
      "apcb found, but no guest that has it" },
    { "mdevs:\n  - {name: a, adapters: [256]}\n", 2,
      "adapter 256 found, 0 to 255 expected" },
    { "rule: &a state\n", 1, "anchor &a found; this file has none" },
    { "rule: state\nkernel: *a\n", 2, "alias *a found; this file has none" },
    { "rule: !!str state\n", 1,
      "tag tag:yaml.org,2002:str found; this file has none" },
    { "rule: state\n---\nrule: state\n", 2,
      "a second document found, one expected" },
    { "rule: state\nmdevs: [\n", 3,
      "not YAML: did not find expected node content" },
    { "rule: state\nkernel\n", 3, "not YAML: could not find expected ':'" },
    { "rule: \"\\0\"\n", 1, "rule: a NUL byte found, text expected" },
    { "rule: state\nx: \xff\n", 2, "not YAML: invalid leading UTF-8 octet" },
    { "? [rule]\n: state\n", 1, "a key found that is no word" },
    { "cards: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n", 1,
      "cards: a list found, a mapping, like {key: value}, expected" },
    { "a\n\nb: \x07\n", 3, "not YAML: control characters are not allowed" },
    { "rule: a\n\n  b\n", 1,
      "rule: \"a?b\" found, state, linux-7.2, linux-6.12 or fcfs expected" },
    { "{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{\n", 1,
      "a key found that is no word" },
};

TEST(what_is_wrong_is_said_with_its_line)
{
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct host *host = NULL;
        struct hostfile_error error;

        test_note("%s", wrong[i].text);
        CHECK_INT(
            hostfile_parse(wrong[i].text, strlen(wrong[i].text), &host, &error),
            1);
        CHECK_STR(error.text, wrong[i].error);
        CHECK_INT(error.line, wrong[i].line);
        CHECK(host == NULL);
    }
}

/* Linux' bus takes a highest id of 0 for none told, its vfio_ap for 0. */
TEST(a_highest_id_of_0_is_the_mdevs_only)
{
    AUTO(host_done)
    struct host *host = parsed("highest_adapter: 0\nhighest_domain: 0\n"
                               "cards: [{id: 3}]\ndomains: [0, 5]\n"
                               "mdevs: [{name: a}]\n");
    struct hostfile_error error;
    struct host *other = NULL;
    struct vap_request assign = { .op = VAP_ASSIGN_ADAPTER,
                                  .mdev = host_mdev(host, "a"),
                                  .id = 3 };

    check_round_trip(host);
    CHECK_INT(vap_config_bus_adapter(&host->engine->bus.config), 63);
    CHECK_INT(vap_config_bus_domain(&host->engine->bus.config), 15);
    CHECK(vap_mask_has(&host->engine->row[3].present, 5));
    CHECK_INT(host_do(host, &assign, NULL), VAP_NO_SUCH_ID);
    CHECK(hostfile_parse("highest_adapter: 0\ncards: [{id: 64}]\n", 39, &other,
                         &error) != 0);
    CHECK(hostfile_parse("highest_adapter: 0\nmdevs: [{name: a, "
                         "adapters: [3]}]\n",
                         53, &other, &error) != 0);
}

TEST(a_NUL_byte_is_found_in_its_line)
{
    static const char text[] = "rule: state\n# \0\n";
    struct host *host = NULL;
    struct hostfile_error error;

    CHECK_INT(hostfile_parse(text, sizeof(text) - 1, &host, &error), 1);
    CHECK_STR(error.text, "a NUL byte found, text expected");
    CHECK_INT(error.line, 2);
}

TEST(a_file_too_large_is_not_looked_at)
{
    AUTO(free_done) char *text = calloc(1, HOSTFILE_MAX + 1);
    struct host *host = NULL;
    struct hostfile_error error;

    if (!text)
        FAIL("out of memory");
    CHECK_INT(hostfile_parse(text, HOSTFILE_MAX + 1, &host, &error), 1);
    CHECK_STR(error.text, "more than 16 MiB found, a host expected");
    CHECK_INT(error.line, 0);
}

/* Of one character: refused before it costs much. */
TEST(garbage_of_any_size_is_refused)
{
    static const size_t sizes[] = { 1 << 16, 1 << 18, 1 << 20 };
    static const char kinds[] = "{[-?:&*!|>'\"%@` a#\n\xff";
    AUTO(free_done) char *text = malloc(HOSTFILE_MAX + 1);

    if (!text)
        FAIL("out of memory");
    for (const char *c = kinds; *c; c++) {
        size_t size = sizes[(size_t)(c - kinds) % 3];
        struct host *host = NULL;
        struct hostfile_error error;

        test_note("%zu times '%c'", size, *c);
        memset(text, *c, size);
        CHECK_INT(hostfile_parse(text, size, &host, &error), 1);
        CHECK(*error.text != '\0');
    }
}

TEST(what_is_no_file_is_not_read)
{
    struct host *host = NULL;
    struct hostfile_error error;

    CHECK_INT(hostfile_load("/nowhere/at/all", &host, &error), -ENOENT);
    CHECK_STR(error.text, "No such file or directory");
    CHECK_INT(hostfile_load("/", &host, &error), -EINVAL);
    CHECK_STR(error.text, "is not a regular file");
    CHECK_INT(hostfile_load("/dev/zero", &host, &error), -EINVAL);
    CHECK(host == NULL);
}

TEST(a_pipe_that_nobody_writes_is_not_waited_for)
{
    char path[] = "/tmp/vap-hostfile-XXXXXX";
    struct host *host = NULL;
    struct hostfile_error error;

    CHECK(mkdtemp(path) != NULL);
    char pipe[sizeof(path) + 8];
    (void)snprintf(pipe, sizeof(pipe), "%s/pipe", path);
    CHECK_INT(mkfifo(pipe, 0600), 0);
    int r = hostfile_load(pipe, &host, &error);
    (void)unlink(pipe);
    (void)rmdir(path);
    CHECK_INT(r, -EINVAL);
}

TEST(names_of_any_sort_are_read_back)
{
    static const char *const names[] = {
        "a",
        "on",
        "NULL",
        "007",
        "1e5",
        "~",
        "- x",
        "a: b",
        " a ",
        "#",
        "\"'\\",
        "k\xc3\xa9",
        "\xf0\x9f\x98\x80",
        "\xc2\x85 \xe2\x80\xa8 \xef\xbb\xbf",
        "\x1b[2J",
        "62177883-f1bb-47f0-914d-32a22e3a8804",
        "line\nbreak\ttab",
    };
    AUTO(host_done) struct host *host = NULL;
    struct vap_request r = { .op = VAP_CREATE };

    CHECK_INT(hostfile_builtin(&host), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char mdev[8];

        (void)snprintf(mdev, sizeof(mdev), "m%zu", i);
        r = (struct vap_request){ VAP_CREATE, .mdev = host_slot(host, mdev) };
        CHECK_INT(host_do(host, &r, NULL), VAP_OK);
        r.op = VAP_OPEN_MDEV;
        r.vm = host_vm(host, names[i]);
        CHECK_INT(host_do(host, &r, NULL), VAP_OK);
    }
    check_round_trip(host);
}

/* YAML cannot hold it; the file can be read all the same. */
TEST(a_name_that_is_not_UTF_8_does_not_spoil_the_file)
{
    AUTO(host_done) struct host *host = parsed("mdevs: [{name: a}]\n");
    struct vap_request r = { .op = VAP_OPEN_MDEV, .mdev = 0 };

    r.vm = host_vm(host, "k\xff\xc3 \xed\xa0\x80");
    CHECK_INT(host_do(host, &r, NULL), VAP_OK);
    AUTO(free_done) char *text = hostfile_written(host);
    AUTO(host_done) struct host *again = parsed(text);
    CHECK(!host_equal(host, again));
    check_round_trip(again);
}

TEST(under_a_rule_with_a_past_the_file_knows_better)
{
    AUTO(host_done)
    struct host *host =
        parsed("rule: linux-7.2\ncards: [{id: 0-1}]\ndomains: [0, 1]\n"
               "apmask: -0-255\n"
               "mdevs:\n"
               "  - {name: a, adapters: [0], domains: [0], guest: k}\n"
               "  - name: b\n    adapters: [1]\n    domains: [0, 1]\n"
               "    guest: l\n    guest_matrix: {domains: [1]}\n"
               "    apcb: {adapters: [1]}\n");

    CHECK(vap_mask_has(&host->slots[0].guest.adapters, 0));
    CHECK(vap_mask_has(&host->slots[0].apcb.adapters, 0));
    CHECK(vap_mask_empty(&host->slots[1].guest.adapters));
    CHECK(!vap_mask_has(&host->slots[1].guest.domains, 0));
    CHECK(vap_mask_has(&host->slots[1].apcb.adapters, 1));
    check_round_trip(host);
}

TEST(under_fcfs_a_guest_has_what_it_would_start_with)
{
    AUTO(host_done)
    struct host *host =
        parsed("rule: fcfs\ncards: [{id: 0-1}]\ndomains: [0, 1]\n"
               "apmask: -0-255\n"
               "queues: [{adapters: [1], domains: [1], driver: unbound}]\n"
               "mdevs: [{name: a, adapters: [0-1], domains: [0-1]}]\n");

    CHECK_INT(vap_mask_count(&host->slots[0].guest.adapters), 1);
    CHECK_INT(vap_mask_count(&host->slots[0].guest.domains), 2);
    check_round_trip(host);
}

/* --- hosts at random --- */

static unsigned
small_id(struct test_rng *rng)
{
    return (unsigned)(test_below(rng, 8) ? test_below(rng, 4)
                                         : test_below(rng, VAP_IDS));
}

static struct vap_mask
small_mask(struct test_rng *rng)
{
    struct vap_mask mask = vap_mask_none();

    for (unsigned n = (unsigned)test_below(rng, 5); n; n--)
        vap_mask_add(&mask, small_id(rng));
    return mask;
}

static struct vap_matrix
small_matrix(struct test_rng *rng)
{
    return (struct vap_matrix){ small_mask(rng), small_mask(rng),
                                small_mask(rng) };
}

static struct vap_edit
small_edit(struct test_rng *rng)
{
    return (struct vap_edit){ small_mask(rng), small_mask(rng) };
}

static struct vap_request
any_request(struct test_rng *rng, struct host *host)
{
    static const char *const names[] = { "a", "b", "on", "d d" };
    static const uint8_t codes[] = { 0, 1, 2, 3, 4, 5, 10, 0x35, 0x36, 255 };
    const char *name = names[test_below(rng, 4)];
    struct vap_request r = {
        .op = (enum vap_op)test_below(rng, VAP_OPS),
        .id = small_id(rng),
        .apqn = VAP_APQN(small_id(rng), small_id(rng)),
        .rc = codes[test_below(rng, sizeof(codes))],
        .times = (uint8_t)test_below(rng, 3),
        .matrix = small_matrix(rng),
    };

    r.mdev = host_slot(host, name);
    r.vm = host_vm(host, names[test_below(rng, 4)]);
    r.driver = (uint8_t)host_driver(
        host, (const char *[]){ "", "vfio_ap", "cex4queue", "an other",
                                name }[test_below(rng, 5)]);
    r.edit.adapters = small_edit(rng);
    r.edit.domains = small_edit(rng);
    r.edit.control = small_edit(rng);
    return r;
}

static struct host *
any_host(struct test_rng *rng)
{
    bool apxa = test_below(rng, 4);
    struct host_boot boot = {
        .rule = vap_rules[test_below(rng, vap_n_rules)],
        .kernel = (enum vap_kernel)test_below(rng, VAP_KERNELS),
        .config = { .apxa = apxa,
                    .last_adapter = apxa ? 255 : 63,
                    .last_domain = apxa ? 255 : 15 },
        .apmask = test_below(rng, 2) ? vap_mask_all() : small_mask(rng),
        .aqmask = test_below(rng, 2) ? vap_mask_all() : small_mask(rng),
    };
    struct host *host;

    for (unsigned id = 0; id < 4; id++) {
        vap_mask_add(&boot.config.ids.adapters, id);
        vap_mask_add(&boot.config.ids.domains, id);
    }
    CHECK_INT(host_new(&boot, &host), 0);
    CHECK(host_set_card_type(host, small_id(rng), "CEX7P"));
    return host;
}

TEST(whatever_a_host_has_gone_through_it_is_read_back)
{
    struct test_rng rng = { test_seed() };

    for (int i = 0; i < 30; i++) {
        AUTO(host_done) struct host *host = any_host(&rng);

        for (int step = 0; step < 40; step++) {
            struct vap_request r = any_request(&rng, host);

            (void)host_do(host, &r, NULL);
            if (step % 8 == 7)
                check_round_trip(host);
        }
    }
}

/* Each is a change that host_equal() must notice. */
TEST(hosts_that_differ_are_not_equal)
{
    /* clang-format off */
    static const char *const texts[] = {
        "domains: [1]",
        "domains: [2]",
        "control_domains: [1]",
        "rule: fcfs",
        "kernel: 6.12",
        "cards: [{id: 1}]\ndomains: [1]",
        "cards: [{id: 1, type: CEX8A}]\ndomains: [1]",
        "cards: [{id: 1, state: deconfigured}]\ndomains: [1]",
        "cards: [{id: 1}]\ndomains: [1]\nqueues: [{adapters: [1], domains: [1], driver: unbound}]",
        "cards: [{id: 1}]\ndomains: [1]\nqueues: [{adapters: [1], domains: [1], driver_override: cex4queue}]",
        "apmask: -1",
        "aqmask: -1",
        "aqmask: -1\nmasks_written: true",
        "aqmask: -1\nmasks_written: true\nboot_apmask: -3",
        "boot_aqmask: -0-255",
        "scans: 1",
        "overrides_vanished: 1",
        "drivers_autoprobe: false",
        "highest_adapter: 15",
        "apxa: false",
        "hardware: {cards: [{id: 1}], domains: [], control_domains: []}",
        "queues: [{adapters: [1], domains: [1], fail_test: {rc: 1, times: 1}}]",
        "queues: [{adapters: [1], domains: [1], fail_test: {rc: 2, times: 1}}]",
        "mdevs: [{name: a}]",
        "mdevs: [{name: b}]",
        "mdevs: [{name: a, guest: k}]",
        "mdevs: [{name: a, guest: l}]",
        "mdevs: [{name: a, adapters: [1]}]",
        "mdevs: [{name: a}, {name: b}]",
        "mdevs: [{name: b}, {name: a}]",
    };
    /* clang-format on */
    enum { N = sizeof(texts) / sizeof(texts[0]) };

    struct host *hosts[N];

    for (int i = 0; i < N; i++)
        hosts[i] = parsed(texts[i]);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            test_note("%s\n-- and --\n%s", texts[i], texts[j]);
            CHECK_INT(host_equal(hosts[i], hosts[j]), i == j);
        }
    for (int i = 0; i < N; i++)
        host_free(hosts[i]);
}
