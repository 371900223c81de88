#include "firmware-bridge/firmware_library.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace greenroom {
namespace {

using Json = nlohmann::ordered_json;

bool small_letter(char c) { return c >= 'a' && c <= 'z'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

// Numbers by their value, all else by its letters: "9" before "10", "25A" before "25B".
int compare_numbered(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (digit(a.front()) && digit(b.front())) {
      const auto take = [](std::string_view& text) {
        text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
        const std::string_view number = text.substr(0, std::find_if_not(text.begin(), text.end(), digit) - text.begin());
        text.remove_prefix(number.size());
        return number;
      };
      const std::string_view x = take(a), y = take(b);
      if (x.size() != y.size()) return x.size() < y.size() ? -1 : 1;
      if (const int order = x.compare(y); order != 0) return order;
    } else {
      if (a.front() != b.front()) return a.front() < b.front() ? -1 : 1;
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return static_cast<int>(!a.empty()) - static_cast<int>(!b.empty());
}

bool hex_digest(const std::string& text) {
  return text.size() == 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return digit(c) || (c >= 'a' && c <= 'f'); });
}

std::optional<DigestRecord> read_record(const Json& json) {
  const auto text = [&json](const char* key) {
    const auto at = json.find(key);
    return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
  };
  const auto number = [&json](const char* key) -> std::optional<std::uint64_t> {
    const auto at = json.find(key);
    return at != json.end() && at->is_number_unsigned() ? std::optional(at->get<std::uint64_t>()) : std::nullopt;
  };
  if (!json.is_object()) return std::nullopt;
  DigestRecord record{text("name"), {}, text("sha256"), text("found"), text("boot")};
  const auto size = number("size_B"), inode = number("inode"), mtime = number("mtime_ns");
  if (record.name.empty() || !hex_digest(record.sha256) || !hex_digest(record.found) || !size || !inode || !mtime)
    return std::nullopt;
  record.mark = {*size, *inode, *mtime};
  return record;
}

bool usable(FirmwareTrust trust) { return trust == FirmwareTrust::verified || trust == FirmwareTrust::kept; }

bool meant(const FirmwareManifest& m, std::string_view which) {
  if (which == "macos" || which == "bridgeos") return system_of(m) == which && !is_seed(m.build);
  return m.build == which || m.version == which;
}

bool older(const FirmwareManifest& a, const FirmwareManifest& b) {
  const int versions = compare_versions(a.version, b.version);
  return versions != 0 ? versions < 0 : compare_builds(a.build, b.build) < 0;
}

std::string named(const FirmwareFile& file) {
  return fmt::format("{} {} ({})", system_of(*file.manifest), file.manifest->version, file.manifest->build);
}

std::string mac_words(ChipBoard mac) { return fmt::format("chip {:04X}, board {:02X}", mac.chip, mac.board); }

// Why there is none, from the nearest to the farthest: it is there and not to be trusted, it is for other Macs, it is not
// there at all. Errc::refused where a look at the file may mend it; Errc::bad_config where somebody must bring one.
Error nothing_for(std::span<const FirmwareFile> files, ChipBoard mac, std::string_view which,
                  const FirmwareFile* untrusted) {
  if (untrusted != nullptr) {
    const std::string what = untrusted->trust == FirmwareTrust::unknown ? "was never added: greenroom firmware add"
                             : untrusted->trust == FirmwareTrust::changed
                                 ? "was touched since it was added: greenroom firmware check"
                                 : "is damaged: delete it, download it again and add it:";
    return {Errc::refused, fmt::format("{} fits, and {} {}", named(*untrusted), what, untrusted->name)};
  }
  const auto of_others = std::count_if(files.begin(), files.end(),
                                       [which](const FirmwareFile& f) { return f.manifest && meant(*f.manifest, which); });
  if (of_others > 0)
    return {Errc::bad_config,
            fmt::format("{} in the library, none with an erase install for {}; add the image of this model",
                        of_others == 1 ? fmt::format("one image of {} is", which)
                                       : fmt::format("{} images of {} are", of_others, which),
                        mac_words(mac))};
  return {Errc::bad_config, fmt::format("no image of {} is in the library; add one: greenroom firmware add FILE", which)};
}

}  // namespace

std::string print(const std::vector<DigestRecord>& records) {
  Json files = Json::array();
  for (const DigestRecord& r : records) {
    Json one;
    one["name"] = r.name;
    one["size_B"] = r.mark.size;
    one["inode"] = r.mark.inode;
    one["mtime_ns"] = r.mark.mtime_ns;
    one["sha256"] = r.sha256;
    one["found"] = r.found;
    one["boot"] = r.boot;
    files.push_back(std::move(one));
  }
  Json whole;
  whole["files"] = std::move(files);
  return whole.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<std::vector<DigestRecord>> parse_digests(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  const auto refuse = [](std::string_view what) { return fail(Errc::storage, std::string(what)); };
  if (!json.is_object() || !json.contains("files") || !json["files"].is_array()) return refuse("is no list of digests");
  std::vector<DigestRecord> records;
  for (const Json& one : json["files"]) {
    auto record = read_record(one);
    if (!record) return refuse(fmt::format("its entry {} is no digest of a file", records.size() + 1));
    records.push_back(std::move(*record));
  }
  return records;
}

std::string_view to_string(FirmwareTrust trust) {
  switch (trust) {
    case FirmwareTrust::verified: return "verified";
    case FirmwareTrust::kept: return "kept";
    case FirmwareTrust::changed: return "changed";
    case FirmwareTrust::damaged: return "damaged";
    case FirmwareTrust::unknown: return "unknown";
  }
  return "unknown";
}

FirmwareTrust trust_in(const FileMark& mark, const DigestRecord* record, std::string_view boot) {
  if (record == nullptr) return FirmwareTrust::unknown;
  if (mark != record->mark) return FirmwareTrust::changed;
  if (record->found != record->sha256) return FirmwareTrust::damaged;
  return record->boot == boot ? FirmwareTrust::verified : FirmwareTrust::kept;
}

int compare_versions(std::string_view a, std::string_view b) { return compare_numbered(a, b); }
int compare_builds(std::string_view a, std::string_view b) { return compare_numbered(a, b); }
bool is_seed(std::string_view build) { return !build.empty() && small_letter(build.back()); }

Result<FirmwareChoice> choose_firmware(std::span<const FirmwareFile> files, ChipBoard mac, std::string_view which) {
  const FirmwareFile* best = nullptr;
  const FirmwareFile* untrusted = nullptr;
  int fitting = 0;
  for (const FirmwareFile& file : files) {
    if (!file.manifest || !meant(*file.manifest, which) || file.manifest->for_board(mac) == nullptr) continue;
    const FirmwareFile*& newest = usable(file.trust) ? best : untrusted;
    if (usable(file.trust)) ++fitting;
    if (newest == nullptr || older(*newest->manifest, *file.manifest)) newest = &file;
  }
  if (best == nullptr) return fail(nothing_for(files, mac, which, untrusted));
  std::string why = fmt::format("{}, {} for {}", named(*best),
                                fitting == 1 ? "the only one" : fmt::format("the newest of {}", fitting), mac_words(mac));
  if (untrusted != nullptr && older(*best->manifest, *untrusted->manifest))
    why += fmt::format("; {} would be newer and is {}", untrusted->name, to_string(untrusted->trust));
  return FirmwareChoice{best, std::move(why)};
}

const FirmwareFile* same_as(std::span<const FirmwareFile> files, const FirmwareFile& file) {
  for (const FirmwareFile& other : files) {
    if (&other == &file || !other.manifest || !file.manifest) continue;
    if (other.manifest->build == file.manifest->build && other.manifest->product_types == file.manifest->product_types)
      return &other;
  }
  return nullptr;
}

}  // namespace greenroom
