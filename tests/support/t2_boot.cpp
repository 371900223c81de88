#include "tests/support/t2_boot.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tests/support/img4.hpp"

namespace greenroom::test {
namespace {

std::string spaced_hex(const Octets& bytes) {
  std::string text;
  for (const std::uint8_t b : bytes) text += fmt::format("{:02X}", b);
  return text;
}

Octets nonce_of(const ModelMac& mac) { return noise(static_cast<std::uint32_t>(mac.ecid) + 1, 32); }

}  // namespace

T2Boot::T2Boot(ModelMac mac, const ModelFirmware& firmware) : shown{mac.serial}, mac_(std::move(mac)), firmware_(firmware) {
  recovery_.variables = {{"build-version", "iBoot-10151.1.1"},
                         {"build-style", "RELEASE"},
                         {"ramdisk-size", "0x20000000"},
                         {"auto-boot", "true"}};
  recovery_.saved = recovery_.variables;
}

Octets T2Boot::ticket() const { return ticket_for(mac_.ecid, nonce_of(mac_)); }

// Board 0C, which idevicerestore 1.0.0 knows; 3F, that of face_of(), it does not.
UsbFace T2Boot::face() const {
  const std::string who = fmt::format("CPID:{:04X} CPRV:10 CPFM:03 SCEP:01 BDID:{:02X} ECID:{:016X}", firmware_.chip,
                                      firmware_.board_id, mac_.ecid);
  const std::string nonces = fmt::format(" NONC:{} SNON:{}", spaced_hex(nonce_of(mac_)),
                                         spaced_hex(noise(static_cast<std::uint32_t>(mac_.ecid), 20)));
  UsbFace f;
  if (stage_ == Stage::restore) return booted_face(fmt::format("{:08X}{:016X}", firmware_.chip, mac_.ecid), 0x12a8, 0);
  if (stage_ == Stage::booted) return booted_face(mac_.serial, 0x8600, 0);
  if (stage_ == Stage::dfu) {
    f = dfu_face(fmt::format("{} IBFL:3C SRTG:[iBoot-3401.0.0.1.16]", who));
  } else {
    const bool tells = !shown.text.empty() && stage_ >= shown.since;
    f = recovery_face(who + " IBFL:3D" + (tells ? fmt::format(" SRNM:[{}]", shown.text) : ""), nonces);
    f.kept = shown.kept;
  }
  f.strings[0] = nonces;
  return f;
}

std::optional<Octets> T2Boot::control(const UsbSetup& setup, const Octets& data) {
  if (stage_ == Stage::restore || stage_ == Stage::booted || leaves_) return std::nullopt;
  if (stage_ == Stage::dfu) {
    auto answer = dfu_.control(setup, data);
    for (std::string& why : dfu_.wrong) wrong.push_back(std::move(why));
    dfu_.wrong.clear();
    return answer;
  }
  if (setup.type == 0x41) sent_ = true;
  if (setup.type == 0x40) {
    if (data.empty() || data.back() != 0) return refuse("a command without its zero"), std::nullopt;
    if (!take(std::string(data.begin(), data.end() - 1), setup.request)) return std::nullopt;
  }
  return recovery_.control(setup, data);
}

std::optional<Octets> T2Boot::bulk(std::uint8_t endpoint, const Octets& data) {
  if (leaves_ || !sent_) return refuse("bytes that nobody announced"), std::nullopt;
  return recovery_.bulk(endpoint, data);
}

void T2Boot::reset() {
  if (stage_ != Stage::dfu || leaves_ || !dfu_.manifested()) return;
  leaves_ = accept(dfu_.image(), "iBSS");
}

void T2Boot::restart() {
  leaves_ = sent_ = recovery_.rebooted = false;
  due_.clear();
  recovery_.variables = recovery_.saved;
  stage_ = recovery_.saved["auto-boot"] == "true" ? Stage::booted : Stage::recovery;
}

void T2Boot::into_dfu() {
  restart();
  dfu_ = DfuModel();
  stage_ = Stage::dfu;
}

void T2Boot::restored() {
  recovery_.saved["auto-boot"] = "true";
  restart();
}

void T2Boot::leave() {
  if (recovery_.rebooted) return restart();
  leaves_ = false;
  if (stage_ == Stage::dfu) {
    stage_ = Stage::ibss;
    due_ = {{"go", "iBEC"}};
    return;
  }
  if (stage_ == Stage::ibec) {
    stage_ = Stage::restore;
    return;
  }
  stage_ = Stage::ibec;
  due_ = {{"getenv build-version", ""},
          {"getenv build-style", ""},
          {"getenv radio-error", ""},
          {"setenv auto-boot false", ""},
          {"saveenv", ""},
          {"setpicture 4", "RestoreLogo"},
          {"bgcolor 0 0 0", ""}};
  for (const Component& c : firmware_.components) {
    if (c.by_iboot) due_.push_back({"firmware", c.name});
  }
  due_.insert(due_.end(), {{"getenv ramdisk-size", ""},
                           {"getenv ramdisk-delay", "RestoreRamDisk"},
                           {"ramdisk", ""},
                           {"devicetree", "RestoreDeviceTree"},
                           {"setenv boot-args rd=md0 nand-enable-reformat=1 -progress", "RestoreKernelCache"},
                           {"bootx", ""}});
}

bool T2Boot::take(const std::string& line, std::uint8_t request) {
  commands.push_back(line);
  if (line == "setenv auto-boot true") {
    due_ = {{line, ""}, {"getenv auto-boot", ""}, {"saveenv", ""}, {"reboot", ""}};
    sent_ = false;  // whoever sent something was ended
  }
  if (due_.empty() || line != due_.front().command)
    return refuse(fmt::format("'{}' where '{}' was due", line, due_.empty() ? "nothing" : due_.front().command));
  if (request != 0) return refuse(fmt::format("'{}' by request {}", line, request));
  const Due due = due_.front();
  due_.pop_front();
  if (sent_ != !due.image.empty())
    return refuse(fmt::format("'{}' with {} before it", line, sent_ ? "an image" : "no image"));
  sent_ = false;
  if (!due.image.empty() && !accept(recovery_.uploaded, due.image)) return false;
  leaves_ = line == "go" || line == "bootx" || line == "reboot";
  return true;
}

bool T2Boot::refuse(std::string why) {
  wrong.push_back(std::move(why));
  return false;
}

bool T2Boot::accept(const Octets& image, const std::string& component) {
  std::string why = what_is_wrong(image, component);
  if (!why.empty()) return refuse(std::move(why));
  images.push_back(fmt::format("{} {} {:08x}", component, image.size(), ~crc32_of_trailer(image)));
  return true;
}

std::string T2Boot::what_is_wrong(const Octets& image, const std::string& component) const {
  const Component& c = firmware_.at(component);
  const auto parts = read_img4(image);
  if (!parts) return fmt::format("{}: no personalised image", component);
  if (parts->tag != c.tag) return fmt::format("{}: with tag {}", component, parts->tag);
  if (parts->payload != c.payload) return fmt::format("{}: another payload", component);
  return parts->ticket == ticket() ? "" : fmt::format("{}: another Mac's ticket", component);
}

}  // namespace greenroom::test
