#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <termios.h>

#include <array>
#include <cstring>
#include <vector>

#include "tests/support/line_stage.hpp"

namespace greenroom {
namespace {

using test::FarEnd;
using test::LineStage;
using namespace std::chrono_literals;

// socat(1) as a console server, which nobody here wrote.
class Socat {
 public:
  // `far`: what stands behind the port. Ready when it listens.
  explicit Socat(const std::string& far, int wanted = 0) {
    std::array<int, 2> words{};
    if (pipe(words.data()) != 0) return;
    const std::string near = "TCP-LISTEN:" + std::to_string(wanted) + ",bind=127.0.0.1,reuseaddr";
    pid_ = fork();
    if (pid_ == 0) {
      dup2(words[1], STDERR_FILENO);
      close(words[0]);
      close(words[1]);
      execlp("socat", "socat", "-d", "-d", near.c_str(), far.c_str(), nullptr);
      _exit(127);
    }
    close(words[1]);
    said_ = words[0];
    port = port_in(words_until("listening on"));
  }
  ~Socat() { end(); }
  Socat(const Socat&) = delete;
  Socat& operator=(const Socat&) = delete;
  void end() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    close(said_);
    pid_ = -1;
  }
  int port{};

 private:
  // "... listening on AF=2 127.0.0.1:40123"
  std::string words_until(const std::string& mark) const {
    std::string all;
    for (char c{}; ::read(said_, &c, 1) == 1;) {
      if (c == '\n' && all.find(mark) != std::string::npos) return all;
      all = c == '\n' ? std::string() : all + c;
    }
    ADD_FAILURE() << "socat does not listen; is it installed? It said: " << all;
    return {};
  }
  static int port_in(const std::string& line) {
    const auto colon = line.rfind(':');
    return colon == std::string::npos ? 0 : std::stoi(line.substr(colon + 1));
  }
  pid_t pid_{-1};
  int said_{-1};
};

std::string url_of(int port) { return "tcp:127.0.0.1:" + std::to_string(port); }

class TcpLine : public testing::Test {
 protected:
  [[nodiscard]] std::string device() const { return "FILE:" + far.path + ",raw,echo=0"; }
  std::unique_ptr<SerialLine> line_to(int port) {
    auto line = stage.open(url_of(port));
    EXPECT_TRUE(line) << (line ? "" : line.error().message);
    return line ? std::move(*line) : nullptr;
  }
  Result<std::string> read(SerialLine& line) { return stage.run<std::string>(line.read_some(stage.clock.now() + 10s)); }
  Result<void> write(SerialLine& line, std::string bytes) { return stage.run<void>(line.write(std::move(bytes))); }
  LineStage stage;
  FarEnd far;  // the device that the console server has on its port
};

TEST_F(TcpLine, CarriesBytesThroughAConsoleServerAsTheyAre) {
  const Socat console(device());
  const auto line = line_to(console.port);
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  ASSERT_TRUE(write(*line, all));
  EXPECT_EQ(far.hear(256), all);
  far.say(all);
  EXPECT_EQ(stage.read(*line, all), all);
}

TEST_F(TcpLine, ConnectsByName) {
  const Socat console(device());
  const auto line = stage.open("tcp:localhost:" + std::to_string(console.port));
  ASSERT_TRUE(line) << line.error().message;
  const auto written = write(**line, "hello");
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(far.hear(5), "hello");
}

TEST_F(TcpLine, AConsoleServerThatDiesIsGoneAndIsReachedAgainWhenItIsBack) {
  Socat console(device());
  const auto line = line_to(console.port);
  ASSERT_TRUE(write(*line, "a"));
  EXPECT_EQ(far.hear(1), "a");
  console.end();
  const auto gone = read(*line);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Errc::device_gone);
  EXPECT_EQ(gone.error().message, url_of(console.port) + ": 127.0.0.1 port " + std::to_string(console.port) +
                                      " went away (it closed the connection); is the console server on? A service opens the "
                                      "line again by itself when it answers");
  const Socat again(device(), console.port);
  stage.clock.nap(1s);
  const auto written = write(*line, "b");
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(far.hear(1), "b");
}

TEST_F(TcpLine, APortWhereNobodyListensIsSaidSo) {
  int port = 0;
  {
    const Socat console(device());
    port = console.port;
  }
  const auto line = line_to(port);
  const auto written = write(*line, "a");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::device_gone);
  EXPECT_EQ(written.error().message, url_of(port) + ": 127.0.0.1 port " + std::to_string(port) +
                                         " does not answer (Connection refused); is the console server on, is that its raw "
                                         "port, does another client have it?");
}

TEST_F(TcpLine, AConnectThatIsNotAnsweredEndsAfterFiveSeconds) {
  // Linux drops who knocks at a listener whose queue is full.
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof here;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&here), size), 0);
  ASSERT_EQ(listen(listener, 0), 0);
  getsockname(listener, reinterpret_cast<sockaddr*>(&here), &size);
  std::vector<int> queue;
  for (int i = 0; i < 4; ++i) {
    queue.push_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    connect(queue.back(), reinterpret_cast<sockaddr*>(&here), size);
  }
  const auto line = line_to(ntohs(here.sin_port));
  const auto writing = stage.start<void>(line->write("a"));
  EXPECT_FALSE(writing->has_value());
  EXPECT_EQ(*stage.clock.next(), TimePoint{} + 5s);
  stage.clock.run_next();
  const auto r = stage.finish<void>(writing);
  ASSERT_FALSE(r);
  EXPECT_NE(r.error().message.find("does not answer (no answer within 5 s)"), std::string::npos) << r.error().message;
  for (const int fd : queue) close(fd);
  close(listener);
}

TEST_F(TcpLine, ANameThatCannotBeIsSaidSo) {
  const auto line = stage.open("tcp:console..lan:2001");
  ASSERT_TRUE(line) << line.error().message;
  const auto written = write(**line, "a");
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find("the name console..lan is not found ("), std::string::npos)
      << written.error().message;
}

TEST_F(TcpLine, APortThatSpeaksTelnetIsRefusedWithTheRemedy) {
  const Socat console(device());
  const auto line = line_to(console.port);
  ASSERT_TRUE(write(*line, "?"));
  EXPECT_EQ(far.hear(1), "?");
  far.say("\xff\xfd\x18");  // RFC 854, RFC 1091: IAC DO TERMINAL-TYPE, as telnetd(8) begins
  const auto r = read(*line);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Errc::protocol);
  EXPECT_EQ(r.error().message, url_of(console.port) + ": this port speaks telnet; use its raw port");
}

}  // namespace
}  // namespace greenroom
