// The model engine as a process: forked here, its world on the test's own loop.
#include "controller/simulate/remote_engine.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "controller/simulate/world_server.hpp"
#include "hw/async/real_clock.hpp"

namespace greenroom::sim {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

constexpr std::uint64_t some_ecid = 0xC11223344556E;

struct RemoteEngineTest : testing::Test {
  static constexpr double speed = 600;

  RemoteEngineTest() {
    char folder[] = "/tmp/greenroom-engine-XXXXXX";
    dir = ::mkdtemp(folder);
    model::WorldSpec spec;
    spec.places.push_back({"1-1", "host/1-1.1", std::nullopt, {}, 0.0});
    model::MacSpec mac;
    mac.model = "MacBookAir10,1";
    mac.chip = 0x8103;
    mac.ecid = some_ecid;
    mac.serial = "C02FK0TEST10";
    mac.capacity = WattHours::of(49.9);
    mac.input_most = Watts::of(30);
    mac.charge = 0.8;
    spec.macs.push_back(mac);
    plant = std::make_unique<model::Plant>(io.get_executor(), *clock, spec, model::FaultEnvelope::none(), Random(3));
    plant->start();
    server = std::make_unique<WorldServer>(io.get_executor(), *clock, speed, *plant, room);
    EXPECT_TRUE(server->listen(dir + "/world.sock"));
    EXPECT_TRUE(plant->plug_data(model::MacId{0}, SlotId{0}));
    EXPECT_TRUE(plant->press_dfu_keys(model::MacId{0}));
    until([this] { return truth().showing && truth().mode == model::Mode::dfu; });
  }
  ~RemoteEngineTest() override {
    end_world();
    if (gate >= 0) ::close(gate);
    std::filesystem::remove_all(dir);
  }

  void end_world() {
    if (!server) return;
    server->stop();
    until([this] { return server->idle(); });
    server.reset();
  }
  // Runs the loop until it is so; twenty real seconds at most.
  template <class F>
  void until(F so) {
    const Duration bound = boot_time() + seconds{20};
    while (!so() && boot_time() < bound) {
      io.restart();
      io.run_one_for(std::chrono::milliseconds{20});
    }
    EXPECT_TRUE(so());
  }
  model::MacTruth truth() { return plant->mac(model::MacId{0}); }

  // A gate that stays shut: it takes every connection and says nothing.
  std::string shut_gate() {
    std::string path = dir + "/gate.sock";
    gate = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un there{};
    there.sun_family = AF_UNIX;
    path.copy(there.sun_path, sizeof there.sun_path - 1);
    EXPECT_EQ(::bind(gate, reinterpret_cast<const sockaddr*>(&there), sizeof there), 0);
    EXPECT_EQ(::listen(gate, 8), 0);
    return path;
  }
  // A gate that is open joins byte for byte: to the engine it is the world's own socket.
  [[nodiscard]] std::string open_gate() const { return dir + "/world.sock"; }

  void start(const std::string& usbmuxd, double at = speed) {
    RemoteEngineOptions options;
    options.world = dir + "/world.sock";
    options.usbmuxd = usbmuxd;
    options.ecid = some_ecid;
    options.run = 7;
    options.speed = at;
    engine = ::fork();
    if (engine != 0) return;
    const int out = ::open((dir + "/stdout").c_str(), O_CREAT | O_WRONLY, 0600);
    const int err = ::open((dir + "/stderr").c_str(), O_CREAT | O_WRONLY, 0600);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    ::_exit(run_remote_engine(options));
  }
  int exit_code() {
    int status = -1;
    until([&] { return status != -1 || ::waitpid(engine, &status, WNOHANG) == engine; });
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] std::string text(const char* file) const {
    std::ifstream stream(dir + "/" + file);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  RestoreOutcome judged(int code) {
    RestoreLog log(RestoreKind::erase, Ecid{some_ecid});
    for (const auto& [file, stream] : {std::pair{"stdout", EngineStream::out}, std::pair{"stderr", EngineStream::err}}) {
      std::ifstream lines(dir + "/" + file);
      for (std::string line; std::getline(lines, line);) log.line(stream, line);
    }
    return log.finish(code);
  }

  asio::io_context io;
  std::unique_ptr<Clock> clock = make_scaled_clock(io.get_executor(), speed, WallTime{});
  std::string dir;
  Room room;
  std::unique_ptr<model::Plant> plant;
  std::unique_ptr<WorldServer> server;
  int gate = -1;
  pid_t engine = 0;
};

TEST_F(RemoteEngineTest, RestoresItsMacThroughAGateThatIsOpen) {
  std::uint64_t finished = 0;
  server->on_finish = [&](model::MacId, std::uint64_t run) { finished = run; };
  start(open_gate());
  ASSERT_EQ(exit_code(), 0) << text("stderr");
  EXPECT_TRUE(truth().erased);
  EXPECT_EQ(truth().erased_by, 7U);
  EXPECT_EQ(finished, 7U);
  const RestoreOutcome outcome = judged(0);
  EXPECT_TRUE(outcome.completed) << outcome.cause;
  EXPECT_EQ(outcome.evidence.erased, Erased::confirmed);
  EXPECT_EQ(outcome.evidence.serial, "C02FK0TEST10");
}

TEST_F(RemoteEngineTest, BehindAShutGateErasesNothingAndEndsWithTheEnginesOwnWords) {
  start(shut_gate());
  EXPECT_EQ(exit_code(), 1);
  EXPECT_FALSE(truth().erased);
  EXPECT_EQ(truth().mode, model::Mode::restore);
  EXPECT_THAT(text("stderr"), HasSubstr("Device failed to enter restore mode."));
  EXPECT_THAT(text("stdout"), HasSubstr("INFO: device serial number is C02FK0TEST10"));
}

TEST_F(RemoteEngineTest, AMacWhoseEngineWentAwayRestartsIntoRecovery) {
  start(shut_gate());
  until([this] { return truth().mode == model::Mode::restore && truth().showing; });
  ::kill(engine, SIGKILL);
  static_cast<void>(exit_code());
  until([this] { return truth().mode == model::Mode::recovery; });
  EXPECT_FALSE(truth().erased);
}

TEST_F(RemoteEngineTest, WithoutAUsbmuxdItNeverGoesPast) {
  start("");
  EXPECT_EQ(exit_code(), 1);
  EXPECT_FALSE(truth().erased);
}

TEST_F(RemoteEngineTest, EndsWithAnErrorWhenItsWorldGoes) {
  start(shut_gate());
  until([this] { return truth().mode == model::Mode::recovery; });
  end_world();
  EXPECT_EQ(exit_code(), 1);
  EXPECT_THAT(text("stderr"), HasSubstr("Could not read data"));
}

TEST_F(RemoteEngineTest, AnEngineOfAnotherSpeedIsRefusedInWordsThatNameBoth) {
  start(open_gate(), 60);
  EXPECT_EQ(exit_code(), 1);
  EXPECT_THAT(text("stderr"), HasSubstr("the world runs at speed 600 and the client at speed 60"));
}

}  // namespace
}  // namespace greenroom::sim
