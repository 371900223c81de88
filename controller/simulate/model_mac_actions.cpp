#include "controller/simulate/model_mac_actions.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace greenroom::sim {
namespace {

using std::chrono::seconds;

// restorekit sends the DFU message up to three times, 10 s apart; out of DFU it sends one every 8 s, as a Mac in DFU
// hears about 40 % of them: here every second one.
constexpr int dfu_messages = 3;
constexpr Duration message_gap = seconds{10};
constexpr Duration leave_gap = seconds{8};

UsbTable::Predicate shows(MacMode mode) {
  return [mode](const UsbSighting& seen) {
    const auto device = classify(seen);
    return device && device->mode == mode;
  };
}

}  // namespace

Task<AppleDevice> ModelMacActions::enter_dfu(PortPath path, TimePoint deadline) {
  // A Mac that shows DFU already is there; the message would only restart it.
  auto dfu = shows(MacMode::dfu);
  const auto there = table_.at(path);
  if (there && dfu(*there)) co_return classify(*there);
  Error last(Errc::timeout, "no answer");
  for (int sent = 0; sent < dfu_messages && clock_.now() < deadline; ++sent) {
    // A message that is not heard is drawn like an engine that fails: both are programs that talk to a Mac.
    const bool missed = plant_.dice().strikes(model::FaultKind::engine_fail);
    const auto due = missed ? Result<TimePoint>(clock_.now()) : plant_.enter_dfu(path);
    if (!due) co_return fail(due.error().within("DFU entry"));
    auto again = dfu;
    const auto seen = co_await table_.wait_for(path, std::move(again), std::min(deadline, *due + message_gap));
    if (seen) co_return classify(*seen);
    if (seen.error().code != Errc::timeout) co_return fail(seen.error());
    last = seen.error();
  }
  co_return fail(Errc::timeout, fmt::format("the Mac did not show DFU after {} messages: {}", dfu_messages, last.message));
}

Task<void> ModelMacActions::leave_dfu(PortPath path, TimePoint deadline) {
  if (const auto waited = co_await clock_.sleep_until(std::min(deadline, clock_.now() + leave_gap)); !waited)
    co_return fail(waited.error());
  if (const auto left = plant_.leave_dfu(path); !left) co_return fail(left.error().within("leave DFU"));
  co_return co_await table_.wait_empty(std::move(path), deadline);
}

Task<void> ModelMacActions::put_back(PortPath path, TimePoint deadline) {
  const auto there = table_.at(path);
  if (there && shows(MacMode::restore)(*there)) {
    // Restore mode knows one way out: restart, which ends in recovery while auto-boot is false.
    if (const auto mac = plant_.at_port(path)) {
      if (const auto restarted = plant_.press_power(*mac); !restarted) co_return fail(restarted.error().within("put back"));
    }
    auto recovery = shows(MacMode::recovery);
    const auto seen = co_await table_.wait_for(path, std::move(recovery), deadline);
    if (!seen) co_return fail(seen.error().within("put back"));
  }
  if (const auto left = plant_.put_back(path); !left) co_return fail(left.error().within("put back"));
  co_return co_await table_.wait_empty(std::move(path), deadline);
}

}  // namespace greenroom::sim
