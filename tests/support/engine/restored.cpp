#include "tests/support/engine/restored.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <map>

namespace greenroom::test::engine {
namespace {

constexpr std::uint16_t restored_port = 62078, asr_port = 12345;

std::optional<Plist> ask(const Socket& socket, Plist request) {
  request["Label"] = "idevicerestore";
  say(socket, request);
  return hear(socket);
}

// The words that git builds have for the operations of a Mac (seen).
const std::map<std::uint64_t, const char*> operations{
    {28, "Waiting for NAND"},       {44, "Checking for uncollected logs"},
    {11, "Creating partition map"}, {12, "Creating filesystem"},
    {13, "Restoring image"},        {14, "Verifying restore"},
    {16, "Mounting filesystems"},   {67, "Creating Protected Volume"},
    {27, "Installing kernelcache"}, {18, "Flashing firmware"},
    {36, "Requesting FUD data"},    {51, "Updating IR MCU firmware"},
    {29, "Unmounting filesystems"},
};
const std::map<std::uint64_t, unsigned> steps{{13, 2}, {14, 3}, {18, 4}, {36, 6}};

}  // namespace

std::uint64_t Restored::ecid() const {
  const Socket probe = connect_port(device_, restored_port);
  if (!probe) return 0;
  const auto type = ask(probe, {{"Request", "QueryType"}});
  if (!type || text_in(*type, "Type") != "com.apple.mobile.restored") return 0;
  const auto told = ask(probe, {{"Request", "QueryValue"}, {"QueryKey", "HardwareInfo"}});
  ask(probe, {{"Request", "Goodbye"}});
  return told ? told->value(Plist::json_pointer("/HardwareInfo/UniqueChipID"), std::uint64_t{0}) : 0;
}

void Restored::restore() {
  talk_.info("Connecting now...");
  restored_ = connect_port(device_, restored_port);
  const auto type = restored_ ? ask(restored_, {{"Request", "QueryType"}}) : std::nullopt;
  if (!type) talk_.fail({"Unable to open device in restore mode", "Unable to restore device"});
  talk_.info(fmt::format("Connected to {}, version {}", text_in(*type, "Type"), type->value("RestoreProtocolVersion", 0)));
  talk_.progress(1, 1.0);
  const Plist options{{"SystemImage", true}, {"ShouldRestoreSystemImage", true}};
  say(restored_, {{"Label", "idevicerestore"}, {"Request", "StartRestore"}, {"RestoreOptions", options}});
  for (;;) {
    const auto message = hear(restored_);
    if (!message) talk_.fail({"Could not read data (-256). Aborting.", "Unable to restore device"});
    const std::string kind = text_in(*message, "MsgType");
    if (kind == "ProgressMsg") take_progress(*message);
    if (kind == "CheckpointMsg") take_checkpoint(*message);
    if (kind == "DataRequestMsg") answer(*message);
    if (kind == "RestoreAttestation") say(restored_, {{"RestoreShouldAttest", false}});
    if (kind == "StatusMsg" && take_status(*message)) break;
  }
  say(restored_, {{"MsgType", "ReceivedFinalStatusMsg"}});
  ask(restored_, {{"Request", "Goodbye"}});
}

void Restored::take_progress(const Plist& message) {
  const auto operation = message.at("Operation").get<std::uint64_t>();
  if (std::exchange(last_operation_, operation) != operation && operations.contains(operation))
    talk_.info(fmt::format("{} ({})", operations.at(operation), operation));
  if (steps.contains(operation)) talk_.progress(steps.at(operation), message.value("Progress", 0) / 100.0);
}

void Restored::take_checkpoint(const Plist& message) {
  const std::string which =
      fmt::format("id: 0x{:X} ({})", message.value("CHECKPOINT_ID", 0), text_in(message, "CHECKPOINT_NAME"));
  if (!message.value("CHECKPOINT_COMPLETE", false)) talk_.verbose("Checkpoint started   " + which);
  else talk_.verbose(fmt::format("Checkpoint completed {} result={}", which, message.value("CHECKPOINT_RESULT", 0)));
}

// A status other than 0 does not end it by itself (engine.md 10).
bool Restored::take_status(const Plist& message) {
  talk_.info("Got status message");
  const bool well = message.value("Status", 1) == 0;
  if (well) talk_.info("Status: Restore Finished");
  else talk_.error("Unable to successfully restore device");
  return well;
}

void Restored::answer(const Plist& request) {
  const std::string type = text_in(request, "DataType");
  if (type == "SystemImageData") return send_image();
  const Plist arguments = request.value("Arguments", Plist::object());
  const auto number = request.value("DataPort", std::uint16_t{0});
  talk_.info(fmt::format("About to send {}...", type));
  talk_.info(fmt::format("Connecting to {} data port {}", type, number));
  const Socket port = connect_port(device_, number);
  if (!port) talk_.fail({fmt::format("Unable to connect to {} data port", type), "Unable to restore device"});
  talk_.info(fmt::format("Sending {} now...", type));
  const std::string image = text_in(arguments, "ImageName");
  if (type == "PersonalizedBootObjectV3" || type == "SourceBootObjectV4") send_file(port, type, image);
  else say(port, answer_to(type, arguments));
  talk_.info("Done sending " + type);
}

Plist Restored::answer_to(const std::string& type, const Plist& arguments) {
  const auto image = [this](const std::string& key, const std::string& component) {
    return Plist{{key, plist_data(images_.personalised(component))}};
  };
  if (type == "BuildIdentityDict") return {{type, images_.identity()}, {"Variant", text_in(arguments, "Variant")}};
  if (type == "RootTicket") return {{"RootTicketData", plist_data(images_.as_told(type, images_.tickets.restore))}};
  if (type == "RecoveryOSRootTicketData")
    return {{"RootTicketData", plist_data(images_.as_told(type, images_.tickets.recovery_os))}};
  if (type == "SystemImageRootHash") return image(type + "File", "SystemVolume");
  if (type == "SystemImageCanonicalMetadata") return image(type + "File", "Ap,SystemVolumeCanonicalMetadata");
  if (type == "KernelCache" || type == "DeviceTree") return image(type + "File", type);
  if (type == "NORData") return flash();
  if (type == "FUDData" && arguments.value("FUDImageList", false)) {
    Plist names = Plist::array();
    for (const auto& [name, part] : images_.identity().at("Manifest").items()) {
      if (part.at("Info").value("IsFUDFirmware", false)) names.push_back(name);
    }
    return {{"FUDImageList", names}};
  }
  if (type == "FUDData") {
    Plist one = image("FUDImageData", text_in(arguments, "ImageName"));
    one["ImageName"] = text_in(arguments, "ImageName");
    return one;
  }
  if (type == "RecoveryOSLocalPolicy")
    return {{"Ap,LocalPolicy", plist_data(images_.policy(signing_.for_recovery_policy(arguments)))}};
  if (type == "ReceiptManifest") return {{type, images_.identity().at("Manifest")}};
  if (type == "FirmwareUpdaterData")
    return {{"FirmwareResponseData", {{"Cryptex1,Ticket", plist_data(signing_.for_updater(arguments))}}}};
  return Plist::object();  // FDRTrustData, FirmwareUpdaterPreflight
}

Plist Restored::flash() const {
  Plist all = Plist::object(), others = Plist::object();
  for (const auto& [name, part] : images_.identity().at("Manifest").items()) {
    if (!part.at("Info").value("IsFirmwarePayload", false)) continue;
    (name == "LLB" ? all["LlbImageData"] : others[name]) = plist_data(images_.personalised(name));
  }
  all["NorImageData"] = others;
  all["RestoreSEPImageData"] = plist_data(images_.personalised("RestoreSEP"));
  all["SEPImageData"] = plist_data(images_.personalised("SEP"));
  return all;
}

void Restored::send_file(const Socket& port, const std::string& type, const std::string& image) {
  const Plist& info = images_.identity().at("Info");
  Octets bytes;
  if (image == "__RestoreVersion__") bytes = images_.file("RestoreVersion.plist");
  else if (image == "__SystemVersion__") bytes = images_.file("SystemVersion.plist");
  else if (image == "__GlobalManifest__")
    bytes = images_.file(fmt::format("Firmware/Manifests/restore/{}/apticket.{}.im4m", text_in(info, "MacOSVariant"),
                                     text_in(info, "DeviceClass")));
  else bytes = type == "SourceBootObjectV4" ? images_.plain(image) : images_.personalised(image);
  constexpr std::size_t piece = 8192;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    const auto size = static_cast<std::ptrdiff_t>(std::min(piece, bytes.size() - at));
    say(port, {{"FileData", plist_data({from, from + size})}});
  }
  say(port, {{"FileDataDone", true}});
}

void Restored::send_image() {
  talk_.info("About to send filesystem...");
  talk_.verbose(fmt::format("Connecting to ASR on port {}", asr_port));
  const Socket asr = connect_port(device_, asr_port);
  const Octets image = images_.plain("OS");
  constexpr std::size_t chunk = 0x20000;
  const auto first = asr.take_bare();
  if (!first) talk_.fail({"Unable to connect to ASR", "Unable to restore device"});
  talk_.info("Connected to ASR");
  talk_.info("Validating the filesystem");
  const Plist about{{"Checksum Chunk Size", chunk},
                    {"FEC Slice Stride", 40},
                    {"Packet Payload Size", 1450},
                    {"Packets Per FEC", 25},
                    {"Stream ID", 1},
                    {"Version", 1},
                    {"Payload", {{"Port", 1}, {"Size", image.size()}}}};
  asr.put(print_plist(about));
  for (;;) {
    const auto wanted = asr.take_bare();
    if (!wanted) talk_.fail({"Unable to validate the filesystem", "Unable to restore device"});
    if (text_in(*wanted, "Command") == "Payload") break;
    const auto from = image.begin() + wanted->at("OOB Offset").get<std::ptrdiff_t>();
    asr.put({from, from + wanted->at("OOB Length").get<std::ptrdiff_t>()});
  }
  talk_.info("Filesystem validated");
  talk_.info("Sending filesystem now...");
  for (std::size_t at = 0; at < image.size(); at += chunk) {
    const std::size_t size = std::min(chunk, image.size() - at);
    std::string bytes(image.begin() + static_cast<std::ptrdiff_t>(at),
                      image.begin() + static_cast<std::ptrdiff_t>(at + size));
    if (first->value("Checksum Chunks", false)) {
      unsigned char sum[SHA_DIGEST_LENGTH];
      SHA1(image.data() + at, size, sum);
      bytes.append(sum, sum + sizeof sum);
    }
    if (!asr.put(bytes))
      talk_.fail(
          {fmt::format("Unable to send data to ASR. Sent {} of {} bytes.", at, image.size()), "Unable to restore device"});
    talk_.progress(2, static_cast<double>(at + size) / static_cast<double>(image.size()));
  }
  talk_.info("Done sending filesystem");
}

}  // namespace greenroom::test::engine
