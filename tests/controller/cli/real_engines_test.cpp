#include "controller/cli/real_engines.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>

#include "hw/async/manual_clock.hpp"
#include "hw/async/real_clock.hpp"
#include "hw/async/task_group.hpp"
#include "tests/support/small_ipsw.hpp"

namespace greenroom::cli {
namespace {

using testing::HasSubstr;

class RealEnginesTest : public testing::Test {
 protected:
  RealEnginesTest() {
    std::filesystem::create_directories(scratch_ / "ipsw");
    program("usbmuxd", "echo '--foreground --socket --pidfile'");
    program("engine", "echo x >>" + scratch_ / "asked" + "; echo 'idevicerestore 1.0.0-270-g405fcd1 (libirecovery 1.3.1)'");
  }
  // Another file of that name, as an installation puts it there.
  void program(const std::string& name, const std::string& script) {
    const std::string draft = scratch_ / (name + ".new");
    std::ofstream(draft) << "#!/bin/sh\n" << script << "\n";
    chmod(draft.c_str(), 0755);
    std::filesystem::rename(draft, scratch_ / name);
  }
  void add_image() {
    test::write_zip(scratch_ / "ipsw/a.ipsw", test::small_ipsw());
    auto folder = *read_firmware_folder(scratch_ / "ipsw");
    const auto mark = folder.files[0].mark;
    folder.digests.push_back({"a.ipsw", mark, std::string(64, 'a'), std::string(64, 'a'), folder.boot});
    ASSERT_TRUE(write_digests(folder));
  }
  Result<EngineCommand> command(RealEngines& engines) {
    const RestoreJob job(JobId{7}, *PortPath::parse("host/1-4.2"), Ecid{0xC11223344556E}, RestoreKind::erase, "macos");
    std::optional<Result<EngineCommand>> answer;
    asio::co_spawn(loop_, keep(engines.command(job), answer), asio::detached);
    loop_.restart();
    while (!answer) loop_.run_one();
    return *answer;
  }
  RealEngines engines() {
    EngineOptions options;
    options.engine = scratch_ / "engine";
    options.usbmuxd = scratch_ / "usbmuxd";
    options.firmware = scratch_ / "ipsw";
    return {loop_.get_executor(), *clock_, options, users_, [](const PortPath& path) {
              return UsbSighting(path, 0x05ac, 0x1227, 0,
                                 "CPID:8103 CPRV:11 CPFM:03 SCEP:01 BDID:26 ECID:000C11223344556E IBFL:3C");
            }};
  }
  static asio::awaitable<void> keep(Task<EngineCommand> task, std::optional<Result<EngineCommand>>& answer) {
    auto value = co_await std::move(task);
    answer.emplace(std::move(value));
  }
  [[nodiscard]] std::uintmax_t times_asked() const { return std::filesystem::file_size(scratch_ / "asked") / 2; }

  test::ScratchFolder scratch_;
  asio::io_context loop_;
  std::unique_ptr<Clock> clock_ = make_system_clock(loop_.get_executor());
  std::map<std::string, EngineUser> users_;
};

TEST_F(RealEnginesTest, AnEngineIsAskedOnceAndAgainWhenItsFileIsAnother) {
  add_image();
  auto real = engines();
  const auto first = command(real);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->arguments.back(), scratch_ / "ipsw/a.ipsw");
  ASSERT_TRUE(command(real));
  EXPECT_EQ(times_asked(), 1U);
  program("engine", "echo 'idevicerestore 1.0.0'");
  const auto replaced = command(real);
  ASSERT_FALSE(replaced);
  EXPECT_THAT(replaced.error().message, HasSubstr("1.0.0 cannot restore Macs with Apple silicon"));
}

TEST_F(RealEnginesTest, AnEngineThatIsMissingFailsOrIsAnotherProgramIsNamedWithARemedy) {
  add_image();
  auto real = engines();
  program("engine", "echo bash 5.2");
  EXPECT_THAT(command(real).error().message, HasSubstr("does not print a version as idevicerestore does; name an engine"));
  program("engine", "exit 3");
  EXPECT_THAT(command(real).error().message, HasSubstr("engine --version fails; is it the right program"));
  std::filesystem::remove(scratch_ / "engine");
  EXPECT_THAT(command(real).error().message, HasSubstr("engine cannot be started: No such file or directory; install it"));
}

TEST_F(RealEnginesTest, AFolderThatIsNotThereIsNamed) {
  auto real = engines();
  std::filesystem::remove(scratch_ / "ipsw");
  EXPECT_THAT(command(real).error().message, HasSubstr("ipsw cannot be read: No such file or directory; make it"));
}

TEST_F(RealEnginesTest, AnImageThatTheSlotsUserCannotReachIsToldBeforeTheStart) {
  add_image();
  users_.emplace("host/1-4.2", EngineUser("greenroom-3-07", 60007, 60007));
  auto real = engines();
  std::filesystem::permissions(scratch_ / "ipsw", std::filesystem::perms{0700});
  EXPECT_THAT(command(real).error().message, HasSubstr("ipsw cannot be entered by the slots' users"));
  std::filesystem::permissions(scratch_ / "ipsw", std::filesystem::perms{0755});
  std::filesystem::permissions(scratch_ / "ipsw/a.ipsw", std::filesystem::perms{0600});
  EXPECT_THAT(command(real).error().message, HasSubstr("a.ipsw is not readable by the slots' users: chmod o+r it"));
}

Catalogue one_model() {
  Catalogue c;
  c.models.resize(1);
  c.models[0].product_type = "MacBookAir10,1";
  c.models[0].family = "AppleSilicon";
  c.models[0].chip_boards = {0x810326};
  c.recipes.resize(1);
  c.recipes[0].steps.resize(1);
  c.recipes[0].steps[0].kind = StepKind::restore;
  c.recipes[0].steps[0].firmware = "macos";
  return c;
}

TEST_F(RealEnginesTest, WhatEachModelWouldGetIsToldAndAgainWithinAMinuteOfAnotherEngine) {
  add_image();
  auto manual = std::make_unique<ManualClock>(loop_.get_executor());
  ManualClock& time = *manual;
  clock_ = std::move(manual);
  auto real = engines();
  const Catalogue catalogue = one_model();
  std::vector<RestoreMeans> told;
  TaskGroup tasks(loop_.get_executor());
  tasks.spawn(real.tell_means(catalogue, [&told](const RestoreMeans& m) { told.push_back(m); }));
  while (told.size() < 2) loop_.run_one();
  EXPECT_EQ(told[0].trouble, "the engine and the firmware were not looked at yet");
  EXPECT_EQ(told[1].engine, "1.0.0-270-g405fcd1");
  const RestoreMeans::Choice fresh{"MacBookAir10,1", "macos", "25B78", {}};
  EXPECT_THAT(told[1].choices, testing::ElementsAre(fresh));
  program("engine", "echo 'idevicerestore 1.0.0'");
  time.nap(std::chrono::minutes{1});
  while (time.next().value_or(never) <= time.now()) time.run_next();
  while (told.size() < 3) loop_.run_one();
  EXPECT_EQ(told[2].choices[0].known.known, Known::bad);
  EXPECT_THAT(told[2].choices[0].known.why, HasSubstr("1.0.0 cannot restore Macs with Apple silicon"));
  tasks.cancel();
  loop_.run();
}

// The image is for the second of its boards alone.
TEST_F(RealEnginesTest, AModelWithTwoBoardsGetsWhatFitsOneOfThem) {
  add_image();
  auto real = engines();
  Catalogue catalogue = one_model();
  catalogue.models[0].chip_boards = {0x810399, 0x810326};
  std::vector<RestoreMeans> told;
  TaskGroup tasks(loop_.get_executor());
  tasks.spawn(real.tell_means(catalogue, [&told](const RestoreMeans& m) { told.push_back(m); }));
  while (told.size() < 2) loop_.run_one();
  const RestoreMeans::Choice fresh{"MacBookAir10,1", "macos", "25B78", {}};
  EXPECT_THAT(told[1].choices, testing::ElementsAre(fresh));
  tasks.cancel();
  loop_.run();
}

}  // namespace
}  // namespace greenroom::cli
