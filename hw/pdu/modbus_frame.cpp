#include "hw/pdu/modbus_frame.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace greenroom::modbus {
namespace {

// Modbus application protocol V1.1b3, chapter 6: what one frame of 256 bytes holds.
constexpr std::size_t kMostBitsRead = 2000;
constexpr std::size_t kMostWordsRead = 125;
constexpr std::size_t kMostBitsWritten = 1968;
constexpr std::size_t kMostWordsWritten = 123;
constexpr std::size_t kExceptionBytes = 5;
constexpr std::size_t kWriteReplyBytes = 8;
// Noise before a reply is kept no longer than this; a frame has at most 256 bytes.
constexpr std::size_t kMostKept = 512;

std::uint8_t byte(std::string_view s, std::size_t i) { return static_cast<std::uint8_t>(s[i]); }

void put_word(std::string& to, std::uint16_t w) {
  to += static_cast<char>(w >> 8);
  to += static_cast<char>(w & 0xff);
}

void put_crc(std::string& to) {
  const std::uint16_t crc = crc16(to);
  to += static_cast<char>(crc & 0xff);  // low byte first, unlike every other word
  to += static_cast<char>(crc >> 8);
}

bool crc_holds(std::string_view frame) {
  const std::uint16_t crc = crc16(frame.substr(0, frame.size() - 2));
  return byte(frame, frame.size() - 2) == (crc & 0xff) && byte(frame, frame.size() - 1) == (crc >> 8);
}

std::size_t most(Function f) {
  if (is_read(f)) return is_of_bits(f) ? kMostBitsRead : kMostWordsRead;
  if (f == Function::write_coils) return kMostBitsWritten;
  return f == Function::write_registers ? kMostWordsWritten : 1;
}

Result<void> sendable(const Request& r) {
  if (r.unit == 0) return fail(Errc::usage, "address 0 is a broadcast: every unit would obey, and none would answer");
  if (r.count == 0 || r.count > most(r.function)) {
    return fail(Errc::usage, fmt::format("function {} carries 1 to {} values, not {}", static_cast<int>(r.function),
                                         most(r.function), r.count));
  }
  if (r.start + r.count > 0x10000) return fail(Errc::usage, "the range ends beyond address 0xFFFF");
  const std::size_t values = is_read(r.function) ? 0 : r.count;
  if (r.values.size() != values) {
    return fail(Errc::usage, fmt::format("{} values where {} are to be written", r.values.size(), values));
  }
  return {};
}

}  // namespace

bool is_read(Function f) { return f <= Function::read_input_registers; }

bool is_of_bits(Function f) {
  return f == Function::read_coils || f == Function::read_discrete_inputs || f == Function::write_coil ||
         f == Function::write_coils;
}

std::uint16_t crc16(std::string_view bytes) {
  std::uint16_t crc = 0xffff;
  for (const char c : bytes) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int i = 0; i < 8; ++i) crc = static_cast<std::uint16_t>((crc & 1) != 0 ? (crc >> 1) ^ 0xa001 : crc >> 1);
  }
  return crc;
}

Result<std::string> encode(const Request& r) {
  if (auto ok = sendable(r); !ok) return fail(ok.error());
  std::string frame;
  frame += static_cast<char>(r.unit);
  frame += static_cast<char>(r.function);
  put_word(frame, r.start);
  switch (r.function) {
    case Function::write_coil:
    case Function::write_register: put_word(frame, r.values.front()); break;
    case Function::write_coils: {
      put_word(frame, r.count);
      std::string bits(static_cast<std::size_t>((r.count + 7) / 8), '\0');
      for (std::size_t i = 0; i < r.values.size(); ++i) {
        if (r.values[i] != 0) bits[i / 8] = static_cast<char>(byte(bits, i / 8) | (1U << (i % 8)));
      }
      frame += static_cast<char>(bits.size());
      frame += bits;
      break;
    }
    case Function::write_registers:
      put_word(frame, r.count);
      frame += static_cast<char>(2 * r.count);
      for (const std::uint16_t w : r.values) put_word(frame, w);
      break;
    default: put_word(frame, r.count);
  }
  put_crc(frame);
  return frame;
}

std::size_t data_bytes(const Request& r) {
  if (!is_read(r.function)) return 0;
  return is_of_bits(r.function) ? static_cast<std::size_t>((r.count + 7) / 8) : 2 * static_cast<std::size_t>(r.count);
}

std::size_t reply_bytes(const Request& r) {
  return is_read(r.function) ? kExceptionBytes + data_bytes(r) : kWriteReplyBytes;
}

bool same_shape(const Request& a, const Request& b) {
  if (a.unit != b.unit || a.function != b.function) return false;
  // The reply to a write repeats what was written where.
  return is_read(a.function) ? data_bytes(a) == data_bytes(b) : a == b;
}

std::string exception_text(std::uint8_t code) {
  constexpr std::array<std::string_view, 7> kMeaning = {
      "",
      "it does not know the function",
      "it has no such address",
      "it does not take that value or count",
      "it failed while it carried it out",
      "it will take long over it",
      "it is busy",
  };
  if (code == 0 || code >= kMeaning.size()) return fmt::format("exception {}", code);
  return fmt::format("exception {}: {}", code, kMeaning[code]);
}

bool bit(std::string_view data, std::size_t i) { return (byte(data, i / 8) >> (i % 8) & 1) != 0; }

std::uint16_t word(std::string_view data, std::size_t i) {
  return static_cast<std::uint16_t>(byte(data, 2 * i) << 8 | byte(data, 2 * i + 1));
}

bool padded(std::string_view data, std::size_t count) {
  for (std::size_t i = count; i < 8 * data.size(); ++i) {
    if (bit(data, i)) return false;
  }
  return true;
}

void ReplyReader::begin(const Request& request, std::string bytes, bool strip) {
  *this = ReplyReader();
  request_ = request;
  sent_ = std::move(bytes);
  strip_echo_ = strip;
}

ReplyReader::End ReplyReader::feed(std::string_view bytes) {
  received_ += bytes.size();
  if (end_ != End::none) {
    left_over_ = left_over_ || !bytes.empty();
    return end_;
  }
  buffer_ += bytes;
  if (strip_echo_) strip_echo();
  look();
  if (buffer_.size() > kMostKept) buffer_.erase(0, buffer_.size() - kMostKept);
  return end_;
}

// Only what leads is an echo. The reply to the writing of one coil is the request again: it comes behind the echo.
void ReplyReader::strip_echo() {
  if (buffer_.size() < sent_.size()) return;
  strip_echo_ = false;
  if (!buffer_.starts_with(sent_)) return;
  echoed_ = true;
  buffer_.erase(0, sent_.size());
}

void ReplyReader::look() {
  // Until it is known whether an echo leads, a write's echo would be taken for its reply.
  if (strip_echo_ && !is_read(request_.function)) return;
  for (std::size_t from = 0; from < buffer_.size(); ++from) {
    const std::string_view rest = std::string_view(buffer_).substr(from);
    std::size_t taken = 0;
    bool waits = false;
    end_ = at(rest, taken, waits);
    // What may become the reply is waited for; a shorter frame inside it is its data.
    if (waits) return;
    if (end_ == End::none) continue;
    left_over_ = rest.size() > taken;
    return;
  }
}

// What stands at the beginning of `rest`: a reply, an exception, the start of one, or neither.
ReplyReader::End ReplyReader::at(std::string_view rest, std::size_t& taken, bool& waits) {
  const auto function = static_cast<std::uint8_t>(request_.function);
  if (byte(rest, 0) != request_.unit) return End::none;
  if (rest.size() < 3) {
    waits = rest.size() < 2 || byte(rest, 1) == function || byte(rest, 1) == (function | 0x80);
    return End::none;
  }
  const bool refusal = byte(rest, 1) == (function | 0x80);
  if (!refusal && byte(rest, 1) != function) return End::none;
  taken = refusal ? kExceptionBytes : reply_bytes(request_);
  if (!refusal) {
    // A read's reply counts its bytes; a write's repeats the request's address and value or count.
    const bool fits = is_read(request_.function)
                          ? byte(rest, 2) == data_bytes(request_)
                          : rest.substr(0, 6) == std::string_view(sent_).substr(0, std::min<std::size_t>(6, rest.size()));
    if (!fits) {
      note_other(rest);
      return End::none;
    }
  }
  waits = rest.size() < taken;
  if (waits || !crc_holds(rest.substr(0, taken))) return End::none;
  if (refusal) exception_ = byte(rest, 2);
  else if (is_read(request_.function)) data_ = rest.substr(3, data_bytes(request_));
  return refusal ? End::exception : End::reply;
}

void ReplyReader::note_other(std::string_view rest) {
  const std::size_t whole = kExceptionBytes + byte(rest, 2);
  if (!is_read(request_.function) || rest.size() < whole) return;
  if (crc_holds(rest.substr(0, whole))) other_length_ = byte(rest, 2);
}

}  // namespace greenroom::modbus
