// Modbus RTU units on RS-485: a relay board with 8 or 16 relays, meters of one and three phases, board and meter on one pair
// of wires. Sources: Waveshare wiki, Modbus RTU Relay (coils from 0, 0x00FF all, 0x0200 and 0x0400 timed in tenths of a
// second, 0x4000 address, 0x8000 version in hundredths, broadcasts obeyed); Eastron SDM120 and SDM630 manuals (function 04,
// floats, high word first, at most 30 in a request, parameters it has not read as zero); Modbus application protocol V1.1b3.
#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <vector>

#include "hw/model/faces.hpp"

namespace greenroom::model {
namespace {

enum Refusal : std::uint8_t { no_function = 1, no_address = 2, no_value = 3 };

std::uint16_t check_sum(std::string_view bytes) {
  std::uint16_t sum = 0xFFFF;
  for (const char c : bytes) {
    sum = static_cast<std::uint16_t>(sum ^ static_cast<std::uint8_t>(c));
    for (int bit = 0; bit < 8; ++bit) {
      const bool carry = (sum & 1) != 0;
      sum = static_cast<std::uint16_t>(sum >> 1);
      if (carry) sum = static_cast<std::uint16_t>(sum ^ 0xA001);
    }
  }
  return sum;
}

std::uint8_t octet(std::string_view s, std::size_t at) { return static_cast<std::uint8_t>(s[at]); }
std::uint16_t word(std::string_view s, std::size_t at) {
  return static_cast<std::uint16_t>(octet(s, at) * 256 + octet(s, at + 1));
}
void append_word(std::string& to, unsigned w) {
  to += static_cast<char>(w / 256 % 256);
  to += static_cast<char>(w % 256);
}
void append_float(std::string& to, double value) {
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
  append_word(to, bits >> 16);
  append_word(to, bits & 0xFFFF);
}

// The body of an answer behind address and function; or a refusal.
struct Answer {
  std::string body;
  std::optional<Refusal> refusal;
};
Answer refuse(Refusal r) { return {{}, r}; }

class ModbusFace final : public DeviceFace {
 public:
  explicit ModbusFace(DeviceBody& body) : body_(body), device_(body.spec().device) {}

  // A frame ends with silence; what comes together without it is one frame, and a wrong one is not answered at all.
  std::size_t receive(std::string_view bytes, Duration silence, std::string& out) override {
    constexpr std::int64_t frame_gap_us = 1750;
    if (silence.count() >= frame_gap_us) frame_.clear();
    frame_ += bytes;
    if (frame_.size() > 256) frame_.clear();
    if (frame_.size() < 4 || check_sum(frame_) != 0) return 0;
    const std::string frame = frame_.substr(0, frame_.size() - 2);
    frame_.clear();
    obey(frame, out);
    return 0;
  }
  void boot(std::string&) override {}
  void reset() override { frame_.clear(); }

 private:
  [[nodiscard]] bool has_board() const { return !body_.on().empty(); }
  [[nodiscard]] std::uint8_t meter_address() const {
    if (device_ == Device::waveshare_16_sdm630) return 2;
    return has_board() ? 0 : 1;
  }

  void obey(const std::string& frame, std::string& out) {
    const std::uint8_t address = octet(frame, 0);
    const std::uint8_t function = octet(frame, 1);
    const bool for_board = has_board() && address <= 1;  // 0: everyone obeys, no one answers
    if (!for_board && (address == 0 || address != meter_address())) return;
    const Answer answer = for_board ? board(function, frame) : meter(function, frame);
    if (address == 0) return;
    std::string reply(1, frame[0]);
    if (answer.refusal) {
      reply += static_cast<char>(function | 0x80);
      reply += static_cast<char>(*answer.refusal);
    } else {
      reply += frame[1];
      reply += answer.body;
    }
    const std::uint16_t sum = check_sum(reply);
    reply += static_cast<char>(sum % 256);
    reply += static_cast<char>(sum / 256);
    out += reply;
  }

  Answer board(std::uint8_t function, std::string_view f) {
    if (function == 15) return write_relays(f);
    if (f.size() != 6) return refuse(function == 1 || function == 3 || function == 5 ? no_value : no_function);
    if (function == 1) return read_relays(word(f, 2), word(f, 4));
    if (function == 3) return read_setting(word(f, 2), word(f, 4));
    if (function == 5) return write_relay(word(f, 2), word(f, 4), f);
    return refuse(no_function);
  }

  Answer read_relays(std::size_t start, std::size_t count) {
    const auto on = body_.on();
    if (count == 0 || count > 2000) return refuse(no_value);
    if (start + count > on.size()) return refuse(no_address);
    std::vector<std::uint8_t> bytes((count + 7) / 8);
    for (std::size_t i = 0; i < count; ++i) {
      if (on[start + i] != 0) bytes[i / 8] = static_cast<std::uint8_t>(bytes[i / 8] | 1U << i % 8);
    }
    Answer a;
    a.body += static_cast<char>(bytes.size());
    a.body.append(bytes.begin(), bytes.end());
    return a;
  }

  static Answer read_setting(std::uint16_t at, std::uint16_t count) {
    constexpr unsigned version = 200;  // 2.00
    if (count != 1) return refuse(no_value);
    if (at != 0x4000 && at != 0x8000) return refuse(no_address);
    Answer a;
    a.body += '\x02';
    append_word(a.body, at == 0x4000 ? 1 : version);
    return a;
  }

  Answer write_relay(std::uint16_t at, std::uint16_t value, std::string_view f) {
    const std::size_t relays = body_.on().size();
    const std::size_t relay = at % 256;
    const unsigned page = at / 256;
    const Duration later = std::chrono::milliseconds{100} * static_cast<int>(value);
    if (page == 0 || page == 1) {
      // Page 1 turns over whatever it is told to; page 0 only for 5500.
      if (page == 0 && value != 0xFF00 && value != 0 && value != 0x5500) return refuse(no_value);
      if (relay != 0xFF && relay >= relays) return refuse(no_address);
      const bool toggles = page == 1 || value == 0x5500;
      for (std::size_t i = 0; i < relays; ++i) {
        if (relay == 0xFF || relay == i) body_.order(i, toggles ? body_.on()[i] == 0 : value == 0xFF00, {});
      }
    } else if (page == 2 || page == 4) {
      if (relay >= relays) return refuse(no_address);
      body_.order(relay, page == 2, {});
      body_.order(relay, page == 4, later);
    } else {
      return refuse(no_address);
    }
    return {std::string(f.substr(2)), {}};
  }

  Answer write_relays(std::string_view f) {
    if (f.size() < 8 || octet(f, 6) != f.size() - 7) return refuse(no_value);
    const std::size_t start = word(f, 2);
    const std::size_t count = word(f, 4);
    if (count == 0 || (count + 7) / 8 != octet(f, 6)) return refuse(no_value);
    if (start + count > body_.on().size()) return refuse(no_address);
    for (std::size_t i = 0; i < count; ++i) body_.order(start + i, (octet(f, 7 + i / 8) >> i % 8 & 1) != 0, {});
    return {std::string(f.substr(2, 4)), {}};
  }

  Answer meter(std::uint8_t function, std::string_view f) {
    if (function != 4) return refuse(no_function);
    if (f.size() != 6) return refuse(no_value);
    const std::size_t start = word(f, 2);
    const std::size_t count = word(f, 4);
    if (count == 0 || count % 2 != 0 || count > 60) return refuse(no_value);  // 30 parameters
    if (start % 2 != 0 || start + count > 0x0200) return refuse(no_address);
    const auto figures = body_.meters().first(body_.banks());
    Answer a;
    a.body += static_cast<char>(2 * count);
    for (std::size_t at = start; at < start + count; at += 2) append_float(a.body, parameter(figures, at));
    return a;
  }

  // By register: volts, amps, watts, volt-amperes, each for three phases in turn; then sums. The one-phase meter has the
  // first of each three.
  [[nodiscard]] static double parameter(std::span<const BankFigures> phases, std::size_t at) {
    constexpr std::size_t groups_end = 0x18;
    if (at == 0x46) return 50.0;  // hertz
    double watts = 0;
    double amps = 0;
    for (const BankFigures& p : phases) {
      watts += p.watts;
      amps += p.amps;
    }
    if (phases.size() > 1 && at == 0x30) return amps;
    if (phases.size() > 1 && at == 0x34) return watts;
    const std::size_t phase = at / 2 % 3;
    if (at >= groups_end || phase >= phases.size()) return 0;
    const BankFigures& p = phases[phase];
    switch (at / 6) {
      case 0: return p.volts;
      case 1: return p.amps;
      case 2: return p.watts;
      default: return p.volts * p.amps;
    }
  }

  DeviceBody& body_;
  Device device_;
  std::string frame_;
};

}  // namespace

std::unique_ptr<DeviceFace> make_modbus_face(DeviceBody& body) { return std::make_unique<ModbusFace>(body); }

}  // namespace greenroom::model
