#include "controller/api/openapi.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "controller/api/command_form.hpp"
#include "controller/api/route_table.hpp"
#include "controller/api/routes.hpp"
#include "tests/controller/api/room_fixture.hpp"

namespace greenroom {
namespace {

using nlohmann::json;
using test::parsed;

class OpenApi : public testing::Test {
 protected:
  OpenApi() {
    room.rig.import({test::row(2, test::mac_a)});
    room.keep();
  }
  [[nodiscard]] const json& schema(const std::string& name) const { return document["components"]["schemas"][name]; }
  // Every text that stands under "$ref", anywhere.
  static void references(const json& from, std::set<std::string>& into) {
    if (from.is_object() && from.contains("$ref")) into.insert(from["$ref"].get<std::string>());
    if (!from.is_structured()) return;
    for (const json& each : from) references(each, into);
  }
  template <class Enum>
  static json words(Enum last) {
    json all = json::array();
    for (int i = 0; i <= static_cast<int>(last); ++i) all.push_back(to_string(static_cast<Enum>(i)));
    return all;
  }

  test::ApiRoom room;
  const json document = parsed(openapi_document());
};

TEST_F(OpenApi, EveryRouteOfTheTableIsInTheDocumentWithItsMethod) {
  for (const RouteForm& form : route_forms()) {
    const std::string path = std::string(api_root) + std::string(form.path);
    const std::string method = form.method == "GET" ? "get" : "post";
    EXPECT_EQ(document["paths"].contains(path) && document["paths"][path].contains(method), form.over_http) << path;
  }
}

TEST_F(OpenApi, EveryPathOfTheDocumentIsAnswered) {
  std::size_t answered = 0;
  for (const auto& [path, methods] : document["paths"].items()) {
    if (path == "/metrics") continue;  // by the HTTP server itself: http_server_test.cpp
    for (const auto& [method, unused] : methods.items()) {
      std::string asked = path;
      for (const auto& [part, name] : {std::pair{"{slot}", "1-01"}, {"{batch}", "returns"}}) {
        if (const std::size_t at = asked.find(part); at != std::string::npos)
          asked.replace(at, std::string_view(part).size(), name);
      }
      const ApiRequest request(method == "get" ? "GET" : "POST", asked);
      const bool by_server = routed(request) == Route::commands || asked == "/api/v1/events";
      if (!by_server) { EXPECT_EQ(handle(request, room.view()).status, 200) << asked; }
      ++answered;
    }
  }
  EXPECT_EQ(answered, route_forms().size() - 1);  // a watch is the local socket's
}

TEST_F(OpenApi, EveryQueryOfTheDocumentIsTakenWithItsBounds) {
  for (const RouteForm& form : route_forms()) {
    if (form.answer == nullptr) continue;
    const json& operation = document["paths"][std::string(api_root) + std::string(form.path)]["get"];
    for (const json& p : operation.value("parameters", json::array())) {
      if (p["in"] != "query") continue;
      const std::string asked = std::string(api_root) + std::string(form.path) + "?" + p["name"].get<std::string>() + "=";
      const auto status = [&](const json& value) {
        return handle(ApiRequest("GET", asked + value.dump()), room.view()).status;
      };
      EXPECT_EQ(status(p["schema"]["minimum"]), 200) << asked;
      EXPECT_EQ(status(p["schema"]["minimum"].get<std::int64_t>() - 1), 400) << asked;
      EXPECT_EQ(status(p["schema"]["maximum"].get<std::int64_t>() + 1), 400) << asked;
    }
  }
}

TEST_F(OpenApi, EveryCommandIsInTheDocumentWithItsFields) {
  EXPECT_EQ(schema("command")["oneOf"].size(), command_forms().size());
  for (const CommandForm& form : command_forms()) {
    const std::string type(to_string(form.kind));
    EXPECT_EQ(schema("command")["discriminator"]["mapping"][type], "#/components/schemas/command_" + type);
    const json& command = schema("command_" + type);
    EXPECT_EQ(command["properties"]["type"]["const"], type);
    EXPECT_EQ(command["additionalProperties"], false);
    EXPECT_EQ(command["properties"].size(), form.fields.size() + 3);  // type, key, by
    for (const FieldForm& f : form.fields) {
      const json& required = command["required"];
      EXPECT_EQ(std::find(required.begin(), required.end(), f.name) != required.end(), f.required) << type << " " << f.name;
    }
  }
}

// A list's row has no table of its own: each member of the schema is taken, at its longest, and no other.
TEST_F(OpenApi, ARowOfAListIsAsTheDocumentSays) {
  json row = json::object();
  for (const auto& [name, member] : schema("list_row")["properties"].items()) {
    if (member["type"] == "string") row[name] = std::string(member["maxLength"].get<std::size_t>(), 'x');
    else row[name] = member["maximum"];
  }
  const auto taken = [](const json& r) {
    const json command{{"type", "import_batch"}, {"key", "k"}, {"by", "a"}, {"text", "b"}, {"rows", json::array({r})}};
    return command_from_json(command.dump()).has_value();
  };
  EXPECT_TRUE(taken(row));
  for (const auto& [name, member] : schema("list_row")["properties"].items()) {
    json longer = row;
    longer[name] =
        member["type"] == "string" ? json(row[name].get<std::string>() + "x") : json(row[name].get<std::uint64_t>() + 1);
    EXPECT_FALSE(taken(longer)) << name;
  }
  row["colour"] = "silver";
  EXPECT_FALSE(taken(row));
}

TEST_F(OpenApi, TheClosedSetsAreThoseOfTheCode) {
  EXPECT_EQ(schema("owner")["enum"], words(Owner::auditor));
  EXPECT_EQ(schema("step")["enum"], words(StepKind::pack));
  EXPECT_EQ(schema("outlet")["properties"]["state"]["enum"], words(Sensed::unknown));
  EXPECT_EQ(schema("port")["properties"]["mode"]["enum"], words(MacMode::t2_booted));
  json standings{"free", "stranger"};  // of a slot without a visit
  for (const json& each : words(StepState::done)) standings.push_back(each);
  EXPECT_EQ(schema("slot")["properties"]["state"]["enum"], standings);
  json sees_to_it{"greenroom"};
  for (const json& each : words(Owner::auditor)) sees_to_it.push_back(each);
  sees_to_it.push_back(nullptr);
  EXPECT_EQ(schema("sees_to_it")["enum"], sees_to_it);
}

TEST_F(OpenApi, NothingIsNamedThatIsNotThereAndNothingIsThereThatIsNotNamed) {
  std::set<std::string> named;
  references(document, named);
  std::set<std::string> there;
  for (const char* kind : {"schemas", "responses"}) {
    for (const auto& [name, unused] : document["components"][kind].items())
      there.insert("#/components/" + std::string(kind) + "/" + name);
  }
  there.erase("#/components/schemas/changes");  // in the events of a stream, which no schema of 3.1 reaches
  EXPECT_EQ(named, there);
}

}  // namespace
}  // namespace greenroom
