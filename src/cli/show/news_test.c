/* SPDX-License-Identifier: MIT */
#include "cli/show/news.h"

#include "base/auto.h"
#include "host/change_words.h"
#include "parsed.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define HOST                                                                   \
    "cards: [{id: 3}, {id: 5}]\ndomains: [4, 71]\naqmask: -71\n"               \
    "control_domains: [4]\n"                                                   \
    "mdevs: [{name: web, adapters: [3, 5], domains: [71], guest: vm}]\n"

static const struct {
    const char *change; /* NULL: none */
    const char *news;
} rows[] = {
    { NULL, "" },
    { "aqmask -4", "> aqmask -0004\n"
                   "> 03.0004 to vfio_ap, for guests\n"
                   "> 05.0004 to vfio_ap, for guests\n" },
    { "unbind vfio_ap 05.0047",
      "> 05.0047 unbound\n"
      "> web guest matrix 2 -> 1 queues: 03 x 0047\n" },
    { "adapter 3 leaves", "> host adapters -03\n"
                          "> 03.0004,0047 gone\n"
                          "> web guest matrix 2 -> 1 queues: 05 x 0047\n" },
    { "adapter 7 comes", "> host adapters +07\n"
                         "> 07.0004 to cex4queue, for the host\n"
                         "> 07.0047 to vfio_ap, for guests\n" },
    { "card 5 checkstop", "> 05.0004,0047 checkstopped\n" },
    { "create new", "> new created\n" },
    { "web/assign_control_domain 4",
      "> web is assigned 03,05 x 0047, control 0004\n"
      "> web guest matrix 2 queues: 03,05 x 0047, control 0004\n" },
    { "close web", "> web let go by its guest\n" },
};

TEST(what_has_changed_is_told_a_line_each)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(host_done) struct host *was = parsed(HOST);
        AUTO(host_done) struct host *is = parsed(HOST);
        AUTO(free_done) char *text = NULL;
        char error[CHANGE_WORDS_ERROR];
        struct vap_request r;
        size_t n;
        FILE *f = open_memstream(&text, &n);
        unsigned lines = 0;

        CHECK(f);
        test_note("%s", rows[i].change ? rows[i].change : "nothing");
        if (rows[i].change) {
            CHECK_INT(change_words_read(is, rows[i].change, &r, error), 0);
            CHECK_INT(host_do(is, &r, NULL), VAP_OK);
        }
        for (const char *c = rows[i].news; *c; c++)
            lines += *c == '\n';
        CHECK_INT(news_put(f, "> ", was, is), lines);
        CHECK(fclose(f) == 0);
        CHECK_STR(text, rows[i].news);
    }
}
