#include "hw/usb/wired_bus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "hw/async/handover.hpp"
#include "hw/usb/usb_sysfs.hpp"

namespace greenroom {
namespace {

// How long a device may take to tell its strings; the kernel gives it 5 s, for which nobody here wants to wait.
constexpr Duration string_patience = std::chrono::seconds{1};
constexpr std::uint16_t english = 0x0409;
constexpr std::size_t longest_descriptor = 255;                                        // bLength is one byte
constexpr std::uint8_t from_device = 0x80, get_descriptor = 6, string_descriptor = 3;  // USB 2.0, tables 9-2 to 9-5

Error unplugged(const PortPath& path) {
  return {Errc::device_gone,
          fmt::format("port {}: the device left; look at its cable if it was not to restart", path.text())};
}

Error owned_by(const PortPath& path, const std::string& owner) {
  return {Errc::busy, fmt::format("port {}: {} owns the device, which is left alone until that ends", path.text(), owner)};
}

// A rule by vendor: libirecovery's own covers neither f014 (Port DFU) nor 1881 (KIS).
Error no_permission(const UsbSighting& device) {
  const std::string bus = device.path.text().substr(device.path.text().find('/') + 1);
  return {Errc::refused,
          fmt::format("port {}: /dev/bus/usb/{:0>3}/{:03} ({:04x}:{:04x}) may not be opened by this user. Write "
                      "SUBSYSTEM==\"usb\", ATTR{{idVendor}}==\"{:04x}\", GROUP=\"plugdev\", MODE=\"0660\" to "
                      "/etc/udev/rules.d/70-greenroom.rules, put the user into that group, then `udevadm control --reload` "
                      "and plug the Mac in again",
                      device.path.text(), bus.substr(0, bus.find('-')), device.address, device.vendor, device.product,
                      device.vendor)};
}

Error told(const UsbSighting& device, const WireError& e) {
  const std::string& port = device.path.text();
  switch (e.fault) {
    case WireFault::gone: return unplugged(device.path);
    case WireFault::permission: return no_permission(device);
    case WireFault::busy:
      return {Errc::busy, fmt::format("port {}: another program has the device's interface; end it (usbmuxd, irecovery, a "
                                      "virtual machine)",
                                      port)};
    case WireFault::stall: return {Errc::protocol, fmt::format("port {}: the device refused the request (stall)", port)};
    case WireFault::overflow: return {Errc::protocol, fmt::format("port {}: the device sent more than was asked for", port)};
    case WireFault::broken:
      return {Errc::device_gone,
              fmt::format("port {}: the transfer broke off on the wire; try another cable or hub port", port)};
    case WireFault::other: break;
  }
  return {Errc::refused, fmt::format("port {}: the system refused: {}", port, e.words)};
}

}  // namespace

WiredBus::WiredBus(Clock& clock, LibusbOptions options) : clock_(clock), options_(std::move(options)) {}
// The wire ends first; what it still gives back meanwhile leads to nothing.
WiredBus::~WiredBus() {
  here_.reset();
  for (auto& [number, going] : going_) going.done = nullptr;
  wire_.reset();
}

void WiredBus::use(std::unique_ptr<UsbWire> wire) {
  wire_ = std::move(wire);
  settle();
}

// ---- who is where ----

std::string WiredBus::owner(const PortPath& path) const { return options_.owner ? options_.owner(path) : std::string(); }

Result<void> WiredBus::ours(const Opened& opened) const {
  if (opened.gone) return fail(unplugged(opened.seen.path));
  if (const auto engine = owner(opened.seen.path); !engine.empty()) return fail(owned_by(opened.seen.path, engine));
  return {};
}

void WiredBus::arrived(WireDevice device, UsbSighting seen, std::uint8_t serial_index) {
  if (const auto old = there_.find(seen.path); old != there_.end()) {  // its departure was missed
    const WireDevice gone = old->second.device;
    there_.erase(old);
    lose(gone);
  }
  if (seen.serial.empty() && serial_index != 0) {
    const bool ask = seen.vendor == options_.may_ask_vendor && owner(seen.path).empty();
    seen.serial_from = ask ? SerialFrom::pending : SerialFrom::withheld;
    if (ask) to_ask_.push_back(seen.path);
  }
  there_.emplace(seen.path, Place{device, seen, serial_index});
  tell(UsbArrived(std::move(seen)));
}

void WiredBus::left(WireDevice device) {
  const auto it = std::find_if(there_.begin(), there_.end(), [device](const auto& p) { return p.second.device == device; });
  if (it != there_.end()) {
    tell(UsbLeft(it->first, it->second.seen.address));
    there_.erase(it);
  }
  lose(device);
}

// Whoever waits for a transfer with it hears so now, whenever the kernel gives that back.
void WiredBus::lose(WireDevice device) {
  std::vector<WireTransfer> waiting;
  for (const auto& [number, going] : going_) {
    if (going.on->device == device) waiting.push_back(number);
  }
  for (Opened& opened : opened_) opened.gone = opened.gone || opened.device == device;
  for (const WireTransfer number : waiting) recall(number, Errc::device_gone);
}

void WiredBus::tell(UsbEvent event) {
  told_.push_back(std::move(event));
  news_.set();
}

void WiredBus::broke(Error why) {
  if (broken_) return;
  broken_ = std::move(why);
  news_.set();
}

Task<UsbEvent> WiredBus::next_event() {
  while (told_.empty()) {
    if (broken_) co_return fail(*broken_);
    if (const auto woken = co_await news_.wait(); !woken) co_return fail(woken.error());
  }
  UsbEvent event = std::move(told_.front());
  told_.pop_front();
  co_return event;
}

void WiredBus::settle() {
  if (!wire_) return;  // beginning or ending
  for (auto next = opened_.begin(); next != opened_.end();) {
    const auto it = next++;
    if (!it->released || it->in_flight > 0) continue;
    wire_->close(it->handle);
    opened_.erase(it);
  }
  while (!to_ask_.empty()) {
    const PortPath path = std::move(to_ask_.front());
    to_ask_.pop_front();
    ask_serial(path);
  }
}

// ---- transfers ----

Result<WireTransfer> WiredBus::submit(Opened& on, const TransferWish& wish, TimePoint deadline, Done done) {
  if (auto may = ours(on); !may) return fail(may.error());
  const auto number = static_cast<WireTransfer>(++submitted_);
  const auto begun = wire_->submit(on.handle, number, wish);
  if (!begun) return fail(told(on.seen, begun.error()));
  ++on.in_flight;
  going_.emplace(number, Going{&on, std::move(done), deadline});
  arm_deadline();
  return number;
}

void WiredBus::moved(WireTransfer number, WireResult<UsbBytes> result) {
  const auto found = going_.find(number);
  if (found == going_.end()) return;
  Opened& on = *found->second.on;
  const Done done = std::move(found->second.done);
  --on.in_flight;
  going_.erase(found);
  if (!result && result.error().fault == WireFault::gone) on.gone = true;  // its departure is told in a moment
  if (!done) return;
  if (result) return done(std::move(*result));
  done(fail(on.gone ? unplugged(on.seen.path) : told(on.seen, result.error())));
}

// Its waiter goes on at once; the transfer keeps its handle open until the wire gives it back.
void WiredBus::recall(WireTransfer number, Errc why) {
  const auto found = going_.find(number);
  if (found == going_.end()) return;
  Going& going = found->second;
  const Done done = std::exchange(going.done, nullptr);
  const PortPath& path = going.on->seen.path;
  if (!std::exchange(going.recalled, true)) wire_->cancel(number);
  if (!done) return;
  if (why == Errc::device_gone) return done(fail(unplugged(path)));
  if (why == Errc::cancelled) return done(fail(Errc::cancelled, "cancelled during a USB transfer"));
  done(fail(Errc::timeout, fmt::format("port {}: no answer within its time; unplug the Mac and plug it in again if that "
                                       "happens twice",
                                       path.text())));
}

// One call of the clock for the nearest deadline, not one for each of thousands of transfers.
void WiredBus::arm_deadline() {
  TimePoint nearest = never;
  for (const auto& [number, going] : going_) {
    if (!going.recalled) nearest = std::min(nearest, going.deadline);
  }
  if (nearest >= armed_for_) return;
  armed_for_ = nearest;
  const std::weak_ptr<bool> here = here_;
  clock_.call_at(nearest, [this, here, nearest] {
    if (here.expired()) return;
    if (armed_for_ == nearest) armed_for_ = never;
    expire();
  });
}

void WiredBus::expire() {
  std::vector<WireTransfer> late;
  for (const auto& [number, going] : going_) {
    if (!going.recalled && going.deadline <= clock_.now()) late.push_back(number);
  }
  for (const WireTransfer number : late) recall(number, Errc::timeout);
  arm_deadline();
}

// ---- serial strings that the kernel has not ----

void WiredBus::ask_string(Opened& opened, std::uint8_t index, std::uint16_t language, const Done& done) {
  TransferWish wish;
  wish.setup = {from_device, get_descriptor, static_cast<std::uint16_t>(string_descriptor << 8 | index), language};
  wish.length = longest_descriptor;
  const auto begun = submit(opened, wish, clock_.now() + string_patience, done);
  if (!begun) done(fail(begun.error()));
}

// In English at once, which is what Apple's devices speak: one transfer. A device that refuses is asked for its languages
// (index 0), and again in its first.
void WiredBus::ask_serial(const PortPath& path) {
  const auto place = there_.find(path);
  if (place == there_.end() || place->second.seen.serial_from != SerialFrom::pending) return;
  const WireDevice device = place->second.device;
  const std::uint8_t index = place->second.serial_index;
  const auto handle = open_handle(place->second);
  if (!handle) return named(path, device, fail(handle.error()));
  Opened* opened = *handle;
  const Done finish = [this, opened, path, device](const Result<UsbBytes>& bytes) {
    Result<std::string> serial = fail(Errc::protocol, fmt::format("port {}: its serial string is none", path.text()));
    if (!bytes) serial = fail(bytes.error());
    else if (auto text = text_of_descriptor(*bytes)) serial = std::move(*text);
    if (!opened->gone) named(path, device, std::move(serial));
    opened->released = true;  // closed when the wire has settled
  };
  ask_string(*opened, index, english, [this, opened, index, finish](const Result<UsbBytes>& text) {
    if (text || text.error().code != Errc::protocol) return finish(text);
    ask_string(*opened, 0, 0, [this, opened, index, finish](const Result<UsbBytes>& languages) {
      if (!languages || languages->size() < 4) return finish(languages);
      const auto first = std::to_integer<unsigned>((*languages)[2]) | std::to_integer<unsigned>((*languages)[3]) << 8;
      ask_string(*opened, index, static_cast<std::uint16_t>(first), finish);
    });
  });
}

void WiredBus::named(const PortPath& path, WireDevice device, Result<std::string> serial) {
  const auto place = there_.find(path);
  if (place == there_.end() || place->second.device != device) return;  // it left meanwhile
  UsbSighting& seen = place->second.seen;
  seen.serial_from = serial && !serial->empty() ? SerialFrom::device : SerialFrom::nowhere;
  if (!serial && serial.error().code == Errc::busy) seen.serial_from = SerialFrom::withheld;
  if (serial) seen.serial = std::move(*serial);
  else seen.trouble = serial.error().message;
  tell(UsbArrived(seen));
}

// ---- open devices ----

Result<WiredBus::Opened*> WiredBus::open_handle(const Place& place) {
  const auto handle = wire_->open(place.device);
  if (!handle) return fail(told(place.seen, handle.error()));
  opened_.emplace_back(place.seen, place.device, *handle);
  return &opened_.back();
}

void WiredBus::release(Opened& opened) {
  std::vector<WireTransfer> still;
  for (const auto& [number, going] : going_) {
    if (going.on == &opened) still.push_back(number);
  }
  for (const WireTransfer number : still) recall(number, Errc::cancelled);
  opened.released = true;
  settle();
}

class WiredBus::Device final : public UsbDevice {
 public:
  Device(WiredBus& bus, Opened& opened) : bus_(bus), opened_(opened) {}
  ~Device() override { bus_.release(opened_); }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  Result<void> claim(std::uint8_t interface, std::uint8_t alternate) override {
    if (auto may = bus_.ours(opened_); !may) return may;
    const auto r = bus_.wire_->claim(opened_.handle, interface, alternate);
    if (!r) return fail(told(opened_.seen, r.error()));
    return {};
  }
  Task<UsbBytes> control_in(ControlSetup setup, std::size_t length, TimePoint deadline) override {
    TransferWish wish;
    wish.setup = setup;
    wish.setup.type |= from_device;
    wish.length = length;
    co_return co_await carry(std::move(wish), deadline);
  }
  Task<std::size_t> control_out(ControlSetup setup, UsbBytes bytes, TimePoint deadline) override {
    TransferWish wish;
    wish.setup = setup;
    wish.setup.type &= 0x7f;
    wish.out = std::move(bytes);
    co_return sent(co_await carry(std::move(wish), deadline));
  }
  Task<UsbBytes> bulk_in(std::uint8_t endpoint, std::size_t length, TimePoint deadline) override {
    TransferWish wish;
    wish.endpoint = endpoint | from_device;
    wish.length = length;
    co_return co_await carry(std::move(wish), deadline);
  }
  Task<std::size_t> bulk_out(std::uint8_t endpoint, UsbBytes bytes, TimePoint deadline) override {
    TransferWish wish;
    wish.endpoint = endpoint & 0x7f;
    wish.out = std::move(bytes);
    co_return sent(co_await carry(std::move(wish), deadline));
  }
  Task<void> reset() override {
    if (auto may = bus_.ours(opened_); !may) co_return fail(may.error());
    const auto r = bus_.wire_->reset(opened_.handle);
    if (!r && r.error().fault != WireFault::gone) co_return fail(told(opened_.seen, r.error()));
    co_return Result<void>{};
  }

 private:
  static Result<std::size_t> sent(const Result<UsbBytes>& moved) {
    if (!moved) return fail(moved.error());
    return moved->size();
  }
  Task<UsbBytes> carry(TransferWish wish, TimePoint deadline) {
    Handover<std::unique_ptr<UsbBytes>> back;  // g++ 12 at -O2 takes a vector in its place for uninitialised
    const auto giver = back.giver();
    Done done = [giver](Result<UsbBytes> r) {
      if (r) giver.give(std::make_unique<UsbBytes>(std::move(*r)));
      else giver.give(fail(r.error()));
    };
    const auto begun = bus_.submit(opened_, wish, deadline, std::move(done));
    if (!begun) co_return fail(begun.error());
    WiredBus& bus = bus_;  // this handle may be closed meanwhile
    const auto result = co_await back.take();
    if (!result && result.error().code == Errc::cancelled) bus.recall(*begun, Errc::cancelled);
    if (!result) co_return fail(result.error());
    co_return std::move(**result);
  }

  WiredBus& bus_;
  Opened& opened_;
};

Result<std::unique_ptr<UsbDevice>> WiredBus::open(const PortPath& path) {
  const auto place = there_.find(path);
  if (place == there_.end())
    return fail(Errc::device_gone, fmt::format("port {}: nothing is plugged in there", path.text()));
  if (const auto engine = owner(path); !engine.empty()) return fail(owned_by(path, engine));
  const auto opened = open_handle(place->second);
  if (!opened) return fail(opened.error());
  return std::make_unique<Device>(*this, **opened);
}

}  // namespace greenroom
