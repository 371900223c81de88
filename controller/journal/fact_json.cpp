#include "controller/journal/fact_json.hpp"

#include <nlohmann/json.hpp>
#include <type_traits>
#include <utility>

#include "controller/domain/visits/visit_state.hpp"

namespace greenroom {
namespace {

using nlohmann::json;

json plain(const std::string& x) { return x; }
json plain(bool x) { return x; }
template <class T>
requires std::is_integral_v<T> json plain(T x) { return x; }
json plain(Duration x) { return x.count(); }
json plain(TimePoint x) { return x.time_since_epoch().count(); }
json plain(WallTime x) { return x.time_since_epoch().count(); }
template <class Tag>
json plain(Quantity<Tag> x) {
  return x.milli;
}  // the keys say _A; the journal holds thousandths, exact

struct Writer {
  json& body;
  template <class T>
  void operator()(const char* key, const T& value) const {
    body[key] = plain(value);
  }
};

// Reads one member; the first that is missing or of another type is remembered, the rest keep their defaults.
struct Reader {
  const json& body;
  std::string& trouble;

  template <class T>
  void operator()(const char* key, T& value) const {
    const auto found = body.find(key);
    if (found == body.end()) return complain(key, "is missing");
    read(*found, value, key);
  }
  void complain(const char* key, const char* what) const {
    if (trouble.empty()) trouble = std::string("\"") + key + "\" " + what;
  }
  void read(const json& j, std::string& x, const char* key) const {
    if (!j.is_string()) return complain(key, "is not a text");
    x = j.get_ref<const std::string&>();
  }
  void read(const json& j, bool& x, const char* key) const {
    if (!j.is_boolean()) return complain(key, "is neither true nor false");
    x = j.get<bool>();
  }
  template <class T>
  requires std::is_integral_v<T>
  void read(const json& j, T& x, const char* key) const {
    if (!j.is_number_integer()) return complain(key, "is not a whole number");
    if (j.is_number_unsigned() ? !std::in_range<T>(j.get<std::uint64_t>()) : !std::in_range<T>(j.get<std::int64_t>())) {
      return complain(key, "is out of range");
    }
    x = j.get<T>();
  }
  void read(const json& j, Duration& x, const char* key) const { x = Duration{whole(j, key)}; }
  void read(const json& j, TimePoint& x, const char* key) const { x = TimePoint{Duration{whole(j, key)}}; }
  void read(const json& j, WallTime& x, const char* key) const { x = WallTime{Duration{whole(j, key)}}; }
  template <class Tag>
  void read(const json& j, Quantity<Tag>& x, const char* key) const {
    x = Quantity<Tag>{whole(j, key)};
  }
  [[nodiscard]] std::int64_t whole(const json& j, const char* key) const {
    std::int64_t x{};
    read(j, x, key);
    return x;
  }
};

// Version 1 of step_changed said in words alone what a visit waits for, and the program of that day went by how they begin.
// These are its words, as they stand in journals: they never change, whatever is said today.
std::string waits_for_before_2(const json& body) {
  struct OldWords {
    std::string_view begin;
    WaitKind kind;
  };
  constexpr OldWords old[] = {{"power lease", WaitKind::lease},     {"power", WaitKind::power},
                              {"outlet off", WaitKind::outlet_off}, {"a free place", WaitKind::free_place},
                              {"shift", WaitKind::shift},           {"not ready: ", WaitKind::ready},
                              {"trial: ", WaitKind::trial},         {"two minutes, then the next try", WaitKind::next_try},
                              {"the USB host", WaitKind::usb_host}};
  const auto state = body.find("state"), what = body.find("what");
  if (state == body.end() || *state != "waiting" || what == body.end() || !what->is_string()) return {};
  const std::string& said = what->get_ref<const std::string&>();
  for (const OldWords& words : old) {
    if (said.starts_with(words.begin)) return std::string(to_string(words.kind));
  }
  const bool place = said.find(" restores run on ") != std::string::npos;  // after two numbers
  return std::string(to_string(place ? WaitKind::usb_place : WaitKind::none));
}

// Upcasts from older versions go here, one line a version: if (type == X::type && version == 1) body["new"] = ...
void upcast(const std::string& type, int version, json& body) {
  if (type == CommandTaken::type && version == 1) body["digest"] = "";
  if (type == EffectStarted::type && version == 1) body["engine_version"] = body["build"] = "";
  if (type == StepChanged::type && version == 1) body["waits_for"] = waits_for_before_2(body);
}

template <std::size_t I = 0>
bool read_body(const std::string& type, int version, const json& body, FactBody& out, std::string& trouble) {
  if constexpr (I == std::variant_size_v<FactBody>) {
    return false;
  } else {
    using Kind = std::variant_alternative_t<I, FactBody>;
    if (type != Kind::type) return read_body<I + 1>(type, version, body, out, trouble);
    if (version > Kind::version) {
      trouble =
          "version " + std::to_string(version) + " is newer than this program knows (" + std::to_string(Kind::version) + ")";
      return true;
    }
    Kind kind;
    Kind::fields(Reader{body, trouble}, kind);
    out = std::move(kind);
    return true;
  }
}

}  // namespace

std::string to_json_line(const Fact& fact) {
  json body = json::object();
  const char* type = nullptr;
  int version = 0;
  std::visit(
      [&](const auto& kind) {
        using Kind = std::decay_t<decltype(kind)>;
        type = Kind::type;
        version = Kind::version;
        Kind::fields(Writer{body}, kind);
      },
      fact.body);
  const json line{{"seq", fact.seq},    {"at_us", plain(fact.at)}, {"wall_us", plain(fact.wall)},
                  {"by", fact.by},      {"cause", fact.cause},     {"type", type},
                  {"version", version}, {"body", std::move(body)}};
  // Labels are typed by people and scanners: a byte that is no UTF-8 is replaced rather than refused.
  return line.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Fact> fact_from_json(std::string_view line) {
  json j = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!j.is_object()) return fail(Errc::storage, "this is no JSON object; restore the journal from a backup");
  Fact fact;
  std::string trouble;
  std::string type;
  int version = 0;
  const Reader head{j, trouble};
  head("seq", fact.seq);
  head("at_us", fact.at);
  head("wall_us", fact.wall);
  head("by", fact.by);
  head("cause", fact.cause);
  head("type", type);
  head("version", version);
  const auto body = j.find("body");
  if (body == j.end() || !body->is_object()) head.complain("body", "is missing");
  if (trouble.empty()) {
    upcast(type, version, *body);
    if (!read_body(type, version, *body, fact.body, trouble)) trouble = "type \"" + type + "\" is unknown";
  }
  if (trouble.empty()) return fact;
  const std::string where = type.empty() ? "fact" : type;
  return fail(Errc::storage, where + ": " + trouble + "; use the program version that wrote it, or a backup");
}

}  // namespace greenroom
