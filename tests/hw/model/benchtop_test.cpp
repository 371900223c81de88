// A device on a table of its own: its line, its truth, its faults. Words are a Baytech's (see pdu_test.cpp).
#include "hw/model/benchtop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/hw/model/table.hpp"

namespace greenroom::model {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

struct Wish {
  std::string id, password, firmware;
  bool confirm;
  std::string told;
};

TEST(Benchtop, RefusesWhatTheDeviceDoesNotHave) {
  asio::io_context io;
  ManualClock clock(io.get_executor());
  const std::vector<Wish> wishes{
      {"vpcd", "secret", "", false, "vpcd has no password"},
      {"raritan-px", "", "", true, "raritan-px never asks before it switches"},
      {"baytech-rpc3-nc", "", "v2", false, "baytech-rpc3-nc is modelled with one firmware only"},
      {"apc-ap79xx", "", "v9", false, "apc-ap79xx has no firmware \"v9\"; there are: v3 v2 plus-new plus-old"},
  };
  for (const Wish& wish : wishes) {
    BenchtopSpec spec;
    spec.id = wish.id;
    spec.password = wish.password;
    spec.firmware = wish.firmware;
    spec.confirm = wish.confirm;
    const auto made = Benchtop::make(io.get_executor(), clock, spec);
    ASSERT_FALSE(made) << wish.told;
    EXPECT_EQ(made.error().message, wish.told);
  }
}

TEST(Benchtop, TakesEachFirmwareThatItsFormNames) {
  asio::io_context io;
  ManualClock clock(io.get_executor());
  for (const std::string firmware : {"v3", "v2", "plus-new", "plus-old"}) {
    BenchtopSpec spec;
    spec.id = "apc-ap79xx";
    spec.firmware = firmware;
    EXPECT_TRUE(Benchtop::make(io.get_executor(), clock, spec)) << firmware;
  }
}

TEST(Benchtop, SwitchesAContactAndMetersItsLoad) {
  Table t("baytech-rpc3-nc");
  t.bench->set_load(2, 1.5);
  t.ask("on 3\r");
  EXPECT_TRUE(t.bench->contact(2));
  EXPECT_DOUBLE_EQ(t.bench->amps(), 1.5);
  EXPECT_THAT(t.ask("status\r"), HasSubstr("True RMS Current:     1.5 Amps"));
}

TEST(Benchtop, KeepsAWeldedContactClosedWhileTheDeviceBelievesItOpen) {
  Table t("baytech-rpc3-nc");
  t.ask("on 1\r");
  t.bench->weld(0);
  t.ask("off 1\r");
  EXPECT_TRUE(t.bench->contact(0));
  EXPECT_THAT(t.ask("status\r"), HasSubstr(" 1)...Outlet  1       : Off"));
}

TEST(Benchtop, LosesTheReplyItIsToldToLoseAndDoesTheOrderAllTheSame) {
  Table t("baytech-rpc3-nc");
  t.bench->fail_next(LineFault::lost);
  EXPECT_EQ(t.ask("on 1\r"), "");
  EXPECT_TRUE(t.bench->contact(0));
  EXPECT_EQ(t.ask("\r"), "\r\nRPC3-NC>");
}

TEST(Benchtop, DoesNotDoWhatItNeverHeard) {
  Table t("baytech-rpc3-nc");
  t.bench->fail_next(LineFault::request_lost);
  EXPECT_EQ(t.ask("on 1\r"), "");
  EXPECT_FALSE(t.bench->contact(0));
}

TEST(Benchtop, AnswersWithTheReplyBeforeWhereThatIsTheFault) {
  Table t("baytech-rpc3-nc");
  const std::string before = t.ask("current\r");
  t.bench->fail_next(LineFault::stale);
  EXPECT_EQ(t.ask("on 1\r"), before);
}

TEST(Benchtop, PutsAPromptAmidNoiseAheadOfAReplyWhereThatIsTheFault) {
  Table t("baytech-rpc3-nc");
  t.ask("\r");
  t.bench->fail_next(LineFault::prompt_in_noise);
  const std::string reply = t.ask("\r");
  EXPECT_THAT(reply, HasSubstr("RPC3-NC>"));
  EXPECT_THAT(reply, testing::EndsWith("\r\nRPC3-NC>"));
  EXPECT_GT(reply.find("\r\nRPC3-NC>", 4), 8U);
}

TEST(Benchtop, IsSilentWhileItRebootsAndRestoresItsLastState) {
  Table t("baytech-rpc3-nc");
  t.ask("on 1\r");
  t.bench->reboot();
  EXPECT_FALSE(t.bench->contact(0));
  (void)t.wait(t.line->write("\r"));
  t.run_for(seconds{9});
  EXPECT_FALSE(t.wait(t.line->read_some(t.clock.now())));
  t.run_for(seconds{2});
  EXPECT_TRUE(t.bench->contact(0));
}

TEST(Benchtop, GivesRawBytesInPiecesAsAUsbAdapterDoes) {
  BenchtopSpec spec = Table::of("baytech-rpc3-nc");
  spec.gather = milliseconds{16};
  Table t(spec);
  std::vector<std::pair<TimePoint, std::string>> pieces;
  t.bench->on_reply([&](const std::string& bytes) { pieces.emplace_back(t.clock.now(), bytes); });
  t.bench->receive("status\r");
  t.run_for(seconds{3});
  ASSERT_GT(pieces.size(), 10U);
  for (std::size_t i = 1; i < pieces.size(); ++i) EXPECT_LE(pieces[i].second.size(), 16U);
  const auto bytes = static_cast<double>(sample("rpc3-status.txt").size() - 6);  // the echo goes out as the command comes in
  EXPECT_NEAR(in_seconds(pieces.back().first.time_since_epoch()), 0.020 + bytes / 960.0, 0.002);
}

TEST(Benchtop, RefusesADeviceItDoesNotKnowAndNamesThoseItDoes) {
  Table t("baytech-mmp");
  const auto made = Benchtop::make(t.io.get_executor(), t.clock, Table::of("frobnicator"));
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("baytech-rpc28-nc"));
}

}  // namespace
}  // namespace greenroom::model
