#include "controller/cli/real_engines.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>
#include <utility>

#include "config/embedded.hpp"
#include "firmware-bridge/child_program.hpp"
#include "firmware-bridge/gate_process.hpp"
#include "hw/base/log.hpp"

namespace greenroom::cli {
namespace {

namespace fs = std::filesystem;

constexpr Duration patience = std::chrono::seconds{10};
constexpr Duration means_asked_every = std::chrono::minutes{1};

std::optional<FileMark> mark_of(const std::string& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) return std::nullopt;
  const auto ns =
      static_cast<std::uint64_t>(file.st_mtim.tv_sec) * 1000000000U + static_cast<std::uint64_t>(file.st_mtim.tv_nsec);
  return FileMark{static_cast<std::uint64_t>(file.st_size), file.st_ino, ns};
}

// The file that a start would take, as execvp(3) looks for it.
std::optional<FileMark> mark_of_program(const std::string& program) {
  if (program.find('/') != std::string::npos) return mark_of(program);
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (auto found = mark_of(folder + "/" + program)) return found;
  }
  return std::nullopt;
}

// An engine that is another user opens the image by its path.
Result<void> open_to_all(const std::string& image) {
  struct stat file {};
  if (stat(image.c_str(), &file) == 0 && (file.st_mode & S_IROTH) == 0)
    return fail(Errc::refused, fmt::format("{} is not readable by the slots' users: chmod o+r it", image));
  for (fs::path folder = fs::path(image).parent_path(); folder.has_relative_path(); folder = folder.parent_path()) {
    if (stat(folder.c_str(), &file) == 0 && (file.st_mode & S_IXOTH) == 0)
      return fail(Errc::refused, fmt::format("{} cannot be entered by the slots' users, who read {}: chmod o+x it",
                                             folder.string(), image));
  }
  return {};
}

std::set<std::string> images_of(const Catalogue& catalogue) {
  std::set<std::string> words;
  for (const Recipe& recipe : catalogue.recipes) {
    for (const Step& step : recipe.steps) {
      if (step.kind == StepKind::restore) words.insert(step.firmware);
    }
  }
  return words;
}

// A model may have several boards, which a list cannot tell apart. Where they get different builds nothing is said of it:
// the board at the port decides then.
std::optional<Prospect> prospect_of_model(const EngineAtHand& engine, std::span<const EngineRow> rows, const MacModel& m,
                                          const std::string& image, const FirmwareFolder& folder) {
  std::optional<Prospect> found;
  for (const std::uint32_t one : m.chip_boards) {
    const ChipBoard board{static_cast<std::uint16_t>(one >> 8), static_cast<std::uint8_t>(one)};
    Prospect p = prospect_of(engine.version, rows, m.family, m.product_type, board, image, folder);
    if (found && p.build != found->build && !found->build.empty() && !p.build.empty()) return std::nullopt;
    if (!found || found->build.empty()) found = std::move(p);
  }
  return found;
}

}  // namespace

AskedProgram::AskedProgram(asio::any_io_executor executor, Clock& clock, std::string program, std::string option)
    : executor_(std::move(executor)), clock_(clock), program_(std::move(program)), option_(std::move(option)) {}

Task<std::string> AskedProgram::answer() {
  const auto mark = mark_of_program(program_);
  if (mark && asked_ == mark) co_return said_;
  std::vector<std::string> words{program_, option_};
  const TimePoint deadline = clock_.now() + patience;
  auto ended = co_await run_program(executor_, clock_, std::move(words), deadline);
  if (!ended) co_return fail(ended.error());
  if (!WIFEXITED(ended->status) || WEXITSTATUS(ended->status) != 0)
    co_return fail(Errc::protocol, fmt::format("{} {} fails; is it the right program, and whole?", program_, option_));
  asked_ = mark;
  said_ = std::move(ended->output);
  co_return said_;
}

RealEngines::RealEngines(asio::any_io_executor executor, Clock& clock, EngineOptions options,
                         std::map<std::string, EngineUser> users, Seen seen)
    : options_(std::move(options)),
      engine_(executor, clock, options_.engine, "--version"),
      usbmuxd_(executor, clock, options_.usbmuxd, "--help"),
      users_(std::move(users)),
      seen_(std::move(seen)),
      clock_(clock) {}

Task<EngineAtHand> RealEngines::at_hand() {
  const auto printed = co_await engine_.answer();
  if (!printed) co_return fail(printed.error());
  const auto version = parse_engine_version(*printed);
  if (!version)
    co_return fail(version.error().code, fmt::format("{} {}; name an engine with --engine (docs/restoring.md)",
                                                     options_.engine, version.error().message));
  std::vector<std::string> usbmuxd;
  if (!options_.usbmuxd_socket.empty()) {
    const auto reached = connect_unix(options_.usbmuxd_socket);
    if (!reached) co_return fail(reached.error().within("usbmuxd"));
  } else {
    const auto help = co_await usbmuxd_.answer();
    if (!help) co_return fail(help.error());
    auto words = usbmuxd_words(options_.usbmuxd, *help);
    if (!words) co_return fail(words.error());
    usbmuxd = std::move(*words);
  }
  EngineAtHand engine{options_.engine, *version, std::move(usbmuxd)};
  co_return engine;
}

Result<void> RealEngines::read_folder() {
  auto folder = read_firmware_folder(options_.firmware, folder_);
  if (!folder) return fail(folder.error());
  folder_ = std::move(*folder);
  return {};
}

Task<EngineCommand> RealEngines::command(const RestoreJob& job) {
  const auto engine = co_await at_hand();
  if (!engine) co_return fail(engine.error());
  if (const auto read = read_folder(); !read) co_return fail(read.error());
  const auto seen = seen_(job.path);
  const auto user = users_.find(job.path.text());
  const auto as = user == users_.end() ? std::nullopt : std::optional(user->second);
  auto command = choose_engine(job, *engine, seen ? &*seen : nullptr, folder_, as);
  if (!command) co_return fail(command.error());
  if (as) {
    if (const auto open = open_to_all(command->arguments.back()); !open) co_return fail(open.error());
  }
  co_return command;
}

Task<void> RealEngines::ready() {
  const auto engine = co_await at_hand();
  if (!engine) co_return fail(engine.error());
  co_return read_folder();
}

// Fails only when it is cancelled.
Task<RestoreMeans> RealEngines::means(const Catalogue& catalogue) {
  static const EnginesFile table = load_engines_text(embedded("config/engines.toml").value_or(""), "config/engines.toml");
  RestoreMeans found;
  const auto engine = co_await at_hand();
  if (!engine && engine.error().code == Errc::cancelled) co_return fail(engine.error());
  const auto read = read_folder();
  if (!engine || !read) {
    found.trouble = !engine ? engine.error().message : read.error().message;
    co_return found;
  }
  found.engine = engine->version.text;
  for (const MacModel& m : catalogue.models) {
    for (const std::string& image : images_of(catalogue)) {
      auto p = prospect_of_model(*engine, table.rows, m, image, folder_);
      if (p) found.choices.push_back({m.product_type, image, std::move(p->build), std::move(p->known)});
    }
  }
  co_return found;
}

asio::awaitable<void> RealEngines::tell_means(const Catalogue& catalogue, std::function<void(const RestoreMeans&)> tell) {
  RestoreMeans told;
  told.trouble = "the engine and the firmware were not looked at yet";
  tell(told);
  while (true) {
    const auto seen = co_await means(catalogue);
    if (!seen) co_return;
    if (*seen != told) {
      if (!seen->trouble.empty()) log::warn("no Mac can be restored: " + seen->trouble);
      else if (seen->engine != told.engine) log::info("Macs are restored by idevicerestore " + seen->engine);
      told = *seen;
      tell(told);
    }
    if (const auto slept = co_await clock_.sleep_until(clock_.now() + means_asked_every); !slept) co_return;
  }
}

}  // namespace greenroom::cli
