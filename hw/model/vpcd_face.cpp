// vpcd, the device that powerman's authors simulate for their own tests. Source: what Debian's /usr/sbin/vpcd (powerman
// 2.3.27) printed to `stat 3`, `login`, `stat *`, `on 99`, `on x`, `beacon 1`, `temp 1`, `logoff` on its stdin: plugs count
// from 0, the number before OK and the prompt counts commands, nothing is echoed, lines end in LF. No metering. Here `temp`
// answers for all plugs only, as it does there.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "hw/model/faces.hpp"
#include "hw/model/shell_face.hpp"

namespace greenroom::model {
namespace {

class VpcdFace final : public ShellFace {
 public:
  explicit VpcdFace(DeviceBody& body) : ShellFace(body, {}) {
    echo_ = false;
    eol_ = "\n";
    ShellFace::reset();
  }

 protected:
  void left() override {
    number_ = 0;
    in_ = false;
  }
  void prompt(std::string& out) override { out += fmt::format("{} vpc> ", number_); }
  void command(const std::string& line, std::string& out) override {
    if (line == "login") in_ = true;
    if (line == "login" || line == "logoff") {
      ok(out);
      if (line == "logoff") in_ = false;
      return;
    }
    if (!in_) return say("Please login", out);
    const auto words = words_of(line);
    const std::string word = words.empty() ? "" : words[0];
    constexpr std::array known = {"on", "off", "stat", "beacon", "temp", "flash", "unflash"};
    if (words.size() != 2 || std::find(known.begin(), known.end(), word) == known.end()) return say("UNKNOWN: " + line, out);
    const auto plugs = plugs_of(words[1]);
    if (!plugs || (word == "temp" && words[1] != "*")) return say("UNKNOWN: " + line, out);
    if (!plugs->empty() && plugs->back() >= body_.on().size()) return say("BADVAL: " + words[1], out);
    if (word == "on" || word == "off") {
      for (const std::size_t i : *plugs) body_.order(i, word == "on", {});
      return ok(out);
    }
    if (word == "stat" || word == "beacon" || word == "temp") {
      for (const std::size_t i : *plugs) {
        if (word == "temp") out += fmt::format("plug {}: {}\n", i, 83 + i);
        else out += fmt::format("plug {}: {}\n", i, word == "stat" && body_.on()[i] != 0 ? "ON" : "OFF");
      }
      return ok(out);
    }
    ok(out);  // flash, unflash
  }

 private:
  [[nodiscard]] std::optional<std::vector<std::size_t>> plugs_of(const std::string& text) const {
    std::vector<std::size_t> plugs;
    if (text == "*") {
      for (std::size_t i = 0; i < body_.on().size(); ++i) plugs.push_back(i);
      return plugs;
    }
    std::size_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return std::vector<std::size_t>{n};
  }
  void say(const std::string& what, std::string& out) { out += fmt::format("{} {}\n", number_++, what); }
  void ok(std::string& out) { say("OK", out); }

  std::size_t number_{};
  bool in_{};
};

}  // namespace

std::unique_ptr<DeviceFace> make_vpcd_face(DeviceBody& body) { return std::make_unique<VpcdFace>(body); }

}  // namespace greenroom::model
