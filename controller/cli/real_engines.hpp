// What a real room's restores are started with: looks at the engine, at usbmuxd, at the folder of firmware and at who stands
// at the port, and has firmware-bridge/engine_choice.hpp judge. Who calls: the service, and `greenroom mac restore`.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controller/cli/fence.hpp"
#include "controller/domain/recipe.hpp"
#include "controller/domain/visits/restore_means.hpp"
#include "firmware-bridge/engine_choice.hpp"
#include "hw/async/clock.hpp"

namespace CLI {
class App;
}

namespace greenroom::cli {

struct EngineOptions {
  std::string engine{"idevicerestore"}, usbmuxd{"usbmuxd"};
  std::string usbmuxd_socket;  // of one that runs already; empty: each job has its own
  std::string firmware;        // the folder
};
// `firmware`: what the option of the folder is called.
void add_engine_options(CLI::App&, EngineOptions&, const char* firmware);
// A job runs in a directory of its own: what is named by a path is named from the root.
void anchor(EngineOptions&);

// A program's answer to one option, asked in a child with 10 s and kept while the program's file stays the same.
class AskedProgram {
 public:
  AskedProgram(asio::any_io_executor, Clock&, std::string program, std::string option);
  // As run_program() fails; Errc::protocol where it ends with another exit code than 0.
  Task<std::string> answer();
  [[nodiscard]] const std::string& program() const { return program_; }

 private:
  asio::any_io_executor executor_;
  Clock& clock_;
  std::string program_, option_;
  std::optional<FileMark> asked_;  // which file said it
  std::string said_;
};

class RealEngines {
 public:
  using Seen = std::function<std::optional<UsbSighting>(const PortPath&)>;
  RealEngines(asio::any_io_executor, Clock&, EngineOptions, std::map<std::string, EngineUser> users_by_port, Seen);

  // The command of one job. Errc::refused, or as what it looks at fails; each with cause and remedy.
  Task<EngineCommand> command(const RestoreJob&);
  // What no job could do without: the engine, its usbmuxd, the folder.
  Task<void> ready();
  // Tells at once that nothing is known, then what the Macs of each model and recipe would be restored with, again each time
  // that it is another, until it is cancelled. Looked at every minute: the log tells at the start what a job would fail by.
  asio::awaitable<void> tell_means(const Catalogue&, std::function<void(const RestoreMeans&)> tell);

 private:
  Task<EngineAtHand> at_hand();
  Result<void> read_folder();
  Task<RestoreMeans> means(const Catalogue&);

  EngineOptions options_;
  AskedProgram engine_, usbmuxd_;
  std::map<std::string, EngineUser> users_;
  Seen seen_;
  FirmwareFolder folder_;
  Clock& clock_;
};

}  // namespace greenroom::cli
