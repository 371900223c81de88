#include "firmware-bridge/engine_compat.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace greenroom {
namespace {

EngineVersion version(std::string_view printed) {
  const auto read = parse_engine_version(printed);
  EXPECT_TRUE(read) << printed;
  return read.value_or(EngineVersion{});
}

// ---- versions: what Debian's 1.0.0 prints was seen; the other is the format in idevicerestore's own source --------------

TEST(EngineVersion, OfDebiansIsRead) {
  const auto v = version("idevicerestore 1.0.0\n");
  EXPECT_EQ(v.text, "1.0.0");
  EXPECT_EQ(v.commits, 0);
  EXPECT_EQ(v.libirecovery, "");
}

TEST(EngineVersion, OfABuildFromGitIsRead) {
  const auto v = version("idevicerestore 1.0.0-270-g405fcd1 (libirecovery 1.3.1-5-g04d04f7, libtatsu 1.0.5-3-g60a39f3)\n");
  EXPECT_EQ(v.text, "1.0.0-270-g405fcd1");
  EXPECT_EQ(v.commits, 270);
  EXPECT_EQ(v.libirecovery, "1.3.1-5-g04d04f7");
}

TEST(EngineVersion, OfADistributionsSnapshotIsRead) {
  const auto v = version("idevicerestore 1.0.0+git20240709-2");
  EXPECT_EQ(v.date, 20240709U);
  EXPECT_EQ(v.commits, 0);
}

TEST(EngineVersion, OfAnotherProgramIsRefused) {
  EXPECT_FALSE(parse_engine_version("irecovery 1.0.0"));
  EXPECT_FALSE(parse_engine_version(""));
  EXPECT_FALSE(parse_engine_version("idevicerestore "));
  EXPECT_FALSE(parse_engine_version("bash: idevicerestore 1.0.0"));
}

TEST(EngineAbility, DebiansCannotDoAppleSilicon) {
  const auto ability = ability_of(version("idevicerestore 1.0.0"));
  EXPECT_EQ(ability.no_apple_silicon, "1.0.0 cannot restore Macs with Apple silicon, only T2");
  EXPECT_EQ(ability.no_t2, "");
  EXPECT_EQ(ability.remedy, "use idevicerestore from git of November 2025 or later, with libirecovery 1.3.1 or later");
}

TEST(EngineAbility, TheBuildOfFebruary2026CanDoAll) {
  const auto ability =
      ability_of(version("idevicerestore 1.0.0-270-g405fcd1 (libirecovery 1.3.1-5-g04d04f7, libtatsu 1.0.5)"));
  EXPECT_EQ(ability.no_apple_silicon + ability.no_t2 + ability.no_m3_and_later + ability.remedy, "");
}

TEST(EngineAbility, AnOlderBuildMayFailWithNewSystems) {
  EXPECT_NE(ability_of(version("idevicerestore 1.0.0-200-gabcdef0 (libirecovery 1.3.1, libtatsu 1)"))
                .no_apple_silicon.find("may fail"),
            std::string::npos);
  EXPECT_NE(ability_of(version("idevicerestore 1.0.0+git20240709")).no_apple_silicon.find("may fail"), std::string::npos);
  EXPECT_EQ(ability_of(version("idevicerestore 1.0.0+git20251102")).no_apple_silicon, "");
}

TEST(EngineAbility, AnOldLibirecoverySeesNoM3) {
  EXPECT_EQ(ability_of(version("idevicerestore 1.0.0-270-g4 (libirecovery 1.1.0, libtatsu 1)")).no_m3_and_later,
            "its libirecovery 1.1.0 does not see M3 and later Macs in DFU");
}

TEST(EngineGeneration, IsTheLastReleasesForThatAndGitsForWhateverCameAfter) {
  EXPECT_EQ(generation_of(version("idevicerestore 1.0.0")), EngineGeneration::v1_0_0);
  EXPECT_EQ(generation_of(version("idevicerestore 1.0.0-270-g405fcd1 (libirecovery 1.3.1-5-g04d04f7, libtatsu 1.0.5)")),
            EngineGeneration::git);
  EXPECT_EQ(generation_of(version("idevicerestore 1.0.0+git20251102")), EngineGeneration::git);
  EXPECT_EQ(generation_of(version("idevicerestore 1.1.0")), EngineGeneration::git);
}

// ---- the table ----------------------------------------------------------------------------------------------------------

constexpr std::string_view table =
    "[[combination]]\nengines = [\"e1\"]\nmodels = [\"Mac14,2\"]\nfrom_build = \"24E1\"\nto_build = \"25A999\"\n"
    "known = \"good\"\nwhy = \"seen\"\nsource = \"me\"\n"
    "[[combination]]\nengines = [\"e1\", \"e2\"]\nfamily = \"AppleSilicon\"\nknown = \"bad\"\nwhy = \"too old\"\nsource = "
    "\"me\"\n";

Known known(const Combination& c) { return known_as(load_engines_text(table, "t").rows, c).known; }

TEST(Engines, TheFirstRowThatFitsDecides) {
  EXPECT_EQ(known({"e1", "AppleSilicon", "Mac14,2", "24E1"}), Known::good);
  EXPECT_EQ(known({"e1", "AppleSilicon", "Mac14,2", "25A999"}), Known::good);
  EXPECT_EQ(known({"e1", "AppleSilicon", "Mac14,2", "24D99"}), Known::bad);
  EXPECT_EQ(known({"e1", "AppleSilicon", "Mac14,2", "25B1"}), Known::bad);
  EXPECT_EQ(known({"e2", "AppleSilicon", "Mac14,2", "24E1"}), Known::bad);
}

TEST(Engines, WhatNoRowFitsIsNew) {
  EXPECT_EQ(known({"e3", "AppleSilicon", "Mac14,2", "24E1"}), Known::fresh);
  EXPECT_EQ(known({"e2", "T2", "MacBookPro15,1", "23P51"}), Known::fresh);
}

void complains(std::string_view text, const std::string& words) {
  const auto file = load_engines_text(text, "engines.toml");
  EXPECT_TRUE(file.rows.empty());
  ASSERT_EQ(file.complaints.size(), 1U) << words;
  EXPECT_EQ(to_string(file.complaints.front()), words);
}

TEST(Engines, AMistakeInTheTableIsToldWithItsPlace) {
  complains("", "engines.toml: has no [[combination]]");
  complains("[[combination]]\nengines = [\"e\"]\nknown = \"god\"\nwhy = \"w\"\nsource = \"s\"\n",
            "engines.toml:3:9: \"known\" in [[combination]] must be one of good, bad, not \"god\"; did you mean \"good\"?");
  complains("[[combination]]\nengines = [\"e\"]\nknown = \"bad\"\nwhy = \"w\"\nsource = \"s\"\nmodel = \"m\"\n",
            "engines.toml:6:1: unknown key \"model\" in [[combination]]; did you mean \"models\"?");
  complains(
      "[[combination]]\nengines = [\"e\"]\nfrom_build = \"25A\"\nto_build = \"24A\"\nknown = \"bad\"\nwhy = \"w\"\nsource = "
      "\"s\"\n",
      "engines.toml:4:12: 24A is older than from_build 25A");
  complains("[[combination]]\nknown = \"bad\"\nwhy = \"w\"\nsource = \"s\"\n",
            "engines.toml:1:1: [[combination]] lacks the key \"engines\"");
}

TEST(Engines, TheTableThatTravelsWithTheProgramSaysWhatDebiansCannotDo) {
  std::ostringstream text;
  text << std::ifstream(std::string(GREENROOM_SOURCE_DIR) + "/config/engines.toml").rdbuf();
  const auto file = load_engines_text(text.str(), "config/engines.toml");
  EXPECT_TRUE(file.complaints.empty());
  EXPECT_EQ(known_as(file.rows, {"1.0.0", "AppleSilicon", "MacBookAir10,1", "25B78"}).known, Known::bad);
  EXPECT_EQ(known_as(file.rows, {"1.0.0", "T2", "MacBookPro15,1", "23P51"}).known, Known::fresh);
  EXPECT_EQ(known_as(file.rows, {"1.0.0+git20240709", "AppleSilicon", "MacBookAir10,1", "24D81"}).known, Known::fresh);
  EXPECT_EQ(known_as(file.rows, {"1.0.0+git20240709", "AppleSilicon", "MacBookAir10,1", "24E248"}).known, Known::bad);
}

// ---- the canary ---------------------------------------------------------------------------------------------------------

using Answer = MayStart::Answer;

CombinationRun running(std::string slot) { return {std::move(slot), true, false, "", ""}; }
CombinationRun done() { return {"1", false, true, "", ""}; }
CombinationRun failed(std::string cause, std::string owner = "bench_owner") {
  return {"1", false, false, std::move(cause), std::move(owner)};
}
MayStart may(std::vector<CombinationRun> runs, Known known = Known::fresh) { return may_start({known, "too old"}, runs); }

TEST(MayStart, ANewCombinationSendsOneMacAhead) {
  EXPECT_EQ(may({}).answer, Answer::canary);
  const auto next = may({running("3-07")});
  EXPECT_EQ(next.answer, Answer::wait);
  EXPECT_EQ(next.words, "the first Mac of this model with this build and engine, in slot 3-07");
}

TEST(MayStart, AfterOneThatWorkedAllMayGo) {
  EXPECT_EQ(may({done()}).answer, Answer::go);
  EXPECT_EQ(may({done(), running("1"), running("2")}).answer, Answer::go);
}

TEST(MayStart, AKnownGoodOneNeedsNoCanaryAndAKnownBadOneIsNotTried) {
  EXPECT_EQ(may({running("1")}, Known::good).answer, Answer::go);
  EXPECT_EQ(may({}, Known::bad).answer, Answer::stopped);
  EXPECT_EQ(may({done()}, Known::bad).words, "too old");
}

TEST(MayStart, AfterOneFailureTheNextIsACanaryAgain) { EXPECT_EQ(may({failed("a")}).answer, Answer::canary); }

TEST(MayStart, TwoEqualFailuresStopIt) {
  EXPECT_EQ(may({failed("a"), failed("b")}).answer, Answer::canary);
  const auto stopped = may({failed("a"), failed("b"), failed("a")});
  EXPECT_EQ(stopped.answer, Answer::stopped);
  EXPECT_NE(stopped.words.find("failed twice alike with this build and model: a;"), std::string::npos);
  EXPECT_EQ(may({failed("a"), failed("a")}, Known::good).answer, Answer::stopped);
}

TEST(MayStart, ASuccessBetweenThemWipesTheSlate) {
  EXPECT_EQ(may({failed("a"), done(), failed("a")}).answer, Answer::go);
  EXPECT_EQ(may({done(), failed("a"), failed("a")}).answer, Answer::stopped);
}

TEST(MayStart, WhatATechnicianMustSeeToStopsOnlyACombinationThatNeverWorked) {
  EXPECT_EQ(may({done(), failed("cable", "technician"), failed("cable", "technician")}).answer, Answer::go);
  EXPECT_EQ(may({failed("cable", "technician"), failed("cable", "technician")}).answer, Answer::stopped);
}

}  // namespace
}  // namespace greenroom
