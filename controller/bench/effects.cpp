// What facts make happen on the wire, and what it came to. Every effect has a Started and an Ended fact (rules.md R5);
// after a restart, Started without Ended is taken up here.
#include <algorithm>
#include <charconv>
#include <utility>

#include "controller/bench/bench.hpp"

namespace greenroom {
namespace {

// How long an action on a Mac may take before it counts as failed. DFU entry by USB-PD message shows within seconds and
// a key sequence within 20 s (macs facts, section 4); a reboot out of recovery shows within 10 s.
constexpr Duration action_time = std::chrono::seconds{90};

// What is done at a slot's port was decided about the Mac that stood there: when the disk refused the decision for a while,
// another may stand there now. It fails, and its step looks anew. (An outlet's order carries its own expiry.)
bool looks_at_a_port(const std::string& kind) {
  return kind == "engine" || kind == "enter_dfu" || kind == "leave_dfu" || kind == "put_back";
}

constexpr std::string_view restarted = "the controller was restarted while this was under way";

RestoreKind restore_kind(std::string_view text) {
  if (text == "revive") return RestoreKind::revive;
  if (text == "erase_only") return RestoreKind::erase_only;
  return RestoreKind::erase;
}

// An engine that never started, or that nobody can follow. "cause; remedy", as errors are worded: who reads the case is
// told what to do first. What no further try can help, such as an image that is not there, is its recipe's owner's at once.
EffectResult not_run(std::uint64_t effect, const Error& why) {
  const std::string_view words = why.message;
  const std::size_t end = std::min(words.rfind("; "), words.size());
  const std::size_t next = std::min(end + 2, words.size());
  EffectResult result{effect, false, std::string(words.substr(0, end)), std::string(words.substr(next)), {}, {}};
  result.owner = why.code == Errc::bad_config ? "recipe_owner" : "bench_owner";
  result.ran = false;
  return result;
}

std::uint64_t number(std::string_view text) {
  std::uint64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

}  // namespace

void Bench::start_effects(const Facts& facts) {
  for (const Fact& fact : facts) {
    if (const auto* order = std::get_if<SwitchStarted>(&fact.body)) {
      if (!order->shed || order->to != "off") start_switch(*order);  // shed went out when it was decided
    } else if (const auto* start = std::get_if<EffectStarted>(&fact.body)) {
      if (fact.at >= writes_since_ || !looks_at_a_port(start->kind)) start_effect(*start);
      else post(not_run(start->effect, Error(Errc::expired, "the disk kept it too late; it is decided anew")));
    }
  }
}

// A switch in doubt is read back and adopted by the power half; an engine is attached again; a permit that was written
// stands, and one that was not is judged anew, because the Mac may be another one by now; an action on a Mac is reported as
// failed and inspected by its step; a print is asked of a person.
void Bench::resume_effects() {
  const Facts left_open = folded_.open;
  for (const Fact& fact : left_open) {
    const std::uint64_t effect = started_effect(fact.body);
    if (const auto* order = std::get_if<SwitchStarted>(&fact.body)) {
      const auto outlet = outlet_by_name_.find(order->outlet);
      if (outlet == outlet_by_name_.end()) continue;
      post(SwitchResult{effect, outlet->second, order->to == "on", Sensed::unknown, /*sent=*/true, std::string(restarted)});
    } else if (const auto* start = std::get_if<EffectStarted>(&fact.body)) {
      if (start->kind == "engine") tasks_.spawn(run_engine(*start, /*already_started=*/true));
      else if (start->kind == "stop_engine") start_effect(*start);
      else if (start->kind == "permit") resume_permit(*start);
      else finish(effect, fail(Errc::cancelled, std::string(restarted)), "technician");
    }
  }
}

void Bench::resume_permit(const EffectStarted& start) {
  const auto written = ports_.gate.permitted(JobId{number(start.detail)});
  const bool stands = written && *written;
  finish(start.effect, stands ? Result<void>{} : fail(Errc::cancelled, std::string(restarted)), "technician");
}

void Bench::start_switch(const SwitchStarted& order) { tasks_.spawn(run_switch(order)); }

void Bench::start_effect(const EffectStarted& start) {
  if (start.kind == "engine") tasks_.spawn(run_engine(start, /*already_started=*/false));
  else tasks_.spawn(run_action(start));
}

asio::awaitable<void> Bench::run_switch(SwitchStarted start) {
  const auto found = outlet_by_name_.find(start.outlet);
  if (found == outlet_by_name_.end()) co_return;
  const OutletId id = found->second;
  const Outlet& outlet = setup_.room.outlets[id.value];
  const bool to_on = start.to == "on";
  bool sent = false;
  auto allowed = [this, id, to_on, &sent, confirmed = start.reason == "open_confirmed"]() -> Result<void> {
    if (!to_on) {
      if (auto may = may_open(setup_.room, setup_.rules, folded_.state.power, id, confirmed); !may) return may;
    }
    sent = true;  // asked at the committing byte: from here on the order may act
    return {};
  };
  const TimePoint expires = setup_.rules.holds(Rule::r7) ? start.expires : never;
  SwitchOrder order(outlet.number, to_on ? Switch::on : Switch::off, expires, std::move(allowed));
  const auto reading = co_await ports_.pdus[outlet.pdu.value]->set(std::move(order));

  SwitchResult result{start.effect, id, to_on, Sensed::unknown, sent, {}};
  if (reading) {
    result.read_back = sensed_from_wire(reading->state);
    if (result.read_back != (to_on ? Sensed::on : Sensed::off)) {
      result.error = "ordered " + start.to + ", read back " + std::string(to_string(result.read_back));
    }
  } else {
    if (reading.error().code == Errc::cancelled) co_return;  // the controller stops: the effect stays open, in doubt
    result.error = reading.error().message;
  }
  post(std::move(result));
}

asio::awaitable<void> Bench::run_action(EffectStarted start) {
  const TimePoint deadline = ports_.clock.now() + action_time;
  const JobId job{number(start.detail)};
  Result<void> outcome;
  if (start.kind == "permit") {
    // The owner of the gate asks again at the permit itself: its fact may have taken long to become durable.
    if (const auto refusal = permit_refusal(context(), number(start.detail))) outcome = fail(Errc::refused, *refusal);
    else outcome = co_await ports_.gate.permit(job);
  } else if (start.kind == "stop_engine") {
    outcome = co_await ports_.engine.stop(job);
  } else if (start.kind == "print_label") {
    // The label goes out with the room's printer spool; a simulated room has none, and nothing waits for paper.
  } else if (const auto port = port_of(start.slot); !port) {
    outcome = fail(port.error());
  } else if (start.kind == "enter_dfu") {
    PortPath path = *port;
    const auto seen = co_await ports_.macs.enter_dfu(std::move(path), deadline);
    if (!seen) outcome = fail(seen.error());
  } else if (start.kind == "leave_dfu") {
    PortPath path = *port;
    outcome = co_await ports_.macs.leave_dfu(std::move(path), deadline);
  } else if (start.kind == "put_back") {
    PortPath path = *port;
    outcome = co_await ports_.macs.put_back(std::move(path), deadline);
  } else {
    outcome = fail(Errc::usage, "this program knows no effect \"" + start.kind + "\"");
  }
  if (!outcome && outcome.error().code == Errc::cancelled) co_return;
  finish(start.effect, outcome, "technician");
}

asio::awaitable<void> Bench::run_engine(EffectStarted start, bool already_started) {
  const JobId id{start.effect};
  if (!already_started) {
    const auto port = port_of(start.slot);
    if (!port) {
      post(not_run(start.effect, port.error()));
      co_return;
    }
    RestoreJob job(id, *port, Ecid{start.ecid}, restore_kind(start.restore_kind), start.detail);
    job.engine_version = start.engine_version;
    job.build = start.build;
    const auto started = co_await ports_.engine.start(std::move(job));
    if (!started) {
      if (started.error().code != Errc::cancelled) post(not_run(start.effect, started.error()));
      co_return;
    }
  }
  ProgressSink report = [this, effect = start.effect](const RestoreProgress& progress) {
    post(EngineReported{effect, std::string(to_string(progress.stage)), progress.percent});
  };
  const auto outcome = co_await ports_.engine.attach(id, std::move(report));
  if (!outcome) {
    if (outcome.error().code != Errc::cancelled) post(not_run(start.effect, outcome.error()));
    co_return;
  }
  EffectResult result{start.effect, outcome->completed, outcome->cause, outcome->remedy, outcome->owner, outcome->evidence};
  post(std::move(result));
}

void Bench::finish(std::uint64_t effect, const Result<void>& outcome, std::string owner) {
  EffectResult result{effect, outcome.has_value(), {}, {}, {}, std::nullopt};
  if (!outcome) {
    result.cause = outcome.error().message;
    result.owner = std::move(owner);
  }
  post(std::move(result));
}

Result<PortPath> Bench::port_of(const std::string& slot_name) const {
  for (const Slot& slot : setup_.room.slots) {
    if (slot.name == slot_name && !slot.data_port.empty()) return PortPath::parse(slot.data_port);
  }
  return fail(Errc::bad_config, "slot " + slot_name + " has no data port; name one in the room file");
}

}  // namespace greenroom
