// Facts of the device half. Visits are numbered from 1 and never keyed by a slot.
#pragma once

#include <cstdint>
#include <string>

#include "controller/domain/fact_power.hpp"
#include "hw/base/time.hpp"

namespace greenroom {

struct BatchOpened {
  std::string batch, source;
  WallTime due;
  GREENROOM_FACT(BatchOpened, 1, "batch_opened") {
    v("batch", f.batch);
    v("source", f.source);
    v("due", f.due);
  }
};
struct MacExpected {  // one row of the list, as it stood there
  std::string batch;
  std::uint64_t row{};  // the row of the file, header is 1
  std::string asset_tag, serial, model, model_number, status, location, notes;
  bool approved{};           // for erasure
  std::string product_type;  // empty: the model is unknown to us
  GREENROOM_FACT(MacExpected, 1, "mac_expected") {
    v("batch", f.batch);
    v("row", f.row);
    v("asset_tag", f.asset_tag);
    v("serial", f.serial);
    v("model", f.model);
    v("model_number", f.model_number);
    v("status", f.status);
    v("location", f.location);
    v("notes", f.notes);
    v("approved", f.approved);
    v("product_type", f.product_type);
  }
};
struct VisitOpened {
  std::uint64_t visit{};
  std::string batch;
  std::uint64_t row{};
  std::string serial, product_type, recipe;
  int recipe_version{};
  GREENROOM_FACT(VisitOpened, 1, "visit_opened") {
    v("visit", f.visit);
    v("batch", f.batch);
    v("row", f.row);
    v("serial", f.serial);
    v("product_type", f.product_type);
    v("recipe", f.recipe);
    v("recipe_version", f.recipe_version);
  }
};
struct BindingOffered {              // half of a pair: one label scanned, the other awaited
  std::string person, slot, serial;  // one of slot and serial is empty
  TimePoint until;
  GREENROOM_FACT(BindingOffered, 1, "binding_offered") {
    v("person", f.person);
    v("slot", f.slot);
    v("serial", f.serial);
    v("until_us", f.until);
  }
};
struct BindingLapsed {
  std::string person, slot, serial, why;
  GREENROOM_FACT(BindingLapsed, 1, "binding_lapsed") {
    v("person", f.person);
    v("slot", f.slot);
    v("serial", f.serial);
    v("why", f.why);
  }
};
struct SeatingBegan {
  std::uint64_t visit{};
  std::string slot;
  GREENROOM_FACT(SeatingBegan, 1, "seating_began") {
    v("visit", f.visit);
    v("slot", f.slot);
  }
};
struct SeatingEnded {
  std::uint64_t visit{};
  std::string slot, why;  // moved | unplugged | released | lapsed
  GREENROOM_FACT(SeatingEnded, 1, "seating_ended") {
    v("visit", f.visit);
    v("slot", f.slot);
    v("why", f.why);
  }
};
struct MacSeen {  // what shows at a slot's data port; mode empty: nothing
  std::string slot, mode, serial;
  std::uint64_t ecid{};  // 0: not shown in this mode
  std::uint16_t chip{};
  std::uint8_t board{};
  GREENROOM_FACT(MacSeen, 1, "mac_seen") {
    v("slot", f.slot);
    v("mode", f.mode);
    v("serial", f.serial);
    v("ecid", f.ecid);
    v("chip", f.chip);
    v("board", f.board);
  }
};
struct StepChanged {  // state: waiting | running | hands | held | done
  std::uint64_t visit{};
  std::uint32_t step{};  // index in the recipe
  std::string kind, state;
  int attempt{};
  TimePoint deadline;  // re-armed on entry; TimePoint::max(): none (held and done only)
  std::string what;    // for people alone. waiting: for what; hands: the instruction; held: the case
  // waiting: the kind of what it waits for, as to_string(WaitKind) words it; else empty; since version 2
  std::string waits_for{};
  GREENROOM_FACT(StepChanged, 2, "step_changed") {
    v("visit", f.visit);
    v("step", f.step);
    v("kind", f.kind);
    v("state", f.state);
    v("attempt", f.attempt);
    v("deadline_us", f.deadline);
    v("what", f.what);
    v("waits_for", f.waits_for);
  }
};
struct ChargeNoted {  // the charge gate or a charge goal passed, and by which evidence
  std::uint64_t visit{};
  std::string how;  // mdm | taper | delivered | person | goal
  int percent{};    // known or estimated; -1 when not
  GREENROOM_FACT(ChargeNoted, 1, "charge_noted") {
    v("visit", f.visit);
    v("how", f.how);
    v("percent", f.percent);
  }
};
struct EffectStarted {  // kind: enter_dfu | leave_dfu | put_back | engine | permit | print_label | stop_engine
  std::uint64_t effect{};
  std::string kind;
  std::uint64_t visit{};
  std::string slot;
  std::uint64_t ecid{};
  std::string detail;        // engine: firmware; permit, stop_engine: the engine effect's number
  std::string restore_kind;  // engine: erase | revive | erase_only
  // engine: with which version and build it was decided; empty: nobody tells in this room; since version 2
  std::string engine_version{}, build{};
  GREENROOM_FACT(EffectStarted, 2, "effect_started") {
    v("effect", f.effect);
    v("kind", f.kind);
    v("visit", f.visit);
    v("slot", f.slot);
    v("ecid", f.ecid);
    v("detail", f.detail);
    v("restore_kind", f.restore_kind);
    v("engine_version", f.engine_version);
    v("build", f.build);
  }
};
struct CombinationTried {  // an engine ran to its own end: what it says of this engine, model and build together
  std::uint64_t visit{};
  std::string slot, engine_version, model, build;
  bool completed{};          // of an erase: and the Mac said that it was erased
  std::string cause, owner;  // of one that did not complete
  GREENROOM_FACT(CombinationTried, 1, "combination_tried") {
    v("visit", f.visit);
    v("slot", f.slot);
    v("engine_version", f.engine_version);
    v("model", f.model);
    v("build", f.build);
    v("completed", f.completed);
    v("cause", f.cause);
    v("owner", f.owner);
  }
};
struct EffectEnded {
  std::uint64_t effect{};
  std::string kind;
  std::uint64_t visit{};
  bool ok{};
  std::string cause, remedy, owner;  // empty when ok
  GREENROOM_FACT(EffectEnded, 1, "effect_ended") {
    v("effect", f.effect);
    v("kind", f.kind);
    v("visit", f.visit);
    v("ok", f.ok);
    v("cause", f.cause);
    v("remedy", f.remedy);
    v("owner", f.owner);
  }
};
struct GatePermitted {              // R4 holds, at this moment: durable before the permit is written
  std::uint64_t visit{}, engine{};  // engine: its effect number
  std::string slot, serial, batch, bound_by;
  std::uint64_t ecid{};
  GREENROOM_FACT(GatePermitted, 1, "gate_permitted") {
    v("visit", f.visit);
    v("engine", f.engine);
    v("slot", f.slot);
    v("serial", f.serial);
    v("batch", f.batch);
    v("bound_by", f.bound_by);
    v("ecid", f.ecid);
  }
};
struct GateRefused {
  std::uint64_t visit{}, engine{};
  std::string slot, clause, words;  // clause: a | b | c | d | e of R4; ready: something else lacked
  GREENROOM_FACT(GateRefused, 1, "gate_refused") {
    v("visit", f.visit);
    v("engine", f.engine);
    v("slot", f.slot);
    v("clause", f.clause);
    v("words", f.words);
  }
};
struct EvidenceRecorded {  // belongs to serial and ECID of one engine run, never to a slot (R12)
  std::uint64_t visit{}, engine{};
  std::string serial;
  std::uint64_t ecid{};
  std::string erased, os, checkpoint;
  GREENROOM_FACT(EvidenceRecorded, 1, "evidence_recorded") {
    v("visit", f.visit);
    v("engine", f.engine);
    v("serial", f.serial);
    v("ecid", f.ecid);
    v("erased", f.erased);
    v("os", f.os);
    v("checkpoint", f.checkpoint);
  }
};
struct SelfReported {  // the Mac gave its own serial after its erase: R12's proof
  std::uint64_t visit{};
  std::string serial, how;  // how: booted_serial | mdm
  GREENROOM_FACT(SelfReported, 1, "self_reported") {
    v("visit", f.visit);
    v("serial", f.serial);
    v("how", f.how);
  }
};
struct CaseOpened {
  std::uint64_t number{};
  std::uint64_t visit{};           // 0: none
  std::string subject;             // serial, slot, outlet, circuit or row it is about
  std::string reason;              // a stable word: duplicate_serial, unknown_model, ...
  std::string words, next, owner;  // what happened; what to do next; who
  TimePoint deadline;
  GREENROOM_FACT(CaseOpened, 1, "case_opened") {
    v("number", f.number);
    v("visit", f.visit);
    v("subject", f.subject);
    v("reason", f.reason);
    v("words", f.words);
    v("next", f.next);
    v("owner", f.owner);
    v("deadline_us", f.deadline);
  }
};
struct CaseClosed {
  std::uint64_t number{};
  std::string how;
  GREENROOM_FACT(CaseClosed, 1, "case_closed") {
    v("number", f.number);
    v("how", f.how);
  }
};
struct VisitReleased {
  std::uint64_t visit{};
  std::string how;    // packed | held_out (left with its case) | withdrawn
  std::string proof;  // R12: booted_serial | mdm | dfu_ecid; empty unless released as erased
  GREENROOM_FACT(VisitReleased, 1, "visit_released") {
    v("visit", f.visit);
    v("how", f.how);
    v("proof", f.proof);
  }
};
struct SerialDenied {  // legal hold, lost, leased: beats every batch
  std::string serial, why;
  bool lifted{};
  GREENROOM_FACT(SerialDenied, 1, "serial_denied") {
    v("serial", f.serial);
    v("why", f.why);
    v("lifted", f.lifted);
  }
};
struct CommandTaken {  // same key, same answer
  std::string key, command, answer;
  std::string digest{};  // of all that it asked; since version 2
  GREENROOM_FACT(CommandTaken, 2, "command_taken") {
    v("key", f.key);
    v("command", f.command);
    v("answer", f.answer);
    v("digest", f.digest);
  }
};

}  // namespace greenroom
