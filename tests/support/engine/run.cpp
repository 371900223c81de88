#include "tests/support/engine/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "tests/support/engine/restored.hpp"
#include "tests/support/engine/usb.hpp"

namespace greenroom::test::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds detect{10}, gone{10}, back{10}, port_gone{5}, port_back{20}, gone_at_bootx{30}, restore_mode{300};

class Run {
 public:
  explicit Run(const RunOptions& o)
      : options_(o), ecid_(o.ecid), talk_(std::stod(order("speed", "1")), order("hang", "")), ipsw_(o.ipsw), usb_(o.ecid) {}
  void all();

 private:
  [[nodiscard]] std::string order(const std::string& name, const std::string& otherwise) const {
    const auto at = options_.orders.find(name);
    return at == options_.orders.end() ? otherwise : at->second;
  }
  void find_mac();
  void prepare();
  void start_port();
  void send_ibss();
  void first_recovery();
  void second_recovery();
  void restore();
  void come_back(seconds gone_within, const std::string& image);
  void send(const std::string& component, const std::string& command);
  void send_bytes(const std::string& component, const Octets& bytes, const std::string& command);
  void command(const std::string& line);
  std::string get(const std::string& variable);
  void picture();
  [[noreturn]] void fail_boot(const std::string& why);

  const RunOptions& options_;
  std::uint64_t ecid_;  // in Port DFU the controller's, until it has left
  Talk talk_;
  Ipsw ipsw_;
  Usb usb_;
  std::unique_ptr<UsbMac> mac_;
  std::unique_ptr<Images> images_;
  std::unique_ptr<Signing> signing_;
  bool second_ = false;  // of the two recoveries
};

void Run::all() {
  talk_.info("idevicerestore 1.0.0-270-g405fcd1 (stand-in)");
  find_mac();
  prepare();
  send_ibss();
  first_recovery();
  second_recovery();
  restore();
  talk_.info("DONE");
  talk_.progress(7, 1.0);
}

void Run::find_mac() {
  talk_.progress(0, 0);
  if (!talk_.until([this] { return (mac_ = usb_.find(ecid_)) != nullptr; }, detect))
    talk_.fail({"Unable to discover device mode. Please make sure a device is attached."});
  talk_.progress(0, 0.1);
  const char* mode = mac_->product() == port_dfu ? "Port DFU" : mac_->product() == recovery ? "Recovery" : "DFU";
  talk_.info(fmt::format("Found device in {} mode", mode));
  talk_.info(fmt::format("ECID: {}", ecid_));
}

void Run::prepare() {
  // Its one Mac of libirecovery's table.
  const bool own = mac_->value("CPID") == "8103" && mac_->value("BDID") == "26";
  // A port controller has both in its board id: bits 8 to 23, and 24 to 31 (macs.md 1.3).
  const bool port = mac_->product() == port_dfu && mac_->value("BDID") == "26810300";
  if (!own && !port) talk_.fail({"Unable to discover device type"});
  talk_.info("Identified device as j313ap, MacBookAir10,1");
  talk_.progress(0, 0.2);
  talk_.info("Extracting BuildManifest from IPSW");
  const Plist types = ipsw_.manifest().value("SupportedProductTypes", Plist::array());
  if (std::count(types.begin(), types.end(), "MacBookAir10,1") == 0)
    talk_.fail({"Could not make sure this firmware is suitable for the current device. Refusing to continue."});
  const Plist identity = ipsw_.identity("j313ap");
  if (identity.is_null()) talk_.fail({"Unable to find a matching build identity"});
  if (text_in(identity.at("Info"), "MacOSVariant") != "macOS Customer") talk_.fail({"the stand-in restores macOS alone"});
  talk_.info("Performing macOS restore");
  talk_.progress(1, 0);
  talk_.info("Checking IPSW for required components...");
  for (const auto& [name, part] : identity.at("Manifest").items()) {
    if (!ipsw_.has(text_in(part.at("Info"), "Path")))
      talk_.fail({name + " file " + text_in(part.at("Info"), "Path") + " not found in IPSW",
                  "Could not find all required components in IPSW " + options_.ipsw});
  }
  talk_.info("All required components found in IPSW");
  talk_.progress(1, 0.2);
  images_ = std::make_unique<Images>(ipsw_, identity, order("spoil", ""));
  signing_ = std::make_unique<Signing>(talk_, options_.server, *images_);
  if (port) start_port();
  talk_.info("Trying to fetch new SHSH blob");
  images_->tickets = signing_->for_restore(ecid_, mac_->nonce("NONC"), mac_->nonce("SNON"));
  talk_.progress(1, 0.3);
}

void Run::fail_boot(const std::string& why) {
  talk_.fail({why, second_ ? "Unable to place device into restore mode"
                           : "Unable to place device into recovery mode from DFU mode"});
}

void Run::come_back(seconds gone_within, const std::string& image) {
  const std::string advice = fmt::format(" Possibly invalid {}. Reset device and try again.", image);
  const std::uint8_t address = mac_->address();
  mac_.reset();
  if (!talk_.until([this, address] { return !usb_.lists(address); }, gone_within))
    fail_boot("Device did not disconnect." + advice);
  const char* modes = image == "iBSS" ? "DFU or recovery" : "recovery";
  if (!talk_.until([this] { return (mac_ = usb_.find(ecid_)) != nullptr; }, back))
    fail_boot(fmt::format("Device did not reconnect in {} mode.{}", modes, advice));
}

// Then its own DFU, under its own ECID: as a git build this takes the first Mac that shows itself.
void Run::start_port() {
  Octets nonce = mac_->nonce("NONC");
  std::reverse(nonce.begin(), nonce.end());
  Octets image = images_->plain("USBPortController1,USBFirmware");
  const Octets ticket = signing_->for_port(ecid_, nonce);
  image.insert(image.end(), ticket.begin(), ticket.end());
  const std::uint8_t address = mac_->address();
  const bool sent = mac_->send_to_port(image);
  mac_.reset();
  if (!sent || !talk_.until([this, address] { return !usb_.lists(address); }, port_gone) ||
      !talk_.until([this] { return (mac_ = usb_.find_any_in_dfu()) != nullptr; }, port_back))
    talk_.fail({"Device did not reconnect in DFU mode. Port DFU failed.", "Make sure to use the correct USB port"});
  ecid_ = mac_->ecid();
  talk_.info(fmt::format("ECID: {}", ecid_));
}

void Run::send_ibss() {
  const Octets image = images_->personalised("iBSS");
  talk_.info(fmt::format("Sending iBSS ({} bytes)...", image.size()));
  if (!mac_->send_ibss(image))
    talk_.fail({"Unable to send iBSS component: Unable to upload data to device", "Unable to send iBSS to device",
                "Unable to place device into recovery mode from DFU mode"});
  come_back(gone, "iBSS");
}

void Run::command(const std::string& line) {
  const std::string left_out = order("skip", "");
  if (left_out.empty() || line.rfind(left_out, 0) != 0) mac_->command(line);
}

std::string Run::get(const std::string& variable) {
  command("getenv " + variable);
  return mac_->answer();
}

void Run::send(const std::string& component, const std::string& line) {
  send_bytes(component, images_->personalised(component), line);
}

void Run::send_bytes(const std::string& component, const Octets& bytes, const std::string& line) {
  talk_.info(fmt::format("Sending {} ({} bytes)...", component, bytes.size()));
  if (!mac_->upload(bytes)) {
    // A device that left is told as "Invalid input", one that refuses as the other (both seen).
    const char* why = usb_.lists(mac_->address()) ? "Unable to upload data to device" : "Invalid input";
    talk_.error(fmt::format("Unable to send {} component: {}", component, why));
    fail_boot(fmt::format("Unable to send {} to device", component));
  }
  if (line.empty()) return;
  talk_.info("INFO: executing command: " + line);
  command(line);
}

void Run::picture() {
  send("RestoreLogo", "setpicture 4");
  command("bgcolor 0 0 0");
}

void Run::first_recovery() {
  talk_.progress(1, 0.5);
  send_bytes("Ap,LocalPolicy", images_->policy(images_->tickets.local_policy), "lpolrestore");
  talk_.info("iBoot boot-stage=" + get("boot-stage"));
  for (const std::string& name : loaded_by_iboot(images_->identity(), true)) send(name, "firmware");
  command("setenv auto-boot false");
  command("saveenv");
  command("setenvnp boot-args rd=md0 nand-enable-reformat=1 -progress -restore");
  picture();
  send("iBEC", "");
  talk_.pause(seconds{1});
  command("go");
  come_back(gone, "iBEC");
}

void Run::second_recovery() {
  second_ = true;
  talk_.info("INFO: device serial number is " + mac_->value("SRNM"));
  talk_.info("Recovery Mode Environment:");
  for (const char* name : {"build-version", "build-style", "boot-stage"})
    talk_.info(fmt::format("iBoot {}={}", name, get(name)));
  get("radio-error");
  command("setenv auto-boot false");
  command("saveenv");
  picture();
  for (const std::string& name : loaded_by_iboot(images_->identity(), false)) send(name, "firmware");
  talk_.info("ramdisk-size=" + get("ramdisk-size"));
  send("RestoreRamDisk", "");
  get("ramdisk-delay");
  command("ramdisk");
  talk_.pause(seconds{2});
  send("RestoreDeviceTree", "devicetree");
  send("RestoreSEP", "rsepfirmware");
  send("RestoreKernelCache", "");
  command("setenv boot-args rd=md0 nand-enable-reformat=1 -progress -restore");
  command("bootx");
}

void Run::restore() {
  const std::uint8_t address = mac_->address();
  mac_.reset();
  // What a git build says of a Mac that stays was not seen (unverified).
  if (!talk_.until([this, address] { return !usb_.lists(address); }, gone_at_bootx))
    fail_boot("Failed to place device in restore mode");
  talk_.info("Waiting for device to enter restore mode...");
  const Socket listener = connect_mux();
  if (listener) mux_say(listener, {{"MessageType", "Listen"}});
  std::unique_ptr<Restored> found;
  const auto comes = [&] {
    mac_ = usb_.find(ecid_);
    if (mac_ != nullptr) return true;  // back in recovery
    if (!listener || !listener.readable(milliseconds{0})) return false;
    const auto message = mux_hear(listener);
    if (!message || text_in(*message, "MessageType") != "Attached") return false;
    const auto device = message->at("DeviceID").get<std::uint64_t>();
    auto one = std::make_unique<Restored>(talk_, *images_, *signing_, device);
    if (one->ecid() == ecid_) found = std::move(one);
    return found != nullptr;
  };
  const bool came = talk_.until(comes, restore_mode);
  if (mac_ != nullptr)
    talk_.fail({"Device failed to enter restore mode.",
                "Device reconnected in Recovery mode, most likely image personalization failed."});
  if (!came) talk_.fail({"Device failed to enter restore mode.", "Make sure that usbmuxd is running."});
  talk_.info("About to restore device... ");
  found->restore();
}

}  // namespace

int run_transfers(const RunOptions& options) {
  std::unique_ptr<Run> run;
  try {
    run = std::make_unique<Run>(options);
  } catch (const std::runtime_error& e) {
    Talk(1, "").error(fmt::format("Firmware file {} cannot be opened.", e.what()));
    return 255;
  }
  try {
    run->all();
    return 0;
  } catch (const Failed&) { return 1; }
}

}  // namespace greenroom::test::engine
