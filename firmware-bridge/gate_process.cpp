#include "firmware-bridge/gate_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "firmware-bridge/gate_children.hpp"
#include "hw/base/file_lock.hpp"
#include "hw/base/log.hpp"

namespace greenroom {
namespace {

// Every path below is relative: the gate works in the job's directory.
constexpr const char* exit_draft = "exit.new";
constexpr std::size_t exit_room = 4096;  // a block; longer words are cut
constexpr std::string_view up = "up";

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

Result<GateOrder> read_order(const std::vector<std::string>& arguments) {
  GateOrder order;
  auto at = arguments.begin();
  for (; at != arguments.end() && *at != "--"; at += 2) {
    if (at + 1 == arguments.end()) return fail(Errc::usage, *at + " needs a value");
    if (*at == "--job") order.directory = *(at + 1);
    else if (*at == "--upstream") order.upstream = *(at + 1);
    else if (*at == "--usbmuxd") order.usbmuxd.push_back(*(at + 1));
    else if (*at == "--hold") order.hold = *(at + 1);
    else if (*at == "--user") {
      auto user = read_user(*(at + 1));
      if (!user) return fail(user.error());
      order.user = std::move(*user);
    } else return fail(Errc::usage, "there is no option " + *at);
  }
  if (order.directory.empty()) return fail(Errc::usage, "--job DIR is missing");
  if (order.upstream.empty() == order.usbmuxd.empty())
    return fail(Errc::usage, "one of --upstream SOCKET and --usbmuxd PROGRAM is needed");
  if (at != arguments.end()) order.engine.assign(at + 1, arguments.end());
  if (order.engine.empty()) return fail(Errc::usage, "the engine is missing: -- ENGINE ARGUMENTS...");
  // The socket of a usbmuxd of its own is found from the job's directory, in which the gate works.
  order.upstream = order.usbmuxd.empty() ? std::filesystem::absolute(order.upstream).string() : usbmuxd_socket;
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

// The engine may search the job's directory, write in work/ and use the socket; all else is the gate's. usbmuxd makes its
// socket in mux/, which the gate may search meanwhile, and keeps its own things in usbmuxd/.
Result<void> give_to(const EngineUser& user) {
  bool given = chmod(".", 0711) == 0;
  for (const char* name : {"work", "gate.sock", "usbmuxd", "mux"}) {
    if (access(name, F_OK) == 0) given = given && chown(name, user.uid, user.gid) == 0;
  }
  if (given) return {};
  return fail(system_error("the job's directory cannot be given to user " + user.name));
}

Result<void> make_folders(const GateOrder& order) {
  std::vector<const char*> names{"work"};
  if (!order.usbmuxd.empty()) names.insert(names.end(), {"usbmuxd", "mux"});
  for (const char* name : names) {
    if (mkdir(name, 0700) != 0 && errno != EEXIST) return fail(system_error(std::string(name) + " cannot be made"));
  }
  if (!order.usbmuxd.empty() && chmod("mux", 0711) != 0) return fail(system_error("mux cannot be opened"));
  return {};
}

Result<Prepared> prepare(const GateOrder& order) {
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
  if (auto made = make_folders(order); !made) return fail(made.error());
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

// ---- the gate ---------------------------------------------------------------------------------------------------------

void turn_output_to_log() {
  const Fd nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Fd log(open("gate.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  dup2(nothing.get(), STDIN_FILENO);
  dup2(log ? log.get() : nothing.get(), STDOUT_FILENO);
  dup2(log ? log.get() : nothing.get(), STDERR_FILENO);
}

// What the engine unpacked is as large as a system, and nobody asks for it again: only its own logs stay. All that could
// write there has ended, and links are not followed.
void clear_work() {
  std::error_code error;
  if (chown("work", geteuid(), getegid()) != 0 || chmod("work", 0700) != 0) error.assign(errno, std::system_category());
  std::vector<std::filesystem::path> all;
  for (auto at = std::filesystem::directory_iterator("work", error); !error && at != std::filesystem::directory_iterator();
       at.increment(error))
    all.push_back(at->path());
  for (const auto& one : all) {
    std::error_code kept;
    if (one.extension() != ".log") std::filesystem::remove_all(one, kept);
    if (kept) error = kept;
  }
  if (error) log::warn("what the engine unpacked in work/ stays there: " + error.message() + "; delete it by hand");
}

// Who looks at that file knows that an engine is at work, also when nobody follows it any more.
Result<void> hold(const GateOrder& order, std::optional<FileLock>& held) {
  if (order.hold.empty()) return {};
  auto lock = FileLock::take(order.hold, "this machine's USB", "the engine of " + order.directory, "wait until it ends");
  if (!lock) return fail(lock.error());
  held = std::move(*lock);
  return {};
}

[[noreturn]] void supervise(const GateOrder& order, Prepared ready, Fd report) {
  setsid();
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  // A person ends a job through the controller, not by ending its processes.
  for (const int number : {SIGTERM, SIGHUP, SIGINT, SIGPIPE}) signal(number, SIG_IGN);
  if (setenv("USBMUXD_SOCKET_ADDRESS", "UNIX:../gate.sock", 1) != 0) _exit(1);
  std::optional<FileLock> held;
  Result<void> muxed = hold(order, held);
  if (muxed && !order.usbmuxd.empty()) muxed = start_usbmuxd(order);
  const Result<std::int32_t> engine = muxed ? start_engine(order) : fail(muxed.error());
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
  const ExitRecord record = reap_engine(*engine);
  // The words of the engine are durable before its end is: whoever sees `exit` may judge by them.
  for (const char* name : {"stdout", "stderr"}) {
    if (const auto synced = sync(name); !synced) log::error(synced.error().message);
  }
  write_exit(record);
  clear_work();
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
    std::fprintf(stderr,
                 "usage: greenroom gate --job DIR (--upstream SOCKET | --usbmuxd PROGRAM...) [--user UID:GID] [--hold FILE] "
                 "-- ENGINE "
                 "ARGUMENTS...\n");
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
