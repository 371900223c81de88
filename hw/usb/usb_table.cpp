#include "hw/usb/usb_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "hw/async/handover.hpp"
#include "hw/base/log.hpp"

namespace greenroom {

struct UsbTable::Waiter {
  Waiter(PortPath p, Predicate f, bool empty) : path(std::move(p)), fits(std::move(f)), for_empty(empty) {}
  PortPath path;
  Predicate fits;
  bool for_empty;  // waits for the port to be empty; `fits` is not asked
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
    take(std::move(*event));
  }
}

void UsbTable::take(UsbEvent event) {
  if (auto* arrival = std::get_if<UsbArrived>(&event)) arrived(std::move(arrival->device));
  else left(std::get<UsbLeft>(event).path);
}

void UsbTable::arrived(UsbSighting device) {
  // A departure may be missed by the kernel's queue: a second arrival at one port replaces the first.
  const PortPath path = device.path;
  const auto [place, fresh] = there_.insert_or_assign(path, std::move(device));
  static_cast<void>(fresh);
  const UsbSighting now = place->second;  // a listener may not see it change under its hands
  if (changed_) changed_(path, &now);
  tell_waiters(path, &now);
}

void UsbTable::left(const PortPath& path) {
  const PortPath gone = path;
  if (there_.erase(gone) == 0) return;
  if (changed_) changed_(gone, nullptr);
  tell_waiters(gone, nullptr);
}

void UsbTable::lost(const Error& why) {
  broken_ = why.within("USB");
  if (why.code != Errc::cancelled) log::error(broken_->message);
  for (const auto& waiter : waiters_) waiter->seen.giver().give(fail(*broken_));
  const auto known = std::exchange(there_, {});
  for (const auto& [path, device] : known) {
    if (changed_ && why.code != Errc::cancelled) changed_(path, nullptr);
  }
}

void UsbTable::tell_waiters(const PortPath& path, const UsbSighting* device) {
  for (const auto& waiter : waiters_) {
    if (waiter->path != path) continue;
    if (waiter->for_empty && device == nullptr) waiter->seen.giver().give(nothing_at(path));
    if (!waiter->for_empty && device != nullptr && waiter->fits(*device)) waiter->seen.giver().give(*device);
  }
}

std::optional<UsbSighting> UsbTable::at(const PortPath& path) const {
  const auto place = there_.find(path);
  if (place == there_.end()) return std::nullopt;
  return place->second;
}

Task<UsbSighting> UsbTable::wait(PortPath path, Predicate fits, bool for_empty, TimePoint deadline) {
  if (broken_) co_return fail(*broken_);
  const auto now_there = at(path);
  if (for_empty && !now_there) co_return nothing_at(path);
  if (!for_empty && now_there && fits(*now_there)) co_return *now_there;
  auto waiter = std::make_shared<Waiter>(path, std::move(fits), for_empty);
  waiters_.push_back(waiter);
  if (deadline != never) {
    clock_.call_at(deadline, [giver = waiter->seen.giver(), path, for_empty] {
      const char* what = for_empty ? "the device did not leave in time" : "nothing that was waited for arrived in time";
      giver.give(fail(Errc::timeout, fmt::format("port {}: {}", path.text(), what)));
    });
  }
  auto seen = co_await waiter->seen.take();
  waiters_.remove(waiter);
  co_return seen;
}

Task<UsbSighting> UsbTable::wait_for(PortPath path, Predicate fits, TimePoint deadline) {
  return wait(std::move(path), std::move(fits), false, deadline);
}

Task<void> UsbTable::wait_empty(PortPath path, TimePoint deadline) {
  auto nothing = Predicate{};
  auto seen = co_await wait(std::move(path), std::move(nothing), true, deadline);
  if (!seen) co_return fail(seen.error());
  co_return Result<void>{};
}

}  // namespace greenroom
