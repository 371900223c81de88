// What all verbs share that ask a running service: which one, one question, and how its answer is told.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/api/room_view.hpp"

namespace CLI {
class App;
}

namespace greenroom::cli {

struct ClientOptions {
  std::string data;  // --data, else GREENROOM_DATA, else /var/lib/greenroom
  bool json{};
};

// Adds --data and --json.
void add_client_options(CLI::App&, ClientOptions&);

// A name as a part of a path: "S 1" -> "S%201" (RFC 3986, 2.1).
std::string escaped_part(std::string_view name);

// One question. Errc::timeout when nothing is answered within a minute: then the service waits for something itself.
Result<ApiResponse> ask_service(const ClientOptions&, ApiRequest);
// Every line of a watch, until the callback says false or the service ends.
Result<void> watch_service(const ClientOptions&, ApiRequest, const std::function<bool(const std::string& line)>&);

// 0 for an answer, printed by `show` or as it came with --json; else words on stderr, and 1 or 2.
int tell(const ClientOptions&, std::string_view verb, const Result<ApiResponse>&,
         const std::function<void(const std::string& body)>& show);

}  // namespace greenroom::cli
