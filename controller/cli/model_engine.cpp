// greenroom model-engine: a restore engine for the Macs of a simulated world, started by the service as the real one is.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "controller/cli/options.hpp"
#include "controller/cli/verbs.hpp"
#include "controller/simulate/remote_engine.hpp"

namespace greenroom::cli {
namespace {

// "UNIX:/path", as libusbmuxd reads it; nothing when it is not set, or is a host and port.
std::string usbmuxd_socket() {
  const char* address = std::getenv("USBMUXD_SOCKET_ADDRESS");
  const std::string text = address != nullptr ? address : "";
  return text.starts_with("UNIX:") ? text.substr(5) : std::string{};
}

}  // namespace

int model_engine(const std::vector<std::string>& arguments) {
  sim::RemoteEngineOptions options;
  bool erase{};
  bool revive{};
  bool erase_only{};
  std::string ecid;
  CLI::App app{
      "Restores one Mac of a simulated world. In restore mode it reaches the Mac through USBMUXD_SOCKET_ADDRESS only.",
      "greenroom model-engine"};
  app.add_option("--world", options.world, "the world's socket (greenroom model --socket)")->required();
  app.add_option("--ecid", ecid, "which Mac; decimal, or hexadecimal after 0x")->required();
  auto* kinds = app.add_option_group("kind");
  kinds->add_flag("--erase", erase, "erase and install");
  kinds->add_flag("--revive", revive, "keep the data");
  kinds->add_flag("--erase-only", erase_only, "erase and install nothing");
  kinds->require_option(1);
  app.add_option("--speed", options.speed, "the world's")->capture_default_str();
  app.add_option("--effect", options.run, "the effect that started it");
  if (const auto code = parsed(app, arguments)) return *code;
  char* end = nullptr;
  options.ecid = std::strtoull(ecid.c_str(), &end, ecid.starts_with("0x") ? 16 : 10);
  if (ecid.empty() || *end != '\0') {
    std::fprintf(stderr, "greenroom model-engine: --ecid takes a number; not \"%s\"\n", ecid.c_str());
    return 2;
  }
  if (!std::isfinite(options.speed) || options.speed <= 0) {
    std::fprintf(stderr, "greenroom model-engine: --speed takes a number above 0\n");
    return 2;
  }
  options.kind = revive ? RestoreKind::revive : erase_only ? RestoreKind::erase_only : RestoreKind::erase;
  options.usbmuxd = usbmuxd_socket();
  return sim::run_remote_engine(options);
}

}  // namespace greenroom::cli
