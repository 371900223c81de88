// Many exchanges on a bad bus: replies lost, cut, garbled, doubled, seconds late (so that they answer the request before).
// A reading is right, or it is an error; and a bus that is well again is used again within three polls.
#include <gtest/gtest.h>

#include "hw/pdu/dialect.hpp"
#include "hw/pdu/modbus_pdu.hpp"
#include "tests/support/modbus_rig.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<Pdu> plug(const std::string& id, test::ModbusWorld& world, test::Stage& stage) {
  auto d = load_dialect(std::string(GREENROOM_SOURCE_DIR) + "/config/pdu/" + id + ".toml");
  if (!d) return nullptr;
  return make_modbus_pdu(std::get<ModbusDialect>(std::move(*d)), std::make_unique<test::ModbusWire>(world), stage.clock);
}

class ModbusFaults : public ::testing::TestWithParam<const char*> {};

TEST_P(ModbusFaults, NoWrongStateIsEverReportedAndTheBusRecoversWithinThreePolls) {
  test::Stage stage;
  test::ModbusWorld world(stage.clock);
  auto pdu = plug(GetParam(), world, stage);
  ASSERT_TRUE(pdu);
  const bool meters = std::string(GetParam()).find("sdm") != std::string::npos;
  Random people = Random(7).stream("people");
  world.faulty = true;
  int right = 0;
  int errors = 0;
  for (int i = 0; i < 25'000; ++i) {
    world.on[1 + people.below(16)] = people.chance(0.5);
    world.meter[6] = static_cast<float>(people.below(100));
    const auto r = stage.run<PduReading>(pdu->read(Depth::supervise));
    if (r) {
      ++right;
      ASSERT_EQ(r->outlets.size(), 16U);
      for (const OutletReading& o : r->outlets)
        ASSERT_EQ(o.state == OutletState::on, world.on[o.number]) << "read " << i << ", outlet " << o.number;
      if (meters) { ASSERT_EQ(r->banks[0].current, Amps::of(world.meter[6])) << "read " << i; }
    } else {
      ++errors;
      ASSERT_NE(r.error().code, Errc::cancelled);
      ASSERT_NE(r.error().code, Errc::refused) << r.error().message;
    }
    if (i % 100 != 99) continue;
    world.faulty = false;
    int polls = 1;
    while (!stage.run<PduReading>(pdu->read(Depth::supervise))) ASSERT_LE(++polls, 3);
    world.faulty = true;
  }
  EXPECT_GT(right, 18'000);
  EXPECT_GT(errors, 50);
  EXPECT_GT(world.faults, 2'500U);
}

INSTANTIATE_TEST_SUITE_P(Of, ModbusFaults, ::testing::Values("waveshare-relay-16", "waveshare-relay-16-sdm630"),
                         [](const auto& i) {
                           return std::string(i.param) == "waveshare-relay-16" ? "Relays" : "RelaysAndMeter";
                         });

TEST(ModbusSwitching, ASwitchThatIsReportedDoneIsDone) {
  test::Stage stage;
  test::ModbusWorld world(stage.clock);
  auto pdu = plug("waveshare-relay-16", world, stage);
  ASSERT_TRUE(pdu);
  Random people = Random(8).stream("people");
  world.faulty = true;
  int done = 0;
  for (int i = 0; i < 5'000; ++i) {
    const auto n = static_cast<OutletNumber>(1 + people.below(16));
    const Switch to = people.chance(0.5) ? Switch::on : Switch::off;
    auto before = world.on;
    SwitchOrder order(n, to, stage.clock.now() + 5s, [] { return Result<void>{}; });
    const auto r = stage.run<OutletReading>(pdu->set(std::move(order)));
    if (r) {
      ++done;
      ASSERT_EQ(r->number, n);
      ASSERT_EQ(r->state == OutletState::on, world.on[n]) << "order " << i;
    } else if (r.error().code != Errc::timeout) {
      ASSERT_EQ(world.on[n], before[n]) << r.error().message;
    }
    before[n] = world.on[n];
    ASSERT_EQ(world.on, before) << "another outlet moved";
  }
  EXPECT_GT(done, 4'000);
  EXPECT_GT(world.faults, 500U);
}

}  // namespace
}  // namespace greenroom
