#include "controller/bench/bench.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "firmware-bridge/apple_device.hpp"
#include "hw/base/log.hpp"

namespace greenroom {
namespace {

// A turn that has not come to rest after this many rounds of replanning is a defect of the domain (a fact that is
// emitted again for the state it led to); the turn is closed as it stands and the defect logged.
constexpr int most_rounds = 64;

// A disk that refused is asked again after this.
constexpr Duration journal_again = std::chrono::seconds{5};

const std::string ourselves = "greenroom";

}  // namespace

Bench::Bench(asio::any_io_executor executor, RoomSetup setup, BenchPorts ports)
    : setup_(std::move(setup)),
      ports_(std::move(ports)),
      executor_(executor),
      folded_{initial_state(setup_), {}},
      senses_(initial_senses(setup_, ports_.clock.now())),
      keeper_(executor),
      tasks_(executor) {
  const Room& room = setup_.room;
  for (std::uint32_t i = 0; i < room.slots.size(); ++i) {
    if (!room.slots[i].data_port.empty()) slot_of_port_.emplace(room.slots[i].data_port, SlotId{i});
  }
  for (std::uint32_t i = 0; i < room.outlets.size(); ++i) outlet_by_name_.emplace(room.outlets[i].name, OutletId{i});
  wiring_.resize(room.pdus.size());
  meters_apart_.resize(room.pdus.size());
  for (std::uint32_t i = 0; i < room.outlets.size(); ++i)
    wiring_[room.outlets[i].pdu.value].outlets.emplace(room.outlets[i].number, OutletId{i});
  for (std::uint32_t i = 0; i < room.circuits.size(); ++i) {
    const Circuit& circuit = room.circuits[i];
    if (circuit.meter_pdu) wiring_[circuit.meter_pdu->value].banks.emplace(circuit.meter_bank, CircuitId{i});
  }
}

void Bench::start(FoldedState folded, const Incarnation& process, Seq snapshot_every) {
  snapshot_every_ = snapshot_every;
  folded_ = std::move(folded);
  fingerprint_ = fingerprint_of(setup_);
  const auto kept = ports_.journal.snapshot();
  snapshot_at_ = kept && *kept && (*kept)->fingerprint == fingerprint_ ? (*kept)->seq : 0;
  tasks_.spawn(turns());
  keeper_.spawn(keep());
  accept({ServiceStarted{process.program, process.boot, process.boot_time}}, ourselves, 0);
  resume_effects();
  for (std::uint32_t i = 0; i < setup_.room.pdus.size(); ++i) tasks_.spawn(poll(PduId{i}));
  post(Replan{});
}

void Bench::stop() {
  stopping_ = true;
  tasks_.cancel();
  decided_ready_.set();
}

void Bench::kill() {
  stopping_ = true;
  tasks_.cancel();
  keeper_.cancel();
}

VisitContext Bench::context() const {
  return {setup_.room,         setup_.catalogue, setup_.rules,       folded_.state.visits, senses_.visits,
          folded_.state.power, senses_.power,    ports_.clock.now(), ports_.clock.wall(),  folded_.state.lifetime.started};
}

void Bench::submit(Command command, AnswerSink answer) {
  inbox_.push_back({Input(std::move(command)), std::move(answer)});
  inbox_ready_.set();
}

void Bench::post(Input input) {
  inbox_.push_back({std::move(input), nullptr});
  inbox_ready_.set();
}

void Bench::usb_changed(const PortPath& path, const std::optional<UsbSighting>& sighting) {
  const auto slot = slot_of_port_.find(path.text());
  if (slot == slot_of_port_.end()) return;
  UsbChanged change{slot->second, std::nullopt};
  if (sighting) {
    const auto device = classify(*sighting);
    // Something that is no Mac is nobody we work on; the port counts as empty.
    if (device) change.sight = MacSight{device->mode, device->ecid, device->chip_board, device->serial};
    else log::warn(device.error().within("port " + path.text()).message);
  }
  post(std::move(change));
}

void Bench::readiness_changed(Readiness seen) { post(std::move(seen)); }
void Bench::means_changed(RestoreMeans means) { post(std::move(means)); }

asio::awaitable<void> Bench::turns() {
  while (true) {
    // A waking that was under way when the end came is none.
    if (const auto woken = co_await inbox_ready_.wait(); !woken || stopping_) co_return;
    const std::vector<Item> items = std::exchange(inbox_, {});
    const Seq before = folded_.state.last_seq;
    for (const Item& item : items) take(item);
    decide_until_quiet(before);
    if (!decided_.empty()) decided_ready_.set();
  }
}

// Makes durable what was decided, in order, and lets it act.
asio::awaitable<void> Bench::keep() {
  while (true) {
    if (decided_.empty()) {
      if (stopping_) co_return;
      if (const auto woken = co_await decided_ready_.wait(); !woken) co_return;
      continue;
    }
    const Turn turn = std::exchange(decided_, {});
    if (!turn.facts.empty()) {
      Facts facts = turn.facts;
      if (const auto durable = co_await append(std::move(facts)); !durable) co_return;
      if (on_fact) {
        for (const Fact& fact : turn.facts) on_fact(fact);
      }
      if (!stopping_) start_effects(turn.facts);
    }
    const Seq durable_to = turn.facts.empty() ? folded_.state.last_seq : turn.facts.back().seq;
    for (const auto& [sink, answer] : turn.answers) sink(Answer{answer.accepted, answer.words, durable_to});
    if (const auto kept = co_await keep_snapshot(); !kept) log::warn(kept.error().within("snapshot").message);
  }
}

// Tries until the disk takes it: what was decided stands, and nothing of it acts meanwhile.
Task<void> Bench::append(Facts facts) {
  while (true) {
    Facts again = facts;
    const auto durable = co_await ports_.journal.append(std::move(again));
    if (durable) {
      if (std::exchange(journal_trouble_, std::nullopt)) {
        writes_since_ = ports_.clock.now();
        log::warn("the journal can be written again");
      }
      co_return Result<void>{};
    }
    if (durable.error().code == Errc::cancelled) co_return fail(durable.error());
    if (!journal_trouble_) log::error(durable.error().within("journal").message);
    journal_trouble_ = durable.error();
    if (stopping_) co_return fail(durable.error());
    if (const auto slept = co_await ports_.clock.sleep_until(ports_.clock.now() + journal_again); !slept)
      co_return fail(slept.error());
  }
}

Task<void> Bench::keep_snapshot() {
  const Seq seq = folded_.state.last_seq;
  if (seq - snapshot_at_ < snapshot_every_ || !decided_.facts.empty()) co_return Result<void>{};
  snapshot_at_ = seq;
  Snapshot snapshot(seq, fingerprint_, to_json(folded_));
  co_return co_await ports_.journal.keep(std::move(snapshot));
}

void Bench::take(const Item& item) {
  const auto* command = std::get_if<Command>(&item.input);
  if (command && journal_trouble_) {  // what cannot be kept is not promised
    item.answer(Answer{false, "nothing can be recorded now: " + journal_trouble_->message, 0});
    return;
  }
  const TimePoint now = ports_.clock.now();
  sense(setup_, senses_, folded_.state, item.input, now);
  Decision decision = decide(setup_, folded_.state, senses_, item.input, now, ports_.clock.wall());
  accept(std::move(decision.facts), command ? command->by : ourselves, cause_of(item.input));
  if (item.answer) decided_.answers.emplace_back(item.answer, Answer{!decision.refused, std::move(decision.answer), 0});
}

// What led to an input: the start of the effect that it reports on; anything else came from outside.
Seq Bench::cause_of(const Input& input) const {
  std::uint64_t effect = 0;
  if (const auto* switched = std::get_if<SwitchResult>(&input)) effect = switched->effect;
  if (const auto* result = std::get_if<EffectResult>(&input)) effect = result->effect;
  if (const auto* report = std::get_if<EngineReported>(&input)) effect = report->effect;
  const auto start = std::find_if(folded_.open.begin(), folded_.open.end(),
                                  [effect](const Fact& fact) { return effect != 0 && started_effect(fact.body) == effect; });
  return start == folded_.open.end() ? 0 : start->seq;
}

// `before`: where the turn began. What it has decided since is what led to the replanning.
void Bench::decide_until_quiet(Seq before) {
  TimePoint wake_at = never;
  for (int round = 0;; ++round) {
    const Seq cause = folded_.state.last_seq == before ? 0 : folded_.state.last_seq;
    Decision decision = decide(setup_, folded_.state, senses_, Replan{}, ports_.clock.now(), ports_.clock.wall());
    if (decision.memory) senses_.power.memory = std::move(*decision.memory);
    wake_at = decision.wake_at;
    if (decision.facts.empty()) break;
    accept(std::move(decision.facts), ourselves, cause);
    if (round == most_rounds) {
      log::error("the room does not come to rest: replanning goes on without end; report this with the journal");
      break;
    }
  }
  arm(wake_at);
}

void Bench::accept(std::vector<FactBody> bodies, const std::string& by, Seq cause) {
  for (FactBody& body : bodies) {
    const Fact& fact = decided_.facts.emplace_back(
        Fact{folded_.state.last_seq + 1, ports_.clock.now(), ports_.clock.wall(), by, cause, std::move(body)});
    fold_in(setup_, folded_, fact);
    if (const auto* seated = std::get_if<SeatingBegan>(&fact.body)) forget_seat(seated->slot);
    // R5's one exception: an open for shed goes out before it is durable.
    if (const auto* order = std::get_if<SwitchStarted>(&fact.body); order && order->shed && order->to == "off")
      start_switch(*order);
  }
}

// Another Mac sits there now: what the senses learned of the last one is dropped.
void Bench::forget_seat(const std::string& slot_name) {
  for (const Slot& slot : setup_.room.slots) {
    if (slot.name == slot_name && slot.outlet) forget_outlet(senses_.power, *slot.outlet, ports_.clock.now());
  }
}

void Bench::arm(TimePoint wake_at) {
  if (wake_at >= armed_) return;
  armed_ = wake_at;
  tasks_.spawn(wake(wake_at));
}

asio::awaitable<void> Bench::wake(TimePoint at) {
  if (const auto slept = co_await ports_.clock.sleep_until(at); !slept) co_return;
  if (armed_ == at) armed_ = never;  // a later call armed an earlier time: that one has fired or will
  post(Replan{});
}

}  // namespace greenroom
