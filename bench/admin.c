/* SPDX-License-Identifier: MIT */
/* What an administrator waits for: a command about a large host, from its
 * capture, beside reading that capture alone. */
#include "bench/bench.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/cli.h"
#include "observe/hostfile.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/** A command, and the capture it is about. */
struct question {
    const struct cli_command *command;
    char file[64];
    char *operand; /* behind the file; NULL: none */
    int status;
};

enum { BLOCK = 8, MDEVS = 1000, HOLES = 10 };

/* 256 x 256, 1,000 mdevs of 8 x 8, a hundred of which have a hole, under
 * Linux's rule. */
static void
write_host(FILE *f)
{
    unsigned row = VAP_IDS / BLOCK;

    (void)fputs("rule: linux-7.2\ncards: [{id: 0-255}]\ndomains: [0-255]\n"
                "control_domains: [0-255]\naqmask: -0-255\nqueues:\n",
                f);
    for (unsigned i = 0; i < MDEVS; i += HOLES)
        (void)fprintf(f,
                      "  - {adapters: [%u], domains: [%u], driver: unbound}\n",
                      i / row * BLOCK, i % row * BLOCK);
    (void)fputs("mdevs:\n", f);
    for (unsigned i = 0; i < MDEVS; i++) {
        unsigned a = i / row * BLOCK;
        unsigned d = i % row * BLOCK;

        (void)fprintf(f,
                      "  - {name: 62177883-f1bb-47f0-914d-%012x, adapters: "
                      "[%u-%u], domains: [%u-%u], guest: g%u}\n",
                      i, a, a + BLOCK - 1, d, d + BLOCK - 1, i);
    }
}

static int
make_capture(struct question *q)
{
    int fd;
    FILE *f;

    (void)snprintf(q->file, sizeof(q->file), "/tmp/vap-bench-XXXXXX.yaml");
    fd = mkostemps(q->file, 5, O_CLOEXEC);
    f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f)
        return -errno;
    write_host(f);
    return fclose(f) ? -errno : 0;
}

static void
question_done(struct question *q)
{
    (void)unlink(q->file);
}

static void
ask(void *self)
{
    struct question *q = self;
    char *operands[] = { q->file, q->operand };
    struct cli_args args = { .command = q->command,
                             .n_operands = q->operand ? 2 : 1,
                             .operands = operands };

    q->status = q->command->run(&args);
}

static void
read_alone(void *self)
{
    struct question *q = self;
    AUTO(host_done) struct host *host = NULL;
    struct hostfile_error error;

    q->status = hostfile_load(q->file, &host, &error);
}

/* What it prints goes nowhere meanwhile. */
static int
ask_quietly(struct question *q, const struct measure_limits *limits,
            struct measured *ns)
{
    AUTO(fd_done) int out = dup(STDOUT_FILENO);
    AUTO(fd_done) int none = open("/dev/null", O_WRONLY | O_CLOEXEC);

    (void)fflush(stdout);
    if (out < 0 || none < 0 || dup2(none, STDOUT_FILENO) < 0)
        return -errno;
    measure(&(struct measure_work){ ask, NULL, q }, limits, ns);
    (void)fflush(stdout);
    return dup2(out, STDOUT_FILENO) < 0 ? -errno : 0;
}

int
bench_admin(const struct bench *bench, const struct measure_limits *limits,
            struct bench_result *result)
{
    static char change[] = "aqmask=+1";
    AUTO(question_done) struct question q = { .command = bench->argument };
    struct measured ns = { 0 };
    int r = make_capture(&q);

    if (q.command == &cli_what_if)
        q.operand = change;
    if (!r)
        r = ask_quietly(&q, limits, &ns);
    if (r)
        return r;
    if (q.status > CLI_REFUSED) {
        say_error("%s: vap %s ended with status %d", bench->key,
                  q.command->name, q.status);
        return 1;
    }
    result->own = measured_scaled(ns, 1e-6);
    measure(&(struct measure_work){ read_alone, NULL, &q }, limits, &ns);
    result->beside = measured_scaled(ns, 1e-6);
    return q.status ? -EIO : 0;
}
