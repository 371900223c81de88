#include "firmware-bridge/gate_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include "hw/async/real_clock.hpp"
#include "hw/base/log.hpp"

namespace greenroom {
namespace {

// Every path below is relative: the gate works in the job's directory.
constexpr const char* exit_draft = "exit.new";
constexpr std::size_t exit_room = 4096;  // a block; longer words are cut
constexpr std::string_view up = "up";

struct Order {
  std::string directory, upstream;
  std::optional<EngineUser> user;
  std::vector<std::string> engine;
};

// "60007:60007". Root would be no fence.
Result<EngineUser> read_user(const std::string& text) {
  std::uint32_t uid = 0, gid = 0;
  const char *const begin = text.data(), *const end = begin + text.size();
  const auto [colon, no_uid] = std::from_chars(begin, end, uid);
  if (no_uid == std::errc{} && colon != end && *colon == ':') {
    const auto [last, no_gid] = std::from_chars(colon + 1, end, gid);
    if (no_gid == std::errc{} && last == end && uid != 0 && gid != 0) return EngineUser(text, uid, gid);
  }
  return fail(Errc::usage, "--user takes UID:GID, neither of them 0, not " + text);
}

Result<Order> read_order(const std::vector<std::string>& arguments) {
  Order order;
  auto at = arguments.begin();
  for (; at != arguments.end() && *at != "--"; at += 2) {
    if (at + 1 == arguments.end()) return fail(Errc::usage, *at + " needs a value");
    if (*at == "--job") order.directory = *(at + 1);
    else if (*at == "--upstream") order.upstream = *(at + 1);
    else if (*at == "--user") {
      auto user = read_user(*(at + 1));
      if (!user) return fail(user.error());
      order.user = std::move(*user);
    } else return fail(Errc::usage, "there is no option " + *at);
  }
  if (order.directory.empty()) return fail(Errc::usage, "--job DIR is missing");
  if (order.upstream.empty()) return fail(Errc::usage, "--upstream SOCKET is missing");
  if (at != arguments.end()) order.engine.assign(at + 1, arguments.end());
  if (order.engine.empty()) return fail(Errc::usage, "the engine is missing: -- ENGINE ARGUMENTS...");
  order.upstream = std::filesystem::absolute(order.upstream);
  return order;
}

struct Prepared {
  Prepared(JobLock l, Fd s, Fd w) : lock(std::move(l)), listener(std::move(s)), watch(std::move(w)) {}
  JobLock lock;
  Fd listener, watch;
};

Result<Fd> listen_at(const char* name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, name, sizeof address.sun_path - 1);
  unlink(name);
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket || bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(socket.get(), SOMAXCONN) != 0) {
    return fail(system_error("gate.sock cannot be made"));
  }
  return socket;
}

// The room that the last words need, taken while there still is some: a disk that fills up during a restore must not
// lose how it ended. Written over in place, it needs no new block.
Result<void> reserve_exit() {
  if (auto made = write_whole(exit_draft, std::string(exit_room, ' ')); !made) return made;
  return sync(exit_draft);
}

// The engine may search the job's directory, write in work/ and use the socket; all else is the gate's.
Result<void> give_to(const EngineUser& user) {
  if (chmod(".", 0711) == 0 && chown("work", user.uid, user.gid) == 0 && chown("gate.sock", user.uid, user.gid) == 0)
    return {};
  return fail(system_error("the job's directory cannot be given to user " + user.name));
}

Result<Prepared> prepare(const Order& order) {
  if (order.user) {
    if (auto may = check_may_become(*order.user); !may) return fail(may.error());
  }
  if (chdir(order.directory.c_str()) != 0) return fail(system_error(order.directory + " cannot be entered"));
  umask(077);
  auto lock = JobLock::take(".");
  if (!lock) return fail(lock.error());
  for (const char* mark : {"gate.json", "exit"}) {
    if (access(mark, F_OK) == 0) return fail(Errc::busy, "this job was started before, and a job is started once");
  }
  // The record is durable before anything runs. This process may wait for the disk; the controller's loop may not.
  for (const char* name : {"job.json", ".", ".."}) {
    if (access(name, F_OK) != 0) continue;  // a gate that was started by hand has no record
    if (auto synced = sync(name); !synced) return fail(synced.error());
  }
  if (auto reserved = reserve_exit(); !reserved) return fail(reserved.error());
  Fd watch(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!watch || inotify_add_watch(watch.get(), ".", IN_CREATE | IN_MOVED_TO) < 0) {
    return fail(system_error("the job's directory cannot be watched"));
  }
  auto listener = listen_at("gate.sock");
  if (!listener) return fail(listener.error());
  if (mkdir("work", 0700) != 0 && errno != EEXIST) return fail(system_error("work cannot be made"));
  if (order.user) {
    if (auto given = give_to(*order.user); !given) return fail(given.error());
  }
  return Prepared(std::move(*lock), std::move(*listener), std::move(watch));
}

void write_exit(const ExitRecord& record) {
  const std::string text = print(record);
  Result<void> kept;
  {
    const Fd draft(open(exit_draft, O_WRONLY | O_CLOEXEC));
    if (!draft || pwrite(draft.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()) ||
        ftruncate(draft.get(), static_cast<off_t>(text.size())) != 0 || fsync(draft.get()) != 0 ||
        rename(exit_draft, "exit") != 0) {
      kept = fail(system_error("how the engine ended cannot be kept"));
    }
  }
  if (kept) kept = sync(".");
  if (!kept) log::error(kept.error().message);
}

// ---- the engine -------------------------------------------------------------------------------------------------------

struct Pipe {
  Fd read, write;
};
Pipe make_pipe() {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return {};
  return {Fd(ends[0]), Fd(ends[1])};
}

// Reads to the end: it comes when the last writer has closed, by exec or by its end.
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

// An engine that is forked and waits for its go.
struct Held {
  std::int32_t pid{-1};
  Pipe go, failed;
};

// Dies with the gate: an engine may not live on unguarded. The gate may have died before this took effect.
void die_with(pid_t gate) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != gate) _exit(127);
}

// For good: no saved id, no group, no capability, and no set-user-ID program gives any of them back.
bool become(const EngineUser& user) {
  return setgroups(0, nullptr) == 0 && setresgid(user.gid, user.gid, user.gid) == 0 &&
         setresuid(user.uid, user.uid, user.uid) == 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 &&
         prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

[[noreturn]] void become_engine(const Order& order, Held& held, pid_t gate) {
  const auto give_up = [&held](std::string_view what) {
    say(held.failed.write, system_error(what).message);
    _exit(127);
  };
  die_with(gate);
  setpgid(0, 0);  // what it starts itself ends with it
  held.go.write = Fd();
  char byte = 0;
  if (read(held.go.read.get(), &byte, 1) != 1) _exit(127);
  for (const int number : {SIGTERM, SIGHUP, SIGINT, SIGPIPE}) signal(number, SIG_DFL);
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int out = open("stdout", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int err = open("stderr", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (nothing < 0 || out < 0 || err < 0) give_up("the engine's output cannot be kept");
  dup2(nothing, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& word : order.engine) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  if (order.user) {
    if (!become(*order.user)) give_up("the engine cannot run as user " + order.user->name);
    die_with(gate);  // a change of user has cleared it (prctl(2))
  }
  if (chdir("work") != 0) give_up("the job's work directory cannot be entered");
  execvp(argv[0], argv.data());
  give_up("the engine " + order.engine.front() + " cannot be started");
  _exit(127);
}

Held fork_engine(const Order& order) {
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

// What the engine left behind became our own child (PR_SET_CHILD_SUBREAPER), also where it made a session of its own.
void end_leftovers() {
  const std::string children = fmt::format("/proc/self/task/{}/children", getpid());
  for (;;) {
    const auto text = read_whole(children);
    std::istringstream pids(text && *text ? **text : std::string());
    for (pid_t pid = 0; pids >> pid;) kill(pid, SIGKILL);
    if (waitpid(-1, nullptr, 0) < 0 && errno != EINTR) return;  // nobody is left
  }
}

// How it ended; whatever it left running in its group ends first, while its pid is still its own.
ExitRecord reap(std::int32_t pid) {
  siginfo_t end{};
  while (waitid(P_PID, static_cast<id_t>(pid), &end, WEXITED | WNOWAIT) != 0 && errno == EINTR) continue;
  kill(-pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  end_leftovers();
  ExitRecord record;
  if (WIFSIGNALED(status)) record.signal = WTERMSIG(status);
  else record.code = WEXITSTATUS(status);
  return record;
}

// Forks it, writes down who it is, and only then lets it run.
Result<std::int32_t> start_engine(const Order& order) {
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
  reap(held.pid);
  if (!recorded) return fail(recorded.error());
  return fail(Errc::storage, broken);
}

// ---- the gate ---------------------------------------------------------------------------------------------------------

void turn_output_to_log() {
  const Fd nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Fd log(open("gate.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  dup2(nothing.get(), STDIN_FILENO);
  dup2(log ? log.get() : nothing.get(), STDOUT_FILENO);
  dup2(log ? log.get() : nothing.get(), STDERR_FILENO);
}

[[noreturn]] void supervise(const Order& order, Prepared ready, Fd report) {
  setsid();
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  // A person ends a job through the controller, not by ending its processes.
  for (const int number : {SIGTERM, SIGHUP, SIGINT, SIGPIPE}) signal(number, SIG_IGN);
  if (setenv("USBMUXD_SOCKET_ADDRESS", "UNIX:../gate.sock", 1) != 0) _exit(1);
  const auto engine = start_engine(order);
  if (!engine) {
    ExitRecord record;
    record.not_started = engine.error().message.substr(0, exit_room / 8);
    write_exit(record);
    say(report, engine.error().message);
    _exit(1);
  }
  Fd process(static_cast<int>(syscall(SYS_pidfd_open, *engine, 0)));
  turn_output_to_log();
  say(report, up);
  report = Fd();
  if (process) serve_gate(std::move(ready.listener), std::move(ready.watch), std::move(process), order.upstream);
  else log::error(system_error("the gate stays shut: its engine cannot be watched").message);
  const ExitRecord record = reap(*engine);
  // The words of the engine are durable before its end is: whoever sees `exit` may judge by them.
  for (const char* name : {"stdout", "stderr"}) {
    if (const auto synced = sync(name); !synced) log::error(synced.error().message);
  }
  write_exit(record);
  unlink("gate.sock");
  _exit(0);
}

int complain(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  return error.code == Errc::usage || error.code == Errc::busy ? 2 : 1;
}

}  // namespace

// What it takes to run an engine as another user: to give it its directory, to become it, to end it.
Result<void> check_may_become(const EngineUser& user) {
  struct Capability {
    unsigned bit;
    std::string_view name;
  };
  constexpr std::array needed{Capability{CAP_CHOWN, "CAP_CHOWN"}, Capability{CAP_KILL, "CAP_KILL"},
                              Capability{CAP_SETGID, "CAP_SETGID"}, Capability{CAP_SETUID, "CAP_SETUID"}};
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> have{};
  syscall(SYS_capget, &header, have.data());
  std::string missing;
  for (const auto& [bit, name] : needed) {
    if ((have[0].effective & (1U << bit)) == 0) missing.append(missing.empty() ? "" : ", ").append(name);
  }
  if (missing.empty()) return {};
  return fail(Errc::refused, fmt::format("the engine cannot run as user {}: this process lacks {}; start the service as "
                                         "root or by its systemd unit, or run without the fence, one restore at a time",
                                         user.name, missing));
}

int run_gate(const std::vector<std::string>& arguments) {
  const auto order = read_order(arguments);
  if (!order) {
    complain(order.error());
    std::fprintf(stderr, "usage: greenroom gate --job DIR --upstream SOCKET [--user UID:GID] -- ENGINE ARGUMENTS...\n");
    return 2;
  }
  auto prepared = prepare(*order);
  if (!prepared) return complain(prepared.error().within(order->directory));
  Pipe report = make_pipe();
  const pid_t child = report.write ? fork() : -1;
  if (child < 0) return complain(system_error("the gate cannot be started"));
  // The child is nobody's: whoever called us need not reap it, and cannot take it down with itself.
  if (child == 0) supervise(*order, std::move(*prepared), std::move(report.write));
  report.write = Fd();
  const std::string words = read_all(report.read);
  if (words == up) return 0;
  return complain(Error(Errc::storage, words.empty() ? "the gate ended before its engine was started" : words));
}

}  // namespace greenroom
