// A short program that somebody else wrote, run to its end: no shell, no descriptor of ours, in a process group of its own,
// bounded in its time and in what is kept of its words. Who calls: DFU entry; ProcessEngine its gates.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <string>
#include <vector>

#include "hw/async/clock.hpp"

namespace greenroom {

// A child with a fresh signal state and no descriptor of ours but `output`, which takes its stdout and stderr; no shell.
// words[0] is looked for on PATH. In a group of its own, or in ours. The pid, or why not as an errno.
tl::expected<int, int> spawn_program(std::vector<std::string> words, std::vector<std::string> environment, int output,
                                     bool own_group);
// Our own environment with `added` ("NAME=value") over it.
std::vector<std::string> environment_with(const std::vector<std::string>& added);

struct ProgramEnd {
  ProgramEnd(int s, std::string o) : status(s), output(std::move(o)) {}
  int status;          // as waitpid() tells it
  std::string output;  // stdout and stderr, the first 4096 bytes
};

// words[0] is looked for on PATH. Errc::bad_config when it cannot be started; Errc::timeout when it was ended at the
// deadline, with all that it had started; Errc::cancelled likewise.
Task<ProgramEnd> run_program(asio::any_io_executor, Clock&, std::vector<std::string> words, TimePoint deadline);

}  // namespace greenroom
