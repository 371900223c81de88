#include "controller/api/http_rules.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cctype>

#include "controller/api/routes.hpp"

namespace greenroom {
namespace {

bool same_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

bool is_ours(std::string_view host, const HttpPolicy& policy) {
  return std::any_of(policy.hosts.begin(), policy.hosts.end(),
                     [&](const std::string& each) { return same_letters(each, host); });
}

// "application/json; charset=utf-8" -> "application/json"
std::string_view media_type(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return type;
}

// In a time that does not tell how much of it was right.
bool has_token(std::string_view authorization, std::string_view token) {
  constexpr std::string_view scheme = "Bearer ";
  if (authorization.size() < scheme.size() || !same_letters(authorization.substr(0, scheme.size()), scheme)) return false;
  authorization.remove_prefix(scheme.size());
  return !token.empty() && authorization.size() == token.size() &&
         CRYPTO_memcmp(authorization.data(), token.data(), token.size()) == 0;
}

}  // namespace

HttpPolicy local_policy(unsigned port, std::string token) {
  HttpPolicy policy{{}, std::move(token)};
  for (const std::string_view name : {"127.0.0.1", "localhost"}) {
    policy.hosts.push_back(fmt::format("{}:{}", name, port));
    if (port == 80) policy.hosts.emplace_back(name);  // a browser leaves the usual port out
  }
  return policy;
}

std::optional<ApiResponse> refused(const HttpHead& head, const HttpPolicy& policy) {
  if (head.host.empty()) return wrong(400, "the request has no Host, or several");
  if (!is_ours(head.host, policy))
    return wrong(403,
                 fmt::format("this room is at http://{}; the name that was asked for is another's", policy.hosts.front()));
  constexpr std::string_view scheme = "http://";
  const bool from_us =
      head.origin.empty() || (head.origin.starts_with(scheme) && is_ours(head.origin.substr(scheme.size()), policy));
  // A link on another page may lead to ours, which nobody else can read or frame; what is below /api/ is not for them.
  if (!from_us || (same_letters(head.fetch_site, "cross-site") && head.target.starts_with("/api/")))
    return wrong(403, "a page of another origin may not ask this room");
  if (head.method == "GET") return std::nullopt;
  if (head.method != "POST") return wrong(405, "reads are GET, commands are POST");
  if (!same_letters(media_type(head.content_type), "application/json"))
    return wrong(415, "a command is sent with Content-Type: application/json");
  if (!has_token(head.authorization, policy.token))
    return wrong(
        401, "a command needs the room's token, as Authorization: Bearer TOKEN; it stands in DATA/token, and in the page");
  return std::nullopt;
}

}  // namespace greenroom
