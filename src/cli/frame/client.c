/* SPDX-License-Identifier: MIT */
#include "cli/frame/client.h"

#include "base/auto.h"
#include "base/peer.h"
#include "base/say.h"
#include "cli/frame/cli.h"
#include "cli/frame/hosts.h"
#include "cli/frame/out.h"
#include "host/json.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>

struct client {
    const char *name;
    struct place place;
    CURL *curl;
    struct curl_slist *headers;
    bool only_looks; /* that there is no host is no news */
    int fd; /* of the connection; curl's to close */
};

/** What comes back. */
struct answer {
    char *text;
    size_t length;
    long status;
};

static void
answer_done(struct answer *answer)
{
    free(answer->text);
}

const char *
client_name(const char *option)
{
    const char *name = getenv("VAP_NAME");

    if (option)
        return option; /* an empty one is refused */
    return name && *name ? name : PLACE_DEFAULT;
}

int
client_place(const char *name, struct place *out)
{
    int r = place_of(name, out);

    if (r == 0)
        return CLI_DONE;
    place_say(name, r);
    return r == -EINVAL ? CLI_USAGE : CLI_FAILED;
}

static int
not_up(const char *name)
{
    if (strcmp(name, PLACE_DEFAULT) == 0 && hosts_any())
        say_error("the virtual host %s is not up; vap up starts it, vap list "
                  "has those that are",
                  name);
    else if (strcmp(name, PLACE_DEFAULT) == 0)
        say_error("no virtual host is up; vap up starts one");
    else
        say_error("the virtual host %s is not up; vap up --name %s starts it",
                  name, name);
    return CLI_FAILED;
}

int
client_is_up(const char *name, const struct place *place)
{
    pid_t pid = place_pid(place);

    if (pid >= 0)
        return pid ? CLI_DONE : not_up(name);
    say_error("%s: %s; whether the virtual host %s is up cannot be seen",
              place->lock, strerror(-pid), name);
    return CLI_FAILED;
}

int
client_usual(const char *name, bool *up)
{
    struct place place;
    int r = place_of(name, &place);
    pid_t pid = r == 0 ? place_pid(&place) : 0;

    *up = pid > 0;
    if (pid < 0)
        return client_is_up(name, &place);
    if (r == 0 || r == -EINVAL || r == -ENAMETOOLONG)
        return CLI_DONE; /* without a place none is up */
    place_say(name, r);
    return CLI_FAILED;
}

static int
find_host(const char *name, bool only_looks, struct client **out)
{
    AUTO(client_done) struct client *client = calloc(1, sizeof(*client));
    int status;

    if (!client)
        return out_no_memory();
    client->name = name;
    client->only_looks = only_looks;
    status = client_place(name, &client->place);
    if (status != CLI_DONE)
        return status;
    if (only_looks && place_pid(&client->place) <= 0)
        return CLI_FAILED;
    status = client_is_up(name, &client->place);
    if (status != CLI_DONE)
        return status;
    client->curl = curl_easy_init();
    client->headers = curl_slist_append(NULL, "Expect:");
    if (!client->curl || !client->headers)
        return out_no_memory();
    (void)curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
    *out = TAKE(client);
    return CLI_DONE;
}

int
client_new(const char *name, struct client **out)
{
    return find_host(name, false, out);
}

int
client_look(const char *name, long ms, struct client **out)
{
    int status = find_host(name, true, out);

    if (status == CLI_DONE)
        (void)curl_easy_setopt((*out)->curl, CURLOPT_TIMEOUT_MS, ms);
    return status;
}

void
client_free(struct client *client)
{
    if (!client)
        return;
    curl_slist_free_all(client->headers);
    curl_easy_cleanup(client->curl);
    free(client);
}

void
client_done(struct client **client)
{
    client_free(*client);
}

/* --- a request --------------------------------------------------------------
 */

static size_t
take(char *data, size_t one, size_t size, void *context)
{
    struct answer *answer = context;
    char *grown = realloc(answer->text, answer->length + size + 1);

    (void)one; /* is 1 */
    if (!grown)
        return 0;
    memcpy(grown + answer->length, data, size);
    answer->text = grown;
    answer->length += size;
    grown[answer->length] = '\0';
    return size;
}

static int
lost(const struct client *client, CURLcode code)
{
    if (client->only_looks && code != CURLE_OPERATION_TIMEDOUT)
        return CLI_FAILED;
    if (code == CURLE_COULDNT_CONNECT)
        return not_up(client->name);
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return CLI_FAILED; /* and it has been said */
    if (code == CURLE_OPERATION_TIMEDOUT)
        say_error("the virtual host %s does not answer", client->name);
    else if (code == CURLE_PARTIAL_FILE) /* a stream, which has no other end */
        say_error("the virtual host %s has ended", client->name);
    else
        say_error("the virtual host %s has ended before it answered: %s",
                  client->name, curl_easy_strerror(code));
    return CLI_FAILED;
}

static curl_socket_t
open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct client *client = context;

    (void)purpose;
    client->fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    return client->fd < 0 ? CURL_SOCKET_BAD : client->fd;
}

/* Before anything is asked: who answers is a host of ours, or root's. */
static int /* NOLINTNEXTLINE(readability-non-const-parameter): as curl has it */
check_peer(void *context, char *there, char *here, int there_port,
           int here_port)
{
    const struct client *client = context;
    struct ucred peer;

    (void)there;
    (void)here;
    (void)there_port;
    (void)here_port;
    peer_get(client->fd, &peer);
    if (peer_is_allowed(&peer))
        return CURL_PREREQFUNC_OK;
    say_error("%s: uid %u listens there, which is no virtual host of yours; "
              "remove it",
              client->place.socket, (unsigned)peer.uid);
    return CURL_PREREQFUNC_ABORT;
}

static void
set_up(struct client *client, const char *url, const char *body,
       struct answer *answer)
{
    CURL *c = client->curl;

    (void)curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, client->place.socket);
    (void)curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    (void)curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, client);
    (void)curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, check_peer);
    (void)curl_easy_setopt(c, CURLOPT_PREREQDATA, client);
    (void)curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
    (void)curl_easy_setopt(c, CURLOPT_URL, url);
    (void)curl_easy_setopt(c, CURLOPT_HTTPHEADER, client->headers);
    (void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
    (void)curl_easy_setopt(c, CURLOPT_WRITEDATA, answer);
    if (body)
        (void)curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
    else
        (void)curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
}

static int
ask(struct client *client, const char *path, const char *body,
    struct answer *answer)
{
    AUTO(free_done) char *url = NULL;
    CURLcode code;

    if (asprintf(&url, "http://vapd%s", path) < 0)
        return out_no_memory();
    set_up(client, url, body, answer);
    code = curl_easy_perform(client->curl);
    if (code != CURLE_OK)
        return lost(client, code);
    (void)curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE,
                            &answer->status);
    return CLI_DONE;
}

/* --- what comes back --------------------------------------------------------
 */

static const char *
field(const json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

/* Of what was asked; else it could not be done. */
static bool
is_refusal(const struct answer *answer)
{
    return answer->status == 400 || answer->status == 409;
}

/* "05.0047 is assigned to a (EADDRINUSE); a/unassign_adapter 0x05" */
static int
say_refusal(const struct client *client, const struct answer *answer)
{
    AUTO(json_done)
    json_t *json =
        answer->text ? json_loads(answer->text, JSON_DECODE_ANY, NULL) : NULL;
    const char *message = field(json, "message");
    const char *error = field(json, "error");
    const char *remedy = field(json, "remedy");

    if (!message || !error)
        say_error("the virtual host %s answered with status %ld", client->name,
                  answer->status);
    else if (is_refusal(answer))
        say_error("%s (%s)%s%s", message, error, remedy ? "; " : "",
                  remedy ? remedy : "");
    else
        say_error("%s", message);
    return is_refusal(answer) ? CLI_REFUSED : CLI_FAILED;
}

static int
read_json(const struct client *client, const struct answer *answer,
          json_t **out)
{
    *out = json_loads(answer->text ? answer->text : "", 0, NULL);
    if (*out)
        return CLI_DONE;
    say_error("the virtual host %s answered with what is no JSON",
              client->name);
    return CLI_FAILED;
}

int
client_get_text(struct client *client, const char *path, char **out,
                size_t *length)
{
    AUTO(answer_done) struct answer answer = { 0 };
    int status = ask(client, path, NULL, &answer);

    if (status != CLI_DONE)
        return status;
    if (answer.status != 200) {
        (void)say_refusal(client, &answer);
        return CLI_FAILED;
    }
    *length = answer.length;
    *out = answer.text ? TAKE(answer.text) : strdup("");
    return *out ? CLI_DONE : out_no_memory();
}

int
client_get(struct client *client, const char *path, json_t **out)
{
    AUTO(answer_done) struct answer answer = { 0 };
    int status = client_get_text(client, path, &answer.text, &answer.length);

    return status == CLI_DONE ? read_json(client, &answer, out) : status;
}

/* A change is asked for, and whatever is answered is kept. */
static int
post(struct client *client, json_t *requests, bool plan, struct answer *answer)
{
    AUTO(json_done)
    json_t *json = json_pack("{s:o, s:b}", "requests", requests, "plan", plan);
    AUTO(free_done) char *body = json ? json_dumps(json, JSON_COMPACT) : NULL;

    return body ? ask(client, "/v1/change", body, answer) : out_no_memory();
}

int
client_change(struct client *client, json_t *requests, bool plan, json_t **out)
{
    AUTO(answer_done) struct answer answer = { 0 };
    int status = post(client, requests, plan, &answer);

    if (status != CLI_DONE)
        return status;
    if (answer.status / 100 != 2)
        return say_refusal(client, &answer);
    return read_json(client, &answer, out);
}

int
client_try(struct client *client, json_t *requests, json_t **out)
{
    AUTO(answer_done) struct answer answer = { 0 };
    int status = post(client, requests, false, &answer);

    if (status != CLI_DONE)
        return status;
    if (answer.status / 100 != 2 && !is_refusal(&answer))
        return say_refusal(client, &answer);
    status = read_json(client, &answer, out);
    return status == CLI_DONE && is_refusal(&answer) ? CLI_REFUSED : status;
}

/* --- a stream
 * ----------------------------------------------------------------- */

/** Lines of server-sent events, as they come. */
struct follower {
    struct answer line; /* begun, not ended */
    char kind[32];
    bool (*each)(void *context, const char *kind, const json_t *event);
    void *context;
    bool enough;
};

static bool
take_line(struct follower *f, const char *line)
{
    AUTO(json_done) json_t *json = NULL;

    if (strncmp(line, "event: ", 7) == 0)
        (void)snprintf(f->kind, sizeof(f->kind), "%s", line + 7);
    if (strncmp(line, "data: ", 6) != 0)
        return true;
    json = json_loads(line + 6, 0, NULL);
    return json && f->each(f->context, f->kind, json);
}

static size_t
take_lines(char *data, size_t one, size_t size, void *context)
{
    struct follower *f = context;
    char *end;

    if (take(data, one, size, &f->line) != size)
        return 0;
    while ((end = strchr(f->line.text, '\n'))) {
        *end = '\0';
        f->enough = !take_line(f, f->line.text);
        if (f->enough)
            return 0;
        f->line.length -= (size_t)(end + 1 - f->line.text);
        memmove(f->line.text, end + 1, f->line.length + 1);
    }
    return size;
}

int
client_follow(struct client *client, const char *path,
              bool (*each)(void *context, const char *kind,
                           const json_t *event),
              void *context)
{
    struct follower f = { .each = each, .context = context };
    AUTO(free_done) char *url = NULL;
    CURLcode code;

    if (asprintf(&url, "http://vapd%s", path) < 0)
        return out_no_memory();
    set_up(client, url, NULL, NULL);
    (void)curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, take_lines);
    (void)curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, &f);
    code = curl_easy_perform(client->curl);
    answer_done(&f.line);
    if (f.enough)
        return CLI_DONE;
    if (code != CURLE_OK)
        return lost(client, code);
    say_error("the virtual host %s has ended", client->name);
    return CLI_FAILED;
}
