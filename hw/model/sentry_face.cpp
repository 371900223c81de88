// Server Technology Sentry Switched CDU. Sources: powerman's sentry_cdu.dev (firmware 6.0r: login, prompt, rows of a status
// with two states, a pager after 16 rows that takes one letter and answers it with an empty line, "Command successful"); the
// PT22/PT40 manual: idle log-out after 5 minutes, `set option more disabled`, sequence of 2 s between the outlets of a
// group, the states Pend On, Error and the rest; its pages 32 and 33: `show outlets` with the wakeup state On, Off or Last,
// and the options below; fence-agents' fence_cdu: `list outlets`; "Access denied" from chicks-net/sentry_cdu_dumper.
// Inferred: the widths and heads of the tables and all of `ostat` and `istat`, which the manual names without showing them
// on a page that could be read; `version`'s answer is the banner; the words for a command or outlet that it does not know.
#include <fmt/format.h>

#include <algorithm>

#include "hw/model/faces.hpp"
#include "hw/model/shell_face.hpp"

namespace greenroom::model {
namespace {

constexpr std::size_t page = 16;
constexpr Duration sequence = std::chrono::seconds{2};
constexpr double sensed_from = 0.1;  // A

class SentryFace final : public ShellFace {
 public:
  explicit SentryFace(DeviceBody& body)
      : ShellFace(body, {"Username: ", "admn", "Password: ", password_or(body.spec(), "admn"), "\r\nAccess denied\r\n\r\n",
                         std::chrono::minutes{5}}) {}

 protected:
  void banner(std::string& out) override { out += "\r\nSentry Switched CDU Version 6.0r\r\n\r\n"; }
  void welcome(std::string& out) override { out += "\r\n"; }
  void prompt(std::string& out) override {
    if (!rows_.empty()) return;  // the pager waits
    out += "Switched CDU: ";
  }
  void left() override {
    rows_.clear();
    more_ = true;
  }
  bool key(char c, std::string& out) override {
    if (rows_.empty()) return false;
    if (c == '\r' || c == '\n') return true;
    out += c;
    out += "\r\n\r\n";
    if (c != 'y' && c != 'Y') {
      rows_.clear();
      out += "Switched CDU: ";
      return true;
    }
    print(out);
    if (rows_.empty()) out += "Switched CDU: ";
    return true;
  }
  void command(const std::string& line, std::string& out) override {
    auto words = words_of(lower_case(line));
    const std::string word = words.empty() ? "" : words[0];
    if (word == "quit" || word == "logout" || word == "exit") return log_out();
    if (line == "set option more disabled" || line == "set option more enabled") {
      more_ = line.back() == 'd' && line.find("disabled") == std::string::npos;
      return done(out);
    }
    if (word == "version") return banner(out);
    if (word == "istat") return infeeds(out);
    if (lower_case(line) == "show outlets") return settings(out);
    if (lower_case(line) == "list outlets") return names(out);
    const auto outlets = named(words.size() > 1 ? words[1] : "all");
    if (word != "status" && word != "ostat" && word != "on" && word != "off") {
      out += "\r\n   Invalid command\r\n\r\n";
      return;
    }
    if (outlets.empty()) {
      out += "\r\n   Outlet not found\r\n\r\n";
      return;
    }
    if (word == "on" || word == "off") switching(outlets, word == "on");
    table(outlets, word == "ostat", out);
  }

 private:
  [[nodiscard]] std::string id_of(std::size_t i) const {
    const std::size_t banks = std::max<std::size_t>(1, body_.banks());
    const std::size_t each = (body_.on().size() + banks - 1) / banks;
    return fmt::format(".A{}{}", static_cast<char>('A' + i / each), i % each + 1);
  }
  [[nodiscard]] std::vector<std::size_t> named(const std::string& name) const {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < body_.on().size(); ++i) {
      if (name == "all" || name == lower_case(id_of(i))) found.push_back(i);
    }
    return found;
  }
  void switching(const std::vector<std::size_t>& outlets, bool on) {
    Duration extra{};
    for (const std::size_t i : outlets) {
      if (body_.order(i, on, extra) && on) extra += sequence;  // off is at once
    }
  }
  void done(std::string& out) { out += "\r\n   Command successful\r\n\r\n"; }
  void infeeds(std::string& out) {
    out +=
        "\r\n   Input      Input                    Input      Input\r\n"
        "   Feed ID    Feed Name                Status     Load\r\n\r\n";
    const auto figures = body_.meters();
    for (std::size_t b = 0; b < body_.banks(); ++b) {
      out += fmt::format("   .A{0}        TowerA_Infeed{0}           On         {1:.2f} Amps\r\n",
                         static_cast<char>('A' + b), figures[b].amps);
    }
    done(out);
  }
  void names(std::string& out) {
    out += "\r\n   Outlet     Outlet\r\n   ID         Name\r\n\r\n";
    for (std::size_t i = 0; i < body_.on().size(); ++i)
      rows_.push_back(fmt::format("   {:<11}TowerA_Outlet{}\r\n", id_of(i), i + 1));
    print(out);
  }
  void settings(std::string& out) {
    out +=
        "\r\n   Outlet     Outlet                   Wakeup         Post-On\r\n"
        "   ID         Name                     State          Delay (seconds)\r\n\r\n";
    const PowerOn wakeup = body_.spec().power_on;
    for (std::size_t i = 0; i < body_.on().size(); ++i) {
      rows_.push_back(fmt::format("   {:<11}{:<25}{:<15}0\r\n", id_of(i), fmt::format("TowerA_Outlet{}", i + 1),
                                  wakeup == PowerOn::all_off      ? "Off"
                                  : wakeup == PowerOn::last_state ? "Last"
                                                                  : "On"));
    }
    rows_.emplace_back("\r\n   Outlet Options:\r\n      Sequence Interval: 2 seconds\r\n      Reboot Delay: 15 seconds\r\n");
    print(out);
  }
  void table(const std::vector<std::size_t>& outlets, bool load, std::string& out) {
    out += fmt::format("\r\n   Outlet     Outlet                   Outlet         {}\r\n", load ? "Outlet" : "Control");
    out += fmt::format("   ID         Name                     State          {}\r\n\r\n", load ? "Load" : "State");
    const auto figures = body_.meters();
    for (const std::size_t i : outlets) {
      const std::string id = id_of(i);
      const double amps = figures[body_.banks() + i].amps;
      const bool on = body_.on()[i] != 0;
      const bool closed = body_.pending(i) ? !on : on || amps > sensed_from;
      std::string_view control = on ? "On" : "Off";
      if (body_.pending(i)) control = on ? "Pend On" : "Pend Off";
      else if (closed != on) control = "Error";
      const std::string last = load ? fmt::format("{:.2f} Amps", amps) : std::string(control);
      rows_.push_back(fmt::format("   {:<11}{:<25}{:<15}{}\r\n", id, fmt::format("TowerA_Outlet{}", i + 1),
                                  closed ? "On" : "Off", last));
    }
    print(out);
  }
  void print(std::string& out) {
    const std::size_t n = more_ && rows_.size() > page ? page : rows_.size();
    for (std::size_t i = 0; i < n; ++i) out += rows_[i];
    rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(n));
    if (rows_.empty()) done(out);
    else out += "   More (Y/es N/o): ";
  }

  std::vector<std::string> rows_;  // not yet printed
  bool more_{true};
};

}  // namespace

std::unique_ptr<DeviceFace> make_sentry_face(DeviceBody& body) { return std::make_unique<SentryFace>(body); }

}  // namespace greenroom::model
