// The loop of a room: gathers inputs, asks the domain, appends facts, starts effects.
//
//   input -> decide -> facts -> journal -> apply -> effects -> wire -> input
//
// One turn takes every input that has come, decides until nothing new follows, appends all facts in one commit, and
// only then starts effects and answers commands (rules.md R5). The one exception is an open for shed: it is idempotent
// and safe, goes out at once, and is journalled beside.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controller/bench/command_port.hpp"
#include "controller/domain/decide.hpp"
#include "controller/journal/journal.hpp"
#include "firmware-bridge/gate.hpp"
#include "firmware-bridge/mac_actions.hpp"
#include "firmware-bridge/restore_engine.hpp"
#include "hw/async/clock.hpp"
#include "hw/async/event.hpp"
#include "hw/async/task_group.hpp"
#include "hw/pdu/pdu.hpp"
#include "hw/usb/usb_bus.hpp"

namespace greenroom {

// What a bench drives. All outlive it. PDUs in the order of Room::pdus.
struct BenchPorts {
  Clock& clock;
  Journal& journal;
  std::vector<Pdu*> pdus;
  RestoreEngine& engine;
  Gate& gate;
  MacActions& macs;
};

class Bench final : public CommandPort {
 public:
  Bench(asio::any_io_executor, RoomSetup, BenchPorts);

  // Folds the journal, takes up what a former controller left open, and starts the loop and one poller for each PDU.
  // Errc::storage when the journal does not fold.
  Result<void> start();
  // Ends every coroutine as the loop turns; outlets and engines stay as they are. Destroy when idle().
  void stop();
  [[nodiscard]] bool idle() const { return tasks_.size() == 0; }

  void submit(Command, AnswerSink) override;
  // A port changed; called by whoever owns the UsbTable. Ports that no slot names are ignored.
  void usb_changed(const PortPath&, const std::optional<UsbSighting>&);

  [[nodiscard]] const RoomState& state() const { return state_; }
  [[nodiscard]] const RoomSenses& senses() const { return senses_; }
  [[nodiscard]] const RoomSetup& setup() const { return setup_; }
  [[nodiscard]] VisitContext context() const;
  // Every fact, after it is durable. For screens and judges.
  std::function<void(const Fact&)> on_fact;

 private:
  struct Item {
    Input input;
    AnswerSink answer;  // commands only
  };
  struct Turn {
    Facts facts;
    std::vector<std::pair<AnswerSink, Answer>> answers;
  };

  // bench.cpp: the loop
  void post(Input);
  asio::awaitable<void> turns();
  void take(const Item&, Turn&);
  [[nodiscard]] Seq cause_of(const Input&) const;
  void decide_until_quiet(Turn&);
  void accept(std::vector<FactBody>, const std::string& by, Seq cause, Turn&);
  void forget_seat(const std::string& slot_name);
  void arm(TimePoint wake_at);
  asio::awaitable<void> wake(TimePoint);

  // effects.cpp: what facts make happen
  void note_effect(const Fact&);
  void start_effects(const Facts&);
  void start_switch(const SwitchStarted&);
  void start_effect(const EffectStarted&);
  void resume_effects();
  asio::awaitable<void> run_switch(SwitchStarted);
  asio::awaitable<void> run_action(EffectStarted);
  asio::awaitable<void> run_engine(EffectStarted, bool already_started);
  void finish(std::uint64_t effect, const Result<void>&, std::string owner);
  [[nodiscard]] Result<PortPath> port_of(const std::string& slot_name) const;

  // polling.cpp: one for each PDU
  asio::awaitable<void> poll(PduId);
  Task<void> identify(PduId);
  Task<void> read(PduId, Depth);

  RoomSetup setup_;
  BenchPorts ports_;
  asio::any_io_executor executor_;
  RoomState state_;
  RoomSenses senses_;
  std::vector<Item> inbox_;
  Event inbox_ready_;
  TimePoint armed_{never};
  // Effects started and not ended, in the order they started: the seq of the start, and what it was. Folded from facts.
  struct Open {
    Seq seq;
    FactBody start;
  };
  std::map<std::uint64_t, Open> open_effects_;
  std::map<std::string, SlotId, std::less<>> slot_of_port_;
  std::map<std::string, OutletId, std::less<>> outlet_by_name_;
  // For each PDU: the room's outlets by the device's numbers, and its metered circuits by the dialect's bank names.
  struct Wiring {
    std::map<OutletNumber, OutletId> outlets;
    std::map<std::string, CircuitId, std::less<>> banks;
  };
  std::vector<Wiring> wiring_;
  TaskGroup tasks_;  // last: ends first
};

Sensed sensed_from_wire(OutletState);

}  // namespace greenroom
