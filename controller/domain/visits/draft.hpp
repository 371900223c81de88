// A decision being drafted: collects facts, numbers effects, and holds the sentences that every step shares. Internal
// to visits/.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/domain/shifts.hpp"
#include "controller/domain/visits/visits.hpp"

namespace greenroom::visits {

// What goes into a case (peers' exception table: reason, words, what next, who).
struct Trouble {
  std::string reason, words, next;
  Owner owner{Owner::technician};
  std::string also{};  // another serial that it is about: its row, if it has one, gets a case of its own
};

// What a visit has of the USB tree. next: there is a place for it, and its power lease is about to come; refused: as next,
// but power says no.
enum class Claim { none, waits, next, refused, place };

// One that has a place, or an engine that runs or is started in this very decision.
struct AtWork {
  const Visit* visit{};
  bool engine{};
};

// The queue for places on the USB tree, as the facts of one decision have left it so far (usb_queue.cpp).
struct UsbQueue {
  struct Standing {
    Claim claim{};
    bool engine{};
  };
  std::vector<Standing> of;            // in the order of VisitState::open
  std::size_t facts{};                 // so many of the decision's are in it
  bool told{};                         // what follows is of now
  std::vector<AtWork> at_work;         // ascending
  std::vector<std::string_view> busy;  // data ports of those with a place, then of those whose turn it is
  std::size_t places{};                // how many have one
  std::map<VisitNumber, std::optional<std::string>> waits_for;  // of those in the queue; nothing: it is its turn
};

class Draft {
 public:
  Draft(const VisitContext& context, std::uint64_t next_effect) : c(context), next_effect_(next_effect) {}

  const VisitContext& c;
  std::vector<FactBody> facts;
  std::string answer;
  bool refused{};
  UsbQueue usb_queue;

  void add(FactBody f) { facts.push_back(std::move(f)); }
  void refuse(std::string words) {
    answer = std::move(words);
    refused = true;
  }

  // Enters a state of a step that is no wait; the deadline is re-armed.
  void enter(const Visit&, std::uint32_t step, StepState, int attempt, TimePoint deadline, std::string what);
  // Waits in a step, or goes on to; the deadline is re-armed. The words are for people alone.
  void wait(const Visit&, std::uint32_t step, WaitKind, int attempt, TimePoint deadline, std::string words);
  void hands(const Visit& v, std::uint32_t step, int attempt, Duration staffed, std::string words) {
    enter(v, step, StepState::hands, attempt, in_staffed(staffed), std::move(words));
  }
  void done(const Visit& v, std::string what = {}) { enter(v, v.step, StepState::done, v.attempt, never, std::move(what)); }
  // So that the step after `index` is entered by the next advance.
  void after(const Visit& v, std::uint32_t index) { enter(v, index, StepState::done, 1, never, {}); }

  std::uint64_t effect(const Visit&, std::string kind, std::uint64_t ecid = 0, std::string detail = {},
                       std::string restore_kind = {});
  // Ends the visit's engine run if it is open and not being ended already.
  void stop_engine(const Visit&);
  // A case and the Held state; an engine that still runs is stopped. Only once for a visit in one decision.
  void hold(const Visit&, const Trouble&);
  void open_case(VisitNumber, std::string subject, const Trouble&);
  // This decision has changed that visit already: nothing more may rest on its state.
  [[nodiscard]] bool touched(VisitNumber) const;

  // The time that is `d` from now; where a person must act, counted in staffed time.
  [[nodiscard]] TimePoint in(Duration d) const { return c.now + d; }
  [[nodiscard]] TimePoint in_staffed(Duration d) const;

 private:
  std::uint64_t next_effect_;
  std::vector<VisitNumber> touched_;
};

// ---- looking up -----------------------------------------------------------------------------------------------------

inline const Recipe& recipe_of(const VisitContext& c, const Visit& v) { return c.catalogue.recipes[v.recipe]; }
inline const Step& step_of(const VisitContext& c, const Visit& v) { return recipe_of(c, v).steps[v.step]; }
inline const MacModel& model_of(const VisitContext& c, const Visit& v) { return c.catalogue.models[v.model]; }
const Slot* slot_of(const VisitContext&, const Visit&);
const SlotView* view_of(const VisitContext&, const Visit&);
std::string_view slot_name(const VisitContext&, const Visit&);
bool seated_in(const VisitContext&, const Visit&, SlotKind);
std::string_view kind_name(SlotKind);                // as recipes write it
bool same_text(std::string_view, std::string_view);  // letters compared without case, blanks at the ends cut

// The recipe's first step at or after `from` that applies to this Mac; the number of steps when none is left.
std::uint32_t next_step(const VisitContext&, const Visit&, std::uint32_t from);
std::optional<std::uint32_t> step_before(const VisitContext&, const Visit&, StepKind);  // last one at or before now
std::optional<std::uint32_t> placing_step(const VisitContext&,
                                          const Visit&);  // the seat or move that brought it where it is
bool erases(const Recipe&);                               // has it a restore step that erases?
Duration deadline_of(const Step&);
inline std::string or_else(const std::string& text, std::string_view otherwise) {
  return text.empty() ? std::string(otherwise) : text;
}
bool restart_point(StepKind);  // the work before and up to the Mac's own first boot

// Insight of the outlet of the visit's slot; nothing when it has none.
std::optional<OutletInsight> power_of(const VisitContext&, const Visit&);
double charge_at_least(const Visit&, const MacModel&, const std::optional<OutletInsight>&);  // 0..1, a lower bound
double charge_estimate(const Visit&, const MacModel&, const std::optional<OutletInsight>&);  // 0..1, the best guess
bool goal_reached(const VisitContext&, const Visit&, int goal_percent);
int charge_goal(const VisitContext&, const Visit&);  // of the recipe's next charge step; 0: none is left

// Does what shows at the port contradict who should be there? Words, or nothing.
std::optional<Trouble> contradiction(const VisitContext&, const Visit&, const PortView&);

// R4 at this moment: nothing when every clause holds.
struct Refusal {
  char clause{};
  Trouble trouble;
};
std::optional<Refusal> gate_refusal(const VisitContext&, const Visit&, const PortView&);

// ---- parts of decide_visits and advance_visits -----------------------------------------------------------------------

void import_batch(Draft&, const Command&);
void scan(Draft&, const Command&);
void command(Draft&, const Command&);  // all other device commands
void effect_result(Draft&, const EffectResult&);
void usb_changed(Draft&, const UsbChanged&);

void enter_step(Draft&, const Visit&, std::uint32_t index);

// ---- into DFU (dfu.cpp) ---------------------------------------------------------------------------------------------

// How this Mac gets into DFU where it sits. A desktop hears a slot's USB-PD message as a laptop does (macs facts 4); where
// the slot has none, or its recipe says so, power that returns under the held power button does it (macs facts 3).
DfuEntry dfu_way(const VisitContext&, const Visit&, std::uint32_t dfu_step);
// A desktop on that way: its outlet is to be off, until somebody holds its button.
bool asks_for_restart(const VisitContext&, const Visit&);
// That moment has come: a scan of its slot says that the button is held.
bool asks_for_button(const VisitContext&, const Visit&);
void button_held(Draft&, const Visit&);
bool in_dfu(const PortView&);
bool awaits_engine(const PortView&);                      // in DFU, or in the Port DFU that comes before it
std::string dfu_keys(const VisitContext&, const Visit&);  // what a person does, as one instruction
void advance_dfu(Draft&, const Visit&);
void enter_dfu(Draft&, const Visit&, std::uint32_t index, int attempt);
// The steps from .. to would end while nobody is here to see to a failure (design: People): when they may start instead, so
// as to end when the next shift begins.
struct Unattended {
  WallTime start, next_shift;
};
std::optional<Unattended> unattended(const VisitContext&, const Visit&, std::uint32_t from, std::uint32_t to);
void wait_for_shift(Draft&, const Visit&, std::uint32_t dfu_step, const Unattended&);
// ---- what a restore needs of this machine (ready.cpp) -----------------------------------------------------------------

// What is lacking, in words of cause and remedy; nothing: it may start, or nobody asks in this room.
std::optional<std::string> restore_lacks(const VisitContext&);
// Nobody has looked yet; the answer comes within a minute (controller/cli/readiness.cpp).
bool lacks_first_answer(const VisitContext&);
// The same, or there is no engine.
std::optional<std::string> start_lacks(const VisitContext&);
void wait_until_ready(Draft&, const Visit&, std::uint32_t dfu_step, std::string lack);
// An engine that could not be started, or ended before it did anything to its Mac: the reason may pass, and three tries in
// one moment would be one. What it was; nothing: the next try need not wait.
std::optional<std::string> next_try_waits_for(const VisitContext&, const Visit&);
void wait_for_next_try(Draft&, const Visit&, std::uint32_t dfu_step, std::string words);
// At the gate: nothing is wrong with the Mac. Its engine is ended, and the run, which counts as none, comes again.
void put_off(Draft&, const Visit&, const std::string& lack);
// The case of a long lack ends with it.
void close_lack(Draft&);

// ---- an engine, a model and a build together (trial.cpp) ---------------------------------------------------------------

// What its restore would be made with; null: nobody tells in this room.
const RestoreMeans::Choice* choice_for(const VisitContext&, const Visit&);
// Why it must not go into DFU, or its engine not start: another Mac goes first, or this combination is stopped.
std::optional<std::string> trial_waits_for(Draft&, const Visit&);
void wait_for_trial(Draft&, const Visit&, std::uint32_t dfu_step, std::string words);
void note_trial(Draft&, const Visit&, const EffectResult&);
void note_failure(Draft&, const Visit&, std::string cause, std::string owner);
// The case of a combination ends when another engine or build takes its place.
void close_trials(Draft&);

// ---- its place on the USB tree (usb_queue.cpp) ------------------------------------------------------------------------

// It holds one: since before it went into DFU, and until its engine ended.
bool holds_place(Draft&, const Visit&);
const std::vector<AtWork>& at_work(Draft&);
// The part of the tree that is full, before a Mac is brought into DFU; nothing: there is a place for it.
std::optional<std::string> place_waits_for(Draft&, const Visit&);
void wait_for_place(Draft&, const Visit&, std::uint32_t dfu_step, std::string words);

// ---- alone on its USB host (phases.cpp) -------------------------------------------------------------------------------

// What this visit must wait for before it goes into DFU, or its engine starts; nothing when it need not.
std::optional<std::string> host_waits_for(const Draft&, const Visit&);
void wait_for_host(Draft&, const Visit&, std::uint32_t dfu_step, std::string words);
// Another run is alone on this visit's host now: nothing there is made to re-enumerate.
bool host_is_taken(const VisitContext&, const Visit&);
// It came to its port while another run was alone on that host: it must come anew.
bool unidentified(const VisitContext&, const Visit&, const PortView&);
// It is unidentified, and was told to leave DFU since it came: nothing more is done to it until it has.
bool told_to_come_anew(const VisitContext&, const Visit&, const PortView&);
inline constexpr std::string_view comes_anew_words = "the USB host was another's when this Mac came: it comes anew";
// Without the fence its engine was open while no controller looked, and its gate shut: which Mac it took nobody saw.
bool unwatched(const VisitContext&, const Visit&);
// The slot of a Mac that came in the run, and that its engine may have taken for its own.
std::optional<std::string> may_have_adopted(const VisitContext&, const Visit&);

// It waits before DFU for what may last long: a Mac that is left in an engine's mode meanwhile is put in order.
inline bool not_at_work(const Visit& v) {
  return v.waits_for == WaitKind::shift || v.waits_for == WaitKind::ready || v.waits_for == WaitKind::trial ||
         v.waits_for == WaitKind::usb_place || v.waits_for == WaitKind::usb_host;
}

void advance_restore(Draft&, const Visit&);
void enter_restore(Draft&, const Visit&, std::uint32_t index);
void put_in_order(Draft&, const Visit&);  // leaves DFU, puts back, where nothing else is to come
void wait_for_power(Draft&, const Visit&, std::uint32_t index, WaitKind);  // power or lease

// ---- out of the room (pack.cpp) ---------------------------------------------------------------------------------------

void pack(Draft&, const Visit&, std::uint32_t index, bool entering);
// Its recipe leaves it without a system: only its ECID in DFU at the pack table can prove which Mac it is (R12).
bool leaves_without_os(const VisitContext&, const Visit&);
// A pack table has one data port: whose ECID it waits for now, other than this visit's. Nothing: it is free for it.
const Visit* proves_there(const VisitContext&, const Visit&, SlotId table);

inline constexpr Duration reseat_window = std::chrono::seconds{30};
inline constexpr Duration dfu_patience = std::chrono::minutes{10};
inline constexpr Duration action_grace = std::chrono::minutes{2};

}  // namespace greenroom::visits
