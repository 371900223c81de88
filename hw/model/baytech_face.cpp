// Baytech RPC-28-NC, RPC3-NC and MMP. Sources: the RPC-2 and MMPR manuals' command lists, and what powerman's own
// simulator of them prints (tests/hw/pdu/samples/README.md names each).
#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "hw/model/faces.hpp"
#include "hw/model/pdu_text.hpp"

namespace greenroom::model {
namespace {

constexpr std::size_t longest_line = 80;
constexpr Duration reboot_pause = std::chrono::seconds{10};  // the count-down on the line
constexpr Duration all_spacing = std::chrono::milliseconds{100};

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

class BaytechFace final : public TextFace {
 public:
  explicit BaytechFace(DeviceBody& body) : body_(body), device_(body.spec().device) {}
  void boot(std::string& out) override {
    odd_prompt_ = false;
    out += banner(device_);
    out += prompt(device_, odd_prompt_);
  }
  void reset() override {
    line_.clear();
    asking_ = Asking::nothing;
  }

 protected:
  void take(char c, std::string& out) override;

 private:
  enum class Asking { nothing, switch_on, switch_off };
  void run(std::string& out);  // the command in line_
  void other(std::string_view word, std::string_view argument, std::string& out);
  void switching(std::string_view argument, bool on, std::string& out);
  void act(std::size_t first, std::size_t last, bool on, std::string& out);
  void report(std::string& out, void (*print)(std::string&, const PduFigures&));
  [[nodiscard]] std::size_t count() const { return body_.on().size(); }
  [[nodiscard]] std::optional<std::size_t> outlet_number(std::string_view) const;  // 0 is "all"

  DeviceBody& body_;
  Device device_;
  bool odd_prompt_{};
  std::string line_;
  Asking asking_{Asking::nothing};
  std::size_t asked_{};
  bool answered_{};  // a question, just now
};

void BaytechFace::take(char c, std::string& out) {
  if (asking_ != Asking::nothing) {
    if (c == '\n' || c == '\r') return;
    out += c;
    out += "\r\n";
    const bool on = asking_ == Asking::switch_on;
    asking_ = Asking::nothing;
    answered_ = true;
    if (c == 'Y' || c == 'y') act(asked_ == 0 ? 1 : asked_, asked_ == 0 ? count() : asked_, on, out);
    odd_prompt_ = !odd_prompt_;
    out += prompt(device_, odd_prompt_);
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
  out += prompt(device_, odd_prompt_);
}

void BaytechFace::run(std::string& out) {
  const std::string text = lower(line_);
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return;
  const std::size_t blank = std::min(text.find(' ', begin), text.size());
  const std::string_view word = std::string_view(text).substr(begin, blank - begin);
  const std::string_view argument = blank < text.size() ? std::string_view(text).substr(blank + 1) : std::string_view{};
  if (word == "status") return report(out, print_status);
  if (word == "on" || word == "off") return switching(argument, word == "on", out);
  if (word == "ostatus" && device_ == Device::mmp) return report(out, print_outlets);
  if (word == "current") return report(out, print_current);
  if (word == "voltage") return report(out, print_voltage);
  if (word == "power" && device_ == Device::mmp) return report(out, print_power);
  other(word, argument, out);
}

void BaytechFace::other(std::string_view word, std::string_view argument, std::string& out) {
  if (word == "temp") {
    out += "\r\n";
    report(out, print_temperature);
    out += "\r\n";
    out += type_help;
    return;
  }
  if (word == "help") {
    out += help(device_);
    out += type_help;
    return;
  }
  if (word == "unitid") {
    out += "\r\nUnit ID: " + body_.spec().name + "\r\n\r\n";
    return;
  }
  if (word == "logout" || word == "logoff" || word == "exit") {
    out += banner(device_);
    return;
  }
  const auto outlet = outlet_number(argument);
  if (outlet && (word == "lock" || word == "unlock")) {
    for (std::size_t i = 0; i < count(); ++i) {
      if (*outlet == 0 || *outlet == i + 1) body_.lock(i, word == "lock");
    }
    return;
  }
  if (outlet && *outlet > 0 && word == "reboot") {
    out += "\r\nRebooting...  9876543210\r\n";
    body_.busy(reboot_pause);
    body_.restart(*outlet - 1, reboot_pause);
    return;
  }
  out += "Input error\r\n\r\n";
}

std::optional<std::size_t> BaytechFace::outlet_number(std::string_view argument) const {
  while (!argument.empty() && argument.back() == ' ') argument.remove_suffix(1);
  if (argument == "all") return 0;
  std::size_t n = 0;
  const auto [end, error] = std::from_chars(argument.data(), argument.data() + argument.size(), n);
  if (error != std::errc{} || end != argument.data() + argument.size() || n > count()) return std::nullopt;
  return n;
}

void BaytechFace::switching(std::string_view argument, bool on, std::string& out) {
  const auto outlet = argument.empty() ? std::optional<std::size_t>(0) : outlet_number(argument);
  if (!outlet) {
    out += "Input error\r\n\r\n";
    return;
  }
  if (body_.spec().confirm) {
    asking_ = on ? Asking::switch_on : Asking::switch_off;
    asked_ = *outlet;
    out += on ? "Turn On " : "Turn Off ";
    out += *outlet == 0 ? "All Outlets" : "Outlet " + std::to_string(*outlet);
    out += " (Y/N)?";
    return;
  }
  act(*outlet == 0 ? 1 : *outlet, *outlet == 0 ? count() : *outlet, on, out);
}

void BaytechFace::act(std::size_t first, std::size_t last, bool on, std::string& out) {
  Duration extra{};
  for (std::size_t n = first; n <= last; ++n) {
    if (!body_.order(n - 1, on, extra)) {
      out += "Input error\r\n\r\n";
      continue;
    }
    extra += all_spacing;
  }
  body_.busy(body_.spec().relay_delay + extra - all_spacing);  // the prompt comes when the contact has moved
  if (body_.spec().auto_status) report(out, print_status);
}

void BaytechFace::report(std::string& out, void (*print)(std::string&, const PduFigures&)) {
  const auto figures = body_.meters();
  PduFigures f;
  f.device = device_;
  f.celsius = device_ == Device::rpc28 ? 30.0 : 40.0;
  f.banks = figures.first(body_.banks());
  f.outlets = figures.subspan(body_.banks());
  f.on = body_.on();
  print(out, f);
}

}  // namespace

std::unique_ptr<DeviceFace> make_baytech_face(DeviceBody& body) { return std::make_unique<BaytechFace>(body); }

}  // namespace greenroom::model
