// Recording and replay at the transfer boundary: what came and left, and every transfer with its answer, one a line of text.
// Who calls: `greenroom usb trace`; tests of what is built on UsbBus, which replay what a real Mac once said.
//
//   greenroom-usb-trace 1
//   0.000000 arrive host/1-4 05ac:1227 0000 class=00 address=5 speed=480 kernel "CPID:8103 ..." ""
//   0.812004 open 1 host/1-4 = ok -
//   0.812391 control-in 1 a1 05 0000 0000 1 = ok 02 0.004103
//   0.816833 control-out 1 21 01 0000 0000 2048#cbf29ce484222325 = ok 2048 0.006210
//   3.100220 leave host/1-4 address=5
//
// Times are seconds; the last field of a transfer is how long it took. More than 64 bytes that go out stand as their number
// and their FNV-1a hash: images of gigabytes are sent, and a replay only compares.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hw/async/clock.hpp"
#include "hw/usb/usb_bus.hpp"

namespace greenroom {

enum class TraceVerb { arrive, leave, open, close, claim, reset, control_in, control_out, bulk_in, bulk_out };
std::string_view to_string(TraceVerb);

struct TraceLine {
  TraceLine(TraceVerb v, Duration t) : verb(v), at(t) {}
  TraceVerb verb;
  Duration at;
  unsigned handle = 0;          // 0: none
  std::string request;          // what was asked, as it stands in the line; compared as text
  std::vector<UsbEvent> event;  // arrive, leave: one
  std::vector<Error> error;     // at most one: what it ended with instead of an answer
  UsbBytes in;                  // what came in
  std::size_t out = 0;          // how much went out
  Duration took{};
};

std::string to_string(const TraceLine&);  // without its end of line
Result<TraceLine> parse_trace_line(std::string_view);
Result<std::vector<TraceLine>> parse_trace(
    std::string_view text);  // whole, with its first line; names the line that is wrong
constexpr std::string_view trace_head = "greenroom-usb-trace 1";

// The words of a request, as they stand after the handle.
std::string control_words(ControlSetup, std::size_t length);
std::string control_words(ControlSetup, const UsbBytes& out);
std::string bulk_words(std::uint8_t endpoint, std::size_t length);
std::string bulk_words(std::uint8_t endpoint, const UsbBytes& out);
std::string claim_words(std::uint8_t interface, std::uint8_t alternate);

// The same bus, which tells every line; the first is trace_head. The bus and the clock outlive it.
std::unique_ptr<UsbBus> record_usb(UsbBus&, Clock&, std::function<void(const std::string& line)>);

// A bus that does again what a trace says: an event comes when all that stands before it has happened, a transfer ends at
// once with what it ended with then. What is asked out of turn is answered with Errc::protocol that names both.
std::unique_ptr<UsbBus> replay_usb(std::vector<TraceLine>);

}  // namespace greenroom
