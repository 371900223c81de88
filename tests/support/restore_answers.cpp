// What a model Mac's restore OS takes for the answer to each of its requests.
#include <fmt/format.h>

#include <algorithm>

#include "tests/support/img4.hpp"
#include "tests/support/restore_os.hpp"
#include "tests/support/restore_script.hpp"

namespace greenroom::test {
namespace {

Octets bytes_of_uuid(const std::string& text) {
  std::string digits = text;
  std::erase(digits, '-');
  Octets bytes;
  for (std::size_t at = 0; at < digits.size(); at += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(digits.substr(at, 2), nullptr, 16)));
  return bytes;
}

}  // namespace

std::string RestoreOs::what_is_wrong(const std::string& type, const Plist& arguments, const Plist& answer) const {
  const std::string image = text_in(arguments, "ImageName");
  if (type == "FDRTrustData" || type == "FirmwareUpdaterPreflight")
    return answer.is_object() && answer.empty() ? "" : "more than nothing";
  if (type == "RootTicket") return data_in(answer, "RootTicketData") == ticket_ ? "" : "not this Mac's ticket";
  if (type == "RecoveryOSRootTicketData")
    return data_in(answer, "RootTicketData") == os_ticket_ ? "" : "not this Mac's ticket for its recovery system";
  if (type == "KernelCache" || type == "DeviceTree") return image_is_wrong(data_in(answer, type + "File"), type);
  if (type == "SystemImageRootHash") return image_is_wrong(data_in(answer, type + "File"), "SystemVolume");
  if (type == "SystemImageCanonicalMetadata")
    return image_is_wrong(data_in(answer, type + "File"), "Ap,SystemVolumeCanonicalMetadata");
  if (comes_in_pieces(type)) return file_is_wrong(type, image, data_in(answer, "FileData"));
  if (type == "FUDData" && image.empty())
    return answer == Plist{{"FUDImageList", {"StaticTrustCache"}}} ? "" : "another list";
  if (type == "FUDData")
    return text_in(answer, "ImageName") == image ? image_is_wrong(data_in(answer, "FUDImageData"), image) : "another name";
  if (type == "BuildIdentityDict") {
    const Plist whole{{"BuildIdentityDict", build_identity(firmware_)}, {"Variant", "Erase"}};
    return answer == whole ? "" : "another build";
  }
  if (type == "ReceiptManifest") {
    const Plist whole{{"ReceiptManifest", build_identity(firmware_).at("Manifest")}};
    return answer == whole ? "" : "another manifest";
  }
  if (type == "RecoveryOSLocalPolicy") return policy_is_wrong(data_in(answer, "Ap,LocalPolicy"));
  if (type == "FirmwareUpdaterData") {
    const Plist ticket = answer.value("FirmwareResponseData", Plist::object());
    return data_in(ticket, "Cryptex1,Ticket") == cryptex_ticket(firmware_.chip) ? "" : "another Cryptex1 ticket";
  }
  return flash_is_wrong(answer);  // NORData
}

// The images beside: a list from 1.0.0, a dictionary by name from git builds (both seen).
std::string RestoreOs::flash_is_wrong(const Plist& answer) const {
  const auto others = answer.find("NorImageData");
  if (others == answer.end() || others->size() != 2) return "not two images beside";
  std::string why = image_is_wrong(data_in(answer, "LlbImageData"), "LLB");
  why += image_is_wrong(data_in(answer, "SEPImageData"), "SEP");
  why += image_is_wrong(data_in(answer, "RestoreSEPImageData"), "RestoreSEP");
  if (firmware_.apple_silicon() != others->is_object()) return why + "the images beside in another shape. ";
  for (const char* name : {"iBoot", "DeviceTree"}) {
    const auto is_it = [&](const Plist& one) { return one.is_binary() && image_is_wrong(one.get_binary(), name).empty(); };
    const bool there = others->is_object() ? others->contains(name) && is_it(others->at(name))
                                           : std::any_of(others->begin(), others->end(), is_it);
    if (!there) why += fmt::format("{} is missing. ", name);
  }
  return why;
}

std::string RestoreOs::file_is_wrong(const std::string& type, const std::string& image, const Octets& sent) const {
  const auto same = [&](const Octets& file) { return sent == file ? "" : fmt::format("{} is another file", image); };
  if (image == "__RestoreVersion__") return same(firmware_.files.at("RestoreVersion.plist"));
  if (image == "__SystemVersion__") return same(firmware_.files.at("SystemVersion.plist"));
  if (image == "__GlobalManifest__") return same(firmware_.files.at(global_manifest(firmware_)));
  return type == "SourceBootObjectV4" ? same(firmware_.at(image).file()) : image_is_wrong(sent, image);
}

std::string RestoreOs::policy_is_wrong(const Octets& sent) const {
  const auto image = read_img4(sent);
  if (!image || image->tag != "lpol" || image->payload != firmware_.at("Ap,LocalPolicy").payload) return "no policy";
  const Octets volume = bytes_of_uuid(RecoveryPolicy().volume);
  return image->ticket == ticket_for(mac_.ecid, volume, TicketKind::recovery_os_policy) ? "" : "with another ticket";
}

std::string RestoreOs::image_is_wrong(const Octets& sent, std::string_view component) const {
  const auto image = read_img4(sent);
  const Component& c = firmware_.at(component);
  if (!image || image->tag != c.tag || image->payload != c.payload) return fmt::format("{} is another image. ", component);
  return image->ticket == ticket_ ? "" : fmt::format("{} with another ticket. ", component);
}

}  // namespace greenroom::test
