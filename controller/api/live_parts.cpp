#include "controller/api/live_parts.hpp"

#include <fmt/format.h>

#include <array>
#include <unordered_map>
#include <utility>

#include "controller/api/parts.hpp"
#include "controller/api/routes.hpp"

namespace greenroom {
namespace {

using api::Json;

// A listing of GET room, and the member that names each of its elements.
constexpr std::array<std::pair<std::string_view, const char*>, 5> listings{
    {{"places", "slot"}, {"circuits", "circuit"}, {"pdus", "pdu"}, {"batches", "batch"}, {"cases", "case"}}};

bool only_ages(std::string_view field) { return field.ends_with("_ms") || field.ends_with("_in_s"); }

void leave_out_ages(Json& json) {
  if (json.is_object()) {
    for (auto at = json.begin(); at != json.end();) at = only_ages(at.key()) ? json.erase(at) : std::next(at);
  }
  if (json.is_structured()) {
    for (Json& each : json) leave_out_ages(each);
  }
}

std::string printed(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string name_of(std::string_view listing, const Json& name) {
  return fmt::format("{}/{}", listing, name.is_string() ? name.get<std::string>() : name.dump());
}

// "set":{..},"gone":[..] after what every frame begins with.
std::string framed(bool whole, const std::string& set, const std::string& gone, const RoomView& v) {
  return fmt::format(R"({{"whole":{},"seq":{},"wall":"{}","speed":{},"set":{{{}}},"gone":[{}]}})", whole, v.state.last_seq,
                     api::clock_text(v.wall), v.health.speed, set, gone);
}

void add(std::string& list, std::string_view item) {
  if (!list.empty()) list += ',';
  list += item;
}

std::string member(const std::string& name, const std::string& value) { return Json(name).dump() + ":" + value; }

}  // namespace

Parts parts_of(const RoomView& v) {
  Json state = api::room_json(v);
  leave_out_ages(state);
  state["service"].erase("wall");
  Parts parts;
  for (const auto& [listing, key] : listings) {
    for (const Json& each : state[listing]) parts.emplace_back(name_of(listing, each[key]), printed(each));
    state.erase(std::string(listing));
  }
  for (const auto& [name, value] : state.items()) parts.emplace_back(name, printed(value));
  return parts;
}

std::string whole_frame(const Parts& now, const RoomView& v) {
  std::string set;
  for (const auto& [name, value] : now) add(set, member(name, value));
  return framed(true, set, {}, v);
}

std::string change_frame(const Parts& before, const Parts& now, const RoomView& v) {
  std::string set;
  std::string gone;
  std::unordered_map<std::string_view, std::string_view> left(before.begin(), before.end());
  for (const auto& [name, value] : now) {
    const auto was = left.find(name);
    if (was == left.end() || was->second != value) add(set, member(name, value));
    if (was != left.end()) left.erase(was);
  }
  for (const auto& [name, unused] : before) {
    if (left.contains(name)) add(gone, Json(name).dump());
  }
  return set.empty() && gone.empty() ? std::string() : framed(false, set, gone, v);
}

}  // namespace greenroom
