// Sheets as they are kept and read again: only a model whose rehearsal passed counts, and nothing that is no sheet.
#include "controller/cli/rehearsal_sheet.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "config/macs.hpp"

namespace greenroom::cli {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

struct Sheets : testing::Test {
  Sheets() {
    std::string pattern = testing::TempDir() + "greenroom-sheets-XXXXXX";
    data = root = mkdtemp(pattern.data());
    fs::create_directory(folder());
    sheet.product_type = "Mac14,2";
    sheet.model = "MacBook Air (M2, 2022)";
  }
  ~Sheets() override { fs::remove_all(root); }
  [[nodiscard]] Rehearsed read() const { return read_rehearsals(data, load_macs().models); }
  std::string folder() const { return rehearsals_folder(data); }
  // As little as passes, where nothing is metered.
  static RehearsalSeen passing() {
    const PortPath port = *PortPath::parse("host/1-4");
    RehearsalSeen seen(port, "C02GR00001", 10s);
    const auto mode = [&port](Duration at, MacMode m, std::string says) {
      return Showing{at, port, m, std::move(says), {}};
    };
    seen.timeline = {mode(1s, MacMode::dfu, ""), mode(3s, MacMode::recovery, "C02GR00001"), mode(5s, MacMode::restore, ""),
                     mode(20s, MacMode::booted, "C02GR00001")};
    seen.shut.emplace();
    seen.shut->began = 2s;
    seen.shut->released = 16s;
    seen.shut->ended = 17s;
    seen.intact = true;
    seen.open = seen.shut;
    seen.open->permitted = seen.open->outcome.completed = true;
    seen.open->outcome.evidence.erased = Erased::confirmed;
    seen.open->outcome.evidence.checkpoint = "CHECKPOINT_ID 1567";
    return seen;
  }
  static RehearsalSeen failing() {
    RehearsalSeen seen = passing();
    seen.intact = false;
    return seen;
  }
  std::string root, data;
  RehearsalSheet sheet;
};

TEST_F(Sheets, OneThatPassedMakesItsModelRehearsed) {
  ASSERT_TRUE(all_passed(judge_rehearsal(passing())));
  const auto kept = keep_sheet(data, sheet, passing());
  ASSERT_TRUE(kept);
  EXPECT_EQ(*kept, folder() + "/Mac14,2.json");
  EXPECT_EQ(read().product_types, std::set<std::string>{"Mac14,2"});
  EXPECT_TRUE(read().troubles.empty());
}

TEST_F(Sheets, AreForTheirUserAlone) {
  ASSERT_TRUE(keep_sheet(data, sheet, passing()));
  struct stat file {};
  ASSERT_EQ(stat((folder() + "/Mac14,2.json").c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0600U);
}

TEST_F(Sheets, OneThatFailedMakesNoModelRehearsed) {
  const auto kept = keep_sheet(data, sheet, failing());
  ASSERT_TRUE(kept);
  EXPECT_EQ(*kept, folder() + "/Mac14,2.failed.json");
  EXPECT_TRUE(read().product_types.empty());
  EXPECT_TRUE(read().troubles.empty());
}

TEST_F(Sheets, OneThatFailedReplacesNoneThatPassed) {
  ASSERT_TRUE(keep_sheet(data, sheet, passing()));
  ASSERT_TRUE(keep_sheet(data, sheet, failing()));
  EXPECT_EQ(read().product_types.size(), 1U);
}

TEST_F(Sheets, OneThatPassedRemovesTheFailedOneBefore) {
  ASSERT_TRUE(keep_sheet(data, sheet, failing()));
  ASSERT_TRUE(keep_sheet(data, sheet, passing()));
  EXPECT_FALSE(fs::exists(folder() + "/Mac14,2.failed.json"));
}

TEST_F(Sheets, WhatIsNoSheetIsNamedAndCountsAsNotRehearsed) {
  std::ofstream(folder() + "/Mac15,3.json") << "{\"passed\":true";
  const Rehearsed found = read();
  EXPECT_TRUE(found.product_types.empty());
  ASSERT_EQ(found.troubles.size(), 1U);
  EXPECT_NE(found.troubles.front().find("/Mac15,3.json is no sheet"), std::string::npos) << found.troubles.front();
}

TEST_F(Sheets, OneThatWasCopiedForAnotherModelIsNone) {
  ASSERT_TRUE(keep_sheet(data, sheet, passing()));
  fs::copy(folder() + "/Mac14,2.json", folder() + "/Mac15,3.json");
  EXPECT_EQ(read().product_types, std::set<std::string>{"Mac14,2"});
  EXPECT_EQ(read().troubles.size(), 1U);
}

TEST_F(Sheets, OneOfAModelThatNobodyKnowsIsNamedAndCountsForNothing) {
  sheet.product_type = "Mac99,9";
  ASSERT_TRUE(keep_sheet(data, sheet, passing()));
  EXPECT_TRUE(read().product_types.empty());
  ASSERT_EQ(read().troubles.size(), 1U);
  EXPECT_NE(read().troubles.front().find("Mac99,9.json is of a model that Greenroom does not know"), std::string::npos);
}

TEST_F(Sheets, ARoomThatRehearsedNothingHasNoTrouble) {
  data += "/none";
  const Rehearsed found = read();
  EXPECT_TRUE(found.product_types.empty());
  EXPECT_TRUE(found.troubles.empty());
}

TEST_F(Sheets, NameEachPointWithItsCauseAndRemedyForPeople) {
  const std::string text = sheet_text(sheet, failing());
  EXPECT_NE(text.find("NOT PASSED"), std::string::npos) << text;
  EXPECT_NE(text.find("a person looked, and they are not as they were\n"), std::string::npos) << text;
  EXPECT_NE(text.find("-> restore nothing on this machine"), std::string::npos) << text;
}

}  // namespace
}  // namespace greenroom::cli
