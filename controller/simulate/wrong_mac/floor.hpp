// The Macs of one history and the ports they hang on: what each is, whose it is, what it shows, and whether its data is
// gone. No power, no bytes: a Mac changes mode when it is told to, after the time that this takes.
// Who calls: the engines and actions of engines.hpp, the people of crew.hpp, the judge.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "hw/async/clock.hpp"
#include "hw/base/random.hpp"
#include "hw/model/usb.hpp"

namespace greenroom::sim::wrong_mac {

using MacNo = std::size_t;   // index into Floor::macs
using PortNo = std::size_t;  // index of a restore slot

enum class Mode { off, booted, port_dfu, dfu, recovery, restore };
std::string_view to_string(Mode);

// How a Mac comes into DFU (macs facts, 1.1): most show 05ac:1227; M3 and M4 may show 1881 (KIS); an M4's port controller
// first asks for firmware of its own (f014), under an ECID of its own.
enum class Family { usual, kis, port_dfu };

struct Mac {
  std::string serial;         // its own
  std::string iboot_serial;   // as iBoot prints it: the same, blank or garbled
  std::string booted_serial;  // as its system prints it: the same, or blank
  std::uint64_t ecid{}, port_ecid{};
  std::uint16_t chip{};
  std::uint8_t board{};
  Family family{Family::usual};
  bool ours{};       // whoever owns it gave it to us to erase
  bool disturbed{};  // something was done to it, or in its place, that the people of a careful room do not do
  bool gone{};       // out of the room, for good

  std::optional<PortNo> port;
  Mode mode{Mode::booted};
  bool shows{};       // arrived in that mode, and seen on its port if it has one
  TimePoint since{};  // of that
  bool auto_boot{true};
  bool erased{};
  std::uint64_t epoch{};  // a change of mode that was overtaken by another is void
};

class Floor {
 public:
  Floor(asio::any_io_executor, Clock&, Random, std::size_t ports);

  std::vector<Mac> macs;
  std::function<void(MacNo)> on_arrival;         // it shows in its mode, at a port
  std::function<void(const std::string&)> tell;  // for a reader of the history; may be empty

  std::unique_ptr<UsbBus> open_bus();
  [[nodiscard]] std::size_t ports() const { return paths_.size(); }
  [[nodiscard]] const PortPath& path(PortNo port) const { return paths_[port]; }
  [[nodiscard]] std::optional<PortNo> port_of(const PortPath&) const;
  [[nodiscard]] std::optional<MacNo> at(PortNo) const;
  // The Mac at that port, if it shows in that mode.
  [[nodiscard]] std::optional<MacNo> showing(PortNo, Mode) const;

  // ---- cables and buttons
  void plug(MacNo, PortNo);  // whoever was there is unplugged
  void unplug(MacNo);
  void press_power(MacNo);  // restarts it: into its system, or into recovery while auto-boot is false
  void fall_back(MacNo);    // from DFU into recovery, by itself
  void place(MacNo, Mode);  // it was brought into that mode elsewhere
  // ---- by USB-PD message, and by what an engine sends; each names the time at which the next mode shows
  Result<TimePoint> enter_dfu(PortNo);
  TimePoint port_firmware(MacNo);
  TimePoint ibss(MacNo);
  TimePoint restore_os(MacNo);
  TimePoint finish(MacNo);

 private:
  TimePoint go(MacNo, Mode, double usual_s);
  void show(MacNo);
  void say(MacNo, const std::string& what);

  Clock& clock_;
  Random random_;
  model::ModelPorts ports_;
  std::vector<PortPath> paths_;
  std::vector<std::optional<MacNo>> there_;
};

}  // namespace greenroom::sim::wrong_mac
