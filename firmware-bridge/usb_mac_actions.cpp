#include "firmware-bridge/usb_mac_actions.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "firmware-bridge/dfu.hpp"
#include "firmware-bridge/facts/dfu_hints.hpp"
#include "firmware-bridge/kis.hpp"
#include "firmware-bridge/recovery.hpp"

namespace greenroom {
namespace {

using std::chrono::seconds;

constexpr int most_tries = 3;
constexpr Duration leave_patience = seconds{90};   // restorekit's, for a boot ROM that hears 40 % of the messages
constexpr Duration reboot_patience = seconds{15};  // for the departure; that of a Mac is not measured yet
constexpr Duration tick = seconds{5};              // of a countdown
constexpr Duration kis_patience = seconds{10};
constexpr std::uint16_t t2_chip = 0x8012, dfu_product = 0x1227;

std::optional<MacMode> mode_of(const UsbSighting& seen) {
  const auto device = classify(seen);
  return device ? std::optional(device->mode) : mode_by_id(seen);
}

bool dfu_mode(MacMode mode) { return mode == MacMode::dfu || mode == MacMode::kis || mode == MacMode::port_dfu; }

// In DFU, and it has said who it is, as far as it does.
bool shows_dfu(const UsbSighting& seen) {
  const auto device = classify(seen);
  return device && dfu_mode(device->mode);
}

bool is_t2(const UsbSighting& seen) {
  const auto device = classify(seen);
  if (!device) return false;
  return device->mode == MacMode::t2_booted || (device->chip_board && device->chip_board->chip == t2_chip);
}

std::string at(const PortPath& path) { return fmt::format("port {}", path.text()); }

}  // namespace

Result<std::unique_ptr<UsbDevice>> open_mac(UsbBus& bus, const PortPath& path) {
  auto device = bus.open(path);
  if (!device) return device;
  if (const auto claimed = (*device)->claim(0, 0); !claimed) return fail(claimed.error());
  return device;
}

Task<void> learn_kis(UsbBus& bus, UsbTable& table, Clock& clock, PortPath path) {
  const auto seen = table.at(path);
  if (!seen || mode_of(*seen) != MacMode::kis || !seen->serial.empty()) co_return Result<void>{};
  const auto device = open_mac(bus, path);
  if (!device) co_return fail(device.error());
  Kis kis(**device, clock, clock.now() + kis_patience);
  const auto info = co_await kis.info();
  if (!info) co_return fail(info.error().within(at(path)));
  if (info->product != dfu_product)
    co_return fail(Errc::refused, fmt::format("{}: the Mac shows Debug USB, but {:04x}:{:04x} inside and not DFU", at(path),
                                              info->vendor, info->product));
  const auto now = table.at(path);
  if (now && now->address == seen->address) table.learn(path, info->iboot);
  co_return Result<void>{};
}

DfuMeans* UsbMacActions::means_of(const PortPath& path) const {
  const auto found = means_.find(path);
  return found == means_.end() ? nullptr : found->second.get();
}

unsigned UsbMacActions::arrivals(const PortPath& path) const {
  const UsbPlace* place = table_.places().at(path);
  return place == nullptr ? 0 : place->arrivals;
}

bool UsbMacActions::shows_t2(const PortPath& path) const {
  const UsbPlace* place = table_.places().at(path);
  if (place == nullptr) return false;
  return (place->device && is_t2(*place->device)) || (!place->device && place->before && is_t2(*place->before));
}

// ---- into DFU ----

// A Mac whose last upload broke off refuses the next one; an engine gives up there. One that we may not open (another
// user's, an engine's) is as ready as it will be.
Task<void> UsbMacActions::ready(PortPath path, TimePoint deadline) {
  const auto seen = table_.at(path);
  if (!seen || mode_of(*seen) != MacMode::dfu) co_return co_await learn_kis(bus_, table_, clock_, std::move(path));
  const auto device = open_mac(bus_, path);
  if (!device && (device.error().code == Errc::refused || device.error().code == Errc::busy)) co_return Result<void>{};
  if (!device) co_return fail(device.error());
  Dfu dfu(**device, clock_, deadline);
  co_return co_await dfu.unstick();
}

Task<AppleDevice> UsbMacActions::enter_dfu(PortPath path, TimePoint deadline) {
  DfuMeans* means = means_of(path);
  if (const auto there = table_.at(path); there && shows_dfu(*there)) {
    PortPath same = path;
    const auto usable = co_await ready(std::move(same), deadline);
    if (usable) co_return shown_at(path);
    if (usable.error().code == Errc::cancelled || means == nullptr) co_return fail(usable.error());
  }
  if (means == nullptr)
    co_return fail(Errc::bad_config, fmt::format("{}: no way into DFU is set up for it; name one in the room file, or bring "
                                                 "the Mac into DFU by its keys",
                                                 at(path)));
  const auto arrived = co_await send_into_dfu(*means, path, deadline);
  if (!arrived) co_return fail(arrived.error().within(at(path)));
  if (const auto known = co_await learn_kis(bus_, table_, clock_, path); !known) co_return fail(known.error());
  co_return shown_at(path);
}

Result<AppleDevice> UsbMacActions::shown_at(const PortPath& path) const {
  const auto seen = table_.at(path);
  if (!seen) return fail(Errc::device_gone, fmt::format("{}: the Mac left again", at(path)));
  return classify(*seen);
}

Task<void> UsbMacActions::send_into_dfu(DfuMeans& means, PortPath path, TimePoint deadline) {
  const unsigned before = arrivals(path);
  Error last(Errc::timeout, "nobody answered");
  int tries = 0;
  for (; tries < most_tries && clock_.now() < deadline; ++tries) {
    const DfuTry one{DfuOrder::enter, tries, shows_t2(path)};
    const auto sent = co_await means.send(one, deadline);
    if (!sent && (sent.error().code == Errc::cancelled || sent.error().code == Errc::bad_config))
      co_return fail(sent.error());
    // Another arrival than what stood there: a Mac that was stuck in DFU has to come anew.
    UsbTable::Predicate anew = [this, path, before](const UsbSighting& seen) {
      return shows_dfu(seen) && arrivals(path) > before;
    };
    const auto seen = co_await watch(means, DfuOrder::enter, path, std::move(anew), deadline);
    if (seen) co_return Result<void>{};
    if (seen.error().code != Errc::timeout) co_return fail(seen.error());
    last = sent ? seen.error() : sent.error();
  }
  co_return fail(Errc::timeout, fmt::format("the Mac did not show DFU in {} tries by {} ({}); see that the cable is in its "
                                            "DFU port, try another cable, or use its keys",
                                            tries, means.name(), last.message));
}

// The device that fits, within the patience of one try.
Task<UsbSighting> UsbMacActions::watch(DfuMeans& means, DfuOrder order, PortPath path, UsbTable::Predicate fits,
                                       TimePoint deadline) {
  const TimePoint end = std::min(deadline, clock_.now() + means.patience(order));
  while (true) {
    UsbTable::Predicate again = fits;
    PortPath same = path;
    auto seen = co_await table_.wait_for(std::move(same), std::move(again), std::min(end, clock_.now() + tick));
    if (seen || seen.error().code != Errc::timeout || clock_.now() >= end) co_return seen;
    means.waiting(end - clock_.now());
  }
}

// ---- out of it ----

Task<void> UsbMacActions::leave_dfu(PortPath path, TimePoint deadline) {
  const auto there = table_.at(path);
  const auto mode = there ? mode_of(*there) : std::nullopt;
  if (!there || !mode || !dfu_mode(*mode)) co_return Result<void>{};
  DfuMeans* means = means_of(path);
  if (means == nullptr) co_return fail(Errc::refused, fmt::format("{}: {}", at(path), restart_by_hand()));
  const TimePoint end = std::min(deadline, clock_.now() + leave_patience);
  Error last(Errc::timeout, "it did not leave");
  int tries = 0;
  for (; clock_.now() < end; ++tries) {
    const DfuTry one{DfuOrder::restart, tries, shows_t2(path)};
    const auto sent = co_await means->send(one, end);
    if (!sent && (sent.error().code == Errc::cancelled || sent.error().code == Errc::bad_config))
      co_return fail(sent.error().within(at(path)));
    PortPath same = path;
    const auto left =
        co_await table_.wait_empty(std::move(same), std::min(end, clock_.now() + means->patience(DfuOrder::restart)));
    if (left || left.error().code != Errc::timeout) co_return left;
    last = sent ? left.error() : sent.error();
  }
  co_return fail(Errc::timeout, fmt::format("{}: the Mac stays in DFU after {} tries by {} ({}). {}", at(path), tries,
                                            means->name(), last.message, restart_by_hand()));
}

// ---- put back ----

// Restore mode knows one way out: restart, which ends in recovery while auto-boot is false.
Task<void> UsbMacActions::restart_into_recovery(PortPath path, TimePoint deadline) {
  DfuMeans* means = means_of(path);
  if (means == nullptr)
    co_return fail(Errc::refused, "the Mac is in its restore OS, which only a restart ends. " + restart_by_hand());
  const DfuTry one{DfuOrder::restart, 0, shows_t2(path)};
  if (const auto sent = co_await means->send(one, deadline); !sent) co_return sent;
  UsbTable::Predicate recovery = [](const UsbSighting& seen) { return mode_of(seen) == MacMode::recovery; };
  const auto seen = co_await table_.wait_for(std::move(path), std::move(recovery), deadline);
  if (!seen) co_return fail(seen.error());
  co_return Result<void>{};
}

Task<void> UsbMacActions::put_back(PortPath path, TimePoint deadline) {
  const auto seen = table_.at(path);
  if (!seen) co_return fail(Errc::device_gone, fmt::format("{}: no Mac is there; plug it in", at(path)));
  const auto mode = mode_of(*seen);
  if (mode == MacMode::restore) {
    PortPath same = path;
    const auto back = co_await restart_into_recovery(std::move(same), deadline);
    if (!back) co_return fail(back.error().within(at(path)));
  } else if (mode != MacMode::recovery) {
    co_return fail(Errc::refused, fmt::format("{}: the device there is {}, and only a Mac in recovery can be put back",
                                              at(path), mode ? to_string(*mode) : "no Mac in a known mode"));
  }
  const auto device = open_mac(bus_, path);
  if (!device) co_return fail(device.error());
  Recovery recovery(**device, clock_, deadline);
  std::string name = "auto-boot", value = "true";
  if (const auto set = co_await recovery.setenv(std::move(name), std::move(value)); !set) co_return set;
  if (const auto saved = co_await recovery.saveenv(); !saved) co_return saved;
  const unsigned before = arrivals(path);
  if (const auto away = co_await recovery.reboot(); !away) co_return away;
  const TimePoint end = std::min(deadline, clock_.now() + reboot_patience);
  PortPath same = path;
  const auto left = co_await table_.wait_empty(std::move(same), end);
  if (left || left.error().code != Errc::timeout) co_return left;
  if (arrivals(path) != before) co_return Result<void>{};  // it was back before anybody looked
  co_return fail(Errc::timeout, fmt::format("{}: auto-boot is true and saved, but the Mac did not restart. {}", at(path),
                                            restart_by_hand()));
}

}  // namespace greenroom
