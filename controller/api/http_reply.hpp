// What goes before an answer's bytes over HTTP (RFC 9112), and the page as it is sent. Pure text.
#pragma once

#include <string>
#include <string_view>

#include "controller/api/web_assets.hpp"

namespace greenroom {

struct HttpReply {
  int status{};
  std::string_view type;  // "application/json"
  std::size_t bytes{};    // of the body
  bool stays{};           // the connection goes on after it
  bool gzip{};
};
std::string head_of(const HttpReply&);

// Of a stream of server-sent events, which ends with its connection; a reader that lost it comes again after a second.
std::string stream_head();

// A file of the page; in the document itself the room's token stands where @TOKEN@ did.
std::string page_with(const WebAsset&, std::string_view token);

}  // namespace greenroom
