#include "controller/cli/doctor_look.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include "controller/cli/doctor_child.hpp"

namespace greenroom::cli {
namespace {

namespace fs = std::filesystem;

std::string first_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

unsigned number_in(const fs::path& file, int base) {
  const std::string line = first_line(file);
  unsigned value = 0;
  std::from_chars(line.data(), line.data() + line.size(), value, base);
  return value;
}

// /dev/bus/usb/001/004, as usbfs names it.
std::string node_of(const fs::path& device) {
  return fmt::format("/dev/bus/usb/{:03}/{:03}", number_in(device / "busnum", 10), number_in(device / "devnum", 10));
}

}  // namespace

Result<std::string> version_line(const std::string& program, int patience_s) {
  Child child([&program](int out) {
    const int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    execlp(program.c_str(), program.c_str(), "--version", nullptr);
    _exit(errno == ENOENT ? 127 : 126);
  });
  const auto heard = child.hear_until(Child::Clock::now() + std::chrono::seconds{patience_s});
  if (!heard.in_time) return fail(Errc::timeout, fmt::format("does not say its version within {} s", patience_s));
  const int code = WIFEXITED(heard.status) ? WEXITSTATUS(heard.status) : -1;
  if (code == 127) return fail(Errc::usage, "is not installed");
  if (code == 126) return fail(Errc::usage, "cannot be run by this user");
  if (code != 0) return fail(Errc::protocol, "fails when it is asked for its version");
  return heard.text.substr(0, heard.text.find('\n'));
}

std::vector<UsbNode> usb_nodes() {
  static const fs::path folder = "/sys/bus/usb/devices";
  std::vector<UsbNode> nodes;
  // By opendir(3), which umockdev turns to its model devices; std::filesystem opens folders in another way.
  const std::unique_ptr<DIR, int (*)(DIR*)> all(opendir(folder.c_str()), closedir);
  while (const struct dirent* entry = all ? readdir(all.get()) : nullptr) {
    const std::string name = entry->d_name;
    if (name.front() == '.' || name.find(':') != std::string::npos) continue;  // "1-4:1.0" is an interface of 1-4
    const fs::path device = folder / name;
    UsbNode node;
    node.place = name;
    // The device descriptor (USB 2.0, 9.6.1): class, then vendor and product, little-endian.
    std::array<unsigned char, 18> descriptor{};
    std::ifstream(device / "descriptors", std::ios::binary)
        .read(reinterpret_cast<char*>(descriptor.data()), descriptor.size());
    node.vendor = static_cast<std::uint16_t>(descriptor[8] | descriptor[9] << 8U);
    node.product = static_cast<std::uint16_t>(descriptor[10] | descriptor[11] << 8U);
    node.hub = descriptor[4] == 9;
    node.speed_Mbps = number_in(device / "speed", 10);
    node.ports = number_in(device / "maxchild", 10);
    node.may_open = access(node_of(device).c_str(), R_OK | W_OK) == 0;
    nodes.push_back(std::move(node));
  }
  std::sort(nodes.begin(), nodes.end(),
            [](const UsbNode& a, const UsbNode& b) { return compare_versions(a.place, b.place) < 0; });
  return nodes;
}

std::vector<std::string> fence_rules() {
  std::vector<std::string> found;
  for (const char* folder : {"/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d"}) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder, none)) {
      std::ifstream in(entry.path());
      const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
      const bool all = text.find("05ac") != std::string::npos && text.find("f014") != std::string::npos &&
                       text.find("1881") != std::string::npos && text.find("OWNER") != std::string::npos;
      if (all) found.push_back(entry.path().string());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::optional<std::uint64_t> free_bytes(const std::string& folder) {
  struct statvfs disk {};
  if (statvfs(folder.c_str(), &disk) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
}

bool clock_is_kept() {
  struct timex state {};
  return adjtimex(&state) != TIME_ERROR;
}

std::vector<std::string> environment() {
  std::vector<std::string> lines;
  for (char** line = environ; *line != nullptr; ++line) lines.emplace_back(*line);
  return lines;
}

}  // namespace greenroom::cli
