#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "hw/usb/usb_trace.hpp"

namespace greenroom {
namespace {

constexpr std::size_t longest_shown = 64;
constexpr std::array verbs{TraceVerb::arrive,  TraceVerb::leave,   TraceVerb::open,       TraceVerb::close,
                           TraceVerb::claim,   TraceVerb::reset,   TraceVerb::control_in, TraceVerb::control_out,
                           TraceVerb::bulk_in, TraceVerb::bulk_out};
constexpr std::array codes{Errc::timeout,   Errc::device_gone, Errc::busy,       Errc::protocol, Errc::refused,
                           Errc::cancelled, Errc::expired,     Errc::bad_config, Errc::storage,  Errc::usage};
constexpr std::array sources{SerialFrom::kernel, SerialFrom::device, SerialFrom::pending, SerialFrom::nowhere,
                             SerialFrom::withheld};

std::string seconds_text(Duration d) { return fmt::format("{}.{:06}", d.count() / 1'000'000, d.count() % 1'000'000); }

std::string hex(const UsbBytes& bytes) {
  if (bytes.empty()) return "-";
  std::string text;
  for (const std::byte b : bytes) text += fmt::format("{:02x}", std::to_integer<unsigned>(b));
  return text;
}

std::string payload(const UsbBytes& bytes) {
  if (bytes.size() <= longest_shown) return hex(bytes);
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, 64 bits
  for (const std::byte b : bytes) hash = (hash ^ std::to_integer<std::uint64_t>(b)) * 0x100000001b3;
  return fmt::format("{}#{:016x}", bytes.size(), hash);
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\' || u < 0x20 || u >= 0x7f) out += fmt::format("\\x{:02x}", u);
    else out.push_back(c);
  }
  return out + "\"";
}

// ---- reading ----

// The fields of one line, taken from the front. What is missing or wrong makes all that follows void.
class Fields {
 public:
  explicit Fields(std::string_view line) : rest_(line) {}
  [[nodiscard]] bool bad() const { return bad_; }
  [[nodiscard]] bool done() const { return rest_.empty(); }

  std::string_view word() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
    const std::string_view taken = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(std::min(rest_.size(), taken.size() + 1));
    if (taken.empty()) bad_ = true;
    return taken;
  }
  // All up to the word "=", which goes too.
  std::string_view until_equals() {
    const std::size_t end = rest_.find(" = ");
    if (end == std::string_view::npos) return bad_ = true, std::string_view{};
    const std::string_view taken = rest_.substr(0, end);
    if (taken.empty()) bad_ = true;
    rest_.remove_prefix(end + 3);
    return taken;
  }
  std::uint64_t number(std::string_view text, int base, std::uint64_t most) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size() || value > most) bad_ = true;
    return bad_ ? 0 : value;
  }
  std::uint64_t named(std::string_view name, int base, std::uint64_t most) {
    const std::string_view w = word();
    if (w.size() <= name.size() + 1 || w.substr(0, name.size()) != name || w[name.size()] != '=') return bad_ = true, 0;
    return number(w.substr(name.size() + 1), base, most);
  }
  Duration time() {
    constexpr std::uint64_t longest_s = 1'000'000'000;
    const std::string_view w = word();
    const std::size_t dot = w.find('.');
    if (dot == std::string_view::npos || w.size() - dot != 7) return bad_ = true, Duration{};
    const auto whole = number(w.substr(0, dot), 10, longest_s), part = number(w.substr(dot + 1), 10, 999'999);
    return Duration{static_cast<std::int64_t>(whole * 1'000'000 + part)};
  }
  std::string text() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
    if (rest_.empty() || rest_.front() != '"') return bad_ = true, std::string();
    const std::size_t end = rest_.find('"', 1);
    if (end == std::string_view::npos) return bad_ = true, std::string();
    std::string out;
    for (std::size_t i = 1; i < end; ++i) {
      if (rest_[i] != '\\') out.push_back(rest_[i]);
      else if (i + 3 >= end || rest_[i + 1] != 'x') return bad_ = true, std::string();
      else out.push_back(static_cast<char>(number(rest_.substr(i + 2, 2), 16, 255))), i += 3;
    }
    rest_.remove_prefix(end + 1);
    return out;
  }
  UsbBytes bytes() {
    const std::string_view w = word();
    UsbBytes out;
    if (w == "-") return out;
    if (w.size() % 2 != 0) bad_ = true;
    for (std::size_t i = 0; i + 1 < w.size() && !bad_; i += 2)
      out.push_back(static_cast<std::byte>(number(w.substr(i, 2), 16, 255)));
    return out;
  }
  template <class Enum, std::size_t N>
  Enum one_of(const std::array<Enum, N>& all, std::string_view w) {
    for (const Enum e : all) {
      if (to_string(e) == w) return e;
    }
    bad_ = true;
    return all[0];
  }
  void spoil() { bad_ = true; }

 private:
  std::string_view rest_;
  bool bad_ = false;
};

std::optional<UsbEvent> read_event(TraceVerb verb, Fields& f) {
  const auto path = PortPath::parse(f.word());
  if (!path) return std::nullopt;
  if (verb == TraceVerb::leave) return UsbLeft(*path, static_cast<std::uint8_t>(f.named("address", 10, 255)));
  const std::string_view ids = f.word();
  if (ids.size() != 9 || ids[4] != ':') return std::nullopt;
  const auto id = [&f](std::string_view text) { return static_cast<std::uint16_t>(f.number(text, 16, 0xffff)); };
  UsbSighting seen(*path, id(ids.substr(0, 4)), id(ids.substr(5)), id(f.word()), std::string());
  seen.device_class = static_cast<std::uint8_t>(f.named("class", 16, 255));
  seen.address = static_cast<std::uint8_t>(f.named("address", 10, 255));
  seen.speed_Mbps = static_cast<std::uint32_t>(f.named("speed", 10, 1'000'000));
  seen.serial_from = f.one_of(sources, f.word());
  seen.serial = f.text();
  seen.trouble = f.text();
  return UsbArrived(std::move(seen));
}

bool comes_in(TraceVerb verb) { return verb == TraceVerb::control_in || verb == TraceVerb::bulk_in; }

void read_answer(TraceLine& line, Fields& f) {
  const std::string_view how = f.word();
  if (how != "ok") {
    const Errc code = f.one_of(codes, how);
    line.error.emplace_back(code, f.text());
  } else if (comes_in(line.verb)) {
    line.in = f.bytes();
  } else {
    const std::string_view sent = f.word();
    line.out = sent == "-" ? 0 : f.number(sent, 10, SIZE_MAX);
  }
  line.took = f.time();
}

}  // namespace

std::string_view to_string(TraceVerb verb) {
  switch (verb) {
    case TraceVerb::arrive: return "arrive";
    case TraceVerb::leave: return "leave";
    case TraceVerb::open: return "open";
    case TraceVerb::close: return "close";
    case TraceVerb::claim: return "claim";
    case TraceVerb::reset: return "reset";
    case TraceVerb::control_in: return "control-in";
    case TraceVerb::control_out: return "control-out";
    case TraceVerb::bulk_in: return "bulk-in";
    case TraceVerb::bulk_out: return "bulk-out";
  }
  return "unknown";
}

std::string control_words(ControlSetup s, std::size_t length) {
  return fmt::format("{:02x} {:02x} {:04x} {:04x} {}", s.type, s.request, s.value, s.index, length);
}
std::string control_words(ControlSetup s, const UsbBytes& out) {
  return fmt::format("{:02x} {:02x} {:04x} {:04x} {}", s.type, s.request, s.value, s.index, payload(out));
}
std::string bulk_words(std::uint8_t endpoint, std::size_t length) { return fmt::format("{:02x} {}", endpoint, length); }
std::string bulk_words(std::uint8_t endpoint, const UsbBytes& out) {
  return fmt::format("{:02x} {}", endpoint, payload(out));
}
std::string claim_words(std::uint8_t interface, std::uint8_t alternate) {
  return fmt::format("{} {}", interface, alternate);
}

std::string to_string(const TraceLine& line) {
  std::string text = fmt::format("{} {}", seconds_text(line.at), to_string(line.verb));
  for (const UsbEvent& event : line.event) {
    if (const auto* left = std::get_if<UsbLeft>(&event))
      return text + fmt::format(" {} address={}", left->path.text(), left->address);
    const UsbSighting& d = std::get<UsbArrived>(event).device;
    return text + fmt::format(" {} {:04x}:{:04x} {:04x} class={:02x} address={} speed={} {} {} {}", d.path.text(), d.vendor,
                              d.product, d.bcd_device, d.device_class, d.address, d.speed_Mbps, to_string(d.serial_from),
                              quoted(d.serial), quoted(d.trouble));
  }
  text += fmt::format(" {}", line.handle);
  if (line.verb == TraceVerb::close) return text;
  if (!line.request.empty()) text += " " + line.request;
  if (!line.error.empty()) text += fmt::format(" = {} {}", to_string(line.error[0].code), quoted(line.error[0].message));
  else if (comes_in(line.verb)) text += " = ok " + hex(line.in);
  else text += line.out == 0 ? std::string(" = ok -") : fmt::format(" = ok {}", line.out);
  return text + " " + seconds_text(line.took);
}

Result<TraceLine> parse_trace_line(std::string_view text) {
  Fields f(text);
  const Duration at = f.time();
  TraceLine line(f.one_of(verbs, f.word()), at);
  if (!f.bad() && (line.verb == TraceVerb::arrive || line.verb == TraceVerb::leave)) {
    if (auto event = read_event(line.verb, f)) line.event.push_back(std::move(*event));
    else f.spoil();
  } else if (!f.bad()) {
    line.handle = static_cast<unsigned>(f.number(f.word(), 10, 1'000'000'000));
    if (line.verb != TraceVerb::close) {
      if (line.verb != TraceVerb::reset) line.request = f.until_equals();
      else if (f.word() != "=") f.spoil();
      read_answer(line, f);
    }
  }
  if (f.bad() || !f.done()) return fail(Errc::protocol, fmt::format("this is no line of a trace: {}", text.substr(0, 120)));
  return line;
}

Result<std::vector<TraceLine>> parse_trace(std::string_view text) {
  std::vector<TraceLine> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view one = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    if (number == 1) {
      if (one != trace_head) return fail(Errc::protocol, fmt::format("line 1: a trace begins with \"{}\"", trace_head));
      continue;
    }
    auto line = parse_trace_line(one);
    if (!line) return fail(line.error().within(fmt::format("line {}", number)));
    lines.push_back(std::move(*line));
  }
  return lines;
}

}  // namespace greenroom
