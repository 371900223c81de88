#include "hw/model/pdu.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace greenroom::model {
namespace {

constexpr std::size_t longest_line = 80;
constexpr Duration reboot_pause = std::chrono::seconds{10};  // the count-down on the line
constexpr Duration all_spacing = std::chrono::milliseconds{100};
const double triangle = std::sqrt(6.0);  // half width over deviation of a sum of two uniform draws

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

ModelPdu::ModelPdu(PduId id, const PduSpec& spec, std::vector<std::uint8_t> bank_of, double volts, PduSurroundings& around,
                   const Random& random)
    : id_(id),
      spec_(spec),
      volts_(volts),
      around_(around),
      noise_(random.stream("pdu/" + spec.name)),
      bank_of_(std::move(bank_of)),
      on_(bank_of_.size(), 0),
      locked_(bank_of_.size(), 0),
      before_(bank_of_.size(), 0),
      banks_(spec.device == Device::rpc28 ? 2 : 1),
      meters_(banks_ + (spec.device == Device::mmp ? bank_of_.size() : 0)),
      figures_(meters_.size()) {
  for (Meter& m : meters_) m.error = noise_.uniform(1.0 - spec.meter_error, 1.0 + spec.meter_error);
}

// --- the line

void ModelPdu::receive(const std::string& bytes) {
  if (unplugged_) return;
  if (!up_) return;
  Duration late{};
  const LineFault fault = around_.line_fault(late);
  if (fault == LineFault::request_lost) return;
  std::string out;
  std::size_t echoed = 0;
  for (const char c : bytes) {
    const std::size_t before = out.size();
    take(c, out);
    if (!up_) return;
    if (out.size() == before + 1) ++echoed;
  }
  if (!out.empty()) answer(std::move(out), echoed, fault, late);
}

void ModelPdu::take(char c, std::string& out) {
  if (asking_ != Asking::nothing) {
    if (c == '\n' || c == '\r') return;
    out += c;
    out += "\r\n";
    const bool on = asking_ == Asking::switch_on;
    asking_ = Asking::nothing;
    answered_ = true;
    if (c == 'Y' || c == 'y') act(asked_ == 0 ? 1 : asked_, asked_ == 0 ? on_.size() : asked_, on, out);
    odd_prompt_ = !odd_prompt_;
    out += prompt(spec_.device, odd_prompt_);
    return;
  }
  if (c == '\n') return;
  if (std::exchange(answered_, false) && c == '\r') return;  // a line end after the letter is not a command
  if (c != '\r') {
    if (line_.size() < longest_line) line_ += c;
    out += c;
    return;
  }
  out += "\r\n";
  run(out);
  line_.clear();
  if (asking_ != Asking::nothing) return;
  odd_prompt_ = !odd_prompt_;
  out += prompt(spec_.device, odd_prompt_);
}

void ModelPdu::run(std::string& out) {
  const std::string text = lower(line_);
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return;
  const std::size_t blank = std::min(text.find(' ', begin), text.size());
  const std::string_view word = std::string_view(text).substr(begin, blank - begin);
  const std::string_view argument = blank < text.size() ? std::string_view(text).substr(blank + 1) : std::string_view{};
  if (word == "status") return report(out, print_status);
  if (word == "on" || word == "off") return switching(argument, word == "on", out);
  if (word == "ostatus" && spec_.device == Device::mmp) return report(out, print_outlets);
  if (word == "current") return report(out, print_current);
  if (word == "voltage") return report(out, print_voltage);
  if (word == "power" && spec_.device == Device::mmp) return report(out, print_power);
  if (word == "temp") {
    out += "\r\n";
    report(out, print_temperature);
    out += "\r\n";
    out += type_help;
    return;
  }
  if (word == "help") {
    out += help(spec_.device);
    out += type_help;
    return;
  }
  if (word == "unitid") {
    out += "\r\nUnit ID: " + spec_.name + "\r\n\r\n";
    return;
  }
  if (word == "logout" || word == "logoff" || word == "exit") {
    out += banner(spec_.device);
    return;
  }
  const auto outlet = outlet_number(argument);
  if (outlet && (word == "lock" || word == "unlock")) {
    for (std::size_t i = 0; i < locked_.size(); ++i) {
      if (*outlet == 0 || *outlet == i + 1) locked_[i] = word == "lock" ? 1 : 0;
    }
    return;
  }
  if (outlet && *outlet > 0 && word == "reboot") return restart(*outlet - 1, out);
  out += "Input error\r\n\r\n";
}

std::optional<std::size_t> ModelPdu::outlet_number(std::string_view argument) const {
  while (!argument.empty() && argument.back() == ' ') argument.remove_suffix(1);
  if (argument == "all") return 0;
  std::size_t n = 0;
  const auto [end, error] = std::from_chars(argument.data(), argument.data() + argument.size(), n);
  if (error != std::errc{} || end != argument.data() + argument.size() || n > on_.size()) return std::nullopt;
  return n;
}

void ModelPdu::switching(std::string_view argument, bool on, std::string& out) {
  const auto outlet = argument.empty() ? std::optional<std::size_t>(0) : outlet_number(argument);
  if (!outlet) {
    out += "Input error\r\n\r\n";
    return;
  }
  if (spec_.confirm) {
    asking_ = on ? Asking::switch_on : Asking::switch_off;
    asked_ = *outlet;
    out += on ? "Turn On " : "Turn Off ";
    out += *outlet == 0 ? "All Outlets" : "Outlet " + std::to_string(*outlet);
    out += " (Y/N)?";
    return;
  }
  act(*outlet == 0 ? 1 : *outlet, *outlet == 0 ? on_.size() : *outlet, on, out);
}

void ModelPdu::act(std::size_t first, std::size_t last, bool on, std::string& out) {
  Duration delay = spec_.think + spec_.relay_delay;
  for (std::size_t n = first; n <= last; ++n) {
    if (locked_[n - 1] != 0) {
      out += "Input error\r\n\r\n";
      continue;
    }
    on_[n - 1] = on ? 1 : 0;
    around_.later(delay, [this, n, on, epoch = epoch_] {
      if (epoch == epoch_) around_.drive(id_, n - 1, on, Cause::ordered);
    });
    delay += all_spacing;
  }
  busy_ = std::max(busy_, delay - spec_.think - all_spacing);  // the prompt comes when the contact has moved
  if (spec_.auto_status) report(out, print_status);
}

void ModelPdu::restart(std::size_t outlet, std::string& out) {
  out += "\r\nRebooting...  9876543210\r\n";
  busy_ = reboot_pause;
  if (on_[outlet] == 0 || locked_[outlet] != 0) return;  // only outlets that were on
  const auto drive = [this, outlet, epoch = epoch_](bool on) {
    if (epoch == epoch_) around_.drive(id_, outlet, on, Cause::ordered);
  };
  around_.later(spec_.relay_delay, [drive] { drive(false); });
  around_.later(reboot_pause, [drive] { drive(true); });
}

void ModelPdu::report(std::string& out, void (*print)(std::string&, const PduFigures&)) {
  show_meters();
  PduFigures f;
  f.device = spec_.device;
  f.celsius = spec_.device == Device::rpc28 ? 30.0 : 40.0;
  f.banks = std::span<const BankFigures>(figures_).first(banks_);
  f.outlets = std::span<const BankFigures>(figures_).subspan(banks_);
  f.on = on_;
  print(out, f);
}

// A reply is one event, at the time of its last byte. The echo goes out while the command comes in.
void ModelPdu::answer(std::string out, std::size_t echoed, LineFault fault, Duration late_by) {
  const Duration byte = std::chrono::microseconds{10'000'000 / spec_.baud};
  const Duration took = spec_.think + busy_ + byte * static_cast<std::int64_t>(out.size() - std::min(echoed, out.size()));
  busy_ = {};
  if (fault == LineFault::lost) return;
  if (fault == LineFault::doubled) out += out;
  if (fault == LineFault::garbled) {
    // Line noise shows as bytes outside ASCII: a device without checksums gives no way to see a changed digit.
    const std::uint64_t hits = 1 + noise_.below(4);
    for (std::uint64_t i = 0; i < hits; ++i) {
      const std::uint64_t at = noise_.below(out.size());
      out[at] = static_cast<char>(0x80 + noise_.below(0x80));
    }
  }
  around_.later(took + late_by, [this, wire = wire_, text = std::move(out), epoch = epoch_] {
    if (wire && epoch == epoch_) wire->arrive(text);
  });
}

// --- meters

void ModelPdu::whole_second() {
  const std::int64_t lag = std::max<std::int64_t>(1, spec_.meter_lag / std::chrono::seconds{1});
  if (up_ && second_++ % lag == 0) sample();
}

void ModelPdu::sample() {
  for (std::size_t i = 0; i < banks_; ++i) meters_[i].amps = meters_[i].watts = 0.0;
  for (std::size_t i = 0; i < on_.size(); ++i) {
    const double amps = around_.amps(id_, i);
    const double watts = around_.watts(id_, i);
    Meter& bank = meters_[bank_of_[i] < banks_ ? bank_of_[i] : 0];
    bank.amps += amps;
    bank.watts += watts;
    if (spec_.device != Device::mmp) continue;
    meters_[banks_ + i].amps = amps;
    meters_[banks_ + i].watts = watts;
  }
}

void ModelPdu::show_meters() {
  for (std::size_t i = 0; i < meters_.size(); ++i) {
    Meter& m = meters_[i];
    if (!m.frozen) {
      const double first = noise_.uniform();
      const double second = noise_.uniform();
      const double gain = m.error * m.gain * (1.0 + (first + second - 1.0) * triangle * spec_.meter_noise);
      m.shown_amps = m.amps * gain;
      m.shown_watts = m.watts * gain;
      if (m.shown_amps < spec_.meter_floor.value()) m.shown_amps = m.shown_watts = 0.0;
      m.most = std::max(m.most, m.shown_amps);
    }
    BankFigures& f = figures_[i];
    f.amps = m.shown_amps;
    f.watts = m.shown_watts;
    f.most = m.most;
    f.volts = volts_;
    f.good = i >= banks_ || around_.bank_good(id_, i);
  }
}

// --- its life

void ModelPdu::button(std::size_t outlet, bool on) {
  if (!up_) return;
  on_[outlet] = on ? 1 : 0;
  around_.drive(id_, outlet, on, Cause::foreign);
}

void ModelPdu::go_down(Cause cause) {
  up_ = false;
  ++epoch_;
  line_.clear();
  asking_ = Asking::nothing;
  before_ = on_;
  std::fill(on_.begin(), on_.end(), std::uint8_t{0});
  around_.tell(PduLost{id_, cause});
  // Relays that do not latch open when the device loses its mind or its supply.
  for (std::size_t i = 0; i < on_.size(); ++i) around_.drive(id_, i, false, cause);
}

void ModelPdu::power(bool live, Cause cause) {
  if (!live && up_) go_down(cause);
  if (!live) {
    ++epoch_;  // a boot in progress ends as well
    booting_ = false;
    return;
  }
  if (!up_ && !booting_) boot(Cause::boot);
}

void ModelPdu::reboot(bool everything_on) {
  if (!up_) return;
  go_down(Cause::reboot);
  boot(everything_on ? Cause::boots_on : Cause::boot);
}

void ModelPdu::boot(Cause cause) {
  booting_ = true;
  around_.later(spec_.boot, [this, cause, epoch = ++epoch_] {
    if (epoch != epoch_) return;
    booting_ = false;
    up_ = true;
    Duration delay{};
    for (std::size_t i = 0; i < on_.size(); ++i) {
      const bool on = cause == Cause::boots_on || spec_.power_on == PowerOn::sequenced ||
                      (spec_.power_on == PowerOn::last_state && before_[i] != 0);
      if (!on) continue;
      on_[i] = 1;
      if (cause == Cause::boots_on) {
        around_.drive(id_, i, true, cause);
        continue;
      }
      around_.later(delay, [this, i, cause, epoch] {
        if (epoch == epoch_ && on_[i] != 0) around_.drive(id_, i, true, cause);
      });
      delay += spec_.sequence;
    }
    around_.tell(PduBooted{id_});
    odd_prompt_ = false;
    std::string out(banner(spec_.device));
    out += prompt(spec_.device, odd_prompt_);
    answer(std::move(out), 0, LineFault::none, Duration{});
  });
}

}  // namespace greenroom::model
