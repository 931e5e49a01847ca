/* SPDX-License-Identifier: MIT */
/* The CCA coprocessor: random numbers, what it says of itself, RSA with clear
 * keys. A request is a CPRBX and a parameter block that begins with two
 * letters; each function is a row. Source: linux-abi.md, 7.4; keys: Linux
 * zcrypt_cca_key.h. */
#include "cards/card.h"

#include "cards/identity.h"
#include "cards/type6.h"
#include "cards/wire.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

/* Where in a CPRBX. */
enum {
    CPRB_LENGTH = 0,
    CPRB_VERSION = 2,
    CPRB_FUNCTION = 6,
    REQUEST_PARAMETERS = 12,
    REPLY_DATA = 28,
    REPLIED_PARAMETERS = 24,
    REPLIED_DATA = 32,
    RETURN_CODE = 144,
    REASON_CODE = 146,
    CPRB_DOMAIN = 170
};

/** A CCA return code and its reason. */
struct cca_code {
    uint16_t code;
    uint16_t reason;
};

static const struct cca_code done = { 0, 0 };
static const struct cca_code bad_operand = { 8, 66 }; /* not in its range */
static const struct cca_code bad_length = { 8, 72 };
static const struct cca_code bad_rule = { 8, 33 };
static const struct cca_code not_allowed = { 8, 90 };
static const struct cca_code no_memory = { 16, 336 };

/** A request on its way through a function. */
struct call {
    const struct card *card;
    struct rsa_keys *keys;
    uint8_t domain;
    const uint8_t *rule; /* 8 characters */
    const uint8_t *rest; /* what follows the rules */
    size_t rest_length;
    size_t room; /* for data */
    uint8_t *parameters; /* of the reply, behind the function's letters */
    size_t length; /* of them, so far */
    uint8_t *data; /* of the reply */
    size_t data_length;
};

/* --- random numbers
 * ----------------------------------------------------------- */

#define MOST_RANDOM 4096

static struct cca_code
random_numbers(struct call *c)
{
    if (c->room == 0)
        return bad_length;
    c->data_length = c->room < MOST_RANDOM ? c->room : MOST_RANDOM;
    wire_put16(c->parameters, 2); /* no rules */
    c->length = 2;
    return RAND_bytes(c->data, (int)c->data_length) == 1 ? done : no_memory;
}

/* --- what it says of itself
 * ---------------------------------------------------- */

enum { RULES_A = 10, RULES_B = 13, VARIABLES_A = 204, VARIABLES_B = 240 };

/** Where in the answers the states and patterns of a master key are: those of
 *  its new, current and old one. Source: linux-abi.md, 7.4. */
static const struct {
    enum card_key key;
    unsigned rule; /* state of the new one; current, old follow */
    unsigned current; /* offset of the pattern */
} a_keys[] = { { CARD_KEY_ASYM, 4, 84 }, { CARD_KEY_AES, 7, 184 } },
  b_keys[] = { { CARD_KEY_APKA, 10, 220 } };

static void
put_key(const struct call *c, uint8_t *rules, uint8_t *variables,
        enum card_key key, unsigned rule, unsigned current)
{
    uint8_t pattern[CARD_PATTERN];
    size_t size = card_pattern(key, c->domain, pattern);

    rules[(size_t)8 * rule] = '1'; /* empty */
    rules[(size_t)8 * (rule + 1)] = '2'; /* valid */
    rules[(size_t)8 * (rule + 2)] = '1'; /* invalid */
    memcpy(variables + current, pattern, size);
}

/* Rules of 8 characters, then variables; each with a length that counts
 * itself. */
static void
facts(struct call *c, bool a)
{
    size_t n_rules = (size_t)8 * (a ? RULES_A : RULES_B);
    size_t n_variables = a ? VARIABLES_A : VARIABLES_B;
    uint8_t *rules = c->parameters + 2;
    uint8_t *variables = rules + n_rules + 2;
    char serial[CARD_SERIAL];

    wire_put16(c->parameters, 2 + n_rules);
    wire_put16(rules + n_rules, 2 + n_variables);
    memset(rules, ' ', n_rules);
    memset(variables, 0, n_variables);
    card_serial(c->card, serial);
    memcpy(rules, serial, 8);
    for (size_t i = 0; a && i < sizeof(a_keys) / sizeof(a_keys[0]); i++)
        put_key(c, rules, variables, a_keys[i].key, a_keys[i].rule,
                a_keys[i].current);
    for (size_t i = 0; !a && i < sizeof(b_keys) / sizeof(b_keys[0]); i++)
        put_key(c, rules, variables, b_keys[i].key, b_keys[i].rule,
                b_keys[i].current);
    c->length = 2 + n_rules + 2 + n_variables;
}

static struct cca_code
query(struct call *c)
{
    bool a = memcmp(c->rule, "STATICSA", 8) == 0;

    if (!a && memcmp(c->rule, "STATICSB", 8) != 0)
        return bad_rule;
    facts(c, a);
    return done;
}

/* --- RSA with clear keys
 * --------------------------------------------------------- */

/* The block before a key, a token's header, and its sections. */
enum { KEY_BLOCK = 6, TOKEN = 8, PUBLIC = 12, PRIVATE = 132, KEY_CLEAR = 0x40 };

/** What is to be computed. */
struct job {
    const uint8_t *text;
    size_t text_length;
    const uint8_t *key; /* its section */
    size_t key_length; /* to the end of the request */
};

/* Right-justified in size bytes; false: it has more that are not zero. */
static bool
justify(uint8_t *to, size_t size, const uint8_t *from, size_t length)
{
    size_t extra = length > size ? length - size : 0;

    if (!wire_all_zero(from, extra))
        return false;
    memset(to, 0, size);
    memcpy(to + size - (length - extra), from + extra, length - extra);
    return true;
}

static struct cca_code
read_job(const struct call *c, uint8_t section, size_t section_size,
         struct job *out)
{
    size_t text = c->rest_length < 2 ? 0 : wire_get16(c->rest);

    if (text < 2 || text + KEY_BLOCK + TOKEN + section_size > c->rest_length)
        return bad_length;
    out->text = c->rest + 2;
    out->text_length = text - 2;
    out->key = c->rest + text + KEY_BLOCK + TOKEN;
    out->key_length = c->rest_length - text - KEY_BLOCK - TOKEN;
    return c->rest[text + KEY_BLOCK] == 0x1E && out->key[0] == section
               ? done
               : not_allowed; /* no clear key */
}

/* u16 length that counts itself, the number, and two bytes that the driver
 * counts and nobody reads. */
static struct cca_code
put_result(struct call *c, enum rsa_verdict verdict, size_t size)
{
    if (verdict == RSA_NO_MEMORY)
        return no_memory;
    if (verdict != RSA_DONE)
        return bad_operand;
    wire_put16(c->parameters, 2); /* no rules */
    wire_put16(c->parameters + 2, size + 2);
    memset(c->parameters + 4 + size, 0, 2);
    c->length = 4 + size + 2;
    return done;
}

/* PK: a public key's section: lengths of exponent and modulus, then both. */
static struct cca_code
encipher(struct call *c)
{
    uint8_t numbers[3][RSA_SIZE]; /* exponent, modulus, message */
    struct job job;
    struct cca_code code = read_job(c, 0x04, PUBLIC, &job);
    size_t exponent;
    size_t size;
    enum rsa_verdict verdict = RSA_BAD_OPERAND;

    if (code.code)
        return code;
    exponent = wire_get16(job.key + 6);
    size = wire_get16(job.key + 10);
    if (size < 1 || size > RSA_SIZE ||
        PUBLIC + exponent + size > job.key_length)
        return bad_length;
    if (justify(numbers[0], size, job.key + PUBLIC, exponent) &&
        justify(numbers[1], size, job.key + PUBLIC + exponent, size) &&
        justify(numbers[2], size, job.text, job.text_length))
        verdict = rsa_exponentiate(c->keys, numbers[0], numbers[1], numbers[2],
                                   size, c->parameters + 4);
    OPENSSL_cleanse(numbers, sizeof(numbers));
    return put_result(c, verdict, size);
}

/* p, q, dp, dq, u with a length each, right-justified in half bytes. */
static bool
read_parts(const struct job *job, uint8_t *parts, size_t half)
{
    size_t at = PRIVATE;

    for (size_t i = 0; i < 5; i++) {
        size_t length = wire_get16(job->key + 54 + 2 * i);

        if (length > job->key_length - at ||
            !justify(parts + i * half, half, job->key + at, length))
            return false;
        at += length;
    }
    return true;
}

/* PD: a private key's section, in clear, of the Chinese remainder form. */
static struct cca_code
decipher(struct call *c)
{
    uint8_t parts[5 * RSA_SIZE / 2];
    uint8_t message[RSA_SIZE];
    struct job job;
    struct cca_code code = read_job(c, 0x08, PRIVATE, &job);
    enum rsa_verdict verdict = RSA_BAD_OPERAND;
    size_t size;

    if (code.code)
        return code;
    if (job.key[28] != KEY_CLEAR)
        return not_allowed;
    size = wire_get16(job.key + 64);
    if (size < 1 || size > RSA_SIZE)
        return bad_length;
    if (read_parts(&job, parts, (size + 1) / 2) &&
        justify(message, size, job.text, job.text_length))
        verdict = rsa_combine(c->keys, parts, (size + 1) / 2, message, size,
                              c->parameters + 4);
    OPENSSL_cleanse(parts, sizeof(parts));
    OPENSSL_cleanse(message, sizeof(message));
    return put_result(c, verdict, size);
}

/* --- */

static const struct {
    char name[3];
    struct cca_code (*answer)(struct call *call);
    bool rsa; /* a refusal of the driver's own requests is as long as it says */
} functions[] = {
    { "RL", random_numbers, false },
    { "FQ", query, false },
    { "PK", encipher, true },
    { "PD", decipher, true },
};

enum { N_FUNCTIONS = sizeof(functions) / sizeof(functions[0]) };

/* Rules have a length that counts itself. */
static int
read_call(const struct type6 *request, struct call *c)
{
    const uint8_t *parameters = request->block + CPRBX_SIZE;
    size_t length = wire_get32(request->block + REQUEST_PARAMETERS);
    size_t rules;

    if (length > request->block_length - CPRBX_SIZE || length < 4)
        return CARD_LENGTH;
    rules = wire_get16(parameters + 2);
    if (rules < 2 || rules > length - 2)
        return CARD_LENGTH;
    c->rule = rules >= 10 ? parameters + 4 : (const uint8_t *)"        ";
    c->rest = parameters + 2 + rules;
    c->rest_length = length - 2 - rules;
    return 0;
}

static int
check_block(const struct type6 *request, uint8_t domain)
{
    const uint8_t *b = request->block;

    if (request->block_length < CPRBX_SIZE)
        return CARD_LENGTH;
    if (wire_get16(b + CPRB_LENGTH) != CPRBX_SIZE || b[CPRB_VERSION] != 0x02)
        return CARD_FORMAT;
    if (memcmp(b + CPRB_FUNCTION, "T2", 2) == 0 &&
        wire_get16(b + CPRB_DOMAIN) != domain)
        return CARD_DOMAIN;
    return 0;
}

static struct cca_code
perform(struct call *c, const uint8_t *name)
{
    struct cca_code code = not_allowed;

    for (size_t i = 0; i < N_FUNCTIONS; i++) {
        if (memcmp(functions[i].name, name, 2) != 0)
            continue;
        code = functions[i].answer(c);
        if (code.code == 0)
            return code;
        memset(c->parameters, 0, 6);
        wire_put16(c->parameters, 2);
        wire_put16(c->parameters + 2, 2);
        c->length = functions[i].rsa ? 6 : 2;
        c->data_length = 0;
    }
    return code;
}

size_t
cca_answer(const struct card *card, uint8_t domain, struct rsa_keys *keys,
           const uint8_t *request, size_t length, uint8_t *reply)
{
    struct type6 r;
    uint8_t data[MOST_RANDOM];
    uint8_t *block = reply + TYPE86_HEADER;
    struct call c = { .card = card, .keys = keys, .domain = domain };
    struct cca_code code;
    int error = type6_read(request, length, "CA", &r);

    if (!error)
        error = check_block(&r, domain);
    if (!error)
        error = read_call(&r, &c);
    if (error)
        return card_refuse((enum card_error)error, reply);
    c.room = wire_get32(r.block + REPLY_DATA) < r.data_length
                 ? wire_get32(r.block + REPLY_DATA)
                 : r.data_length;
    c.parameters = block + CPRBX_SIZE + 2;
    c.data = data;
    memcpy(block, r.block, CPRBX_SIZE + 2); /* and the function's letters */
    code = perform(&c, r.block + CPRBX_SIZE);
    wire_put32(block + REPLIED_PARAMETERS, 2 + c.length);
    wire_put32(block + REPLIED_DATA, c.data_length);
    wire_put16(block + RETURN_CODE, code.code);
    wire_put16(block + REASON_CODE, code.reason);
    length = type86_write(reply, CPRBX_SIZE + 2 + c.length, c.data_length);
    memcpy(reply + length - c.data_length, data, c.data_length);
    OPENSSL_cleanse(data, c.data_length);
    return length;
}
