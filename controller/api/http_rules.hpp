// Who may ask over HTTP, decided from a request's head alone. Pure.
//
// A program on 127.0.0.1 is reached by every web page that this machine's browser shows: such a page may send, and a name
// of its own may point here (DNS rebinding). So the name that was asked for must be one of ours, a page of another origin
// is refused, and a write needs JSON and the token that only the page at / was given (RFC 9110, 7.2; RFC 6454; RFC 6750).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/api/room_view.hpp"

namespace greenroom {

// Empty where the request has no such field.
struct HttpHead {
  std::string_view method, target;
  std::string_view host, origin, fetch_site, content_type, authorization;
};

struct HttpPolicy {
  std::vector<std::string> hosts;  // as a browser names us: "127.0.0.1:8017", "localhost:8017"
  std::string token;
};

// For a server at this port of the machine itself.
HttpPolicy local_policy(unsigned port, std::string token);

// Why this request is refused, in words; nothing when it may be answered. 400 no single Host, 401 no or wrong token, 403
// another name or origin, 405 a method that is none of ours, 415 a write that is not JSON.
std::optional<ApiResponse> refused(const HttpHead&, const HttpPolicy&);

}  // namespace greenroom
