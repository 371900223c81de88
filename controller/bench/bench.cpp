#include "controller/bench/bench.hpp"

#include <boost/asio/post.hpp>
#include <type_traits>
#include <utility>

#include "firmware-bridge/apple_device.hpp"
#include "hw/base/log.hpp"

namespace greenroom {
namespace {

// A turn that has not come to rest after this many rounds of replanning is a defect of the domain (a fact that is
// emitted again for the state it led to); the turn is closed as it stands and the defect logged.
constexpr int most_rounds = 64;

const std::string ourselves = "greenroom";

}  // namespace

Bench::Bench(asio::any_io_executor executor, RoomSetup setup, BenchPorts ports)
    : setup_(std::move(setup)),
      ports_(std::move(ports)),
      executor_(executor),
      state_(initial_state(setup_)),
      senses_(initial_senses(setup_, ports_.clock.now())),
      tasks_(executor) {
  const Room& room = setup_.room;
  for (std::uint32_t i = 0; i < room.slots.size(); ++i) {
    if (!room.slots[i].data_port.empty()) slot_of_port_.emplace(room.slots[i].data_port, SlotId{i});
  }
  for (std::uint32_t i = 0; i < room.outlets.size(); ++i) outlet_by_name_.emplace(room.outlets[i].name, OutletId{i});
  wiring_.resize(room.pdus.size());
  for (std::uint32_t i = 0; i < room.outlets.size(); ++i)
    wiring_[room.outlets[i].pdu.value].outlets.emplace(room.outlets[i].number, OutletId{i});
  for (std::uint32_t i = 0; i < room.circuits.size(); ++i) {
    const Circuit& circuit = room.circuits[i];
    if (circuit.meter_pdu) wiring_[circuit.meter_pdu->value].banks.emplace(circuit.meter_bank, CircuitId{i});
  }
}

Result<void> Bench::start() {
  constexpr std::size_t page = 4096;
  while (true) {
    const auto facts = ports_.journal.read(state_.last_seq + 1, page);
    if (!facts) return fail(facts.error().within("journal"));
    for (const Fact& fact : *facts) {
      greenroom::apply(setup_, state_, fact);
      note_effect(fact);
    }
    if (facts->size() < page) break;
  }
  tasks_.spawn(turns());
  resume_effects();
  for (std::uint32_t i = 0; i < setup_.room.pdus.size(); ++i) tasks_.spawn(poll(PduId{i}));
  post(Replan{});
  return {};
}

void Bench::stop() { tasks_.cancel(); }

VisitContext Bench::context() const {
  return {setup_.room,  setup_.catalogue, setup_.rules,       state_.visits,      senses_.visits,
          state_.power, senses_.power,    ports_.clock.now(), ports_.clock.wall()};
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

asio::awaitable<void> Bench::turns() {
  while (true) {
    if (const auto woken = co_await inbox_ready_.wait(); !woken) co_return;
    Turn turn;
    const std::vector<Item> items = std::exchange(inbox_, {});
    for (const Item& item : items) take(item, turn);
    decide_until_quiet(turn);
    if (!turn.facts.empty()) {
      Facts facts = turn.facts;
      const auto durable = co_await ports_.journal.append(std::move(facts));
      if (!durable) {
        if (durable.error().code != Errc::cancelled) log::error(durable.error().within("journal").message);
        co_return;  // nothing more is decided on what was not kept
      }
      if (on_fact) {
        for (const Fact& fact : turn.facts) on_fact(fact);
      }
      start_effects(turn.facts);
    }
    for (auto& [sink, answer] : turn.answers) {
      answer.seq = state_.last_seq;
      sink(answer);
    }
  }
}

void Bench::take(const Item& item, Turn& turn) {
  const TimePoint now = ports_.clock.now();
  sense(setup_, senses_, state_, item.input, now);
  Decision decision = decide(setup_, state_, senses_, item.input, now, ports_.clock.wall());
  const auto* command = std::get_if<Command>(&item.input);
  accept(std::move(decision.facts), command ? command->by : ourselves, cause_of(item.input), turn);
  if (item.answer) turn.answers.emplace_back(item.answer, Answer{!decision.refused, std::move(decision.answer), 0});
}

// What led to an input: the start of the effect that it reports on; anything else came from outside.
Seq Bench::cause_of(const Input& input) const {
  const auto start_of = [this](std::uint64_t effect) {
    const auto open = open_effects_.find(effect);
    return open == open_effects_.end() ? Seq{0} : open->second.seq;
  };
  if (const auto* result = std::get_if<SwitchResult>(&input)) return start_of(result->effect);
  if (const auto* result = std::get_if<EffectResult>(&input)) return start_of(result->effect);
  if (const auto* report = std::get_if<EngineReported>(&input)) return start_of(report->effect);
  return 0;
}

void Bench::decide_until_quiet(Turn& turn) {
  TimePoint wake_at = never;
  for (int round = 0;; ++round) {
    const Seq cause = turn.facts.empty() ? 0 : turn.facts.back().seq;
    Decision decision = decide(setup_, state_, senses_, Replan{}, ports_.clock.now(), ports_.clock.wall());
    if (decision.memory) senses_.power.memory = std::move(*decision.memory);
    wake_at = decision.wake_at;
    if (decision.facts.empty()) break;
    accept(std::move(decision.facts), ourselves, cause, turn);
    if (round == most_rounds) {
      log::error("the room does not come to rest: replanning goes on without end; report this with the journal");
      break;
    }
  }
  arm(wake_at);
}

void Bench::accept(std::vector<FactBody> bodies, const std::string& by, Seq cause, Turn& turn) {
  for (FactBody& body : bodies) {
    const Fact& fact = turn.facts.emplace_back(
        Fact{state_.last_seq + 1, ports_.clock.now(), ports_.clock.wall(), by, cause, std::move(body)});
    greenroom::apply(setup_, state_, fact);
    note_effect(fact);
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
