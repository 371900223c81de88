// How a model device talks, apart from what it is: a face takes the bytes of its line and appends what the device answers;
// the body (pdu.hpp) keeps states, locks, meters, time and faults. One face for each family of devices, each after the
// maker's own words and never after a dialect. Outlets and meters by index from 0.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "hw/base/time.hpp"
#include "hw/model/spec.hpp"

namespace greenroom::model {

struct BankFigures {
  double amps{}, most{}, volts{}, watts{};
  bool good{true};  // its breaker
};

// What a face may see and do of its device.
struct DeviceBody {
  virtual ~DeviceBody() = default;
  [[nodiscard]] virtual const PduSpec& spec() const = 0;
  [[nodiscard]] virtual TimePoint now() const = 0;
  // By outlet: 1 where the device believes it on, from the moment it was told so.
  [[nodiscard]] virtual std::span<const std::uint8_t> on() const = 0;
  [[nodiscard]] virtual bool pending(std::size_t outlet) const = 0;  // told, and its contact has still to move
  [[nodiscard]] virtual bool locked(std::size_t outlet) const = 0;
  virtual void lock(std::size_t outlet, bool) = 0;
  // The contact moves after the spec's think and relay_delay and `extra`. False: locked, and nothing happens.
  virtual bool order(std::size_t outlet, bool on, Duration extra) = 0;
  // Off now and on again after the pause; an outlet that is off stays off.
  virtual void restart(std::size_t outlet, Duration pause) = 0;
  // A fresh look at the meters: banks first, then the outlets of a device that meters them. Draws the noise of one reading.
  virtual std::span<const BankFigures> meters() = 0;
  [[nodiscard]] virtual std::size_t banks() const = 0;
  // The answer being made comes so much later than think and wire ask for; the longest wish holds.
  virtual void busy(Duration) = 0;
};

struct DeviceFace {
  virtual ~DeviceFace() = default;
  // Bytes that came together; `silence` is what the line kept before the first of them. Appends the answer, and returns how
  // many of its bytes were echo, sent while the request still came in.
  virtual std::size_t receive(std::string_view bytes, Duration silence, std::string& answer) = 0;
  virtual void boot(std::string& answer) = 0;  // what it prints when it has started
  virtual void reset() = 0;                    // lost its supply or its mind: nothing of a conversation is left
};

// One letter at a time, as devices for people take them.
class TextFace : public DeviceFace {
 public:
  std::size_t receive(std::string_view bytes, Duration silence, std::string& answer) override;

 protected:
  // A single letter appended is an echo.
  virtual void take(char c, std::string& answer) = 0;
  virtual void quiet(Duration) {}  // before each receive: for those who log an idle user out
};

// A device as its maker sells it. `id` names it in room files and on command lines.
struct DeviceForm {
  std::string_view id;
  Device device;
  int outlets;
  int banks;  // meters of a bank, phase, infeed or inlet
  bool outlet_meters;
  int baud;
  std::string_view user{}, password{};  // of its login, as from the factory
  bool protects{};                      // can be given a password
  bool asks{};                          // can ask before it switches
  std::string_view firmwares{};         // its other forms, "v2 v3"; a face says what differs
};
const DeviceForm& form_of(Device);
const DeviceForm* form_named(std::string_view id);  // null: there is no model of it
std::span<const DeviceForm> device_forms();
inline int outlets_of(Device d) { return form_of(d).outlets; }
// Which bank meter sees the outlet: banks share the outlets evenly, in order.
std::uint8_t bank_of(Device, std::size_t outlet, std::size_t outlets);

std::unique_ptr<DeviceFace> make_face(DeviceBody&);

}  // namespace greenroom::model
