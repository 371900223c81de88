// A boot image as Apple's DFU takes it, and what each state of a device in DFU allows. Pure. Source of every constant:
// libirecovery, src/libirecovery.c, irecv_send_buffer and irecv_get_status; the states are USB DFU 1.0's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "hw/usb/usb_bus.hpp"

namespace greenroom {

enum class DfuState : std::uint8_t {
  app_idle,
  app_detach,
  idle,
  download_sync,
  download_busy,
  download_idle,
  manifest_sync,
  manifest,
  manifest_wait_reset,
  upload_idle,
  error
};
std::string_view to_string(DfuState);

// What leads back to idle, where a download begins: CLRSTATUS out of an error, ABORT out of all else.
enum class DfuRemedy { none, clear_status, abort };
DfuRemedy remedy_for(DfuState);

struct DfuBlock {
  DfuBlock(std::uint16_t n, UsbBytes b, bool a) : number(n), bytes(std::move(b)), asks_status(a) {}
  std::uint16_t number;
  UsbBytes bytes;
  bool asks_status;  // false: the trailer follows at once, under the same number
};

// The image in blocks of 2048 bytes from number 0, with Apple's trailer of 16 bytes at its end: in the last block where it
// fits, else as a block of its own. Errc::usage for an image that is empty, or larger than block numbers of 16 bits go.
Result<std::vector<DfuBlock>> dfu_blocks(std::span<const std::byte> image);

// Reflected polynomial EDB88320, begun with ones, not inverted at the end.
std::uint32_t dfu_checksum(std::span<const std::byte>, std::uint32_t begun = 0xffffffff);

}  // namespace greenroom
