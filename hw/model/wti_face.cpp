// WTI NPS, and the VMR's prompt. Sources: a screen of `/S` and one of `/ON` with its question, as they stand in two parsers
// of them on GitHub (site "(undefined)", v2.12: "Plug | Name | Password | Status | Boot/Seq. Delay | Default |", "Plugs to
// be turned on", "Are you sure? (Y/N): ", "Processing - Please wait or <CR> to continue..."); powerman's wti.dev for the
// password's prompt and that the prompt comes only when the command is done; the NPS-115 manual for `,Y`, `*`, `+`, `:` and
// the
// `*` beside the status of a plug that is busy; the guides of the family for Default: applied when power is restored, ON or
// OFF. firmware "vmr": that prompt. No metering.
// Inferred: the words of a wrong password and of a command it does not know.
#include <fmt/format.h>

#include "hw/model/faces.hpp"
#include "hw/model/shell_face.hpp"

namespace greenroom::model {
namespace {

constexpr Duration sequence = std::chrono::milliseconds{500};  // "0.5 Secs" of the screen
constexpr std::string_view bar = "-----+------------------+-------------+--------+-----------------+---------+\r\n";

class WtiFace final : public ShellFace {
 public:
  explicit WtiFace(DeviceBody& body)
      : ShellFace(body, {"", "", body.spec().password.empty() ? "" : "Enter Password: ", body.spec().password,
                         "\r\nInvalid password.\r\n\r\n", std::chrono::minutes{30}}),
        vmr_(body.spec().firmware == "vmr") {
    ShellFace::reset();
  }

 protected:
  void banner(std::string& out) override { out += "\r\n"; }
  void welcome(std::string& out) override { status(out, false); }
  void prompt(std::string& out) override {
    if (!asked_) out += vmr_ ? "VMR> " : "NPS> ";
  }
  void left() override { asked_ = false; }
  bool key(char c, std::string& out) override {
    if (!asked_) return false;
    if (c == '\r' || c == '\n') return true;
    asked_ = false;
    out += c;
    out += "\r\n";
    if (c == 'y' || c == 'Y') act(out);
    prompt(out);
    return true;
  }
  void command(const std::string& line, std::string& out) override {
    auto words = words_of(lower_case(line));
    std::string word = words.empty() ? "" : words[0];
    std::string plugs = words.size() > 1 ? words[1] : "";
    const auto comma = plugs.find(',');
    const bool sure = comma != std::string::npos && plugs.substr(comma) == ",y";
    if (comma != std::string::npos) plugs.resize(comma);
    if (word == "/s") return status(out, false);
    if (word == "/x") return log_out();
    const auto outlets = outlet_list(plugs, body_.on().size(), "*", '+', ':');
    if ((word != "/on" && word != "/off") || !outlets) {
      out += "Invalid command.\r\n\r\n";
      return;
    }
    plugs_ = *outlets;
    on_ = word == "/on";
    if (body_.spec().confirm && !sure) {
      out += fmt::format("\r\nPlugs to be turned {}\r\n\r\n", on_ ? "on" : "off");
      for (const std::size_t i : plugs_) out += fmt::format("Plug {}: (undefined)\r\n", i + 1);
      out += "\r\nAre you sure? (Y/N): ";
      asked_ = true;
      return;
    }
    act(out);
  }

 private:
  void act(std::string& out) {
    Duration extra{};
    for (const std::size_t i : plugs_) {
      body_.order(i, on_, extra);
      extra += sequence;
    }
    body_.busy(body_.spec().relay_delay + extra - sequence);
    out += "Processing - Please wait or <CR> to continue...\r\n";
    status(out, true);  // printed when the order is done
  }
  void status(std::string& out, bool done) {
    out += fmt::format("\r\n{} v2.12     Site: (undefined)\r\n\r\n", vmr_ ? "VMR" : "Network Power Switch");
    out += "Plug | Name             | Password    | Status | Boot/Seq. Delay | Default |\r\n";
    out += bar;
    const std::string_view comes_back = body_.spec().power_on == PowerOn::all_off ? "OFF" : "ON ";
    for (std::size_t i = 0; i < body_.on().size(); ++i) {
      const std::string_view state = body_.on()[i] != 0 ? "ON " : "OFF";
      out += fmt::format(" {:<4}| (undefined)      | (undefined) |   {}{} |     0.5 Secs    |   {}   |\r\n", i + 1, state,
                         !done && body_.pending(i) ? '*' : ' ', comes_back);
    }
    out += bar;
    out += "\r\n";
  }
  bool vmr_, asked_{}, on_{};
  std::vector<std::size_t> plugs_;
};

}  // namespace

std::unique_ptr<DeviceFace> make_wti_face(DeviceBody& body) { return std::make_unique<WtiFace>(body); }

}  // namespace greenroom::model
