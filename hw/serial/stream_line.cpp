#include "hw/serial/stream_line.hpp"

#include <fmt/format.h>

#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <optional>
#include <utility>

#include "hw/async/handover.hpp"

namespace greenroom {
namespace {

using Descriptor = asio::posix::stream_descriptor;

// A port that is not there is tried so often; each try is a few system calls.
constexpr Duration kBetweenOpens = std::chrono::seconds{1};
// At 9600 baud the kernel's 4 KiB leave in 4.3 s. A device that takes nothing for longer takes nothing at all.
constexpr Duration kLongestStall = std::chrono::seconds{5};

}  // namespace

struct StreamLine::State : std::enable_shared_from_this<State> {
  using Giver = Handover<void>::Giver;

  State(asio::any_io_executor executor, Clock& c, std::string n, std::unique_ptr<LineDevice> d, Duration g)
      : handle(std::move(executor)), clock(c), name(std::move(n)), device(std::move(d)), gather(g) {}

  Task<void> ensure_open();
  Task<void> wait(Descriptor::wait_type, TimePoint deadline);
  Task<void> write(std::string bytes);
  Task<std::string> read_some(TimePoint deadline);
  void ring_at(TimePoint);
  Error lose(const Error&);
  void close();
  [[nodiscard]] Error destroyed() const { return {Errc::device_gone, name + ": the line was closed"}; }

  Descriptor handle;
  Clock& clock;
  std::string name;
  std::unique_ptr<LineDevice> device;
  Duration gather;
  bool ended{};    // its StreamLine is gone
  bool opening{};  // by one of two callers
  TimePoint no_open_before{TimePoint::min()};
  std::string why;  // it is not open
  struct Waiter {
    Giver giver;
    TimePoint deadline;
  };
  std::optional<Waiter> waiters[2];  // a reader, a writer
  std::optional<TimePoint> alarm;    // the earliest that is set
};

StreamLine::StreamLine(asio::any_io_executor executor, Clock& clock, std::string name, std::unique_ptr<LineDevice> device,
                       Duration gather, int opened)
    : state_(std::make_shared<State>(std::move(executor), clock, std::move(name), std::move(device), gather)) {
  if (opened >= 0) state_->handle.assign(opened);
}

StreamLine::~StreamLine() {
  state_->ended = true;
  state_->close();
  for (auto& waiter : state_->waiters) {
    if (waiter) waiter->giver.give(fail(state_->destroyed()));
  }
}

void StreamLine::State::close() {
  if (!handle.is_open()) return;
  handle.release();  // pending waits end; the descriptor is the device's
  device->close();   // before any reopen: while one descriptor of an unplugged port is open, its number is not free
}

// The device is closed, and the error says of which line it was.
Error StreamLine::State::lose(const Error& error) {
  close();
  why = error.message;
  for (auto& waiter : waiters) {
    if (waiter) waiter->giver.give(Result<void>{});  // its next look finds the line closed
  }
  return error.within(name);
}

Task<void> StreamLine::State::ensure_open() {
  if (ended) co_return fail(destroyed());
  if (handle.is_open()) co_return Result<void>{};
  if (opening || clock.now() < no_open_before) {
    co_return fail(Errc::device_gone, fmt::format("{}: {}", name, opening ? "it is being opened" : why));
  }
  opening = true;
  const auto opened = co_await device->open();
  opening = false;
  no_open_before = clock.now() + kBetweenOpens;
  if (ended) {
    if (opened) device->close();
    co_return fail(destroyed());
  }
  if (!opened) {
    why = opened.error().message;
    co_return fail(opened.error().within(name));
  }
  handle.assign(*opened);
  co_return Result<void>{};
}

// One alarm for each line, not one for each wait: a clock's calls cannot be taken back, and a reply in 100 pieces would
// leave 100 of them.
void StreamLine::State::ring_at(TimePoint at) {
  if (alarm && *alarm <= at) return;
  alarm = at;
  clock.call_at(at, [weak = weak_from_this(), at] {
    const auto self = weak.lock();
    if (!self || self->alarm != at) return;
    self->alarm.reset();
    for (auto& waiter : self->waiters) {
      if (!waiter) continue;
      if (waiter->deadline <= self->clock.now()) waiter->giver.give(fail(Errc::timeout, self->name + ": no byte in time"));
      else self->ring_at(waiter->deadline);
    }
  });
}

// Ends when the device may have something or may take something. May end for nothing: the caller looks again.
Task<void> StreamLine::State::wait(Descriptor::wait_type what, TimePoint deadline) {
  const auto self = shared_from_this();
  auto& waiter = waiters[what == Descriptor::wait_write];
  Handover<void> ready;
  const Giver giver = ready.giver();
  waiter.emplace(Waiter{giver, deadline});
  handle.async_wait(what, [giver](boost::system::error_code error) {
    if (error && error != asio::error::operation_aborted) giver.give(fail(Errc::protocol, error.message()));
    else giver.give(Result<void>{});
  });
  ring_at(deadline);
  auto r = co_await ready.take();
  waiter.reset();
  if (!r && r.error().code == Errc::protocol) {
    const Error deaf(Errc::device_gone, "it cannot be waited for (" + r.error().message + "); it is opened anew");
    co_return fail(lose(deaf));
  }
  // A wait that ended otherwise is still in the reactor. Who waits for the other direction looks again, for nothing.
  if (!r && handle.is_open()) handle.cancel();
  co_return r;
}

Task<void> StreamLine::State::write(std::string bytes) {
  const auto self = shared_from_this();
  if (auto r = co_await ensure_open(); !r) co_return r;
  std::string_view left = bytes;
  TimePoint stalled = clock.now() + kLongestStall;
  while (!left.empty()) {
    if (ended) co_return fail(destroyed());
    if (!handle.is_open()) co_return fail(Errc::device_gone, name + ": " + why);
    const auto taken = device->write(left);
    if (!taken) co_return fail(lose(taken.error()));
    left.remove_prefix(*taken);
    if (left.empty()) break;
    if (*taken > 0) {
      stalled = clock.now() + kLongestStall;
      continue;
    }
    const auto r = co_await wait(Descriptor::wait_write, stalled);
    if (r) continue;
    if (r.error().code != Errc::timeout) co_return r;
    const Error stall(Errc::device_gone, "it took no byte for 5 s; is its far end there? It is opened anew");
    co_return fail(lose(stall));
  }
  co_return Result<void>{};
}

Task<std::string> StreamLine::State::read_some(TimePoint deadline) {
  const auto self = shared_from_this();
  if (auto r = co_await ensure_open(); !r) co_return fail(r.error());
  for (;;) {
    if (auto r = co_await wait(Descriptor::wait_read, deadline); !r) co_return fail(r.error());
    if (ended) co_return fail(destroyed());
    if (handle.is_open() && gather > Duration::zero()) {
      if (auto r = co_await clock.sleep_until(clock.now() + gather); !r) co_return fail(r.error());
      if (ended) co_return fail(destroyed());
    }
    if (!handle.is_open()) co_return fail(Errc::device_gone, name + ": " + why);
    auto bytes = device->read();
    if (!bytes) co_return fail(lose(bytes.error()));
    if (!bytes->empty()) co_return bytes;
  }
}

// Neither is a coroutine: the state lives until the last of its coroutines has ended.
Task<void> StreamLine::write(std::string bytes) { return state_->write(std::move(bytes)); }
Task<std::string> StreamLine::read_some(TimePoint deadline) { return state_->read_some(deadline); }

void StreamLine::discard_input() {
  if (state_->handle.is_open()) state_->device->discard_input();
}

}  // namespace greenroom
