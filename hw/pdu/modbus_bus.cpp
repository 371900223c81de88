#include "hw/pdu/modbus_bus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "hw/pdu/drain.hpp"

namespace greenroom {
namespace {

using modbus::ReplyReader;
using modbus::Request;

// Fewer bytes than the shortest frame are no reply: a line without bias makes some as it turns around.
constexpr std::size_t kShortestFrame = 5;
constexpr int kSilentMarks = 2;
constexpr int kMostMarks = 50;
// A mark that was not answered for so long is not answered any more.
constexpr Duration kForgotten = std::chrono::seconds{30};
constexpr std::uint8_t kAcknowledge = 5;  // it will take long over it
constexpr std::uint8_t kBusy = 6;

std::string_view to_string(Parity p) {
  if (p == Parity::none) return "no parity";
  return p == Parity::even ? "even parity" : "odd parity";
}

}  // namespace

ModbusBus::ModbusBus(const ModbusDialect& d, SerialLine& line, Clock& clock)
    : dialect_(d), line_(line), clock_(clock), units_(d.units.size()) {}

TimePoint ModbusBus::ready(std::size_t unit) const {
  return std::max(units_[unit].may_begin, quiet_since_ + silence(dialect_.line));
}

void ModbusBus::note_sent(std::size_t unit, const Request& request) {
  Unit& u = units_[unit];
  late_possible_ = u.unpaired || !u.marks.empty();
  lost_ = true;  // until the reply is in
  last_ = request;
  if (request == dialect_.units[unit].mark) {
    u.marks.push_back(clock_.now());
  } else {
    was_unpaired_ = u.unpaired;
    u.unpaired = true;
    u.asked = clock_.now();
  }
}

void ModbusBus::note_reply(std::size_t unit, const Request& request) {
  Unit& u = units_[unit];
  lost_ = reader_.left_over();
  if (request == dialect_.units[unit].mark) {
    std::erase_if(u.marks, [now = clock_.now()](TimePoint t) { return t + kForgotten < now; });
    if (!u.marks.empty() && u.marks.front() > u.asked) u.unpaired = false;
    if (!u.marks.empty()) u.marks.erase(u.marks.begin());
  } else if (modbus::is_read(request.function)) {
    u.unpaired = false;
    u.marks.clear();  // all were asked before
  } else {
    u.unpaired = was_unpaired_;  // its answer says which write it was, and nothing of earlier reads
  }
  if (lost_) {
    u.unpaired = true;
    u.asked = clock_.now();
  }
  if (modbus::is_read(request.function) && reader_.end() == ReplyReader::End::reply) hears_itself_ = reader_.echoed();
}

std::string ModbusBus::where(const Request& r) const {
  const auto unit =
      std::find_if(dialect_.units.begin(), dialect_.units.end(), [&r](const ModbusUnit& u) { return u.address == r.unit; });
  return fmt::format("unit {} (address {}): function {} at 0x{:04X}", unit->id, r.unit, static_cast<int>(r.function),
                     r.start);
}

Error ModbusBus::silent(const Request& r, Duration waited) const {
  const std::string begin = fmt::format("{}: no reply within {:.2f} s", where(r), in_seconds(waited));
  // Only an identify that nothing late can disturb says so; elsewhere it may be an answer to something else.
  const bool identifies =
      std::any_of(dialect_.checks.begin(), dialect_.checks.end(), [&r](const ModbusCheck& c) { return c.request == r; });
  if (reader_.other_length() != 0 && !late_possible_ && identifies) {
    return {Errc::refused, fmt::format("{}: {} bytes of data where {} were asked for: it is another device, or one that "
                                       "ignores the count (firmware of before September 2021)",
                                       where(r), reader_.other_length(), modbus::data_bytes(r))};
  }
  if (reader_.received() > (reader_.echoed() ? modbus::encode(r)->size() : 0)) {
    return {Errc::timeout, fmt::format("{}, only {} bytes that are none; is the line at {} baud with {}, is each address "
                                       "given once, is the bus terminated?",
                                       begin, reader_.received(), dialect_.line.baud, to_string(dialect_.line.parity))};
  }
  return {Errc::timeout, fmt::format("{}; is it powered, is its address {}, are A and B the right way round, is the line at "
                                     "{} baud with {}?",
                                     begin, r.unit, dialect_.line.baud, to_string(dialect_.line.parity))};
}

Error ModbusBus::exceptional(const Request& r) const {
  const std::uint8_t code = reader_.exception();
  const Errc errc = code == kBusy || code == kAcknowledge ? Errc::busy : Errc::refused;
  return {errc, fmt::format("{}: {}{}", where(r), modbus::exception_text(code),
                            errc == Errc::busy ? "" : fmt::format("; is it a {}?", dialect_.name))};
}

// The silence that must be heard before a frame. A reply that came twice is heard here, because it follows itself at once:
// before a request like the last one there is room for that.
Task<void> ModbusBus::hush(std::size_t unit, const Request& request) {
  const Duration gap = silence(dialect_.line);
  TimePoint until = ready(unit);
  if (modbus::same_shape(last_, request)) {
    const auto again = static_cast<std::int64_t>(modbus::reply_bytes(request)) * dialect_.line.byte_time();
    until = std::max(until, quiet_since_ + again + gap);
  }
  std::size_t unasked = 0;
  for (;;) {
    if (lost_) {
      if (auto r = co_await drain(line_, clock_, dialect_.late); !r) co_return fail(r.error());
      lost_ = false;
    }
    const auto got = co_await line_.read_some(std::max(until, clock_.now()));
    if (!got && got.error().code == Errc::timeout) co_return Result<void>{};
    if (!got) co_return fail(got.error());
    unasked += got->size();
    until = std::max(until, clock_.now() + gap);
    if (unasked < kShortestFrame) continue;
    // A whole reply that nobody waits for: whose, is not known.
    for (Unit& u : units_) {
      u.unpaired = true;
      u.asked = clock_.now();
    }
    lost_ = true;
    unasked = 0;
  }
}

Task<void> ModbusBus::await_reply(const Request& request, TimePoint limit) {
  const TimePoint asked = clock_.now();
  while (reader_.end() == ReplyReader::End::none) {
    const auto got = co_await line_.read_some(limit);
    if (!got && got.error().code != Errc::timeout) co_return fail(got.error());
    if (!got) co_return fail(silent(request, clock_.now() - asked));
    reader_.feed(*got);
  }
  co_return Result<void>{};
}

Task<void> ModbusBus::exchange(std::size_t unit, const Request& request, std::span<SwitchOrder* const> orders, Sent& sent) {
  auto bytes = frame(dialect_, request);
  if (!bytes) co_return fail(bytes.error());
  if (auto r = co_await hush(unit, request); !r) co_return fail(r.error());
  for (const SwitchOrder* order : orders) {
    if (auto r = may_commit(*order, clock_.now()); !r) co_return fail(r.error());
  }
  const bool strip = modbus::is_read(request.function) ? dialect_.own_echo != OwnEcho::none
                                                       : dialect_.own_echo == OwnEcho::always || hears_itself_;
  const auto out = static_cast<std::int64_t>(bytes->size()) * dialect_.line.byte_time();
  const auto back = static_cast<std::int64_t>(modbus::reply_bytes(request)) * dialect_.line.byte_time();
  reader_.begin(request, *bytes, strip);
  note_sent(unit, request);
  sent.began = clock_.now();
  sent.committed = !orders.empty();
  std::string to_send = std::move(*bytes);
  if (auto r = co_await line_.write(std::move(to_send)); !r) co_return fail(r.error());
  sent.ended = std::max(clock_.now(), sent.began + out);
  units_[unit].may_begin = sent.began + dialect_.units[unit].min_poll;
  const auto replied = co_await await_reply(request, sent.began + out + back + dialect_.deadline);
  quiet_since_ = clock_.now();
  units_[unit].may_begin = std::max(units_[unit].may_begin, quiet_since_ + dialect_.units[unit].gap);
  if (!replied) co_return fail(replied.error());
  note_reply(unit, request);
  if (reader_.end() == ReplyReader::End::exception) co_return fail(exceptional(request));
  co_return Result<void>{};
}

Task<void> ModbusBus::pair(std::size_t unit) {
  const Request mark = dialect_.units[unit].mark;
  int silent_marks = 0;
  for (int i = 0; i < kMostMarks; ++i) {
    if (!units_[unit].unpaired) co_return Result<void>{};
    Sent sent;
    const auto r = co_await exchange(unit, mark, {}, sent);
    if (r) continue;
    if (r.error().code != Errc::timeout || ++silent_marks >= kSilentMarks) co_return r;
  }
  co_return fail(Errc::protocol,
                 fmt::format("{}: each reply comes twice; is there a repeater or a second adapter?", where(mark)));
}

Task<std::string> ModbusBus::read(std::size_t unit, const Request& request, TimePoint& began) {
  Result<void> r;
  for (std::uint32_t i = 0; i <= dialect_.retries; ++i) {
    r = Result<void>{};
    // A unit that repeats its last answer could not be told from one that reads anew: no two alike in a row.
    if (modbus::same_shape(last_, request)) units_[unit].unpaired = true;
    if (units_[unit].unpaired) r = co_await pair(unit);
    if (r) {
      Sent sent;
      r = co_await exchange(unit, request, {}, sent);
      began = sent.began;
    }
    if (r) co_return std::string(reader_.data());
    if (r.error().code != Errc::timeout && r.error().code != Errc::busy) break;
  }
  co_return fail(r.error());
}

Task<void> ModbusBus::write(std::size_t unit, const Request& request, std::span<SwitchOrder* const> orders, Sent& sent) {
  return exchange(unit, request, orders, sent);
}

}  // namespace greenroom
