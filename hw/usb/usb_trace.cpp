#include "hw/usb/usb_trace.hpp"

#include <utility>

namespace greenroom {
namespace {

struct Recorder {
  Recorder(Clock& c, std::function<void(const std::string&)> w) : clock(c), write(std::move(w)), start(c.now()) {}
  [[nodiscard]] Duration now() const { return clock.now() - start; }
  void put(const TraceLine& line) const { write(to_string(line)); }

  Clock& clock;
  std::function<void(const std::string&)> write;
  TimePoint start;
  unsigned handles = 0;
};

class RecordingDevice final : public UsbDevice {
 public:
  RecordingDevice(std::unique_ptr<UsbDevice> device, Recorder& to, unsigned handle)
      : device_(std::move(device)), to_(to), handle_(handle) {}
  ~RecordingDevice() override { to_.put(line(TraceVerb::close, std::string())); }
  RecordingDevice(const RecordingDevice&) = delete;
  RecordingDevice& operator=(const RecordingDevice&) = delete;

  Result<void> claim(std::uint8_t interface, std::uint8_t alternate) override {
    TraceLine asked = line(TraceVerb::claim, claim_words(interface, alternate));
    auto result = device_->claim(interface, alternate);
    end(asked, result);
    return result;
  }
  Task<UsbBytes> control_in(ControlSetup setup, std::size_t length, TimePoint deadline) override {
    TraceLine asked = line(TraceVerb::control_in, control_words(setup, length));
    auto result = co_await device_->control_in(setup, length, deadline);
    if (result) asked.in = *result;
    end(asked, result);
    co_return result;
  }
  Task<std::size_t> control_out(ControlSetup setup, UsbBytes bytes, TimePoint deadline) override {
    TraceLine asked = line(TraceVerb::control_out, control_words(setup, bytes));
    auto result = co_await device_->control_out(setup, std::move(bytes), deadline);
    if (result) asked.out = *result;
    end(asked, result);
    co_return result;
  }
  Task<UsbBytes> bulk_in(std::uint8_t endpoint, std::size_t length, TimePoint deadline) override {
    TraceLine asked = line(TraceVerb::bulk_in, bulk_words(endpoint, length));
    auto result = co_await device_->bulk_in(endpoint, length, deadline);
    if (result) asked.in = *result;
    end(asked, result);
    co_return result;
  }
  Task<std::size_t> bulk_out(std::uint8_t endpoint, UsbBytes bytes, TimePoint deadline) override {
    TraceLine asked = line(TraceVerb::bulk_out, bulk_words(endpoint, bytes));
    auto result = co_await device_->bulk_out(endpoint, std::move(bytes), deadline);
    if (result) asked.out = *result;
    end(asked, result);
    co_return result;
  }
  Task<void> reset() override {
    TraceLine asked = line(TraceVerb::reset, std::string());
    auto result = co_await device_->reset();
    end(asked, result);
    co_return result;
  }

 private:
  [[nodiscard]] TraceLine line(TraceVerb verb, std::string request) const {
    TraceLine made(verb, to_.now());
    made.handle = handle_;
    made.request = std::move(request);
    return made;
  }
  template <class T>
  void end(TraceLine& asked, const Result<T>& result) const {
    if (!result) asked.error.push_back(result.error());
    asked.took = to_.now() - asked.at;
    to_.put(asked);
  }

  std::unique_ptr<UsbDevice> device_;
  Recorder& to_;
  unsigned handle_;
};

class RecordingBus final : public UsbBus {
 public:
  RecordingBus(UsbBus& bus, Clock& clock, std::function<void(const std::string&)> write)
      : bus_(bus), to_(clock, std::move(write)) {
    to_.write(std::string(trace_head));
  }
  Task<UsbEvent> next_event() override {
    auto event = co_await bus_.next_event();
    if (!event) co_return event;
    TraceLine line(std::holds_alternative<UsbArrived>(*event) ? TraceVerb::arrive : TraceVerb::leave, to_.now());
    line.event.push_back(*event);
    to_.put(line);
    co_return event;
  }
  Result<std::unique_ptr<UsbDevice>> open(const PortPath& path) override {
    TraceLine line(TraceVerb::open, to_.now());
    line.handle = ++to_.handles;
    line.request = path.text();
    auto device = bus_.open(path);
    if (!device) line.error.push_back(device.error());
    to_.put(line);
    if (!device) return device;
    return std::make_unique<RecordingDevice>(std::move(*device), to_, line.handle);
  }

 private:
  UsbBus& bus_;
  Recorder to_;
};

}  // namespace

std::unique_ptr<UsbBus> record_usb(UsbBus& bus, Clock& clock, std::function<void(const std::string&)> write) {
  return std::make_unique<RecordingBus>(bus, clock, std::move(write));
}

}  // namespace greenroom
