#include "hw/serial/line_url.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace greenroom {
namespace {

tl::unexpected<Error> wrong(std::string_view url, std::string_view why) {
  return fail(Errc::bad_config, fmt::format("line \"{}\": {}", url, why));
}

std::optional<std::uint32_t> whole(std::string_view text, std::uint32_t low, std::uint32_t high) {
  std::uint32_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || n < low || n > high) return std::nullopt;
  return n;
}

Result<LineUrl> serial(std::string_view url, std::string_view rest) {
  if (rest.empty() || rest.front() != '/') return wrong(url, "a serial port is a path, as serial:/dev/serial/by-id/usb-...");
  return LineUrl{LineUrl::Kind::serial, std::string(rest), 0, 0};
}

Result<LineUrl> tcp(std::string_view url, std::string_view rest) {
  std::string_view host;
  std::string_view port;
  if (!rest.empty() && rest.front() == '[') {  // an IPv6 address holds colons of its own
    const auto close = rest.find("]:");
    if (close == rest.npos) return wrong(url, "an IPv6 host stands in brackets before its port, as tcp:[fd00::5]:2001");
    host = rest.substr(1, close - 1);
    port = rest.substr(close + 2);
  } else {
    const auto colon = rest.find(':');
    if (colon == rest.npos) return wrong(url, "a console server needs a port, as tcp:console.lan:2001");
    if (rest.find(':', colon + 1) != rest.npos)
      return wrong(url, "an IPv6 host stands in brackets before its port, as tcp:[fd00::5]:2001");
    host = rest.substr(0, colon);
    port = rest.substr(colon + 1);
  }
  if (host.empty()) return wrong(url, "the host is missing, as in tcp:console.lan:2001");
  const auto number = whole(port, 1, 65535);
  if (!number) return wrong(url, "the port is a whole number from 1 to 65535");
  return LineUrl{LineUrl::Kind::tcp, std::string(host), static_cast<std::uint16_t>(*number), 0};
}

Result<LineUrl> without_rate(std::string_view url) {
  const auto colon = url.find(':');
  const std::string_view kind = url.substr(0, colon);
  const std::string_view rest = colon == url.npos ? std::string_view{} : url.substr(colon + 1);
  if (kind == "serial") return serial(url, rest);
  if (kind == "tcp") return tcp(url, rest);
  if (kind == "pty") {
    if (rest.empty() || rest.front() != '/') return wrong(url, "a pty is a path, as pty:/tmp/pdu");
    return LineUrl{LineUrl::Kind::pty, std::string(rest), 0, 0};
  }
  if (kind == "model") {
    if (rest.empty()) return wrong(url, "a model has a name, as model:left");
    return LineUrl{LineUrl::Kind::model, std::string(rest), 0, 0};
  }
  if (!url.empty() && url.front() == '/') return wrong(url, fmt::format("say what it is: serial:{} or pty:{}", url, url));
  return wrong(url, "begins with none of serial:, tcp:, pty:, model:");
}

}  // namespace

Result<LineUrl> parse_line_url(std::string_view url) {
  const auto question = url.find('?');
  auto line = without_rate(url.substr(0, question));
  if (!line || question == url.npos) return line;
  const std::string_view option = url.substr(question + 1);
  if (option.substr(0, 5) != "baud=") return wrong(url, "after ? only baud=NUMBER is known");
  const auto baud = whole(option.substr(5), 50, 4'000'000);
  if (!baud) return wrong(url, "baud is a whole number from 50 to 4000000, as baud=9600");
  line->baud = *baud;
  return line;
}

bool same_place(LineUrl one, LineUrl other) {
  one.baud = other.baud = 0;
  return one == other;
}

}  // namespace greenroom
