#include "tests/support/engine/signing.hpp"

#include <openssl/sha.h>

#include <algorithm>

#include "tests/support/engine/tss.hpp"

namespace greenroom::test::engine {
namespace {

Octets sha384(const Octets& bytes) {
  Octets sum(SHA384_DIGEST_LENGTH);
  SHA384(bytes.data(), bytes.size(), sum.data());
  return sum;
}

Octets bytes_of_uuid(std::string text) {
  std::erase(text, '-');
  Octets bytes;
  for (std::size_t at = 0; at + 1 < text.size(); at += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(text.substr(at, 2), nullptr, 16)));
  return bytes;
}

}  // namespace

Plist Signing::of_chip() const {
  const auto number = [this](const char* key) { return std::stoull(text_in(images_.identity(), key), nullptr, 0); };
  return {{"ApChipID", number("ApChipID")},
          {"ApBoardID", number("ApBoardID")},
          {"ApProductionMode", true},
          {"ApSecurityMode", true}};
}

Plist Signing::of_mac() const {
  Plist request = of_chip();
  request["ApECID"] = ecid_;
  request["ApSecurityDomain"] = 1;
  request["@ApImg4Ticket"] = true;
  return request;
}

void Signing::add_component(Plist& request, const std::string& name) const {
  const Plist& parts = images_.identity().at("Manifest");
  if (parts.contains(name)) request[name] = {{"Digest", parts.at(name).at("Digest")}};
}

Octets Signing::ask(const Plist& request, const std::string& name) {
  const auto reply = ask_tss(server_, request);
  if (!reply) {
    talk_.info("ERROR: Unable to send TSS request");  // at this level, too, in git builds (seen)
    talk_.fail({"Unable to get SHSH blobs for this device"});
  }
  talk_.info("Received SHSH blobs");
  return data_in(*reply, name);
}

Octets Signing::for_port(std::uint64_t port_ecid, const Octets& nonce) {
  const Plist request{{"@USBPortController1,Ticket", true},
                      {"USBPortController1,ECID", port_ecid},
                      {"USBPortController1,Nonce", plist_data(nonce)}};
  return ask(request, "USBPortController1,Ticket");
}

Tickets Signing::for_restore(std::uint64_t ecid, const Octets& ap_nonce, const Octets& sep_nonce) {
  ecid_ = ecid;
  Plist common = of_mac();
  common["ApNonce"] = plist_data(ap_nonce);
  Plist whole = common;
  whole["SepNonce"] = plist_data(sep_nonce);
  whole["UniqueBuildID"] = images_.identity().at("UniqueBuildID");
  Plist recovery = whole;
  for (const auto& [name, part] : images_.identity().at("Manifest").items()) {
    if (part.value("Trusted", false) && name != "BaseSystem") add_component(whole, name);
  }
  for (const char* name : {"Ap,SystemVolumeCanonicalMetadata", "DeviceTree", "KernelCache", "OS", "RestoreTrustCache",
                           "StaticTrustCache", "SystemVolume", "iBoot"})
    add_component(recovery, name);
  Tickets tickets;
  tickets.restore = ask(whole);
  Plist policy = common;
  policy["Ap,LocalPolicy"] = {{"Digest", plist_data(sha384(Images::bare_policy()))}};
  policy["Ap,NextStageIM4MHash"] = plist_data(sha384(tickets.restore));
  policy["Ap,LocalBoot"] = false;
  tickets.local_policy = ask(policy);
  tickets.recovery_os = ask(recovery);
  tickets.restore = images_.as_told("ticket", std::move(tickets.restore));
  return tickets;
}

Octets Signing::for_recovery_policy(const Plist& named_by_mac) {
  Plist request = of_mac();
  for (const char* key : {"Ap,NextStageIM4MHash", "Ap,RecoveryOSPolicyNonceHash"}) request[key] = named_by_mac.at(key);
  request["Ap,VolumeUUID"] = plist_data(bytes_of_uuid(text_in(named_by_mac, "Ap,VolumeUUID")));
  request["Ap,LocalPolicy"] = {{"Digest", plist_data(sha384(Images::bare_policy()))}};
  request["Ap,LocalBoot"] = true;
  return ask(request);
}

Octets Signing::for_updater(const Plist& named_by_mac) {
  Plist request = of_chip();
  request.update(named_by_mac.at("DeviceGeneratedRequest"));
  return ask(request, "Cryptex1,Ticket");
}

}  // namespace greenroom::test::engine
