#include "firmware-bridge/job_watch.hpp"

#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "hw/async/handover.hpp"

namespace greenroom {
namespace {

using Descriptor = asio::posix::stream_descriptor;
using boost::system::error_code;

}  // namespace

// One inotify instance for all jobs: a user has 128 of them by default.
struct JobWatch::State : std::enable_shared_from_this<State> {
  explicit State(asio::any_io_executor executor) : notify(std::move(executor)) {}

  Result<void> open() {
    if (notify.is_open()) return {};
    const int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (fd < 0) return fail(system_error("the jobs cannot be watched (inotify)"));
    notify.assign(fd);
    return {};
  }

  // Reads only while somebody follows, so that a loop with nothing else to do comes to its end.
  void read() {
    if (reading || followers.empty()) return;
    reading = true;
    notify.async_read_some(asio::buffer(events), [self = shared_from_this()](error_code error, std::size_t size) {
      self->reading = false;
      if (!error) self->wake(size);
      if (self->notify.is_open()) self->read();
    });
  }

  void wake(std::size_t size) {
    for (std::size_t at = 0; at + sizeof(inotify_event) <= size;) {
      inotify_event event{};
      std::memcpy(&event, events.data() + at, sizeof event);
      at += sizeof event + event.len;
      for (const auto& [watched, changes] : followers) {
        if (watched != event.wd && (event.mask & IN_Q_OVERFLOW) == 0) continue;
        if ((event.mask & IN_MODIFY) == 0) changes->all = true;
        changes->event.set();
      }
    }
  }

  Descriptor notify;
  std::multimap<int, std::shared_ptr<Changes>> followers;  // by watch: two may follow one job
  bool reading{};
  alignas(inotify_event) std::array<char, 16384> events{};
};

struct JobWatch::Follower::Seat {
  std::shared_ptr<State> state;
  std::multimap<int, std::shared_ptr<Changes>>::iterator place;
};

struct JobWatch::Follower::Process {
  Process(const asio::any_io_executor& executor, Fd fd, ProcessId i) : id(i), handle(executor, fd.release()) {}
  ProcessId id;
  Descriptor handle;
};

JobWatch::JobWatch(asio::any_io_executor executor) : state_(std::make_shared<State>(std::move(executor))) {}

JobWatch::~JobWatch() {
  error_code ignored;
  state_->notify.close(ignored);
}

Result<std::unique_ptr<JobWatch::Follower>> JobWatch::follow(const std::string& directory) {
  if (auto opened = state_->open(); !opened) return fail(opened.error());
  constexpr std::uint32_t changes = IN_MODIFY | IN_CREATE | IN_MOVED_TO;
  const int watched = inotify_add_watch(state_->notify.native_handle(), directory.c_str(), changes);
  if (watched < 0) return fail(system_error(directory + " cannot be watched"));
  std::unique_ptr<Follower> follower(new Follower());
  follower->seat_ = std::make_unique<Follower::Seat>();
  follower->seat_->state = state_;
  follower->seat_->place = state_->followers.emplace(watched, follower->changes_);
  state_->read();
  return follower;
}

bool JobWatch::Follower::until_end_of(const std::string& boot, ProcessId id) {
  if (process_ && process_->id == id && process_id(id.pid) == id) return true;
  Fd handle = open_process(boot, id);
  if (!handle) return false;
  process_ = std::make_unique<Process>(seat_->state->notify.get_executor(), std::move(handle), id);
  process_->handle.async_wait(Descriptor::wait_read, [changes = changes_](error_code error) {
    if (error) return;
    changes->all = true;
    changes->event.set();
  });
  return true;
}

JobWatch::Follower::~Follower() {
  State& state = *seat_->state;
  const int watched = seat_->place->first;
  state.followers.erase(seat_->place);
  if (!state.notify.is_open()) return;
  if (state.followers.count(watched) == 0) inotify_rm_watch(state.notify.native_handle(), watched);
  error_code ignored;
  if (state.followers.empty()) state.notify.cancel(ignored);
}

Task<int> reap_child(asio::any_io_executor executor, std::int32_t pid) {
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) co_return fail(system_error("the gate's start cannot be watched"));
  Handover<int> ended;
  auto handle = std::make_shared<Descriptor>(executor, fd);
  handle->async_wait(Descriptor::wait_read, [handle, pid, giver = ended.giver()](error_code) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    giver.give(status);
  });
  co_return co_await ended.take();
}

}  // namespace greenroom
