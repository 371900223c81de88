#include "controller/cli/client.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>

#include "controller/api/local_client.hpp"
#include "controller/cli/screen.hpp"

namespace greenroom::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto patience = std::chrono::seconds{60};

std::string default_data() {
  const char* named = std::getenv("GREENROOM_DATA");
  return named != nullptr && *named != '\0' ? named : "/var/lib/greenroom";
}

std::string error_words(const std::string& body) {
  const Json json = Json::parse(body, nullptr, false);
  if (json.is_object() && json.contains("error") && json["error"].is_string()) return json["error"].get<std::string>();
  return body;
}

asio::awaitable<void> ask_once(LocalClient& client, ApiRequest request, std::optional<Result<ApiResponse>>& out) {
  out = co_await client.ask(std::move(request));
}

asio::awaitable<void> watch_all(LocalClient& client, ApiRequest request, const std::function<bool(const std::string&)>& line,
                                Result<void>& out) {
  const auto answer = co_await client.ask(std::move(request));
  if (!answer || answer->status != 200) {
    out = answer ? fail(Errc::usage, error_words(answer->body)) : fail(answer.error());
    co_return;
  }
  while (true) {
    const auto fact = co_await client.next_fact();
    if (!fact) out = fail(fact.error());
    if (!fact || !line(*fact)) co_return;
  }
}

}  // namespace

void add_client_options(CLI::App& app, ClientOptions& options) {
  options.data = default_data();
  app.add_option("--data", options.data, "directory of the service that is asked (GREENROOM_DATA)")->capture_default_str();
  app.add_flag("--json", options.json, "print the answer as one JSON value on one line");
}

std::string escaped_part(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool safe = (byte | 0x20U) >= 'a' && (byte | 0x20U) <= 'z';
    if (safe || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~' || c == ':') out += c;
    else out += fmt::format("%{:02X}", byte);
  }
  return out;
}

Result<ApiResponse> ask_service(const ClientOptions& options, ApiRequest request) {
  asio::io_context io{1};
  LocalClient client(io.get_executor(), options.data);
  std::optional<Result<ApiResponse>> out;
  asio::co_spawn(io, ask_once(client, std::move(request), out), asio::detached);
  io.run_for(patience);
  if (out) return *out;
  return fail(Errc::timeout,
              "the service on " + options.data +
                  " took the question and has not answered within a minute; greenroom status says what it waits "
                  "for, and a command may be sent again with the same --key");
}

Result<void> watch_service(const ClientOptions& options, ApiRequest request,
                           const std::function<bool(const std::string& line)>& line) {
  asio::io_context io{1};
  LocalClient client(io.get_executor(), options.data);
  Result<void> out;
  asio::co_spawn(io, watch_all(client, std::move(request), line, out), asio::detached);
  io.run();
  return out;
}

int tell(const ClientOptions& options, std::string_view verb, const Result<ApiResponse>& answer,
         const std::function<void(const std::string& body)>& show) {
  const bool good = answer && answer->status == 200;
  if (!good) {
    const std::string words = answer ? error_words(answer->body) : answer.error().message;
    std::fprintf(stderr, "greenroom %.*s: %s\n", static_cast<int>(verb.size()), verb.data(), plain(words).c_str());
    if (options.json) std::printf("%s\n", answer ? answer->body.c_str() : Json{{"error", words}}.dump().c_str());
  } else if (options.json) {
    std::printf("%s\n", answer->body.c_str());
  } else {
    show(answer->body);
  }
  if (std::fflush(stdout) != 0) return 1;
  if (good) return 0;
  return answer && (answer->status == 400 || answer->status == 404 || answer->status == 405) ? 2 : 1;
}

}  // namespace greenroom::cli
