// The loop of a room: gathers inputs, asks the domain, appends facts, starts effects.
//
//   input -> decide -> facts -> journal -> apply -> effects -> wire -> input
//
// One turn takes every input that has come and decides until nothing new follows. Its facts go to the journal in one
// commit, together with those of every turn that ended while the commit before was under way; only then do their effects
// start and their commands get answers (rules.md R5). The one exception is an open for shed: it is idempotent and safe,
// goes out at once, and is journalled beside. So a slow or full disk stops closes, erases and answers, and no shed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controller/bench/command_port.hpp"
#include "controller/domain/decide.hpp"
#include "controller/journal/fold.hpp"
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

  // Facts between two snapshots. A start reads at most so many, at some 10 us each (docs/operating.md).
  static constexpr Seq usual_snapshots = 10'000;
  // Takes up what a former process left (fold.hpp), and starts the loop and one poller for each PDU.
  void start(FoldedState, const Incarnation&, Seq snapshot_every = usual_snapshots);
  // Decides and starts nothing more, keeps what was decided, and ends; outlets and engines stay as they are. Both end as
  // the loop turns; destroy when idle().
  void stop();
  // The same without a last word, as if the process had died here.
  void kill();
  [[nodiscard]] bool idle() const { return tasks_.size() == 0 && keeper_.size() == 0; }

  void submit(Command, AnswerSink) override;
  // A port changed; called by whoever owns the UsbTable. Ports that no slot names are ignored.
  void usb_changed(const PortPath&, const std::optional<UsbSighting>&);
  // What a restore needs of this machine, by whoever asks it. A bench that was never told waits for nothing of it.
  void readiness_changed(Readiness);
  void means_changed(RestoreMeans);

  // Ahead of the journal by what is not durable yet.
  [[nodiscard]] const RoomState& state() const { return folded_.state; }
  [[nodiscard]] const RoomSenses& senses() const { return senses_; }
  [[nodiscard]] const RoomSetup& setup() const { return setup_; }
  [[nodiscard]] VisitContext context() const;
  // Why the journal cannot be written, and what to do; nothing while it can. Commands are refused meanwhile.
  [[nodiscard]] const std::optional<Error>& journal_trouble() const { return journal_trouble_; }
  TimePoint writes_since_;  // what was decided before was kept up by a disk that refused it
  // Every fact, after it is durable. For screens and judges.
  std::function<void(const Fact&)> on_fact;

 private:
  struct Item {
    Input input;
    AnswerSink answer;  // commands only
  };
  // What was decided and is not durable yet: the facts of one turn or more, and the answers that wait for them.
  struct Turn {
    Facts facts;
    std::vector<std::pair<AnswerSink, Answer>> answers;
    [[nodiscard]] bool empty() const { return facts.empty() && answers.empty(); }
  };

  // bench.cpp: the loop
  void post(Input);
  asio::awaitable<void> turns();
  asio::awaitable<void> keep();
  Task<void> append(Facts);
  Task<void> keep_snapshot();
  void take(const Item&);
  [[nodiscard]] Seq cause_of(const Input&) const;
  void decide_until_quiet(Seq before);
  void accept(std::vector<FactBody>, const std::string& by, Seq cause);
  void forget_seat(const std::string& slot_name);
  void arm(TimePoint wake_at);
  asio::awaitable<void> wake(TimePoint);

  // effects.cpp: what facts make happen
  void start_effects(const Facts&);
  void start_switch(const SwitchStarted&);
  void start_effect(const EffectStarted&);
  void resume_effects();
  void resume_permit(const EffectStarted&);
  asio::awaitable<void> run_switch(SwitchStarted);
  asio::awaitable<void> run_action(EffectStarted);
  asio::awaitable<void> run_engine(EffectStarted, bool already_started);
  void finish(std::uint64_t effect, const Result<void>&, std::string owner);
  [[nodiscard]] Result<PortPath> port_of(const std::string& slot_name) const;

  // polling.cpp: one for each PDU
  asio::awaitable<void> poll(PduId);
  Task<void> identify(PduId);
  Task<void> read(PduId, Depth);
  Task<void> read_or_again(PduId, Depth);

  RoomSetup setup_;
  BenchPorts ports_;
  asio::any_io_executor executor_;
  FoldedState folded_;
  RoomSenses senses_;
  std::vector<Item> inbox_;
  Event inbox_ready_;
  Turn decided_;
  Event decided_ready_;
  std::optional<Error> journal_trouble_;
  bool stopping_{};
  std::string fingerprint_;
  Seq snapshot_at_{}, snapshot_every_{usual_snapshots};
  TimePoint armed_{never};
  std::map<std::string, SlotId, std::less<>> slot_of_port_;
  std::map<std::string, OutletId, std::less<>> outlet_by_name_;
  // For each PDU: the room's outlets by the device's numbers, and its metered circuits by the dialect's bank names.
  struct Wiring {
    std::map<OutletNumber, OutletId> outlets;
    std::map<std::string, CircuitId, std::less<>> banks;
  };
  std::vector<Wiring> wiring_;
  std::vector<std::uint8_t> meters_apart_;  // by PDU, as it said when it was identified
  TaskGroup keeper_;                        // keep() alone: it outlasts the others in stop()
  TaskGroup tasks_;
};

Sensed sensed_from_wire(OutletState);

}  // namespace greenroom
