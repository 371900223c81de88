// Hostile descriptors: whatever the bytes, classify() answers and what it answers is within its contract.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "firmware-bridge/apple_device.hpp"
#include "firmware-bridge/iboot_string.hpp"
#include "hw/usb/usb_trace.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace greenroom;
  static const PortPath port = *PortPath::parse("host/1-4.2");
  static constexpr std::uint16_t products[] = {0x1222, 0x1227, 0xf014, 0x1881, 0x1280, 0x1281, 0x1283,
                                               0x1901, 0x1905, 0x8600, 0x12a8, 0x1338, 0x7304};
  if (size == 0) return 0;
  const std::string text(data + 1, data + size);
  const UsbSighting seen{port, 0x05ac, products[data[0] % std::size(products)], 0, text};
  const auto nonces = parse_nonces(text);
  if (nonces && nonces->ap.empty() && nonces->sep.empty()) std::abort();
  // What is read as a line of a trace is written as one that reads the same.
  if (const auto line = parse_trace_line(text)) {
    const auto again = parse_trace_line(to_string(*line));
    if (!again || to_string(*again) != to_string(*line)) std::abort();
  }
  const auto device = classify(seen);
  if (!device) {
    if (device.error().message.empty()) std::abort();
    return 0;
  }
  if (!device->serial.empty() && !SerialNumber::parse(device->serial)) std::abort();
  if (device->mode == MacMode::dfu && (!device->ecid || !device->serial.empty())) std::abort();
  static_cast<void>(PortPath::parse(text));
  return 0;
}
