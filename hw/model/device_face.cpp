#include "hw/model/device_face.hpp"

#include <algorithm>
#include <array>

#include "hw/model/faces.hpp"

namespace greenroom::model {
namespace {

constexpr std::array<DeviceForm, 15> forms = {{
    {"baytech-rpc28-nc", Device::rpc28, 20, 2, false, 9600, {}, {}, false, true},
    {"baytech-rpc3-nc", Device::rpc3, 8, 1, false, 9600, {}, {}, false, true},
    {"baytech-mmp", Device::mmp, 24, 1, true, 9600, {}, {}, false, true},
    {"apc-ap79xx", Device::apc_ap79xx, 24, 2, false, 9600, "apc", "apc", true, false, "v3 v2 plus-new plus-old"},
    {"apc-rpdu2", Device::apc_rpdu2, 24, 2, false, 9600, "apc", "apc", true},
    {"servertech-sentry", Device::sentry, 24, 3, true, 9600, "admn", "admn", true},
    {"raritan-px", Device::raritan_px, 24, 1, true, 115200, "admin", "raritan", true},
    {"cyclades-pm", Device::cyclades_pm, 20, 1, false, 9600, "admin", "pm8", true, false, "1.0.9a 1.9.1"},
    {"wti-nps", Device::wti_nps, 16, 0, false, 9600, {}, {}, true, true, "vmr"},
    {"vpcd", Device::vpcd, 16, 0, false, 9600},
    {"waveshare-relay-8", Device::waveshare_8, 8, 0, false, 9600},
    {"waveshare-relay-16", Device::waveshare_16, 16, 0, false, 9600},
    {"eastron-sdm120", Device::sdm120, 0, 1, false, 2400},
    {"eastron-sdm630", Device::sdm630, 0, 3, false, 9600},
    {"waveshare-relay-16-sdm630", Device::waveshare_16_sdm630, 16, 3, false, 9600},
}};

}  // namespace

std::span<const DeviceForm> device_forms() { return forms; }

const DeviceForm& form_of(Device d) {
  return *std::find_if(forms.begin(), forms.end(), [d](const DeviceForm& f) { return f.device == d; });
}

const DeviceForm* form_named(std::string_view id) {
  const auto found = std::find_if(forms.begin(), forms.end(), [id](const DeviceForm& f) { return f.id == id; });
  return found == forms.end() ? nullptr : &*found;
}

std::uint8_t bank_of(Device d, std::size_t outlet, std::size_t outlets) {
  const auto banks = static_cast<std::size_t>(form_of(d).banks);
  return banks < 2 ? std::uint8_t{0} : static_cast<std::uint8_t>(outlet * banks / outlets);
}

std::size_t TextFace::receive(std::string_view bytes, Duration silence, std::string& answer) {
  quiet(silence);
  std::size_t echoed = 0;
  for (const char c : bytes) {
    const std::size_t before = answer.size();
    take(c, answer);
    if (answer.size() == before + 1) ++echoed;
  }
  return echoed;
}

std::unique_ptr<DeviceFace> make_face(DeviceBody& body) {
  switch (body.spec().device) {
    case Device::rpc28:
    case Device::rpc3:
    case Device::mmp: return make_baytech_face(body);
    case Device::apc_ap79xx: return make_apc_menu_face(body);
    case Device::apc_rpdu2: return make_apc_rpdu2_face(body);
    case Device::sentry: return make_sentry_face(body);
    case Device::raritan_px: return make_raritan_face(body);
    case Device::cyclades_pm: return make_cyclades_face(body);
    case Device::wti_nps: return make_wti_face(body);
    case Device::vpcd: return make_vpcd_face(body);
    case Device::waveshare_8:
    case Device::waveshare_16:
    case Device::sdm120:
    case Device::sdm630:
    case Device::waveshare_16_sdm630: return make_modbus_face(body);
  }
  return {};  // every Device has its case; the compiler knows
}

}  // namespace greenroom::model
