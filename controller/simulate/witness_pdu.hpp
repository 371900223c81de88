// A witness at the line: passes every call of a driver's Pdu on and tells a listener what was asked, what went out and
// what came back, so that a judge need not believe the controller's own records. Stands between bench and driver.
#pragma once

#include <string>

#include "hw/async/clock.hpp"
#include "hw/base/ids.hpp"
#include "hw/pdu/pdu.hpp"

namespace greenroom::sim {

// Called from the loop, in the order in which things happen. `number` is the device's own number of the outlet.
struct WitnessListener {
  virtual ~WitnessListener() = default;
  virtual void ordered(PduId, OutletNumber, Switch) = 0;    // a set began: it may wait in the driver's queue
  virtual void committed(PduId, OutletNumber, Switch) = 0;  // the byte that commits it goes out now
  virtual void ended(PduId, OutletNumber, Switch, const Result<OutletReading>&) = 0;  // what was read back, or why not
  virtual void reading(PduId, const PduReading&) = 0;                                 // a good one
  virtual void identified(PduId, const PduTraits&) = 0;
  virtual void failed(PduId, const Error&) = 0;  // a read or an identify that gave nothing
};

class WitnessPdu final : public Pdu {
 public:
  // Driver and listener outlive it.
  WitnessPdu(PduId id, Pdu& driver, WitnessListener& listener) : id_(id), driver_(driver), listener_(listener) {}

  Task<PduTraits> identify() override;
  Task<PduReading> read(Depth) override;
  Task<OutletReading> set(SwitchOrder) override;

 private:
  PduId id_;
  Pdu& driver_;
  WitnessListener& listener_;
};

}  // namespace greenroom::sim
