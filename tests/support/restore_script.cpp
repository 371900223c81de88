#include "tests/support/restore_script.hpp"

namespace greenroom::test {
namespace {

class Script {
 public:
  Script& asks(const std::string& type, Plist arguments = nullptr) {
    Plist message{{"MsgType", "DataRequestMsg"}, {"DataType", type}};
    if (!arguments.is_null()) message["Arguments"] = std::move(arguments);
    all.push_back(std::move(message));
    return *this;
  }
  Script& asks_for_image(const std::string& type, const char* image) { return asks(type, Plist{{"ImageName", image}}); }
  Script& progress(int operation, std::initializer_list<int> percents) {
    for (const int percent : percents)
      all.push_back({{"MsgType", "ProgressMsg"}, {"Operation", operation}, {"Progress", percent}});
    return *this;
  }
  Script& checkpoint(int id, const char* name, bool complete) {
    all.push_back({{"MsgType", "CheckpointMsg"},
                   {"CHECKPOINT_ID", id},
                   {"CHECKPOINT_NAME", name},
                   {"CHECKPOINT_RESULT", 0},
                   {"CHECKPOINT_COMPLETE", complete}});
    return *this;
  }
  Script& says(const char* kind) {
    all.push_back({{"MsgType", kind}});
    return *this;
  }
  Script& begins() { return checkpoint(0x600, "start_restore", false).progress(28, {0}); }  // waiting for NAND
  Script& erases() { return checkpoint(0x61f, "format_effaceable_storage", true); }
  Script& flashes() {
    const Plist first_version{{"FlashVersion1", true}}, list{{"FUDImageList", true}};
    return progress(27, {0}).asks("NORData", first_version).progress(18, {50, 100}).asks("FUDData", list);
  }
  Script& ends() {  // unmounted
    progress(29, {0}).checkpoint(0x6ff, "finish", true);
    all.push_back({{"MsgType", "StatusMsg"}, {"Status", 0}});
    return *this;
  }
  std::vector<Plist> all;
};

std::vector<Plist> t2() {
  Script s;
  s.begins().asks("FDRTrustData").progress(11, {50}).progress(12, {0}).asks("RootTicket").erases();
  s.asks("SystemImageData").progress(14, {10, 50, 100}).asks("KernelCache").flashes().progress(36, {100});
  return s.ends().all;
}

std::vector<Plist> apple_silicon() {
  Script s;
  const Plist erase{{"Variant", "Erase"}}, nothing = Plist::object();
  s.begins().progress(44, {0}).asks("FDRTrustData").asks("BuildIdentityDict", erase);
  s.progress(11, {0, 50}).progress(12, {0}).erases();
  for (const char* image : {"__RestoreVersion__", "__SystemVersion__", "__GlobalManifest__", "RestoreTrustCache"})
    s.asks_for_image("PersonalizedBootObjectV3", image);
  for (const char* image : {"__RestoreVersion__", "BaseSystem"}) s.asks_for_image("SourceBootObjectV4", image);
  s.asks("RootTicket").asks("RecoveryOSRootTicketData").asks("SystemImageData").progress(14, {10, 50, 100});
  s.asks("SystemImageRootHash").asks("SystemImageCanonicalMetadata").progress(16, {0}).progress(67, {0});
  s.asks("KernelCache").asks("DeviceTree").flashes().asks_for_image("FUDData", "StaticTrustCache").progress(36, {100});
  const RecoveryPolicy policy;
  s.asks("RecoveryOSLocalPolicy", Plist{{"Ap,NextStageIM4MHash", plist_data(policy.next_stage)},
                                        {"Ap,RecoveryOSPolicyNonceHash", plist_data(policy.nonce)},
                                        {"Ap,VolumeUUID", policy.volume}});
  s.asks("FirmwareUpdaterPreflight", nothing).asks("ReceiptManifest", nothing);
  const Plist tags{{"ResponseTags", {"Cryptex1,Ticket"}}, {"BuildIdentityTags", Plist::array()}};
  s.asks("FirmwareUpdaterData", Plist{{"MessageArgType", "FirmwareResponseData"},
                                      {"MessageArgUpdaterName", "Cryptex1LocalPolicy"},
                                      {"MessageArgInfo", nothing},
                                      {"DeviceGeneratedTags", tags},
                                      {"DeviceGeneratedRequest", {{"@Cryptex1,Ticket", true}, {"Cryptex1,ChipID", 1}}}});
  return s.says("RestoreAttestation").progress(51, {0}).ends().all;
}

}  // namespace

std::vector<Plist> restore_script(const ModelFirmware& f) { return f.apple_silicon() ? apple_silicon() : t2(); }

bool comes_in_pieces(const std::string& type) { return type == "PersonalizedBootObjectV3" || type == "SourceBootObjectV4"; }

}  // namespace greenroom::test
