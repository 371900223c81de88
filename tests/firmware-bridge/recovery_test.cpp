// Recovery against a model iBoot: commands, variables, uploads.
#include "firmware-bridge/recovery.hpp"

#include "tests/support/boot_rig.hpp"

namespace greenroom {
namespace {

using std::chrono::seconds;
using namespace test;

struct RecoveryTest : BootRig {
  RecoveryTest() {
    show("recovery");
    device = open();
  }
  Recovery recovery() { return {*device, clock, in(seconds{60})}; }
  std::unique_ptr<UsbDevice> device;
};

TEST(RecoveryCommand, IsItsWordsAndAZero) {
  EXPECT_EQ(*recovery_command("go"), (UsbBytes{std::byte{'g'}, std::byte{'o'}, std::byte{0}}));
}

TEST(RecoveryCommand, MayBe255CharactersLong) {
  EXPECT_EQ(recovery_command(std::string(255, 'x'))->size(), 256U);
  EXPECT_EQ(recovery_command(std::string(256, 'x')).error().code, Errc::usage);
}

TEST(RecoveryCommand, MayNotBeEmptyOrEndInItsMiddle) {
  EXPECT_EQ(recovery_command("").error().code, Errc::usage);
  EXPECT_EQ(recovery_command(std::string_view("a\0b", 3)).error().code, Errc::usage);
}

TEST(RecoveryRequest, IsOneForWhatStartsSomething) {
  EXPECT_EQ(recovery_request("go"), 1);
  EXPECT_EQ(recovery_request("bootx 1"), 1);
  EXPECT_EQ(recovery_request("gone"), 0);
  EXPECT_EQ(recovery_request("setenv auto-boot true"), 0);
}

TEST(RecoveryAnswer, EndsAtItsZeroWithoutBlanks) {
  EXPECT_EQ(recovery_answer({std::byte{'t'}, std::byte{'\n'}, std::byte{0}, std::byte{'x'}}), "t");
  EXPECT_EQ(recovery_answer({}), "");
}

TEST_F(RecoveryTest, AVariableIsRead) {
  Recovery on = recovery();
  EXPECT_EQ(run(on.getenv("boot-stage")), "2");
  EXPECT_EQ(run(on.getenv("no-such-thing")), "");
}

TEST_F(RecoveryTest, AVariableIsSetAndReadBack) {
  Recovery on = recovery();
  ASSERT_TRUE(run(on.setenv("auto-boot", "true")));
  EXPECT_EQ(bus.recovery.commands, (std::vector<std::string>{"setenv auto-boot true", "getenv auto-boot"}));
  EXPECT_FALSE(bus.recovery.saved.contains("auto-boot"));
}

TEST_F(RecoveryTest, AVariableThatDoesNotTakeIsTold) {
  bus.says = [](const std::string& what) -> std::optional<Octets> {
    if (!what.starts_with("c0")) return std::nullopt;
    return Octets{'n', 'o', 0};
  };
  Recovery on = recovery();
  const auto set = run(on.setenvnp("boot-args", "-v"));
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().message,
            "recovery: boot-args reads \"no\" after it was set to \"-v\"; restart the Mac and try again");
}

TEST_F(RecoveryTest, AMacThatIsGoneBeforeItAcknowledgesHasRebooted) {
  bus.fails = [this](const std::string& what) -> std::optional<Error> {
    if (what != "40 00 0000 7") return std::nullopt;
    bus.leave();
    return Error(Errc::device_gone, "left");
  };
  Recovery on = recovery();
  EXPECT_TRUE(run(on.reboot()));
}

TEST_F(RecoveryTest, ACommandThatIsRefusedIsToldWithItsWords) {
  bus.fails = [](const std::string&) -> std::optional<Error> { return Error(Errc::protocol, "stall"); };
  Recovery on = recovery();
  EXPECT_EQ(run(on.saveenv()).error().message, "recovery \"saveenv\": stall");
}

TEST_F(RecoveryTest, AFileIsSentInPieces) {
  Recovery on = recovery();
  ASSERT_TRUE(run(on.upload(UsbBytes(0x8000 + 100, std::byte{7}))));
  EXPECT_EQ(bus.recovery.uploaded, Octets(0x8000 + 100, 7));
  EXPECT_EQ(bus.asked, (std::vector<std::string>{"41 00 0000 0", "bulk 04 32768", "bulk 04 100"}));
}

TEST_F(RecoveryTest, AFileOfWholePacketsIsFollowedByAnEmptyOne) {
  Recovery on = recovery();
  ASSERT_TRUE(run(on.upload(UsbBytes(1024, std::byte{7}))));
  EXPECT_EQ(bus.asked, (std::vector<std::string>{"41 00 0000 0", "bulk 04 1024", "bulk 04 0"}));
}

TEST_F(RecoveryTest, AnEmptyFileIsRefusedBeforeAnythingIsSent) {
  Recovery on = recovery();
  EXPECT_EQ(run(on.upload({})).error().code, Errc::usage);
  EXPECT_TRUE(bus.asked.empty());
}

TEST_F(RecoveryTest, AMacThatLeavesInAnUploadIsToldWithThePlace) {
  bus.fails = [this](const std::string& what) -> std::optional<Error> {
    if (what != "bulk 04 100") return std::nullopt;
    bus.leave();
    return Error(Errc::device_gone, "port host/1-1.1: the device left");
  };
  Recovery on = recovery();
  EXPECT_EQ(run(on.upload(UsbBytes(0x8000 + 100, std::byte{7}))).error().message,
            "recovery upload, byte 32768: port host/1-1.1: the device left");
}

}  // namespace
}  // namespace greenroom
