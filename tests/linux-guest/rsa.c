/* SPDX-License-Identifier: MIT */
/* rsa [SECONDS]: in the guest. Each line of stdin is one of vectors.c's; its
 * three ways to be calculated go through /dev/z90crypt, once, or for so many
 * seconds again and again. A request that is refused is counted, and so is an
 * answer that is not libcrypto's:
 *
 *     right 15, refused 0, wrong 0
 *
 * It is compiled for s390x, and for this machine only to be looked at.
 *
 * Source   Linux arch/s390/include/uapi/asm/zcrypt.h */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#define ICARSAMODEXPO _IOC(_IOC_READ | _IOC_WRITE, 'z', 0x05, 0)
#define ICARSACRT _IOC(_IOC_READ | _IOC_WRITE, 'z', 0x06, 0)

/** ICARSAMODEXPO: input to the power of the exponent, modulo the modulus. */
struct modexpo {
    unsigned char *input;
    unsigned input_length;
    unsigned char *output;
    unsigned output_length;
    unsigned char *exponent; /* all of input_length */
    unsigned char *modulus;
};

/** ICARSACRT: the same by the primes; parts have half the input's length. */
struct crt {
    unsigned char *input;
    unsigned input_length;
    unsigned char *output;
    unsigned output_length;
    unsigned char *dp; /* LEAD bytes before it */
    unsigned char *dq;
    unsigned char *p; /* LEAD bytes before it */
    unsigned char *q;
    unsigned char *u; /* LEAD bytes before it */
};

enum { N, E, D, P, Q, DP, DQ, U, IN, OUT, N_PARTS };

/* dp, p and u have eight bytes before them, which nobody looks at. */
enum { LEAD = 8, MAX = 512, MAX_VECTORS = 16 };

struct vector {
    unsigned length; /* of the modulus, in bytes */
    unsigned char part[N_PARTS][LEAD + MAX];
};

static struct {
    long right;
    long refused;
    long wrong;
    int error; /* of the last refusal */
} count;

static int
part_from_hex(struct vector *v, int part, const char *hex)
{
    size_t n = strlen(hex) / 2;

    if (!n || n > MAX)
        return 0;
    if (part == N)
        v->length = (unsigned)n;
    for (size_t i = 0; i < n; i++) {
        char digits[3] = { hex[2 * i], hex[2 * i + 1] };

        v->part[part][LEAD + i] = (unsigned char)strtoul(digits, NULL, 16);
    }
    return 1;
}

static int
read_vector(struct vector *v)
{
    char word[2 * MAX + 1];
    int part = 0;

    while (part < N_PARTS && scanf("%1024s", word) == 1 &&
           part_from_hex(v, part, word))
        part++;
    return part == N_PARTS;
}

static void
judge(int r, const unsigned char *answer, const unsigned char *expected,
      unsigned length)
{
    if (r < 0) {
        count.refused++;
        count.error = errno;
    } else if (memcmp(answer, expected, length) == 0) {
        count.right++;
    } else {
        count.wrong++;
    }
}

/* in to the power of a part. */
static void
power(int fd, struct vector *v, int in, int exponent, int out)
{
    unsigned char answer[MAX] = { 0 };
    struct modexpo m = {
        .input = v->part[in] + LEAD,
        .input_length = v->length,
        .output = answer,
        .output_length = v->length,
        .exponent = v->part[exponent] + LEAD,
        .modulus = v->part[N] + LEAD,
    };

    judge(ioctl(fd, ICARSAMODEXPO, &m), answer, v->part[out] + LEAD, v->length);
}

static void
crt(int fd, struct vector *v)
{
    unsigned char answer[MAX] = { 0 };
    struct crt m = {
        .input = v->part[IN] + LEAD,
        .input_length = v->length,
        .output = answer,
        .output_length = v->length,
        .dp = v->part[DP],
        .dq = v->part[DQ] + LEAD,
        .p = v->part[P],
        .q = v->part[Q] + LEAD,
        .u = v->part[U],
    };

    judge(ioctl(fd, ICARSACRT, &m), answer, v->part[OUT] + LEAD, v->length);
}

int
main(int argc, char **argv)
{
    static struct vector vectors[MAX_VECTORS];
    time_t end = time(NULL) + (argc > 1 ? strtol(argv[1], NULL, 10) : 0);
    int fd = open("/dev/z90crypt", O_RDWR);
    int n = 0;

    if (fd < 0) {
        perror("/dev/z90crypt");
        return 3;
    }
    while (n < MAX_VECTORS && read_vector(&vectors[n]))
        n++;
    do {
        for (int i = 0; i < n; i++) {
            power(fd, &vectors[i], IN, D, OUT);
            power(fd, &vectors[i], OUT, E, IN);
            crt(fd, &vectors[i]);
        }
    } while (time(NULL) < end);
    printf("right %ld, refused %ld, wrong %ld\n", count.right, count.refused,
           count.wrong);
    if (count.refused)
        fprintf(stderr, "rsa: %s\n", strerror(count.error));
    return count.wrong || !n;
}
