// APC's menus on a serial line: AP79xx (AOS v2 and v3) and the older MasterSwitch Plus. Sources: powerman's apc.dev,
// apcnew.dev, apc7900.dev, apc7900v3.dev, apc7920.dev, apcpdu.dev and apcpdu3.dev (which menus in which order, which digit
// does what, the questions, the pager after outlet 22); the screens of an AP79xx quoted in a public reboot script ("-------
// Control Outlet", its seven items, "Immediate Reboot", "Command successfully issued."); fence-agents' fence_apc ("2- Outlet
// Management", "1- Outlet Control/Configuration", Ctrl-C to the screen with "Logout"); quackenbush/APC issue 19 for the `*`
// of an order that is pending; log-out after 3 idle minutes from the command line guide. firmware: "v3" (the usual one),
// "v2", "plus-new" and "plus-old" (MasterSwitch Plus). Inferred: how wide a screen is, its rules, and the items that nobody
// needs here. "1- Phase Management" shows nothing: its screen's text is not known, so this face has no meter.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "hw/model/faces.hpp"
#include "hw/model/shell_face.hpp"

namespace greenroom::model {
namespace {

constexpr std::size_t page = 22;
constexpr char escape = '\x1b';
constexpr char to_the_top = '\x03';
constexpr Duration between = std::chrono::milliseconds{100};

enum class Screen { console, manager, management, list, outlet, control, sure, done };

struct Form {
  std::string_view firmware;
  std::string_view to_list_from_manager;  // the digit; empty: the manager is the list
  bool management;                        // one menu more on the way
  int on, off, cancel, slow_on, slow_off;
  std::string_view success;
};
constexpr std::array<Form, 4> forms = {{
    {"v3", "2", true, 1, 2, 7, 4, 5, "Command successfully issued."},
    {"v2", "3", false, 1, 2, 7, 4, 5, "Command successfully issued."},
    {"plus-new", "", false, 1, 2, 8, 4, 5, "Command successfully issued."},
    {"plus-old", "1", false, 1, 3, 8, 2, 4, "Success"},
}};

const Form& form_for(const PduSpec& spec) {
  const auto found = std::find_if(forms.begin(), forms.end(), [&](const Form& f) { return f.firmware == spec.firmware; });
  return found == forms.end() ? forms.front() : *found;
}

class ApcMenuFace final : public ShellFace {
 public:
  explicit ApcMenuFace(DeviceBody& body)
      : ShellFace(body, {"\rUser Name : ", "apc", "\rPassword  : ", password_or(body.spec(), "apc"), "\r\n",
                         std::chrono::minutes{3}}),
        form_(form_for(body.spec())) {}

 protected:
  void banner(std::string& out) override { out += "\r\n"; }
  void welcome(std::string& out) override {
    out +=
        "\r\n\r\nAmerican Power Conversion               Network Management Card AOS      v3.3.4\r\n"
        "(c) Copyright 2005 All Rights Reserved  Rack PDU APP                     v3.3.3\r\n"
        "-------------------------------------------------------------------------------\r\n";
  }
  void left() override {
    screen_ = Screen::console;
    paging_ = false;
  }
  bool key(char c, std::string& out) override {
    if (c != escape && c != to_the_top) return false;
    paging_ = false;
    screen_ = c == escape ? back() : Screen::console;
    prompt(out);
    return true;
  }
  void only_enter() override {
    if (screen_ == Screen::done || screen_ == Screen::sure) screen_ = Screen::control;
  }
  void prompt(std::string& out) override;
  void command(const std::string& line, std::string& out) override;

 private:
  [[nodiscard]] std::size_t outlets() const { return body_.on().size(); }
  [[nodiscard]] bool all() const { return outlet_ == outlets(); }
  [[nodiscard]] Screen back() const;
  [[nodiscard]] std::string state(std::size_t i) const {
    return fmt::format("{}{}", body_.on()[i] != 0 ? "ON" : "OFF", body_.pending(i) ? "*" : "");
  }
  void title(std::string_view text, std::string& out) {
    out += fmt::format("\r\n------- {:-<71}\r\n\r\n", fmt::format("{} ", text));
  }
  void items(std::initializer_list<std::string_view> list, std::string& out) {
    int n = 0;
    for (const std::string_view item : list) out += fmt::format("     {}- {}\r\n", ++n, item);
  }
  void keys(std::string& out) { out += "\r\n     <ESC>- Back, <ENTER>- Refresh, <CTRL-L>- Event Log\r\n> "; }
  void show_list(std::string& out);
  void show_control(std::string& out);
  void issue(std::string& out);
  [[nodiscard]] std::string_view chosen_name() const;

  const Form& form_;
  Screen screen_{Screen::console};
  std::size_t outlet_{};  // outlets(): the master
  int chosen_{};
  bool paging_{};
};

Screen ApcMenuFace::back() const {
  switch (screen_) {
    case Screen::control: return Screen::outlet;
    case Screen::sure:
    case Screen::done: return Screen::control;
    case Screen::outlet: return Screen::list;
    case Screen::list:
      return form_.management ? Screen::management : form_.to_list_from_manager.empty() ? Screen::console : Screen::manager;
    case Screen::management: return Screen::manager;
    default: return Screen::console;
  }
}

void ApcMenuFace::prompt(std::string& out) {
  switch (screen_) {
    case Screen::console:
      title("Control Console", out);
      items({"Device Manager", "Network", "System", "Logout"}, out);
      return keys(out);
    case Screen::manager:
      title("Device Manager", out);
      if (form_.management) items({"Phase Management", "Outlet Management", "Power Supply Status"}, out);
      else items({"Phase Monitor/Configuration", "Outlet Restriction Configuration", "Outlet Control/Configuration"}, out);
      return keys(out);
    case Screen::management:
      title("Outlet Management", out);
      items({"Outlet Control/Configuration", "Outlet Restriction"}, out);
      return keys(out);
    case Screen::list: return show_list(out);
    case Screen::outlet:
      title(all() ? "Master Control/Configuration" : fmt::format("Outlet {}", outlet_ + 1), out);
      items({"Control Outlet", "Configure Outlet"}, out);
      return keys(out);
    case Screen::control: return show_control(out);
    case Screen::sure:
      out += "\r\n        -----------------------------------------------------------------------\r\n";
      out += fmt::format("        {}\r\n\r\n        This command will act on {}.\r\n\r\n", chosen_name(),
                         all() ? "all outlets" : fmt::format("outlet {} named 'Outlet {}'", outlet_ + 1, outlet_ + 1));
      out += "        Enter 'YES' to continue or <ENTER> to cancel : ";
      return;
    case Screen::done: out += "\r\n        Press <ENTER> to continue..."; return;
  }
}

void ApcMenuFace::show_list(std::string& out) {
  const bool second = std::exchange(paging_, false);
  if (!second) title("Outlet Control/Configuration", out);
  const bool paged = outlets() > page;
  const std::size_t first = second ? page : 0;
  const std::size_t last = paged && !second ? page : outlets();
  for (std::size_t i = first; i < last; ++i)
    out += fmt::format("    {:>2}- {:<24} {}\r\n", i + 1, fmt::format("Outlet {}", i + 1), state(i));
  if (paged && !second) {
    paging_ = true;
    out += "\r\n        Press <ENTER> to continue...";
    return;
  }
  out += fmt::format("    {:>2}- Master Control/Configuration\r\n", outlets() + 1);
  keys(out);
}

void ApcMenuFace::show_control(std::string& out) {
  title("Control Outlet", out);
  if (!all()) {
    out +=
        fmt::format("        Name         : Outlet {0}\r\n        Outlet       : {0}\r\n        State        : {1}\r\n\r\n",
                    outlet_ + 1, state(outlet_));
  }
  if (form_.firmware == "plus-old") {
    items({"Immediate On", "Delayed On", "Immediate Off", "Delayed Off", "Immediate Reboot", "Delayed Reboot", "Shutdown",
           "Cancel Pending Command"},
          out);
  } else {
    items({"Immediate On", "Immediate Off", "Immediate Reboot", "Delayed On", "Delayed Off", "Delayed Reboot", "Cancel"},
          out);
  }
  out += "\r\n     ?- Help, <ESC>- Back, <ENTER>- Refresh, <CTRL-L>- Event Log\r\n> ";
}

std::string_view ApcMenuFace::chosen_name() const {
  if (chosen_ == form_.on) return "Immediate On";
  if (chosen_ == form_.off) return "Immediate Off";
  if (chosen_ == form_.slow_on) return "Delayed On";
  return chosen_ == form_.slow_off ? "Delayed Off" : "Cancel";
}

void ApcMenuFace::issue(std::string& out) {
  const bool on = chosen_ == form_.on || chosen_ == form_.slow_on;
  Duration extra{};
  for (std::size_t i = all() ? 0 : outlet_; i < (all() ? outlets() : outlet_ + 1); ++i) {
    if (on || chosen_ == form_.off || chosen_ == form_.slow_off) body_.order(i, on, extra);
    extra += between;
  }
  out += fmt::format("        {}\r\n", form_.success);
  screen_ = Screen::done;
}

void ApcMenuFace::command(const std::string& line, std::string& out) {
  const auto number = outlet_list(line, 99, "");
  const std::size_t n = number && number->size() == 1 ? number->front() + 1 : 0;
  switch (screen_) {
    case Screen::console:
      if (n == 4) log_out();
      if (n == 1) screen_ = form_.to_list_from_manager.empty() ? Screen::list : Screen::manager;
      return;
    case Screen::manager:
      if (line == form_.to_list_from_manager) screen_ = form_.management ? Screen::management : Screen::list;
      return;
    case Screen::management:
      if (n == 1) screen_ = Screen::list;
      return;
    case Screen::list:
      if (paging_ || n < 1 || n > outlets() + 1) return;
      outlet_ = n - 1;
      screen_ = Screen::outlet;
      return;
    case Screen::outlet:
      if (n == 1) screen_ = Screen::control;
      return;
    case Screen::control:
      if (n < 1 || n > 8) return;
      chosen_ = static_cast<int>(n);
      screen_ = Screen::sure;
      return;
    case Screen::sure:
      if (lower_case(line) == "yes") return issue(out);
      screen_ = Screen::control;
      return;
    case Screen::done: screen_ = Screen::control; return;
  }
}

}  // namespace

std::unique_ptr<DeviceFace> make_apc_menu_face(DeviceBody& body) { return std::make_unique<ApcMenuFace>(body); }

}  // namespace greenroom::model
