#include "firmware-bridge/child_program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <memory>

#include "firmware-bridge/job_files.hpp"
#include "firmware-bridge/job_watch.hpp"

namespace greenroom {
namespace {

constexpr std::size_t most_kept = 4096;

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

// The group of a child that is not reaped yet: its number is nobody else's.
struct Group {
  explicit Group(pid_t p) : pid(p) {}
  void end() const { kill(-pid, SIGKILL); }
  pid_t pid;
  bool late = false;
};

}  // namespace

std::vector<std::string> environment_with(const std::vector<std::string>& added) {
  std::vector<std::string> all;
  const auto replaced = [&added](std::string_view entry) {
    const auto name = entry.substr(0, entry.find('=') + 1);
    return std::any_of(added.begin(), added.end(), [name](const std::string& a) { return a.rfind(name, 0) == 0; });
  };
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!replaced(*entry)) all.emplace_back(*entry);
  }
  all.insert(all.end(), added.begin(), added.end());
  return all;
}

tl::expected<int, int> spawn_program(std::vector<std::string> words, std::vector<std::string> environment, int output,
                                     bool own_group) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  const int group = own_group ? POSIX_SPAWN_SETPGROUP : 0;
  posix_spawnattr_setflags(&attributes, static_cast<short>(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | group));
  pid_t child = -1;
  const int error =
      posix_spawnp(&child, words.front().c_str(), &files, &attributes, pointers(words).data(), pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) return tl::unexpected(error);
  return child;
}

Task<ProgramEnd> run_program(asio::any_io_executor executor, Clock& clock, std::vector<std::string> words,
                             TimePoint deadline) {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) co_return fail(system_error(fmt::format("{} cannot be started", words[0])));
  asio::posix::stream_descriptor output(executor, ends[0]);
  Fd input(ends[1]);
  const auto child = spawn_program(words, environment_with({}), input.get(), /*own_group=*/true);
  input = Fd();
  if (!child)
    co_return fail(Errc::bad_config,
                   fmt::format("{} cannot be started: {}; install it, or put its folder on this user's PATH", words[0],
                               std::strerror(child.error())));
  auto group = std::make_shared<Group>(*child);
  clock.call_at(deadline, [weak = std::weak_ptr<Group>(group)] {
    const auto still = weak.lock();
    if (!still) return;
    still->late = true;
    still->end();
  });
  // To its end: whoever holds the other end of the pipe is of the group.
  std::string said;
  std::array<char, 1024> block{};
  const asio::cancellation_state asked_to_end = co_await asio::this_coro::cancellation_state;
  if (asked_to_end.cancelled() != asio::cancellation_type::none) group->end();
  while (true) {
    const auto [error, n] = co_await output.async_read_some(asio::buffer(block), asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::operation_aborted) group->end();  // cancelled
    if (error) break;
    said.append(block.data(), std::min(n, most_kept - said.size()));
  }
  const auto status = co_await reap_child(executor, group->pid);
  const bool late = group->late;
  group.reset();  // reaped: its number may be anybody's now
  if (!status) co_return fail(status.error());
  if (late) co_return fail(Errc::timeout, fmt::format("{} did not end in its time and was ended", words[0]));
  co_return ProgramEnd(*status, std::move(said));
}

}  // namespace greenroom
