#include "controller/api/openapi.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "controller/api/command_form.hpp"
#include "controller/api/openapi_data.hpp"
#include "controller/api/route_table.hpp"

namespace greenroom {
namespace {

using Json = nlohmann::ordered_json;

Json ref(std::string_view kind, std::string_view name) { return {{"$ref", fmt::format("#/components/{}/{}", kind, name)}}; }

// An answer has all its members, always: null is what is not known.
void require_all(Json& schema) {
  if (schema.is_object() && schema.contains("properties") && !schema.contains("required")) {
    Json names = Json::array();
    for (const auto& [name, unused] : schema["properties"].items()) names.push_back(name);
    schema["required"] = std::move(names);
  }
  if (!schema.is_structured()) return;
  for (Json& each : schema) require_all(each);
}

// ---- commands: from command_form.hpp

Json text_schema(std::string_view means, std::size_t longest, bool required) {
  Json s{{"type", "string"}, {"maxLength", longest}, {"pattern", "^[^\\u0000-\\u001f\\u007f]*$"}};
  s["description"] = fmt::format("{}; at most {} bytes of UTF-8", means, longest);
  if (required) s["minLength"] = 1;
  return s;
}

Json field_schema(const FieldForm& f) {
  if (f.name == "number")
    return {{"type", "integer"}, {"minimum", 0}, {"maximum", largest_number}, {"description", f.means}};
  if (f.name == "rows")
    return {{"type", "array"}, {"maxItems", most_rows}, {"items", ref("schemas", "list_row")}, {"description", f.means}};
  return text_schema(f.means, f.name == "text" ? longest_text : longest_name, f.required);
}

Json command_schema(const CommandForm& form) {
  Json required{"type", "key", "by"};
  Json fields{{"type", {{"const", to_string(form.kind)}}},
              {"key", text_schema("any text that is new for each command; sent again, it gives the same answer",
                                  longest_name, true)},
              {"by", text_schema("the person or program that asks", longest_name, true)}};
  fields["by"]["not"] = {{"const", "greenroom"}};
  for (const FieldForm& f : form.fields) {
    fields[std::string(f.name)] = field_schema(f);
    if (f.required) required.push_back(f.name);
  }
  Json schema{{"type", "object"}, {"description", form.does}, {"properties", std::move(fields)}};
  schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  if (form.kind != CommandKind::step_failed) return schema;
  schema["anyOf"] = {{{"required", {"number"}}, {"properties", {{"number", {{"minimum", 1}}}}}},
                     {{"required", {"serial"}}, {"properties", {{"serial", {{"minLength", 1}}}}}}};
  return schema;
}

void add_commands(Json& schemas) {
  Json all = Json::array();
  Json mapping = Json::object();
  for (const CommandForm& form : command_forms()) {
    const std::string name = fmt::format("command_{}", to_string(form.kind));
    schemas[name] = command_schema(form);
    all.push_back(ref("schemas", name));
    mapping[std::string(to_string(form.kind))] = all.back()["$ref"];
  }
  schemas["command"] = {{"oneOf", std::move(all)},
                        {"discriminator", {{"propertyName", "type"}, {"mapping", std::move(mapping)}}}};
}

// ---- paths: from route_table.hpp

Json content(Json schema) { return {{"application/json", {{"schema", std::move(schema)}}}}; }

// "slots/{slot}" -> "slot"; nothing when there is no such part.
std::string_view part_of(std::string_view path) {
  const std::size_t open = path.find('{');
  return open == std::string_view::npos ? std::string_view() : path.substr(open + 1, path.size() - open - 2);
}

Json parameters(const RouteForm& form) {
  Json all = Json::array();
  if (const std::string_view part = part_of(form.path); !part.empty())
    all.push_back({{"name", part}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
  for (const QueryForm& q : form.query) {
    all.push_back({{"name", q.name},
                   {"in", "query"},
                   {"description", q.means},
                   {"schema", {{"type", "integer"}, {"minimum", q.least}, {"maximum", q.most}}}});
  }
  return all;
}

Json operation(const RouteForm& form, const Json& components) {
  const std::string_view part = part_of(form.path);
  const std::string_view id = part.empty() ? form.path.substr(0, form.path.find('.')) : part;
  Json o{{"operationId", id}, {"summary", form.does}};
  if (Json all = parameters(form); !all.empty()) o["parameters"] = std::move(all);
  if (form.method == "POST") {
    o["security"] = Json::array({{{"token", Json::array()}}});
    o["requestBody"] = {{"required", true}, {"content", content(ref("schemas", "command"))}};
  }
  const std::string answers(form.answers);
  Json& responses = o["responses"];
  if (components["responses"].contains(answers)) responses["200"] = ref("responses", answers);
  else responses["200"] = {{"description", form.does}, {"content", content(ref("schemas", answers))}};
  if (form.method == "POST") {
    Json either{{"anyOf", {ref("schemas", answers), ref("schemas", "error")}}};
    responses["409"] = {{"description", "refused by the room; error: the key was used for another command"},
                        {"content", content(std::move(either))}};
  }
  responses["default"] = ref("responses", "refused");
  return o;
}

std::string made() {
  Json document = Json::parse(openapi_data);
  Json& components = document["components"];
  require_all(components["schemas"]);
  add_commands(components["schemas"]);
  for (const RouteForm& form : route_forms()) {
    if (!form.over_http) continue;
    const std::string method = form.method == "POST" ? "post" : "get";
    document["paths"][fmt::format("{}{}", api_root, form.path)][method] = operation(form, components);
  }
  return document.dump();
}

}  // namespace

const std::string& openapi_document() {
  static const std::string document = made();
  return document;
}

}  // namespace greenroom
