#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "hw/async/event.hpp"
#include "hw/usb/usb_trace.hpp"

namespace greenroom {
namespace {

// Requests of one endpoint of one handle come in the order of the trace; those of another endpoint may overtake them.
std::string lane_of(TraceVerb verb, unsigned handle, const std::string& request) {
  const bool bulk = verb == TraceVerb::bulk_in || verb == TraceVerb::bulk_out;
  return fmt::format("{} {}", handle, bulk ? request.substr(0, 2) : std::string("control"));
}

struct Script {
  struct Line {
    explicit Line(TraceLine w) : what(std::move(w)) {}
    TraceLine what;
    bool done = false;
  };
  explicit Script(std::vector<TraceLine> all) {
    for (TraceLine& line : all) lines.emplace_back(std::move(line));
  }

  // The answer to a request, if it is the next of its lane.
  Result<const TraceLine*> take(TraceVerb verb, unsigned handle, const std::string& request) {
    const std::string lane = lane_of(verb, handle, request);
    for (Line& line : lines) {
      const TraceLine& w = line.what;
      if (line.done || w.handle != handle || lane_of(w.verb, w.handle, w.request) != lane) continue;
      if (w.verb != verb || w.request != request)
        return fail(Errc::protocol, fmt::format("the trace has \"{} {}\" next, not \"{} {}\"", to_string(w.verb), w.request,
                                                to_string(verb), request));
      line.done = true;
      more.set();
      return &w;
    }
    return fail(Errc::protocol, fmt::format("the trace ends before \"{} {}\"", to_string(verb), request));
  }
  // The next open of that port, whatever its handle.
  Result<const TraceLine*> take_open(const std::string& path) {
    for (Line& line : lines) {
      if (line.done || line.what.verb != TraceVerb::open || line.what.request != path) continue;
      line.done = true;
      more.set();
      return &line.what;
    }
    return fail(Errc::protocol, fmt::format("the trace never opens {} here", path));
  }
  void close(unsigned handle) {
    for (Line& line : lines) {
      if (line.what.handle == handle) line.done = true;  // what was not asked for again is over as well
    }
    more.set();
  }
  // The next event, if all before it has happened.
  std::optional<UsbEvent> event() {
    const auto next = std::find_if(lines.begin(), lines.end(), [](const Line& l) { return !l.done; });
    if (next == lines.end() || next->what.event.empty()) return std::nullopt;
    next->done = true;
    return next->what.event.front();
  }

  std::vector<Line> lines;
  Event more;
};

class ReplayedDevice final : public UsbDevice {
 public:
  ReplayedDevice(Script& script, unsigned handle) : script_(script), handle_(handle) {}
  ~ReplayedDevice() override { script_.close(handle_); }
  ReplayedDevice(const ReplayedDevice&) = delete;
  ReplayedDevice& operator=(const ReplayedDevice&) = delete;

  Result<void> claim(std::uint8_t interface, std::uint8_t alternate) override {
    return nothing(TraceVerb::claim, claim_words(interface, alternate));
  }
  Task<UsbBytes> control_in(ControlSetup setup, std::size_t length, TimePoint) override {
    co_return in(TraceVerb::control_in, control_words(setup, length));
  }
  Task<std::size_t> control_out(ControlSetup setup, UsbBytes bytes, TimePoint) override {
    co_return out(TraceVerb::control_out, control_words(setup, bytes));
  }
  Task<UsbBytes> bulk_in(std::uint8_t endpoint, std::size_t length, TimePoint) override {
    co_return in(TraceVerb::bulk_in, bulk_words(endpoint, length));
  }
  Task<std::size_t> bulk_out(std::uint8_t endpoint, UsbBytes bytes, TimePoint) override {
    co_return out(TraceVerb::bulk_out, bulk_words(endpoint, bytes));
  }
  Task<void> reset() override { co_return nothing(TraceVerb::reset, std::string()); }

 private:
  Result<const TraceLine*> take(TraceVerb verb, const std::string& request) {
    auto line = script_.take(verb, handle_, request);
    if (!line) return line;
    if (!(*line)->error.empty()) return fail((*line)->error.front());
    return line;
  }
  Result<UsbBytes> in(TraceVerb verb, const std::string& request) {
    const auto line = take(verb, request);
    if (!line) return fail(line.error());
    return (*line)->in;
  }
  Result<std::size_t> out(TraceVerb verb, const std::string& request) {
    const auto line = take(verb, request);
    if (!line) return fail(line.error());
    return (*line)->out;
  }
  Result<void> nothing(TraceVerb verb, const std::string& request) {
    const auto line = take(verb, request);
    if (!line) return fail(line.error());
    return {};
  }

  Script& script_;
  unsigned handle_;
};

class ReplayedBus final : public UsbBus {
 public:
  explicit ReplayedBus(std::vector<TraceLine> lines) : script_(std::move(lines)) {}
  Task<UsbEvent> next_event() override {
    while (true) {
      if (auto event = script_.event()) co_return std::move(*event);
      if (const auto woken = co_await script_.more.wait(); !woken) co_return fail(woken.error());
    }
  }
  Result<std::unique_ptr<UsbDevice>> open(const PortPath& path) override {
    const auto line = script_.take_open(path.text());
    if (!line) return fail(line.error());
    if (!(*line)->error.empty()) return fail((*line)->error.front());
    return std::make_unique<ReplayedDevice>(script_, (*line)->handle);
  }

 private:
  Script script_;
};

}  // namespace

std::unique_ptr<UsbBus> replay_usb(std::vector<TraceLine> lines) { return std::make_unique<ReplayedBus>(std::move(lines)); }

}  // namespace greenroom
