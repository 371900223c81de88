// The commissioning test on a model device, on virtual time: what it concludes is compared with what the model truly did.
#include "controller/cli/pdu_check_walk.hpp"

#include <gtest/gtest.h>

#include "controller/cli/pdu_check_sheet.hpp"
#include "hw/async/task_group.hpp"
#include "hw/model/benchtop.hpp"
#include "hw/pdu/dialect.hpp"
#include "hw/pdu/make_pdu.hpp"
#include "tests/support/scripted_line.hpp"

namespace greenroom::cli {
namespace {

using namespace std::chrono_literals;
using model::LineFault;

// A Baytech RPC-28: 20 outlets; each draws 5 A at 120 V while it is on, as a heater of 600 W does.
struct Check : test::Stage, testing::Test {
  Check() {
    auto loaded = load_dialect(std::string(GREENROOM_SOURCE_DIR) + "/config/pdu/baytech-rpc28-nc.toml");
    dialect = std::move(loaded.value());
    model::BenchtopSpec spec;
    spec.id = "baytech-rpc28-nc";
    spec.load_A = 5.0;
    spec.power_factor = 1.0;
    table = std::move(model::Benchtop::make(io.get_executor(), clock, spec).value());
    pdu = make_pdu(dialect, table->open_line(), clock);
  }
  [[nodiscard]] CheckPlan plan(std::vector<OutletNumber> outlets) const {
    CheckPlan p;
    p.outlets = std::move(outlets);
    p.reads = 3;
    return p;
  }
  Result<CheckWalk> walk(std::vector<OutletNumber> outlets) {
    return run<CheckWalk>(walk_pdu(*pdu, facts(dialect), clock, plan(std::move(outlets))));
  }
  std::vector<CheckItem> verdicts(const CheckWalk& w) {
    return judge(w, facts(dialect), {}, KnownLoad{Watts::of(600), Volts::of(120)});
  }
  Verdict verdict(const CheckWalk& w, const std::string& what) {
    for (const CheckItem& i : verdicts(w))
      if (i.what == what) return i.verdict;
    ADD_FAILURE() << "nothing is said of " << what;
    return Verdict::open;
  }
  void press(std::size_t outlet, bool on) {
    table->press(outlet, on);
    until(clock.now() + 1s);
  }

  Dialect dialect;
  std::unique_ptr<model::Benchtop> table;
  std::unique_ptr<Pdu> pdu;
};

TEST_F(Check, FindsNothingBadInAHealthyDevice) {
  const auto w = walk({1, 2, 11});
  ASSERT_TRUE(w) << w.error().message;
  for (const auto& item : verdicts(*w)) EXPECT_NE(item.verdict, Verdict::bad) << item.what << ": " << item.words;
  EXPECT_EQ(verdict(*w, "switching 1"), Verdict::good);
  EXPECT_EQ(verdict(*w, "metering 11"), Verdict::good);
}

TEST_F(Check, LeavesEveryOutletAsItWasFoundAndTouchesNoOther) {
  press(1, true);
  const auto before = table->moves();
  ASSERT_TRUE(walk({1, 2}));
  EXPECT_FALSE(table->contact(0));
  EXPECT_TRUE(table->contact(1));
  EXPECT_EQ(table->moves() - before, 4U);
}

TEST_F(Check, SwitchesNothingWhereNoOutletIsNamed) {
  const auto w = walk({});
  ASSERT_TRUE(w);
  EXPECT_EQ(table->moves(), 0U);
  EXPECT_EQ(verdict(*w, "switching"), Verdict::open);
}

TEST_F(Check, EveryTimedReadingWasAskedOfTheDevice) {
  const auto w = walk({});
  ASSERT_TRUE(w);
  ASSERT_EQ(w->full.size(), 3U);
  for (const Duration took : w->full) EXPECT_GT(took, 500ms);  // some 1.2 kB at 9600 baud
  for (const Duration took : w->supervise) EXPECT_GT(took, 500ms);
}

TEST_F(Check, ARelayThatSticksIsSeenByItsMeter) {
  table->stick_off(4);
  const auto w = walk({5});
  ASSERT_TRUE(w);
  EXPECT_EQ(verdict(*w, "metering 5"), Verdict::bad);
}

TEST_F(Check, ALoadOfAnotherSizeThanWasToldIsSeen) {
  table->set_load(4, 2.0);
  const auto w = walk({5});
  ASSERT_TRUE(w);
  EXPECT_EQ(verdict(*w, "metering 5"), Verdict::bad);
}

TEST_F(Check, AMeterThatStandsStillIsSeen) {
  ASSERT_TRUE(walk({}));
  table->freeze_meters(true);
  const auto w = walk({5});
  ASSERT_TRUE(w);
  EXPECT_EQ(verdict(*w, "metering 5"), Verdict::bad);
}

TEST_F(Check, LostRepliesStillLeaveTheOutletAsItWasFound) {
  int walked = 0;
  for (int lost = 0; lost < 12; ++lost) {
    for (int n = 0; n < lost; ++n) table->fail_next(LineFault::none);
    table->fail_next(LineFault::lost);
    const auto w = walk({3});
    if (w) ++walked;  // one that is not answered at its first question ends there
    EXPECT_FALSE(table->contact(2)) << lost;
  }
  EXPECT_GE(walked, 10);
}

TEST_F(Check, AnOutletIsPutBackWhenTheTestIsCancelled) {
  std::optional<Result<CheckWalk>> ended;
  TaskGroup tasks(io.get_executor());
  const auto body = [](Check& self, std::optional<Result<CheckWalk>>& into) -> asio::awaitable<void> {
    CheckPlan p = self.plan({3, 4});
    auto w = co_await walk_pdu(*self.pdu, facts(self.dialect), self.clock, std::move(p));
    into.emplace(std::move(w));
  };
  tasks.spawn(body(*this, ended));
  settle();
  while (!table->contact(2) && clock.run_next()) settle();
  ASSERT_TRUE(table->contact(2));
  tasks.cancel();
  settle();
  while (!ended && clock.run_next()) settle();
  ASSERT_TRUE(ended && *ended);
  EXPECT_TRUE((*ended)->cancelled);
  EXPECT_FALSE(table->contact(2));
  EXPECT_TRUE((*ended)->toggles.front().left_as_found);
  EXPECT_FALSE(table->contact(3));
  EXPECT_EQ((*ended)->toggles.size(), 1U);
}

TEST_F(Check, APduThatFallsSilentEndsTheTestAndIsBad) {
  std::optional<Result<CheckWalk>> ended;
  TaskGroup tasks(io.get_executor());
  const auto body = [](Check& self, std::optional<Result<CheckWalk>>& into) -> asio::awaitable<void> {
    CheckPlan p = self.plan({3, 4, 5});
    p.say = [&self](const std::string& line) {
      if (line == "outlet 4") self.table->unplug(true);
    };
    auto w = co_await walk_pdu(*self.pdu, facts(self.dialect), self.clock, std::move(p));
    into.emplace(std::move(w));
  };
  tasks.spawn(body(*this, ended));
  settle();
  while (!ended && clock.run_next()) settle();
  ASSERT_TRUE(ended && *ended);
  EXPECT_TRUE(any_bad(verdicts(**ended)));
  EXPECT_LE((*ended)->toggles.size(), 3U);
  EXPECT_EQ(verdict(**ended, "switching 3"), Verdict::good);
  EXPECT_NE(verdict(**ended, "switching 4"), Verdict::good);
  EXPECT_EQ(table->moves(), 2U);
}

TEST_F(Check, CancelledInItsReadingsItTellsWhatItSawSoFar) {
  std::optional<Result<CheckWalk>> ended;
  TaskGroup tasks(io.get_executor());
  bool reading = false;
  const auto body = [](Check& self, bool& reads, std::optional<Result<CheckWalk>>& into) -> asio::awaitable<void> {
    CheckPlan p = self.plan({3});
    p.say = [&reads](const std::string& line) { reads = line.find("reading") != std::string::npos; };
    auto w = co_await walk_pdu(*self.pdu, facts(self.dialect), self.clock, std::move(p));
    into.emplace(std::move(w));
  };
  tasks.spawn(body(*this, reading, ended));
  settle();
  while (!reading && clock.run_next()) settle();
  ASSERT_TRUE(reading);
  tasks.cancel();
  settle();
  while (!ended && clock.run_next()) settle();
  ASSERT_TRUE(ended && *ended);
  EXPECT_TRUE((*ended)->cancelled);
  EXPECT_EQ(table->moves(), 0U);
  EXPECT_EQ(verdict(**ended, "the test"), Verdict::open);
  EXPECT_FALSE(any_bad(verdicts(**ended)));
}

TEST_F(Check, TheSheetIsOneValueOfJsonAndAPageOfText) {
  const auto w = walk({1});
  ASSERT_TRUE(w);
  CheckSheet sheet;
  sheet.line = "model:";
  sheet.walk = *w;
  sheet.items = verdicts(*w);
  const auto json = sheet_json(sheet, facts(dialect));
  EXPECT_NE(json.find("\"left_as_found\":true"), json.npos) << json;
  EXPECT_NE(json.find("\"good\":true"), json.npos) << json;
  EXPECT_EQ(json.find('\n'), json.npos);
  const auto text = sheet_text(sheet, facts(dialect));
  EXPECT_NE(text.find("[  good  ]  switching 1"), text.npos) << text;
  EXPECT_NE(text.find("[a person]  power-on policy"), text.npos) << text;
}

}  // namespace
}  // namespace greenroom::cli
