// Debian's unmodified irecovery and our own DFU and recovery, each against the same model T2 Mac through the real libusb:
// the class, vendor and bulk transfers that the Mac was asked for must be the same. Not compared, and named where it stands:
//   enumeration  the standard's own requests (descriptors, configuration, claims): how a device is found is each one's own
//   read-back    ours reads a variable after it was set; irecovery does not look
//   retry        none happens here: the Mac takes everything at once
//   empty packet after a file of whole packets in recovery: libirecovery 1.3.1 and ours send it, Debian's 1.0.0 does not
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "firmware-bridge/dfu.hpp"
#include "firmware-bridge/recovery.hpp"
#include "tests/support/usb_boot_model.hpp"
#include "tests/support/usb_rig.hpp"

namespace greenroom {
namespace {

using std::chrono::seconds;
using namespace test;
using Log = std::vector<std::string>;

// A MacBook Air of 2020 in DFU showed this string, but for its ECID, which is made up.
constexpr const char* dfu_string =
    "CPID:8012 CPRV:10 CPFM:03 SCEP:01 BDID:3F ECID:000C60A800010001 IBFL:3C SRTG:[iBoot-3401.0.0.1.16]";
constexpr const char* recovery_string =
    "CPID:8012 CPRV:10 CPFM:03 SCEP:01 BDID:3F ECID:000C60A800010001 IBFL:3D SRNM:[C02GR00000]";

struct IrecoveryTest : UsbRig {
  IrecoveryTest() {
    bed.plug("1-1", hub_face());
    bed.on_transfer = [this](const std::string&, const std::string& what) { log.push_back(what); };
  }
  ~IrecoveryTest() override {
    end();  // before the models that its devices ask
    bed.unplug(port);
  }

  // The Mac in that mode, as if nobody had ever asked it for anything.
  void plug(const std::string& mode) {
    if (plugged) bed.unplug(port);
    plugged = true;
    dfu = DfuModel();
    recovery = {};
    UsbFace face = mode == "dfu" ? dfu_face(dfu_string) : recovery_face(recovery_string, " NONC:8B2D0102 SNON:00FF00FF");
    face.control = [this, mode](const UsbSetup& s, const Octets& d) {
      return mode == "dfu" ? dfu.control(s, d) : recovery.control(s, d);
    };
    face.bulk = [this](std::uint8_t e, const Octets& d, std::size_t) { return recovery.bulk(e, d); };
    bed.plug(port, std::move(face));
    log.clear();
  }

  // What irecovery asked the Mac for; its words are left in `said`.
  Log theirs(const std::string& mode, std::vector<std::string> words) {
    plug(mode);
    words.insert(words.begin(), "irecovery");
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::vector<char*> environment;
    for (char** entry = environ; *entry != nullptr; ++entry) environment.push_back(*entry);
    std::string preload = "LD_PRELOAD=libumockdev-preload.so.0";
    environment.insert(environment.begin(), preload.data());
    environment.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t child = -1;
    const int started = posix_spawnp(&child, "irecovery", &files, nullptr, arguments.data(), environment.data());
    posix_spawn_file_actions_destroy(&files);
    EXPECT_EQ(started, 0) << "irecovery cannot be started: ./run installs it";
    int status = -1;
    if (started == 0) waitpid(child, &status, 0);
    EXPECT_EQ(status, 0) << "irecovery ended otherwise";
    std::ifstream in(output);
    said.assign(std::istreambuf_iterator<char>(in), {});
    return log;
  }
  // What ours asked it for in the same state.
  template <class Work>
  Log ours(const std::string& mode, Work work) {
    plug(mode);
    start();
    run_until_named(port);
    const auto device = open(port);
    if (device == nullptr) return {};
    const auto claimed = device->claim(0, 0);
    EXPECT_TRUE(claimed) << claimed.error().message;
    work(*device);
    return log;
  }
  template <class T>
  void expect_done(Task<T> task) {
    const auto result = wait(std::move(task));
    EXPECT_TRUE(result) << result.error().message;
  }

  // `size` bytes that no two blocks have alike, in a file.
  UsbBytes image(std::size_t size) {
    UsbBytes bytes;
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::byte>((i * 7 + i / 251) & 0xff));
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(size));
    return bytes;
  }
  // Where the two first differ; comparing whole logs would print megabytes.
  static void expect_same(const Log& theirs, const Log& ours, const std::string& what) {
    EXPECT_FALSE(theirs.empty()) << what;
    EXPECT_EQ(theirs.size(), ours.size()) << what;
    const auto [a, b] = std::mismatch(theirs.begin(), theirs.end(), ours.begin(), ours.end());
    if (a == theirs.end() && b == ours.end()) return;
    ADD_FAILURE() << what << ": transfer " << a - theirs.begin() << "\n  irecovery "
                  << (a == theirs.end() ? "ended" : a->substr(0, 120)) << "\n  ours      "
                  << (b == ours.end() ? "ended" : b->substr(0, 120));
  }

  // Behind a hub: irecovery 1.0.0 reads on in its list of devices after it has freed it, which ends it (seen) where the list
  // holds but the Mac and the root hub.
  const std::string port = "1-1.1";
  bool plugged = false;
  DfuModel dfu;
  RecoveryModel recovery;
  Log log;
  std::string said;
  const std::string output = fmt::format("{}/irecovery-{}.out", testing::TempDir(), getpid());
  const std::string file = fmt::format("{}/irecovery-{}.img", testing::TempDir(), getpid());
};

// Sizes where the trailer fits into the last block, just fits, does not, and where the last block is full.
class IrecoveryImageTest : public IrecoveryTest, public testing::WithParamInterface<std::size_t> {};

TEST_P(IrecoveryImageTest, OurBootImageGoesOverTheWireAsItsDoes) {
  const UsbBytes bytes = image(GetParam());
  const Log its = theirs("dfu", {"-f", file});
  EXPECT_EQ(dfu.image().size(), bytes.size());
  const Log own = ours("dfu", [this, &bytes](UsbDevice& device) {
    Dfu on(device, *clock, within(seconds{30}));
    expect_done(on.upload(bytes));
    expect_done(on.start());
  });
  EXPECT_EQ(dfu.image().size(), bytes.size());
  EXPECT_TRUE(dfu.wrong.empty());
  expect_same(its, own, "DFU");
  EXPECT_EQ(own.front(), "a1 05 0000 0000 in 1");
  EXPECT_EQ(own.back(), "reset");
}

TEST_P(IrecoveryImageTest, OurUploadInRecoveryGoesOverTheWireAsItsDoes) {
  const UsbBytes bytes = image(GetParam());
  const Log its = theirs("recovery", {"-f", file});
  EXPECT_EQ(recovery.uploaded.size(), bytes.size());
  Log own = ours("recovery", [this, &bytes](UsbDevice& device) {
    Recovery on(device, *clock, within(seconds{30}));
    expect_done(on.upload(bytes));
  });
  EXPECT_EQ(recovery.uploaded.size(), bytes.size());
  if (bytes.size() % 512 == 0) {
    EXPECT_EQ(own.back(), "bulk 04 ");
    own.pop_back();
  }
  expect_same(its, own, "recovery");
}

INSTANTIATE_TEST_SUITE_P(Sizes, IrecoveryImageTest, testing::Values(1, 2032, 2033, 2048, 4096, 5000, 32768, 40960, 100000),
                         [](const auto& size) { return std::to_string(size.param) + "Bytes"; });

class IrecoveryCommandTest : public IrecoveryTest, public testing::WithParamInterface<std::string> {};

TEST_P(IrecoveryCommandTest, OurCommandGoesOverTheWireAsItsDoes) {
  const std::string& words = GetParam();
  const Log its = theirs("recovery", {"-c", words});
  EXPECT_EQ(recovery.commands, Log{words});
  const Log own = ours("recovery", [this, &words](UsbDevice& device) {
    Recovery on(device, *clock, within(seconds{30}));
    expect_done(on.command(words));
  });
  expect_same(its, own, words);
}

INSTANTIATE_TEST_SUITE_P(Words, IrecoveryCommandTest,
                         testing::Values("setenv auto-boot true", "setenvnp boot-args -v", "saveenv", "getenv boot-stage",
                                         "reboot"),
                         [](const auto& words) {
                           std::string name;
                           for (const char c : words.param) {
                             if (std::isalnum(static_cast<unsigned char>(c)) != 0) name += c;
                           }
                           return name;
                         });

TEST_F(IrecoveryTest, OurWayOutOfRecoveryGoesOverTheWireAsItsDoes) {
  const Log its = theirs("recovery", {"-n"});
  Log own = ours("recovery", [this](UsbDevice& device) {
    Recovery on(device, *clock, within(seconds{30}));
    expect_done(on.setenv("auto-boot", "true"));
    expect_done(on.saveenv());
    expect_done(on.reboot());
  });
  // Read-back: "getenv auto-boot", and its answer.
  const auto read_back = std::find(own.begin(), own.end(), "40 00 0000 0000 676574656E76206175746F2D626F6F7400");
  ASSERT_LT(read_back, own.end() - 1);
  EXPECT_EQ(*(read_back + 1), "c0 00 0000 0000 in 255");
  own.erase(read_back, read_back + 2);
  expect_same(its, own, "-n");
}

class IrecoveryModeTest : public IrecoveryTest, public testing::WithParamInterface<std::string> {};

TEST_P(IrecoveryModeTest, NeitherAsksAMacForAnythingToKnowWhoItIs) {
  const bool in_dfu = GetParam() == "dfu";
  EXPECT_EQ(theirs(GetParam(), {"-q"}), Log{});
  EXPECT_NE(said.find("ECID: 0x000c60a800010001"), std::string::npos) << said;
  EXPECT_EQ(theirs(GetParam(), {"-m"}), Log{});
  EXPECT_EQ(said, in_dfu ? "DFU Mode\n" : "Recovery Mode\n");
  EXPECT_EQ(ours(GetParam(), [](UsbDevice&) {}), Log{});
  EXPECT_EQ(seen(port)->serial, in_dfu ? dfu_string : recovery_string);
}

INSTANTIATE_TEST_SUITE_P(Modes, IrecoveryModeTest, testing::Values("dfu", "recovery"),
                         [](const auto& mode) { return mode.param; });

}  // namespace
}  // namespace greenroom
