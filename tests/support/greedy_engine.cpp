// greedy-engine: opens, configures and claims every Apple device that it can, as an engine does that takes any Mac for its
// own (libirecovery does so with each arriving KIS device). Prints "opened 1-1.1" or "refused 1-1.2" for each.
#include <libusb.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>

namespace {

std::string port_of(libusb_device* device) {
  std::array<std::uint8_t, 7> ports{};
  const int depth = libusb_get_port_numbers(device, ports.data(), ports.size());
  std::string text = std::to_string(libusb_get_bus_number(device));
  for (int i = 0; i < depth; ++i)
    text.append(i == 0 ? "-" : ".").append(std::to_string(ports.at(static_cast<std::size_t>(i))));
  return text;
}

void grab(libusb_device* device) {
  libusb_device_handle* handle = nullptr;
  const int opened = libusb_open(device, &handle);
  std::printf("%s %s\n", opened == 0 ? "opened" : "refused", port_of(device).c_str());
  if (opened != 0) return;
  libusb_set_configuration(handle, 1);
  libusb_claim_interface(handle, 0);
  libusb_close(handle);
}

}  // namespace

int main() {
  libusb_context* usb = nullptr;
  if (libusb_init(&usb) != 0) return 1;
  libusb_device** all = nullptr;
  const auto count = libusb_get_device_list(usb, &all);
  for (ssize_t i = 0; i < count; ++i) {
    libusb_device_descriptor what{};
    if (libusb_get_device_descriptor(all[i], &what) == 0 && what.idVendor == 0x05ac) grab(all[i]);
  }
  libusb_free_device_list(all, 1);
  libusb_exit(usb);
  return 0;
}
