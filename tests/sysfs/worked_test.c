/* SPDX-License-Identifier: MIT */
/* The worked examples of the kernel's filter, by reading and writing files:
 * what the kernel shows, and what the rule `state` shows instead. */
#include "sysfs/tree.h"

#include "host/words.h"
#include "matrix/mask.h"

#define U TREE_MATRIX TREE_U "/"
#define V TREE_MATRIX TREE_V "/"
#define BUS "bus/ap/"
#define UNBIND BUS "drivers/vfio_ap/unbind"
#define CLEAR_MATRIX "0x,0x,0x\n"

/** Text written to a file, or an event of the host's: file is its name. */
struct step {
    const char *file;
    const char *text;
    int error;
    const char *matrix; /* of U, lines parted by blanks; NULL: as before */
    const char *linux; /* guest_matrix under linux-7.2; NULL: as before */
    const char *state; /* under state, NULL: the same */
};

static struct server server;

static bool
start(const char *rule)
{
    struct server_options options = {
        .rule = rule,
        .adapters = "0-1",
        .domains = "5-6",
        .control = "5-6",
        .apmask = "0-255",
        .aqmask = "0-4,7-255",
        .last_adapter = 15,
        .last_domain = 84,
    };

    if (!server_start_or_skip(&server, &options))
        return false;
    CHECK_INT(tree_write(&server, TREE_TYPE "create", TREE_U), 0);
    return true;
}

static const char *
lines(const char *file)
{
    static char text[8192];
    size_t n;

    (void)snprintf(text, sizeof(text), "%s", tree_read(&server, file));
    n = strlen(text);
    for (size_t i = 0; i < n; i++)
        if (text[i] == '\n')
            text[i] = i + 1 < n ? ' ' : '\0';
    return text;
}

/* "domains -6": the console takes domain 6 away, and the bus sees it. */
static int
happen(const struct step *s)
{
    struct vap_request r = { .op = VAP_HOST };
    struct vap_mask ids;
    struct vap_edit *edit =
        strcmp(s->file, "domains") == 0 ? &r.edit.domains : &r.edit.control;

    CHECK_INT(words_set(s->text + 1, &ids), VAP_OK);
    if (*s->text == '-')
        edit->clear = ids;
    else
        edit->set = ids;
    return server_ask_engine(&server, &r, NULL);
}

static int
open_guest(void)
{
    struct vap_request r = { .op = VAP_OPEN_MDEV, .vm = 1 };

    return server_ask_engine(&server, &r, TREE_U);
}

static int
take(const struct step *s)
{
    char config[8192];

    if (strcmp(s->file, "domains") == 0 || strcmp(s->file, "control") == 0)
        return happen(s);
    if (strcmp(s->file, "guest") == 0)
        return open_guest();
    if (s->text)
        return tree_write(&server, s->file, s->text);
    /* what it says is written back */
    (void)snprintf(config, sizeof(config), "%s", tree_read(&server, s->file));
    return tree_write(&server, s->file, config);
}

static void
play(const struct step *steps, size_t n)
{
    static const char *const rules[] = { "linux-7.2", "state" };

    for (int rule = 0; rule < 2; rule++) {
        char matrix[4096] = "";
        char guest[4096] = "";

        if (!start(rules[rule]))
            return;
        for (size_t i = 0; i < n; i++) {
            const struct step *s = &steps[i];
            const char *now = rule == 1 && s->state ? s->state : s->linux;

            test_note("%s, step %zu: \"%s\" to %s", rules[rule], i + 1,
                      s->text ? s->text : "what it says", s->file);
            CHECK_INT(take(s), s->error);
            if (s->matrix)
                (void)snprintf(matrix, sizeof(matrix), "%s", s->matrix);
            if (now)
                (void)snprintf(guest, sizeof(guest), "%s", now);
            CHECK_STR(lines(U "matrix"), matrix);
            CHECK_STR(lines(U "guest_matrix"), guest);
        }
        server_stop(&server);
    }
}

#define PLAY(steps) play(steps, ROWS(steps))

TEST(t1_assignments_are_checked_in_order)
{
    static const struct step steps[] = {
        { U "assign_adapter", "0", 0, "00.", "00.", "" },
        { U "assign_domain", "5", 0, "00.0005", "00.0005", NULL },
        { U "assign_adapter", "2", 0, "00.0005 02.0005", NULL, NULL },
        { U "assign_adapter", "16", ENODEV, NULL, NULL, NULL },
        { U "assign_domain", "0x55", ENODEV, NULL, NULL, NULL },
        { U "assign_domain", "7", EADDRNOTAVAIL, NULL, NULL, NULL },
        { U "assign_domain", "5", 0, NULL, NULL, NULL },
        { U "assign_domain", "5x", EINVAL, NULL, NULL, NULL },
        { U "assign_domain", "-5", EINVAL, NULL, NULL, NULL },
        { U "assign_domain", "\n", EINVAL, NULL, NULL, NULL },
        { TREE_TYPE "create", TREE_V, 0, NULL, NULL, NULL },
        { V "assign_adapter", "0", 0, NULL, NULL, NULL },
        { V "assign_domain", "5", EADDRINUSE, NULL, NULL, NULL },
        { BUS "aqmask", "+5", EBUSY, NULL, NULL, NULL },
    };

    PLAY(steps);
}

#define ALL_FOUR "00.0005 00.0006 01.0005 01.0006"

TEST(t2_unassigning_a_domain_does_not_filter_again)
{
    static const struct step steps[] = {
        { U "ap_config", "0xc,0x06,\n", 0, ALL_FOUR, ALL_FOUR, NULL },
        { UNBIND, "01.0006", 0, NULL, "00.0005 00.0006", NULL },
        { U "unassign_domain", "6", 0, "00.0005 01.0005", "00.0005",
          "00.0005 01.0005" },
        { U "assign_domain", "5", 0, NULL, "00.0005", "00.0005 01.0005" },
        { U "ap_config", NULL, 0, NULL, "00.0005 01.0005", NULL },
    };

    PLAY(steps);
}

TEST(t3_a_domain_bound_nowhere_takes_every_adapter_away)
{
    static const struct step steps[] = {
        { U "assign_adapter", "0", 0, "00.", "00.", "" },
        { U "assign_adapter", "1", 0, "00. 01.", "00. 01.", "" },
        { U "assign_domain", "5", 0, "00.0005 01.0005", "00.0005 01.0005",
          NULL },
        { UNBIND, "00.0006", 0, NULL, NULL, NULL },
        { UNBIND, "01.0006", 0, NULL, NULL, NULL },
        { U "assign_domain", "6", 0, ALL_FOUR, ".0005 .0006", "" },
    };

    PLAY(steps);
}

TEST(t4_a_domain_that_the_host_loses_and_regains)
{
    static const struct step steps[] = {
        { U "ap_config", "0xc,0x06,\n", 0, ALL_FOUR, ALL_FOUR, NULL },
        { UNBIND, "01.0006", 0, NULL, "00.0005 00.0006", NULL },
        { "domains", "-6", 0, NULL, "00.0005", "00.0005 01.0005" },
        { "domains", "+6", 0, NULL, ALL_FOUR, NULL },
    };

    PLAY(steps);
}

TEST(t5_a_control_domain_that_the_host_loses)
{
    static const struct step steps[] = {
        { U "assign_control_domain", "6", 0, NULL, NULL, NULL },
        { "control", "-6", 0, NULL, NULL, NULL },
    };

    if (!start("state"))
        return;
    CHECK_INT(take(&steps[0]), 0);
    CHECK_STR(lines(U "control_domains"), "0006");
    CHECK_INT(take(&steps[1]), 0);
    CHECK_STR(lines(U "control_domains"), "0006");
    server_stop(&server);
}

TEST(t6_a_running_guest_is_not_told_of_config)
{
    static const struct step steps[] = {
        { U "assign_adapter", "0", 0, "00.", "00.", "" },
        { U "assign_domain", "5", 0, "00.0005", "00.0005", NULL },
        { "guest", "", 0, NULL, NULL, NULL },
        { "devices/ap/card00/config", "0", 0, NULL, NULL, NULL },
        { BUS "scans", "1", 0, NULL, NULL, NULL },
    };

    for (int rule = 0; rule < 2; rule++) {
        if (!start(rule ? "state" : "linux-7.2"))
            return;
        for (size_t i = 0; i < ROWS(steps); i++)
            CHECK_INT(take(&steps[i]), 0);
        CHECK_STR(lines("devices/ap/card00/00.0005/config"), "0");
        CHECK_STR(lines(U "guest_matrix"), "00.0005");
        CHECK_STR(lines("devices/ap/card00/00.0005/status"), "in use");
        CHECK_STR(lines("devices/ap/card00/00.0006/status"), "unassigned");
        server_stop(&server);
    }
}

TEST(t7_two_masks_are_enough_for_ap_config)
{
    static const struct step steps[] = {
        { U "assign_control_domain", "6", 0, NULL, NULL, NULL },
        { U "ap_config", "0x08,0x04\n", 0, "04.0005", ".0005", "" },
    };

    PLAY(steps);
}

TEST(t8_ap_config_looks_at_reservations_first)
{
    static const struct step steps[] = {
        { U "ap_config", "0x00008,0x01,\n", EADDRNOTAVAIL, NULL, NULL, NULL },
        { U "ap_config", "0x00008,0x04,\n", ENODEV, NULL, NULL, NULL },
        { U "assign_adapter", "16", ENODEV, NULL, NULL, NULL },
    };

    PLAY(steps);
}
