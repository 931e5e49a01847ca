/* SPDX-License-Identifier: MIT */
/* The end of the demo: a real Linux, which is told by one pipe what to do and
 * answers by another; or, where there is none, a guest of software. */
#include "cli/demo/demo.h"

#include "base/auto.h"
#include "cli/frame/cli.h"
#include "cli/lab/lab_page.h"
#include "run/machine.h"

#include <stdio.h>

#define WEB "62177883-f1bb-47f0-914d-32a22e3a8804"

/* on and inside show a command and do it, on the host and in the guest. What
 * the guest says ends with a line that is only "=". until_it lets the guest
 * look until something holds, for ten seconds at most. */
static const char start[] =
    "exec </dev/null\n"
    "web=" WEB "; dir=$(mktemp -d)\n"
    "trap 'rm -rf $dir' EXIT\n"
    "vap() { \"$0\" \"$@\"; }\n"
    "on() { echo \"  host#  $1\"; eval \"$1\" >$dir/said 2>&1\n"
    "    sed 's/^/  /' $dir/said; }\n"
    "tell() { echo \"$1; echo =\" >&3\n"
    "    while read -r l <&4 && [ \"$l\" != = ]; do echo \"  $l\"; done; }\n"
    "inside() { echo \"  guest# $1\"; tell \"$1 2>&1\"; }\n"
    "until_it() { tell \"n=0; until [ \\$n = 100 ] || $1; do\n"
    "    n=\\$((n+1)); usleep 100000; done\"; }\n"
    "queue=/sys/bus/ap/devices/03.0047\n"
    "on 'mdevctl define -u $web -p matrix -t vfio_ap-passthrough'\n";

static const char boot[] =
    "on 'mdevctl start -u $web'\n"
    "mkfifo $dir/in $dir/out\n"
    "echo '  host#  vap guest --linux --again --as web'\n"
    "vap guest --linux --again --as web --mdev $web -- sh <$dir/in >$dir/out "
    "2>$dir/err &\n"
    "exec 3>$dir/in 4<$dir/out\n"
    "tell true\n"
    "inside 'uname -srm'\n"
    "inside lszcrypt\n"
    "on 'mdevctl stop -u $web'\n";

static const char assign[] =
    "on 'mdevctl modify -u $web --addattr assign_adapter --value 3'\n"
    "on 'mdevctl modify -u $web --addattr assign_domain --value 0x47'\n"
    "on 'mdevctl start -u $web'\n";

static const char uses[] =
    "until_it \"[ -e $queue/driver ]\"\n"
    "inside lszcrypt\n"
    "inside 'openssl genrsa -out key 1024'\n"
    "inside 'uname -a >letter'\n"
    "inside 'openssl dgst -engine ibmca -sign key -out signature letter'\n"
    "inside 'openssl dgst -prverify key -signature signature letter'\n"
    "inside lszcrypt\n"
    "on 'vap host adapter remove 3'\n"
    "until_it \"[ ! -e $queue ]\"\n"
    "inside lszcrypt\n"
    "on 'vap host adapter add 3'\n"
    "until_it \"[ -e $queue/driver ]\"\n"
    "inside lszcrypt\n"
    "kill $!; cat $dir/err >&2\n";

static const char software[] = "on 'vap guest --mdev $web list'\n"
                               "on 'vap guest --mdev $web run'\n";

static const char real_words[] =
    "Linux for s390x in QEMU, both as they come from Debian. What is written "
    "on the host shows in the guest milliseconds later. Its OpenSSL, with "
    "IBM's engine, signs by a card of the host, which lszcrypt counts, and "
    "checks that by itself.";

static const char software_words[] =
    "A program that takes the mdev as a virtual machine would, sends requests "
    "to its queue and checks the answers against libcrypto.";

int
demo_guest(size_t i)
{
    AUTO(lab_page_done) struct lab_page page;
    AUTO(free_done) char *script = NULL;
    const char *lack = machine_lack();

    lab_page_init(&page, stdout);
    lab_head(&page, i, lack ? "A guest of software" : "A guest that is real",
             lack ? software_words : real_words);
    if (lack)
        (void)printf("  Not a real Linux: %s.\n", lack);
    return asprintf(&script, "%s%s%s%s", start, lack ? "" : boot, assign,
                    lack ? software : uses) < 0
               ? CLI_FAILED
               : demo_play(script, NULL);
}
