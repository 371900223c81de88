// The job's own usbmuxd: started, heard to answer, and put out of the engine's reach.
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <string>
#include <string_view>

#include "firmware-bridge/gate_children.hpp"
#include "firmware-bridge/gate_process.hpp"

namespace greenroom {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::chrono::seconds patience{10};

// usbmuxd's own protocol: length, version 1, message 8 (a property list), tag; 32 bits each, little-endian (engine facts,
// 7).
std::string list_devices() {
  constexpr std::string_view question =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><dict>"
      "<key>MessageType</key><string>ListDevices</string></dict></plist>\n";
  std::string packet;
  for (const std::size_t word : {16 + question.size(), std::size_t{1}, std::size_t{8}, std::size_t{1}})
    for (const unsigned shift : {0U, 8U, 16U, 24U}) packet.push_back(static_cast<char>(word >> shift & 0xff));
  return packet.append(question);
}

// A socket that takes a connection proves little: usbmuxd makes it before it has looked for its folder and for USB. One that
// answers a question has come as far as its loop.
bool answers(SteadyClock::time_point deadline) {
  const auto socket = connect_unix(usbmuxd_socket);
  const std::string question = list_devices();
  if (!socket || write(socket->get(), question.data(), question.size()) != static_cast<ssize_t>(question.size()))
    return false;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now());
  pollfd one{socket->get(), POLLIN, 0};
  char byte = 0;
  return poll(&one, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) == 1 && read(socket->get(), &byte, 1) == 1;
}

// The last line of its own words, for people.
std::string last_words() {
  const auto text = read_whole("usbmuxd.log");
  std::string words = text && *text ? **text : std::string();
  words.erase(words.find_last_not_of('\n') + 1);
  words.erase(0, words.rfind('\n') + 1);
  return words.empty() ? "it said nothing" : "it said: " + words.substr(0, 200);
}

Result<void> until_it_answers(const std::string& program, pid_t pid) {
  constexpr const char* remedy =
      "look into usbmuxd.log of the job; it must know --socket, as builds from git of 2021 and later do";
  const auto deadline = SteadyClock::now() + patience;
  while (!answers(deadline)) {
    int status = 0;
    if (waitpid(pid, &status, WNOHANG) == pid) {
      const std::string how = WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                                                  : fmt::format("exit code {}", WEXITSTATUS(status));
      return fail(Errc::storage, fmt::format("usbmuxd ({}) ended with {} before it answered, and {}; {}", program, how,
                                             last_words(), remedy));
    }
    if (SteadyClock::now() >= deadline)
      return fail(Errc::storage, fmt::format("usbmuxd ({}) does not answer at {} within {} s, and {}; {}", program,
                                             usbmuxd_socket, patience.count(), last_words(), remedy));
    poll(nullptr, 0, 10);
  }
  return {};
}

}  // namespace

Result<void> start_usbmuxd(const GateOrder& order) {
  Pipe failed = make_pipe();
  const pid_t gate = getpid();
  const pid_t pid = failed.write ? fork() : -1;
  if (pid < 0) return fail(system_error("usbmuxd cannot be started"));
  if (pid == 0) {
    die_with(gate);
    setpgid(0, 0);
    become_child({"usbmuxd", order.usbmuxd, "usbmuxd.log", "usbmuxd.log", "usbmuxd"}, order.user, gate, failed.write);
  }
  failed.write = Fd();
  const std::string broken = read_all(failed.read);
  Result<void> ready = broken.empty() ? until_it_answers(order.usbmuxd.front(), pid) : fail(Errc::storage, broken);
  if (ready && (chown("mux", geteuid(), getegid()) != 0 || chmod("mux", 0700) != 0))
    ready = fail(system_error("mux cannot be shut to the engine"));
  if (!ready) end_children();
  return ready;
}

}  // namespace greenroom
