// Restore engines as the gate must expect them: each finds its Mac as idevicerestore does, with that program's known traps,
// or is greedy and takes any Mac that it may open. Whose Mac it erases is the judge's to say. They belong to the history: a
// controller that dies leaves them running.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "controller/simulate/wrong_mac/floor.hpp"
#include "firmware-bridge/gate.hpp"
#include "firmware-bridge/mac_actions.hpp"
#include "firmware-bridge/restore_engine.hpp"
#include "hw/usb/usb_table.hpp"

namespace greenroom::sim::wrong_mac {

struct EngineManners {
  bool fenced{true};  // each runs as its slot's own user, who may open that slot's nodes alone (R9)
  double greedy{};    // share of runs that take whichever Mac they may open
  double lies{};      // share that says DONE without an erase
  double fails{};     // share that ends with an error before the erase point
};

class Engines final : public RestoreEngine, public Gate {
 public:
  Engines(Clock&, Floor&, Random, EngineManners);
  ~Engines() override;

  Task<JobId> start(RestoreJob) override;
  Task<RestoreOutcome> attach(JobId, ProgressSink) override;
  Task<void> stop(JobId) override;
  Task<void> permit(JobId) override;
  [[nodiscard]] Result<bool> permitted(JobId) const override;

  std::function<void(JobId, MacNo)> on_erase;  // StartRestore went to that Mac

 private:
  struct Job;
  using Step = void (Engines::*)(Job&);
  Job* find(JobId) const;
  void next(Job&, double wait_s, Step);
  void say(Job&, const std::string& line) const;
  void end(Job&, std::optional<int> exit_code);
  void fail_with(Job&, const char* words);

  [[nodiscard]] bool may_open(const Job&, PortNo) const;
  [[nodiscard]] std::optional<MacNo> mine(const Job&, Mode) const;
  [[nodiscard]] std::optional<MacNo> first_match(Job&, bool& wrong_kis) const;
  [[nodiscard]] std::optional<MacNo> any_mac(const Job&);
  void look(Job&);
  void take(Job&, MacNo);
  void port_firmware(Job&);
  void adopt(Job&);
  void ibss(Job&);
  void recovery(Job&);
  void gate(Job&);
  void erase(Job&);
  void finish(Job&);

  Clock& clock_;
  Floor& floor_;
  Random random_;
  EngineManners manners_;
  std::map<JobId, std::unique_ptr<Job>> jobs_;  // ordered; kept after their end
  std::uint64_t followers_{};
};

// DFU by USB-PD message, out of it again, and put back; what was seen ends each.
class Actions final : public MacActions {
 public:
  Actions(Floor& floor, UsbTable& table) : floor_(floor), table_(table) {}
  Task<AppleDevice> enter_dfu(PortPath, TimePoint deadline) override;
  Task<void> leave_dfu(PortPath, TimePoint deadline) override;
  Task<void> put_back(PortPath, TimePoint deadline) override;

 private:
  Task<void> restart(PortPath, TimePoint deadline);
  Floor& floor_;
  UsbTable& table_;
};

}  // namespace greenroom::sim::wrong_mac
