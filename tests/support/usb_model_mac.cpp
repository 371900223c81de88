#include "tests/support/usb_model_mac.hpp"

#include <fmt/format.h>

namespace greenroom::test {

ModelMac model_mac(unsigned number, bool t2) {
  ModelMac mac;
  mac.ecid = 0x000C60A800000000U + 0x10001U * (number + 1);
  mac.serial = fmt::format("C02GR{:05}", number);
  mac.t2 = t2;
  return mac;
}

std::optional<UsbFace> face_of(const ModelMac& mac, std::string_view mode) {
  const std::string chip =
      mac.t2 ? "CPID:8012 CPRV:10 CPFM:03 SCEP:01 BDID:3F" : "SDOM:01 CPID:8103 CPRV:11 CPFM:03 SCEP:01 BDID:26";
  const std::string who = fmt::format("{} ECID:{:016X}", chip, mac.ecid);
  const std::string udid = fmt::format("{:08X}-{:016X}", mac.t2 ? 0x8012 : 0x8103, mac.ecid);
  if (mode == "dfu")
    return dfu_face(who + (mac.t2 ? " IBFL:3C SRTG:[iBoot-3401.0.0.1.16]" : " IBFL:3C SRTG:[iBoot-7429.61.2]"));
  if (mode == "recovery") return recovery_face(who + " IBFL:3D SRNM:[" + mac.serial + "]", " NONC:8B2D0102 SNON:00FF00FF");
  // The port controller's own chip id and ECID, and the Mac's chip and board within its board id.
  if (mode == "port_dfu")
    return port_dfu_face(fmt::format("CPID:000F BDID:26810300 ECID:{:016X}", mac.ecid ^ 0x11E5000000000000U));
  if (mode == "kis") return kis_face();
  if (mode == "wtf") return wtf_face();
  if (mode == "booted") return booted_face(mac.serial, 0x1905, 0);
  if (mode == "t2_booted") return booted_face(mac.serial, 0x8600, 0);
  if (mode == "restore") return booted_face(udid, mac.t2 ? 0x12a8 : 0x1901, 0);
  return std::nullopt;
}

}  // namespace greenroom::test
