#include "hw/model/pdu_text.hpp"

#include <charconv>
#include <cmath>

namespace greenroom::model {
namespace {

constexpr std::string_view eol = "\r\n";
constexpr std::string_view two_banks =
    "                    Outlet  1-10         Outlet 11-21 \r\n";  // its own words, for 20 outlets
constexpr std::string_view bar = "-------------------------------------------------------------------------------\r\n";

void pad(std::string& out, std::int64_t value, int width) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  const auto n = end - digits;
  if (n < width) out.append(static_cast<std::size_t>(width - n), ' ');
  out.append(digits, static_cast<std::size_t>(n));
}

void whole(std::string& out, double value, int width) { pad(out, std::llround(value), width); }

void tenths(std::string& out, double value, int width) {
  const std::int64_t t = std::llround(value * 10.0);
  pad(out, t / 10, width - 2);
  out += '.';
  out += static_cast<char>('0' + t % 10);
}

using Print = void (*)(std::string&, double, int);

// A row of one figure, or of two with the second bank after a colon; `gap` is what stands before the colon.
void row(std::string& out, const PduFigures& f, std::string_view head, double BankFigures::*figure, Print print,
         std::string_view unit, std::string_view gap) {
  out += head;
  print(out, f.banks[0].*figure, 6);
  out += unit;
  if (f.device == Device::rpc28) {
    out += gap;
    out += ":   ";
    print(out, f.banks[1].*figure, 6);
    out += unit;
  }
}

void power_row(std::string& out, const PduFigures& f) {
  row(out, f, "   Average Power:  ", &BankFigures::watts, whole, " Watts", "     ");
  out += f.device == Device::rpc28 ? " \r\n" : "\r\n";
}
void voltage_row(std::string& out, const PduFigures& f) {
  row(out, f, "True RMS Voltage:  ", &BankFigures::volts, tenths, " Volts", "     ");
  out += f.device == Device::rpc28 ? " \r\n" : "\r\n";
}
void current_rows(std::string& out, const PduFigures& f) {
  row(out, f, "True RMS Current:  ", &BankFigures::amps, tenths, " Amps", "      ");
  out += eol;
  row(out, f, "Maximum Detected:  ", &BankFigures::most, tenths, " Amps", "      ");
  out += eol;
}

void breaker_row(std::string& out, const PduFigures& f) {
  out += f.banks[0].good ? " Circuit Breaker:       Good" : " Circuit Breaker:       Open";
  if (f.device == Device::rpc28) out += f.banks[1].good ? "        :        Good  " : "        :        Open  ";
  out += eol;
}

void start(std::string& out, const PduFigures& f) {
  out += eol;
  if (f.device == Device::rpc28) out += two_banks;
  else out += eol;
}

void finish(std::string& out) {
  out += eol;
  out += type_help;
}

void outlet_cell(std::string& out, const PduFigures& f, std::size_t i) {
  pad(out, static_cast<std::int64_t>(i + 1), 2);
  out += ")...Outlet ";
  pad(out, static_cast<std::int64_t>(i + 1), 2);
  out += f.on[i] != 0 ? "       : On           " : "       : Off          ";
}

constexpr std::string_view rpc28_banner =
    "RPC-28 Series\r\n(C) 2000 by BayTech\r\nF3.01\r\n\r\nOption(s) Installed:\r\nTrue RMS Current\r\nInternal "
    "Temperature\r\n"
    "True RMS Voltage\r\n\r\n";
constexpr std::string_view rpc3_banner =
    "\r\n\r\nRPC3-NC Series\r\n(C) 2002 by BayTech\r\nF4.00\r\n\r\nOption(s) Installed:\r\nTrue RMS Current\r\n"
    "Internal Temperature\r\nTrue RMS Voltage\r\n\r\n";
constexpr std::string_view mmp_banner =  // after the RPC3-NC's; unverified
    "\r\n\r\nMMP Series\r\n(C) 2012 by BayTech\r\nF1.08\r\n\r\nOption(s) Installed:\r\nTrue RMS Current\r\n"
    "Internal Temperature\r\nTrue RMS Voltage\r\n\r\n";

constexpr std::string_view help_text =
    "\r\nOn n <cr>     --Turn on an Outlet\r\nOff n <cr>    --Turn off an Outlet\r\nReboot n <cr> --Reboot an Outlet\r\n"
    "Status <cr>   --Status\r\nLock n <cr>   --Locks Outlet(s) state\r\nUnlock n <cr> --Unlock Outlet(s) state\r\n"
    "Current <cr>  --Display True RMS Current\r\nVoltage <cr>  --Display True RMS Voltage\r\n"
    "Power <cr>    --Display Average Power\r\nTemp <cr>     --Read current temperature\r\nUnitid <cr>   --Displays the unit "
    "ID\r\n"
    "Logout <cr>   --Logoff\r\nHelp <cr>     --This Command\r\n\r\n\r\n";

}  // namespace

std::string_view banner(Device d) {
  if (d == Device::rpc28) return rpc28_banner;
  return d == Device::rpc3 ? rpc3_banner : mmp_banner;
}

std::string_view prompt(Device d, bool odd) {
  if (d == Device::rpc28) return odd ? "RPC-28A>" : "RPC-28>";
  return d == Device::rpc3 ? "RPC3-NC>" : "MMP>";
}

std::string_view help(Device) { return help_text; }

void print_status(std::string& out, const PduFigures& f) {
  start(out, f);
  power_row(out, f);
  voltage_row(out, f);
  current_rows(out, f);
  breaker_row(out, f);
  out += eol;
  print_temperature(out, f);
  out += "\r\n\r\n";
  const std::size_t columns = f.device == Device::rpc28 ? 2 : 1;
  for (std::size_t i = 0; i < f.on.size(); ++i) {
    outlet_cell(out, f, i);
    if (i % columns == columns - 1) out += eol;
  }
  finish(out);
}

void print_outlets(std::string& out, const PduFigures& f) {
  out += "\r\n\r\n";
  out += bar;
  out += "|    Outlet      | True RMS  | Peak RMS  |  True RMS   |   Average  |  Volt-  |\r\n";
  out += "|    Number      |  Current  |  Current  |   Voltage   |    Power   |  Amps   |\r\n";
  out += bar;
  for (std::size_t i = 0; i < f.outlets.size(); ++i) {
    const BankFigures& o = f.outlets[i];
    out += "|  Outlet ";
    pad(out, static_cast<std::int64_t>(i + 1), 2);
    out += "     | ";
    tenths(out, o.amps, 4);
    out += " Amps | ";
    tenths(out, o.most, 4);
    out += " Amps | ";
    tenths(out, o.volts, 5);
    out += " Volts | ";
    whole(out, o.watts, 4);
    out += " Watts | ";
    whole(out, o.amps * o.volts, 4);
    out += " VA |\r\n";
  }
  out += bar;
  out += eol;
  finish(out);
}

void print_current(std::string& out, const PduFigures& f) {
  start(out, f);
  current_rows(out, f);
  finish(out);
}

void print_voltage(std::string& out, const PduFigures& f) {
  start(out, f);
  voltage_row(out, f);
  finish(out);
}

void print_power(std::string& out, const PduFigures& f) {
  start(out, f);
  power_row(out, f);
  finish(out);
}

void print_temperature(std::string& out, const PduFigures& f) {
  out += "Internal Temperature:  ";
  tenths(out, f.celsius, 4);
  out += " C\r\n";
}

}  // namespace greenroom::model
