#include "controller/simulate/world_server.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>

#include "config/embedded.hpp"
#include "controller/simulate/remote_world.hpp"
#include "hw/async/real_clock.hpp"
#include "hw/async/task_group.hpp"
#include "hw/pdu/make_pdu.hpp"
#include "tests/support/room_builder.hpp"

namespace greenroom::sim {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

// Two processes' worth of room in one program: the world's loop and the client's are one, their only tie is the socket.
struct WorldServerTest : testing::Test {
  static constexpr double speed = 100;

  WorldServerTest() {
    char folder[] = "/tmp/greenroom-world-XXXXXX";
    dir = ::mkdtemp(folder);
    path = dir + "/world.sock";
    test::RoomBuilder b;
    const CircuitId branch = b.breaker("branch", 20.0);
    const PduId left = b.pdu("left", branch, 8);
    b.slots("1", SlotKind::restore, left, 2);
    room = b.room;
    for (std::size_t i = 0; i < room.slots.size(); ++i) room.slots[i].data_port = "host/1-1." + std::to_string(i + 1);
    build();
  }
  ~WorldServerTest() override {
    end_world();
    std::filesystem::remove_all(dir);
  }

  void build() {
    spec = model::WorldSpec{};
    for (const Circuit& c : room.circuits) spec.circuits.push_back({c.name, c.parent, c.hard, c.continuous, {}, {}, {}});
    model::PduSpec pdu;
    pdu.name = "left";
    pdu.device = model::Device::rpc3;
    pdu.circuit = room.pdus.front().circuit;
    spec.pdus.push_back(pdu);
    for (const Outlet& o : room.outlets) spec.outlets.push_back({o.pdu, o.number, o.circuit, 0});
    for (const Slot& s : room.slots) {
      model::PlaceSpec place;
      place.name = s.name;
      place.data_port = s.data_port;
      place.outlet = s.outlet;
      place.brick = Watts::of(140);
      spec.places.push_back(place);
    }
    model::MacSpec mac;
    mac.model = "MacBookAir10,1";
    mac.chip = 0x8103;
    mac.ecid = 0xC11223344556E;
    mac.serial = "C02FK0TEST10";
    mac.capacity = WattHours::of(49.9);
    mac.input_most = Watts::of(30);
    mac.charge = 0.8;
    spec.macs.push_back(mac);
  }
  void start_world() {
    plant = std::make_unique<model::Plant>(io.get_executor(), *clock, spec, model::FaultEnvelope::none(), Random(3));
    plant->start();
    server = std::make_unique<WorldServer>(io.get_executor(), *clock, speed, *plant, room);
    const auto listening = server->listen(path);
    ASSERT_TRUE(listening) << listening.error().message;
  }
  void end_world() {
    if (!server) return;
    server->stop();
    until([this] { return server->idle(); });
    server.reset();
    plant.reset();
  }
  // Runs the loop until it is so; ten real seconds at most.
  template <class F>
  void until(F so) {
    const Duration bound = boot_time() + seconds{10};
    while (!so() && boot_time() < bound) {
      io.restart();
      io.run_one_for(std::chrono::milliseconds{50});
    }
    EXPECT_TRUE(so());
  }
  template <class T>
  static asio::awaitable<void> keep(Task<T> task, std::optional<Result<T>>& into) {
    into = co_await std::move(task);
  }
  template <class T>
  Result<T> wait(Task<T> task) {
    std::optional<Result<T>> result;
    asio::co_spawn(io, keep(std::move(task), result), asio::detached);
    until([&result] { return result.has_value(); });
    return result ? std::move(*result) : Result<T>(fail(Errc::timeout, "the test waited in vain"));
  }
  [[nodiscard]] RemoteWorld world(double at = speed) { return {io.get_executor(), *clock, path, at}; }
  [[nodiscard]] TimePoint in(Duration d) const { return clock->now() + d; }

  asio::io_context io;
  std::unique_ptr<Clock> clock = make_scaled_clock(io.get_executor(), speed, WallTime{});
  std::string dir, path;
  Room room;
  model::WorldSpec spec;
  std::unique_ptr<model::Plant> plant;
  std::unique_ptr<WorldServer> server;
};

Dialect rpc3() { return *parse_dialect(*read_data("config/pdu/baytech-rpc3-nc.toml"), "rpc3"); }

TEST_F(WorldServerTest, AModelPduIsIdentifiedAndSwitchedOverItsLine) {
  start_world();
  const auto pdu = make_pdu(rpc3(), world().line("left"), *clock);
  const auto traits = wait(pdu->identify());
  ASSERT_TRUE(traits) << traits.error().message;
  EXPECT_EQ(traits->outlets, 8);
  SwitchOrder on(3, Switch::on, in(minutes{10}), [] { return Result<void>{}; });
  const auto read_back = wait(pdu->set(std::move(on)));
  ASSERT_TRUE(read_back) << read_back.error().message;
  EXPECT_EQ(read_back->state, OutletState::on);
  EXPECT_TRUE(plant->outlet_on(OutletId{2}));
}

TEST_F(WorldServerTest, ASecondOwnerOfALineIsToldWhoTheFirstIs) {
  start_world();
  const auto first = world().line("left");
  const auto second = world().line("model:left");
  ASSERT_TRUE(wait(first->write("\r")));
  const auto refused = wait(second->write("\r"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused);
  EXPECT_THAT(refused.error().message, HasSubstr("owned by process " + std::to_string(::getpid())));
}

TEST_F(WorldServerTest, ALineIsFreeAsSoonAsItsOwnerIsKilled) {
  start_world();
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t owner = ::fork();
  if (owner == 0) {  // another process owns the line and waits to be killed
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un there{};
    there.sun_family = AF_UNIX;
    path.copy(there.sun_path, sizeof there.sun_path - 1);
    const std::string hello = "{\"open\":\"line\",\"name\":\"left\",\"speed\":100}\n";
    char answer[256];
    const bool owns = ::connect(fd, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0 &&
                      ::write(fd, hello.data(), hello.size()) > 0 && ::write(ready[1], "x", 1) == 1 &&
                      ::read(fd, answer, sizeof answer) > 0 && ::write(ready[1], "y", 1) == 1;
    while (owns) ::pause();
    ::_exit(1);
  }
  ASSERT_GT(owner, 0);
  struct stat unused {};
  ASSERT_EQ(::fstat(ready[0], &unused), 0);
  ASSERT_EQ(::fcntl(ready[0], F_SETFL, O_NONBLOCK), 0);
  std::string told;
  until([&] {
    char c = 0;
    while (::read(ready[0], &c, 1) == 1) told += c;
    return told == "xy";
  });
  const auto line = world().line("left");
  const auto refused = wait(line->write("\r"));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("owned by process " + std::to_string(owner)));
  ::kill(owner, SIGKILL);
  ASSERT_EQ(::waitpid(owner, nullptr, 0), owner);
  const auto taken = wait(line->write("\r"));
  EXPECT_TRUE(taken) << taken.error().message;
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(WorldServerTest, AClientOfAnotherSpeedIsRefusedInWordsThatNameBoth) {
  start_world();
  const auto line = world(60).line("left");
  const auto refused = wait(line->write("\r"));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("the world runs at speed 100 and the client at speed 60"));
}

TEST_F(WorldServerTest, ALineThatTheRoomDoesNotHaveIsRefused) {
  start_world();
  const auto refused = wait(world().line("right")->write("\r"));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("no line \"right\""));
}

TEST_F(WorldServerTest, ALineWithoutAWorldIsGoneAndIdentifiesAnewWhenTheWorldIsBack) {
  const auto pdu = make_pdu(rpc3(), world().line("left"), *clock);
  const auto none = wait(pdu->identify());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::device_gone);
  EXPECT_THAT(none.error().message, HasSubstr("greenroom model"));
  start_world();
  ASSERT_TRUE(wait(pdu->identify()));
  end_world();
  EXPECT_FALSE(wait(pdu->read(Depth::supervise)));
  start_world();
  const auto back = wait(pdu->identify());
  EXPECT_TRUE(back) << back.error().message;
}

TEST_F(WorldServerTest, MacsArriveAndLeaveAndPortsEmptyWhenTheWorldEnds) {
  const auto bus = world().bus();  // opened before the world is there
  std::optional<Result<UsbEvent>> first;
  asio::co_spawn(io, keep(bus->next_event(), first), asio::detached);
  start_world();
  ASSERT_TRUE(plant->plug_data(model::MacId{0}, SlotId{1}));
  ASSERT_TRUE(plant->press_power(model::MacId{0}));
  until([&first] { return first.has_value(); });
  ASSERT_TRUE(first && *first);
  const auto* arrived = std::get_if<UsbArrived>(&**first);
  ASSERT_NE(arrived, nullptr);
  EXPECT_EQ(arrived->device.path.text(), "host/1-1.2");
  EXPECT_EQ(arrived->device.vendor, 0x05ac);
  EXPECT_EQ(arrived->device.serial, "C02FK0TEST10");
  plant->unplug_data(model::MacId{0});
  auto next = wait(bus->next_event());
  ASSERT_TRUE(next && std::holds_alternative<UsbLeft>(*next));
  ASSERT_TRUE(plant->plug_data(model::MacId{0}, SlotId{0}));
  next = wait(bus->next_event());
  ASSERT_TRUE(next && std::holds_alternative<UsbArrived>(*next));
  end_world();
  next = wait(bus->next_event());
  ASSERT_TRUE(next && std::holds_alternative<UsbLeft>(*next));
  EXPECT_EQ(std::get<UsbLeft>(*next).path.text(), "host/1-1.1");
}

TEST_F(WorldServerTest, AnActionBringsTheMacIntoDfuAndOutAgain) {
  start_world();
  ASSERT_TRUE(plant->plug_data(model::MacId{0}, SlotId{0}));
  const auto bus = world().bus();
  UsbTable table(*bus, *clock);
  TaskGroup group(io.get_executor());
  group.spawn(table.run());
  const auto macs = world().mac_actions(table);
  const auto port = *PortPath::parse("host/1-1.1");
  const auto device = wait(macs->enter_dfu(port, in(minutes{2})));
  ASSERT_TRUE(device) << device.error().message;
  EXPECT_EQ(device->mode, MacMode::dfu);
  EXPECT_EQ(device->ecid, Ecid{0xC11223344556E});
  const auto left = wait(macs->leave_dfu(port, in(minutes{2})));
  EXPECT_TRUE(left) << left.error().message;
  const auto nobody = wait(macs->enter_dfu(*PortPath::parse("host/1-1.2"), in(minutes{2})));
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, Errc::device_gone);
  group.cancel();
  until([&group] { return group.size() == 0; });
}

TEST_F(WorldServerTest, CancellingEndsEveryWaitAtOnce) {
  start_world();
  const auto bus = world().bus();
  UsbTable table(*bus, *clock);
  const auto line = world().line("left");
  const auto macs = world().mac_actions(table);
  TaskGroup group(io.get_executor());
  const auto reads = [](SerialLine& from) -> asio::awaitable<void> { (void)co_await from.read_some(never); };
  const auto acts = [](MacActions& on) -> asio::awaitable<void> {
    (void)co_await on.enter_dfu(*PortPath::parse("host/1-1.1"), never);
  };
  ASSERT_TRUE(plant->plug_data(model::MacId{0}, SlotId{0}));
  group.spawn(table.run());
  group.spawn(reads(*line));
  group.spawn(acts(*macs));
  ASSERT_TRUE(wait(clock->sleep_until(in(seconds{1}))));
  EXPECT_EQ(group.size(), 3U);
  group.cancel();
  io.restart();
  io.poll();
  EXPECT_EQ(group.size(), 0U);
}

TEST_F(WorldServerTest, ALiveSocketIsRefusedAndAStaleOneReplaced) {
  start_world();
  WorldServer second(io.get_executor(), *clock, speed, *plant, room);
  const auto refused = second.listen(path);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("served by process " + std::to_string(::getpid())));
  end_world();
  EXPECT_FALSE(std::filesystem::exists(path));
  const int stale = ::socket(AF_UNIX, SOCK_STREAM, 0);  // what a killed world leaves behind
  sockaddr_un there{};
  there.sun_family = AF_UNIX;
  path.copy(there.sun_path, sizeof there.sun_path - 1);
  ASSERT_EQ(::bind(stale, reinterpret_cast<const sockaddr*>(&there), sizeof there), 0);
  ::close(stale);
  start_world();
  EXPECT_TRUE(wait(world().line("left")->write("\r")));
}

TEST_F(WorldServerTest, AFileInPlaceOfTheSocketIsLeftAlone) {
  std::ofstream(path) << "precious";
  plant = std::make_unique<model::Plant>(io.get_executor(), *clock, spec, model::FaultEnvelope::none(), Random(3));
  WorldServer wrong(io.get_executor(), *clock, speed, *plant, room);
  EXPECT_FALSE(wrong.listen(path));
  EXPECT_EQ(std::filesystem::file_size(path), 8U);
}

}  // namespace
}  // namespace greenroom::sim
