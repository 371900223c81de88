#include "hw/usb/usb_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "hw/async/handover.hpp"
#include "hw/base/log.hpp"

namespace greenroom {

struct UsbTable::Waiter {
  Waiter(std::optional<PortPath> p, Predicate f) : path(std::move(p)), fits(std::move(f)) {}
  [[nodiscard]] bool for_empty() const { return !fits; }
  std::optional<PortPath> path;  // nothing: whichever
  Predicate fits;                // nothing: waits for the port to be empty
  Handover<UsbSighting> seen;
};

namespace {

// What a wait for an empty port ends with inside; it never leaves this file.
UsbSighting nothing_at(const PortPath& path) { return {path, 0, 0, 0, std::string{}}; }

}  // namespace

UsbTable::UsbTable(UsbBus& bus, Clock& clock) : bus_(bus), clock_(clock) {}
UsbTable::~UsbTable() = default;

asio::awaitable<void> UsbTable::run() {
  broken_.reset();
  while (true) {
    auto event = co_await bus_.next_event();
    if (!event) {
      lost(event.error());
      co_return;
    }
    take(*event);
  }
}

void UsbTable::take(const UsbEvent& event) {
  const UsbChange change = places_.take(event, clock_.now());
  if (change == UsbChange::none) return;
  last_ = change;
  const auto* came = std::get_if<UsbArrived>(&event);
  const PortPath path = came != nullptr ? came->device.path : std::get<UsbLeft>(event).path;
  // A copy: a listener may not see it change under its hands.
  const std::optional<UsbSighting> now = at(path);
  const UsbSighting* device = now ? &*now : nullptr;
  if (changed_) changed_(path, device);
  tell_waiters(path, device);
}

void UsbTable::lost(const Error& why) {
  broken_ = why.within("USB");
  if (why.code != Errc::cancelled) log::error(broken_->message);
  for (const auto& waiter : waiters_) waiter->seen.giver().give(fail(*broken_));
  const auto known = std::exchange(places_, {});
  for (const auto& [path, place] : known.all()) {
    if (changed_ && place.device && why.code != Errc::cancelled) changed_(path, nullptr);
  }
}

void UsbTable::tell_waiters(const PortPath& path, const UsbSighting* device) {
  for (const auto& waiter : waiters_) {
    if (waiter->path && *waiter->path != path) continue;
    if (waiter->for_empty() && device == nullptr) waiter->seen.giver().give(nothing_at(path));
    if (!waiter->for_empty() && device != nullptr && waiter->fits(*device)) waiter->seen.giver().give(*device);
  }
}

std::optional<UsbSighting> UsbTable::at(const PortPath& path) const {
  const UsbPlace* place = places_.at(path);
  return place == nullptr ? std::nullopt : place->device;
}

void UsbTable::learn(const PortPath& path, std::string serial) {
  auto seen = at(path);
  if (!seen) return;
  seen->serial = std::move(serial);
  seen->serial_from = SerialFrom::device;
  take(UsbArrived(std::move(*seen)));
}

Task<UsbSighting> UsbTable::wait(std::shared_ptr<Waiter> waiter, TimePoint deadline) {
  if (broken_) co_return fail(*broken_);
  if (waiter->for_empty() && !at(*waiter->path)) co_return nothing_at(*waiter->path);
  for (const auto& [path, place] : places_.all()) {
    if (waiter->for_empty() || !place.device || (waiter->path && *waiter->path != path)) continue;
    if (waiter->fits(*place.device)) co_return *place.device;
  }
  waiters_.push_back(waiter);
  if (deadline != never) {
    const std::string where = waiter->path ? "port " + waiter->path->text() : std::string("USB");
    clock_.call_at(deadline, [giver = waiter->seen.giver(), where, for_empty = waiter->for_empty()] {
      const char* what = for_empty ? "the device did not leave in time" : "nothing that was waited for arrived in time";
      giver.give(fail(Errc::timeout, fmt::format("{}: {}", where, what)));
    });
  }
  auto seen = co_await waiter->seen.take();
  waiters_.remove(waiter);
  co_return seen;
}

Task<UsbSighting> UsbTable::wait_for(PortPath path, Predicate fits, TimePoint deadline) {
  return wait(std::make_shared<Waiter>(std::move(path), std::move(fits)), deadline);
}

Task<UsbSighting> UsbTable::wait_for(Predicate fits, TimePoint deadline) {
  return wait(std::make_shared<Waiter>(std::nullopt, std::move(fits)), deadline);
}

Task<void> UsbTable::wait_empty(PortPath path, TimePoint deadline) {
  auto waiter = std::make_shared<Waiter>(std::move(path), Predicate{});
  auto nothing = co_await wait(std::move(waiter), deadline);
  if (!nothing) co_return fail(nothing.error());
  co_return Result<void>{};
}

}  // namespace greenroom
