/* SPDX-License-Identifier: MIT */
/* docs/openapi.yaml, whose path is $OPENAPI, held against the tables that it
 * describes, and against what vapd answers. */
#include "api/call.h"
#include "base/auto.h"
#include "daemon/host.h"
#include "host/request_json.h"
#include "test.h"

#include <stdlib.h>
#include <yaml.h>

/* --- YAML as JSON: all scalars are strings ---------------------------------
 */

static json_t *
node_json(yaml_document_t *doc, int number)
{
    yaml_node_t *node = yaml_document_get_node(doc, number);
    json_t *json;

    if (node->type == YAML_SCALAR_NODE)
        return json_string((const char *)node->data.scalar.value);
    if (node->type == YAML_SEQUENCE_NODE) {
        json = json_array();
        for (const yaml_node_item_t *i = node->data.sequence.items.start;
             i < node->data.sequence.items.top; i++)
            CHECK(json_array_append_new(json, node_json(doc, *i)) == 0);
        return json;
    }
    json = json_object();
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start;
         p < node->data.mapping.pairs.top; p++) {
        json_t *key = node_json(doc, p->key);

        CHECK(!json_object_get(json, json_string_value(key)));
        CHECK(json_object_set_new(json, json_string_value(key),
                                  node_json(doc, p->value)) == 0);
        json_decref(key);
    }
    return json;
}

static json_t *
load(void)
{
    AUTO(file_done) FILE *f = fopen(getenv("OPENAPI"), "re");
    yaml_parser_t parser;
    yaml_document_t doc;
    json_t *json;

    CHECK(f && yaml_parser_initialize(&parser));
    yaml_parser_set_input_file(&parser, f);
    CHECK(yaml_parser_load(&parser, &doc));
    json = node_json(&doc, 1);
    yaml_document_delete(&doc);
    yaml_parser_delete(&parser);
    return json;
}

/* "#/components/schemas/Set" */
static const json_t *
follow(const json_t *api, const json_t *schema)
{
    const char *ref = json_string_value(json_object_get(schema, "$ref"));
    const char *name = ref ? strrchr(ref, '/') + 1 : NULL;

    if (!ref)
        return schema;
    test_note("%s", ref);
    schema = json_object_get(
        json_object_get(json_object_get(api, "components"), "schemas"), name);
    CHECK(schema);
    return schema;
}

static bool
has(const json_t *list, const char *word)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!strcmp(json_string_value(json_array_get(list, i)), word))
            return true;
    return false;
}

/* Every reference leads somewhere. */
static void
check_references(const json_t *api, const json_t *json)
{
    const char *key;
    json_t *value;

    (void)follow(api, json);
    json_object_foreach((json_t *)json, key, value)
        check_references(api, value);
    for (size_t i = 0; i < json_array_size(json); i++)
        check_references(api, json_array_get(json, i));
}

TEST(references_lead_somewhere)
{
    json_t *api = load();

    check_references(api, api);
    json_decref(api);
}

/* --- paths
 * -------------------------------------------------------------------- */

static const json_t *
method_of(const json_t *api, const struct route *route)
{
    const json_t *path =
        json_object_get(json_object_get(api, "paths"), route->path);

    return json_object_get(path, strcmp(route->method, "GET") ? "post" : "get");
}

static void
check_keys(const struct route *route, const json_t *parameters)
{
    size_t n = 0;

    for (; route->keys[n]; n++) {
        bool found = false;

        for (size_t i = 0; i < json_array_size(parameters); i++)
            found |= !strcmp(json_string_value(json_object_get(
                                 json_array_get(parameters, i), "name")),
                             route->keys[n]);
        test_note("%s?%s", route->path, route->keys[n]);
        CHECK(found);
    }
    CHECK_INT(json_array_size(parameters), n);
}

TEST(paths_and_their_keys_are_those_of_the_table)
{
    json_t *api = load();
    size_t n = 0;

    for (const struct route *r = api_routes; r->method; r++, n++) {
        const json_t *method = method_of(api, r);

        test_note("%s %s", r->method, r->path);
        CHECK(method);
        check_keys(r, json_object_get(method, "parameters"));
    }
    CHECK_INT(json_object_size(json_object_get(api, "paths")), n);
    json_decref(api);
}

/* --- requests
 * ------------------------------------------------------------------ */

/* The one schema whose op can be this. */
static const json_t *
schema_of(const json_t *api, const char *op)
{
    const json_t *all = json_object_get(
        json_object_get(json_object_get(api, "components"), "schemas"),
        "Request");
    const json_t *list = json_object_get(all, "oneOf");
    const json_t *found = NULL;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *schema = follow(api, json_array_get(list, i));
        const json_t *properties = json_object_get(schema, "properties");

        if (!has(json_object_get(json_object_get(properties, "op"), "enum"),
                 op))
            continue;
        CHECK(!found);
        found = schema;
    }
    return found;
}

static bool
may_lack(const char *key)
{
    return !strcmp(key, "adapters") || !strcmp(key, "domains") ||
           !strcmp(key, "control");
}

TEST(every_op_has_the_keys_of_the_table)
{
    json_t *api = load();
    struct request_op op;

    for (size_t i = 0; request_op(i, &op); i++) {
        const json_t *schema = schema_of(api, op.name);
        const json_t *required = json_object_get(schema, "required");
        size_t n = 0;

        test_note("%s", op.name);
        CHECK(schema);
        CHECK(has(required, "op"));
        for (; op.keys[n]; n++) {
            test_note("%s: %s", op.name, op.keys[n]);
            CHECK(json_object_get(json_object_get(schema, "properties"),
                                  op.keys[n]));
            CHECK(has(required, op.keys[n]) != may_lack(op.keys[n]));
        }
        CHECK_INT(json_object_size(json_object_get(schema, "properties")),
                  n + 1);
    }
    json_decref(api);
}

/* --- answers
 * -------------------------------------------------------------------- */

/* Whatever is answered is in the schema, and what is in it is answered. */
static void
check_answer(const json_t *api, const json_t *schema, const json_t *said,
             const char *where)
{
    const json_t *properties;
    const char *key;
    json_t *value;

    schema = follow(api, schema);
    properties = json_object_get(schema, "properties");
    for (size_t i = 0; i < json_array_size(said); i++)
        check_answer(api, json_object_get(schema, "items"),
                     json_array_get(said, i), where);
    if (!json_is_object(said) || !properties)
        return;
    json_object_foreach((json_t *)said, key, value)
    {
        test_note("%s: %s", where, key);
        CHECK(json_object_get(properties, key));
        check_answer(api, json_object_get(properties, key), value, key);
    }
}

static void
check_path(const struct vhost *host, const json_t *api, const char *path)
{
    json_t *said = vhost_get(host, path);
    const json_t *schema = json_object_get(api, "paths");

    schema = json_object_get(json_object_get(schema, path), "get");
    schema = json_object_get(json_object_get(schema, "responses"), "200");
    schema =
        json_object_get(json_object_get(schema, "content"), "application/json");
    check_answer(api, json_object_get(schema, "schema"), said, path);
    json_decref(said);
}

TEST(what_is_answered_is_described)
{
    VHOST_OR_SKIP();

    AUTO(vhost_done) struct vhost host = vhost_new();
    json_t *api = load();

    CHECK_INT(vhost_start(&host, NULL), 0);
    CHECK_INT(
        vhost_change(&host, "create 11111111-1111-1111-1111-111111111111"),
        200);
    CHECK_INT(vhost_change(&host, "adapter 5 leaves"), 200);
    check_path(&host, api, "/v1");
    check_path(&host, api, "/v1/state");
    check_path(&host, api, "/v1/log");
    json_decref(api);
}
