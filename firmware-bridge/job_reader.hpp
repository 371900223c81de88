// What an engine has written so far, as a run: its two output files followed line by line, and what they come to. Who calls:
// ProcessEngine, from the loop; each call reads at most a block of each file, so that a long log is read between other work.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "firmware-bridge/engine_watchdog.hpp"
#include "firmware-bridge/job_files.hpp"
#include "firmware-bridge/progress.hpp"

namespace greenroom {

class JobReader {
 public:
  JobReader(const std::string& directory, const RestoreJob&, TimePoint now);

  // True when there may be more.
  Result<bool> read_on(TimePoint now);
  // The last lines, if they were never ended.
  void finish();
  [[nodiscard]] const RestoreProgress& progress() const { return log_.progress(); }
  [[nodiscard]] EngineVerdict judge(TimePoint now) const { return greenroom::judge(signs_, now); }
  // With how the engine ended, where anybody knows, and why the watchdog did it, if it did.
  [[nodiscard]] RestoreOutcome conclude(const JobRecord&, const std::optional<ExitRecord>&,
                                        const std::string& ended_for) const;

 private:
  struct Tail {
    std::string path;
    EngineStream stream;
    Fd file;
    std::string line;  // what has come of the one that is not ended yet
  };
  Result<bool> read_on(Tail&);

  RestoreLog log_;
  std::array<Tail, 2> tails_;
  EngineSigns signs_;
};

}  // namespace greenroom
