/* SPDX-License-Identifier: MIT */
#include "matrix/host.h"

#include "engine.h"

static struct engine e;

TEST(the_highest_ids_are_qcis_with_apxa_only)
{
    struct vap_config config = { .last_adapter = 5, .last_domain = 200 };

    CHECK_INT(vap_config_last_adapter(&config), 63);
    CHECK_INT(vap_config_last_domain(&config), 15);
    config.apxa = true;
    CHECK_INT(vap_config_last_adapter(&config), 5);
    CHECK_INT(vap_config_last_domain(&config), 200);
    config.last_adapter = 0; /* taken literally */
    CHECK_INT(vap_config_last_adapter(&config), 0);
}

/* apmask and aqmask keep a queue for the host when both have its ids. */
TEST(a_host_comes_up_with_its_queues_bound_as_the_masks_say)
{
    static const struct {
        unsigned apqn;
        enum vap_driver driver;
        bool reserved;
    } rows[] = {
        { 0x0105, VAP_DEFAULT, true },    { 0x0106, VAP_VFIO_AP, false },
        { 0x0205, VAP_VFIO_AP, false },   { 0x0206, VAP_VFIO_AP, false },
        { 0x0107, VAP_NO_DRIVER, true }, /* no such queue, and yet kept */
        { 0x0305, VAP_NO_DRIVER, false },
    };

    engine_start(&e, &(struct engine_boot){ .adapters = "1-2",
                                            .domains = "5-6",
                                            .apmask = "1,9",
                                            .aqmask = "5,7" });
    for (size_t i = 0; i < ROWS(rows); i++) {
        test_note("%04x", rows[i].apqn);
        CHECK_INT(vap_host_driver(&e.host, rows[i].apqn), rows[i].driver);
        CHECK_INT(vap_host_reserves(&e.host, rows[i].apqn), rows[i].reserved);
    }
    for (unsigned apqn = 0; apqn < 65536; apqn++)
        CHECK_INT(vap_mask_has(&e.host.row[apqn >> 8].present, apqn & 255),
                  (apqn >> 8 == 1 || apqn >> 8 == 2) &&
                      ((apqn & 255) == 5 || (apqn & 255) == 6));
}

TEST(a_rule_that_brings_its_kernel_sets_it)
{
    static const struct {
        const char *rule;
        bool on_6_12;
        enum vap_kernel kernel;
    } rows[] = {
        { "state", true, VAP_LINUX_6_12 },
        { "state", false, VAP_LINUX_7_2 },
        { "fcfs", true, VAP_LINUX_6_12 },
        { "fcfs", false, VAP_LINUX_7_2 },
        { "linux-6.12", false, VAP_LINUX_6_12 },
        { "linux-7.2", true, VAP_LINUX_7_2 },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        test_note("%s", rows[i].rule);
        engine_start(&e, &(struct engine_boot){ .rule = rows[i].rule,
                                                .on_6_12 = rows[i].on_6_12 });
        CHECK_INT(e.host.kernel, rows[i].kernel);
        CHECK_STR(e.host.rule->name, rows[i].rule);
    }
}

TEST(the_owner_of_a_queue_has_both_its_ids)
{
    engine_start(&e, &(struct engine_boot){ .adapters = "1-4" });
    CHECK_INT(engine_ask(&e, "create m2"), VAP_OK);
    CHECK_INT(engine_ask(&e, "create m5"), VAP_OK);
    CHECK_INT(engine_ask(&e, "ap_config m2 1-2:5,255:"), VAP_OK);
    CHECK_INT(engine_ask(&e, "ap_config m5 2,3:6:"), VAP_OK);
    CHECK_INT(vap_host_owner(&e.host, 0x0105), 2);
    CHECK_INT(vap_host_owner(&e.host, 0x02ff), 2);
    CHECK_INT(vap_host_owner(&e.host, 0x0206), 5);
    CHECK_INT(vap_host_owner(&e.host, 0x0106), ENGINE_MDEVS);
    CHECK_INT(vap_host_owner(&e.host, 0x0305), ENGINE_MDEVS);
}

TEST(resets_that_answered_0_3_or_4_pass)
{
    for (unsigned rc = 0; rc < 256; rc++)
        CHECK_INT(vap_rc_passes((uint8_t)rc), rc == 0 || rc == 3 || rc == 4);
}

TEST(a_guest_gets_the_adapters_without_a_hole)
{
    static const struct {
        const char *unbound; /* adapter.domain of holes */
        const char *matrix;
        const char *guest;
    } rows[] = {
        { "", "1-3:0-1:0-2", "1-3:0-1:2" },
        { "", "1-9:0-9:9", "1-3:0-1:" }, /* only what the host has */
        { "02.0001", "1-3:0-1:", "1,3:0-1:" },
        { "02.0001", "1-3:0:", "1-3:0:" }, /* that hole is not in it */
        { "01.0000 02.0001 03.0000", "1-3:0-1:", ":0-1:" },
        { "", "1-3::", "1-3::" }, /* no domain, so no hole */
        { "", ":0-1:", ":0-1:" },
        { "", "1-3:7:", "1-3::" },
        { "", "8:0:", ":0:" },
        { "", "::", "::" },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *holes = rows[i].unbound;
        const char *words = rows[i].matrix;
        struct vap_request r = { .op = VAP_UNBIND, .driver = VAP_VFIO_AP };
        struct vap_matrix guest;

        test_note("%s without %s", rows[i].matrix, rows[i].unbound);
        engine_start(&e, &(struct engine_boot){ .adapters = "1-3",
                                                .domains = "0-1",
                                                .control = "2" });
        while (*holes) {
            r.apqn = engine_apqn(&holes);
            CHECK_INT(engine_ask_all(&e, &r, 1), VAP_OK);
        }
        engine_read_config(&words, &r);
        vap_guest_matrix(&e.host, &r.matrix, &guest);
        CHECK_STR(engine_text(&guest), rows[i].guest);
    }
}

/* Queue by queue, as the definition says. */
static bool
whole(const struct vap_matrix *m, unsigned a)
{
    for (unsigned d = 0; d < VAP_IDS; d++)
        if (vap_mask_has(&m->domains, d) &&
            vap_mask_has(&e.host.bus.config.ids.domains, d) &&
            !vap_mask_has(&e.host.row[a].sound, d))
            return false;
    return vap_mask_has(&m->adapters, a) &&
           vap_mask_has(&e.host.bus.config.ids.adapters, a);
}

static struct vap_mask
random_mask(struct test_rng *rng, unsigned of_16)
{
    struct vap_mask m = vap_mask_none();

    for (unsigned id = 0; id < VAP_IDS; id++)
        if (test_below(rng, 16) < of_16)
            vap_mask_add(&m, id);
    return m;
}

TEST(the_guest_matrix_is_that_of_a_loop_over_queues)
{
    struct test_rng rng = { test_seed() };

    engine_start(&e, &(struct engine_boot){ 0 });
    for (int i = 0; i < 100; i++) {
        struct vap_matrix *ids = &e.host.bus.config.ids;
        struct vap_matrix m = { random_mask(&rng, 9), random_mask(&rng, 2),
                                random_mask(&rng, 8) };
        struct vap_matrix guest;

        ids->adapters = random_mask(&rng, 14);
        ids->domains = random_mask(&rng, 12);
        for (unsigned a = 0; a < VAP_IDS; a++)
            e.host.row[a].sound =
                test_below(&rng, 4) ? vap_mask_all() : random_mask(&rng, 15);
        vap_guest_matrix(&e.host, &m, &guest);
        for (unsigned a = 0; a < VAP_IDS; a++)
            CHECK_INT(vap_mask_has(&guest.adapters, a), whole(&m, a));
    }
}
