#include "controller/api/http_reply.hpp"

#include <fmt/format.h>

namespace greenroom {
namespace {

// For all that is sent. The page may load and ask nothing but us, and nobody may put it into a frame of theirs.
constexpr std::string_view always =
    "Cache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n";

// RFC 9110, 15; RFC 6585.
std::string_view reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 431: return "Request Header Fields Too Large";
    case 503: return "Service Unavailable";
    default: return "Internal Server Error";
  }
}

}  // namespace

std::string head_of(const HttpReply& r) {
  return fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}{}{}\r\n", r.status, reason(r.status),
                     r.type, r.bytes, r.stays ? "" : "Connection: close\r\n", r.gzip ? "Content-Encoding: gzip\r\n" : "",
                     always);
}

std::string stream_head() {
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n{}\r\nretry: 1000\n\n",
                     always);
}

std::string page_with(const WebAsset& asset, std::string_view token) {
  std::string text(asset.bytes);
  if (asset.gzip) return text;
  constexpr std::string_view place = "@TOKEN@";
  if (const std::size_t at = text.find(place); at != std::string::npos) text.replace(at, place.size(), token);
  return text;
}

}  // namespace greenroom
