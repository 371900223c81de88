#include "controller/api/local_client.hpp"

#include "tests/controller/api/server_fixture.hpp"

namespace greenroom {
namespace {

using test::parsed;
using LocalClientOf = test::LocalServerOf;

TEST_F(LocalClientOf, TheClientAsksAndIsAnswered) {
  LocalClient client(io_.get_executor(), data_);
  const auto answer = ask(client.ask(ApiRequest("GET", "/api/v1/status")));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(parsed(answer->body)["room"], "test room");
}

TEST_F(LocalClientOf, TheClientWatches) {
  LocalClient client(io_.get_executor(), data_);
  const auto answer = ask(client.ask(ApiRequest("GET", "/api/v1/watch?from=1")));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  for (const std::string& expected : room_.journal.lines()) {
    const auto fact = ask(client.next_fact());
    ASSERT_TRUE(fact);
    EXPECT_EQ(*fact, expected);
  }
}

TEST_F(LocalClientOf, TheClientLivesThroughARestart) {
  LocalClient client(io_.get_executor(), data_);
  ASSERT_TRUE(ask(client.ask(ApiRequest("GET", "/api/v1/status"))));
  server_->stop();
  run();
  EXPECT_FALSE(ask(client.ask(ApiRequest("GET", "/api/v1/status"))));
  start({});
  EXPECT_TRUE(ask(client.ask(ApiRequest("GET", "/api/v1/status"))));
}

TEST_F(LocalClientOf, WithoutAServiceTheClientSaysWhatToDo) {
  LocalClient client(io_.get_executor(), "/tmp/greenroom-nobody");
  const auto answer = ask(client.ask(ApiRequest("GET", "/api/v1/status")));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message,
            "No service runs on /tmp/greenroom-nobody (greenroom.sock does not answer); start one with greenroom serve, or "
            "name another directory with --data");
}

}  // namespace
}  // namespace greenroom
