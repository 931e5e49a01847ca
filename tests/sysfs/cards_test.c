/* SPDX-License-Identifier: MIT */
/* What only a card can tell: its numbers, its modes, its master keys. */
#include "sysfs/kernels.h"

#define OP_MODES "FIPS2009 BSI2009 FIPS2011 BSI2011 BSICC2017\n"

static struct server server;

/* The first bytes of SHA-256 of "vap AES 71" and its kin: `printf 'vap AES 71'
 * | sha256sum`. What a guest is told by the card is what the tree shows. */
TEST(a_coprocessor_of_the_hosts_own_shows_its_master_keys)
{
    if (!kernels_start(&server, NEW))
        return;
    CHECK_INT(tree_write(&server, "bus/ap/apmask", "+5,+10"), 0);
    CHECK_INT(tree_write(&server, "bus/ap/aqmask", "+71"), 0);
    CHECK_STR(tree_read(&server, CARD5 "05.0047/mkvps"),
              "AES NEW: empty 0x0000000000000000\n"
              "AES CUR: valid 0xaf05a9df7aad7d33\n"
              "AES OLD: invalid 0x0000000000000000\n"
              "APKA NEW: empty 0x0000000000000000\n"
              "APKA CUR: valid 0x12d083771f76f31e\n"
              "APKA OLD: invalid 0x0000000000000000\n"
              "ASYM NEW: empty 0x00000000000000000000000000000000\n"
              "ASYM CUR: valid 0x64356caa0efa69588a886122555559e5\n"
              "ASYM OLD: invalid 0x00000000000000000000000000000000\n");
    CHECK_STR(tree_read(&server, CARDA "0a.0047/mkvps"),
              "WK CUR: valid 0x9e884783c0d3921d14c7e04bebdc706d44f215325474c5ee"
              "c5460213215b1be0\n"
              "WK NEW: empty -\n");
    server_stop(&server);
}

#define CCA_UNKNOWN                                                            \
    "AES NEW: - -\nAES CUR: - -\nAES OLD: - -\n"                               \
    "APKA NEW: - -\nAPKA CUR: - -\nAPKA OLD: - -\n"                            \
    "ASYM NEW: - -\nASYM CUR: - -\nASYM OLD: - -\n"

static const struct {
    const char *file;
    const char *told;
    const char *untold;
} of_the_card[] = {
    { CARD5 "serialnr", "VAP00005\n", "\n" },
    { CARD5 "05.0047/mkvps", NULL, CCA_UNKNOWN },
    { CARDA "serialnr", "VAP0000A        \n", "\n" },
    { CARDA "API_ordinalnr", "6\n", "\n" },
    { CARDA "FW_version", "8.0\n", "\n" },
    { CARDA "op_modes", OP_MODES, "\n" },
    { CARDA "0a.0047/op_modes", OP_MODES, "\n" },
    { CARDA "0a.0047/mkvps", NULL, "WK CUR: - -\nWK NEW: - -\n" },
};

static void
check_told(bool told)
{
    for (size_t i = 0; i < ROWS(of_the_card); i++) {
        const char *text = tree_read(&server, of_the_card[i].file);

        test_note("%s", of_the_card[i].file);
        if (!told || of_the_card[i].told)
            CHECK_STR(text, told ? of_the_card[i].told : of_the_card[i].untold);
        else
            CHECK(strstr(text, "CUR: valid 0x"));
    }
}

/* Each of them alone is enough. */
TEST(what_only_a_card_knows_is_unknown_while_it_cannot_be_asked)
{
    static const struct {
        const char *file[2];
        const char *off;
        const char *on;
    } rows[] = {
        { { CARD5 "online", CARDA "online" }, "0", "1" },
        { { CARD5 "config", CARDA "config" }, "0", "1" },
        { { CARD5 "05.0047/online", CARDA "0a.0047/online" }, "0", "1" },
    };

    if (!kernels_start(&server, NEW))
        return;
    CHECK_INT(tree_write(&server, BUS "apmask", "+5,+10"), 0);
    CHECK_INT(tree_write(&server, BUS "aqmask", "-4,+71"), 0);
    check_told(true);
    for (size_t i = 0; i < ROWS(rows); i++) {
        for (int n = 0; n < 2; n++)
            CHECK_INT(tree_write(&server, rows[i].file[n], rows[i].off), 0);
        check_told(false);
        for (int n = 0; n < 2; n++)
            CHECK_INT(tree_write(&server, rows[i].file[n], rows[i].on), 0);
        check_told(true);
    }
    for (unsigned a = 5; a <= 10; a += 5)
        CHECK_INT(server_ask_engine(
                      &server,
                      &(struct vap_request){ .op = VAP_CARD_STATE,
                                             .id = a,
                                             .rc = VAP_RC_CHECKSTOPPED },
                      NULL),
                  0);
    check_told(false);
    server_stop(&server);
}

/* The device is there until the bus scans again, and TAPQ finds nothing. */
TEST(a_queue_that_is_not_available_has_no_functions)
{
    struct vap_request leave = { .op = VAP_HARDWARE };

    if (!kernels_start(&server, NEW))
        return;
    CHECK_STR(tree_read(&server, CARD5 "05.0047/ap_functions"), "0x92000000\n");
    leave.edit.adapters.clear = vap_mask_one(5);
    CHECK_INT(server_ask_engine(&server, &leave, NULL), 0);
    CHECK_STR(tree_read(&server, CARD5 "05.0047/ap_functions"), "0x00000000\n");
    CHECK_STR(tree_read(&server, CARD5 "ap_functions"), "0x92000000\n");
    server_stop(&server);
}
