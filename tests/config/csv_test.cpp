#include "config/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "config/embedded.hpp"

namespace greenroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kHeader = "Asset Tag,Serial,Model,Model No.,Status,Location,Notes\n";
const std::string kRow = "IT-1,GR00000001,Mac mini,A2348,Returned,Cage A,\n";

std::vector<std::string> lines(const BatchFile& f) {
  std::vector<std::string> out;
  for (const Complaint& c : f.complaints) out.push_back(to_string(c));
  return out;
}

std::string utf16(std::string_view ascii, bool big, bool mark) {
  std::string out;
  const auto put = [&](char high, char low) {
    out += big ? high : low;
    out += big ? low : high;
  };
  if (mark) put('\xFE', '\xFF');
  for (const char c : ascii) put('\0', c);
  return out;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

void expect_the_one_row(const BatchFile& f) {
  EXPECT_THAT(lines(f), IsEmpty());
  ASSERT_THAT(f.rows, SizeIs(1));
  EXPECT_EQ(f.rows[0].row, 2U);
  EXPECT_EQ(f.rows[0].asset_tag, "IT-1");
  EXPECT_EQ(f.rows[0].serial, "GR00000001");
  EXPECT_EQ(f.rows[0].model, "Mac mini");
  EXPECT_EQ(f.rows[0].model_number, "A2348");
  EXPECT_EQ(f.rows[0].status, "Returned");
  EXPECT_EQ(f.rows[0].location, "Cage A");
  EXPECT_EQ(f.rows[0].notes, "");
}

// ---- the same row in every form a spreadsheet writes ---------------------------------------------------------------------

TEST(BatchList, PlainUtf8IsRead) { expect_the_one_row(read_batch(kHeader + kRow, "f")); }
TEST(BatchList, AByteOrderMarkIsNotPartOfTheFirstColumn) {
  expect_the_one_row(read_batch("\xEF\xBB\xBF" + kHeader + kRow, "f"));
}
TEST(BatchList, Utf16LittleEndianIsRead) { expect_the_one_row(read_batch(utf16(kHeader + kRow, false, true), "f")); }
TEST(BatchList, Utf16BigEndianIsRead) { expect_the_one_row(read_batch(utf16(kHeader + kRow, true, true), "f")); }
TEST(BatchList, Utf16WithoutAMarkIsRead) {
  expect_the_one_row(read_batch(utf16(kHeader + kRow, false, false), "f"));
  expect_the_one_row(read_batch(utf16(kHeader + kRow, true, false), "f"));
}
TEST(BatchList, WindowsLineEndsAreRead) { expect_the_one_row(read_batch(replaced(kHeader + kRow, "\n", "\r\n"), "f")); }
TEST(BatchList, OldMacLineEndsAreRead) { expect_the_one_row(read_batch(replaced(kHeader + kRow, "\n", "\r"), "f")); }
TEST(BatchList, SemicolonsAreRead) { expect_the_one_row(read_batch(replaced(kHeader + kRow, ",", ";"), "f")); }
TEST(BatchList, TabsAreRead) { expect_the_one_row(read_batch(replaced(kHeader + kRow, ",", "\t"), "f")); }
TEST(BatchList, AMissingLastNewlineIsNoMatter) {
  expect_the_one_row(read_batch(kHeader + kRow.substr(0, kRow.size() - 1), "f"));
}
TEST(BatchList, EmptyLinesAtTheEndAreNoRows) { expect_the_one_row(read_batch(kHeader + kRow + "\n,,,,,,\n", "f")); }

TEST(BatchList, ColumnsStandInAnyOrderAndCase) {
  expect_the_one_row(read_batch(
      "SERIAL,asset tag,Notes,location,STATUS,model no.,Model\nGR00000001,IT-1,,Cage A,Returned,A2348,Mac mini\n", "f"));
}

TEST(BatchList, AColumnMoreIsAWarning) {
  const BatchFile f = read_batch("Cost," + kHeader + "100," + kRow, "f.csv");
  EXPECT_THAT(lines(f), ElementsAre("f.csv:1:1: warning: the column \"Cost\" is not used"));
  EXPECT_THAT(f.rows, SizeIs(1));
}

TEST(BatchList, QuotesHoldNewlinesSeparatorsAndDoubledQuotes) {
  const BatchFile f = read_batch(
      kHeader + "IT-1,GR00000001,\"Mac mini (M1, 2020)\",A2348,Returned,Cage A,\"said \"\"hot\"\"\nthen cold\"\n" + kRow,
      "f");
  EXPECT_THAT(lines(f), IsEmpty());
  ASSERT_THAT(f.rows, SizeIs(2));
  EXPECT_EQ(f.rows[0].model, "Mac mini (M1, 2020)");
  EXPECT_EQ(f.rows[0].notes, "said \"hot\"\nthen cold");
  EXPECT_EQ(f.rows[1].row, 3U) << "a row is a record, however many lines it takes";
}

TEST(BatchList, LettersBeyondAsciiSurviveUtf16) {
  // U+00FC, U+20AC and U+1F4BB (a surrogate pair, D83D DCBB), little endian.
  std::string bytes = utf16(kHeader + "IT-1,S,M,N,Returned,", false, true);
  bytes += std::string("\xFC\x00\xAC\x20\x3D\xD8\xBB\xDC", 8) + utf16(",\n", false, false);
  const BatchFile f = read_batch(bytes, "f");
  ASSERT_THAT(f.rows, SizeIs(1));
  EXPECT_EQ(f.rows[0].location, "\xC3\xBC\xE2\x82\xAC\xF0\x9F\x92\xBB");
}

TEST(BatchList, AHundredThousandRowsTakeWellUnderASecond) {
  std::string text = kHeader;
  for (int i = 0; i < 100'000; ++i) text += kRow;
  const auto began = std::chrono::steady_clock::now();
  const BatchFile f = read_batch(text, "f");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  EXPECT_THAT(f.rows, SizeIs(100'000));
  EXPECT_EQ(f.rows.back().row, 100'001U);
  EXPECT_LT(took.count(), 5.0) << "an optimised build is tenfold faster than this one with its sanitizers";
}

// ---- what is refused: one clear error, and no row
// --------------------------------------------------------------------------

void expect_refused(const std::string& text, const std::string& words) {
  const BatchFile f = read_batch(text, "f.csv");
  EXPECT_THAT(lines(f), ElementsAre(words));
  EXPECT_THAT(f.rows, IsEmpty());
}

TEST(BatchList, AMisspeltColumnGetsASuggestion) {
  expect_refused(
      replaced(kHeader, "Serial", "Serail") + kRow,
      "f.csv:1:1: the header lacks the column Serial; it has \"Asset Tag\", \"Serail\", \"Model\", \"Model No.\", "
      "\"Status\", \"Location\", \"Notes\"; did you mean \"Serial\" by \"Serail\"?");
}

TEST(BatchList, Latin1IsRefusedWithTheEncodingAndWhatToDo) {
  expect_refused(kHeader + replaced(kRow, "Cage A", "B\xFCro"),
                 "f.csv:2:1: the byte FC is no UTF-8: the list seems to be in Windows-1252 (Latin-1), as Excel's plain "
                 "\"CSV\" is; save it as \"CSV UTF-8\", or as \"Unicode text\"");
}

TEST(BatchList, AccentsInUtf8AreKept) {
  const BatchFile f = read_batch(kHeader + replaced(kRow, "Cage A", "B\xC3\xBCro"), "f.csv");
  ASSERT_THAT(f.rows, SizeIs(1));
  EXPECT_EQ(f.rows[0].location, "B\xC3\xBCro");
}

TEST(BatchList, AFirstLineThatNamesTheSeparatorIsNoRow) {
  const std::string list = replaced(kHeader + kRow, ",", ";");
  for (const char* end : {"\n", "\r\n"}) {
    const BatchFile f = read_batch("sep=;" + std::string(end) + list, "f.csv");
    EXPECT_THAT(lines(f), IsEmpty());
    ASSERT_THAT(f.rows, SizeIs(1));
    EXPECT_EQ(f.rows[0].row, 3U);
  }
}

TEST(BatchList, AMissingColumnIsNamedWithWhatWasFound) {
  expect_refused(replaced(kHeader, "Serial", "S/N") + kRow,
                 "f.csv:1:1: the header lacks the column Serial; it has \"Asset Tag\", \"S/N\", \"Model\", \"Model No.\", "
                 "\"Status\", \"Location\", \"Notes\"");
  expect_refused(
      "Serial,Model\nX,Y\n",
      "f.csv:1:1: the header lacks the columns Asset Tag, Model No., Status, Location, Notes; it has \"Serial\", \"Model\"");
}

TEST(BatchList, AColumnTwiceIsRefused) {
  expect_refused("Serial," + kHeader + "X," + kRow, "f.csv:1:1: the column \"Serial\" stands twice in the header");
}

TEST(BatchList, AFormulaIsNamedByRowAndColumnAndNothingIsApplied) {
  const std::string told = " is a formula, not a value; export the list with values only";
  expect_refused(kHeader + kRow + replaced(kRow, "Cage A", "=HYPERLINK(0)"),
                 "f.csv:3:1: row 3, column \"Location\": \"=HYPERLINK(0)\"" + told);
  expect_refused(kHeader + replaced(kRow, "Cage A", "@SUM(A1)"),
                 "f.csv:2:1: row 2, column \"Location\": \"@SUM(A1)\"" + told);
  expect_refused(kHeader + replaced(kRow, "Cage A", "+cmd|' /C calc'!A0"),
                 "f.csv:2:1: row 2, column \"Location\": \"+cmd|' /C calc'!A0\"" + told);
  expect_refused(kHeader + replaced(kRow, "Cage A", "-2+3"), "f.csv:2:1: row 2, column \"Location\": \"-2+3\"" + told);
  expect_refused(kHeader + replaced(kRow, "Cage A", "+A1"), "f.csv:2:1: row 2, column \"Location\": \"+A1\"" + told);
}

TEST(BatchList, SignedNumbersAndDashesAreNoFormulas) {
  for (const char* data : {"-", "-5", "+49 30 1234-56", "- none -", "--"}) {
    EXPECT_THAT(lines(read_batch(kHeader + replaced(kRow, "Cage A", data), "f")), IsEmpty()) << data;
  }
}

TEST(BatchList, AnUnclosedQuoteIsReportedWhereItOpens) {
  expect_refused(kHeader + kRow + "IT-2,\"GR00000002,Mac\n" + kRow + kRow,
                 "f.csv:3:1: a quote is opened here and never closed");
}

TEST(BatchList, NulBytesAreNoText) {
  expect_refused(kHeader + kRow + std::string("PK\0\0", 4),
                 "f.csv:3:1: holds a NUL byte: this is no text file; export the list again as CSV");
}

TEST(BatchList, ARaggedRowIsRefusedWithItsCounts) {
  expect_refused(kHeader + kRow + "IT-2,GR00000002\n",
                 "f.csv:3:1: row 3 has 2 cells, the header has 7: is a sign of the text taken for a separator?");
}

TEST(BatchList, AnEmptyFileSaysHowAListBegins) {
  expect_refused(
      "", "f.csv: is empty: a list begins with the line Asset Tag, Serial, Model, Model No., Status, Location, Notes");
  expect_refused(
      "\n\n", "f.csv: is empty: a list begins with the line Asset Tag, Serial, Model, Model No., Status, Location, Notes");
  expect_refused(kHeader, "f.csv:1:1: has a header and no row");
}

TEST(BatchList, ManyErrorsAreCutShort) {
  std::string text = kHeader;
  for (int i = 0; i < 1000; ++i) text += "x\n";
  const BatchFile f = read_batch(text, "f.csv");
  ASSERT_THAT(f.complaints, SizeIs(21));
  EXPECT_EQ(f.complaints.back().message, "there are more errors, not listed");
}

// ---- the example
// -----------------------------------------------------------------------------------------------------------

TEST(ExampleList, HoldsFortyEightMacsAndTheFourThatBecomeCases) {
  const auto text = embedded("config/examples/returns.csv");
  ASSERT_TRUE(text);
  const BatchFile f = read_batch(*text, "returns.csv");
  EXPECT_THAT(lines(f), IsEmpty());
  ASSERT_THAT(f.rows, SizeIs(48));
  int twice = 0, held = 0, malformed = 0, unknown = 0, sixteen_140 = 0, minis = 0;
  for (std::size_t i = 0; i < f.rows.size(); ++i) {
    const ExpectedRow& r = f.rows[i];
    for (std::size_t j = 0; j < i; ++j) twice += f.rows[j].serial == r.serial ? 1 : 0;
    held += r.status != "Returned - Wipe" ? 1 : 0;
    malformed += r.serial.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != std::string::npos ? 1 : 0;
    unknown += r.model_number == "A1502" ? 1 : 0;
    sixteen_140 += r.model.find("16-inch") != std::string::npos && r.model_number != "A2141" ? 1 : 0;
    minis += r.model.starts_with("Mac mini") ? 1 : 0;
  }
  EXPECT_EQ(twice, 1);
  EXPECT_EQ(held, 1);
  EXPECT_EQ(malformed, 1);
  EXPECT_EQ(unknown, 1);
  EXPECT_EQ(minis, 2);
  EXPECT_GE(sixteen_140, 24);
}

}  // namespace
}  // namespace greenroom
