// A model Mac behind one port, on virtual time: its boot ROM and iBoot answer at once, every class and vendor transfer is
// written down, and it leaves and comes back as a Mac does. A test may have single transfers fail.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hw/async/event.hpp"
#include "hw/async/task_group.hpp"
#include "hw/usb/usb_bus.hpp"
#include "hw/usb/usb_table.hpp"
#include "tests/support/scripted_line.hpp"
#include "tests/support/usb_boot_model.hpp"

namespace greenroom::test {

class BootBus final : public UsbBus {
 public:
  // How long the port stays empty while the Mac changes mode: 0.2 s and more were seen.
  static constexpr Duration gap = std::chrono::milliseconds{500};
  static constexpr const char* who = "CPID:8012 CPRV:10 CPFM:03 SCEP:01 BDID:3F ECID:000C60A800010001";

  explicit BootBus(Clock& clock) : clock_(clock) {}

  Task<UsbEvent> next_event() override {
    while (events_.empty()) {
      if (const auto woken = co_await news_.wait(); !woken) co_return fail(woken.error());
    }
    UsbEvent event = std::move(events_.front());
    events_.pop_front();
    co_return event;
  }
  Result<std::unique_ptr<UsbDevice>> open(const PortPath&) override {
    ++opens;
    if (locked) return fail(*locked);
    if (mode.empty()) return fail(Errc::device_gone, "port host/1-1.1: nothing is plugged in there");
    return std::make_unique<Device>(*this, arrivals_);
  }

  // Plugs it in, or has it come back, as dfu, recovery, kis, booted or restore.
  void show(const std::string& as) {
    mode = as;
    ++arrivals_;
    const bool boots = as == "dfu" || as == "recovery";
    const auto product = static_cast<std::uint16_t>(as == "dfu"        ? 0x1227
                                                    : as == "recovery" ? 0x1281
                                                    : as == "kis"      ? 0x1881
                                                                       : 0x1905);
    std::string serial = boots ? std::string(who) : as == "booted" ? "C02GR00000" : "";
    if (as == "recovery") serial += " SRNM:[C02GR00000]";
    if (as == "restore") serial = "00008012-000C60A800010001";
    UsbSighting seen(path, 0x05ac, product, 0, std::move(serial));
    seen.address = static_cast<std::uint8_t>(arrivals_);
    tell(UsbArrived(std::move(seen)));
  }
  void leave() {
    if (mode.empty()) return;
    mode.clear();
    tell(UsbLeft(path));
  }
  void leave_and_show(const std::string& as) {
    clock_.call_at(clock_.now(), [this] { leave(); });
    clock_.call_at(clock_.now() + gap, [this, as] { show(as); });
  }

  PortPath path = *PortPath::parse("host/1-1.1");
  std::string mode;  // empty: nobody is there
  DfuModel dfu;
  RecoveryModel recovery;
  std::vector<std::string> asked;                                      // "21 01 0000 2048", "bulk 04 32768", "reset"
  std::function<std::optional<Error>(const std::string& what)> fails;  // by one of these
  // The answer of the device in place of its model's.
  std::function<std::optional<Octets>(const std::string& what)> says;
  std::optional<Error> locked;  // what every open fails with
  int opens = 0;

 private:
  class Device final : public UsbDevice {
   public:
    Device(BootBus& bus, int arrival) : bus_(bus), arrival_(arrival) {}
    Result<void> claim(std::uint8_t, std::uint8_t) override { return {}; }
    Task<UsbBytes> control_in(ControlSetup s, std::size_t length, TimePoint) override {
      const auto got = bus_.control(*this, s, {}, length);
      if (!got) co_return fail(got.error());
      UsbBytes bytes;
      for (const std::uint8_t b : *got) bytes.push_back(static_cast<std::byte>(b));
      co_return bytes;
    }
    Task<std::size_t> control_out(ControlSetup s, UsbBytes bytes, TimePoint) override {
      const auto got = bus_.control(*this, s, octets(bytes), bytes.size());
      if (!got) co_return fail(got.error());
      co_return bytes.size();
    }
    Task<UsbBytes> bulk_in(std::uint8_t, std::size_t, TimePoint) override { co_return UsbBytes{}; }
    Task<std::size_t> bulk_out(std::uint8_t endpoint, UsbBytes bytes, TimePoint) override {
      if (auto refused = bus_.begin(*this, fmt::format("bulk {:02x} {}", endpoint, bytes.size()))) co_return fail(*refused);
      if (!bus_.recovery.bulk(endpoint, octets(bytes))) co_return fail(Errc::protocol, "stall");
      co_return bytes.size();
    }
    Task<void> reset() override {
      if (auto refused = bus_.begin(*this, "reset")) co_return fail(*refused);
      if (bus_.mode == "dfu" && bus_.dfu.manifested()) bus_.leave_and_show("recovery");
      co_return Result<void>{};
    }
    static Octets octets(const UsbBytes& bytes) {
      Octets out;
      for (const std::byte b : bytes) out.push_back(std::to_integer<std::uint8_t>(b));
      return out;
    }
    BootBus& bus_;
    int arrival_;
  };

  std::optional<Error> begin(const Device& by, const std::string& what) {
    asked.push_back(what);
    if (mode.empty() || by.arrival_ != arrivals_) return Error(Errc::device_gone, "port host/1-1.1: the device left");
    return fails ? fails(what) : std::nullopt;
  }
  Result<Octets> control(const Device& by, ControlSetup s, const Octets& data, std::size_t length) {
    const std::string what = fmt::format("{:02x} {:02x} {:04x} {}", s.type, s.request, s.value, length);
    if (auto refused = begin(by, what)) return fail(*refused);
    if (says) {
      if (auto answer = says(what)) return *answer;
    }
    const UsbSetup setup{s.type, s.request, s.value, s.index, static_cast<std::uint16_t>(length)};
    const auto answer = mode == "dfu" ? dfu.control(setup, data) : recovery.control(setup, data);
    if (!answer) return fail(Errc::protocol, "port host/1-1.1: the device refused the request (stall)");
    if (std::exchange(recovery.rebooted, false))
      leave_and_show(recovery.saved["auto-boot"] == "true" ? "booted" : "recovery");
    return *answer;
  }
  void tell(UsbEvent event) {
    events_.push_back(std::move(event));
    news_.set();
  }

  Clock& clock_;
  std::deque<UsbEvent> events_;
  Event news_;
  int arrivals_ = 0;
};

struct BootRig : testing::Test, Stage {
  BootRig() { tasks.spawn(table.run()); }
  ~BootRig() override {
    tasks.cancel();
    settle();
  }
  void show(const std::string& mode) {
    bus.show(mode);
    settle();
  }
  std::unique_ptr<UsbDevice> open() { return std::move(*bus.open(bus.path)); }
  [[nodiscard]] TimePoint in(Duration d) const { return clock.now() + d; }
  // How often it was asked exactly that.
  [[nodiscard]] auto times(const std::string& what) const { return std::count(bus.asked.begin(), bus.asked.end(), what); }

  BootBus bus{clock};
  UsbTable table{bus, clock};
  TaskGroup tasks{io.get_executor()};
};

}  // namespace greenroom::test
