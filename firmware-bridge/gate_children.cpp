#include "firmware-bridge/gate_children.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>

#include "hw/async/real_clock.hpp"

namespace greenroom {
namespace {

// An engine that is forked and waits for its go.
struct Held {
  std::int32_t pid{-1};
  Pipe go, failed;
};

// For good: no saved id, no group, no capability, and no set-user-ID program gives any of them back.
bool become(const EngineUser& user) {
  return setgroups(0, nullptr) == 0 && setresgid(user.gid, user.gid, user.gid) == 0 &&
         setresuid(user.uid, user.uid, user.uid) == 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 &&
         prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

[[noreturn]] void become_engine(const GateOrder& order, Held& held, pid_t gate) {
  die_with(gate);
  setpgid(0, 0);  // what it starts itself ends with it
  held.go.write = Fd();
  char byte = 0;
  if (read(held.go.read.get(), &byte, 1) != 1) _exit(127);
  become_child({"the engine", order.engine, "stdout", "stderr", "work"}, order.user, gate, held.failed.write);
}

Held fork_engine(const GateOrder& order) {
  Held held;
  held.go = make_pipe();
  held.failed = make_pipe();
  if (!held.go.write || !held.failed.write) return held;
  const pid_t gate = getpid();
  held.pid = fork();
  if (held.pid == 0) become_engine(order, held, gate);
  held.go.read = Fd();
  held.failed.write = Fd();
  return held;
}

}  // namespace

Pipe make_pipe() {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return {};
  return {Fd(ends[0]), Fd(ends[1])};
}

std::string read_all(const Fd& from) {
  std::string text;
  char part[512];
  for (;;) {
    const ssize_t n = read(from.get(), part, sizeof part);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    text.append(part, static_cast<std::size_t>(n));
  }
}

void say(const Fd& to, std::string_view text) {
  if (to) [[maybe_unused]]
    const ssize_t n = write(to.get(), text.data(), text.size());
}

void die_with(std::int32_t gate) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != gate) _exit(127);
}

void become_child(const ChildRole& role, const std::optional<EngineUser>& user, std::int32_t gate, const Fd& failed) {
  const auto give_up = [&failed, what = std::string(role.what)](std::string_view why) {
    say(failed, system_error(what + std::string(why)).message);
    _exit(127);
  };
  for (const int number : {SIGTERM, SIGHUP, SIGINT, SIGPIPE}) signal(number, SIG_DFL);
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int out = open(role.out, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int err = open(role.err, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (nothing < 0 || out < 0 || err < 0) give_up("'s output cannot be kept");
  dup2(nothing, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& word : role.words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  if (user) {
    if (!become(*user)) give_up(" cannot run as user " + user->name);
    die_with(gate);  // a change of user has cleared it (prctl(2))
  }
  if (chdir(role.folder) != 0) give_up(fmt::format("'s folder {} cannot be entered", role.folder));
  execvp(argv[0], argv.data());
  give_up(fmt::format(" {} cannot be started", role.words.front()));
  _exit(127);
}

// What an engine left behind became our own child (PR_SET_CHILD_SUBREAPER), also where it made a session of its own.
void end_children() {
  const std::string children = fmt::format("/proc/self/task/{}/children", getpid());
  for (;;) {
    const auto text = read_whole(children);
    std::istringstream pids(text && *text ? **text : std::string());
    for (pid_t pid = 0; pids >> pid;) kill(pid, SIGKILL);
    if (waitpid(-1, nullptr, 0) < 0 && errno != EINTR) return;  // nobody is left
  }
}

// Whatever it left running in its group ends first, while its pid is still its own.
ExitRecord reap_engine(std::int32_t pid) {
  siginfo_t end{};
  while (waitid(P_PID, static_cast<id_t>(pid), &end, WEXITED | WNOWAIT) != 0 && errno == EINTR) continue;
  kill(-pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  end_children();
  ExitRecord record;
  if (WIFSIGNALED(status)) record.signal = WTERMSIG(status);
  else record.code = WEXITSTATUS(status);
  return record;
}

Result<std::int32_t> start_engine(const GateOrder& order) {
  Held held = fork_engine(order);
  if (held.pid < 0) return fail(system_error("the engine cannot be started"));
  const auto gate = process_id(getpid()), engine = process_id(held.pid);
  Result<void> recorded = fail(Errc::storage, "the engine ended before it began; look whether memory ran out");
  if (gate && engine) {
    recorded = write_whole("gate.json", print(GateRecord(boot_id(), JobLock::inode("."), *gate, *engine)));
    if (recorded) recorded = sync("gate.json");
    if (recorded) recorded = sync(".");
  }
  if (recorded) say(held.go.write, "!");
  held.go.write = Fd();
  const std::string broken = read_all(held.failed.read);
  if (recorded && broken.empty()) return held.pid;
  reap_engine(held.pid);
  if (!recorded) return fail(recorded.error());
  return fail(Errc::storage, broken);
}

}  // namespace greenroom
