// Cyclades AlterPath PM, later Avocent PM. Sources: the texts that powerman's own simulator of a PM8, PM10, PM20 and PM42
// prints (chaos/powerman t/simulators/cyclades.c: banners, login, status rows, `on` and `off` replies, the PM42's current),
// its cyclades-pm*.dev for `temperature`, and the manual for the interval between outlets (manualsdump 141746/58: 0.5 s).
// firmware: "1.0.9a" (up to 20 outlets), "1.9.1" (the PM42's: a column more, interval 0.0, which is still about 0.1 s).
// Inferred: the words of `lock` and of an order to a locked outlet; `current` of one phase after the PM42's three; the echo.
#include <fmt/format.h>

#include "hw/model/faces.hpp"
#include "hw/model/shell_face.hpp"

namespace greenroom::model {
namespace {

constexpr double celsius = 27.5;

class CycladesFace final : public ShellFace {
 public:
  explicit CycladesFace(DeviceBody& body)
      : ShellFace(
            body,
            {"Username: ", "admin", "Password: ", password_or(body.spec(), "pm8"), "\r\nAuthentication failed.\r\n", {}}),
        later_(body.spec().firmware == "1.9.1") {}

 protected:
  void banner(std::string& out) override {
    if (later_) {
      out += fmt::format(
          "AlterPath PM\r\nCopyright (c) 2007 Avocent Corporation\r\nV 1.9.1 May 2, 2007\r\n[PM]: IPDU: 1\r\n[PM]: OUT: "
          "{}\r\n",
          body_.on().size());
      return;
    }
    out += "AlterPath PM\r\nCopyright (c) 2002-2003 Cyclades Corporation\r\nV 1.0.9a Jun 26, 2003\r\n\r\n";
  }
  void prompt(std::string& out) override { out += "pm>"; }
  void command(const std::string& line, std::string& out) override {
    const auto words = words_of(line);
    const std::string word = words.empty() ? "" : words[0];
    if (word == "exit") return log_out();
    if (word == "current") return current(out);
    if (word == "temperature") {
      out += fmt::format("IPDU #1: Temperature: {:.1f}\r\n", celsius);
      return;
    }
    if (word == "ver") return banner(out);
    const auto outlets = outlet_list(words.size() > 1 ? words[1] : "", body_.on().size(), "all");
    const bool known = word == "status" || word == "on" || word == "off" || word == "lock" || word == "unlock";
    if (!known || !outlets) {
      out += "Input error\r\n\r\n";
      return;
    }
    if (word == "status") return status(*outlets, out);
    if (word == "on" || word == "off") return switching(*outlets, word == "on", out);
    for (const std::size_t i : *outlets) {
      body_.lock(i, word == "lock");
      out += fmt::format("{}: Outlet {}ed.\r\n", i + 1, word);
    }
  }

 private:
  void status(const std::vector<std::size_t>& outlets, std::string& out) {
    out += later_ ? " Outlet Name                    Status          Interval (s)    Users\r\n"
                  : " Outlet         Name            Status          Users\r\n";
    for (const std::size_t i : outlets) {
      const std::string_view state = body_.on()[i] != 0 ? "ON" : "OFF";
      const std::string_view lock = body_.locked(i) ? "Locked  " : "Unlocked";
      if (later_) out += fmt::format(" {:<31}{} {:<3}    0.0\r\n", i + 1, lock, state);
      else out += fmt::format(" {:<31}{} {}\r\n", i + 1, lock, state);
    }
  }
  void switching(const std::vector<std::size_t>& outlets, bool on, std::string& out) {
    const Duration interval = std::chrono::milliseconds{later_ ? 100 : 500};
    Duration extra{};
    for (const std::size_t i : outlets) {
      if (!body_.order(i, on, extra)) {
        out += fmt::format("{}: Outlet is locked.\r\n", i + 1);
        continue;
      }
      out += fmt::format("{}: Outlet turned {}.\r\n", i + 1, on ? "on" : "off");
      extra += interval;
    }
    if (extra > interval) body_.busy(extra - interval);
  }
  void current(std::string& out) {
    const auto figures = body_.meters();
    out += fmt::format("IPDU #1: RMS current: {:.1f}A. Maximum current: {:.1f}A\r\n", figures[0].amps, figures[0].most);
  }

  bool later_;
};

}  // namespace

std::unique_ptr<DeviceFace> make_cyclades_face(DeviceBody& body) { return std::make_unique<CycladesFace>(body); }

}  // namespace greenroom::model
