#include "controller/simulate/wrong_mac/floor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace greenroom::sim::wrong_mac {
namespace {

constexpr std::uint16_t apple = 0x05ac;

std::string iboot_string(const Mac& m, bool rom) {
  const auto text = fmt::format("SDOM:01 CPID:{:04X} CPRV:11 CPFM:03 SCEP:01 BDID:{:02X} ECID:{:016X} IBFL:{}", m.chip,
                                m.board, m.ecid, rom ? "3C" : "3D");
  return text + (rom ? " SRTG:[iBoot-7429.61.2]" : fmt::format(" SRNM:[{}]", m.iboot_serial));
}

// The port controller packs the Mac's chip and board into its own BDID, and shows an ECID of its own (macs facts, 1.3).
std::string port_string(const Mac& m) {
  const std::uint64_t both = std::uint64_t{m.chip} << 8U | std::uint64_t{m.board} << 24U;
  return fmt::format("CPID:7001 CPRV:11 BDID:{:08X} ECID:{:016X} PREV:02", both, m.port_ecid);
}

std::optional<UsbSighting> sighting(const Mac& m, const PortPath& path) {
  switch (m.mode) {
    case Mode::off: return std::nullopt;
    case Mode::booted: return UsbSighting(path, apple, 0x1905, 0x1801, m.booted_serial);
    case Mode::port_dfu: return UsbSighting(path, apple, 0xf014, 0, port_string(m));
    case Mode::dfu: return UsbSighting(path, apple, m.family == Family::kis ? 0x1881 : 0x1227, 0, iboot_string(m, true));
    case Mode::recovery: return UsbSighting(path, apple, 0x1281, 0, iboot_string(m, false));
    case Mode::restore: return UsbSighting(path, apple, 0x1901, 0x1801, fmt::format("{:08X}-{:016X}", m.chip, m.ecid));
  }
  return std::nullopt;
}

// As Greenroom names places. Only ever good ones, so the result need not be asked.
PortPath port_path(std::size_t port) { return *PortPath::parse(fmt::format("host/1-{}", port + 1)); }

}  // namespace

std::string_view to_string(Mode mode) {
  constexpr std::array<std::string_view, 6> names{"off", "booted", "Port DFU", "DFU", "recovery", "the restore OS"};
  return names.at(static_cast<std::size_t>(mode));
}

Floor::Floor(asio::any_io_executor executor, Clock& clock, Random random, std::size_t ports)
    : clock_(clock), random_(random), ports_(std::move(executor)), there_(ports) {
  for (std::size_t i = 0; i < ports; ++i) paths_.push_back(port_path(i));
}

std::unique_ptr<UsbBus> Floor::open_bus() {
  return ports_.open([](const PortPath&) { return Result<void>{}; });
}

std::optional<PortNo> Floor::port_of(const PortPath& path) const {
  const auto at = std::find(paths_.begin(), paths_.end(), path);
  return at == paths_.end() ? std::nullopt : std::optional(static_cast<PortNo>(at - paths_.begin()));
}

std::optional<MacNo> Floor::at(PortNo port) const { return there_[port]; }

std::optional<MacNo> Floor::showing(PortNo port, Mode mode) const {
  const auto mac = there_[port];
  return mac && macs[*mac].shows && macs[*mac].mode == mode ? mac : std::nullopt;
}

void Floor::say(MacNo mac, const std::string& what) {
  if (!tell) return;
  const Mac& m = macs[mac];
  const std::string where = m.port ? " at " + paths_[*m.port].text() : "";
  tell(fmt::format("Mac {} ({}, ECID {:X}{}){} {}", mac, m.serial, m.ecid, m.ours ? "" : ", not ours", where, what));
}

void Floor::show(MacNo mac) {
  Mac& m = macs[mac];
  if (!m.port) return;
  const auto seen = m.shows ? sighting(m, paths_[*m.port]) : std::nullopt;
  if (!seen) return ports_.clear(paths_[*m.port]);
  m.since = clock_.now();
  ports_.show(*seen);
  say(mac, "shows " + std::string(to_string(m.mode)));
  if (on_arrival) on_arrival(mac);
}

void Floor::plug(MacNo mac, PortNo port) {
  if (macs[mac].gone || macs[mac].port == port) return;
  unplug(mac);
  if (there_[port]) unplug(*there_[port]);
  macs[mac].port = port;
  there_[port] = mac;
  if (macs[mac].mode == Mode::off) press_power(mac);
  show(mac);
}

void Floor::unplug(MacNo mac) {
  Mac& m = macs[mac];
  if (!m.port) return;
  say(mac, "is unplugged");
  ports_.clear(paths_[*m.port]);
  there_[*m.port].reset();
  m.port.reset();
}

void Floor::place(MacNo mac, Mode mode) {
  ++macs[mac].epoch;
  macs[mac].mode = mode;
  macs[mac].shows = true;
}

TimePoint Floor::go(MacNo mac, Mode mode, double usual_s) {
  Mac& m = macs[mac];
  const TimePoint shows = clock_.now() + seconds_of(usual_s * random_.uniform(0.6, 1.6));
  const std::uint64_t epoch = ++m.epoch;
  m.mode = mode;
  m.shows = false;
  show(mac);
  clock_.call_at(shows, [this, mac, epoch] {
    if (macs[mac].epoch != epoch) return;
    macs[mac].shows = true;
    show(mac);
  });
  return shows;
}

// Times between modes: those of hw/model (MacTimings).
void Floor::press_power(MacNo mac) { go(mac, macs[mac].auto_boot ? Mode::booted : Mode::recovery, 25); }

void Floor::fall_back(MacNo mac) { go(mac, Mode::recovery, 4); }

Result<TimePoint> Floor::enter_dfu(PortNo port) {
  const auto mac = there_[port];
  if (!mac) return fail(Errc::device_gone, paths_[port].text() + ": nothing there hears a DFU message");
  return go(*mac, macs[*mac].family == Family::port_dfu ? Mode::port_dfu : Mode::dfu, 12);
}

TimePoint Floor::port_firmware(MacNo mac) { return go(mac, Mode::dfu, 5); }
TimePoint Floor::ibss(MacNo mac) { return go(mac, Mode::recovery, 6); }
TimePoint Floor::restore_os(MacNo mac) { return go(mac, Mode::restore, 40); }

TimePoint Floor::finish(MacNo mac) {
  macs[mac].auto_boot = true;
  return go(mac, Mode::booted, 25);
}

}  // namespace greenroom::sim::wrong_mac
