#include "firmware-bridge/idevicerestore.hpp"

#include <utility>

namespace greenroom {

EngineCommand idevicerestore_command(std::string program, EngineGeneration generation, const RestoreJob& job) {
  std::vector<std::string> words;
  // Into a file 1.0.0 writes by the block (seen): what it waits for would be told when it is over, and a checkpoint be lost
  // with an engine that is ended. stdbuf(1) is Debian's coreutils, and becomes the engine.
  if (generation == EngineGeneration::v1_0_0) words = {"stdbuf", "-oL"};
  words.push_back(std::move(program));
  // Always by ECID: without it the first Mac that shows itself is taken.
  words.insert(words.end(), {"-i", to_hex(job.ecid)});
  // Without -e it keeps the data where it can, which is a revive. There is no erase without an install: who wants one ends
  // the engine after the device's checkpoint.
  if (job.kind != RestoreKind::revive) words.emplace_back("-e");
  for (const char* word : {"-y", "-P"}) words.emplace_back(word);  // asks nobody; progress as lines
  std::vector<std::string> environment;
  switch (generation) {
    case EngineGeneration::git:
      // Levels, times and checkpoints to stderr; otherwise they go to a file named by the time.
      for (const char* word : {"--logfile", "-"}) words.emplace_back(word);
      break;
    case EngineGeneration::v1_0_0:
      // Its libirecovery reads on in a list of devices that it has freed, unless the Mac is the last in it: SIGSEGV as soon
      // as a hub is listed too (seen). What glibc frees without this cache stays readable there.
      environment.emplace_back("GLIBC_TUNABLES=glibc.malloc.tcache_count=0");
      break;
  }
  // The system image is unpacked into the job's directory. 1.0.0 would put it beside the IPSW, and takes whatever has that
  // name and size for it: two engines never share that place.
  for (const char* word : {"-C", "."}) words.emplace_back(word);
  words.push_back(job.firmware);
  return EngineCommand(std::move(words), std::move(environment));
}

}  // namespace greenroom
