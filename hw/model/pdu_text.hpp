// What a Baytech PDU prints, row for row (tests/hw/pdu/samples names the source of each). Pure: figures in, bytes out;
// lines end in CR LF. Built by appending, because a simulated room prints thousands of these a second.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "hw/model/device_face.hpp"

namespace greenroom::model {

struct PduFigures {
  Device device{};
  double celsius{30.0};
  std::span<const BankFigures> banks;    // two for rpc28, else one
  std::span<const std::uint8_t> on;      // as the device believes, by outlet
  std::span<const BankFigures> outlets;  // mmp only
};

std::string_view banner(Device);
std::string_view prompt(Device, bool odd);  // the RPC-28 shows two by turns
std::string_view help(Device);
void print_status(std::string&, const PduFigures&);
void print_outlets(std::string&, const PduFigures&);  // ostatus; mmp only
void print_current(std::string&, const PduFigures&);
void print_voltage(std::string&, const PduFigures&);
void print_power(std::string&, const PduFigures&);
void print_temperature(std::string&, const PduFigures&);
inline constexpr std::string_view type_help = "Type \"Help\" for a list of commands\r\n\r\n";

}  // namespace greenroom::model
