#include "controller/cli/usb_host.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "hw/async/real_clock.hpp"
#include "hw/async/task_group.hpp"
#include "hw/base/file_lock.hpp"
#include "hw/usb/libusb_bus.hpp"
#include "hw/usb/usb_sysfs.hpp"

namespace greenroom::cli {
namespace {

// Each may take three requests of a second.
constexpr Duration patience = std::chrono::seconds{4};

std::string lock_file() {
  const char* set = std::getenv("GREENROOM_USB_LOCK");
  return set != nullptr ? set : "/run/lock/greenroom-usb.lock";
}

asio::awaitable<void> run(Task<void> task, std::optional<Result<void>>& outcome) { outcome = co_await std::move(task); }

// A second signal is not argued with. What is open is the kernel's to close; an engine behind a shut gate erases nothing.
[[noreturn]] void end_at_once(const char* verb) {
  std::fprintf(stderr, "%s: ended by a second signal: what was begun stays as it stands; `greenroom usb list` shows it\n",
               verb);
  fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) & ~O_NONBLOCK);  // it is the shell's, too
  std::_Exit(1);
}

class Both final : public UsbBus {  // a decorated bus, and the one beneath it
 public:
  Both(std::unique_ptr<UsbBus> inner, std::unique_ptr<UsbBus> outer) : inner_(std::move(inner)), outer_(std::move(outer)) {}
  Task<UsbEvent> next_event() override { return outer_->next_event(); }
  Result<std::unique_ptr<UsbDevice>> open(const PortPath& path) override { return outer_->open(path); }

 private:
  std::unique_ptr<UsbBus> inner_, outer_;
};

}  // namespace

Result<FileLock> take_usb(std::string_view owner, std::string_view otherwise) {
  constexpr std::string_view thing = "this machine's USB";
  auto lock = FileLock::take(lock_file(), thing, owner, otherwise);
  if (!lock) return lock;
  if (const auto free = FileLock::take(engine_lock_file(), thing, owner, "wait until it ends"); !free)
    return fail(free.error());
  return lock;
}

std::string engine_lock_file() { return lock_file() + ".engine"; }

std::string host_name() {
  std::array<char, 65> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "host";
  const std::string whole(name.data());
  return whole.substr(0, whole.find('.'));
}

Task<void> usb_settled(UsbTable& table, Clock& clock) {
  const TimePoint deadline = clock.now() + patience;
  if (const auto turned = co_await clock.sleep_until(clock.now()); !turned)
    co_return turned;  // the table takes what is there
  while (true) {
    std::optional<PortPath> pending;
    for (const auto& [path, place] : table.places().all()) {
      if (place.device && place.device->serial_from == SerialFrom::pending) pending = path;
    }
    if (!pending) co_return Result<void>{};
    UsbTable::Predicate known = [](const UsbSighting& s) { return s.serial_from != SerialFrom::pending; };
    const auto seen = co_await table.wait_for(*pending, std::move(known), deadline);
    if (!seen && seen.error().code == Errc::timeout) co_return Result<void>{};
    if (!seen) co_return fail(seen.error());
  }
}

Task<void> usb_until(UsbTable& table, TimePoint end) {
  UsbTable::Predicate nobody = [](const UsbSighting&) { return false; };
  const auto seen = co_await table.wait_for(std::move(nobody), end);
  if (!seen && seen.error().code != Errc::timeout) co_return fail(seen.error());
  co_return Result<void>{};
}

int with_bus(const char* verb, const std::function<Result<std::unique_ptr<UsbBus>>(asio::any_io_executor, Clock&)>& make,
             const UsbWork& work) {
  asio::io_context io{1};
  const auto clock = make_system_clock(io.get_executor());
  auto bus = make(io.get_executor(), *clock);
  if (!bus) {
    std::fprintf(stderr, "%s: %s\n", verb, bus.error().message.c_str());
    return 1;
  }
  UsbTable table(**bus, *clock);
  std::optional<Result<void>> outcome;
  // A signal ends the work alone: what that does to end well (a Mac put back) still needs to see the ports.
  TaskGroup tasks(io.get_executor()), pump(io.get_executor());
  asio::signal_set ends(io, SIGINT, SIGTERM);
  ends.async_wait([&tasks, &ends, verb](boost::system::error_code error, int) {
    if (error) return;
    tasks.cancel();
    ends.async_wait([verb](boost::system::error_code again, int) {
      if (!again) end_at_once(verb);
    });
  });
  tasks.spawn(run(work(**bus, table, *clock), outcome));
  pump.spawn(table.run());
  while (!outcome.has_value()) io.run_one();
  ends.cancel();
  tasks.cancel();
  pump.cancel();
  while (tasks.size() + pump.size() > 0) io.run_one();
  if (*outcome || outcome->error().code == Errc::cancelled) return 0;  // a signal: asked to end
  std::fprintf(stderr, "%s: %s\n", verb, outcome->error().message.c_str());
  return 1;
}

int with_usb(const char* verb, const UsbWork& work, const UsbDecorator& decorate) {
  const auto lock = take_usb(verb, "wait until it ends");
  if (!lock)
    std::fprintf(stderr, "%s: no device is asked for what the kernel does not know: %s\n", verb,
                 lock.error().message.c_str());
  const bool alone = lock.has_value();
  return with_bus(
      verb,
      [alone, &decorate](asio::any_io_executor executor, Clock& clock) -> Result<std::unique_ptr<UsbBus>> {
        LibusbOptions options;
        options.host = host_name();
        options.owner = [alone, sysfs = options.sysfs](const PortPath& path) {
          return !alone ? "another Greenroom" : claimed(sysfs, path) ? "another program" : "";
        };
        auto bus = make_libusb_bus(std::move(executor), clock, std::move(options));
        if (!bus || !decorate) return bus;
        auto outer = decorate(**bus, clock);
        return std::make_unique<Both>(std::move(*bus), std::move(outer));
      },
      work);
}

// A claim of our own looks as another program's does: who claims what we drive is told by the claim itself.
int with_mac(const char* verb, const PortPath& path, const UsbWork& work) {
  const auto lock = take_usb(verb, "wait until it ends");
  if (!lock) {
    std::fprintf(stderr, "%s: %s\n", verb, lock.error().message.c_str());
    return 1;
  }
  const UsbWork to_its_end = [&work](UsbBus& bus, UsbTable& table, Clock& clock) -> Task<void> {
    auto done = co_await work(bus, table, clock);
    if (!done && done.error().code == Errc::cancelled) co_return fail(Errc::refused, "ended by a signal before it was done");
    co_return done;
  };
  return with_bus(
      verb,
      [&path](asio::any_io_executor executor, Clock& clock) -> Result<std::unique_ptr<UsbBus>> {
        LibusbOptions options;
        options.host = host_name();
        options.owner = [path, sysfs = options.sysfs](const PortPath& other) {
          return other != path && claimed(sysfs, other) ? "another program" : "";
        };
        return make_libusb_bus(std::move(executor), clock, std::move(options));
      },
      to_its_end);
}

}  // namespace greenroom::cli
