#include "config/macs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "config/csv.hpp"
#include "config/embedded.hpp"

namespace greenroom {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> lines(const std::vector<Complaint>& complaints) {
  std::vector<std::string> out;
  for (const Complaint& c : complaints) out.push_back(to_string(c));
  return out;
}

const MacModel* model(const MacsFile& f, std::string_view product_type) {
  const auto at =
      std::find_if(f.models.begin(), f.models.end(), [&](const MacModel& m) { return m.product_type == product_type; });
  return at == f.models.end() ? nullptr : &*at;
}

const std::string kMac =
    "[[mac]]\nproduct_type = \"Mac1,1\"\nname = \"One\"\nfamily = \"AppleSilicon\"\nchip_boards = [0x600008]\nbattery_Wh = "
    "70\nbrick_W = 96\ndfu_keys = \"as_laptop\"\n";

TEST(Macs, TheEmbeddedTableLoads) {
  const MacsFile f = load_macs();
  EXPECT_THAT(lines(f.complaints), IsEmpty());
  EXPECT_GT(f.models.size(), 60U);
}

TEST(Macs, ChipAndBoardAreThoseOfLibirecovery) {
  const MacsFile f = load_macs();
  ASSERT_NE(model(f, "MacBookPro18,1"), nullptr);
  EXPECT_THAT(model(f, "MacBookPro18,1")->chip_boards, ElementsAre(0x60000A));  // j316sap: chip 6000, board 0A
  EXPECT_THAT(model(f, "MacBookPro18,1")->model_numbers, ElementsAre("A2485"));
  ASSERT_NE(model(f, "MacBookPro16,1"), nullptr);
  EXPECT_THAT(model(f, "MacBookPro16,1")->chip_boards, ElementsAre(0x80123A));  // iBridge2,14
  EXPECT_EQ(model(f, "MacBookPro16,1")->family, "T2");
  EXPECT_EQ(model(f, "MacBookPro16,1")->brick_W, 96);
}

TEST(Macs, MinisAreDesktopsWithoutABattery) {
  const MacsFile f = load_macs();
  ASSERT_NE(model(f, "Macmini9,1"), nullptr);
  EXPECT_TRUE(model(f, "Macmini9,1")->desktop);
  EXPECT_EQ(model(f, "Macmini9,1")->battery_Wh, 0);
}

TEST(Macs, EveryModelOfTheExampleListButOneIsKnownByItsName) {
  const MacsFile f = load_macs();
  const BatchFile batch = read_batch(embedded("config/examples/returns.csv").value_or(""), "returns.csv");
  ASSERT_EQ(batch.rows.size(), 48U);
  std::vector<std::string> unknown;
  for (const ExpectedRow& r : batch.rows) {
    const auto at = std::find_if(f.models.begin(), f.models.end(), [&](const MacModel& m) { return m.name == r.model; });
    if (at == f.models.end()) unknown.push_back(r.model);
    else EXPECT_THAT(at->model_numbers, Contains(r.model_number)) << r.model;
  }
  EXPECT_THAT(unknown, ElementsAre("MacBook Pro (Retina, 13-inch, Early 2015)"));
}

TEST(Macs, TwoModelsWithOneBoardAreRefused) {
  const std::string other =
      "[[mac]]\nproduct_type = \"Mac1,2\"\nname = \"Two\"\nfamily = \"AppleSilicon\"\nchip_boards = [0x600008]\nbattery_Wh "
      "= 70\nbrick_W = 96\ndfu_keys = \"as_laptop\"\n";
  const MacsFile f = load_macs_text(kMac + other, "macs.toml");
  EXPECT_THAT(lines(f.complaints), ElementsAre("macs.toml:13:15: 0x600008 is also a board of Mac1,1"));
  EXPECT_THAT(f.models, IsEmpty());
}

TEST(Macs, AModelTwiceIsRefused) {
  EXPECT_THAT(lines(load_macs_text(kMac + kMac, "macs.toml").complaints),
              ElementsAre("macs.toml:10:16: \"Mac1,1\" stands in this file twice",
                          "macs.toml:11:8: \"One\" is also the name of Mac1,1",
                          "macs.toml:13:15: 0x600008 is also a board of Mac1,1"));
}

TEST(Macs, ALaptopHasABatteryAndADesktopHasNone) {
  EXPECT_THAT(
      lines(load_macs_text(
                "[[mac]]\nproduct_type = \"a\"\nname = \"b\"\nfamily = \"T2\"\nchip_boards = [1]\nbrick_W = 96\ndfu_keys = "
                "\"t2_laptop\"\n",
                "m")
                .complaints),
      ElementsAre("m:1:1: [[mac]] lacks the key \"battery_Wh\""));
  EXPECT_THAT(lines(load_macs_text(kMac + "desktop = true\n", "m").complaints),
              ElementsAre("m:6:14: a desktop has no battery: leave \"battery_Wh\" out",
                          "m:8:12: a desktop has no keys: its \"dfu_keys\" are \"desktop\""));
}

TEST(Macs, AnUnknownFamilyIsRefused) {
  std::string text = kMac;
  text.replace(text.find("AppleSilicon"), 12, "AppelSilicon");
  EXPECT_THAT(lines(load_macs_text(text, "m").complaints),
              ElementsAre("m:4:10: \"family\" in [[mac]] must be one of AppleSilicon, T2, Intel, not \"AppelSilicon\"; did "
                          "you mean \"AppleSilicon\"?"));
}

TEST(Macs, AnUnknownDfuPortIsRefusedAndTheNearestOneIsNamed) {
  EXPECT_THAT(lines(load_macs_text(kMac + "dfu_port = \"left_frond\"\n", "m").complaints),
              ElementsAre(testing::AllOf(testing::StartsWith("m:9:12: \"dfu_port\" in [[mac]] must be one of left_back, "),
                                         testing::EndsWith("did you mean \"left_front\"?"))));
}

TEST(Macs, AMacThatHasAChipNeedsItsKeysForDfu) {
  const std::string text = kMac.substr(0, kMac.find("dfu_keys"));
  EXPECT_THAT(lines(load_macs_text(text, "m").complaints), ElementsAre("m:1:1: [[mac]] lacks the key \"dfu_keys\""));
}

// A row of dfu_facts.tsv.
struct DfuFact {
  std::uint32_t chip_board{};
  std::string port, entry;
};

std::vector<DfuFact> dfu_facts() {
  std::ifstream in(GREENROOM_SOURCE_DIR "/tests/config/dfu_facts.tsv");
  std::vector<DfuFact> facts;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#') || line.starts_with("chip\t")) continue;
    std::istringstream cells(line);
    std::string chip, board;
    DfuFact f;
    std::getline(cells, chip, '\t') && std::getline(cells, board, '\t') && std::getline(cells, f.port, '\t') &&
        std::getline(cells, f.entry, '\t');
    f.chip_board = static_cast<std::uint32_t>(std::stoul(chip, nullptr, 16) << 8 | std::stoul(board, nullptr, 16));
    facts.push_back(std::move(f));
  }
  return facts;
}

TEST(Macs, EveryModelHasTheDfuPortAndKeysOfItsSourcesOrNoneIsSure) {
  const std::map<std::string, DfuPort> ports{
      {"leftmost USB-C when facing the left side", DfuPort::left_back},
      {"rightmost USB-C when facing the left side", DfuPort::left_front},
      {"rightmost USB-C when facing the rear", DfuPort::back_right},
      {"rear USB-C closest to the power input", DfuPort::back_by_power},
      {"middle rear USB-C", DfuPort::back_middle},
      {"USB-C next to the Ethernet port", DfuPort::back_by_ethernet},
      {"USB-C next to the HDMI port", DfuPort::back_by_hdmi},
      {"tower: top USB-C farthest from power button; rack: front port closest to it", DfuPort::mac_pro_2019},
      {"unverified", DfuPort::unknown}};
  const std::map<std::string, DfuKeys> keys{
      {"AS-LAPTOP", DfuKeys::as_laptop}, {"T2-LAPTOP", DfuKeys::t2_laptop}, {"DESKTOP", DfuKeys::desktop}};
  const std::vector<DfuFact> facts = dfu_facts();
  const MacsFile file = load_macs();
  for (const MacModel& m : file.models) {
    for (const std::uint32_t cb : m.chip_boards) {
      const auto fact = std::find_if(facts.begin(), facts.end(), [cb](const DfuFact& f) { return f.chip_board == cb; });
      ASSERT_NE(fact, facts.end()) << m.name;
      EXPECT_EQ(m.dfu.port, ports.at(fact->port)) << m.name;
      EXPECT_EQ(m.dfu.keys, keys.at(fact->entry)) << m.name;
    }
  }
}

TEST(Bricks, TheEmbeddedTableLoads) {
  const BricksFile f = load_bricks();
  EXPECT_THAT(lines(f.complaints), IsEmpty());
  EXPECT_FALSE(f.bricks.empty());
}

TEST(Bricks, ASmallBrickWithoutPowerFactorCorrectionDrawsAsMuchAsALargeOneWithIt) {
  const Brick small{"s", Watts::of(61), 0.60, 0.90};
  const Brick large{"l", Watts::of(96), 0.97, 0.90};
  EXPECT_EQ(small.draw_at(Volts::of(120)).milli, 942);  // 61 / (0.90 * 0.60 * 120) = 0.94136
  EXPECT_EQ(large.draw_at(Volts::of(120)).milli, 917);  // 96 / (0.90 * 0.97 * 120) = 0.91638
}

TEST(Bricks, NameplateIsForASupplyAtNineTenths) {
  const Brick b{"b", Watts::of(140), 0.97, 0.90};
  EXPECT_EQ(b.nameplate(Volts::of(120)).milli, 1485);  // 140 / (0.90 * 0.97 * 108) = 1.48487
  EXPECT_EQ(b.nameplate(Volts::of(230)).milli, 775);   // 140 / (0.90 * 0.97 * 207) = 0.77472
}

TEST(Bricks, ABrickTwiceIsRefused) {
  const std::string one = "[[brick]]\nname = \"a\"\noutput_W = 30\npower_factor = 0.6\nefficiency = 0.9\n";
  EXPECT_THAT(lines(load_bricks_text(one + one, "b").complaints), ElementsAre("b:7:8: \"a\" stands in this file twice"));
}

TEST(Embedded, FilesAreFoundByTheirPathInTheTree) {
  EXPECT_TRUE(embedded("config/macs.toml"));
  EXPECT_TRUE(embedded("config/examples/returns.csv"));
  EXPECT_FALSE(embedded("config/none.toml"));
}

TEST(Embedded, AFolderListsItsOwnFilesOnly) {
  std::vector<std::string> names;
  for (const DataFile& f : embedded_in("config")) names.emplace_back(f.path);
  EXPECT_THAT(names, ElementsAre("config/bricks.toml", "config/engines.toml", "config/macs.toml"));
}

TEST(Embedded, AFolderIsNoFile) {
  const auto r = read_data("/tmp");
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().message, "/tmp: is a folder, not a file");
}

TEST(Embedded, APipeIsRefusedAtOnce) {
  const std::string pipe = testing::TempDir() + "greenroom-pipe-" + std::to_string(::getpid());
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const auto r = read_data(pipe);
  ::unlink(pipe.c_str());
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().message, pipe + ": is a pipe, not a file; write its text into a file and name that");
}

TEST(Embedded, ADeviceWithoutEndIsRefused) {
  const auto r = read_data("/dev/zero");
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().message, "/dev/zero: is a device, not a file");
}

}  // namespace
}  // namespace greenroom
