#include "controller/cli/pdu_check_walk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

namespace greenroom::cli {
namespace {

constexpr Duration order_valid = std::chrono::seconds{2};            // rules.md R7
constexpr Duration between_closes = std::chrono::milliseconds{200};  // rules.md R8

bool cancelled(const Error& e) { return e.code == Errc::cancelled; }
bool ends(const Error& e) { return cancelled(e) || e.code == Errc::device_gone; }

std::optional<OutletState> state_of(const PduReading& r, OutletNumber n) {
  for (const OutletReading& o : r.outlets)
    if (o.number == n) return o.state;
  return std::nullopt;
}

Task<OutletReading> order(Pdu& pdu, Clock& clock, OutletNumber n, Switch to) {
  SwitchOrder one(n, to, clock.now() + order_valid, nullptr);
  co_return co_await pdu.set(std::move(one));
}

// As it was found, with three tries: an outlet left otherwise is worse than a slow test.
Task<void> put_back(Pdu& pdu, Clock& clock, Toggle& t, Switch to) {
  std::string why;
  for (int tries = 0; tries < 3; ++tries) {
    const TimePoint began = clock.now();
    const auto back = co_await order(pdu, clock, t.outlet, to);
    if (back) {
      t.back = back->state;
      t.took_back = clock.now() - began;
      t.left_as_found = back->state == (to == Switch::on ? OutletState::on : OutletState::off);
      if (t.left_as_found) co_return Result<void>{};
      why = "it does not go back";
    } else {
      if (cancelled(back.error())) co_return fail(back.error());
      why = back.error().message;
    }
  }
  t.trouble += (t.trouble.empty() ? "" : "; ") + why;
  co_return Result<void>{};
}

// There, and what is done there. Fails only when cancelled.
Task<void> put_there(Pdu& pdu, Clock& clock, Toggle& t, Switch to, const ToggleHow& how) {
  const TimePoint began = clock.now();
  const auto there = co_await order(pdu, clock, t.outlet, to);
  if (!there) {
    if (cancelled(there.error())) co_return fail(there.error());
    t.trouble = there.error().message;
    co_return Result<void>{};
  }
  t.there = there->state;
  t.took_there = clock.now() - began;
  co_return co_await how.meanwhile(t);
}

// What the meters say once they have settled.
Task<void> read_settled(Pdu& pdu, Clock& clock, Toggle& t, Duration settle) {
  if (const auto slept = co_await clock.sleep_until(clock.now() + settle); !slept) co_return slept;
  auto reading = co_await pdu.read(Depth::full);
  if (reading) t.switched = std::move(*reading);
  else if (cancelled(reading.error())) co_return fail(reading.error());
  else t.trouble = reading.error().message;
  co_return Result<void>{};
}

Task<void> time_readings(Pdu& pdu, Clock& clock, Depth depth, int reads, std::vector<Duration>& times, CheckWalk& walk) {
  for (int n = 0; n < reads; ++n) {
    const TimePoint began = clock.now();
    auto reading = co_await pdu.read(depth);
    if (!reading) {
      if (ends(reading.error())) co_return fail(reading.error());
      walk.void_readings.push_back(reading.error().message);
      continue;
    }
    times.push_back(clock.now() - began);
    if (!walk.first) walk.first = std::move(*reading);
  }
  co_return Result<void>{};
}

// All that follows the identity. Fails with what ended it before its end.
Task<void> walk_on(Pdu& pdu, const DialectFacts& known, Clock& clock, const CheckPlan& plan, CheckWalk& walk) {
  if (auto r = co_await time_readings(pdu, clock, Depth::full, plan.reads, walk.full, walk); !r) co_return r;
  if (auto r = co_await time_readings(pdu, clock, Depth::supervise, plan.reads, walk.supervise, walk); !r) co_return r;
  const Duration settle = std::max(known.meter_lag, between_closes);
  ToggleHow how;
  how.meanwhile = [&pdu, &clock, settle](Toggle& t) { return read_settled(pdu, clock, t, settle); };
  how.settle = settle;
  for (const OutletNumber n : plan.outlets) {
    if (!walk.first) break;  // it cannot be read: nothing is switched blindly
    if (plan.say) plan.say(fmt::format("outlet {}", known.name_of(n)));
    walk.toggles.emplace_back();
    Toggle& t = walk.toggles.back();
    t.outlet = n;
    if (auto r = co_await toggle(pdu, clock, t, how); !r) co_return r;
    if (!t.left_as_found) break;  // no second outlet in that state
  }
  co_return Result<void>{};
}

}  // namespace

Task<void> toggle(Pdu& pdu, Clock& clock, Toggle& t, const ToggleHow& how) {
  auto found = co_await pdu.read(Depth::full);
  if (!found) {
    t.left_as_found = true;  // nothing was ordered
    if (ends(found.error())) co_return fail(found.error());
    t.trouble = found.error().message;
    co_return Result<void>{};
  }
  t.found = std::move(*found);
  const auto was = state_of(*t.found, t.outlet);
  if (was != OutletState::on && was != OutletState::off) {
    t.left_as_found = true;
    t.trouble = "it reads neither on nor off, so it was not touched";
    co_return Result<void>{};
  }
  if (how.only_from && *was != *how.only_from) {
    t.left_as_found = true;
    t.trouble = fmt::format("it reads {}, so it was not touched", *was == OutletState::on ? "on" : "off");
    co_return Result<void>{};
  }
  const Switch home = *was == OutletState::on ? Switch::on : Switch::off;
  auto ended = co_await put_there(pdu, clock, t, home == Switch::on ? Switch::off : Switch::on, how);
  // From here on nothing may stop it: the outlet goes back first. A second signal changes nothing either.
  if (!ended) co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const auto back = co_await put_back(pdu, clock, t, home);
  if (!back) {  // cancelled just now
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    if (auto again = co_await put_back(pdu, clock, t, home); !again) co_return again;
    co_return back;
  }
  if (!ended) co_return ended;
  if (const auto slept = co_await clock.sleep_until(clock.now() + how.settle); !slept) co_return slept;
  auto left = co_await pdu.read(Depth::full);
  if (!left) {
    if (ends(left.error())) co_return fail(left.error());
    t.trouble = left.error().message;  // the order itself was read back
    co_return Result<void>{};
  }
  t.left = std::move(*left);
  t.left_as_found = state_of(*t.left, t.outlet) == was;
  co_return Result<void>{};
}

Task<CheckWalk> walk_pdu(Pdu& pdu, const DialectFacts& known, Clock& clock, CheckPlan plan) {
  CheckWalk walk;
  const auto say = [&plan](const std::string& line) {
    if (plan.say) plan.say(line);
  };
  say("who answers?");
  auto traits = co_await pdu.identify();
  if (!traits) co_return fail(traits.error());
  walk.traits = std::move(*traits);
  say(fmt::format("{}: reading {} times", walk.traits.identity, 2 * plan.reads));
  const auto walked = co_await walk_on(pdu, known, clock, plan, walk);
  if (!walked && cancelled(walked.error())) walk.cancelled = true;
  else if (!walked) walk.gone = walked.error().message;
  co_return walk;
}

}  // namespace greenroom::cli
