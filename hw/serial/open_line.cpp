#include "hw/serial/open_line.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "hw/serial/line_device.hpp"
#include "hw/serial/stream_line.hpp"

namespace greenroom {
namespace {

std::string name_of(const LineUrl& url) {
  switch (url.kind) {
    case LineUrl::Kind::serial: return "serial:" + url.path;
    case LineUrl::Kind::pty: return "pty:" + url.path;
    case LineUrl::Kind::model: return "model:" + url.path;
    case LineUrl::Kind::tcp: break;
  }
  return url.path.find(':') == std::string::npos ? fmt::format("tcp:{}:{}", url.path, url.port)
                                                 : fmt::format("tcp:[{}]:{}", url.path, url.port);
}

Result<std::unique_ptr<SerialLine>> make(asio::any_io_executor executor, Clock& clock, const LineUrl& url,
                                         LineSettings settings, std::string_view owner, bool now) {
  if (url.baud != 0) settings.baud = url.baud;
  const std::string name = name_of(url);
  if (url.kind == LineUrl::Kind::model)
    return fail(Errc::usage, name + " is a simulated device's; this needs serial:, tcp: or pty:");
  if (url.kind == LineUrl::Kind::tcp) {
    auto device = make_tcp(executor, clock, url.path, url.port);
    return std::make_unique<StreamLine>(std::move(executor), clock, name, std::move(device), settings.gather);
  }
  auto device = url.kind == LineUrl::Kind::serial ? make_serialport(url.path, settings, std::string(owner))
                                                  : make_pty(url.path, std::string(owner));
  int opened = -1;
  if (now) {
    const auto handle = device->open_now();
    if (!handle) return fail(handle.error().within(name));
    opened = *handle;
  }
  return std::make_unique<StreamLine>(std::move(executor), clock, name, std::move(device), settings.gather, opened);
}

}  // namespace

Result<std::unique_ptr<SerialLine>> open_line(asio::any_io_executor executor, Clock& clock, const LineUrl& url,
                                              LineSettings settings, std::string_view owner) {
  return make(std::move(executor), clock, url, settings, owner, true);
}

Result<std::unique_ptr<SerialLine>> late_line(asio::any_io_executor executor, Clock& clock, const LineUrl& url,
                                              LineSettings settings, std::string_view owner) {
  return make(std::move(executor), clock, url, settings, owner, false);
}

}  // namespace greenroom
