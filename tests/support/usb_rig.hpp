// The real libusb on a loop, over a testbed: what it told, and waits that end with what was waited for.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hw/async/real_clock.hpp"
#include "hw/async/task_group.hpp"
#include "hw/usb/libusb_bus.hpp"
#include "tests/support/usb_testbed.hpp"

namespace greenroom::test {

struct UsbRig : testing::Test {
  using Steady = std::chrono::steady_clock;
  static constexpr Duration patience = std::chrono::seconds{10};

  struct Told {
    Told(UsbEvent e, Steady::time_point t) : event(std::move(e)), at(t) {}
    UsbEvent event;
    Steady::time_point at;
  };

  ~UsbRig() override { end(); }

  void start() {
    LibusbOptions options;
    options.owner = [this](const PortPath& path) {
      const auto owner = owners.find(path.text());
      return owner == owners.end() ? std::string() : owner->second;
    };
    auto made = make_libusb_bus(io.get_executor(), *clock, std::move(options));
    ASSERT_TRUE(made) << made.error().message;
    bus = std::move(*made);
    tasks.spawn(listen());
  }
  void end() {
    tasks.cancel();
    run_until([this] { return tasks.size() == 0; });
    bus.reset();
  }
  asio::awaitable<void> listen() {
    while (true) {
      auto event = co_await bus->next_event();
      if (!event) co_return;
      told.emplace_back(std::move(*event), Steady::now());
    }
  }
  // The loop turns until it is so; a failure when it is not so in time.
  template <class F>
  void run_until(F is_so) {
    const auto end = Steady::now() + patience;
    while (!is_so() && Steady::now() < end) {
      io.restart();
      io.run_one_for(std::chrono::milliseconds{100});
    }
    EXPECT_TRUE(is_so()) << "not within " << in_seconds(patience) << " s";
  }

  static PortPath path(const std::string& port) { return *PortPath::parse("host/" + port); }
  // The last that was told of that port: a device, or nothing when it left or was never there.
  [[nodiscard]] std::optional<UsbSighting> seen(const std::string& port) const {
    for (auto it = told.rbegin(); it != told.rend(); ++it) {
      if (const auto* left = std::get_if<UsbLeft>(&it->event); left != nullptr && left->path == path(port))
        return std::nullopt;
      if (const auto* came = std::get_if<UsbArrived>(&it->event); came != nullptr && came->device.path == path(port))
        return came->device;
    }
    return std::nullopt;
  }
  void run_until_named(const std::string& port) {
    run_until([this, &port] {
      const auto device = seen(port);
      return device && device->serial_from != SerialFrom::pending;
    });
  }
  std::unique_ptr<UsbDevice> open(const std::string& port) {
    auto device = bus->open(path(port));
    if (!device) {
      ADD_FAILURE() << device.error().message;
      return nullptr;
    }
    return std::move(*device);
  }
  // What a transfer came to.
  template <class T>
  asio::awaitable<void> follow(Task<T> task, std::optional<Result<T>>& into) {
    into = co_await std::move(task);
  }
  template <class T>
  Result<T> wait(Task<T> task) {
    std::optional<Result<T>> result;
    tasks.spawn(follow(std::move(task), result));
    run_until([&result] { return result.has_value(); });
    if (!result) return fail(Errc::timeout, "the test waited in vain");
    return std::move(*result);
  }
  [[nodiscard]] TimePoint within(Duration d) const { return clock->now() + d; }

  UsbTestbed bed;
  asio::io_context io;
  std::unique_ptr<Clock> clock = make_system_clock(io.get_executor());
  std::map<std::string, std::string> owners;  // by port path
  std::unique_ptr<UsbBus> bus;
  std::vector<Told> told;
  TaskGroup tasks{io.get_executor()};
};

}  // namespace greenroom::test
