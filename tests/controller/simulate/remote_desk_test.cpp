#include "controller/simulate/remote_desk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>

#include "hw/async/real_clock.hpp"
#include "tests/support/room_builder.hpp"

namespace greenroom::sim {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

// A desk and a service that says what the test wants, on one loop.
struct RemoteDeskTest : testing::Test {
  RemoteDeskTest() {
    char folder[] = "/tmp/greenroom-desk-XXXXXX";
    dir = ::mkdtemp(folder);
    test::RoomBuilder b;
    const PduId left = b.pdu("left", b.breaker("branch", 20.0), 8);
    b.slots("1", SlotKind::restore, left, 2);
    setup.room = b.room;
    desk = std::make_unique<RemoteDesk>(io.get_executor(), *clock, setup, dir, 100, "w1");
  }
  ~RemoteDeskTest() override {
    end_service();
    std::filesystem::remove_all(dir);
  }
  void start_service() {
    using Stream = asio::local::stream_protocol;
    acceptor = std::make_unique<Stream::acceptor>(io, Stream::endpoint(dir + "/greenroom.sock"));
    accept();
  }
  void accept() {
    acceptor->async_accept([this](boost::system::error_code error, asio::local::stream_protocol::socket socket) {
      if (error) return;
      links.push_back(LocalLink::adopt(io.get_executor(), *clock, socket.release()));
      asio::co_spawn(io, serve(links.back()), asio::detached);
      accept();
    });
  }
  asio::awaitable<void> serve(std::shared_ptr<LocalLink> link) {
    while (true) {
      const auto line = co_await link->read_line(never);
      if (!line) co_return;
      if (line->find("POST") != std::string::npos) {
        asked.push_back(*line);
        if (silent) link->close();  // it died before it answered
        else (void)link->write("{\"status\":200,\"body\":{\"accepted\":true,\"words\":\"done\",\"seq\":4,\"key\":\"k\"}}\n");
      } else if (line->find("chores") != std::string::npos) {
        (void)link->write(
            "{\"status\":200,\"body\":{\"chores\":[{\"visit\":3,\"serial\":\"GRX\",\"slot\":null,\"owner\":\"technician\","
            "\"kind\":\"move\",\"to\":\"shelf\",\"words\":\"move it\"}]}}\n");
      } else if (line->find("slots") != std::string::npos) {
        (void)link->write("{\"status\":200,\"body\":{\"slots\":[{\"slot\":\"1-02\",\"visit\":{\"visit\":3}}]}}\n");
      } else {
        (void)link->write(
            "{\"status\":200,\"body\":{\"to_do\":[{\"kind\":\"unproven\",\"about\":\"left:2\"},"
            "{\"kind\":\"tripped\",\"about\":\"branch\"}]}}\n");
      }
    }
  }
  void end_service() {
    acceptor.reset();
    std::filesystem::remove(dir + "/greenroom.sock");
    for (const auto& link : links) link->close();
    links.clear();
  }
  template <class F>
  void until(F so) {
    const Duration bound = boot_time() + seconds{10};
    while (!so() && boot_time() < bound) {
      io.restart();
      io.run_one_for(std::chrono::milliseconds{20});
    }
    EXPECT_TRUE(so());
  }

  asio::io_context io;
  std::unique_ptr<Clock> clock = make_scaled_clock(io.get_executor(), 100, WallTime{});
  std::string dir;
  RoomSetup setup;
  std::unique_ptr<RemoteDesk> desk;
  std::unique_ptr<asio::local::stream_protocol::acceptor> acceptor;
  std::vector<std::shared_ptr<LocalLink>> links;
  std::vector<std::string> asked;
  bool silent{};
};

TEST_F(RemoteDeskTest, ScreensShowChoresSlotsAndJobsAndAreDarkWithoutAService) {
  EXPECT_EQ(desk->state(), nullptr);
  start_service();
  TaskGroup group(io.get_executor());
  group.spawn(desk->watch());
  until([this] { return desk->state() != nullptr; });
  ASSERT_EQ(desk->chores().size(), 1U);
  EXPECT_EQ(desk->chores()[0].serial, "GRX");
  EXPECT_EQ(desk->chores()[0].to, "shelf");
  EXPECT_EQ(desk->state()->visits.slots[0].visit, 0U);
  EXPECT_EQ(desk->state()->visits.slots[1].visit, 3U);
  EXPECT_TRUE(desk->state()->power.outlets[0].proven);
  EXPECT_FALSE(desk->state()->power.outlets[1].proven);
  end_service();
  until([this] { return desk->state() == nullptr; });
  EXPECT_TRUE(desk->chores().empty());
  start_service();
  until([this] { return desk->state() != nullptr; });
  group.cancel();
  until([&group] { return group.size() == 0; });
}

TEST_F(RemoteDeskTest, AsksAgainWithTheSameKeyWhenTheServiceDiesBeforeItAnswers) {
  silent = true;
  start_service();
  std::optional<Result<Answer>> answer;
  const auto scan = [this](std::optional<Result<Answer>>& into) -> asio::awaitable<void> {
    Command command;
    command.kind = CommandKind::scan;
    command.key = "anna-1";
    command.by = "anna";
    command.label = "GRX";
    into = co_await desk->ask(std::move(command));
  };
  asio::co_spawn(io, scan(answer), asio::detached);
  until([this] { return asked.size() >= 2; });
  EXPECT_FALSE(answer);
  silent = false;
  until([&answer] { return answer.has_value(); });
  ASSERT_TRUE(answer && *answer);
  EXPECT_TRUE((*answer)->accepted);
  for (const std::string& line : asked) EXPECT_THAT(line, HasSubstr("\"key\":\"w1-anna-1\""));
}

}  // namespace
}  // namespace greenroom::sim
