// The inside of the judge: what it noted, shared by judge.cpp (calls and the book), judge_limits.cpp (whose excess is
// it), judge_power.cpp (orders and the rules about them) and judge_macs.cpp (gate, evidence, release, words).
#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "controller/domain/rules.hpp"
#include "controller/simulate/judge.hpp"

namespace greenroom::sim {

inline constexpr TimePoint before_all = TimePoint::min();

struct Judge::Impl {
  Impl(const Clock&, model::Plant&, const Room&, std::vector<TrueMac>, std::function<const RoomState*()>);

  // ---- the book (judge.cpp)
  void broke(Rule, const std::string& words);
  void look_at_wiring();

  // ---- whose excess is it (judge_limits.cpp)
  struct Stretch {
    model::OverHard over;
    TimePoint end;
  };
  struct Excess {  // one unbroken time above a limit
    TimePoint began{before_all}, until{before_all};
    TimePoint shown{never};  // the first reading that could show it
    bool could_open{};       // at last look, an unprotected outlet below could have been opened
    bool ours{};             // we were too late; stays so to the end
    bool told{};
  };
  void settle_limits();
  void take_stretch(const Stretch&);
  void take_soft(const model::OverSoft&, TimePoint);
  void take_trip(const model::Tripped&);
  void follow(Excess&, CircuitId, TimePoint began, TimePoint until, Duration gap);
  void show(PduId, const PduReading&);
  [[nodiscard]] bool too_late(const Excess&, CircuitId, TimePoint) const;
  [[nodiscard]] bool could_open(CircuitId) const;
  [[nodiscard]] bool may_open(std::uint32_t outlet) const;
  [[nodiscard]] bool opens_in_flight(CircuitId) const;
  [[nodiscard]] double unseen(CircuitId) const;  // amps that no meter of ours sees
  [[nodiscard]] bool below(CircuitId lower, CircuitId upper) const;
  void measure_foreign();

  // ---- orders (judge_power.cpp)
  struct Order {  // a SwitchStarted without its SwitchEnded
    std::uint64_t effect{};
    bool to_on{}, shed{}, confirmed{};
    TimePoint decided, expires;
    bool taken{};  // a set began for it
  };
  struct AtLine {  // orders of one direction at one outlet, as the witness saw them
    int queued{};
    bool committed{};
    bool unclaimed{};  // sent without a fact yet
    TimePoint unclaimed_at{};
    TimePoint doubt_until{before_all};
    TimePoint seen{before_all};  // the latest sample that showed this state
  };
  struct Outlet {
    // truth
    std::optional<SlotId> place;  // whose brick is in it
    bool on{};
    model::Cause cause{model::Cause::boot};
    bool welded{};   // by a fault, now
    bool refused{};  // its relay did not obey an order, and has not moved since
    struct Foreign {
      bool on;
      TimePoint at, seen;
    };
    std::optional<Foreign> foreign;  // somebody pressed its button; seen: in a reading
    // claims
    bool granted{}, proven{}, locked{};
    std::optional<std::uint64_t> lease;
    std::optional<Order> order;
    std::array<AtLine, 2> line;  // by direction: off, on
  };
  struct PduNote {
    PduTraits traits;
    bool lost{}, identified{}, settled{};
    TimePoint first_reading{never}, last_reading{before_all};  // began
    bool answered{};                                           // since the controller started
    bool known{}, locked{}, read_only{};                       // claims
    bool meter_fault{};                                        // one of its meters is frozen or disagrees
    int leases{};
  };
  void switched(const model::OutletSwitched&, TimePoint);
  void closed(std::uint32_t outlet, TimePoint);
  void opened(std::uint32_t outlet, model::Cause, TimePoint);
  void pdu_lost(PduNote&);
  void began(std::uint32_t outlet, const SwitchStarted&, const Fact&);
  void close_decided(std::uint32_t outlet, TimePoint);
  void sent(std::uint32_t outlet, bool to_on);
  void sent_close(std::uint32_t outlet);
  void sent_open(std::uint32_t outlet);
  void ended_fact(const SwitchEnded&);
  void end_at_line(std::uint32_t outlet, bool to_on, bool in_doubt);
  void settle_orders();
  void power_fact(const Fact&);
  void lock(const std::string& what, bool on);
  [[nodiscard]] bool live(std::uint32_t outlet, bool to_on, TimePoint) const;
  [[nodiscard]] bool locked(std::uint32_t outlet) const;
  [[nodiscard]] std::optional<std::uint32_t> outlet_of(PduId, OutletNumber) const;
  [[nodiscard]] std::optional<std::uint32_t> outlet_of(std::string_view name) const;
  [[nodiscard]] const std::string& name_of(std::uint32_t outlet) const { return room.outlets[outlet].name; }

  // ---- Macs (judge_macs.cpp)
  struct Mac {
    TrueMac who;
    model::Mode mode{model::Mode::off};
    bool battery{true};
    std::optional<SlotId> data, power;
    TimePoint erased_at{before_all}, booted_at{before_all}, dfu_at{before_all};
  };
  struct Visit {
    std::string serial, recipe, kind, state, slot;
    bool open{true}, outlet_off{};
    TimePoint self_reported{before_all};
    int nameless_looks{};  // R6: looks in a row at which its outlet was off without a reason
  };
  struct Permit {
    std::uint64_t visit{};
    std::string slot, serial;
    std::uint64_t ecid{};
    bool used{};
  };
  struct Engine {
    std::uint64_t visit{};
    std::string slot;
  };
  void mac_event(const model::PlantEvent&);
  void erase_started(const model::EraseStarted&, TimePoint);
  [[nodiscard]] std::string against_permit(const Mac&, std::uint64_t run);
  [[nodiscard]] bool protected_in_truth(std::uint32_t outlet) const;
  [[nodiscard]] bool enters_dfu_by_outlet(const Mac&) const;
  [[nodiscard]] bool in_protecting_step(const std::string& serial) const;
  void visit_fact(const Fact&);
  void released(const VisitReleased&);
  void evidence(const EvidenceRecorded&);
  void look_for_words();
  [[nodiscard]] Mac* mac_of(std::string_view serial);
  [[nodiscard]] Mac* mac_of_ecid(std::uint64_t ecid);

  const Clock& clock;
  model::Plant& plant;
  const Room& room;
  std::function<const RoomState*()> state;
  Verdict verdict;
  std::map<Rule, int> told;

  std::vector<Outlet> outlets;
  std::vector<PduNote> pdus;
  std::vector<Mac> macs;
  std::map<std::string, std::uint32_t, std::less<>> outlet_names;
  std::vector<std::map<OutletNumber, std::uint32_t>> numbers;  // by PDU
  std::vector<std::vector<std::uint32_t>> under;               // outlets below each circuit
  std::map<std::string, std::size_t, std::less<>> serials;
  std::map<std::uint64_t, std::size_t> ecids;
  TimePoint controller_began{};
  Seq last_seq{};

  // limits
  std::vector<Excess> hard, soft;                // by circuit
  std::vector<std::deque<TimePoint>> soft_ours;  // our seconds of the last hour
  std::vector<double> foreign;                   // injected right at that circuit, as measured
  std::vector<int> heaters;                      // by circuit
  std::set<std::uint32_t> surging;               // Macs drawing by a fault
  std::vector<Stretch> stretches;
  std::vector<std::pair<model::OverSoft, TimePoint>> soft_seconds;
  std::vector<model::Tripped> trips;
  std::vector<std::uint32_t> opened_by_trip;  // protected ones
  std::vector<TimePoint> last_close;          // by circuit

  // Macs
  std::map<std::uint64_t, Visit> visits;
  std::map<std::uint64_t, Permit> permits;
  std::map<std::uint64_t, Engine> engines;
  std::set<std::string, std::less<>> denied;
  std::set<std::string, std::less<>> locked_circuits;

  bool noted{};  // something waits for settle()
  bool rewired{}, heater_changed{}, unclaimed{};
  Duration commit_time{};  // the longest that a journal takes
  TimePoint look_at{};     // when to look for words again
};

std::string clock_text(TimePoint);  // "1:02:03.456"

}  // namespace greenroom::sim
