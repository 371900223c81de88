#include "config/reader/reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace greenroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> lines(const Document& doc) {
  std::vector<std::string> out;
  for (const Complaint& c : doc.complaints()) out.push_back(to_string(c));
  return out;
}

TEST(Reader, AnUnknownKeyIsReportedWithItsPlaceAndTheNearestKnownKey) {
  const Document doc = Document::from_text("[[circuit]]\nname = \"a\"\nratign_A = 20\n", "room.toml");
  for (const Table& t : doc.root().tables("circuit")) {
    t.text("name");
    t.amps("rating_A", {1, 100}, Amps{});
  }
  EXPECT_THAT(lines(doc), ElementsAre("room.toml:3:1: unknown key \"ratign_A\" in [[circuit]]; did you mean \"rating_A\"?"));
}

TEST(Reader, AValueAskedForTwiceIsComplainedOfOnce) {
  const Document doc = Document::from_text("a = \"x\"\n", "f");
  doc.root().integer("a");
  doc.root().integer("a");
  EXPECT_THAT(lines(doc), ElementsAre("f:1:5: \"a\" must be a whole number, not a text"));
}

TEST(Reader, AHintLeadsFromAFarOffKeyToTheRightOne) {
  const Document doc = Document::from_text("[[circuit]]\n  amp_limit = 20\n", "room.toml");
  for (const Table& t : doc.root().tables("circuit")) {
    t.hint("amp_limit", "rating_A");
    t.amps("rating_A", {1, 100}, Amps{});
  }
  EXPECT_THAT(lines(doc),
              ElementsAre("room.toml:2:3: unknown key \"amp_limit\" in [[circuit]]; did you mean \"rating_A\"?"));
}

TEST(Reader, AKeyThatResemblesNothingGetsNoSuggestion) {
  const Document doc = Document::from_text("colour = 1\n", "f");
  doc.root().text("name", "");
  EXPECT_THAT(lines(doc), ElementsAre("f:1:1: unknown key \"colour\""));
}

TEST(Reader, AllErrorsOfAFileComeAtOnceInTheOrderOfTheirPlaces) {
  const Document doc = Document::from_text("a = 1\nb = \"x\"\nc = true\nz = 1\n", "f");
  doc.root().integer("c");
  doc.root().number("b");
  doc.root().text("a");
  EXPECT_THAT(lines(doc),
              ElementsAre("f:1:5: \"a\" must be a text, not a whole number", "f:2:5: \"b\" must be a number, not a text",
                          "f:3:5: \"c\" must be a whole number, not true or false", "f:4:1: unknown key \"z\""));
}

TEST(Reader, AMissingRequiredKeyIsReportedAtItsTable) {
  const Document doc = Document::from_text("\n[[pdu]]\nname = \"left\"\n", "room.toml");
  for (const Table& t : doc.root().tables("pdu")) {
    t.text("name");
    EXPECT_EQ(t.text("line"), "");
  }
  EXPECT_THAT(lines(doc), ElementsAre("room.toml:2:1: [[pdu]] lacks the key \"line\""));
}

TEST(Reader, AValueOutOfRangeNamesTheRangeAndIsNotUsed) {
  const Document doc = Document::from_text("rating_A = 0\nmost = 9\nleast = 1\n", "f");
  EXPECT_EQ(doc.root().amps("rating_A", {0.5, 6300}), Amps{});
  EXPECT_EQ(doc.root().integer("most", {std::numeric_limits<double>::lowest(), 5}, 3), 3);
  EXPECT_EQ(doc.root().integer("least", {2}, 4), 4);
  EXPECT_THAT(lines(doc),
              ElementsAre("f:1:12: \"rating_A\" must be from 0.5 to 6300, not 0", "f:2:8: \"most\" must be at most 5, not 9",
                          "f:3:9: \"least\" must be at least 2, not 1"));
}

TEST(Reader, AWordOutsideAnEnumerationListsTheWordsAndSuggestsOne) {
  const Document doc = Document::from_text("kind = \"brekaer\"\n", "f");
  const Choices<int> kinds{{"panel", 1}, {"breaker", 2}};
  EXPECT_EQ(doc.root().choice<int>("kind", kinds, 7), 7);
  EXPECT_THAT(lines(doc),
              ElementsAre("f:1:8: \"kind\" must be one of panel, breaker, not \"brekaer\"; did you mean \"breaker\"?"));
}

TEST(Reader, DurationsTakeTheirUnitFromTheKey) {
  const Document doc = Document::from_text("a_ms = 250\nb_s = 1.5\nc_min = 2\nd_h = 1\ne_us = 7\n", "f");
  const Table t = doc.root();
  EXPECT_EQ(t.duration("a_ms"), std::chrono::milliseconds{250});
  EXPECT_EQ(t.duration("b_s"), std::chrono::milliseconds{1500});
  EXPECT_EQ(t.duration("c_min"), std::chrono::minutes{2});
  EXPECT_EQ(t.duration("d_h"), std::chrono::hours{1});
  EXPECT_EQ(t.duration("e_us"), std::chrono::microseconds{7});
  EXPECT_TRUE(doc.ok());
}

TEST(Reader, QuantitiesAreRoundedToThousandths) {
  const Document doc = Document::from_text("x_A = 1.4404\nv_V = 120\np_W = 96.5\n", "f");
  EXPECT_EQ(doc.root().amps("x_A").milli, 1440);
  EXPECT_EQ(doc.root().volts("v_V").milli, 120'000);
  EXPECT_EQ(doc.root().watts("p_W").milli, 96'500);
}

TEST(Reader, NotANumberAndInfinityAreRefused) {
  const Document doc = Document::from_text("a = nan\nb = inf\n", "f");
  doc.root().number("a");
  doc.root().number("b");
  EXPECT_THAT(lines(doc), ElementsAre("f:1:5: \"a\" must be a finite number", "f:2:5: \"b\" must be a finite number"));
}

TEST(Reader, ASyntaxErrorIsReportedAloneWithItsPlace) {
  const Document doc = Document::from_text("a = 1\nb = = 2\n", "room.toml");
  doc.root().text("missing");
  doc.complain({1, 1}, "dropped");
  const std::vector<Complaint> all = doc.complaints();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].place.line, 2U);
  EXPECT_THAT(all[0].message, testing::StartsWith("not valid TOML: "));
}

TEST(Reader, AFileThatCannotBeOpenedIsOneError) {
  const Document doc = Document::from_file("/nonexistent/room.toml");
  doc.root().text("name");
  EXPECT_THAT(lines(doc), ElementsAre("/nonexistent/room.toml: there is no such file"));
}

TEST(Reader, ADirectoryIsNotReadAsAFile) {
  const Document doc = Document::from_file("/tmp");
  EXPECT_THAT(lines(doc), ElementsAre("/tmp: is a folder, not a file"));
}

TEST(Reader, ADeviceWithoutEndIsRefused) {
  const Document doc = Document::from_file("/dev/zero");
  EXPECT_THAT(lines(doc), ElementsAre("/dev/zero: is a device, not a file"));
}

TEST(Reader, AnErrorFoundLaterIsPutAtTheValuesPlace) {
  const Document doc = Document::from_text("[[slot]]\nname = \"1-01\"\noutlet = \"left:99\"\n", "room.toml");
  const Table t = doc.root().tables("slot").at(0);
  t.text("name");
  t.text("outlet");
  const Place place = t.place("outlet");
  doc.complain(place, "there is no outlet 99");
  EXPECT_THAT(lines(doc), ElementsAre("room.toml:3:10: there is no outlet 99"));
}

TEST(Reader, AWarningDoesNotMakeAFileBad) {
  const Document doc = Document::from_text("a = 1\n", "f");
  doc.root().integer("a");
  doc.warn({1, 1}, "odd");
  EXPECT_TRUE(doc.ok());
  EXPECT_THAT(lines(doc), ElementsAre("f:1:1: warning: odd"));
}

TEST(Reader, ListsGiveEveryItemItsPlace) {
  const Document doc = Document::from_text("banks = [\"A\",\n  \"B\"]\nn = [1, 2]\n", "f");
  const auto banks = doc.root().texts("banks");
  ASSERT_EQ(banks.size(), 2U);
  EXPECT_EQ(banks[1].value, "B");
  EXPECT_EQ(banks[1].place, (Place{2, 3}));
  EXPECT_EQ(doc.root().integers("n").at(1).value, 2);
  EXPECT_THAT(lines(doc), IsEmpty());
}

TEST(Reader, AKeyWithoutEndIsAnErrorWithItsPlace) {
  std::string deep = "name = \"a\"\na";
  for (int i = 0; i < 20'000; ++i) deep += ".a";
  const std::string words = "a key has more parts than any file of Greenroom; is this the right file?";
  EXPECT_THAT(lines(Document::from_text(deep + " = 1\n", "f")), ElementsAre("f:2:129: " + words));
  EXPECT_THAT(lines(Document::from_text("[" + deep.substr(11) + "]\n", "f")), ElementsAre("f:1:130: " + words));
}

// toml++ 3.3 ends a program by an assertion there.
TEST(Reader, AHeaderWithoutANameIsAnErrorWithItsPlace) {
  const std::string words = "not valid TOML: a table is [name], and one of a list [[name]]";
  EXPECT_THAT(lines(Document::from_text("[[[", "f")), ElementsAre("f:1:3: " + words));
  EXPECT_THAT(lines(Document::from_text("a = 1\n  [[ [b]]]\n", "f")), ElementsAre("f:2:6: " + words));
  EXPECT_THAT(lines(Document::from_text("a = [\n[[1]]]\n\n[=]\n", "f")), ElementsAre("f:4:2: " + words));
}

TEST(Reader, DotsInTextsAndCommentsAreNoKeys) {
  const std::string dots = std::string(100, '.') + " a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z";
  const Document doc = Document::from_text("# " + dots + dots + dots + "\na = \"" + dots + dots + dots + "\"\n", "f");
  doc.root().text("a");
  EXPECT_THAT(lines(doc), IsEmpty());
}

TEST(Reader, ATableInPlaceOfAListOfTablesSaysHowToWriteIt) {
  const Document doc = Document::from_text("[circuit]\nname = \"a\"\n", "f");
  EXPECT_TRUE(doc.root().tables("circuit").empty());
  EXPECT_EQ(lines(doc).at(0), "f:1:1: \"circuit\" must be a list of tables, written [[circuit]], not a table");
}

TEST(Reader, NestedTablesAreNamedByTheirPath) {
  const Document doc = Document::from_text("[read.state]\nodd = 1\n", "f");
  const auto read = doc.root().table("read");
  ASSERT_TRUE(read);
  const auto state = read->table("state");
  ASSERT_TRUE(state);
  EXPECT_EQ(state->label(), "[read.state]");
  EXPECT_THAT(lines(doc), ElementsAre("f:2:1: unknown key \"odd\" in [read.state]"));
}

TEST(Reader, KeysComeInTheOrderOfTheFile) {
  const Document doc = Document::from_text("z = 1\na = 2\nm = 3\n", "f");
  EXPECT_THAT(doc.root().keys(), ElementsAre("z", "a", "m"));
}

TEST(Reader, AnEmptyRequiredTextIsAnError) {
  const Document doc = Document::from_text("name = \"\"\n", "f");
  doc.root().text("name");
  EXPECT_THAT(lines(doc), ElementsAre("f:1:8: \"name\" must not be empty"));
}

TEST(Reader, QuotedTextHidesControlCharactersAndCutsLongText) {
  EXPECT_EQ(greenroom::quoted("a\n\x1b[2J"), "\"a\\n\\x1b[2J\"");
  EXPECT_EQ(greenroom::quoted(std::string(100, 'x')), "\"" + std::string(80, 'x') + "...\"");
}

// 0x9b alone, and U+009B, are to a terminal what ESC [ is.
TEST(Reader, QuotedTextHidesBytesThatATerminalObeys) {
  EXPECT_EQ(greenroom::quoted("a\x9b"
                              "2J"),
            R"("a\x9b2J")");
  EXPECT_EQ(greenroom::quoted("a\xc2\x9b"
                              "2J"),
            R"("a\xc2\x9b2J")");
  EXPECT_EQ(greenroom::quoted("\xff\xfe\xc3"), R"("\xff\xfe\xc3")");
  EXPECT_EQ(greenroom::quoted("\xc0\x9b\xed\xa0\x80\xf4\x90\x80\x80"), R"("\xc0\x9b\xed\xa0\x80\xf4\x90\x80\x80")");
}

TEST(Reader, QuotedTextKeepsTheLettersOfAllLanguages) {
  EXPECT_EQ(greenroom::quoted("Süd °C 机 🔌"), "\"Süd °C 机 🔌\"");
  EXPECT_EQ(greenroom::quoted(std::string(79, 'x') + "ü"), "\"" + std::string(79, 'x') + "...\"");
}

}  // namespace
}  // namespace greenroom
