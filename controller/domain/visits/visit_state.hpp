// What the device half remembers, folded from facts alone: the same after a restart. Plain values; written only by
// apply_visits (apply.cpp), read by the visits, the bench (open_effects after a restart) and the surfaces.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/domain/fact.hpp"
#include "controller/domain/members.hpp"
#include "controller/domain/recipe.hpp"
#include "controller/domain/room.hpp"
#include "firmware-bridge/facts/identity.hpp"

namespace greenroom {

using VisitNumber = std::uint64_t;  // from 1; 0: none

enum class StepState { waiting, running, hands, held, done };
std::string_view to_string(StepState);
StepState state_from(std::string_view);  // done where no state has that name

// What a visit in StepState::waiting waits for. Who holds a place, who is protected and who goes first rest on this, and
// never on the words beside it.
enum class WaitKind {
  none,        // it does not wait
  power,       // its outlet is to come on
  lease,       // before DFU: the power lease of its slot
  outlet_off,  // before DFU: its outlet is to open, so that somebody can hold its button
  free_place,  // of the kind that it is to be carried to
  shift,       // before DFU, as all that follow: people
  ready,       // this machine, its network or its engine
  trial,       // another Mac goes first with this engine and build, or they are stopped
  next_try,    // its engine did nothing to it; the reason may pass
  usb_place,   // a place on the USB tree
  usb_host     // another is alone on its USB host, or it must come anew
};
std::string_view to_string(WaitKind);  // as facts name it; none: empty
WaitKind wait_from(std::string_view);  // none where no kind has that name

struct Batch {
  std::string name;
  WallTime due;
  TimePoint opened;
  GREENROOM_MEMBERS(Batch, name, due, opened)
};

// One row of a list. Two rows may name one serial: the first is worked, the other is a case.
struct ExpectedMac {
  std::uint32_t batch{};  // index into batches
  std::uint64_t row{};
  std::string asset_tag, serial;
  bool approved{};
  std::optional<std::uint32_t> model;   // index into the catalogue's models; none: unknown to us
  std::optional<std::uint32_t> recipe;  // index into the catalogue's recipes
  bool worked{};                        // the first row of a well-formed serial
  VisitNumber visit{};                  // the latest
  int open_cases{};                     // about the row itself
  GREENROOM_MEMBERS(ExpectedMac, batch, row, asset_tag, serial, approved, model, recipe, worked, visit, open_cases)
};

// What shows at a slot's data port.
struct PortView {
  bool present{};
  MacMode mode{};
  std::string serial;
  std::uint64_t ecid{};  // 0: not shown
  std::uint16_t chip{};
  std::uint8_t board{};
  TimePoint since{TimePoint::min()};  // when it came to look as it does now
  GREENROOM_MEMBERS(PortView, present, mode, serial, ecid, chip, board, since)
};

struct SlotView {
  VisitNumber visit{};  // who sits there; a pack table holds several and shows none
  bool holds_one{true};
  PortView port;
  TimePoint freed{TimePoint::min()};
  std::string waits_circuit, waits_reason;  // its outlet's OutletWaits; empty when it waits for nothing
  GREENROOM_MEMBERS(SlotView, visit, holds_one, port, freed, waits_circuit, waits_reason)
};

// One engine run of a visit (R4, R12).
struct EngineRun {
  std::uint64_t effect{};      // 0: none yet
  std::uint64_t ecid{};        // seen in DFU at that port path in this run; 0: not yet (its Mac came from Port DFU)
  MacMode from{MacMode::dfu};  // what its Mac showed when it started
  TimePoint started;
  bool ended{}, ok{};
  bool permitted{}, refused{}, stop_sent{};
  TimePoint permitted_at{}, ended_at{};
  std::string engine_version, build;  // empty: nobody tells in this room
  std::string refused_for;            // why its gate was refused, in words
  [[nodiscard]] bool open() const { return effect != 0 && !ended; }
  GREENROOM_MEMBERS(EngineRun, effect, ecid, from, started, ended, ok, permitted, refused, stop_sent, permitted_at, ended_at,
                    engine_version, build, refused_for)
};

// What the device said of its erasure, by engine run.
struct EvidenceView {
  std::uint64_t engine{};  // 0: none
  std::string serial;
  std::uint64_t ecid{};
  bool erased_confirmed{}, os_installed{};
  GREENROOM_MEMBERS(EvidenceView, engine, serial, ecid, erased_confirmed, os_installed)
};

struct Visit {
  VisitNumber id{};
  std::uint32_t expected{};  // index into VisitState::expected
  std::string serial;
  std::uint32_t model{}, recipe{};  // indices into the catalogue
  bool open{true};
  std::string released;  // packed | held_out | withdrawn; empty while open
  std::string proof;

  std::uint32_t step{};  // index into the recipe
  StepState state{StepState::waiting};
  int attempt{};
  TimePoint deadline{never};
  TimePoint entered;      // when this state was entered
  TimePoint waits_since;  // when it began to wait in this step, for whatever it waits now
  WaitKind waits_for{};   // none but in StepState::waiting
  std::string what;       // the same, the instruction or the case, for people

  std::optional<SlotId> slot;
  TimePoint seated;
  std::string bound_by;
  int lapses{};  // bindings that lapsed since it was last seen at a port

  std::uint64_t ecid{};  // noted from its first DFU sighting
  int percent{-1};       // last battery report; -1: none
  TimePoint percent_at{TimePoint::min()};
  int percent_before{-1};  // what it was when the present step began to run

  // The one open action outside an engine run: enter_dfu | leave_dfu | put_back | print_label.
  std::uint64_t effect{};  // 0: none
  std::string effect_kind;
  bool action_failed{};                // the last such action did not succeed
  TimePoint tidied{TimePoint::min()};  // when leave_dfu or put_back was last tried
  EngineRun run;
  int runs{};                        // engine runs since the work (re)started
  std::string cause, remedy, owner;  // of the last failure
  EvidenceView evidence;
  bool booted_reported{}, mdm_reported{};  // its own serial, after the erase (R12)

  bool denied{};
  int open_cases{};
  GREENROOM_MEMBERS(Visit, id, expected, serial, model, recipe, open, released, proof, step, state, attempt, deadline,
                    entered, waits_since, waits_for, what, slot, seated, bound_by, lapses, ecid, percent, percent_at,
                    percent_before, effect, effect_kind, action_failed, tidied, run, runs, cause, remedy, owner, evidence,
                    booted_reported, mdm_reported, denied, open_cases)
};

struct Case {
  std::uint64_t number{};
  VisitNumber visit{};
  std::optional<std::uint32_t> expected;
  std::string subject, reason, words, next, owner;
  TimePoint opened, deadline;
  bool open{true};
  GREENROOM_MEMBERS(Case, number, visit, expected, subject, reason, words, next, owner, opened, deadline, open)
};

// An effect that was started and has not ended: in doubt after a restart (R5).
struct OpenEffect {
  EffectStarted started;
  TimePoint at;
  GREENROOM_MEMBERS(OpenEffect, started, at)
};

// Half of a binding: one label scanned, the other awaited.
struct Offer {
  std::string person, serial;  // serial empty: a slot was scanned
  std::optional<SlotId> slot;
  TimePoint until;
  GREENROOM_MEMBERS(Offer, person, serial, slot, until)
};

// How long a key gives its old answer (command_port.hpp). Room time passes while no service runs, too: a night's outage is
// within it. A room of 1,000 slots takes some 20,000 commands a day, 6 MB of answers.
inline constexpr Duration answers_kept = std::chrono::hours{24};

struct TakenCommand {
  std::string command, answer;
  TimePoint at;
  std::string digest;  // of what was asked; empty: taken before digests were kept
  GREENROOM_MEMBERS(TakenCommand, command, answer, at, digest)
};

// Two equal failures stop a combination; of many that all differ no more are kept than this.
inline constexpr std::ptrdiff_t failures_kept = 16;
// The case of one that is stopped. What it is about: "idevicerestore 1.0.0, MacBookPro15,1, 23P51".
inline constexpr std::string_view combination_stopped = "combination_stopped";
std::string combination_subject(std::string_view engine_version, std::string_view model, std::string_view build);

struct VisitState {
  std::vector<Batch> batches;
  std::vector<ExpectedMac> expected;
  std::vector<Visit> visits;  // by number, ascending; visit() finds one
  VisitNumber next_visit{1};
  std::vector<VisitNumber> open;                              // open visits, ascending
  std::vector<SlotView> slots;                                // by SlotId
  std::vector<Case> cases;                                    // index = number - 1
  std::vector<OpenEffect> open_effects;                       // ascending
  std::vector<Offer> offers;                                  // one for each person at most
  std::map<std::string, TakenCommand, std::less<>> commands;  // by key; for answers_kept at least
  TimePoint forget_at;                                        // when commands are next looked through for old ones
  std::map<std::string, std::string, std::less<>> denied;     // serial -> why
  // What still speaks of a combination: its last success, and the failures since then, or since a person closed its case.
  std::vector<CombinationTried> tried;

  // Names to indices; slot names from the room, the others from lists.
  std::map<std::string, SlotId, std::less<>> slot_names;
  std::map<std::string, SlotId, std::less<>> outlet_slots;    // outlet name -> slot
  std::map<std::string, std::uint32_t, std::less<>> serials;  // worked rows
  std::map<std::string, std::uint32_t, std::less<>> asset_tags;
  std::map<std::string, std::uint32_t, std::less<>> rows;                   // row_subject() -> row
  std::map<std::pair<std::string, std::string>, std::uint64_t> open_cases;  // (subject, reason) -> number

  // Nothing when there is none such, or when it is forgotten.
  [[nodiscard]] const Visit* visit(VisitNumber) const;
  [[nodiscard]] Visit* visit(VisitNumber n) { return const_cast<Visit*>(std::as_const(*this).visit(n)); }
  bool operator==(const VisitState&) const = default;
};

VisitState initial_visits(const Room&);
// Makes `open` and all the names anew from the room and the rows, visits and cases: what a snapshot leaves out.
void index_visits(VisitState&, const Room&);

// How long a batch stays after the last of its Macs left. A Mac costs 1.2 kB: a room that sees 3,000 a day holds 11 MB so;
// without an end it would hold 64 MB after 17 days.
inline constexpr Duration batches_kept = std::chrono::hours{24 * 3};
// Drops batches that opened and were over before this time, with their rows and visits: every row was worked or is not to
// be, none has an open case, every visit was packed or withdrawn. What a certificate needs is in the journal, for ever.
void forget_batches(VisitState&, TimePoint before);

// What a case about a row is called: "returns row 17".
std::string row_subject(std::string_view batch, std::uint64_t row);

// Where the room stands, over all rows of all lists. Every row is in exactly one of packed, in_case and unfinished.
struct Tally {
  std::size_t macs{}, packed{}, in_case{}, unfinished{};
  std::size_t open_cases{};  // of the whole room, about Macs or not
};
Tally tally(const VisitState&);

}  // namespace greenroom
