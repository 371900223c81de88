// Hostile zip files: the directory and the manifest of an IPSW, and then its contents. No crash of ours or of libzip, no
// memory by what a file claims (libFuzzer's limit), and nothing is unpacked without bound.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "firmware-bridge/firmware_archive.hpp"

using namespace greenroom;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int file = memfd_create("fuzz.ipsw", MFD_CLOEXEC);
  if (file < 0 || ftruncate(file, 0) != 0 || pwrite(file, data, size, 0) != static_cast<ssize_t>(size)) std::abort();
  const auto manifest = read_ipsw(file);
  if (!manifest && manifest.error().message.empty()) std::abort();
  // As far as it may go: an entry may still hold a thousand times its bytes.
  int pieces = 0;
  const auto whole = check_ipsw_contents(file, [&pieces](std::uint64_t) { return ++pieces < 64; });
  if (!whole && whole.error().message.empty()) std::abort();
  return 0;
}
