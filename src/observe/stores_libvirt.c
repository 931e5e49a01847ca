/* SPDX-License-Identifier: MIT */
/* A domain of libvirt's: its name, and which mdevs of vfio_ap it uses.
 *
 *     <domain><name>web</name><devices>
 *       <hostdev mode='subsystem' type='mdev' model='vfio-ap'>
 *         <source><address uuid='62177883-...'/></source>
 *       </hostdev></devices></domain> */
#include "observe/stores.h"

#include "base/auto.h"

#include <errno.h>
#include <libxml/parser.h>
#include <string.h>

static const xmlChar *
xml(const char *text)
{
    return (const xmlChar *)text;
}

static void
document_done(xmlDoc **document)
{
    xmlFreeDoc(*document);
}

static void
text_done(xmlChar **text)
{
    xmlFree(*text);
}

/* The first element of that name, from this sibling on. */
static xmlNode *
element(xmlNode *from, const char *name)
{
    while (from && (from->type != XML_ELEMENT_NODE ||
                    !xmlStrEqual(from->name, xml(name))))
        from = from->next;
    return from;
}

static xmlNode *
child(const xmlNode *of, const char *name)
{
    return of ? element(of->children, name) : NULL;
}

static bool
has(xmlNode *node, const char *attribute, const char *value)
{
    AUTO(text_done) xmlChar *is = xmlGetProp(node, xml(attribute));

    return is && xmlStrEqual(is, xml(value));
}

static int
add_use(struct stores *stores, const char *guest, const char *mdev)
{
    struct stores_use *grown =
        realloc(stores->uses, (stores->n_uses + 1) * sizeof(*grown));

    if (!grown)
        return -ENOMEM;
    stores->uses = grown;
    grown += stores->n_uses;
    grown->guest = strdup(guest);
    if (!grown->guest)
        return -ENOMEM;
    (void)snprintf(grown->mdev, sizeof(grown->mdev), "%s", mdev);
    stores->n_uses++;
    return 0;
}

/* No longer than a UUID is, and then it is none of this host. */
static int
add_hostdev(struct stores *stores, const char *guest, const xmlNode *hostdev)
{
    xmlNode *address = child(child(hostdev, "source"), "address");
    AUTO(text_done)
    xmlChar *uuid = address ? xmlGetProp(address, xml("uuid")) : NULL;

    if (!uuid || xmlStrlen(uuid) != 36)
        return 0;
    return add_use(stores, guest, (const char *)uuid);
}

int
stores_add_domain(struct stores *stores, const char *text, size_t length)
{
    AUTO(document_done)
    xmlDoc *document = xmlReadMemory(text, (int)length, "domain.xml", NULL,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR |
                                         XML_PARSE_NOWARNING);
    xmlNode *domain =
        element(document ? xmlDocGetRootElement(document) : NULL, "domain");
    xmlNode *hostdev = child(child(domain, "devices"), "hostdev");
    xmlNode *named = child(domain, "name");
    AUTO(text_done) xmlChar *name = named ? xmlNodeGetContent(named) : NULL;
    int r = 0;

    if (!name)
        return -EINVAL;
    for (; hostdev && !r; hostdev = element(hostdev->next, "hostdev"))
        if (has(hostdev, "type", "mdev") && has(hostdev, "model", "vfio-ap"))
            r = add_hostdev(stores, (const char *)name, hostdev);
    return r;
}
