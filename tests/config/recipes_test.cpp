#include "config/recipes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace greenroom {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> lines(const RecipesFile& f) {
  std::vector<std::string> out;
  for (const Complaint& c : f.complaints) out.push_back(to_string(c));
  return out;
}

std::string step(const std::string& keys) {
  return "[[step]]\n" + keys + "\ndeadline_min = 5\ninstruction = \"do\"\n";
}  // 4 lines and those of keys

const std::string kHead = "id = \"x\"\nversion = 1\nfamilies = [\"AppleSilicon\"]\n";  // lines 1 to 3
const std::string kSeat = step("kind = \"seat\"\nto = \"restore\"");                   // 5 lines
const std::string kDfu = step("kind = \"dfu\"\nprotects = true");                      // 5 lines
const std::string kRestore =
    step("kind = \"restore\"\nprotects = true\nrestore_kind = \"erase\"\nfirmware = \"macos\"");   // 7 lines
const std::string kPack = step("kind = \"move\"\nto = \"pack_table\"") + step("kind = \"pack\"");  // 5 and 4 lines

std::vector<std::string> told(const std::string& text) { return lines(load_recipe_text(text, "r.toml")); }

const Recipe* recipe(const RecipesFile& f, std::string_view id) {
  const auto at = std::find_if(f.recipes.begin(), f.recipes.end(), [&](const Recipe& r) { return r.id == id; });
  return at == f.recipes.end() ? nullptr : &*at;
}

std::vector<std::string> kinds(const Recipe& r) {
  std::vector<std::string> out;
  for (const Step& s : r.steps) out.emplace_back(to_string(s.kind));
  return out;
}

// ---- the recipes of the house
// ------------------------------------------------------------------------------------------------

TEST(Recipes, TheEmbeddedOnesLoadWithoutComplaint) {
  const RecipesFile f = load_recipes();
  EXPECT_THAT(lines(f), IsEmpty());
  std::vector<std::string> ids;
  for (const Recipe& r : f.recipes) ids.push_back(r.id);
  EXPECT_THAT(ids, ElementsAre("full-apple-silicon", "full-desktop-t2", "full-desktop", "full-t2", "thin", "wipe-only",
                               "zero-touch"));
}

TEST(Recipes, AReturnedLaptopIsChargedErasedAndPacked) {
  const RecipesFile f = load_recipes();
  ASSERT_NE(recipe(f, "full-apple-silicon"), nullptr);
  EXPECT_THAT(kinds(*recipe(f, "full-apple-silicon")),
              ElementsAre("receive", "seat", "charge", "move", "identify", "clear", "charge_gate", "dfu", "restore",
                          "first_boot", "label", "move", "pack"));
}

TEST(Recipes, AT2LaptopGetsMacOsAfterItsRestore) {
  const RecipesFile f = load_recipes();
  ASSERT_NE(recipe(f, "full-t2"), nullptr);
  EXPECT_THAT(kinds(*recipe(f, "full-t2")),
              ElementsAre("receive", "seat", "charge", "move", "identify", "clear", "charge_gate", "dfu", "restore",
                          "install_os", "first_boot", "label", "move", "pack"));
}

TEST(Recipes, ADesktopNeverChargesAndWithAT2EntersDfuByItsOutletEverywhere) {
  const RecipesFile f = load_recipes();
  for (const char* id : {"full-desktop", "full-desktop-t2"}) {
    const Recipe* r = recipe(f, id);
    ASSERT_NE(r, nullptr) << id;
    for (const Step& s : r->steps) {
      EXPECT_NE(s.kind, StepKind::charge) << id;
      EXPECT_NE(s.kind, StepKind::charge_gate) << id;
      EXPECT_EQ(s.entry, s.kind == StepKind::dfu && r->id == "full-desktop-t2" ? "by_outlet" : "") << id;
    }
  }
}

TEST(Recipes, AHealthyMacCostsAtMostSixScans) {
  for (const Recipe& r : load_recipes().recipes) {
    const auto places = std::count_if(r.steps.begin(), r.steps.end(),
                                      [](const Step& s) { return s.kind == StepKind::seat || s.kind == StepKind::move; });
    EXPECT_LE(2 * places, 6) << r.id;
  }
}

// ---- what is refused
// -----------------------------------------------------------------------------------------------------------

TEST(RecipeCheck, AGoodRecipeHasNoComplaint) {
  const RecipesFile f = load_recipe_text(kHead + kSeat + kDfu + kRestore + kPack, "r.toml");
  EXPECT_THAT(lines(f), IsEmpty());
  ASSERT_EQ(f.recipes.size(), 1U);
  EXPECT_EQ(f.recipes[0].steps[0].deadline, std::chrono::minutes{5});
  EXPECT_EQ(f.recipes[0].steps[0].tries, 1);
}

TEST(RecipeCheck, AnUnknownKindListsTheKindsAndSuggestsOne) {
  EXPECT_THAT(
      told(kHead + step("kind = \"restor\"")),
      ElementsAre(
          "r.toml:5:8: \"kind\" in [[step]] must be one of receive, seat, move, identify, clear, charge_gate, dfu, restore, "
          "install_os, "
          "first_boot, enroll, configure, charge, checklist, label, pack, not \"restor\"; did you mean \"restore\"?"));
}

TEST(RecipeCheck, ProtectingStepsSayThatTheyProtect) {
  for (const char* kind : {"dfu", "install_os", "first_boot"}) {
    EXPECT_THAT(told(kHead + step("kind = \"" + std::string(kind) + "\"")),
                ElementsAre("r.toml:4:1: a " + std::string(kind) +
                            " step says protects = true: its outlet must not open meanwhile (R1)"));
  }
  EXPECT_THAT(told(kHead + step("kind = \"restore\"\nrestore_kind = \"erase\"\nfirmware = \"macos\"")),
              ElementsAre("r.toml:4:1: a restore step says protects = true: its outlet must not open meanwhile (R1)"));
}

TEST(RecipeCheck, AChargeHasAGoal) {
  EXPECT_THAT(told(kHead + step("kind = \"charge\"")), ElementsAre("r.toml:4:1: [[step]] lacks the key \"goal_percent\""));
  EXPECT_THAT(told(kHead + step("kind = \"charge\"\ngoal_percent = 120")),
              ElementsAre("r.toml:6:16: \"goal_percent\" in [[step]] must be from 1 to 100, not 120"));
}

TEST(RecipeCheck, AKeyOfAnotherKindOfStepIsRefused) {
  EXPECT_THAT(told(kHead + step("kind = \"label\"\ngoal_percent = 80")),
              ElementsAre("r.toml:6:16: \"goal_percent\" means nothing to a label step: it belongs to charge"));
  EXPECT_THAT(told(kHead + step("kind = \"label\"\nto = \"shelf\"")),
              ElementsAre("r.toml:6:6: \"to\" means nothing to a label step: it belongs to seat and move"));
}

TEST(RecipeCheck, ARestoreNamesItsKindAndFirmware) {
  EXPECT_THAT(
      told(kHead + step("kind = \"restore\"\nprotects = true")),
      ElementsAre("r.toml:4:1: [[step]] lacks the key \"restore_kind\"", "r.toml:4:1: [[step]] lacks the key \"firmware\""));
}

TEST(RecipeCheck, EveryStepHasADeadlineAndAnInstruction) {
  EXPECT_THAT(told(kHead + "[[step]]\nkind = \"label\"\n"),
              ElementsAre("r.toml:4:1: [[step]] lacks the key \"deadline_min\"",
                          "r.toml:4:1: [[step]] lacks the key \"instruction\""));
}

TEST(RecipeCheck, AnUnknownFamilyGetsASuggestion) {
  EXPECT_THAT(told("id = \"x\"\nversion = 1\nfamilies = [\"T2/dekstop\"]\n" + kSeat + kPack),
              ElementsAre("r.toml:3:13: there is no family \"T2/dekstop\"; known are AppleSilicon, T2, Intel, "
                          "AppleSilicon/desktop, T2/desktop, "
                          "Intel/desktop; did you mean \"T2/desktop\"?"));
}

TEST(RecipeCheck, ARestoreFollowsItsDfu) {
  EXPECT_THAT(told(kHead + kSeat + kRestore + kPack),
              ElementsAre("r.toml:10:8: a restore step follows its dfu step at once: a Mac parked in DFU runs flat"));
}

TEST(RecipeCheck, WhatNeedsADataPortComesAtARestoreSlot) {
  EXPECT_THAT(told(kHead + step("kind = \"seat\"\nto = \"shelf\"") + step("kind = \"identify\"") + kPack),
              ElementsAre("r.toml:10:8: step identify needs a data port: the Mac must be at a restore slot by then"));
}

TEST(RecipeCheck, WhatNeedsPowerComesAtAnOutlet) {
  EXPECT_THAT(told(kHead + kSeat + step("kind = \"move\"\nto = \"pack_table\"") +
                   step("kind = \"charge\"\ngoal_percent = 80") + step("kind = \"pack\"")),
              ElementsAre("r.toml:15:8: step charge needs an outlet: the Mac must be at a restore slot or a shelf by then"));
}

TEST(RecipeCheck, AMoveComesAfterASeatAndThereIsOneSeat) {
  EXPECT_THAT(told(kHead + kPack), ElementsAre("r.toml:5:8: a move comes after a seat"));
  EXPECT_THAT(told(kHead + kSeat + kSeat + kPack),
              ElementsAre("r.toml:10:8: a Mac is seated once; a later change of place is a move"));
}

TEST(RecipeCheck, AFourthChangeOfPlaceIsRefused) {
  const std::string shelf = step("kind = \"move\"\nto = \"shelf\"");
  EXPECT_THAT(told(kHead + kSeat + shelf + shelf + kPack),
              ElementsAre("r.toml:20:8: this is change of place 4, of at most 3: a healthy Mac costs no more than 6 scans"));
}

TEST(RecipeCheck, ADesktopDoesNotCharge) {
  EXPECT_THAT(told("id = \"x\"\nversion = 1\nfamilies = [\"T2/desktop\"]\n" + kSeat +
                   step("kind = \"charge\"\ngoal_percent = 80") + kPack),
              ElementsAre("r.toml:10:8: a charge step in a recipe for desktops: they have no battery"));
}

TEST(RecipeCheck, AT2DoesNotBootBeforeMacOsIsInstalled) {
  EXPECT_THAT(told("id = \"x\"\nversion = 1\nfamilies = [\"T2\"]\n" + kSeat + kDfu + kRestore +
                   step("kind = \"first_boot\"\nprotects = true") + kPack),
              ElementsAre("r.toml:22:8: a T2 restore leaves no macOS to boot: an install_os step comes first"));
}

TEST(RecipeCheck, PackIsTheLastStep) {
  EXPECT_THAT(told(kHead + kSeat), ElementsAre("r.toml:5:8: the last step of a recipe is pack"));
  EXPECT_THAT(told(kHead + kSeat + kPack + step("kind = \"label\"")), Contains("r.toml:19:8: nothing comes after pack"));
}

TEST(RecipeCheck, AnEmptyFileSaysWhatItLacks) {
  EXPECT_THAT(told(""),
              testing::UnorderedElementsAre("r.toml: has no [[step]]", testing::HasSubstr("the file lacks the key \"id\""),
                                            testing::HasSubstr("the file lacks the key \"version\""),
                                            testing::HasSubstr("the file lacks the key \"families\"")));
}

TEST(RecipeWords, EveryKindAndOwnerIsReadBackFromItsName) {
  for (int i = 0; i <= static_cast<int>(StepKind::pack); ++i)
    EXPECT_EQ(step_kind_from(to_string(static_cast<StepKind>(i))), static_cast<StepKind>(i));
  for (int i = 0; i <= static_cast<int>(Owner::auditor); ++i)
    EXPECT_EQ(owner_from(to_string(static_cast<Owner>(i))), static_cast<Owner>(i));
  EXPECT_FALSE(step_kind_from("wipe"));
  EXPECT_FALSE(owner_from(""));
}

}  // namespace
}  // namespace greenroom
