// What stands in for hardware that this service cannot reach: every question gets the same clear error, so the room
// counts it as unknown and the rest goes on (rules.md R3).
#pragma once

#include <string>
#include <utility>

#include "firmware-bridge/mac_actions.hpp"
#include "firmware-bridge/restore_engine.hpp"
#include "hw/serial/serial_line.hpp"

namespace greenroom::cli {

class AbsentLine final : public SerialLine {
 public:
  explicit AbsentLine(std::string why) : why_(std::move(why)) {}
  Task<void> write(std::string) override { co_return fail(Errc::device_gone, why_); }
  Task<std::string> read_some(TimePoint) override { co_return fail(Errc::device_gone, why_); }
  void discard_input() override {}

 private:
  std::string why_;
};

class AbsentMacs final : public MacActions {
 public:
  explicit AbsentMacs(std::string why) : why_(std::move(why)) {}
  Task<AppleDevice> enter_dfu(PortPath, TimePoint) override { co_return fail(Errc::device_gone, why_); }
  Task<void> leave_dfu(PortPath, TimePoint) override { co_return fail(Errc::device_gone, why_); }
  Task<void> put_back(PortPath, TimePoint) override { co_return fail(Errc::device_gone, why_); }

 private:
  std::string why_;
};

}  // namespace greenroom::cli
