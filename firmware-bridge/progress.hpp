// Reads what idevicerestore prints, line by line, and judges how a run ended. Pure; fuzzed. Two generations are read:
//   git builds (2020 to today), run with `-P --logfile -`: stdout has progress and bare texts, stderr the same texts
//     as `HH:MM:SS.mmm   <Level> text`. Levels and device checkpoints are taken from stderr, progress from stdout.
//   1.0.0 (Debian 12): stdout has progress, bare texts and device messages as XML plists; stderr has `ERROR: ...`.
// Who calls: the engines, for each line as it comes; finish() once, when the process is gone.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware-bridge/restore_engine.hpp"

namespace greenroom {

enum class EngineStream { out, err };

class RestoreLog {
 public:
  RestoreLog(RestoreKind, Ecid);

  // One line without its end. A line may be anything: longer than 4096 bytes it is cut, what is not known is skipped.
  void line(EngineStream, std::string_view);

  [[nodiscard]] const RestoreProgress& progress() const { return progress_; }
  // StartRestore went out, or may have: from here on the Mac may be erased (rules.md, the gate).
  [[nodiscard]] bool past_erase_point() const { return past_erase_point_; }

  // How the run ended. No exit code: it was killed or lost. DONE and exit 0 alone prove no erasure: `erased` rests on
  // the device's own checkpoint, of a job started as an erase.
  [[nodiscard]] RestoreOutcome finish(std::optional<int> exit_code) const;

 private:
  void text(std::string_view, bool is_error);
  void milestone(std::string_view);
  void identity(std::string_view);
  void checkpoint_line(std::string_view);
  void checkpoint(std::uint64_t id, std::string_view name, std::int64_t result, bool failure, std::string words);
  void plist_line(std::string_view);
  void progress_line(std::string_view);
  void reach(RestoreStage);
  void raise(double percent);
  void keep_error(std::string_view);

  struct Plist {  // the plist of 1.0.0 that is being read
    bool open{};
    bool complete{};
    std::string key;
    std::optional<std::uint64_t> id;
    std::optional<std::int64_t> result;
    std::string name;
  };

  RestoreKind kind_;
  Ecid ecid_;
  RestoreProgress progress_;
  std::string serial_;
  Erased erased_{Erased::unconfirmed};
  std::string checkpoint_;
  std::string device_status_;        // "Status: Fail"
  std::string device_failure_;       // a checkpoint that failed
  std::vector<std::string> errors_;  // the first few, in order
  Plist plist_;
  bool stamped_{};  // a stamped line was seen: a git build
  bool past_erase_point_{};
  bool iboot_answered_{};  // in recovery; a Mac in DFU has no iBoot to ask
  bool macos_{};           // "Performing macOS restore"
  bool t2_{};
  bool filesystem_sent_{};
  bool finished_{};  // "Status: Restore Finished"
  bool done_{};
  bool port_dfu_{};   // it began in Port DFU: that ECID is the port controller's, the Mac's own comes later
  bool other_mac_{};  // the engine named another ECID
  bool serial_conflict_{};
};

}  // namespace greenroom
