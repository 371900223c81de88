// greenroom pdu ports: the serial ports of this machine, as the words after --line.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "controller/cli/options.hpp"
#include "controller/cli/pdu_line.hpp"
#include "controller/cli/pdu_verbs.hpp"
#include "hw/serial/ports.hpp"

namespace greenroom::cli {
namespace {

constexpr const char* verb = "greenroom pdu ports";

nlohmann::ordered_json word(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(text);
}

nlohmann::ordered_json as_json(const PortSighting& port) {
  nlohmann::ordered_json json;
  json["path"] = port.path;
  json["by_id"] = word(port.by_id);
  json["by_path"] = word(port.by_path);
  json["description"] = word(port.description);
  json["usb_vendor"] = port.usb ? word(fmt::format("{:04x}", port.usb->vendor)) : nlohmann::ordered_json();
  json["usb_product"] = port.usb ? word(fmt::format("{:04x}", port.usb->product)) : nlohmann::ordered_json();
  json["usb_serial"] = word(port.usb_serial);
  json["owner"] = word(port.owner);
  return json;
}

std::string as_text(const PortSighting& port) {
  // What names the adapter wherever it is plugged in; else what names the socket, when two adapters are one to udev.
  const std::string& best = !port.by_id.empty() ? port.by_id : !port.by_path.empty() ? port.by_path : port.path;
  std::string text = fmt::format("serial:{}\n", best);
  if (best != port.path) text += fmt::format("    now {}\n", port.path);
  if (!port.description.empty()) text += fmt::format("    {}\n", port.description);
  if (port.usb) {
    text += fmt::format("    USB {:04x}:{:04x}, {}\n", port.usb->vendor, port.usb->product,
                        port.usb_serial.empty() ? "no serial number: two of its kind have one name; name it by its socket"
                                                : "serial number " + port.usb_serial);
  }
  if (port.usb && port.usb_serial.empty() && !port.by_path.empty())
    text += fmt::format("    by its socket: serial:{}\n", port.by_path);
  text += fmt::format("    {}\n", port.owner.empty() ? "free" : "owned by " + port.owner);
  return text;
}

}  // namespace

int pdu_ports(const std::vector<std::string>& arguments) {
  bool json = false;
  CLI::App app{"The serial ports of this machine, and which Greenroom or other program has locked them.", verb};
  app.add_flag("--json", json, "an array, on one line");
  if (const auto code = parsed(app, arguments)) return *code;
  const auto ports = list_ports();
  if (!ports) return concluded(verb, fail(ports.error()));
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  std::string text;
  for (const PortSighting& port : *ports) {
    if (json) all.push_back(as_json(port));
    else text += as_text(port);
  }
  if (!json && ports->empty()) std::fprintf(stderr, "%s: this machine has no serial port; plug in an adapter\n", verb);
  return concluded(verb, put_out(json ? json_line(all) : text));
}

}  // namespace greenroom::cli
