#include "firmware-bridge/failures.hpp"

#include <algorithm>

namespace greenroom {
namespace {

// The texts are idevicerestore's, seen in runs of an unmodified build (git, February 2026) and of 1.0.0; the order is
// from the particular to the general.
constexpr FailureRow failures[] = {
    {"Unable to discover device mode",
     {"the engine found no Mac with this ECID within 10 s",
      "check the cable and the DFU port, then bring the Mac into DFU again", "technician"}},
    {"unrecognized option",
     {"this engine is too old: it does not know an option that Greenroom needs",
      "use an engine built from the sources of late 2025 or newer", "bench_owner"}},
    {"Unable to discover device type",
     {"this engine does not know this Mac's chip and board", "use an engine with a newer libirecovery", "bench_owner"}},
    {"Could not make sure this firmware is suitable",
     {"the firmware is not for this model", "choose the image that lists this model in the recipe", "recipe_owner"}},
    {"Unable to find a matching build identity",
     {"the firmware has no erase-install identity for this board", "choose another image for this model in the recipe",
      "recipe_owner"}},
    {"Unable to find any build identities",  // 1.0.0's words for the same
     {"the firmware has no erase-install identity for this board", "choose another image for this model in the recipe",
      "recipe_owner"}},
    {"Could not find all required components",
     {"the firmware file lacks a component that this Mac needs", "download the firmware again and check its digest",
      "recipe_owner"}},
    {"cannot be opened",
     {"the firmware file cannot be opened", "check the file's path and download it again", "recipe_owner"}},
    {"zip_open: ",  // all that 1.0.0 says of it
     {"the firmware file cannot be opened", "check the file's path and download it again", "recipe_owner"}},
    {"TSS request failed (status=",
     {"Apple's signing server refused this build for this Mac", "choose a build that is still signed", "recipe_owner"}},
    {"Unable to send TSS request",
     {"no ticket from Apple's signing server: it cannot be reached, or this build is no longer signed",
      "check that gs.apple.com is reachable without interception, then that the build is still signed", "network"}},
    {"Unable to get SHSH blobs",
     {"no ticket from Apple's signing server: it cannot be reached, or this build is no longer signed",
      "check that gs.apple.com is reachable without interception, then that the build is still signed", "network"}},
    {"Possibly invalid iBSS",
     {"the Mac did not come back after the first boot image (iBSS)", "enter DFU again; then try another cable and port",
      "technician"}},
    {"Unable to send iBSS",
     {"the USB link broke while the first boot image was sent", "try another cable and port, then DFU again", "technician"}},
    {"Port DFU failed",
     {"the Mac's port controller did not come back", "use the Mac's own DFU port, then DFU again", "technician"}},
    {"Unable to send iBEC",
     {"the USB link broke while the second boot image was sent", "try another cable and port, then DFU again", "technician"},
     true},
    // In the same words: a Mac that is in DFU again, and a cable that came out (both seen).
    {"Unable to send iBEC",
     {"the second boot image did not reach the Mac: it fell back to DFU, or its cable came out",
      "check the cable and enter DFU again; if it repeats with another cable, the Mac is for repair", "technician"}},
    {"Possibly invalid iBEC",
     {"the Mac did not come back after the second boot image (iBEC)", "enter DFU again; then try another cable and port",
      "technician"}},
    {"most likely image personalization failed",
     {"the Mac refused the restore system and fell back", "use a newer engine for this macOS version, then DFU again",
      "bench_owner"}},
    {"Device did not disconnect",
     {"the Mac took the boot image but did not start it", "force it off, enter DFU again", "technician"}},
    {"Device failed to enter restore mode",
     {"the engine met no Mac in restore mode within 300 s: the erase gate stayed shut, usbmuxd is missing, or another Mac "
      "came",
      "read why the gate stayed shut; if it was open, check usbmuxd; the Mac is not erased", "bench_owner"}},
    {"Unable to place device into restore mode",
     {"the USB link broke while the restore system was sent",
      "try another cable and port, then DFU again; the Mac is not erased", "technician"}},
    {"Unable to send data to ASR",
     {"the USB link gave out while the system image was sent",
      "fewer Macs on this hub, or another cable; then restore again", "bench_owner"}},
    {"Unable to send RootTicket",
     {"Apple's signing server answered, and gave no ticket", "look for a proxy that changes its answers, then restore again",
      "network"}},
    {"Unable to successfully restore device",
     {"the Mac itself reported that the restore failed", "restore once more; if it repeats, the Mac is for repair",
      "repair"}},
    {"Could not read data",
     {"the Mac's restore system went silent or the link broke", "try another cable and port, then restore again",
      "technician"}},
    {"Unable to restore device",
     {"the restore ended early", "restore again with another cable; if it repeats, the Mac is for repair", "technician"}},
    {"Unable to place device into recovery mode",
     {"the engine was ended, or the Mac vanished, before recovery", "enter DFU again; the Mac is not erased", "technician"}},
};

// The device's StatusMsg codes as idevicerestore words them.
constexpr FailureRow statuses[] = {
    {"Disk Failure", {"the Mac reports a disk failure", "send the Mac to repair", "repair"}},
    {"Failed to mount", {"the Mac could not mount its new file systems", "restore once more; then repair", "repair"}},
    {"SEP",
     {"the Mac's Secure Enclave firmware was refused", "use a newer engine or firmware, then restore again", "bench_owner"}},
    {"FDR",
     {"the Mac's factory data could not be fetched", "check the network to gg.apple.com, then restore again", "network"}},
    {"Verification",
     {"the Mac found the sent image damaged", "check the firmware's digest, then restore with another cable",
      "recipe_owner"}},
};

}  // namespace

std::span<const FailureRow> known_failures() { return failures; }
std::span<const FailureRow> known_statuses() { return statuses; }

const FailureWords* explain_failure(std::span<const std::string> errors, bool in_recovery) {
  for (const auto& row : failures) {
    if (row.in_recovery && !in_recovery) continue;
    const bool said = std::any_of(errors.begin(), errors.end(),
                                  [&row](const std::string& e) { return e.find(row.said) != std::string::npos; });
    if (said) return &row.words;
  }
  return nullptr;
}

const FailureWords* explain_status(std::string_view status) {
  for (const auto& row : statuses) {
    if (status.find(row.said) != std::string_view::npos) return &row.words;
  }
  return nullptr;
}

}  // namespace greenroom
