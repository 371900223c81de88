// A journal of the first version still reads, still proves its chain, and still folds to what it folded to when it was
// written. tests/journals/README.md says what lies there and why it is never written again.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "config/macs.hpp"
#include "config/recipes.hpp"
#include "config/room.hpp"
#include "controller/domain/decide.hpp"
#include "controller/journal/chain.hpp"
#include "controller/journal/fact_json.hpp"
#include "controller/journal/fold.hpp"
#include "controller/journal/keeping.hpp"
#include "tests/support/journal_rig.hpp"

namespace greenroom {
namespace {

const std::string folder = GREENROOM_SOURCE_DIR "/tests/journals/v1/";

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

// One expectation: "after SEQ WHAT [NAME] VALUE".
struct Expected {
  Seq after{};
  std::string what, name, value;
};

struct ExpectedFile {
  std::size_t facts{};
  std::string chain;
  std::vector<Expected> states;
};

ExpectedFile expected() {
  ExpectedFile file;
  for (const std::string& line : lines_of(folder + "expected.txt")) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream in(line);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    if (words.size() == 2 && words[0] == "facts") file.facts = std::stoul(words[1]);
    else if (words.size() == 2 && words[0] == "chain") file.chain = words[1];
    else if (words.size() == 4 && words[0] == "after") file.states.push_back({std::stoul(words[1]), words[2], "", words[3]});
    else if (words.size() == 5 && words[0] == "after")
      file.states.push_back({std::stoul(words[1]), words[2], words[3], words[4]});
    else ADD_FAILURE() << "expected.txt: not understood: " << line;
  }
  return file;
}

// The room as it was: its file, and the recipes of that day.
RoomSetup setup() {
  RoomSetup setup;
  RoomFile room = load_room(folder + "room.toml");
  for (const Complaint& complaint : room.complaints) ADD_FAILURE() << to_string(complaint);
  if (room.room) setup.room = std::move(*room.room);
  setup.catalogue.models = load_macs().models;
  for (const char* name : {"full-apple-silicon.toml", "full-t2.toml"}) {
    RecipesFile recipes = load_recipe_text(text_of(folder + name), name);
    for (const Complaint& complaint : recipes.complaints) ADD_FAILURE() << to_string(complaint);
    for (Recipe& recipe : recipes.recipes) setup.catalogue.recipes.push_back(std::move(recipe));
  }
  return setup;
}

std::vector<Fact> facts() {
  std::vector<Fact> facts;
  for (const std::string& line : lines_of(folder + "journal.jsonl")) {
    auto fact = fact_from_json(line);
    if (!fact) ADD_FAILURE() << line << "\n" << fact.error().message;
    else facts.push_back(std::move(*fact));
  }
  return facts;
}

// What the state says of one expectation, in the words of expected.txt.
std::string seen(const RoomSetup& setup, const RoomState& state, const Expected& e) {
  const Tally all = tally(state.visits);
  if (e.what == "packed") return std::to_string(all.packed);
  if (e.what == "in_case") return std::to_string(all.in_case);
  if (e.what == "unfinished") return std::to_string(all.unfinished);
  if (e.what == "open_cases") return std::to_string(all.open_cases);
  if (e.what == "visits") return std::to_string(state.visits.visits.size());
  if (e.what == "proof" || e.what == "released" || e.what == "step") {
    const Visit* visit = state.visits.visit(std::stoul(e.name));
    if (visit == nullptr) return "no such visit";
    if (e.what == "step") return std::string(to_string(setup.catalogue.recipes[visit->recipe].steps[visit->step].kind));
    return e.what == "proof" ? visit->proof : visit->released;
  }
  if (e.what == "case_owner") return state.visits.cases[std::stoul(e.name) - 1].owner;
  const auto outlet = find_outlet(setup.room, e.name);
  if (!outlet) return "not understood";
  const OutletRecord& record = state.power.outlets[outlet->value];
  if (e.what == "sensed") return std::string(to_string(record.sensed));
  if (e.what == "lease") return record.lease ? std::to_string(*record.lease) : "none";
  if (e.what == "grant") return record.granted ? "yes" : "no";
  return "not understood";
}

TEST(JournalV1, EveryLineIsReadInOrder) {
  const std::vector<Fact> all = facts();
  ASSERT_EQ(all.size(), expected().facts);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].seq, i + 1);
}

TEST(JournalV1, ItsChainEndsInTheHashThatWasWrittenBesideIt) {
  ChainHash hash{};
  for (const std::string& line : lines_of(folder + "journal.jsonl")) hash = chain_next(hash, line);
  EXPECT_EQ(chain_hex(hash), expected().chain);
}

TEST(JournalV1, OneChangedLetterGivesAnotherHash) {
  ChainHash hash{};
  std::vector<std::string> lines = lines_of(folder + "journal.jsonl");
  ASSERT_GT(lines.size(), 20U);
  lines[20][lines[20].size() / 2] ^= 1;
  for (const std::string& line : lines) hash = chain_next(hash, line);
  EXPECT_NE(chain_hex(hash), expected().chain);
}

TEST(JournalV1, ItFoldsToTheStatesThatWereWrittenBesideIt) {
  const RoomSetup room = setup();
  std::multimap<Seq, Expected> after;
  for (const Expected& e : expected().states) after.emplace(e.after, e);
  ASSERT_FALSE(after.empty());
  RoomState state = initial_state(room);
  std::size_t compared = 0;
  for (const Fact& fact : facts()) {
    apply(room, state, fact);
    for (auto [at, end] = after.equal_range(fact.seq); at != end; ++at, ++compared) {
      const Expected& e = at->second;
      EXPECT_EQ(seen(room, state, e), e.value) << "after " << e.after << " " << e.what << " " << e.name;
    }
  }
  EXPECT_EQ(compared, after.size());
  EXPECT_EQ(state.last_seq, expected().facts);
}

// Its lines 50 and 129 wait for an outlet and for a lease; line 136 says that the lease came.
TEST(JournalV1, ItsWaitsAreOfTheKindThatTheirWordsSay) {
  const RoomSetup room = setup();
  RoomState state = initial_state(room);
  std::map<Seq, WaitKind> of_first;
  for (const Fact& fact : facts()) {
    apply(room, state, fact);
    if (const Visit* first = state.visits.visit(1); first != nullptr) of_first[fact.seq] = first->waits_for;
  }
  EXPECT_EQ(of_first[49], WaitKind::none);
  EXPECT_EQ(of_first[50], WaitKind::power);
  EXPECT_EQ(of_first[53], WaitKind::none);
  EXPECT_EQ(of_first[129], WaitKind::lease);
  EXPECT_EQ(of_first[136], WaitKind::none);
}

TEST(JournalV1, AsADatabaseItFoldsToTheSameState) {
  const RoomSetup room = setup();
  FoldedState expected_state{initial_state(room), {}};
  for (const Fact& fact : facts()) fold_in(room, expected_state, fact);
  test::TempDir data;
  ASSERT_TRUE(restore(data.path(), folder + "journal.jsonl"));
  test::Loop loop;
  const auto journal = SqliteJournal::open(loop.io.get_executor(), data / "journal.db");
  ASSERT_TRUE(journal) << journal.error().message;
  EXPECT_EQ((*journal)->chain(), expected().chain);
  const auto folded = fold(**journal, room, fingerprint_of(room));
  ASSERT_TRUE(folded) << folded.error().message;
  EXPECT_EQ(to_json(*folded), to_json(expected_state));
}

}  // namespace
}  // namespace greenroom
