// The Apple-silicon model Mac takes what a git build of the engine was seen to send it, and refuses the rest.
#include <gmock/gmock.h>

#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "tests/support/mac_boot_rig.hpp"
#include "tests/support/restore_rig.hpp"

namespace greenroom::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// ---- its boot ----

struct Seen {
  const char* image;  // sent before it
  const char* command;
  std::uint8_t request = 0;
};
// As in the captured run: bRequest 1 for what starts an image.
constexpr Seen first_recovery_seen[] = {{"Ap,LocalPolicy", "lpolrestore"},
                                        {"", "getenv boot-stage"},
                                        {"RestoreDCP", "firmware"},
                                        {"ftap", "firmware"},
                                        {"", "setenv auto-boot false"},
                                        {"", "saveenv"},
                                        {"", "setenvnp boot-args rd=md0 nand-enable-reformat=1 -progress -restore"},
                                        {"RestoreLogo", "setpicture 4"},
                                        {"", "bgcolor 0 0 0"},
                                        {"iBEC", "go", 1}};
constexpr Seen second_recovery_seen[] = {
    {"", "getenv build-version"},
    {"", "getenv build-style"},
    {"", "getenv boot-stage"},
    {"", "getenv radio-error"},
    {"", "setenv auto-boot false"},
    {"", "saveenv"},
    {"RestoreLogo", "setpicture 4"},
    {"", "bgcolor 0 0 0"},
    {"RestoreTrustCache", "firmware"},
    {"", "getenv ramdisk-size"},
    {"RestoreRamDisk", "getenv ramdisk-delay"},
    {"", "ramdisk"},
    {"RestoreDeviceTree", "devicetree"},
    {"RestoreSEP", "rsepfirmware"},
    {"RestoreKernelCache", "setenv boot-args rd=md0 nand-enable-reformat=1 -progress -restore"},
    {"", "bootx", 1}};

class AppleSiliconBoot : public MacBootTest {
 protected:
  AppleSiliconBoot() : MacBootTest(m1_firmware()) {}
  [[nodiscard]] Octets sent_as(const std::string& name) const {
    const bool policy = name == "Ap,LocalPolicy";
    const Component& c = firmware_.at(name);
    return img4(im4p(c.tag, c.payload), mac_.ticket(policy ? TicketKind::local_policy : TicketKind::restore));
  }
  bool obeys(const Seen& seen) {
    if (*seen.image != '\0') upload(sent_as(seen.image));
    return command(seen.command, seen.request);
  }
  void start_ibss() {
    download(sent_as("iBSS"));
    mac_.leave();
  }
};

TEST_F(AppleSiliconBoot, GoesFromDfuToTheRestoreOsByWhatTheEngineWasSeenToSend) {
  start_ibss();
  for (const Seen& seen : first_recovery_seen) EXPECT_TRUE(obeys(seen)) << seen.command;
  ASSERT_TRUE(mac_.leaves());
  mac_.leave();
  for (const Seen& seen : second_recovery_seen) EXPECT_TRUE(obeys(seen)) << seen.command;
  ASSERT_TRUE(mac_.leaves());
  mac_.leave();
  EXPECT_EQ(mac_.stage(), MacBoot::Stage::restore);
  EXPECT_EQ(mac_.face().product, 0x1901);
  EXPECT_THAT(mac_.wrong, IsEmpty());
  EXPECT_THAT(mac_.images, SizeIs(12));
}

TEST_F(AppleSiliconBoot, TellsWhichOfItsTwoBootsItStandsIn) {
  start_ibss();
  ASSERT_TRUE(obeys(first_recovery_seen[0]));
  ASSERT_TRUE(obeys(first_recovery_seen[1]));
  EXPECT_EQ(mac_.control({0xc0, 0, 0, 0, 255}, {}), (Octets{'1', 0}));
}

// Each command left out in turn: what comes next is refused, and nothing is started any more.
class ACommandLeftOut : public AppleSiliconBoot, public testing::WithParamInterface<std::size_t> {};
TEST_P(ACommandLeftOut, StopsTheBoot) {
  start_ibss();
  for (std::size_t i = 0; i < std::size(first_recovery_seen); ++i) {
    if (i != GetParam()) obeys(first_recovery_seen[i]);
  }
  EXPECT_FALSE(mac_.leaves());
  EXPECT_FALSE(mac_.wrong.empty());
}
INSTANTIATE_TEST_SUITE_P(First, ACommandLeftOut, testing::Range<std::size_t>(0, std::size(first_recovery_seen) - 1));

TEST_F(AppleSiliconBoot, APolicyWithTheRestoresTicketIsRefused) {
  start_ibss();
  const Component& policy = firmware_.at("Ap,LocalPolicy");
  upload(img4(im4p(policy.tag, policy.payload), mac_.ticket()));
  EXPECT_FALSE(command("lpolrestore"));
  EXPECT_THAT(mac_.wrong, ElementsAre("Ap,LocalPolicy: another Mac's ticket"));
}

TEST_F(AppleSiliconBoot, AfterARefusalNothingIsStartedThatComesInItsPlace) {
  start_ibss();
  upload(sent_as("ftap"));
  EXPECT_FALSE(command("lpolrestore"));
  for (std::size_t i = 1; i < std::size(first_recovery_seen); ++i) EXPECT_FALSE(obeys(first_recovery_seen[i]));
  EXPECT_FALSE(mac_.leaves());
}

TEST_F(AppleSiliconBoot, IsPutBackAfterARefusal) {
  start_ibss();
  EXPECT_FALSE(command("bootx", 1));
  for (const char* line : {"setenv auto-boot true", "getenv auto-boot", "saveenv", "reboot"}) EXPECT_TRUE(command(line));
  mac_.leave();
  EXPECT_EQ(mac_.stage(), MacBoot::Stage::booted);
  EXPECT_EQ(mac_.face().product, 0x1905);
}

// ---- its boot in KIS ----

class KisBootTest : public testing::Test {
 protected:
  // Both ways over that portal's endpoint; the status at the end of the answer, 0 for well.
  int status_of(std::uint8_t endpoint, const Octets& request) {
    EXPECT_TRUE(mac_.bulk(endpoint, request));
    const Octets reply = mac_.bulk(static_cast<std::uint8_t>(endpoint | 0x80), {}).value();
    return reply.at(reply.size() - 4);
  }
  void open_it() {
    EXPECT_EQ(status_of(1, {0, 0, 0xa0, 0x01, 1, 0x0a, 0x04, 0, 4, 0, 0, 0, 0x21, 0, 0, 0}), 0);
    EXPECT_EQ(status_of(1, {0, 0, 0xa0, 0x01, 1, 0x14, 0x04, 0, 4, 0, 0, 0, 0x01, 0, 0, 0}), 0);
  }
  int piece_at(std::uint8_t address, std::uint8_t byte) {
    return status_of(3, {0, 0, 0xa0, 0x10, 3, 0x0d, 0, 0, 13, 0, 0, 0, address, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, byte});
  }
  int start(std::uint8_t length) { return status_of(3, {0, 0, 0xa0, 0x10, 1, 0x03, 0x01, 0, 4, 0, 0, 0, length, 0, 0, 0}); }
  KisBoot mac_{"CPID:8103", "NONC:00"};
};

TEST_F(KisBootTest, TakesPiecesThatFollowOneAnother) {
  open_it();
  EXPECT_EQ(piece_at(0, 7), 0);
  EXPECT_EQ(piece_at(1, 8), 0);
  EXPECT_FALSE(mac_.booted());
  EXPECT_EQ(start(2), 0);
  EXPECT_TRUE(mac_.booted());
  EXPECT_EQ(mac_.image(), (Octets{7, 8}));
  EXPECT_THAT(mac_.wrong, IsEmpty());
}

TEST_F(KisBootTest, RefusesAPieceThatIsMissing) {
  open_it();
  EXPECT_EQ(piece_at(0, 7), 0);
  EXPECT_NE(piece_at(2, 8), 0);
  EXPECT_THAT(mac_.wrong, ElementsAre("a piece at 2 after 1 bytes"));
}

TEST_F(KisBootTest, DoesNotStartAnImageOfAnotherLength) {
  open_it();
  EXPECT_EQ(piece_at(0, 7), 0);
  EXPECT_NE(start(2), 0);
  EXPECT_FALSE(mac_.booted());
}

TEST_F(KisBootTest, TakesNothingBeforeItWasOpened) {
  EXPECT_NE(piece_at(0, 7), 0);
  EXPECT_THAT(mac_.wrong, ElementsAre("a request before it was opened"));
}

// ---- its restore OS, with the test in the engine's place ----

class AppleSiliconRestoreOs : public RestoreRig {
 protected:
  AppleSiliconRestoreOs() : RestoreRig(m1_firmware()) {
    connect(62078, engine_);
    say(engine_, {{"Request", "StartRestore"}});
  }
  ~AppleSiliconRestoreOs() override { cancel_all(); }

  void connect(std::uint16_t port, MuxSocket& to) {
    MuxSocket far(loop_);
    asio::local::connect_pair(to, far);
    tasks_.spawn(serve(port, std::move(far)));
  }
  asio::awaitable<void> serve(std::uint16_t port, MuxSocket socket) {
    try {
      co_await os_.serve(port, std::move(socket));
    } catch (const boost::system::system_error&) {  // the test went away
    }
  }
  static void say(MuxSocket& to, const Plist& message) {
    const std::string text = print_plist(message);
    const auto size = static_cast<std::uint32_t>(text.size());
    const Octets head{0, static_cast<std::uint8_t>(size >> 16), static_cast<std::uint8_t>(size >> 8),
                      static_cast<std::uint8_t>(size)};
    asio::write(to, asio::buffer(head));
    asio::write(to, asio::buffer(text));
  }
  // Its next request, with what it says before left out.
  Plist next_request() {
    for (;;) {
      Octets head(4);
      if (!eventually([&] { return engine_.available() >= head.size(); })) return Plist::object();
      asio::read(engine_, asio::buffer(head));
      std::string text(static_cast<std::size_t>(head[2] << 8 | head[3]), '\0');
      asio::read(engine_, asio::buffer(text));
      Plist message = parse_plist(text).value_or(Plist::object());
      said_.push_back(text_in(message, "MsgType"));
      if (said_.back() == "DataRequestMsg") return message;
    }
  }
  // Answers at the port that the request names.
  void answer(const Plist& request, const std::vector<Plist>& messages) {
    const auto port = request.at("DataPort").get<std::uint16_t>();
    ASSERT_TRUE(os_.listens(port));
    MuxSocket data(loop_);
    connect(port, data);
    for (const Plist& message : messages) say(data, message);
    ASSERT_TRUE(eventually([&] { return !os_.listens(port); }));
  }
  bool until_wrong() {
    return eventually([this] { return !os_.wrong.empty(); });
  }
  void until_the_first_file() {
    answer(next_request(), {Plist::object()});
    answer(next_request(), {{{"BuildIdentityDict", build_identity(firmware_)}, {"Variant", "Erase"}}});
    file_ = next_request();
  }

  const Octets ticket_ = ticket_for(1, {1, 2, 3});
  RestoreOs os_{model_mac(0), ticket_, firmware_, ticket_for(1, {1, 2, 3}, TicketKind::recovery_os)};
  MuxSocket engine_{loop_};
  std::vector<std::string> said_;
  Plist file_;
};

TEST_F(AppleSiliconRestoreOs, OpensOnePortForEachRequestAndOnlyForIt) {
  EXPECT_FALSE(os_.listens(50001));
  const Plist first = next_request();
  EXPECT_EQ(first.at("DataPort"), 50001);
  EXPECT_FALSE(os_.listens(50002));
  answer(first, {Plist::object()});
  EXPECT_FALSE(os_.listens(50001));
  EXPECT_EQ(next_request().at("DataPort"), 50002);
  EXPECT_THAT(os_.wrong, IsEmpty());
}

TEST_F(AppleSiliconRestoreOs, GoesNoFurtherAfterAnotherBuildsIdentity) {
  answer(next_request(), {Plist::object()});
  ModelFirmware other = firmware_;
  other.unique_build.back() ^= 1;
  answer(next_request(), {{{"BuildIdentityDict", build_identity(other)}, {"Variant", "Erase"}}});
  ASSERT_TRUE(until_wrong());
  EXPECT_THAT(os_.wrong, ElementsAre("BuildIdentityDict: another build"));
  EXPECT_EQ(std::count(said_.begin(), said_.end(), "CheckpointMsg"), 1);  // of the beginning, none of an erasure
}

TEST_F(AppleSiliconRestoreOs, TakesAFileInPieces) {
  until_the_first_file();
  const Octets& file = firmware_.files.at("RestoreVersion.plist");
  const Octets head(file.begin(), file.begin() + 100), tail(file.begin() + 100, file.end());
  answer(file_, {{{"FileData", plist_data(head)}}, {{"FileData", plist_data(tail)}}, {{"FileDataDone", true}}});
  EXPECT_EQ(next_request().at("Arguments").at("ImageName"), "__SystemVersion__");
  EXPECT_THAT(os_.wrong, IsEmpty());
}

TEST_F(AppleSiliconRestoreOs, GoesNoFurtherAfterAFileThatLacksAPiece) {
  until_the_first_file();
  const Octets& file = firmware_.files.at("RestoreVersion.plist");
  answer(file_, {{{"FileData", plist_data({file.begin(), file.end() - 1})}}, {{"FileDataDone", true}}});
  ASSERT_TRUE(until_wrong());
  EXPECT_THAT(os_.wrong, ElementsAre("PersonalizedBootObjectV3: __RestoreVersion__ is another file"));
}

TEST_F(AppleSiliconRestoreOs, GoesNoFurtherAfterAnAnswerThatBreaksOff) {
  until_the_first_file();
  {
    MuxSocket data(loop_);
    connect(file_.at("DataPort").get<std::uint16_t>(), data);
    say(data, {{"FileData", plist_data({1, 2, 3})}});
  }
  ASSERT_TRUE(until_wrong());
  EXPECT_THAT(os_.wrong, ElementsAre("PersonalizedBootObjectV3: the answer broke off"));
  EXPECT_FALSE(os_.erased);
}

}  // namespace
}  // namespace greenroom::test
