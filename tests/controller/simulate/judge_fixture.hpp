// A judge over a small room without a controller: the test plays plant, line and controller.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <string>
#include <utility>

#include "controller/simulate/judge.hpp"
#include "hw/async/manual_clock.hpp"
#include "tests/support/room_builder.hpp"

namespace greenroom::sim {

inline constexpr Duration ms(int n) { return std::chrono::milliseconds{n}; }
inline constexpr Duration sec(int n) { return std::chrono::seconds{n}; }

inline ExpectedRow row_of(std::string serial, std::string status = "Returned - Wipe") {
  ExpectedRow row;
  row.serial = std::move(serial);
  row.status = std::move(status);
  return row;
}

// Macs: 0 "C02AAAA0001" at 1-01, a laptop; 1 "C02AAAA0002" at 1-02, a desktop; 2 "C02AAAA0003" is not approved.
// Outlets: 0 to 7 on PDU "left" feed the restore slots, 8 to 19 on PDU "shelf" the shelf; one branch of 20 A (circuit 1).
struct JudgeTest : testing::Test {
  JudgeTest()
      : plan(plan_world(room, Catalogue{},
                        {row_of("C02AAAA0001"), row_of("C02AAAA0002"), row_of("C02AAAA0003", "Legal Hold")}, Random(1))),
        plant(io.get_executor(), clock, with_desktop(plan.spec), model::FaultEnvelope::none(), Random(1)),
        judge(clock, plant, room, true_macs(plan), [] { return nullptr; }) {
    plant.listen(&judge);
    EXPECT_TRUE(plant.plug_power(model::MacId{0}, SlotId{0}));
    EXPECT_TRUE(plant.plug_data(model::MacId{0}, SlotId{0}));
    EXPECT_TRUE(plant.plug_power(model::MacId{1}, SlotId{1}));
    EXPECT_TRUE(plant.plug_data(model::MacId{2}, SlotId{2}));
    judge.controller_started();
    for (std::uint32_t p = 0; p < 2; ++p) {
      PduTraits traits;
      traits.longest_queue = sec(1);
      traits.meter_lag = sec(2);
      judge.identified(PduId{p}, traits);
      fact(PduKnown{room.pdus[p].name, "model", "identity", true});
      poll(p);
    }
  }
  ~JudgeTest() override { plant.ignore(&judge); }
  static model::WorldSpec with_desktop(model::WorldSpec spec) {
    spec.macs[1].battery = false;
    return spec;
  }

  void fact(FactBody body) { judge.on_fact(Fact{++seq, clock.now(), {}, "greenroom", 0, std::move(body)}); }
  void tell(model::Happening what) { judge.on(model::PlantEvent{clock.now(), std::move(what)}); }
  void pass(Duration d) {
    const TimePoint until = clock.now() + d;
    clock.call_at(until, [] {});
    while (clock.now() < until && clock.run_next()) {}
  }
  void poll(std::uint32_t pdu) { judge.reading(PduId{pdu}, reading(pdu)); }
  PduReading reading(std::uint32_t pdu) {
    PduReading r{clock.now(), clock.now(), {}, {}};
    for (std::uint32_t o = 0; o < room.outlets.size(); ++o) {
      if (room.outlets[o].pdu.value != pdu) continue;
      r.outlets.push_back({room.outlets[o].number, shown[o] ? OutletState::on : OutletState::off, {}, {}});
    }
    return r;
  }
  void polls() {
    poll(0);
    poll(1);
  }

  SwitchStarted order(std::uint32_t outlet, bool on, bool shed = false, const std::string& reason = "wanted") {
    return {++effect, room.outlets[outlet].name, on ? "on" : "off", clock.now() + sec(2), shed, reason};
  }
  // One switch as it should be: facts, line, contact, read-back.
  void decide(std::uint32_t outlet, bool on, bool shed = false) {
    if (on) fact(GrantIssued{room.outlets[outlet].name, room.outlets[outlet].nameplate, "wanted"});
    fact(order(outlet, on, shed));
  }
  void send(std::uint32_t o, bool on) {
    judge.ordered(room.outlets[o].pdu, room.outlets[o].number, on ? Switch::on : Switch::off);
    judge.committed(room.outlets[o].pdu, room.outlets[o].number, on ? Switch::on : Switch::off);
  }
  void contact(std::uint32_t o, bool on, model::Cause cause = model::Cause::ordered) {
    tell(model::OutletSwitched{OutletId{o}, on, cause});
    shown[o] = on;
  }
  void done(std::uint32_t o, bool on) {
    const OutletReading read{room.outlets[o].number, on ? OutletState::on : OutletState::off, {}, {}};
    judge.ended(room.outlets[o].pdu, room.outlets[o].number, on ? Switch::on : Switch::off, read);
    fact(SwitchEnded{effect, room.outlets[o].name, on ? "on" : "off", on ? "on" : "off", "", false});
  }
  void turn(std::uint32_t o, bool on, bool shed = false) {
    decide(o, on, shed);
    send(o, on);
    contact(o, on);
    done(o, on);
  }
  void visit(std::uint64_t number, const std::string& serial, const std::string& slot) {
    fact(VisitOpened{number, "returns", number + 1, serial, "MacBookPro18,1", "full-apple-silicon", 1});
    fact(SeatingBegan{number, slot});
  }
  void step(std::uint64_t number, const std::string& kind, const std::string& state = "running",
            const std::string& what = "", const std::string& waits_for = "") {
    fact(StepChanged{number, 3, kind, state, 1, never, what, waits_for});
  }
  std::uint64_t broken(const std::string& rule) {
    judge.settle();
    return judge.verdict().violations.at(rule);
  }
  Verdict verdict() {
    judge.settle();
    return judge.verdict();
  }

  asio::io_context io;
  ManualClock clock{io.get_executor()};
  Room room = test::small_room();
  WorldPlan plan;
  model::Plant plant;
  Judge judge;
  Seq seq{};
  std::uint64_t effect{};
  std::map<std::uint32_t, bool> shown;
};

}  // namespace greenroom::sim
