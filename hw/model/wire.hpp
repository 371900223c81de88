// The two ends of a model's serial line, and how a coroutine waits for a model without a timer of its own.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "hw/async/clock.hpp"
#include "hw/serial/serial_line.hpp"

namespace greenroom::model {

enum class Woken { ready, timeout, closed, cancelled };

// At most one coroutine waits here; it is resumed at the next turn of the loop.
class Waiter {
 public:
  explicit Waiter(asio::any_io_executor executor) : executor_(std::move(executor)) {}
  asio::awaitable<Woken> wait();
  void wake(Woken);  // nobody waits: nothing happens
  [[nodiscard]] bool waiting() const { return waiting_ && *waiting_; }

 private:
  asio::any_io_executor executor_;
  std::function<void(Woken)> wake_;
  std::shared_ptr<bool> waiting_;
};

// What the device side does with bytes that reach it.
using WireSink = std::function<void(std::string)>;

// Shared by the line (the controller's end) and the device. Bytes take their time on the way in; the device times its
// own answers, because a reply arrives whole, at the time of its last byte.
class Wire : public std::enable_shared_from_this<Wire> {
 public:
  Wire(asio::any_io_executor executor, Clock& clock, Duration byte_time, WireSink to_device)
      : waiter_(std::move(executor)), clock_(clock), byte_time_(byte_time), to_device_(std::move(to_device)) {}

  void send(std::string bytes);  // towards the device
  Task<std::string> read(TimePoint deadline);
  void discard() { arrived_.clear(); }
  void arrive(const std::string& bytes);  // from the device, now
  void close();                           // by either end: pending reads end with Errc::device_gone
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  void arm(TimePoint deadline);
  Waiter waiter_;
  Clock& clock_;
  Duration byte_time_;
  WireSink to_device_;
  std::string arrived_;
  TimePoint sending_until_{};
  TimePoint deadline_{};     // of the read that waits
  TimePoint armed_ = never;  // when the one clock event for deadlines is due
  bool closed_{};
};

// The controller's end.
class ModelLine final : public SerialLine {
 public:
  explicit ModelLine(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}
  ~ModelLine() override { wire_->close(); }
  ModelLine(const ModelLine&) = delete;
  ModelLine& operator=(const ModelLine&) = delete;
  Task<void> write(std::string bytes) override;
  Task<std::string> read_some(TimePoint deadline) override;
  void discard_input() override { wire_->discard(); }

 private:
  std::shared_ptr<Wire> wire_;
};

}  // namespace greenroom::model
