// Debug USB (KIS, 05ac:1881), as which Macs from about M3 on show DFU: it names no serial string, and who the Mac is stands
// in an inner descriptor that is asked for by three requests over bulk. Source: libirecovery from 1.2.0 on, irecv_kis_*, and
// a second reading of the same in public; that a Mac answers so was not seen here (unverified). Who calls: the actions on
// Macs, before an engine owns the device.
#pragma once

#include <span>
#include <string>

#include "hw/async/clock.hpp"
#include "hw/usb/usb_bus.hpp"

namespace greenroom {

struct KisInfo {
  std::uint16_t vendor{}, product{};  // of the mode that is inside: 05ac:1227 for DFU
  std::string iboot;                  // as the serial string of that mode has it
  std::string nonces;                 // "NONC:... SNON:..."; empty: not told
};

// A request's header of 12 bytes and its arguments, words of 32 bits each.
UsbBytes kis_request(std::uint8_t portal, std::uint16_t index, std::uint16_t reply_words,
                     std::span<const std::uint32_t> arguments);
// The whole answer to "get info". Errc::protocol where it is short, refused, or its strings lie outside it. Pure.
Result<KisInfo> parse_kis_info(const UsbBytes&);

class Kis {
 public:
  // The device and the clock outlive this; its interface 0 is claimed.
  Kis(UsbDevice& device, Clock& clock, TimePoint deadline) : device_(device), clock_(clock), deadline_(deadline) {}
  Task<KisInfo> info();

 private:
  Task<UsbBytes> ask(std::uint8_t endpoint, UsbBytes request, std::size_t longest);
  Task<void> write(std::uint16_t index, std::uint32_t value);

  UsbDevice& device_;
  Clock& clock_;
  TimePoint deadline_;
};

}  // namespace greenroom
