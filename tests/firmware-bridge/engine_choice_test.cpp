#include "firmware-bridge/engine_choice.hpp"

#include <gmock/gmock.h>

namespace greenroom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// ---- the engine for a job
// -------------------------------------------------------------------------------------------------

constexpr ChipBoard air{0x8103, 0x26};
constexpr ChipBoard t2{0x8012, 0x0c};
constexpr ChipBoard m3{0x8122, 0x22};

// As engines print it: Debian's was seen, the other is the build of the captures.
constexpr std::string_view debians = "idevicerestore 1.0.0\n";
constexpr std::string_view of_git =
    "idevicerestore 1.0.0-270-g405fcd1 (libirecovery 1.3.1-5-g04d04f7, libtatsu 1.0.5-3-g60a39f3)\n";

std::string iboot(ChipBoard mac, std::uint64_t ecid) {
  char text[200];
  std::snprintf(text, sizeof text, "CPID:%04X CPRV:11 CPFM:03 SCEP:01 BDID:%02X ECID:%016llX IBFL:3C", mac.chip, mac.board,
                static_cast<unsigned long long>(ecid));
  return text;
}

UsbSighting at_port(std::uint16_t product, std::string serial) {
  return {*PortPath::parse("host/1-4.2"), 0x05ac, product, 0, std::move(serial)};
}

FirmwareFile image(const std::string& name, ChipBoard board, const std::string& build = "25B78",
                   FirmwareTrust trust = FirmwareTrust::verified) {
  FirmwareFile file;
  file.name = name;
  file.manifest =
      FirmwareManifest{"26.1", build, {board.chip == 0x8012 ? "iBridge2,4" : "MacBookAir10,1"}, {{board, "b", {}}}};
  file.trust = trust;
  return file;
}

class EngineChoice : public testing::Test {
 protected:
  EngineChoice() {
    folder.path = "/srv/ipsw";
    folder.files = {image("mac.ipsw", air), image("bridge.ipsw", t2, "23P51"), image("m3.ipsw", m3)};
  }
  Result<EngineCommand> choose(const std::string& firmware = "macos") {
    RestoreJob job(JobId{7}, *PortPath::parse("host/1-4.2"), Ecid{0xC11223344556E}, RestoreKind::erase, firmware);
    job.engine_version = decided_engine;
    job.build = decided_build;
    return choose_engine(job, {"idevicerestore", *parse_engine_version(version), usbmuxd}, seen ? &*seen : nullptr, folder,
                         user);
  }
  std::string refusal(const std::string& firmware = "macos") {
    const auto chosen = choose(firmware);
    EXPECT_FALSE(chosen);
    return chosen ? "" : chosen.error().message;
  }
  std::string_view version = of_git;
  std::vector<std::string> usbmuxd{"usbmuxd", "--foreground"};
  std::optional<UsbSighting> seen = at_port(0x1227, iboot(air, 0xC11223344556E));
  FirmwareFolder folder;
  std::optional<EngineUser> user;
  std::string decided_engine, decided_build;

  Prospect prospect(ChipBoard mac, const std::string& firmware = "macos") {
    const bool of_t2 = mac.chip == t2.chip;
    return prospect_of(*parse_engine_version(version), rows, of_t2 ? "T2" : "AppleSilicon",
                       of_t2 ? "MacBookPro15,1" : "MacBookAir10,1", mac, firmware, folder);
  }
  std::vector<EngineRow> rows{{{"1.0.0-270-g405fcd1"}, "AppleSilicon", {}, "26A1", "", Known::bad, "too old for 27"},
                              {{"1.0.0-270-g405fcd1"}, "AppleSilicon", {}, "", "", Known::good, ""}};
};

TEST_F(EngineChoice, RefusesWhatWasDecidedWithAnotherEngineOrBuild) {
  decided_engine = "1.0.0-269-g1111111";
  EXPECT_EQ(refusal(),
            "the engine is 1.0.0-270-g405fcd1 now, and this was decided with 1.0.0-269-g1111111; it is decided anew");
  decided_engine = "1.0.0-270-g405fcd1";
  decided_build = "25A354";
  EXPECT_EQ(refusal(), "the build is 25B78 now, and this was decided with 25A354; it is decided anew");
  decided_build = "25B78";
  EXPECT_TRUE(choose());
}

TEST_F(EngineChoice, SaysBeforeAMacStandsThereWhatItsModelWouldGet) {
  const Prospect known = prospect(air);
  EXPECT_EQ(known.build, "25B78");
  EXPECT_EQ(known.known.known, Known::good);
  EXPECT_EQ(prospect(t2, "bridgeos").known.known, Known::fresh);
  folder.files[0].manifest->build = "26A1";
  EXPECT_EQ(prospect(air).known.why, "too old for 27");
}

TEST_F(EngineChoice, CallsAModelThatItCannotRestoreBadWithCauseAndRemedy) {
  folder.files[0].trust = FirmwareTrust::kept;
  const Prospect stale = prospect(air);
  EXPECT_EQ(stale.known.known, Known::bad);
  EXPECT_THAT(stale.known.why, HasSubstr("greenroom firmware check --stale"));
  version = debians;
  EXPECT_THAT(prospect(air).known.why, HasSubstr("; "));
  EXPECT_EQ(prospect(air).build, "");
}

TEST_F(EngineChoice, IsTheImageOfThisMacInTheWordsOfThisEngine) {
  const auto chosen = choose();
  ASSERT_TRUE(chosen) << chosen.error().message;
  EXPECT_THAT(chosen->arguments, ElementsAre("idevicerestore", "-i", "0xC11223344556E", "-e", "-y", "-P", "--logfile", "-",
                                             "-C", ".", "/srv/ipsw/mac.ipsw"));
  EXPECT_THAT(chosen->usbmuxd, ElementsAre("usbmuxd", "--foreground"));
  EXPECT_FALSE(chosen->user);
}

TEST_F(EngineChoice, RunsAsTheSlotsUser) {
  user.emplace("greenroom-3-07", 60007, 60007);
  const auto chosen = choose();
  ASSERT_TRUE(chosen && chosen->user);
  EXPECT_EQ(chosen->user->uid, 60007U);
}

TEST_F(EngineChoice, GivesAT2ItsBridgeOsWithDebiansEngine) {
  version = debians;
  seen = at_port(0x1227, iboot(t2, 0xC11223344556E));
  const auto chosen = choose("bridgeos");
  ASSERT_TRUE(chosen) << chosen.error().message;
  EXPECT_EQ(chosen->arguments.back(), "/srv/ipsw/bridge.ipsw");
  EXPECT_EQ(chosen->arguments.front(), "stdbuf");
}

TEST_F(EngineChoice, RefusesAnEngineThatIsTooOldForThisMac) {
  version = debians;
  EXPECT_EQ(refusal(),
            "idevicerestore: 1.0.0 cannot restore Macs with Apple silicon, only T2; use idevicerestore from git of "
            "November 2025 or later, with libirecovery 1.3.1 or later");
}

TEST_F(EngineChoice, RefusesALibirecoveryThatDoesNotSeeAnM3ForTheM3Alone) {
  version = "idevicerestore 1.0.0-270-g405fcd1 (libirecovery 1.1.0, libtatsu 1)";
  EXPECT_TRUE(choose());
  seen = at_port(0x1227, iboot(m3, 0xC11223344556E));
  EXPECT_THAT(refusal(),
              HasSubstr("its libirecovery 1.1.0 does not see M3 and later Macs in DFU; use idevicerestore from git"));
}

TEST_F(EngineChoice, TakesAnEngineThatMayFail) {
  version = "idevicerestore 1.0.0-200-gabcdef0 (libirecovery 1.3.1, libtatsu 1)";
  EXPECT_TRUE(choose());
}

TEST_F(EngineChoice, RefusesAnEmptyPort) {
  seen.reset();
  EXPECT_EQ(refusal(), "no Mac is seen at host/1-4.2; check its cable, then bring it into DFU again");
}

TEST_F(EngineChoice, RefusesAnotherMacThanTheJobs) {
  seen = at_port(0x1281, iboot(air, 0xBAD) + " SRNM:[C02AAAAAAAAA]");
  EXPECT_EQ(refusal(),
            "the Mac at host/1-4.2 has the ECID 0xBAD, and this job is for 0xC11223344556E; put the right one there");
}

TEST_F(EngineChoice, TakesTheChipAndBoardOfAPortControllerAndNotItsEcid) {
  // Chip 8122 and board 22, packed into the BDID (apple_device).
  seen = at_port(0xf014, "CPID:0010 CPRV:11 CPFM:03 SCEP:01 BDID:22812200 ECID:0000000000000BAD IBFL:3C");
  const auto chosen = choose();
  ASSERT_TRUE(chosen) << chosen.error().message;
  EXPECT_EQ(chosen->arguments.back(), "/srv/ipsw/m3.ipsw");
}

TEST_F(EngineChoice, RefusesAMacThatDoesNotSayItsBoard) {
  seen = at_port(0x1901, "C02AAAAAAAAA");
  EXPECT_EQ(refusal(), "the Mac at host/1-4.2 (mode booted) does not say its chip and board; bring it into DFU");
}

TEST_F(EngineChoice, RefusesAnImageThatWasNotReadSinceTheMachineStarted) {
  folder.files[0].trust = FirmwareTrust::kept;
  EXPECT_EQ(refusal(), "mac.ipsw fits, and was not read since this machine started: greenroom firmware check --stale");
}

TEST_F(EngineChoice, TakesNoOlderImageInThePlaceOfOneThatIsOnlyStale) {
  folder.files[0].trust = FirmwareTrust::kept;
  folder.files.push_back(image("older.ipsw", air, "25A354"));
  EXPECT_THAT(refusal(), HasSubstr("check --stale"));
}

TEST_F(EngineChoice, RefusesAnImageThatWasTouchedOrIsForOthersOrIsNotThere) {
  folder.files[0].trust = FirmwareTrust::changed;
  EXPECT_THAT(refusal(), HasSubstr("mac.ipsw"));
  EXPECT_THAT(refusal(), HasSubstr("greenroom firmware check"));
  folder.files.erase(folder.files.begin());
  EXPECT_THAT(refusal(), HasSubstr("none with an erase install for chip 8103, board 26"));
  EXPECT_EQ(refusal("25C56"), "/srv/ipsw: no image of 25C56 is in the library; add one: greenroom firmware add FILE");
}

// ---- usbmuxd
// ----------------------------------------------------------------------------------------------------------------

// What Debian's 1.1.1-2+deb12u1 prints, verbatim where it matters.
constexpr std::string_view debians_help =
    "Usage: usbmuxd [OPTIONS]\n\nExpose a socket to multiplex connections from and to iOS devices.\n\nOPTIONS:\n"
    "  -h, --help\t\tPrint this message.\n  -v, --verbose\t\tBe verbose (use twice or more to increase).\n"
    "  -f, --foreground\tDo not daemonize (implies one -v).\n"
    "  -p, --no-preflight\tDisable lockdownd preflight on new device.\n";
// And what its sources added in January 2021.
constexpr std::string_view socket_help =
    "  -S, --socket ADDR:PORT | PATH   Specify source ADDR and PORT or a UNIX\n"
    "            \t\tsocket PATH to use for the listening socket.\n"
    "  -P, --pidfile PATH\tSpecify a different location for the pid file, or pass\n"
    "            \t\tNONE to disable. Default: /var/run/usbmuxd.pid\n";

TEST(UsbmuxdWords, GiveItASocketAndNoPidfileAndPairWithNobody) {
  const auto words = usbmuxd_words("/opt/usbmuxd", std::string(debians_help) + std::string(socket_help));
  ASSERT_TRUE(words);
  EXPECT_THAT(*words, ElementsAre("/opt/usbmuxd", "--foreground", "--socket", "../mux/usbmuxd", "--pidfile", "NONE",
                                  "--no-preflight"));
}

TEST(UsbmuxdWords, NameAFolderOfItsOwnWhereItKnowsOne) {
  const auto words = usbmuxd_words(
      "usbmuxd", std::string(debians_help) + std::string(socket_help) + "  -C, --config-dir PATH\tSpecify a folder\n");
  ASSERT_TRUE(words);
  EXPECT_EQ((*words)[words->size() - 2], "--config-dir");
  EXPECT_EQ(words->back(), ".");
}

TEST(UsbmuxdWords, AreRefusedByDebians) {
  const auto words = usbmuxd_words("usbmuxd", debians_help);
  ASSERT_FALSE(words);
  EXPECT_THAT(words.error().message, HasSubstr("usbmuxd can have no socket of its own, as 1.1.1 and older cannot; build"));
}

}  // namespace
}  // namespace greenroom
