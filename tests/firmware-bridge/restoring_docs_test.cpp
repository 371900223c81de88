// docs/restoring.md is what people read when a restore fails: its table is the engine's.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "firmware-bridge/failures.hpp"

namespace greenroom {
namespace {

// The rows of the table under this heading, each as its line.
std::vector<std::string> rows_under(const std::string& heading) {
  std::ifstream page(std::string(GREENROOM_SOURCE_DIR) + "/docs/restoring.md");
  std::vector<std::string> rows;
  bool here = false;
  for (std::string line; std::getline(page, line);) {
    if (line == heading) here = true;
    else if (here && line.empty()) break;
    else if (here && line.substr(0, 4) != "|---") rows.push_back(line);
  }
  return rows;
}

std::string owner_words(std::string_view owner) {
  std::string words(owner);
  if (const std::size_t at = words.find('_'); at != std::string::npos) words[at] = ' ';
  return words;
}

std::vector<std::string> told(std::span<const FailureRow> rows) {
  std::vector<std::string> lines;
  for (const FailureRow& row : rows) {
    std::string line = "| `";
    line.append(row.said).append(row.in_recovery ? "` after `iBoot boot-stage=`" : "`");
    line.append(" | ").append(row.words.cause).append(" | ").append(row.words.remedy);
    lines.push_back(line.append(" | ").append(owner_words(row.words.owner)).append(" |"));
  }
  return lines;
}

TEST(RestoringPage, ListsEveryFailureOfTheEngineInTheOrderOfTheSearch) {
  EXPECT_EQ(rows_under("| the engine says | cause | remedy | who |"), told(known_failures()));
}

TEST(RestoringPage, ListsEveryStatusOfTheMac) {
  EXPECT_EQ(rows_under("| the Mac says | cause | remedy | who |"), told(known_statuses()));
}

}  // namespace
}  // namespace greenroom
