// The ways into DFU, and out of it again, from outside the Mac: one for each slot. None of them knows whether the Mac
// obeyed; its port tells. Who calls: the actions on Macs (usb_mac_actions.hpp); `serve` and `greenroom mac` make them.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hw/async/clock.hpp"
#include "hw/serial/serial_line.hpp"

namespace greenroom {

enum class DfuOrder { enter, restart };  // restart: out of DFU, to what the Mac starts by itself

struct DfuTry {
  DfuOrder order{};
  int attempt{};  // from 0
  bool t2{};      // the port has shown a T2
};

struct DfuMeans {
  virtual ~DfuMeans() = default;
  [[nodiscard]] virtual std::string name() const = 0;  // "macvdmtool", "the dongle at serial:..."
  // Sends one message, or tells a person what to do. Errc::bad_config when no further try can help; with any other error the
  // Mac may have obeyed all the same: macvdmtool often loses the last answer.
  virtual Task<void> send(DfuTry, TimePoint deadline) = 0;
  // How long the Mac may take to obey one try.
  [[nodiscard]] virtual Duration patience(DfuOrder) const = 0;
  // Called every few seconds while it is waited for: a countdown.
  virtual void waiting(Duration) {}
};

// macvdmtool (an Apple silicon Mac as the host) or tuxvdmtool (Linux on one): started by name, without a shell. Empty `bus`:
// the tool's own default. The executor and the clock outlive it.
struct DfuTool {
  explicit DfuTool(std::vector<std::string> p) : program(std::move(p)) {}
  std::vector<std::string> program;  // and the options before its verb
};
std::unique_ptr<DfuMeans> dfu_by_tool(asio::any_io_executor, Clock&, DfuTool);

// A board with a USB-PD chip on a serial line, of vdmtool's kind: 500000 baud, one message a line as comma-separated hex.
// The line is opened at the first try and kept, because opening it restarts an Arduino.
using OpenLine = std::function<Result<std::unique_ptr<SerialLine>>()>;
constexpr std::uint32_t dongle_baud = 500000;
std::unique_ptr<DfuMeans> dfu_by_dongle(Clock&, std::string name, OpenLine);
// What it is sent; every second try is that of the other family of Macs.
std::string_view dongle_words(DfuTry);

// Somebody at the keys or, for a desktop, at the mains cord (or the bench, which switches its outlet): told what to do, then
// how many seconds are left. For a room that nobody may be in, no means at all is the better one: its error becomes a case.
struct DfuHands {
  DfuHands(std::string e, std::string r, std::function<void(const std::string&)> t)
      : enter(std::move(e)), restart(std::move(r)), tell(std::move(t)) {}
  std::string enter, restart;
  std::function<void(const std::string&)> tell;
};
std::unique_ptr<DfuMeans> dfu_by_hand(DfuHands);

}  // namespace greenroom
