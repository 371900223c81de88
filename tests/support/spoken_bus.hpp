// A bus that says what the test tells it to.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "hw/async/handover.hpp"
#include "hw/usb/usb_bus.hpp"

namespace greenroom::test {

class SpokenBus final : public UsbBus {
 public:
  Task<UsbEvent> next_event() override {
    if (!said_.empty()) {
      auto event = std::move(said_.front());
      said_.pop_front();
      co_return event;
    }
    ears_.emplace();
    co_return co_await ears_->take();
  }
  Result<std::unique_ptr<UsbDevice>> open(const PortPath&) override { return fail(Errc::refused, "not in this test"); }

  void say(Result<UsbEvent> event) {
    if (ears_) {
      const auto giver = ears_->giver();
      ears_.reset();
      giver.give(std::move(event));
    } else {
      said_.push_back(std::move(event));
    }
  }

 private:
  std::deque<Result<UsbEvent>> said_;
  std::optional<Handover<UsbEvent>> ears_;
};

}  // namespace greenroom::test
