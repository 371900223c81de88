// The way of one sacrificial Mac through its rehearsal: DFU, a run behind a gate that stays shut, put back, a person's look
// at its data, and a run that erases. What it shows on the way is kept for the judge, who is asked after each step.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "controller/cli/mac_engine_run.hpp"
#include "controller/cli/mac_rehearse_judge.hpp"
#include "hw/pdu/pdu.hpp"

namespace greenroom::cli {

// The meter of the slot's outlet.
struct MeterAt {
  MeterAt(Pdu& p, OutletNumber n, Duration l) : pdu(p), outlet(n), lag(l) {}
  Pdu& pdu;
  OutletNumber outlet;
  Duration lag;
};

struct RehearsalPorts {
  RehearsalPorts(const MacAtHand& m, RealEngines& e) : mac(m), engines(e) {}
  const MacAtHand& mac;
  RealEngines& engines;
  std::optional<MeterAt> meter;
  std::function<Task<std::string>(const std::string& question)> ask;  // a line that was typed after it; empty: the end
  std::function<void(const std::string&)> say;                        // one line to that person
  std::function<Result<void>(ChipBoard)> known;  // takes note of the model; fails for one that has no name
};

// What USB shows of that Mac, from now on; before the table runs.
class RehearsalWatch {
 public:
  RehearsalWatch(UsbTable&, Clock&, RehearsalSeen&);
  ~RehearsalWatch();
  RehearsalWatch(const RehearsalWatch&) = delete;
  RehearsalWatch& operator=(const RehearsalWatch&) = delete;
  [[nodiscard]] Duration now() const { return clock_.now() - start_; }

 private:
  void take(const PortPath&, const UsbSighting*);
  UsbTable& table_;
  Clock& clock_;
  RehearsalSeen& seen_;
  TimePoint start_;
};

// Goes on until a point fails. Where a Mac that did not come through stands now, in words; empty: it came through.
asio::awaitable<std::string> walk_rehearsal(const RehearsalPorts&, const RehearsalWatch&, RehearsalSeen&, JobId first);

}  // namespace greenroom::cli
