// One exchange at a time on one line: wake the device, send, collect, and find the way back after a fault.
// Who calls: the queue in cli_pdu.cpp, one call at a time.
#pragma once

#include <optional>
#include <string>

#include "hw/async/clock.hpp"
#include "hw/pdu/cli_pdu.hpp"
#include "hw/pdu/cli_text.hpp"
#include "hw/pdu/pdu_talk.hpp"
#include "hw/serial/serial_line.hpp"

namespace greenroom {

// How the message of every login begins that led nowhere. `greenroom pdu identify` stops there: to try the next dialect
// would be one more wrong password.
constexpr std::string_view kLoginRefused = "the device refused the login";

class CliSession {
 public:
  CliSession(const CliDialect& d, SerialLine& line, Clock& clock, Credentials c)
      : dialect_(d), line_(line), clock_(clock), credentials_(std::move(c)), parser_(d) {}

  // With `order` the exchange is a switch; it is asked for permission at every byte that commits it. Before the commit
  // no error has Errc::timeout: nothing was switched then.
  Task<Extract> run(const Exchange&, const SwitchOrder* order, Sent&);

 private:
  Task<void> wake(bool opens);
  Task<bool> ask(std::string bytes, std::string echo);
  Task<bool> at_prompt();
  Task<bool> say(std::string message);
  Task<Extract> collect(const Exchange&, const SwitchOrder*, Sent&, bool last);
  Task<void> answer(const SwitchOrder*, Sent&);
  Task<void> put(std::string bytes);
  void lose();
  Task<bool> log_in();

  const CliDialect& dialect_;
  SerialLine& line_;
  Clock& clock_;
  Credentials credentials_;
  ReplyParser parser_;
  std::string text_;     // of a wake-up or a mark
  bool lost_{true};      // what the line carries is not known: drain before the next exchange
  bool unpaired_{true};  // answers to what we sent may still come: mark the line before the next exchange
  std::uint64_t marks_{};
  std::uint32_t logins_{};  // in a row that were refused
  bool said_all_{};         // the last answer of a login was given
  TimePoint no_login_before_{};
  bool pressed_{};  // the one login in spite of that was tried
  bool mute_{};     // the last wake-up was not answered by a single byte
  TimePoint last_said_{};
};

}  // namespace greenroom
