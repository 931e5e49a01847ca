/* SPDX-License-Identifier: MIT */
/* A request as text, by a table of templates: vap's own words are what
 * change_words_read() takes, a shell's what an administrator types. */
#include "host/change_words.h"

#include "base/auto.h"
#include "matrix/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MDEVS "/sys/devices/vfio_ap/matrix/"
#define AP "/sys/bus/ap/"

/* What stands for what: %u the mdev, %U the same for a shell, %I for
 * mdevctl, %v the virtual
 * machine, %a an adapter, %d a domain, %q a queue, %r a driver, %m the masks
 * of ap_config, %e what is written to a mask, %E the same for chzdev, %h ids
 * that come and go, %s a
 * state, %o what is on or off as 1 or 0, %n the same as on or off, %c a
 * response code, %t how many times. No template for sysfs: it is not done
 * there. mdevctl changes no mdev that is active, see docs/clients.md. */
// clang-format off
static const char *const templates[VAP_OPS][CHANGE_DIALECTS] = {
    [VAP_ASSIGN_ADAPTER] = {
        "%u/assign_adapter %a",
        "echo %a > " MDEVS "%U/assign_adapter" },
    [VAP_UNASSIGN_ADAPTER] = {
        "%u/unassign_adapter %a",
        "echo %a > " MDEVS "%U/unassign_adapter" },
    [VAP_ASSIGN_DOMAIN] = {
        "%u/assign_domain %d",
        "echo %d > " MDEVS "%U/assign_domain" },
    [VAP_UNASSIGN_DOMAIN] = {
        "%u/unassign_domain %d",
        "echo %d > " MDEVS "%U/unassign_domain" },
    [VAP_ASSIGN_CONTROL] = {
        "%u/assign_control_domain %d",
        "echo %d > " MDEVS "%U/assign_control_domain" },
    [VAP_UNASSIGN_CONTROL] = {
        "%u/unassign_control_domain %d",
        "echo %d > " MDEVS "%U/unassign_control_domain" },
    [VAP_AP_CONFIG] = {
        "%u/ap_config %m",
        "echo %m > " MDEVS "%U/ap_config" },
    [VAP_CREATE] = {
        "create %u",
        "echo %U > " MDEVS "mdev_supported_types/vfio_ap-passthrough/create",
        "mdevctl start %I --parent matrix --type vfio_ap-passthrough" },
    [VAP_REMOVE] = {
        "remove %u",
        "echo 1 > " MDEVS "%U/remove",
        "mdevctl stop %I" },
    [VAP_OPEN_MDEV] = { "open %u %v" },
    [VAP_CLOSE_MDEV] = { "close %u" },
    [VAP_RESET_MDEV] = { "reset %u" },
    [VAP_APMASK] = {
        "apmask %e",
        "echo %e > " AP "apmask",
        [CHANGE_CHZDEV] = "chzdev --type ap apmask=%E" },
    [VAP_AQMASK] = {
        "aqmask %e",
        "echo %e > " AP "aqmask",
        [CHANGE_CHZDEV] = "chzdev --type ap aqmask=%E" },
    [VAP_BIND] = {
        "bind %r %q",
        "echo %q > " AP "drivers/%r/bind" },
    [VAP_UNBIND] = {
        "unbind %r %q",
        "echo %q > " AP "drivers/%r/unbind" },
    [VAP_PROBE] = {
        "probe %q",
        "echo %q > " AP "drivers_probe" },
    [VAP_OVERRIDE] = {
        "%q/driver_override %R",
        "echo %R > " AP "devices/%q/driver_override" },
    [VAP_HARDWARE] = { "hardware %h" },
    [VAP_SCAN] = {
        "scan",
        "echo 1 > " AP "scans" },
    [VAP_HOST] = { "%h" },
    [VAP_CARD_STATE] = {
        "card %a %s",
        "echo %o > /sys/devices/ap/%k/config",
        [CHANGE_CHZDEV] = "chzcrypt --config-%n %a" },
    [VAP_QUEUE_STATE] = { "%q %s" },
    [VAP_FAIL_RESET] = { "%q reset fails rc %c %t times" },
    [VAP_FAIL_TEST] = { "%q test fails rc %c %t times" },
    [VAP_LOOK_AGAIN] = { "look again" },
    [VAP_AUTOPROBE] = {
        "autoprobe %n",
        "echo %o > " AP "drivers_autoprobe" },
};
// clang-format on

static void
print_apqn(FILE *out, unsigned apqn)
{
    char name[VAP_APQN_TEXT + 1];

    (void)vap_apqn_text(apqn, name, sizeof(name));
    (void)fputs(name, out);
}

static void
print_mask(FILE *out, const struct vap_mask *mask)
{
    char text[VAP_MASK_TEXT + 1];

    (void)vap_mask_text(mask, text, sizeof(text));
    (void)fputs(text, out);
}

/* The last id of the run that begins with first. */
static unsigned
run_end(const struct vap_mask *ids, unsigned first)
{
    while (first + 1 < VAP_IDS && vap_mask_has(ids, first + 1))
        first++;
    return first;
}

/* "0x05,0x10-0x1f"; each with the sign before it, if any. */
static void
print_runs(FILE *out, const char *sign, const struct vap_mask *ids)
{
    const char *comma = "";
    unsigned end;

    for (unsigned id = vap_mask_next(ids, 0); id < VAP_IDS;
         id = vap_mask_next(ids, end + 1)) {
        end = run_end(ids, id);
        (void)fprintf(out, "%s%s0x%02x", comma, sign, id);
        if (end > id)
            (void)fprintf(out, "-0x%02x", end);
        comma = ",";
    }
}

static void
print_edit(FILE *out, const struct vap_edit *edit)
{
    struct vap_mask all = vap_mask_all();
    struct vap_mask off = vap_mask_less(edit->clear, edit->set);

    if (vap_mask_equal(&edit->clear, &all)) {
        print_mask(out, &edit->set);
        return;
    }
    print_runs(out, "-", &off);
    if (!vap_mask_empty(&off) && !vap_mask_empty(&edit->set))
        (void)fputc(',', out);
    print_runs(out, "+", &edit->set);
}

/* A whole mask is a list of ids to chzdev; it knows none for an empty one. */
static void
print_chzdev(FILE *out, const struct vap_edit *edit)
{
    struct vap_mask all = vap_mask_all();

    if (!vap_mask_equal(&edit->clear, &all))
        print_edit(out, edit);
    else if (vap_mask_empty(&edit->set))
        (void)fputs("-0-255", out);
    else
        print_runs(out, "", &edit->set);
}

void
change_words_chzdev(FILE *out, const struct vap_mask *mask)
{
    const struct vap_edit edit = vap_edit_to(*mask);

    print_chzdev(out, &edit);
}

/* "adapters 0x05-0x06 "; how many they are. */
static unsigned
print_kind(FILE *out, const char *kind, struct vap_mask ids)
{
    unsigned n = vap_mask_count(&ids);

    if (n) {
        (void)fprintf(out, "%s%s ", kind, n > 1 ? "s" : "");
        print_runs(out, "", &ids);
        (void)fputc(' ', out);
    }
    return n;
}

/* "adapter 0x05 leaves domains 0x00-0x07 come" */
static void
print_ids(FILE *out, const struct vap_request *r)
{
    const struct vap_edit *a = &r->edit.adapters;
    const struct vap_edit *d = &r->edit.domains;
    const struct vap_edit *c = &r->edit.control;
    unsigned left =
        print_kind(out, "adapter", vap_mask_less(a->clear, a->set)) +
        print_kind(out, "domain", vap_mask_less(d->clear, d->set)) +
        print_kind(out, "control-domain", vap_mask_less(c->clear, c->set));

    if (left)
        (void)fputs(left > 1 ? "leave " : "leaves ", out);

    unsigned came = print_kind(out, "adapter", a->set) +
                    print_kind(out, "domain", d->set) +
                    print_kind(out, "control-domain", c->set);

    if (came)
        (void)fputs(came > 1 ? "come" : "comes", out);
}

static void
print_masks(FILE *out, const struct vap_matrix *m)
{
    print_mask(out, &m->adapters);
    (void)fputc(',', out);
    print_mask(out, &m->domains);
    (void)fputc(',', out);
    print_mask(out, &m->control);
}

static const char *
state_word(uint8_t rc)
{
    return rc == VAP_RC_DECONFIGURED   ? "deconfigure"
           : rc == VAP_RC_CHECKSTOPPED ? "checkstop"
                                       : "configure";
}

void
change_words_quote(FILE *out, const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:";

    if (!name[strspn(name, plain)]) {
        (void)fputs(name, out);
        return;
    }
    (void)fputc('\'', out);
    for (; *name; name++)
        (void)fputs(*name == '\'' ? "'\\''" : (char[]){ *name, '\0' }, out);
    (void)fputc('\'', out);
}

void
change_words_uuid(FILE *out, const char *name)
{
    (void)fputs(*name == '-' ? "--uuid=" : "--uuid ", out);
    change_words_quote(out, name);
}

static void
print_part(FILE *out, char part, const struct host *host,
           const struct vap_request *r)
{
    bool on = r->op == VAP_AUTOPROBE ? r->id != 0 : r->rc == VAP_RC_NORMAL;

    switch (part) {
    case 'a':
        (void)fprintf(out, "0x%02jx", (uintmax_t)r->id);
        break;
    case 'c':
        (void)fprintf(out, "0x%02x", (unsigned)r->rc);
        break;
    case 'd':
        (void)fprintf(out, "0x%04jx", (uintmax_t)r->id);
        break;
    case 'e':
        print_edit(out,
                   r->op == VAP_APMASK ? &r->edit.adapters : &r->edit.domains);
        break;
    case 'E':
        print_chzdev(out, r->op == VAP_APMASK ? &r->edit.adapters
                                              : &r->edit.domains);
        break;
    case 'h':
        print_ids(out, r);
        break;
    case 'k':
        (void)fprintf(out, "card%02jx", (uintmax_t)r->id);
        break;
    case 'm':
        print_masks(out, &r->matrix);
        break;
    case 'n':
        (void)fputs(on ? "on" : "off", out);
        break;
    case 'o':
        (void)fputs(on ? "1" : "0", out);
        break;
    case 'q':
        print_apqn(out, r->apqn);
        break;
    case 'r':
        (void)fputs(host_driver_name(host, r->driver), out);
        break;
    case 'R':
        change_words_quote(out, host_driver_name(host, r->driver));
        break;
    case 's':
        (void)fputs(state_word(r->rc), out);
        break;
    case 't':
        (void)fprintf(out, "%u", (unsigned)r->times);
        break;
    case 'u':
        (void)fputs(host_mdev_name(host, r->mdev), out);
        break;
    case 'I':
        change_words_uuid(out, host_mdev_name(host, r->mdev));
        break;
    case 'U':
        change_words_quote(out, host_mdev_name(host, r->mdev));
        break;
    case 'v':
        (void)fputs(host_vm_name(host, r->vm), out);
        break;
    default:
        break;
    }
}

static void
print_template(FILE *out, const char *template, const struct host *host,
               const struct vap_request *r)
{
    for (; *template; template ++)
        if (*template == '%')
            print_part(out, *++template, host, r);
        else
            (void)fputc(*template, out);
}

static const char *
template_of(const struct vap_request *r, enum change_dialect dialect)
{
    if (dialect == CHANGE_WORDS)
        return templates[r->op][dialect];
    if (r->op == VAP_CARD_STATE && r->rc == VAP_RC_CHECKSTOPPED)
        return NULL; /* not for an administrator to do */
    if (r->op == VAP_OVERRIDE && r->driver == VAP_NO_DRIVER &&
        dialect == CHANGE_SYSFS)
        return "echo > " AP "devices/%q/driver_override";
    return templates[r->op][dialect];
}

static int
expand(const struct host *host, const struct vap_request *r,
       const char *template, char **out)
{
    char *text = NULL;
    size_t length = 0;
    FILE *f = open_memstream(&text, &length);

    if (!f)
        return -ENOMEM;
    print_template(f, template, host, r);
    if (fclose(f) || !text) {
        free(text);
        return -ENOMEM;
    }
    while (length && text[length - 1] == ' ')
        text[--length] = '\0';
    *out = text;
    return 0;
}

int
change_words_text(const struct host *host, const struct vap_request *request,
                  enum change_dialect dialect, char **out)
{
    const char *template = template_of(request, dialect);
    AUTO(free_done) char *comment = NULL;

    if (template)
        return expand(host, request, template, out);
    if (dialect != CHANGE_SYSFS)
        return -ENOTSUP;
    if (asprintf(&comment, "# %s", templates[request->op][CHANGE_WORDS]) < 0)
        return -ENOMEM;
    return expand(host, request, comment, out);
}

/* In a template: names as they are. */
static void
unquote(char *template)
{
    for (; *template; template ++)
        if (template[0] == '%' && (template[1] == 'U' || template[1] == 'R'))
            template[1] |= 'a' ^ 'A';
}

/* Both halves of "echo TEXT > /sys/FILE"; a name is no longer quoted. */
int
change_words_write(const struct host *host, const struct vap_request *request,
                   struct change_write *out)
{
    const char *template = template_of(request, CHANGE_SYSFS);
    AUTO(free_done) char *text = template ? strdup(template) : NULL;
    char *file = text ? strstr(text, " > /sys/") : NULL;
    int r;

    *out = (struct change_write){ 0 };
    if (!template)
        return -ENOTSUP;
    if (!file)
        return -ENOMEM;
    *file = '\0';
    file += strlen(" > /sys/");
    unquote(text);
    unquote(file);
    r = expand(host, request, text + strlen("echo") + (text[4] == ' '),
               &out->text);
    return r ? r : expand(host, request, file, &out->file);
}

void
change_write_done(struct change_write *write)
{
    free(write->file);
    free(write->text);
}
