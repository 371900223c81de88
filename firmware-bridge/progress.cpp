#include "firmware-bridge/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "firmware-bridge/failures.hpp"

namespace greenroom {
namespace {

constexpr std::size_t longest_line = 4096;
constexpr std::size_t most_errors = 16;
constexpr std::uint64_t erase_checkpoint = 0x61F;  // format_effaceable_storage: the keys of the old data are gone
constexpr std::string_view erase_name = "format_effaceable_storage";

// Takes `prefix` off the front; false leaves the text alone.
bool eat(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

template <class T, class... How>
std::optional<T> eat_number(std::string_view& text, How... base) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base...);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

template <class T>
std::optional<T> whole_number(std::string_view text) {
  const auto value = eat_number<T>(text);
  return text.empty() ? value : std::nullopt;
}

bool digit(char c) { return c >= '0' && c <= '9'; }

struct Stamped {
  std::string_view level, text;
};

// "22:46:07.446 <Verbose> text": the time, blanks, a level in angle brackets, one blank.
std::optional<Stamped> read_stamp(std::string_view line) {
  static constexpr std::string_view shape = "00:00:00.000 ";
  if (line.size() < shape.size()) return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == '0' ? !digit(line[i]) : line[i] != shape[i]) return std::nullopt;
  }
  line.remove_prefix(shape.size());
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  const std::size_t end = line.find("> ");
  if (line.empty() || line.front() != '<' || end == std::string_view::npos || end > 8) return std::nullopt;
  return Stamped{line.substr(1, end - 1), line.substr(end + 2)};
}

// Where each of the engine's steps lies in the whole run, in percent; by the shares of a real M1 restore (sending the
// file system 4 min, images 3.4 min, installing 2.5 min of about 11). Step 7 repeats for each image and says nothing
// about the whole; step 5 is for phones.
struct Share {
  double from, width;
};
constexpr Share shares[] = {{0, 2}, {2, 10}, {12, 43}, {55, 15}, {85, 10}, {0, 0}, {95, 3}, {0, 0}};

struct Milestone {
  std::string_view text;
  RestoreStage stage;
};
constexpr Milestone milestones[] = {
    {"Checking IPSW for required components", RestoreStage::prepare},
    {"Trying to fetch new SHSH blob", RestoreStage::prepare},
    {"Sending iBSS (", RestoreStage::boot_images},
    {"INFO: device serial number is ", RestoreStage::recovery},
    {"Recovery Mode Environment:", RestoreStage::recovery},
    {"Waiting for device to enter restore mode", RestoreStage::waiting_for_restore_mode},
    {"About to restore device", RestoreStage::restoring},
    {"Verifying restore (14)", RestoreStage::verifying},
    {"Flashing firmware (18)", RestoreStage::finishing},
    {"Unmounting filesystems (29)", RestoreStage::finishing},
    {"Status: Restore Finished", RestoreStage::finishing},
};

}  // namespace

std::string_view to_string(RestoreStage stage) {
  switch (stage) {
    case RestoreStage::detect: return "detect";
    case RestoreStage::prepare: return "prepare";
    case RestoreStage::boot_images: return "boot_images";
    case RestoreStage::recovery: return "recovery";
    case RestoreStage::waiting_for_restore_mode: return "waiting_for_restore_mode";
    case RestoreStage::restoring: return "restoring";
    case RestoreStage::verifying: return "verifying";
    case RestoreStage::finishing: return "finishing";
    case RestoreStage::done: return "done";
  }
  return "unknown";
}

RestoreLog::RestoreLog(RestoreKind kind, Ecid ecid) : kind_(kind), ecid_(ecid) {}

void RestoreLog::line(EngineStream stream, std::string_view line) {
  line = line.substr(0, longest_line);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (stream == EngineStream::err) {
    if (const auto stamp = read_stamp(line)) {
      stamped_ = true;
      if (stamp->level == "Verbose") return checkpoint_line(stamp->text);
      return text(stamp->text, stamp->level == "Error");
    }
    // Unstamped: a continuation (a device's own log may say anything, and is no evidence), or an error of 1.0.0 or of
    // the ticket library, which write past the logger.
    // Before it has a logger, getopt speaks: an engine that does not know an option.
    if (line.substr(0, 7) == "ERROR: ") keep_error(line.substr(7));
    else if (!stamped_ && line.find(": unrecognized option '") != std::string_view::npos) keep_error(line);
    return;
  }
  if (line.substr(0, 10) == "progress: ") return progress_line(line.substr(10));
  if (!stamped_ && (plist_.open || line.find("bytes plist:") != std::string_view::npos)) return plist_line(line);
  text(line, false);
}

void RestoreLog::text(std::string_view text, bool is_error) {
  // "<Info> ERROR: Unable to send TSS request" is an error that git builds log at the wrong level.
  std::string_view words = text;
  const bool said_error = eat(words, "ERROR: ");
  if (is_error || said_error) keep_error(words);
  milestone(text);
  identity(text);
}

void RestoreLog::milestone(std::string_view text) {
  for (const auto& mark : milestones) {
    if (text.substr(0, mark.text.size()) == mark.text) reach(mark.stage);
  }
  if (text.substr(0, 23) == "About to restore device") past_erase_point_ = true;
  if (text.starts_with("iBoot boot-stage=")) iboot_answered_ = true;
  if (text == "Performing macOS restore") macos_ = true;
  if (text == "Done sending filesystem") filesystem_sent_ = true;
  if (text == "Status: Restore Finished") finished_ = true;
  else if (text.substr(0, 8) == "Status: ") device_status_ = std::string(text.substr(0, 200));
  if (text == "DONE") {
    done_ = true;
    reach(RestoreStage::done);
    raise(100);
  }
}

void RestoreLog::identity(std::string_view text) {
  std::string_view rest = text;
  if (eat(rest, "INFO: device serial number is ")) {
    const auto serial = SerialNumber::parse(rest);
    if (!serial) return;
    if (!serial_.empty() && serial_ != serial->text()) serial_conflict_ = true;
    serial_ = serial->text();
  } else if (eat(rest, "ECID: ") || eat(rest, "Found ECID ") || eat(rest, "UniqueChipID: ")) {
    const auto ecid = whole_number<std::uint64_t>(rest);
    if (!ecid || Ecid{*ecid} == ecid_) return;
    if (std::exchange(port_dfu_, false)) ecid_ = Ecid{*ecid};
    else other_mac_ = true;
  } else if (text == "Found device in Port DFU mode") {
    port_dfu_ = true;
  } else if (eat(rest, "Identified device as ")) {
    t2_ = rest.find("iBridge") != std::string_view::npos;
  }
}

// "Checkpoint completed id: 0x61F (format_effaceable_storage) result=0". Started ones have more blanks and no result.
void RestoreLog::checkpoint_line(std::string_view text) {
  std::string_view rest = text;
  if (!eat(rest, "Checkpoint ")) return;
  const bool failure = eat(rest, "FAILURE ");
  if (!failure && !eat(rest, "completed ")) return;
  if (!eat(rest, "id: 0x")) return;
  const auto id = eat_number<std::uint64_t>(rest, 16);
  if (!id || !eat(rest, " (")) return;
  const std::size_t end = rest.find(')');
  if (end == std::string_view::npos) return;
  const std::string_view name = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  std::int64_t result = -1;
  if (!failure) {
    if (!eat(rest, " result=")) return;
    const auto value = whole_number<std::int64_t>(rest);
    if (!value) return;
    result = *value;
  }
  checkpoint(*id, name, result, failure, std::string(text.substr(0, 200)));
}

void RestoreLog::checkpoint(std::uint64_t id, std::string_view name, std::int64_t result, bool failure, std::string words) {
  const bool failed = failure || result != 0;
  if (failed && device_failure_.empty()) device_failure_ = words;
  if (id != erase_checkpoint || name != erase_name || kind_ == RestoreKind::revive) return;
  // The device's latest word counts: it may try again.
  erased_ = failed ? Erased::failed : Erased::confirmed;
  checkpoint_ = std::move(words);
}

// 1.0.0 prints the device's CheckpointMsg as an XML plist, one key or value a line.
void RestoreLog::plist_line(std::string_view line) {
  if (!plist_.open) {
    plist_ = Plist{};
    plist_.open = true;
    return;
  }
  while (!line.empty() && (line.front() == '\t' || line.front() == ' ')) line.remove_prefix(1);
  const auto between = [&line](std::string_view open, std::string_view close) -> std::optional<std::string_view> {
    if (line.size() < open.size() + close.size() || line.substr(0, open.size()) != open) return std::nullopt;
    if (line.substr(line.size() - close.size()) != close) return std::nullopt;
    return line.substr(open.size(), line.size() - open.size() - close.size());
  };
  if (const auto key = between("<key>", "</key>")) {
    plist_.key = std::string(*key);
  } else if (const auto number = between("<integer>", "</integer>")) {
    if (plist_.key == "CHECKPOINT_ID") plist_.id = whole_number<std::uint64_t>(*number);
    if (plist_.key == "CHECKPOINT_RESULT") plist_.result = whole_number<std::int64_t>(*number);
  } else if (const auto name = between("<string>", "</string>")) {
    if (plist_.key == "CHECKPOINT_NAME") plist_.name = std::string(name->substr(0, 64));
  } else if (line == "<true/>") {
    if (plist_.key == "CHECKPOINT_COMPLETE") plist_.complete = true;
  } else if (line.substr(0, 8) == "</plist>") {
    const Plist read = std::exchange(plist_, Plist{});
    if (!read.id || !read.complete || !read.result) return;
    auto words = fmt::format("CHECKPOINT_ID {} ({}) result {}", *read.id, read.name, *read.result);
    checkpoint(*read.id, read.name, *read.result, false, std::move(words));
  }
}

void RestoreLog::progress_line(std::string_view text) {
  const auto step = eat_number<unsigned>(text);
  if (!step || *step >= std::size(shares) || !eat(text, " ")) return;
  const auto fraction = eat_number<double>(text);
  if (!fraction || !text.empty() || !std::isfinite(*fraction)) return;
  if (*step == 1) {
    reach(RestoreStage::prepare);
    if (*fraction >= 1.0) past_erase_point_ = true;  // printed right before StartRestore
  }
  raise(shares[*step].from + shares[*step].width * std::clamp(*fraction, 0.0, 1.0));
}

void RestoreLog::reach(RestoreStage stage) { progress_.stage = std::max(progress_.stage, stage); }

void RestoreLog::raise(double percent) {
  const int whole = static_cast<int>(percent);
  progress_.percent = std::max(progress_.percent, done_ ? whole : std::min(whole, 99));
}

void RestoreLog::keep_error(std::string_view words) {
  if (errors_.size() < most_errors) errors_.emplace_back(words.substr(0, 300));
}

RestoreOutcome RestoreLog::finish(std::optional<int> exit_code) const {
  RestoreOutcome outcome;
  outcome.evidence.ecid = ecid_;
  outcome.evidence.serial = serial_;
  outcome.evidence.erased = erased_;
  outcome.evidence.checkpoint = checkpoint_;
  outcome.completed = done_ && exit_code == 0;
  const auto blame = [&outcome](std::string cause, std::string_view remedy, std::string_view owner) {
    outcome.completed = false;
    outcome.cause = std::move(cause);
    outcome.remedy = std::string(remedy);
    outcome.owner = std::string(owner);
  };
  if (other_mac_ || serial_conflict_) {
    // What was said in this run may be another Mac's: it is evidence of nothing.
    outcome.evidence.erased = Erased::unconfirmed;
    outcome.evidence.checkpoint.clear();
    blame("the engine worked on another Mac than the one it was started for", "stop; look at both Macs before anything else",
          "bench_owner");
    return outcome;
  }
  if (outcome.completed) {
    const bool installed = finished_ && filesystem_sent_ && kind_ != RestoreKind::erase_only;
    if (installed && macos_) outcome.evidence.os = OsState::installed;
    // A T2 restore installs bridgeOS and leaves no macOS; an erase without an install leaves none either.
    else if (erased_ == Erased::confirmed && (t2_ || kind_ == RestoreKind::erase_only)) outcome.evidence.os = OsState::none;
    return outcome;
  }
  if (erased_ == Erased::confirmed) outcome.evidence.os = OsState::none;  // erased, and nothing whole installed since
  const FailureWords* words = device_status_.empty() ? nullptr : explain_status(device_status_);
  if (words == nullptr) words = explain_failure(errors_, iboot_answered_);
  if (words != nullptr) {
    std::string cause(words->cause);
    if (!device_failure_.empty()) cause += fmt::format(" ({})", device_failure_);
    else if (!device_status_.empty()) cause += fmt::format(" ({})", device_status_);
    blame(std::move(cause), words->remedy, words->owner);
  } else if (!exit_code) {
    blame(fmt::format("the engine was ended at stage {}", to_string(progress_.stage)),
          past_erase_point_ ? "restore again: the Mac may be half erased" : "start again from DFU; the Mac is not erased",
          "technician");
  } else {
    blame(errors_.empty() ? fmt::format("the engine ended with status {} and no word that is known", *exit_code)
                          : fmt::format("the engine ended with status {}: {}", *exit_code, errors_.front()),
          "look at the engine's log, then restore again", "bench_owner");
  }
  return outcome;
}

}  // namespace greenroom
