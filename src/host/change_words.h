/* SPDX-License-Identifier: MIT */
/* One change of a host in words, read and printed. */
#ifndef VAP_HOST_CHANGE_WORDS_H
#define VAP_HOST_CHANGE_WORDS_H

#include <stddef.h>
#include <stdio.h>

#include "host/host.h"

/* What a message takes at most, NUL and all. */
#define CHANGE_WORDS_ERROR 256

/**
 * Reads one change. U is an mdev's name, N a number as the kernel reads it
 * (0x hex, 0 octal, decimal), ID a number or a set of them in decimal or 0x
 * hex ("5", "0x47", "0-2,7"), DRIVER vfio_ap or cex4queue:
 *
 *     apmask MASK          aqmask MASK        absolute, or +N,-N,+N-N
 *     U/assign_adapter N   U/assign_domain N  U/assign_control_domain N
 *     U/unassign_adapter N ...                U/ap_config A,B,C
 *     create U   remove U  reset U
 *     open U VM            close U            also: U opened by VM, U closed
 *     bind DRIVER 05.0047  unbind DRIVER 05.0047       probe 05.0047
 *     05.0047/driver_override DRIVER          without DRIVER: cleared
 *     adapter ID leaves    domains ID come    control-domain ID comes
 *     adapters ID domains ID come             at once; a scan sees it
 *     hardware adapter ID leaves              ... no scan yet
 *     scan                 look again         autoprobe off, on
 *     card ID STATE        05.0047 STATE      STATE: deconfigure, configure,
 *                                             checkstop, recover
 *     05.0047 reset fails rc N [N times]      05.0047 test fails rc N [...]
 *
 * What is written to a file may follow a blank or a '=', and the file have
 * its path: "/sys/bus/ap/apmask=-5". "write FILE TEXT" and "echo TEXT > FILE"
 * do as well, so what change_words_text() prints can be read.
 *
 * host      its names: an mdev that does not exist yet gets a slot (VAP_MDEVS
 *           to create one more than there can be), a virtual machine a
 *           number. Its state is left alone
 * request   filled when 0 is returned
 * error     what was found and what was expected, on any other answer
 *
 * Returns  0
 *          VAP_INVALID, VAP_RANGE  the file is right, and refuses the text
 *          -EINVAL                 these are not words for a change
 *          -ENOMEM
 */
int change_words_read(struct host *host, const char *text,
                      struct vap_request *request,
                      char error[CHANGE_WORDS_ERROR]);

/** Who is to read what is printed. */
enum change_dialect {
    CHANGE_WORDS, /* vap: "a/assign_adapter 0x05" */
    CHANGE_SYSFS, /* a shell: "echo 0x05 > /sys/devices/vfio_ap/..." */
    CHANGE_MDEVCTL, /* ... with mdevctl, where it can do it */
    CHANGE_CHZDEV, /* ... with chzdev and chzcrypt, where they can */
    CHANGE_DIALECTS
};

/* A name for a shell: in quotes, unless it is all letters, digits and
 * - _ . : */
void change_words_quote(FILE *out, const char *name);

/* "--uuid NAME" for mdevctl in a shell, also where the name looks like an
 * option. */
void change_words_uuid(FILE *out, const char *name);

/* A whole mask as chzdev takes it: "0x03,0x05-0x0a". */
void change_words_chzdev(FILE *out, const struct vap_mask *mask);

/**
 * The command that does what is requested: one line without its end. What no
 * command does (the mainframe's console, a guest) is a line that begins "# ".
 *
 * Returns  0           *out is the caller's to free
 *          -ENOTSUP    the dialect has no words for it; CHANGE_WORDS and
 *                      CHANGE_SYSFS have
 *          -ENOMEM
 */
int change_words_text(const struct host *host,
                      const struct vap_request *request,
                      enum change_dialect dialect, char **out);

/** A request as a write to a file of the kernel's. */
struct change_write {
    char *file; /* below /sys: "bus/ap/apmask" */
    char *text; /* without a newline */
};

/* As CHANGE_SYSFS has it. Returns 0, *out for change_write_done(); -ENOTSUP:
 * no file does it; -ENOMEM */
int change_words_write(const struct host *host,
                       const struct vap_request *request,
                       struct change_write *out);
void change_write_done(struct change_write *write);

#endif
