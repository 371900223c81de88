// APC AP8xxx (Rack PDU 2G, NMC2). Sources: `olStatus all` with its rows as an AP89xx printed them ("E000: Success", " 1:
// Switch 2108B: On", the prompt apc>) in a public script's README; result codes of the NMC2 command line guide; `devReading`
// with the figure on a line of its own, from a parser written against an AP8853 (rpdu2g 6.8.0); the login's prompts from a
// telnet script for the same; log-out after 3 idle minutes from the command line guide. `devStartDly` says "never" or
// "5 sec": a public adapter written on an AP7920B (rpdu2g 2.5.2); never keeps the outlets off after an outage. Inferred:
// that those words are alone on their line; `bkReading`, `phReading` (the bank or phase, a colon, amps with one digit) and
// `prodInfo`, whose layout the guide gives on pages that could not be read. Metered outlets (AP86xx) are not modelled.
#include <fmt/format.h>

#include "hw/model/faces.hpp"
#include "hw/model/shell_face.hpp"

namespace greenroom::model {
namespace {

class ApcRpdu2Face final : public ShellFace {
 public:
  explicit ApcRpdu2Face(DeviceBody& body)
      : ShellFace(body, {"User Name : ", "apc", "Password  : ", password_or(body.spec(), "apc"), "\r\n",
                         std::chrono::minutes{3}}) {}

 protected:
  void banner(std::string& out) override { out += "\r\n"; }
  void welcome(std::string& out) override {
    out +=
        "\r\n\r\nSchneider Electric                      Network Management Card AOS      v6.0.6\r\n"
        "(c) Copyright 2012 All Rights Reserved  RPDU 2g APP                      v6.0.7\r\n"
        "-------------------------------------------------------------------------------\r\n\r\n"
        "Type ? for command listing\r\nUse tcpip command for IP address(-i), subnet(-s), and gateway(-g)\r\n\r\n";
  }
  void prompt(std::string& out) override { out += "apc>"; }
  void command(const std::string& line, std::string& out) override {
    const auto words = words_of(lower_case(line));
    const std::string word = words.empty() ? "" : words[0];
    const std::string argument = words.size() > 1 ? words[1] : "";
    if (word == "exit" || word == "quit" || word == "bye") return log_out();
    if (word == "bkreading" || word == "phreading") return reading(word == "phreading", words, out);
    if (word == "devreading") return whole(argument, out);
    if (word == "prodinfo") return product(out);
    if (word == "devstartdly") {
      const bool never = body_.spec().power_on == PowerOn::all_off;
      out += fmt::format("E000: Success\r\n{}\r\n", never ? "never" : "0 sec");
      return;
    }
    if (word != "olstatus" && word != "olon" && word != "oloff") {
      out += "E101: Command Not Found\r\n";
      return;
    }
    const auto outlets = outlet_list(argument, body_.on().size(), "all");
    if (!outlets) {
      out += "E102: Parameter Error\r\n";
      return;
    }
    out += "E000: Success\r\n";
    for (const std::size_t i : *outlets) {
      if (word != "olstatus") body_.order(i, word == "olon", {});
      else out += fmt::format("{:>2}: Outlet {}: {}\r\n", i + 1, i + 1, body_.on()[i] != 0 ? "On" : "Off");
    }
  }

 private:
  void reading(bool phase, const std::vector<std::string>& words, std::string& out) {
    const auto figures = body_.meters().first(body_.banks());
    if (phase && (words.size() < 3 || words[2] != "current")) {
      out += "E102: Parameter Error\r\n";
      return;
    }
    const auto wanted = outlet_list(words.size() > 1 ? words[1] : "all", phase ? 1 : figures.size(), "all");
    if (!wanted) {
      out += "E102: Parameter Error\r\n";
      return;
    }
    double all = 0.0;
    for (const BankFigures& f : figures) all += f.amps;
    out += "E000: Success\r\n";
    for (const std::size_t i : *wanted) out += fmt::format("{}: {:.1f} A\r\n", i + 1, phase ? all : figures[i].amps);
  }
  void whole(const std::string& what, std::string& out) {
    double watts = 0.0;
    for (const BankFigures& f : body_.meters().first(body_.banks())) watts += f.watts;
    if (what != "power" && what != "1:power") {
      out += "E102: Parameter Error\r\n";
      return;
    }
    out += fmt::format("E000: Success\r\n{:.2f} kW\r\n", watts / 1000.0);
  }
  void product(std::string& out) {
    out += fmt::format(
        "E000: Success\r\nAOS v6.0.6\r\nRack PDU 2G v6.0.7\r\nModel: AP8941\r\nName: RackPDU\r\nLocation: Unknown\r\n"
        "Contact: Unknown\r\nPresent Outlets: {0}\r\nSwitched Outlets: {0}\r\nMetered Outlets: 0\r\nMax Current: 24 A\r\n"
        "Phases: 1\r\nBanks: {1}\r\n",
        body_.on().size(), body_.banks());
  }
};

}  // namespace

std::unique_ptr<DeviceFace> make_apc_rpdu2_face(DeviceBody& body) { return std::make_unique<ApcRpdu2Face>(body); }

}  // namespace greenroom::model
