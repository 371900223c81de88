// A place for engine jobs of real processes: a directory of its own, engines as small scripts, a stand-in for usbmuxd.
// Whatever was started ends with the test, and nothing else does: the test adopts what its gates leave behind
// (PR_SET_CHILD_SUBREAPER) and ends its own children alone.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "firmware-bridge/gate_process.hpp"
#include "firmware-bridge/process_engine.hpp"
#include "hw/async/real_clock.hpp"
#include "hw/async/task_group.hpp"

namespace greenroom::test {

constexpr Ecid the_mac{0xC11223344556E};  // of the captures
constexpr auto patience = std::chrono::seconds{20};

inline RestoreJob a_job(std::uint64_t id, RestoreKind kind = RestoreKind::erase) {
  return {JobId{id}, *PortPath::parse("host/1-4.2"), the_mac, kind, "/srv/ipsw/mac.ipsw"};
}

class JobRig : public testing::Test {
 protected:
  JobRig() {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    signal(SIGPIPE, SIG_IGN);
    std::string pattern = testing::TempDir() + "greenroom-job-XXXXXX";
    root_ = mkdtemp(pattern.data());
    renew_controller();
  }
  ~JobRig() override {
    cancel_all();
    engine_.reset();
    end_my_children();
    std::filesystem::remove_all(root_);
  }

  // ---- files
  [[nodiscard]] std::string path(const std::string& name) const { return root_ + "/" + name; }
  [[nodiscard]] std::string job_path(std::uint64_t id, const std::string& name = "") const {
    return path("jobs/" + std::to_string(id) + "/" + name);
  }
  [[nodiscard]] static std::string read_file(const std::string& name) {
    std::ifstream file(name);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  static void write_file(const std::string& name, const std::string& text) { std::ofstream(name) << text; }
  [[nodiscard]] static std::string capture(const std::string& name) {
    return std::string(GREENROOM_SOURCE_DIR) + "/tests/firmware-bridge/captures/" + name;
  }
  [[nodiscard]] static GateRecord gate_of(const std::string& job) { return *parse_gate(read_file(job + "gate.json")); }

  // ---- engines: a script that says what a real engine said; `pause NAME` waits until the test calls go(NAME)
  void engine_does(const std::string& script) {
    write_file(path("engine"), "#!/bin/bash\nsay() { cat " + capture("$1.stderr") + " >&2; cat " + capture("$1.stdout") +
                                   "; }\npause() { read -r word < " + path("$1") + "; }\n" + script + "\n");
    chmod(path("engine").c_str(), 0700);
    for (const char* name : {"a", "b"}) mkfifo(path(name).c_str(), 0600);
  }
  // Opens for reading and writing, so that it waits for nobody; the word stays until the engine reads it.
  void go(const std::string& name) {
    Fd fifo(open(path(name).c_str(), O_RDWR | O_CLOEXEC));
    ASSERT_EQ(write(fifo.get(), "go\n", 3), 3);
    kept_.push_back(std::move(fifo));
  }

  // ---- the controller's side
  void renew_controller() {
    engine_.reset();
    auto command = [this](const RestoreJob&) { return EngineCommand({path("engine")}, {"GREENROOM_TEST=yes"}); };
    EngineProgram program(command, {gate_program_}, path("upstream"));
    engine_ = std::make_unique<ProcessEngine>(loop_.get_executor(), *clock_, path("jobs"), std::move(program));
  }
  template <class T>
  Result<T> run(Task<T> task) {
    auto result = std::make_shared<std::optional<Result<T>>>();
    tasks_.spawn(keep(std::move(task), result));
    eventually([result] { return result->has_value(); });
    if (!*result) return fail(Errc::timeout, "the test's patience ended");
    return **result;
  }
  // Starts what goes on beside the test.
  template <class T>
  std::shared_ptr<std::optional<Result<T>>> beside(Task<T> task) {
    auto result = std::make_shared<std::optional<Result<T>>>();
    tasks_.spawn(keep(std::move(task), result));
    return result;
  }
  // Turns the loop until it holds; false when the test's patience ends.
  bool eventually(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > end) return false;
      loop_.restart();
      loop_.run_one_for(std::chrono::milliseconds{2});
    }
    return true;
  }
  // On the loop, as a task group is cancelled wherever it is used.
  void cancel_all() {
    asio::post(loop_, [this] { tasks_.cancel(); });
    eventually([this] { return tasks_.size() == 0; });
  }
  RestoreOutcome attach(std::uint64_t id) {
    auto outcome = run(engine_->attach(JobId{id}, nullptr));
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome ? *outcome : RestoreOutcome{};
  }
  void start(std::uint64_t id) {
    const auto started = run(engine_->start(a_job(id)));
    ASSERT_TRUE(started) << started.error().message;
  }

  // ---- sockets
  [[nodiscard]] Fd listen_upstream() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path("upstream").c_str(), sizeof address.sun_path - 1);
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << std::strerror(errno);
    EXPECT_EQ(listen(socket.get(), 16), 0);
    return socket;
  }
  [[nodiscard]] static Fd accept_from(const Fd& listener) {
    if (!readable(listener)) return Fd();
    return Fd(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  [[nodiscard]] static bool nobody_at(const Fd& listener) {
    pollfd one{listener.get(), POLLIN, 0};
    return poll(&one, 1, 0) == 0;
  }
  [[nodiscard]] Fd connect_gate(std::uint64_t id) const {
    auto socket = connect_unix(job_path(id, "gate.sock"));
    EXPECT_TRUE(socket) << socket.error().message;
    return socket ? std::move(*socket) : Fd();
  }
  static void send(const Fd& to, const std::string& text) {
    ASSERT_EQ(::write(to.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  [[nodiscard]] static bool readable(const Fd& fd) {
    pollfd one{fd.get(), POLLIN, 0};
    return poll(&one, 1, static_cast<int>(std::chrono::milliseconds(patience).count())) == 1;
  }
  // That many bytes, or fewer when the other side has ended.
  [[nodiscard]] static std::string receive(const Fd& from, std::size_t size) {
    std::string text;
    std::array<char, 65536> part{};
    while (text.size() < size && readable(from)) {
      const ssize_t n = ::read(from.get(), part.data(), std::min(part.size(), size - text.size()));
      if (n <= 0) break;
      text.append(part.data(), static_cast<std::size_t>(n));
    }
    return text;
  }
  [[nodiscard]] static bool at_end(const Fd& from) {
    char byte;
    return readable(from) && ::read(from.get(), &byte, 1) <= 0;
  }

  // ---- processes
  [[nodiscard]] static std::size_t sockets_of(std::int32_t pid) {
    std::size_t n = 0;
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd", gone)) {
      if (std::filesystem::read_symlink(entry, gone).string().rfind("socket:", 0) == 0) ++n;
    }
    return n;
  }
  [[nodiscard]] static bool lives(ProcessId id) { return process_id(id.pid) == id; }
  static void kill_gate(const GateRecord& record) {
    const Fd gate = open_process(record.boot, record.gate);
    ASSERT_TRUE(gate);
    ASSERT_TRUE(kill_process(gate));
  }
  // Ours to end: everything that has this test as its parent, and what comes to us as those end.
  static void end_my_children() {
    const std::string self = std::to_string(getpid());
    for (;;) {
      std::istringstream children(read_file("/proc/" + self + "/task/" + self + "/children"));
      for (pid_t child = 0; children >> child;) kill(child, SIGKILL);
      if (waitpid(-1, nullptr, 0) < 0) return;
    }
  }

  std::string root_;
  std::string gate_program_ = GREENROOM_GATE_PROGRAM;
  asio::io_context loop_;
  std::unique_ptr<Clock> clock_ = make_system_clock(loop_.get_executor());
  std::unique_ptr<ProcessEngine> engine_;
  TaskGroup tasks_{loop_.get_executor()};

 private:
  template <class T>
  static asio::awaitable<void> keep(Task<T> task, std::shared_ptr<std::optional<Result<T>>> result) {
    auto value = co_await std::move(task);
    result->emplace(std::move(value));
  }
  std::vector<Fd> kept_;
};

}  // namespace greenroom::test
