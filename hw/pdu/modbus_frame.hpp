// Modbus RTU frames: requests as bytes, replies found among bytes. Pure: no line, no clock.
// Source: Modbus application protocol V1.1b3 and Modbus over serial line V1.02 (modbus.org). Callers: modbus_dialect.cpp,
// modbus_pdu.cpp.
//
// RTU has no number by which a reply is paired with its request. So nothing is taken for the answer that is not exactly as
// long as the request demands, from the unit and function asked, and whole by its check sum. What is told apart in this way
// is called a shape; replies of one shape are told apart by who asks (modbus_pdu.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hw/base/result.hpp"

namespace greenroom::modbus {

enum class Function : std::uint8_t {
  read_coils = 0x01,
  read_discrete_inputs = 0x02,
  read_holding_registers = 0x03,
  read_input_registers = 0x04,
  write_coil = 0x05,
  write_register = 0x06,
  write_coils = 0x0f,
  write_registers = 0x10,
};
[[nodiscard]] bool is_read(Function);
[[nodiscard]] bool is_of_bits(Function);  // coils and discrete inputs; else registers of 16 bits

struct Request {
  Request() = default;
  Request(std::uint8_t u, Function f, std::uint16_t s, std::uint16_t c, std::vector<std::uint16_t> v = {})
      : unit(u), function(f), start(s), count(c), values(std::move(v)) {}
  bool operator==(const Request&) const = default;

  std::uint8_t unit{};  // never 0: a broadcast is answered by nobody, and obeyed by all
  Function function{Function::read_coils};
  std::uint16_t start{};  // from 0, as on the wire: not 30001, not 1
  std::uint16_t count{1};
  std::vector<std::uint16_t> values;  // of a write: coils 0 or 1 (write_coil: the value on the wire), registers
};

[[nodiscard]] std::uint16_t crc16(std::string_view);

// The frame, check sum included. Errc::usage for what may not stand on a wire: a broadcast, more than one frame holds, a
// range beyond 0xFFFF, values that are not `count`.
Result<std::string> encode(const Request&);

// A whole good reply, in bytes; the bytes of data in it.
[[nodiscard]] std::size_t reply_bytes(const Request&);
[[nodiscard]] std::size_t data_bytes(const Request&);
// A reply to one could be taken for a reply to the other.
[[nodiscard]] bool same_shape(const Request&, const Request&);

// "exception 2: it has no such address"
[[nodiscard]] std::string exception_text(std::uint8_t code);

// Of the data of a reply; `i` from 0.
[[nodiscard]] bool bit(std::string_view data, std::size_t i);
[[nodiscard]] std::uint16_t word(std::string_view data, std::size_t i);
// The bits beyond `count` are zero, as the standard demands: a unit that ignores the count leaves some set.
[[nodiscard]] bool padded(std::string_view data, std::size_t count);

// Finds the one reply to one request among the bytes that arrive. Bytes in front of it that are no reply are passed over:
// noise as the line turns around, our own request heard again, a late reply of another shape.
class ReplyReader {
 public:
  enum class End { none, reply, exception };

  // `bytes`: the request as it was sent. `strip_echo`: the line hands back what we send.
  void begin(const Request&, std::string bytes, bool strip_echo);
  End feed(std::string_view);

  [[nodiscard]] End end() const { return end_; }
  [[nodiscard]] std::string_view data() const { return data_; }        // a reply to a read
  [[nodiscard]] std::uint8_t exception() const { return exception_; }  // an exception
  [[nodiscard]] bool echoed() const { return echoed_; }                // our own request came back first
  [[nodiscard]] bool left_over() const { return left_over_; }          // bytes behind the reply: nobody asked for them
  [[nodiscard]] std::size_t received() const { return received_; }
  // A whole reply to this function with another number of data bytes was seen; 0: none.
  [[nodiscard]] std::size_t other_length() const { return other_length_; }

 private:
  void strip_echo();
  void look();
  End at(std::string_view rest, std::size_t& taken, bool& waits);
  void note_other(std::string_view rest);

  Request request_;
  std::string sent_, buffer_, data_;
  std::size_t received_{}, other_length_{};
  std::uint8_t exception_{};
  bool strip_echo_{}, echoed_{}, left_over_{};
  End end_{End::none};
};

}  // namespace greenroom::modbus
