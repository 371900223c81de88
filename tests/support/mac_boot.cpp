#include "tests/support/mac_boot.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace greenroom::test {
namespace {

std::string spaced_hex(const Octets& bytes) {
  std::string text;
  for (const std::uint8_t b : bytes) text += fmt::format("{:02X}", b);
  return text;
}

Octets nonce_of(const ModelMac& mac) { return noise(static_cast<std::uint32_t>(mac.ecid) + 1, 32); }

std::string nonces_of(const ModelMac& mac) {
  return fmt::format(" NONC:{} SNON:{}", spaced_hex(nonce_of(mac)),
                     spaced_hex(noise(static_cast<std::uint32_t>(mac.ecid), 20)));
}

}  // namespace

MacBoot::MacBoot(ModelMac mac, const ModelFirmware& firmware, Arrival arrival)
    : shown{mac.serial},
      mac_(std::move(mac)),
      firmware_(firmware),
      stage_(arrival == Arrival::port_dfu ? Stage::port_dfu : Stage::dfu),
      arrival_(arrival),
      kis_(dfu_string(), nonces_of(mac_)) {
  recovery_.variables = {{"build-version", "iBoot-10151.1.1"},
                         {"build-style", "RELEASE"},
                         {"ramdisk-size", "0x20000000"},
                         {"auto-boot", "true"}};
  recovery_.saved = recovery_.variables;
}

Octets MacBoot::ticket(TicketKind kind) const { return ticket_for(mac_.ecid, nonce_of(mac_), kind); }

// A T2's board is 0C, which idevicerestore 1.0.0 knows; 3F, that of face_of(), it does not.
std::string MacBoot::who() const {
  return fmt::format("{} CPFM:03 SCEP:01 BDID:{:02X} ECID:{:016X}",
                     firmware_.apple_silicon() ? "SDOM:01 CPID:8103 CPRV:11" : "CPID:8012 CPRV:10", firmware_.board_id,
                     mac_.ecid);
}

std::string MacBoot::dfu_string() const {
  return fmt::format("{} IBFL:3C SRTG:[{}]", who(), firmware_.apple_silicon() ? "iBoot-7429.61.2" : "iBoot-3401.0.0.1.16");
}

UsbFace MacBoot::face() const {
  const bool m1 = firmware_.apple_silicon();
  const std::string nonces = nonces_of(mac_);
  UsbFace f;
  if (stage_ == Stage::restore) {
    const std::string udid = fmt::format("{:08X}{:016X}", firmware_.chip, mac_.ecid);
    return booted_face(udid, m1 ? 0x1901 : 0x12a8, 0);
  }
  if (stage_ == Stage::booted) return booted_face(mac_.serial, m1 ? 0x1905 : 0x8600, 0);
  if (stage_ == Stage::port_dfu) {
    // The port controller's own chip id and ECID, and the Mac's chip and board within its board id.
    f = port_dfu_face(
        fmt::format("CPID:000F BDID:{:02X}{:04X}00 ECID:{:016X} PREV:01", firmware_.board_id, firmware_.chip, port_ecid()));
  } else if (stage_ == Stage::dfu) {
    if (arrival_ == Arrival::kis) return kis_face();
    f = dfu_face(dfu_string());
  } else {
    const bool tells = !shown.text.empty() && stage_ >= shown.since;
    f = recovery_face(who() + " IBFL:3D" + (tells ? fmt::format(" SRNM:[{}]", shown.text) : ""), nonces);
    f.kept = shown.kept;
  }
  f.strings[0] = nonces;
  return f;
}

std::optional<Octets> MacBoot::control(const UsbSetup& setup, const Octets& data) {
  if (stage_ == Stage::restore || stage_ == Stage::booted || leaves_) return std::nullopt;
  if (stage_ == Stage::dfu || stage_ == Stage::port_dfu) {
    if (stage_ == Stage::dfu && arrival_ == Arrival::kis) return std::nullopt;
    DfuModel& dfu = stage_ == Stage::dfu ? dfu_ : port_;
    auto answer = dfu.control(setup, data);
    for (std::string& why : dfu.wrong) wrong.push_back(std::move(why));
    dfu.wrong.clear();
    return answer;
  }
  if (setup.type == 0x41) sent_ = true;
  if (setup.type == 0x40) {
    if (data.empty() || data.back() != 0) return refuse("a command without its zero"), std::nullopt;
    if (!take(std::string(data.begin(), data.end() - 1), setup.request)) return std::nullopt;
  }
  return recovery_.control(setup, data);
}

std::optional<Octets> MacBoot::bulk(std::uint8_t endpoint, const Octets& data) {
  if (stage_ == Stage::dfu && arrival_ == Arrival::kis && !leaves_) {
    auto answer = kis_.bulk(endpoint, data);
    for (std::string& why : kis_.wrong) wrong.push_back(std::move(why));
    kis_.wrong.clear();
    // Its answer to the word that starts it is fetched first.
    if ((endpoint & 0x80) != 0 && kis_.booted()) leaves_ = accept(kis_.image(), "iBSS");
    return answer;
  }
  if (leaves_ || !sent_) return refuse("bytes that nobody announced"), std::nullopt;
  return recovery_.bulk(endpoint, data);
}

void MacBoot::reset() {
  if (stage_ == Stage::port_dfu && !leaves_ && port_.manifested()) leaves_ = accept_port(port_.image());
  if (stage_ != Stage::dfu || leaves_ || !dfu_.manifested()) return;
  leaves_ = accept(dfu_.image(), "iBSS");
}

void MacBoot::restart() {
  leaves_ = sent_ = recovery_.rebooted = false;
  due_.clear();
  recovery_.variables = recovery_.saved;
  stage_ = recovery_.saved["auto-boot"] == "true" ? Stage::booted : Stage::recovery;
}

void MacBoot::into_dfu() {
  restart();
  dfu_ = DfuModel();
  stage_ = Stage::dfu;
}

void MacBoot::restored() {
  recovery_.saved["auto-boot"] = "true";
  restart();
}

void MacBoot::leave() {
  if (recovery_.rebooted) return restart();
  leaves_ = false;
  if (stage_ == Stage::port_dfu) {
    stage_ = Stage::dfu;
    return;
  }
  if (stage_ == Stage::dfu) {
    stage_ = Stage::ibss;
    due_ = first_recovery(firmware_);
    recovery_.variables["boot-stage"] = "1";
    return;
  }
  if (stage_ == Stage::ibec) {
    stage_ = Stage::restore;
    return;
  }
  stage_ = Stage::ibec;
  due_ = second_recovery(firmware_);
  recovery_.variables["boot-stage"] = "2";
}

bool MacBoot::take(const std::string& line, std::uint8_t request) {
  commands.push_back(line);
  const bool taken = in_its_place(line, request);
  if (!taken) due_.clear();  // it waits to be put back
  return taken;
}

bool MacBoot::in_its_place(const std::string& line, std::uint8_t request) {
  if (line == "setenv auto-boot true") {
    due_ = put_back();
    sent_ = false;  // whoever sent something was ended
  }
  if (due_.empty() || line != due_.front().command)
    return refuse(fmt::format("'{}' where '{}' was due", line, due_.empty() ? "nothing" : due_.front().command));
  if (request != due_.front().request) return refuse(fmt::format("'{}' by request {}", line, request));
  const BootPlace due = due_.front();
  due_.pop_front();
  if (sent_ != !due.image.empty())
    return refuse(fmt::format("'{}' with {} before it", line, sent_ ? "an image" : "no image"));
  sent_ = false;
  if (!due.image.empty() && !accept(recovery_.uploaded, due.image)) return false;
  leaves_ = line == "go" || line == "bootx" || line == "reboot";
  return true;
}

bool MacBoot::refuse(std::string why) {
  wrong.push_back(std::move(why));
  return false;
}

std::uint64_t MacBoot::port_ecid() const { return mac_.ecid ^ 0x11E5000000000000U; }

// The firmware and a ticket for the controller, whose nonce is told in the other order. How an engine joins the two is not
// in our facts; here one comes after the other (unverified).
bool MacBoot::accept_port(const Octets& image) {
  Octets nonce = nonce_of(mac_);
  std::reverse(nonce.begin(), nonce.end());
  Octets due = firmware_.at(port_firmware).payload;
  const Octets own = ticket_for(port_ecid(), nonce, TicketKind::port_controller);
  due.insert(due.end(), own.begin(), own.end());
  return image == due || refuse("another firmware or ticket of the port controller");
}

bool MacBoot::accept(const Octets& image, const std::string& component) {
  std::string why = what_is_wrong(image, component);
  if (!why.empty()) return refuse(std::move(why));
  images.push_back(fmt::format("{} {} {:08x}", component, image.size(), ~crc32_of_trailer(image)));
  return true;
}

std::string MacBoot::what_is_wrong(const Octets& image, const std::string& component) const {
  const Component& c = firmware_.at(component);
  const auto parts = read_img4(image);
  if (!parts) return fmt::format("{}: no personalised image", component);
  if (parts->tag != c.tag) return fmt::format("{}: with tag {}", component, parts->tag);
  if (parts->payload != c.payload) return fmt::format("{}: another payload", component);
  const auto kind = component == "Ap,LocalPolicy" ? TicketKind::local_policy : TicketKind::restore;
  return parts->ticket == ticket(kind) ? "" : fmt::format("{}: another Mac's ticket", component);
}

}  // namespace greenroom::test
