// A short program that somebody else wrote, run to its end: no shell, no descriptor of ours, in a process group of its own,
// bounded in its time and in what is kept of its words. Who calls: DFU entry.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <string>
#include <vector>

#include "hw/async/clock.hpp"

namespace greenroom {

struct ProgramEnd {
  ProgramEnd(int s, std::string o) : status(s), output(std::move(o)) {}
  int status;          // as waitpid() tells it
  std::string output;  // stdout and stderr, the first 4096 bytes
};

// words[0] is looked for on PATH. Errc::bad_config when it cannot be started; Errc::timeout when it was ended at the
// deadline, with all that it had started; Errc::cancelled likewise.
Task<ProgramEnd> run_program(asio::any_io_executor, Clock&, std::vector<std::string> words, TimePoint deadline);

}  // namespace greenroom
