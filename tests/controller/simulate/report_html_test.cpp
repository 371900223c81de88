#include "controller/simulate/report_html.hpp"

#include <gtest/gtest.h>

#include "controller/simulate/report_parts.hpp"

namespace greenroom::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

TimePoint at(Duration d) { return TimePoint{} + d; }

ReportData data() {
  ReportData d;
  d.title = "Returns <seed 1>";
  d.length = hours{4};
  d.loads.push_back({"branch", Amps::of(20), Amps::of(16), {0, 12, 15}, {0, 12, 15}, {0, 4, 8}});
  d.slots = {"1-01"};
  d.outlets = {"left:1"};
  Seq seq = 0;
  const auto fact = [&](Duration when, FactBody body) {
    d.facts.push_back({++seq, at(when), {}, "greenroom", 0, std::move(body)});
  };
  fact(minutes{1}, VisitOpened{1, "returns", 2, "C02AAAA0001", "", "full-apple-silicon", 1});
  fact(minutes{5}, SeatingBegan{1, "1-01"});
  fact(minutes{10}, StepChanged{1, 6, "restore", "running", 1, never, ""});
  fact(minutes{12}, OutletSensed{"left:1", "on"});
  fact(minutes{15}, LeaseGiven{"left:1", 1});
  fact(minutes{30}, LeaseEnded{"left:1", "step done"});
  fact(minutes{40}, StepChanged{1, 7, "first_boot", "held", 1, never, "case 1"});
  fact(minutes{41}, CaseOpened{1, 1, "C02AAAA0001", "no_boot", "It does not boot.", "Look at it.", "repair", never});
  fact(minutes{60}, SeatingEnded{1, "1-01", "released"});
  return d;
}

TEST(Report, ShowsEachStepOfAVisitInItsSlot) {
  const Rows rows = slot_rows(data());
  const auto& spans = rows.at("1-01");
  ASSERT_EQ(spans.size(), 3U);
  EXPECT_EQ(spans[1].colour, Paint::restore);
  EXPECT_EQ(spans[1].from, at(minutes{10}));
  EXPECT_EQ(spans[1].to, at(minutes{40}));
  EXPECT_EQ(spans[2].colour, Paint::held);
  EXPECT_EQ(spans[2].to, at(minutes{60}));
}

TEST(Report, ShowsAnOutletAsUnknownOnAndProtected) {
  const Rows rows = outlet_rows(data());
  const auto& spans = rows.at("left:1");
  ASSERT_EQ(spans.size(), 4U);
  EXPECT_EQ(spans[0].colour, Paint::unknown);
  EXPECT_EQ(spans[1].colour, Paint::on);
  EXPECT_EQ(spans[2].colour, Paint::leased);
  EXPECT_EQ(spans[3].to, at(hours{4}));
}

TEST(Report, IsOnePageThatNeedsNothingElse) {
  const std::string page = report_html(data());
  EXPECT_TRUE(page.starts_with("<!doctype html>"));
  for (const char* foreign : {"<script", "src=", "href=", "@import", "url("})
    EXPECT_EQ(page.find(foreign), std::string::npos) << foreign;
  EXPECT_NE(page.find("Returns &lt;seed 1&gt;"), std::string::npos);
}

TEST(Report, NamesCasesWithTheirOwnersAndAxesWithTheirUnits) {
  const std::string page = report_html(data());
  for (const char* words : {"It does not boot.", "repair", "hours since the start", "amps", "hard 20 A", "continuous 16 A",
                            "No rule was broken."}) {
    EXPECT_NE(page.find(words), std::string::npos) << words;
  }
}

TEST(Report, DrawsALongRunInNoMorePointsThanAreSeen) {
  ReportData d = data();
  d.length = hours{72};
  d.loads[0].now.assign(25'920, 10.0);
  d.loads[0].clean = d.loads[0].mean = d.loads[0].now;
  EXPECT_LT(report_html(d).size(), 100'000U);
}

}  // namespace
}  // namespace greenroom::sim
