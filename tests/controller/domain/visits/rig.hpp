// A room for visit tests: facts are decided, applied and advanced to the fixed point, as the bench does; power is said by
// the test. One bench with 2 restore slots "1-01", "1-02", shelf places "S-01", "S-02", a pack table "pack".
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "controller/domain/decide.hpp"
#include "tests/support/room_builder.hpp"

namespace greenroom::test {

inline constexpr std::uint16_t m1_chip = 0x6000;
inline constexpr std::uint8_t m1_board = 0x0A;

inline Step step(StepKind k, Duration deadline, int tries = 1, std::string to = {}) {
  Step s;
  s.kind = k;
  s.deadline = deadline;
  s.tries = tries;
  s.to = std::move(to);
  s.instruction = "instruction for " + std::string(to_string(k));
  return s;
}

inline Recipe recipe(std::string family, bool laptop) {
  using std::chrono::hours;
  using std::chrono::minutes;
  Recipe r;
  r.id = "full-" + family;
  r.version = 1;
  r.families = {std::move(family)};
  r.steps = {step(StepKind::receive, hours{24}),
             step(StepKind::seat, hours{24}, 1, "restore"),
             step(StepKind::identify, minutes{10}, 2),
             step(StepKind::clear, hours{4}),
             step(StepKind::charge_gate, hours{1}),
             step(StepKind::dfu, minutes{5}, 3),
             step(StepKind::restore, minutes{60}, 2),
             step(StepKind::install_os, hours{2}),
             step(StepKind::first_boot, minutes{20}),
             step(StepKind::move, hours{24}, 1, "shelf"),
             step(StepKind::charge, hours{12}),
             step(StepKind::label, minutes{30}, 2),
             step(StepKind::move, hours{24}, 1, "pack_table"),
             step(StepKind::pack, hours{4})};
  r.steps[6].restore_kind = "erase";
  r.steps[6].firmware = "macos";
  r.steps[6].owner = Owner::repair;
  r.steps[10].goal_percent = 80;
  if (!laptop) r.steps.erase(r.steps.begin() + 9, r.steps.begin() + 11);
  return r;
}

inline MacModel model(std::string type, std::string name, std::string number, std::string family, bool desktop) {
  MacModel m;
  m.product_type = std::move(type);
  m.name = std::move(name);
  m.model_numbers = {std::move(number)};
  m.family = std::move(family);
  m.desktop = desktop;
  m.chip_boards = {(static_cast<std::uint32_t>(m1_chip) << 8) | m1_board};
  m.battery_Wh = desktop ? 0 : 100;
  m.brick_W = 140;
  m.dfu.keys = desktop ? DfuKeys::desktop : m.family == "T2" ? DfuKeys::t2_laptop : DfuKeys::as_laptop;
  m.dfu.port = desktop ? DfuPort::back_middle : DfuPort::left_back;
  return m;
}

inline ExpectedRow row(std::uint64_t n, std::string serial, std::string model_name = "MacBook Pro 16",
                       std::string number = "A2485") {
  return {
      n, "TAG" + std::to_string(n), std::move(serial), std::move(model_name), std::move(number), "Returned - Wipe", "cage",
      ""};
}

class Rig {
 public:
  RoomSetup setup;
  RoomState state;
  RoomSenses senses;
  TimePoint now{std::chrono::hours{1}};
  std::vector<FactBody> facts;  // all so far
  std::vector<Fact> journal;    // the same, as facts
  std::string answer;
  bool refused{};
  int rounds{};  // of the last settle()

  explicit Rig(RuleSet rules = RuleSet::all()) {
    RoomBuilder b;
    const CircuitId branch = b.breaker("branch", 20);
    const PduId left = b.pdu("left", branch, 2);
    const PduId shelf = b.pdu("shelf", branch, 2);
    b.slots("1", SlotKind::restore, left, 2);
    b.slots("S", SlotKind::shelf, shelf, 2);
    b.table("pack");
    setup.room = b.room;
    setup.rules = rules;
    setup.catalogue.recipes = {recipe("AppleSilicon", true), recipe("T2", true), recipe("AppleSilicon/desktop", false)};
    setup.catalogue.models = {model("MacBookPro18,1", "MacBook Pro 16", "A2485", "AppleSilicon", false),
                              model("MacBookPro16,1", "MacBook Pro 16 T2", "A2141", "T2", false),
                              model("Macmini9,1", "Mac mini", "A2348", "AppleSilicon", true)};
    start();
  }
  void start() {
    state = initial_state(setup);
    senses = initial_senses(setup, now);
    senses.power.pdus.assign(setup.room.pdus.size(), {});
    for (auto& p : state.power.pdus) p.known = true;
    for (auto& p : senses.power.pdus) p.identified = p.answered = p.meters_outlets = true;
  }

  [[nodiscard]] WallTime wall() const {
    return WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}} + now.time_since_epoch();
  }
  [[nodiscard]] VisitContext context() const {
    return {setup.room,  setup.catalogue, setup.rules, state.visits, senses.visits,
            state.power, senses.power,    now,         wall(),       state.lifetime.started};
  }

  void apply_one(FactBody body, const std::string& by = "greenroom") {
    if (const auto* step = std::get_if<StepChanged>(&body)) {
      EXPECT_EQ(step->state == "waiting", !step->waits_for.empty()) << step->what;
    }
    Fact f;
    f.seq = state.last_seq + 1;
    f.at = now;
    f.wall = wall();
    f.by = by;
    if (auto* k = std::get_if<CaseOpened>(&body); k != nullptr && k->number == 0) {
      if (state.visits.open_cases.contains({k->subject, k->reason})) return;
      k->number = state.visits.cases.size() + 1;
    }
    f.body = body;
    apply(setup, state, f);
    journal.push_back(f);
    facts.push_back(std::move(body));
  }
  // Advances until nothing new comes.
  void settle() {
    for (rounds = 0; rounds < 50; ++rounds) {
      const auto more = advance_visits(context(), state.next_effect);
      if (more.empty()) return;
      for (const FactBody& f : more) apply_one(f);
    }
    FAIL() << "no fixed point";
  }
  void feed(const Input& in) {
    sense(setup, senses, state, in, now);
    const VisitDecision d = decide_visits(context(), in, state.next_effect);
    const auto* cmd = std::get_if<Command>(&in);
    for (const FactBody& f : d.facts) apply_one(f, cmd != nullptr ? cmd->by : "greenroom");
    answer = d.answer;
    refused = d.refused;
    settle();
  }
  void wait(Duration d) {
    now += d;
    settle();
  }

  // ---- people and programs ----
  void command(CommandKind kind, std::string serial, std::uint64_t number = 0, std::string text = {}) {
    Command c;
    c.kind = kind;
    c.by = "anna";
    c.serial = std::move(serial);
    c.number = number;
    c.text = std::move(text);
    feed(c);
  }
  void import(std::vector<ExpectedRow> rows, std::string batch = "returns") {
    Command c;
    c.kind = CommandKind::import_batch;
    c.by = "lead";
    c.text = std::move(batch);
    c.rows = std::move(rows);
    feed(c);
  }
  void scan(std::string label, std::string by = "anna") {
    Command c;
    c.kind = CommandKind::scan;
    c.by = std::move(by);
    c.label = std::move(label);
    feed(c);
  }
  void seat(const std::string& serial, const std::string& slot) {
    scan(serial);
    scan(slot);
  }

  // ---- power, as said by the test ----
  OutletId outlet(const std::string& slot) const { return *setup.room.slots[slot_id(slot).value].outlet; }
  SlotId slot_id(const std::string& name) const { return state.visits.slot_names.find(name)->second; }
  void power(const std::string& slot, bool on, double watts = 60, double delivered_Wh = 0) {
    OutletSense& s = senses.power.outlets[outlet(slot).value];
    s.state = on ? Sensed::on : Sensed::off;
    s.state_began = s.draw_began = TimePoint::max() - std::chrono::hours{1};  // always fresh
    s.power = Watts::of(on ? watts : 0);
    s.current = Amps::of(on ? watts / 120 : 0);
    s.learned.under_3W_from = on && watts < 3 ? now : never;
    s.learned.delivered_Wh = delivered_Wh;
    settle();
  }
  void lease(const std::string& slot) {
    apply_one(LeaseGiven{setup.room.outlets[outlet(slot).value].name, visit_at(slot)});
    settle();
  }

  // ---- the Mac at a port ----
  void shows(const std::string& slot, MacMode mode, const std::string& serial, std::uint64_t ecid = 0,
             std::uint16_t chip = m1_chip, std::uint8_t board = m1_board) {
    MacSight s;
    s.mode = mode;
    s.serial = serial;
    if (ecid != 0) {
      s.ecid = Ecid{ecid};
      s.chip_board = ChipBoard{chip, board};
    }
    feed(UsbChanged{slot_id(slot), s});
  }
  void gone(const std::string& slot) { feed(UsbChanged{slot_id(slot), std::nullopt}); }
  void result(std::uint64_t effect, bool ok, std::string cause = {}, std::string owner = {}) {
    feed(EffectResult{effect, ok, std::move(cause), {}, std::move(owner), std::nullopt});
  }
  void erased(std::uint64_t engine, const std::string& serial, std::uint64_t ecid, Erased verdict = Erased::confirmed) {
    Evidence e;
    e.serial = serial;
    e.ecid = Ecid{ecid};
    e.erased = verdict;
    e.os = OsState::installed;
    e.checkpoint = "Checkpoint completed id: 0x61F result=0";
    feed(EffectResult{engine, true, {}, {}, {}, e});
  }

  // ---- looking ----
  template <class F>
  std::vector<F> all() const {
    std::vector<F> found;
    for (const FactBody& f : facts) {
      if (const auto* one = std::get_if<F>(&f)) found.push_back(*one);
    }
    return found;
  }
  std::vector<EffectStarted> effects(const std::string& kind) const {
    std::vector<EffectStarted> found = all<EffectStarted>();
    std::erase_if(found, [&](const EffectStarted& e) { return e.kind != kind; });
    return found;
  }
  std::uint64_t last_effect(const std::string& kind) const {
    const auto found = effects(kind);
    return found.empty() ? 0 : found.back().effect;
  }
  VisitNumber visit_at(const std::string& slot) const { return state.visits.slots[slot_id(slot).value].visit; }
  const Visit& visit(VisitNumber n = 1) const { return state.visits.visits.at(n - 1); }
  // "restore running"
  std::string at(VisitNumber n = 1) const {
    const Visit& v = visit(n);
    return std::string(to_string(setup.catalogue.recipes[v.recipe].steps[v.step].kind)) + " " +
           std::string(to_string(v.state));
  }
  std::vector<std::string> open_cases() const {
    std::vector<std::string> reasons;
    for (const Case& k : state.visits.cases) {
      if (k.open) reasons.push_back(k.reason);
    }
    return reasons;
  }

  // ---- the way there ----
  void to_charge_gate(const std::string& serial, const std::string& slot) {
    seat(serial, slot);
    power(slot, true);
    shows(slot, MacMode::booted, serial);
  }
  void to_dfu(const std::string& serial, const std::string& slot) {
    to_charge_gate(serial, slot);
    command(CommandKind::battery, serial, 55);
    lease(slot);
  }
  std::uint64_t to_restore(const std::string& serial, const std::string& slot, std::uint64_t ecid) {
    to_dfu(serial, slot);
    gone(slot);
    shows(slot, MacMode::dfu, "", ecid);
    result(last_effect("enter_dfu"), true);
    return last_effect("engine");
  }
  std::uint64_t to_permit(const std::string& serial, const std::string& slot, std::uint64_t ecid) {
    const std::uint64_t engine = to_restore(serial, slot, ecid);
    now += std::chrono::seconds{5};
    gone(slot);
    shows(slot, MacMode::recovery, serial, ecid);
    return engine;
  }
  void to_shelf(const std::string& serial, const std::string& slot, std::uint64_t ecid, const std::string& shelf) {
    const std::uint64_t engine = to_permit(serial, slot, ecid);
    now += std::chrono::minutes{12};
    gone(slot);
    erased(engine, serial, ecid);
    shows(slot, MacMode::booted, serial);
    seat(serial, shelf);
    gone(slot);
  }
};

inline const std::string mac_a = "C02AAAAAAAAA", mac_b = "C02BBBBBBBBB", mac_c = "C02CCCCCCCCC";
inline constexpr std::uint64_t ecid_a = 0xC11223344556E, ecid_b = 0xC99999999999E;

}  // namespace greenroom::test
