// The options of every verb that starts real engines.
#include <CLI/CLI.hpp>
#include <filesystem>

#include "controller/cli/firmware_verbs.hpp"
#include "controller/cli/real_engines.hpp"

namespace greenroom::cli {

void add_engine_options(CLI::App& app, EngineOptions& options, const char* firmware) {
  app.add_option("--engine", options.engine, "what restores Macs: idevicerestore, by another path")->capture_default_str();
  app.add_option("--usbmuxd", options.usbmuxd, "what each restore has one of for itself")->capture_default_str();
  app.add_option("--usbmuxd-socket", options.usbmuxd_socket,
                 "instead: the socket of one that runs; then one restore at a time");
  add_firmware_folder(app, firmware, options.firmware);
}

void anchor(EngineOptions& options) {
  const auto whole = [](const std::string& path) { return std::filesystem::absolute(path).lexically_normal().string(); };
  for (std::string* named : {&options.engine, &options.usbmuxd, &options.usbmuxd_socket})
    if (named->find('/') != std::string::npos) *named = whole(*named);
  options.firmware = whole(options.firmware);
}

}  // namespace greenroom::cli
