// One exchange at a time on one Modbus bus: the silence before a frame, the frame, its reply, and the way back after a
// fault. Who calls: ModbusTalk (modbus_pdu.cpp), one call at a time.
//
// RTU has no number that pairs a reply with its request, so a late reply is the dangerous one. After any fault the line is
// listened to until no reply can be on its way; then, before a read is believed again, its unit is asked its mark. Units
// answer in order: with the mark's answer in, whatever was asked before that mark is over. Marks look alike, so an answer is
// taken for the oldest one that is still open.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "hw/async/clock.hpp"
#include "hw/pdu/modbus_dialect.hpp"
#include "hw/pdu/pdu_talk.hpp"
#include "hw/serial/serial_line.hpp"

namespace greenroom {

class ModbusBus {
 public:
  ModbusBus(const ModbusDialect& d, SerialLine& line, Clock& clock);

  // The data of the reply, retried as the dialect says; `began`: right before the first byte of the request that was
  // answered. Errors name unit, function and remedy; Errc::refused: the unit answered with an exception, or answers another
  // length than it is asked for.
  Task<std::string> read(std::size_t unit, const modbus::Request&, TimePoint& began);

  // Asks permission for every order right before the frame's first byte, because a frame cannot be halted inside: its last
  // byte commits it. Never retried.
  Task<void> write(std::size_t unit, const modbus::Request&, std::span<SwitchOrder* const>, Sent&);

  // When the unit may be asked again.
  [[nodiscard]] TimePoint ready(std::size_t unit) const;

 private:
  struct Unit {
    TimePoint may_begin{};         // by its gap and its shortest poll
    bool unpaired{true};           // an answer to an earlier read may still come: its mark first
    TimePoint asked{};             // that earlier read's
    std::vector<TimePoint> marks;  // asked and not answered yet, oldest first
  };

  Task<void> hush(std::size_t unit, const modbus::Request&);
  Task<void> pair(std::size_t unit);
  Task<void> exchange(std::size_t unit, const modbus::Request&, std::span<SwitchOrder* const>, Sent&);
  Task<void> await_reply(const modbus::Request&, TimePoint limit);
  void note_sent(std::size_t unit, const modbus::Request&);
  void note_reply(std::size_t unit, const modbus::Request&);
  [[nodiscard]] std::string where(const modbus::Request&) const;
  [[nodiscard]] Error silent(const modbus::Request&, Duration waited) const;
  [[nodiscard]] Error exceptional(const modbus::Request&) const;

  const ModbusDialect& dialect_;
  SerialLine& line_;
  Clock& clock_;
  std::vector<Unit> units_;
  modbus::ReplyReader reader_;
  modbus::Request last_;     // on the bus; of unit 0 before the first
  TimePoint quiet_since_{};  // the end of the last frame
  bool lost_{true};          // what the line carries is not known
  bool late_possible_{};     // as the exchange in progress began, its unit was unpaired
  bool was_unpaired_{};
  bool hears_itself_{};  // learnt from reads
};

}  // namespace greenroom
