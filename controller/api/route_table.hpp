// Every path below /api/v1/, in one table: what is answered, what may be asked of it, what a misspelt name is taken for, and
// the document (openapi.hpp) all come from it. For the .cpp files of this folder.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "controller/api/room_view.hpp"

namespace greenroom {

inline constexpr std::string_view api_root = "/api/v1/";

// "slots/1-03?a=b" as its parts.
struct Target {
  std::string what, which;  // "slots", "1-03"
  std::map<std::string, std::string, std::less<>> query;
  bool known{};  // below the root, and well formed
};

// What may stand behind the question mark: a whole number.
struct QueryForm {
  std::string_view name, means;
  std::uint64_t least{}, most{};
};

struct RouteForm {
  std::string_view method, path;  // "GET", "slots/{slot}"
  std::string_view does;          // one line
  std::string_view answers;       // the shape of it: a schema or a response of openapi.json
  std::span<const QueryForm> query;
  ApiResponse (*answer)(const RoomView&, const Target&){};  // nothing: its server does it
  bool over_http{true};
};
std::span<const RouteForm> route_forms();

}  // namespace greenroom
