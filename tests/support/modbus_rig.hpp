// A Modbus bus on virtual time, with a relay board of 16 at address 1 and a three-phase meter at address 2. It takes the
// wire as it is: one byte after the other, replies strictly in order, and a frame is one only if silence went before it.
// Faults are drawn when a test says so.
#pragma once

#include <array>
#include <bit>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hw/base/random.hpp"
#include "hw/pdu/modbus_frame.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/scripted_line.hpp"

namespace greenroom::test {

class ModbusWorld {
 public:
  explicit ModbusWorld(ManualClock& c, std::uint64_t seed = 7) : clock(c), random(Random(seed).stream("bus")) {}

  static constexpr Duration kByte{1042};     // 10 bits at 9600 baud
  static constexpr Duration kSilence{3645};  // 3.5 of them
  ManualClock& clock;
  Random random;
  std::array<bool, 17> on{};
  std::map<std::uint16_t, float> meter{{0, 230.5F},  {2, 231.0F},   {4, 229.0F},  {6, 1.25F},    {8, 0.0F},    {10, 7.5F},
                                       {12, 280.0F}, {16, 1700.0F}, {18, 288.1F}, {22, 1717.5F}, {0x46, 50.0F}};
  std::uint16_t version{200};
  Duration think{std::chrono::milliseconds{5}};
  bool ignores_count{};  // firmware of before September 2021
  bool deaf{};           // answers nothing
  bool hears_itself{};   // the adapter hands back what is sent
  std::optional<std::uint8_t> refuses_writes;
  bool faulty{};
  std::uint64_t faults{};
  std::vector<std::string> frames;  // what was sent, in hex
  std::vector<TimePoint> began;     // and when
  std::vector<TimePoint> replied;   // the last byte of each reply
  std::vector<std::string> wrongs;  // what a master may not do
  std::string inbox;
  std::function<void()> reader;

  void take(const std::string& bytes) {
    const TimePoint now = clock.now();
    frames.push_back(to_hex(bytes));
    began.push_back(now);
    if (now < quiet_at_ + kSilence) wrongs.push_back("no silence before " + to_hex(bytes));
    const TimePoint end = now + static_cast<std::int64_t>(bytes.size()) * kByte;
    quiet_at_ = end;
    if (hears_itself) deliver(bytes, end);
    if (deaf || bytes.size() < 4 || modbus::crc16(bytes) != 0) return;
    if (bytes[0] == 0) wrongs.push_back("a broadcast");
    if (bytes[0] != 1 && bytes[0] != 2) return;
    const std::uint64_t fault = faulty ? random.below(60) : 0;
    if (fault >= 1 && fault <= 8) ++faults;
    if (fault == 7) return;  // the request itself was lost
    say(answer(bytes), end, fault);
  }

 private:
  static std::uint16_t word(const std::string& b, std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<std::uint8_t>(b[at]) << 8 | static_cast<std::uint8_t>(b[at + 1]));
  }
  static std::string with_sum(std::string b) {
    const std::uint16_t sum = modbus::crc16(b);
    b += static_cast<char>(sum & 0xff);
    b += static_cast<char>(sum >> 8);
    return b;
  }
  static std::string refusal(const std::string& b, std::uint8_t code) {
    return with_sum(std::string{b[0], static_cast<char>(b[1] | 0x80), static_cast<char>(code)});
  }

  std::string answer(const std::string& b) {
    const std::uint16_t start = word(b, 2);
    const std::uint16_t count = word(b, 4);
    if (b[0] == 2) return b[1] == 4 ? floats(b, start, count) : refusal(b, 1);
    switch (b[1]) {
      case 1: return coils(b, start, count);
      case 3:
        if (start != 0x8000 || count != 1) return refusal(b, 2);
        return with_sum(std::string{b[0], b[1], 2, static_cast<char>(version >> 8), static_cast<char>(version & 0xff)});
      case 5:
      case 15: return write(b, start, count);
      default: return refusal(b, 1);
    }
  }

  std::string write(const std::string& b, std::uint16_t start, std::uint16_t count) {
    if (refuses_writes) return refusal(b, *refuses_writes);
    if (b[1] == 5) {
      if (start > 15) wrongs.push_back("coil beyond the board: " + to_hex(b));
      else on[start + 1U] = count == 0xFF00;
      return b;
    }
    for (std::size_t i = 0; i < count; ++i) on[start + i + 1] = (b[7 + i / 8] >> (i % 8) & 1) != 0;
    return with_sum(b.substr(0, 6));
  }

  std::string coils(const std::string& b, std::uint16_t start, std::uint16_t count) {
    if (start + count > 16) return refusal(b, 2);
    if (ignores_count) start = 0, count = 16;
    std::string data((count + 7U) / 8U, '\0');
    for (std::size_t i = 0; i < count; ++i) {
      if (on[start + i + 1]) data[i / 8] = static_cast<char>(data[i / 8] | 1 << (i % 8));
    }
    return with_sum(std::string{b[0], b[1], static_cast<char>(data.size())} + data);
  }

  std::string floats(const std::string& b, std::uint16_t start, std::uint16_t count) {
    std::string data;
    for (std::uint16_t at = start; at < start + count; at = static_cast<std::uint16_t>(at + 2)) {
      const auto bits = std::bit_cast<std::uint32_t>(meter.count(at) != 0 ? meter[at] : 0.0F);
      for (int shift = 24; shift >= 0; shift -= 8) data += static_cast<char>(bits >> shift & 0xff);
    }
    return with_sum(std::string{b[0], b[1], static_cast<char>(data.size())} + data);
  }

  // 1 lost, 2 cut short, 3 garbled, 4 a byte dropped, 5 twice, 6 late: up to 3 s, long after its deadline, 8 the answer
  // before once more.
  void say(std::string text, TimePoint from, std::uint64_t fault) {
    Duration late = think;
    const std::size_t at = random.below(text.size());
    if (fault == 1) text.clear();
    if (fault == 2) text.resize(at);
    if (fault == 3) text[at] = static_cast<char>(random.below(256));
    if (fault == 4) text.erase(at, 1);
    if (fault == 8 && !last_answer_.empty()) text = last_answer_;
    last_answer_ = text;
    if (fault == 6) late = std::chrono::milliseconds{400 + 100 * static_cast<int>(random.below(26))};
    for (int i = 0; i <= (fault == 5 ? 1 : 0); ++i) {
      free_at_ = std::max(free_at_, from + late) + static_cast<std::int64_t>(text.size()) * kByte;
      if (!text.empty()) deliver(text, free_at_);
      late = Duration{};
    }
  }

  void deliver(const std::string& text, TimePoint at) {
    clock.call_at(at, [this, text] {
      inbox += text;
      quiet_at_ = std::max(quiet_at_, clock.now());
      replied.push_back(clock.now());
      if (reader) std::exchange(reader, nullptr)();
    });
  }

  std::string last_answer_;
  TimePoint quiet_at_{-std::chrono::seconds{1}};
  TimePoint free_at_{};
};

class ModbusWire final : public SerialLine {
 public:
  explicit ModbusWire(ModbusWorld& w) : w_(w) {}

  Task<void> write(std::string bytes) override {
    w_.take(bytes);
    co_return Result<void>{};
  }
  Task<std::string> read_some(TimePoint deadline) override {
    while (w_.inbox.empty()) {
      if (w_.clock.now() >= deadline) co_return fail(Errc::timeout, "no byte");
      Handover<void> bytes;
      w_.reader = [giver = bytes.giver()] { giver.give(Result<void>{}); };
      w_.clock.call_at(deadline, [giver = bytes.giver()] { giver.give(Result<void>{}); });
      if (auto r = co_await bytes.take(); !r) co_return fail(r.error());
    }
    co_return std::exchange(w_.inbox, {});
  }
  void discard_input() override { w_.inbox.clear(); }

 private:
  ModbusWorld& w_;
};

}  // namespace greenroom::test
