// Raritan PX2 and PX3 (Xerus). Sources: a capture of 2025 of this command line in public (outlet blocks "Outlet 8 - Internal
// Rack Power:", "Power state: On", with details the lines "RMS Current:        0.000 A (normal)", "RMS Voltage:        119 V
// (normal)", "Active Power:       0 W (normal)", "Power Factor:       --- (no reading)", prompt "[My PDU] # ");
// fence-agents' fence_raritan_px3 and its pull request 425 for "Do you wish to turn outlet 5 off? [y/n]" and the prompt's
// form. Inferred: an outlet without a name is "Outlet 5:"; blocks are parted by an empty line; the inlet's block after the
// outlets'; the words for what it does not know; `show pdu`. Model 5000: outlets switched and metered.
#include <fmt/format.h>

#include "hw/model/faces.hpp"
#include "hw/model/shell_face.hpp"

namespace greenroom::model {
namespace {

class RaritanFace final : public ShellFace {
 public:
  explicit RaritanFace(DeviceBody& body)
      : ShellFace(body, {"Username: ", "admin", "Password: ", password_or(body.spec(), "raritan"),
                         "\r\nAuthentication failed.\r\n\r\n", std::chrono::minutes{10}}) {}

 protected:
  void banner(std::string& out) override { out += "\r\nWelcome to PX CLI!\r\n\r\n"; }
  void welcome(std::string& out) override { out += "\r\n"; }
  void prompt(std::string& out) override {
    if (!asked_.empty()) return;
    out += "[My PDU] # ";
  }
  void left() override { asked_.clear(); }
  bool key(char c, std::string& out) override {
    if (asked_.empty()) return false;
    if (c == '\r' || c == '\n') return true;
    out += c;
    out += "\r\n";
    if (c == 'y' || c == 'Y') act();
    asked_.clear();
    prompt(out);
    return true;
  }
  void command(const std::string& line, std::string& out) override {
    const auto words = words_of(lower_case(line));
    const auto word = [&words](std::size_t i) { return i < words.size() ? words[i] : std::string{}; };
    if (word(0) == "exit") return log_out();
    if (word(0) == "power" && word(1) == "outlets") return power(word(2), word(3), word(4) == "/y", out);
    const bool details = !words.empty() && words.back() == "details";
    if (word(0) == "show" && word(1) == "outlets") return outlets(word(2), details, out);
    if (word(0) == "show" && word(1) == "inlets") return inlet(details, out);
    if (word(0) == "show" && word(1) == "pdu") {
      out += fmt::format("PDU 'My PDU'\r\nModel:            PX3-5464R\r\nFirmware Version: 3.6.0.5-45371\r\n");
      if (details) out += fmt::format("Outlets:          {}\r\n", body_.on().size());
      return;
    }
    out += "Unknown command.\r\n";
  }

 private:
  void act() {
    for (const std::size_t i : asked_) body_.order(i, on_, {});
  }
  void power(const std::string& which, const std::string& what, bool sure, std::string& out) {
    const auto list = outlet_list(which, body_.on().size(), "all");
    if (!list || (what != "on" && what != "off")) {
      out += "Invalid argument.\r\n";
      return;
    }
    asked_ = *list;
    on_ = what == "on";
    if (sure) {
      act();
      asked_.clear();
      return;
    }
    out += fmt::format("Do you wish to turn {} {} {}? [y/n] ", asked_.size() > 1 ? "outlets" : "outlet", which, what);
  }
  void figures(const BankFigures& f, bool reading, std::string& out) {
    if (!reading) {
      out +=
          "RMS Current:        0.000 A (normal)\r\nRMS Voltage:        --- (no reading)\r\n"
          "Active Power:       0 W (normal)\r\nPower Factor:       --- (no reading)\r\n";
      return;
    }
    out +=
        fmt::format("RMS Current:        {:.3f} A (normal)\r\nRMS Voltage:        {:.0f} V (normal)\r\n", f.amps, f.volts);
    out += fmt::format("Active Power:       {:.0f} W (normal)\r\n", f.watts);
    if (f.amps > 0.0) out += fmt::format("Power Factor:       {:.2f} (normal)\r\n", f.watts / (f.amps * f.volts));
    else out += "Power Factor:       --- (no reading)\r\n";
  }
  void outlets(const std::string& which, bool details, std::string& out) {
    const auto list = outlet_list(which.empty() ? "all" : which, body_.on().size(), "all");
    if (!list) {
      out += "Invalid argument.\r\n";
      return;
    }
    const auto all = body_.meters();
    for (const std::size_t i : *list) {
      out += fmt::format("Outlet {}:\r\nPower state: {}\r\n", i + 1, body_.on()[i] != 0 ? "On" : "Off");
      if (details) {
        out += "\r\n";
        figures(all[body_.banks() + i], true, out);
      }
      out += "\r\n";
    }
  }
  void inlet(bool details, std::string& out) {
    out += "Inlet I1:\r\n";
    if (details) figures(body_.meters()[0], true, out);
    out += "\r\n";
  }

  std::vector<std::size_t> asked_;
  bool on_{};
};

}  // namespace

std::unique_ptr<DeviceFace> make_raritan_face(DeviceBody& body) { return std::make_unique<RaritanFace>(body); }

}  // namespace greenroom::model
