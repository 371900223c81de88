// What the mac verbs share: which port is meant, and how its Mac enters DFU.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <optional>
#include <string>

#include "config/dfu_via.hpp"
#include "controller/cli/usb_rows.hpp"
#include "controller/domain/room.hpp"
#include "firmware-bridge/usb_mac_actions.hpp"

namespace CLI {
class App;
}

namespace greenroom::cli {

struct MacOptions {
  std::string port, slot, room;
  std::optional<std::string> via;  // without it as the slot has it
  double within_s = 0;
  bool json = false;
};
void add_mac_options(CLI::App&, MacOptions&);
void add_dfu_options(CLI::App&, MacOptions&, double within_s);

struct MacPort {
  explicit MacPort(PortPath p) : path(std::move(p)) {}
  PortPath path;
  DfuEntry entry = DfuEntry::by_hand;
  std::optional<DfuVia> via;  // how the message of `vdm` is sent
};
// Errc::usage: named wrongly; Errc::bad_config: the room file is wrong, and its complaints were told on stderr.
Result<MacPort> mac_port(const MacOptions&);

// Told on stderr; the exit code.
int refused(const char* verb, const Error&);

// The device there as `usb list` shows it. Errc::device_gone for an empty port, Errc::refused for no Mac.
Result<UsbRow> mac_at(const UsbTable&, const PortPath&, std::span<const MacModel>);

// Of the model that the row shows.
DfuHint dfu_hint(const UsbRow&, std::span<const MacModel>);
// By a message.
std::unique_ptr<DfuMeans> dfu_means(const DfuVia&, asio::any_io_executor, Clock&, const std::string& owner);
// The port's own way into DFU. What a person is to do is told on stderr, for the model that the row shows, if any.
DfuMeansOfPorts dfu_means(const MacPort&, const std::optional<UsbRow>&, std::span<const MacModel>, asio::any_io_executor,
                          Clock&, const char* verb);

}  // namespace greenroom::cli
