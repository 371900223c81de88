#include "controller/simulate/wrong_mac/judge.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace greenroom::sim::wrong_mac {

void Judge::on_fact(const Fact& fact) {
  if (const auto* opened = std::get_if<VisitOpened>(&fact.body)) {
    serials_[opened->visit] = opened->serial;
  } else if (const auto* start = std::get_if<EffectStarted>(&fact.body)) {
    if (start->kind == "engine") runs_[start->effect] = Run{start->visit};
  } else if (const auto* permit = std::get_if<GatePermitted>(&fact.body)) {
    Run& run = runs_[permit->engine];
    run.permitted = true;
    run.denied = denied_.contains(serials_[run.visit]);
  } else if (const auto* denial = std::get_if<SerialDenied>(&fact.body)) {
    if (denial->lifted) denied_.erase(denial->serial);
    else denied_.insert(denial->serial);
  } else if (const auto* proof = std::get_if<EvidenceRecorded>(&fact.body)) {
    if (proof->erased == "confirmed") certify(proof->serial, proof->ecid, "evidence");
  } else if (const auto* released = std::get_if<VisitReleased>(&fact.body)) {
    if (released->how == "packed") certify(serials_[released->visit], 0, "packed");
  }
}

void Judge::on_erase(JobId id, MacNo number) {
  const Mac& mac = floor_.macs[number];
  const auto run = runs_.find(static_cast<std::uint64_t>(id));
  std::string wrong;
  if (run == runs_.end() || !run->second.permitted) wrong = "before the durable fact that it may be";
  else if (run->second.denied) wrong = "though it was denied before its permit";
  else if (serials_[run->second.visit] != mac.serial) wrong = "as " + serials_[run->second.visit];
  if (!mac.ours) wrong = "which nobody gave us";
  if (wrong.empty()) return;
  wrong_erasures.push_back(
      fmt::format("Mac {} ({}) was erased by job {} {}", number, mac.serial, static_cast<std::uint64_t>(id), wrong));
  if (floor_.tell) floor_.tell("WRONG ERASURE: " + wrong_erasures.back());
}

// A certificate names a serial, and the ECID where the device said one: is there such a Mac of ours, and is its data gone?
void Judge::certify(const std::string& serial, std::uint64_t ecid, const std::string& what) {
  const bool true_word = std::any_of(floor_.macs.begin(), floor_.macs.end(), [&](const Mac& m) {
    return m.erased && m.serial == serial && (ecid == 0 ? m.ours : m.ecid == ecid);
  });
  if (true_word) return;
  false_certificates.push_back(fmt::format("{} ({:X}): {}, and it is not erased", serial, ecid, what));
  if (floor_.tell) floor_.tell("FALSE CERTIFICATE: " + false_certificates.back());
}

}  // namespace greenroom::sim::wrong_mac
