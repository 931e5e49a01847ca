/* SPDX-License-Identifier: MIT */
/* Mdevs for guests: the one that was named, or those that nobody holds. */
#include "cli/guest/guest.h"

#include "base/auto.h"
#include "base/say.h"
#include "cli/frame/cli.h"
#include "cli/frame/client.h"

#include <errno.h>

/* --- which -----------------------------------------------------------------
 */

static const char *
name_of(const json_t *mdev)
{
    return json_string_value(json_object_get(mdev, "mdev"));
}

static bool
is_held(const json_t *mdev)
{
    return json_is_string(json_object_get(mdev, "vm"));
}

/* The one of this name; else the only one that begins so. */
static const json_t *
find(const json_t *mdevs, const char *name)
{
    const json_t *found = NULL;
    const json_t *mdev;
    size_t i;
    size_t n = 0;

    json_array_foreach(mdevs, i, mdev)
    {
        if (strcmp(name_of(mdev), name) == 0)
            return mdev;
        if (strncmp(name_of(mdev), name, strlen(name)) == 0) {
            found = mdev;
            n++;
        }
    }
    if (n != 1)
        say_error(n ? "%s is the beginning of several mdevs' names"
                    : "there is no mdev %s; vap show lists them",
                  name);
    return n == 1 ? found : NULL;
}

static int
add(struct guest_all *all, const char *name)
{
    all->one[all->n].mdev = strdup(name);
    if (!all->one[all->n].mdev)
        return CLI_FAILED;
    all->n++;
    return CLI_DONE;
}

static int
say_few(size_t mdevs, unsigned wanted, unsigned found)
{
    if (mdevs == 0)
        say_error("the host has no mdev; mdevctl start, or a host file, "
                  "makes one");
    else if (wanted == 1)
        say_error("every mdev is held by a guest");
    else
        say_error("%u mdevs wanted, and only %u are not held", wanted, found);
    return CLI_REFUSED;
}

static int
choose(const struct guest_wish *wish, const json_t *mdevs,
       struct guest_all *all)
{
    const json_t *mdev;
    size_t i;
    int status = CLI_DONE;

    if (wish->mdev) {
        mdev = find(mdevs, wish->mdev);
        return mdev ? add(all, name_of(mdev)) : CLI_REFUSED;
    }
    json_array_foreach(mdevs, i, mdev)
    {
        if (all->n < wish->guests && status == CLI_DONE && !is_held(mdev))
            status = add(all, name_of(mdev));
    }
    if (status != CLI_DONE || all->n == wish->guests)
        return status;
    return say_few(json_array_size(mdevs), wish->guests, all->n);
}

static int
choose_of(const struct guest_wish *wish, struct guest_all *all)
{
    AUTO(client_done) struct client *client = NULL;
    json_t *state = NULL;
    int status = client_new(client_name(wish->name), &client);

    if (status == CLI_DONE)
        status = client_get(client, "/v1/state", &state);
    if (status == CLI_DONE)
        status = choose(wish, json_object_get(state, "mdevs"), all);
    json_decref(state);
    return status;
}

/* --- taking them -----------------------------------------------------------
 */

static int
take(const struct guest_wish *wish, const char *socket, unsigned i,
     struct guest_one *one)
{
    char name[96];
    int r;

    if (wish->as)
        (void)snprintf(name, sizeof(name), "%.64s", wish->as);
    else
        (void)snprintf(name, sizeof(name), "vap.%d", (int)getpid());
    if (wish->guests > 1)
        (void)snprintf(name + strlen(name), sizeof(name) - strlen(name), ".%u",
                       i + 1);
    r = vap_guest_open(socket, one->mdev, name, VAP_GUEST_RECONNECT,
                       &one->guest);
    if (r == 0)
        return CLI_DONE;
    say_error("%s", vap_guest_why());
    return r == -EBUSY || r == -EPERM || r == -ENODEV ? CLI_REFUSED
           : r == -EINVAL                             ? CLI_USAGE
                                                      : CLI_FAILED;
}

int
guest_choose(const struct guest_wish *wish, struct guest_all *out)
{
    int status;

    *out = (struct guest_all){ .one = calloc(wish->guests, sizeof(*out->one)) };
    if (!out->one)
        return CLI_FAILED;
    status = choose_of(wish, out);
    if (status != CLI_DONE)
        guest_let_go(out);
    return status;
}

int
guest_take(const struct guest_wish *wish, struct guest_all *out)
{
    struct place place;
    int status = client_place(client_name(wish->name), &place);

    *out = (struct guest_all){ .one = NULL };
    if (status == CLI_DONE)
        status = guest_choose(wish, out);
    for (unsigned i = 0; i < out->n && status == CLI_DONE; i++)
        status = take(wish, place.guests, i, &out->one[i]);
    if (status != CLI_DONE)
        guest_let_go(out);
    return status;
}

void
guest_let_go(struct guest_all *all)
{
    for (unsigned i = 0; i < all->n; i++) {
        vap_guest_close(all->one[i].guest);
        free(all->one[i].mdev);
    }
    free(all->one);
    *all = (struct guest_all){ .n = 0 };
}
