// greenroom firmware list
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "config/macs.hpp"
#include "controller/cli/firmware_verbs.hpp"
#include "controller/cli/options.hpp"
#include "controller/cli/pdu_line.hpp"
#include "controller/cli/screen.hpp"

namespace greenroom::cli {
namespace {

constexpr const char* verb = "greenroom firmware list";
using Json = nlohmann::ordered_json;

Json word(const std::string& text) { return text.empty() ? Json() : Json(text); }

std::string board_words(ChipBoard b) { return fmt::format("{:04X}:{:02X}", b.chip, b.board); }

// "copy" where both digests are the same, "differs" where they are not, "same build" where one is not known.
std::string_view likeness(const FirmwareFile& a, const FirmwareFile& b) {
  if (a.sha256.empty() || b.sha256.empty()) return "same build";
  return a.sha256 == b.sha256 ? "copy" : "differs";
}

Json as_json(const FirmwareFolder& folder, const FirmwareFile& f) {
  Json json;
  json["name"] = f.name;
  json["size_B"] = f.mark.size;
  json["version"] = f.manifest ? Json(f.manifest->version) : Json();
  json["build"] = f.manifest ? Json(f.manifest->build) : Json();
  json["system"] = f.manifest ? Json(system_of(*f.manifest)) : Json();
  json["product_types"] = f.manifest ? Json(f.manifest->product_types) : Json::array();
  json["boards"] = Json::array();
  if (f.manifest)
    for (const EraseInstall& e : f.manifest->erase_installs) json["boards"].push_back(board_words(e.chip_board));
  json["sha256"] = word(f.sha256);
  json["trust"] = to_string(f.trust);
  const FirmwareFile* other = same_as(folder.files, f);
  json["same_as"] = other != nullptr ? Json(other->name) : Json();
  json["likeness"] = other != nullptr ? Json(likeness(f, *other)) : Json();
  json["trouble"] = word(f.trouble);
  return json;
}

std::string as_text(const FirmwareFolder& folder) {
  Table table({"FILE", "SYSTEM", "VERSION", "BUILD", "GB", "BOARDS", "TRUST", ""});
  table.right(4);
  table.right(5);
  for (const FirmwareFile& f : folder.files) {
    const FirmwareFile* other = same_as(folder.files, f);
    const std::string note = !f.trouble.empty() ? f.trouble
                             : other != nullptr ? fmt::format("{} of {}", likeness(f, *other), other->name)
                                                : std::string();
    const double gigabytes = static_cast<double>(f.mark.size) / 1e9;
    if (f.manifest)
      table.add({f.name, std::string(system_of(*f.manifest)), f.manifest->version, f.manifest->build,
                 fmt::format("{:.1f}", gigabytes), std::to_string(f.manifest->erase_installs.size()),
                 std::string(to_string(f.trust)), note});
    else table.add({f.name, "-", "-", "-", fmt::format("{:.1f}", gigabytes), "-", "-", note});
  }
  return fmt::format("{}{}: {} free: {:.1f} GB\n", folder.files.empty() ? "" : table.text(), folder.path,
                     folder.files.empty() ? "no IPSW;" : fmt::format("{} files;", folder.files.size()),
                     static_cast<double>(folder.free_bytes) / 1e9);
}

// By product type, name, or the number on the case; several models may share a number.
std::vector<MacModel> models_named(const std::vector<MacModel>& models, const std::string& name) {
  std::vector<MacModel> found;
  for (const MacModel& m : models) {
    const bool numbered = std::count(m.model_numbers.begin(), m.model_numbers.end(), name) > 0;
    if (m.product_type == name || m.name == name || numbered) found.push_back(m);
  }
  return found;
}

struct Wish {
  std::string mac, which;
};

// One line or object for each board that the model may have.
Result<std::string> choices(const FirmwareFolder& folder, const Wish& wish, Json& into) {
  const MacsFile macs = load_macs();
  const auto models = models_named(macs.models, wish.mac);
  if (models.empty()) {
    std::vector<std::string> known;
    for (const MacModel& m : macs.models) known.insert(known.end(), {m.product_type, m.name});
    const auto near = nearest(wish.mac, known);
    return fail(Errc::usage, fmt::format("there is no model {}{}", greenroom::quoted(wish.mac),
                                         near ? fmt::format("; did you mean {}?", greenroom::quoted(*near)) : ""));
  }
  std::string text;
  for (const MacModel& m : models) {
    const std::string which = !wish.which.empty() ? wish.which : m.family == "T2" ? "bridgeos" : "macos";
    if (m.chip_boards.empty())
      return fail(Errc::usage, fmt::format("{} is restored by no image: it has neither a T2 nor a chip of Apple's", m.name));
    for (const std::uint32_t id : m.chip_boards) {
      const ChipBoard board{static_cast<std::uint16_t>(id >> 8U), static_cast<std::uint8_t>(id)};
      const auto choice = choose_firmware(folder.files, board, which);
      Json one;
      one["model"] = m.name;
      one["board"] = board_words(board);
      one["firmware"] = which;
      one["file"] = choice ? Json(choice->file->name) : Json();
      one["why"] = choice ? choice->why : choice.error().message;
      into.push_back(std::move(one));
      text += fmt::format("{} ({}) gets {}: {}\n", m.name, board_words(board), choice ? choice->file->name : "nothing",
                          choice ? choice->why : choice.error().message);
    }
  }
  return text;
}

}  // namespace

std::string file_json(const FirmwareFolder& folder, const FirmwareFile& file) { return json_line(as_json(folder, file)); }

void add_firmware_folder(CLI::App& app, const char* option, std::string& folder) {
  const char* set = std::getenv("GREENROOM_FIRMWARE");
  folder = set != nullptr ? set : "/var/lib/greenroom/firmware";
  app.add_option(option, folder, "where the IPSW files are; without it $GREENROOM_FIRMWARE")->capture_default_str();
}

void add_firmware_options(CLI::App& app, FirmwareOptions& options) {
  add_firmware_folder(app, "--folder", options.folder);
  app.add_flag("--json", options.json, "one JSON value on one line");
}

int firmware_list(const std::vector<std::string>& arguments) {
  FirmwareOptions options;
  Wish wish;
  CLI::App app{
      "Every IPSW file of the folder. TRUST: verified (hashed since this machine started), kept (hashed before that), "
      "changed (touched since), damaged, unknown (never added).",
      verb};
  add_firmware_options(app, options);
  app.add_option("--mac", wish.mac, "which file such a Mac gets, and why: MacBookAir10,1, or the model's name or A-number");
  app.add_option("--firmware", wish.which, "with --mac: macos, bridgeos, a build or a version, as a recipe names it")
      ->needs("--mac");
  if (const auto code = parsed(app, arguments)) return *code;
  const auto folder = read_firmware_folder(options.folder);
  if (!folder) return concluded(verb, fail(folder.error()));
  Json json;
  json["folder"] = folder->path;
  json["free_B"] = folder->free_bytes;
  json["files"] = Json::array();
  for (const FirmwareFile& f : folder->files) json["files"].push_back(as_json(*folder, f));
  std::string text = as_text(*folder);
  if (!wish.mac.empty()) {
    json["choices"] = Json::array();
    const auto chosen = choices(*folder, wish, json["choices"]);
    if (!chosen) {
      std::fprintf(stderr, "%s: %s\n", verb, chosen.error().message.c_str());
      return 2;
    }
    text += *chosen;
  }
  if (const auto put = put_out(options.json ? json_line(json) : text); !put) return concluded(verb, put);
  const bool all = !json.contains("choices") || std::all_of(json["choices"].begin(), json["choices"].end(),
                                                            [](const Json& c) { return c["file"].is_string(); });
  return all ? 0 : 1;
}

}  // namespace greenroom::cli
