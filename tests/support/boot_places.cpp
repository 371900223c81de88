#include "tests/support/boot_places.hpp"

namespace greenroom::test {
namespace {

// From an engine of git `go` and `bootx` come by another request than the rest; from 1.0.0 they do not.
std::uint8_t start_request(const ModelFirmware& f) { return f.apple_silicon() ? 1 : 0; }

std::string boot_args(const ModelFirmware& f) {
  return std::string("boot-args rd=md0 nand-enable-reformat=1 -progress") + (f.apple_silicon() ? " -restore" : "");
}

class Places {
 public:
  Places& add(std::string command, std::string image = "", std::uint8_t request = 0) {
    all.push_back({std::move(command), std::move(image), request});
    return *this;
  }
  Places& get(const std::string& variable, std::string image = "") { return add("getenv " + variable, std::move(image)); }
  Places& keep_out_of_macos() { return add("setenv auto-boot false").add("saveenv"); }
  Places& picture() { return add("setpicture 4", "RestoreLogo").add("bgcolor 0 0 0"); }
  Places& firmware(const ModelFirmware& f, bool early) {
    for (const Component& c : f.components) {
      if (c.by_iboot && c.by_ibss == early) add("firmware", c.name);
    }
    return *this;
  }
  std::deque<BootPlace> all;
};

}  // namespace

std::deque<BootPlace> first_recovery(const ModelFirmware& f) {
  Places p;
  if (f.apple_silicon()) {
    p.add("lpolrestore", "Ap,LocalPolicy").get("boot-stage").firmware(f, true).keep_out_of_macos();
    p.add("setenvnp " + boot_args(f)).picture();
  }
  p.add("go", "iBEC", start_request(f));
  return p.all;
}

std::deque<BootPlace> second_recovery(const ModelFirmware& f) {
  Places p;
  p.get("build-version").get("build-style");
  if (f.apple_silicon()) p.get("boot-stage");
  p.get("radio-error").keep_out_of_macos().picture().firmware(f, false);
  p.get("ramdisk-size").get("ramdisk-delay", "RestoreRamDisk").add("ramdisk").add("devicetree", "RestoreDeviceTree");
  if (f.apple_silicon()) p.add("rsepfirmware", "RestoreSEP");
  p.add("setenv " + boot_args(f), "RestoreKernelCache").add("bootx", "", start_request(f));
  return p.all;
}

std::deque<BootPlace> put_back() {
  return Places().add("setenv auto-boot true").get("auto-boot").add("saveenv").add("reboot").all;
}

}  // namespace greenroom::test
