#include "controller/simulate/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "controller/simulate/judge_impl.hpp"

namespace greenroom::sim {
namespace {

constexpr int texts_per_rule = 6;
constexpr Duration between_looks = std::chrono::minutes{1};

std::string name(Rule r) { return fmt::format("R{}", static_cast<int>(r)); }

}  // namespace

std::string clock_text(TimePoint t) {
  const auto ms = t.time_since_epoch().count() / 1000;
  return fmt::format("{}:{:02}:{:02}.{:03}", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
}

bool Verdict::clean() const {
  const bool figures = trips == 0 && protected_opens == 0 && wrong_mac == 0 && unerased_released == 0 &&
                       hard_limit_amp_seconds <= 0.0 && soft_over_seconds <= 0.0;
  return figures && std::all_of(violations.begin(), violations.end(), [](const auto& v) { return v.second == 0; });
}

// Asset teams say what shall happen in the status column ("Returned - Wipe", "Legal Hold"); the first row of a serial
// counts. Read here anew, on purpose not with the domain's own reader.
std::vector<TrueMac> true_macs(const WorldPlan& plan) {
  std::vector<TrueMac> macs;
  for (std::uint32_t i = 0; i < plan.spec.macs.size(); ++i) {
    macs.push_back({model::MacId{i}, plan.spec.macs[i].serial, plan.spec.macs[i].ecid, false});
  }
  for (const RowMac& row : plan.rows) {
    if (!row.mac) continue;
    std::string status = row.row.status;
    std::transform(status.begin(), status.end(), status.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    macs[row.mac->value].approved = status.find("wipe") != std::string::npos || status.find("erase") != std::string::npos;
  }
  return macs;
}

Judge::Impl::Impl(const Clock& c, model::Plant& p, const Room& r, std::vector<TrueMac> who,
                  std::function<const RoomState*()> live_state)
    : clock(c),
      plant(p),
      room(r),
      state(std::move(live_state)),
      outlets(r.outlets.size()),
      pdus(r.pdus.size()),
      numbers(r.pdus.size()),
      under(r.circuits.size()),
      hard(r.circuits.size()),
      soft(r.circuits.size()),
      soft_ours(r.circuits.size()),
      foreign(r.circuits.size()),
      heaters(r.circuits.size()),
      last_close(r.circuits.size(), before_all) {
  for (int i = 1; i <= 14; ++i) {
    if (i != 11) verdict.violations[fmt::format("R{}", i)] = 0;
  }
  for (std::uint32_t o = 0; o < room.outlets.size(); ++o) {
    outlet_names.emplace(room.outlets[o].name, o);
    numbers[room.outlets[o].pdu.value].emplace(room.outlets[o].number, o);
    for (std::optional<CircuitId> circuit = room.outlets[o].circuit; circuit;
         circuit = room.circuits[circuit->value].parent) {
      under[circuit->value].push_back(o);
    }
    outlets[o].on = plant.outlet_on(OutletId{o});
  }
  for (TrueMac& mac : who) {
    serials.emplace(mac.serial, macs.size());
    ecids.emplace(mac.ecid, macs.size());
    Mac made;
    made.battery = plant.mac_spec(mac.mac).battery;
    made.mode = plant.mac(mac.mac).mode;
    made.who = std::move(mac);
    macs.push_back(std::move(made));
  }
  look_at_wiring();
}

void Judge::Impl::broke(Rule rule, const std::string& words) {
  ++verdict.violations[name(rule)];
  if (++told[rule] > texts_per_rule) return;
  const TimePoint now = clock.now();
  verdict.first_violations.push_back(
      fmt::format("{} ({:.3f} s) {}: {}", clock_text(now), in_seconds(now.time_since_epoch()), name(rule), words));
}

// Who is where, from the plant's own truth; outside the plant's turn only.
void Judge::Impl::look_at_wiring() {
  for (std::uint32_t o = 0; o < outlets.size(); ++o) outlets[o].place = plant.wired_to(OutletId{o});
  for (Mac& mac : macs) {
    const model::MacTruth truth = plant.mac(mac.who.mac);
    mac.data = truth.data;
    mac.power = truth.power;
  }
}

Judge::Judge(const Clock& clock, model::Plant& plant, const Room& room, std::vector<TrueMac> macs,
             std::function<const RoomState*()> live)
    : impl_(std::make_unique<Impl>(clock, plant, room, std::move(macs), std::move(live))) {}
Judge::~Judge() = default;

void Judge::on(const model::PlantEvent& event) {
  Impl& j = *impl_;
  if (const auto* s = std::get_if<model::OutletSwitched>(&event.what)) j.switched(*s, event.at);
  else if (const auto* over = std::get_if<model::OverHard>(&event.what)) j.stretches.push_back({*over, event.at});
  else if (const auto* mean = std::get_if<model::OverSoft>(&event.what)) j.soft_seconds.emplace_back(*mean, event.at);
  else if (const auto* trip = std::get_if<model::Tripped>(&event.what)) j.trips.push_back(*trip);
  else if (const auto* held = std::get_if<model::RelayRefused>(&event.what)) j.outlets[held->outlet.value].refused = true;
  else if (const auto* lost = std::get_if<model::PduLost>(&event.what)) j.pdu_lost(j.pdus[lost->pdu.value]);
  else j.mac_event(event);
  j.noted = true;
}

void Judge::ordered(PduId pdu, OutletNumber number, Switch to) {
  Impl& j = *impl_;
  const auto outlet = j.outlet_of(pdu, number);
  if (!outlet) return;
  const bool to_on = to == Switch::on;
  Impl::Outlet& o = j.outlets[*outlet];
  Impl::AtLine& line = o.line[to_on ? 1 : 0];
  ++line.queued;
  const bool decided = o.order && o.order->to_on == to_on;
  if (decided && !std::exchange(o.order->taken, true)) return;
  // A shed may come before its fact, within one commit, and in that turn the order before it ended.
  line.unclaimed = j.noted = j.unclaimed = true;
  line.unclaimed_at = j.clock.now();
  if (decided && to_on)
    j.broke(Rule::r5, fmt::format("effect {} (switch {} on) was carried out twice", o.order->effect, j.name_of(*outlet)));
}

void Judge::committed(PduId pdu, OutletNumber number, Switch to) {
  if (const auto outlet = impl_->outlet_of(pdu, number)) impl_->sent(*outlet, to == Switch::on);
}

void Judge::ended(PduId pdu, OutletNumber number, Switch to, const Result<OutletReading>& reading) {
  Impl& j = *impl_;
  const auto outlet = j.outlet_of(pdu, number);
  if (!outlet) return;
  if (reading) {
    const OutletState is = reading->state;
    if (is == OutletState::on || is == OutletState::off)
      j.outlets[*outlet].line[is == OutletState::on ? 1 : 0].seen = j.clock.now();
  }
  j.end_at_line(*outlet, to == Switch::on, !reading);
}

void Judge::reading(PduId pdu, const PduReading& reading) {
  Impl& j = *impl_;
  if (!reading.states) return j.show(pdu, reading);
  Impl::PduNote& note = j.pdus[pdu.value];
  note.last_reading = std::max(note.last_reading, reading.began);
  note.answered = true;
  if (note.identified && note.first_reading == never) note.first_reading = reading.began;
  if (note.first_reading != never && reading.began >= note.first_reading + j.room.timings.settle) note.settled = true;
  for (const OutletReading& sample : reading.outlets) {
    if (sample.state != OutletState::on && sample.state != OutletState::off) continue;
    const auto outlet = j.outlet_of(pdu, sample.number);
    if (!outlet) continue;
    const bool on = sample.state == OutletState::on;
    Impl::Outlet& o = j.outlets[*outlet];
    o.line[on ? 1 : 0].seen = std::max(o.line[on ? 1 : 0].seen, reading.began);
    if (o.foreign && o.foreign->on == on && reading.began > o.foreign->at)
      o.foreign->seen = std::min(o.foreign->seen, j.clock.now());
  }
  j.show(pdu, reading);
}

void Judge::identified(PduId pdu, const PduTraits& traits) {
  Impl::PduNote& note = impl_->pdus[pdu.value];
  note.traits = traits;
  note.identified = true;
  if (!note.settled) note.first_reading = never;  // once settled after a loss, it is until the next
}

void Judge::failed(PduId, const Error&) {}  // silence is seen as the age of the last good reading

void Judge::on_fact(const Fact& fact) {
  if (fact.seq <= impl_->last_seq) return;  // told again after a restart
  impl_->last_seq = fact.seq;
  impl_->power_fact(fact);
  impl_->visit_fact(fact);
}

void Judge::controller_started() {
  impl_->controller_began = impl_->clock.now();
  for (Impl::PduNote& pdu : impl_->pdus) pdu.answered = false;
  for (auto& entry : impl_->visits) entry.second.nameless_looks = 0;  // looks in a row are looks at one controller
}

void Judge::commits_take(Duration longest) { impl_->commit_time = longest; }

// What it had queued dies with it, and so does the fact of a shed whose commit was under way; what was sent may still act.
void Judge::controller_stopped() {
  for (Impl::Outlet& outlet : impl_->outlets) {
    if (impl_->commit_time > Duration{}) outlet.line[0].unclaimed = false;
  }
  for (std::uint32_t o = 0; o < impl_->outlets.size(); ++o) {
    for (const bool to_on : {false, true}) {
      while (impl_->outlets[o].line[to_on ? 1 : 0].queued > 0) impl_->end_at_line(o, to_on, true);
    }
  }
}

void Judge::settle() {
  Impl& j = *impl_;
  if (j.noted) {
    j.noted = false;
    if (std::exchange(j.rewired, false)) j.look_at_wiring();
    j.settle_limits();
    if (j.unclaimed) j.settle_orders();
  }
  if (j.clock.now() >= j.look_at) {
    j.look_at = j.clock.now() + between_looks;
    j.look_for_words();
  }
}

Verdict Judge::verdict() const { return impl_->verdict; }

}  // namespace greenroom::sim
