// Many exchanges with a device behind a bad line. What is checked is the rule of the driver: a reading is right, or it
// is an error; and a line that is well again is used again within three polls.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>

#include "hw/base/random.hpp"
#include "hw/pdu/make_pdu.hpp"
#include "tests/support/scripted_line.hpp"

namespace greenroom {
namespace {

using namespace std::chrono_literals;

// An RPC-28-NC as its rows read (samples/rpc28-status.txt), which answers strictly in order, sometimes badly.
class BadLine final : public SerialLine {
 public:
  struct World {
    explicit World(ManualClock& c) : clock(c), random(Random(7).stream("line")) {}
    ManualClock& clock;
    Random random;
    std::array<bool, 21> on{};
    bool well{};  // no faults for now
    std::uint64_t faults{}, replies{};
    TimePoint free_at{};  // the device is busy until then
    std::string inbox, typed;
    std::function<void()> reader;
    bool turn{};
  };
  explicit BadLine(World& w) : w_(w) {}

  Task<void> write(std::string bytes) override {
    w_.typed += bytes;
    for (auto end = w_.typed.find('\r'); end != std::string::npos; end = w_.typed.find('\r')) {
      obey(w_.typed.substr(0, end));
      w_.typed.erase(0, end + 1);
    }
    co_return Result<void>{};
  }
  Task<std::string> read_some(TimePoint deadline) override {
    while (w_.inbox.empty()) {
      if (w_.clock.now() >= deadline) co_return fail(Errc::timeout, "no byte");
      Handover<void> bytes;
      w_.reader = [giver = bytes.giver()] { giver.give(Result<void>{}); };
      w_.clock.call_at(deadline, [giver = bytes.giver()] { giver.give(Result<void>{}); });
      if (auto r = co_await bytes.take(); !r) co_return fail(r.error());
    }
    co_return std::exchange(w_.inbox, {});
  }
  void discard_input() override { w_.inbox.clear(); }

 private:
  void obey(const std::string& command) {
    std::string text = command + "\r\n";
    if (command == "status") {
      text += status();
    } else if (command.rfind("on ", 0) == 0 || command.rfind("off ", 0) == 0) {
      const auto n = static_cast<std::size_t>(std::stoi(command.substr(command.find(' '))));
      w_.on[n] = command[1] == 'n';
    } else if (!command.empty()) {
      text += "Input error\r\n\r\n";
    }
    w_.turn = !w_.turn;
    say(text + (w_.turn ? "RPC-28>" : "RPC-28A>"));
  }

  [[nodiscard]] std::string status() const {
    std::string t =
        "\r\n                    Outlet  1-10         Outlet 11-21 \r\n   Average Power:     462 Watts     :      170 Watts "
        "\r\n"
        "True RMS Current:     4.0 Amps      :      1.5 Amps\r\n Circuit Breaker:       Good        :        Good  \r\n\r\n";
    for (std::size_t n = 1; n <= 20; ++n) {
      const std::string number = (n < 10 ? " " : "") + std::to_string(n);
      t += number + ")...Outlet " + number + "       : " + (w_.on[n] ? "On " : "Off") +
           (n % 2 != 0 ? "          " : "          \r\n");
    }
    return t + "\r\nType \"Help\" for a list of commands\r\n\r\n";
  }

  void say(std::string text) {
    ++w_.replies;
    Duration late = 15ms;
    bool twice = false;
    const std::uint64_t fault = w_.random.below(w_.well ? 1 : 40);
    const std::size_t at = w_.random.below(text.size());
    const auto byte = static_cast<char>(w_.random.below(256));
    if (fault >= 1 && fault <= 6) ++w_.faults;
    if (fault == 1) text.clear();
    if (fault == 2) text.resize(at);
    if (fault == 3) text[at] = byte;
    if (fault == 4) text.erase(at, 1);
    if (fault == 5) twice = true;
    if (fault == 6) late = std::chrono::milliseconds{500 + 100 * static_cast<int>(w_.random.below(90))};
    w_.free_at = std::max(w_.free_at, w_.clock.now()) + late + Duration{static_cast<std::int64_t>(text.size()) * 1042};
    for (int i = 0; i <= (twice ? 1 : 0); ++i) {
      w_.clock.call_at(w_.free_at, [&w = w_, text] {
        w.inbox += text;
        if (w.reader) std::exchange(w.reader, nullptr)();
      });
    }
  }

  World& w_;
};

TEST(CliFaults, NoWrongStateIsEverReportedAndTheLineRecoversWithinThreePolls) {
  auto dialect = load_dialect(std::string(GREENROOM_SOURCE_DIR) + "/config/pdu/baytech-rpc28-nc.toml");
  ASSERT_TRUE(dialect);
  test::Stage stage;
  BadLine::World world(stage.clock);
  auto pdu = make_pdu(*dialect, std::make_unique<BadLine>(world), stage.clock);
  Random people = Random(7).stream("people");
  int right = 0;
  int errors = 0;
  for (int i = 0; i < 20'000; ++i) {
    world.on[1 + people.below(20)] = people.chance(0.5);
    const auto truth = world.on;
    const auto r = stage.run<PduReading>(pdu->read(Depth::supervise));
    if (r) {
      ++right;
      ASSERT_EQ(r->outlets.size(), 20U);
      for (const OutletReading& o : r->outlets)
        ASSERT_EQ(o.state == OutletState::on, truth[o.number]) << "read " << i << ", outlet " << o.number;
    } else {
      ++errors;
      ASSERT_NE(r.error().code, Errc::cancelled);
    }
    if (i % 100 != 99) continue;
    world.well = true;
    int polls = 1;
    while (!stage.run<PduReading>(pdu->read(Depth::supervise))) ASSERT_LE(++polls, 3);
    world.well = false;
  }
  EXPECT_GT(right, 10'000);
  EXPECT_GT(errors, 500);
  EXPECT_GT(world.faults, 5'000U);
}

TEST(CliFaults, ASwitchThatIsReportedDoneIsDone) {
  auto dialect = load_dialect(std::string(GREENROOM_SOURCE_DIR) + "/config/pdu/baytech-rpc28-nc.toml");
  ASSERT_TRUE(dialect);
  test::Stage stage;
  BadLine::World world(stage.clock);
  auto pdu = make_pdu(*dialect, std::make_unique<BadLine>(world), stage.clock);
  Random people = Random(8).stream("people");
  int done = 0;
  for (int i = 0; i < 3'000; ++i) {
    const auto n = static_cast<OutletNumber>(1 + people.below(20));
    const Switch to = people.chance(0.5) ? Switch::on : Switch::off;
    const auto before = world.on;
    const auto r = stage.run<OutletReading>(pdu->set(SwitchOrder(n, to, stage.clock.now() + 2s, nullptr)));
    if (r) {
      ASSERT_EQ(r->state == OutletState::on, world.on[n]) << "order " << i;
      ++done;
    } else if (r.error().code != Errc::timeout) {
      ASSERT_EQ(before, world.on) << r.error().message;  // only a timeout leaves a doubt
    }
  }
  EXPECT_GT(done, 2'000);
}

}  // namespace
}  // namespace greenroom
