#include "controller/cli/rehearsal_sheet.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "controller/cli/pdu_line.hpp"
#include "firmware-bridge/job_files.hpp"

namespace greenroom::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::string_view point_words[] = {
    "into DFU",    "draw in DFU",        "serial number", "shut gate",         "draw in restore OS", "put back and booted",
    "data intact", "erased, with proof", "booted again",  "its own port alone"};

double tenths(Duration d) {
  return static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(d).count() / 100) / 10;
}
Json word(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json draw_json(const RehearsalSeen& seen, DrawOf of) {
  if (!seen.meter_lag) return "not metered";
  const auto all = draws_of(seen, of);
  Json json;
  const auto median = median_draw(all);
  json["median_A"] = median ? Json(median->value()) : Json();
  json["readings"] = Json::array();
  for (const DrawReading& d : all)
    json["readings"].push_back({{"at_s", tenths(d.at)}, {"age_s", in_seconds(d.age)}, {"current_A", d.current.value()}});
  return json;
}

Json timeline_json(const RehearsalSeen& seen) {
  Json all = Json::array();
  for (const Showing& w : seen.timeline)
    all.push_back({{"at_s", tenths(w.at)},
                   {"port_path", w.path.text()},
                   {"mode", w.mode ? Json(to_string(*w.mode)) : Json()},
                   {"serial_number", word(w.serial)}});
  return all;
}

Json json_of(const RehearsalSheet& sheet, const RehearsalSeen& seen) {
  const auto points = judge_rehearsal(seen);
  Json json;
  json["product_type"] = word(sheet.product_type);
  json["model"] = word(sheet.model);
  json["passed"] = all_passed(points);
  json["serial_number"] = seen.serial;
  json["ecid"] = seen.ecid ? Json(fmt::format("0x{:016X}", static_cast<std::uint64_t>(*seen.ecid))) : Json();
  json["made_at"] = sheet.made_at;
  json["by"] = sheet.by;
  json["host"] = sheet.host;
  json["port_path"] = seen.port.text();
  json["engine"] = word(sheet.engine);
  json["build"] = word(sheet.build);
  json["points"] = Json::array();
  for (const PointItem& i : points)
    json["points"].push_back({{"point", to_string(i.point)},
                              {"result", to_string(i.result)},
                              {"words", word(i.words)},
                              {"remedy", word(i.remedy)}});
  json["timeline"] = timeline_json(seen);
  json["draw"] = {{"dfu", draw_json(seen, DrawOf::dfu)}, {"restore", draw_json(seen, DrawOf::restore)}};
  json["runs"] = sheet.directory;
  json["mac"] = word(sheet.mac);
  return json;
}

// Whole or not at all, and durable, for its user alone.
Result<void> write_durable(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".new";
  const Fd file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) || fsync(file.get()) != 0)
    return fail(system_error(temporary + " cannot be written"));
  if (std::rename(temporary.c_str(), path.c_str()) != 0) return fail(system_error(path + " cannot be written"));
  return sync(fs::path(path).parent_path().string());
}

// Does the file say that its model was rehearsed? Errc::storage for what is no such sheet.
Result<bool> says_passed(const fs::path& path) {
  std::error_code none;
  const bool file = fs::is_regular_file(path, none);  // a pipe would be waited for
  const auto text = file ? read_whole(path.string()) : Result<std::optional<std::string>>(std::nullopt);
  if (!text) return fail(text.error());
  const Json json = Json::parse(text->value_or(""), nullptr, /*allow_exceptions=*/false);
  const auto is = [&json](const char* key, bool (Json::*kind)() const noexcept) {
    return json.is_object() && json.contains(key) && (json[key].*kind)();
  };
  if (!is("product_type", &Json::is_string) || !is("passed", &Json::is_boolean) ||
      json["product_type"] != path.stem().string())
    return fail(Errc::storage, path.string() + " is no sheet of a rehearsal: move it away, and rehearse that model again");
  return json["passed"].get<bool>();
}

}  // namespace

std::string sheet_text(const RehearsalSheet& sheet, const RehearsalSeen& seen) {
  const auto points = judge_rehearsal(seen);
  const auto or_unknown = [](const std::string& text) { return text.empty() ? "unknown" : text; };
  std::string text = fmt::format("Rehearsal of {} ({}), {}: {}\n", or_unknown(sheet.model), or_unknown(sheet.product_type),
                                 sheet.made_at, all_passed(points) ? "PASSED" : "NOT PASSED");
  text += fmt::format("Mac {} at {}, by {}; engine {}, build {}\n\n", seen.serial, seen.port.text(), sheet.by,
                      or_unknown(sheet.engine), or_unknown(sheet.build));
  for (const PointItem& i : points) {
    text += fmt::format("{:<20} {:<12} {}\n", point_words[static_cast<std::size_t>(i.point)], to_string(i.result), i.words);
    if (!i.remedy.empty()) text += fmt::format("{:<20} -> {}\n", "", i.remedy);
  }
  text += "\nSeconds  port  what it showed\n";
  for (const Showing& w : seen.timeline)
    text += fmt::format("{:>7.1f}  {}  {}{}\n", in_seconds(w.at), w.path.text(), w.mode ? to_string(*w.mode) : "left",
                        w.serial.empty() ? "" : ", " + w.serial);
  if (!sheet.mac.empty()) text += fmt::format("\nThe Mac now: {}\n", sheet.mac);
  return text + fmt::format("\nThe engine's words: {}\n", sheet.directory);
}

std::string sheet_json(const RehearsalSheet& sheet, const RehearsalSeen& seen) { return json_line(json_of(sheet, seen)); }

std::string rehearsals_folder(const std::string& data) { return data + "/rehearsals"; }

Result<std::string> keep_sheet(const std::string& data, const RehearsalSheet& sheet, const RehearsalSeen& seen) {
  const std::string name = sheet.product_type.empty() ? "unknown" : sheet.product_type;
  const bool whole = all_passed(judge_rehearsal(seen)) && !sheet.product_type.empty();
  const std::string stem = rehearsals_folder(data) + "/" + name;
  const std::string path = stem + (whole ? ".json" : ".failed.json");
  if (auto written = write_durable(path, sheet_json(sheet, seen)); !written) return fail(written.error());
  if (whole) ::unlink((stem + ".failed.json").c_str());  // of an earlier one: it says nothing any more
  return path;
}

Rehearsed read_rehearsals(const std::string& data, std::span<const MacModel> models) {
  Rehearsed all;
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator at(rehearsals_folder(data), error), end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".json" && at->path().stem().extension() != ".failed") files.push_back(at->path());
  if (error && error != std::errc::no_such_file_or_directory)
    all.troubles.push_back(fmt::format("{} cannot be read: {}; make it a directory of the service's user",
                                       rehearsals_folder(data), error.message()));
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    const auto passed = says_passed(file);
    const std::string type = file.stem().string();
    const bool known =
        std::any_of(models.begin(), models.end(), [&type](const MacModel& m) { return m.product_type == type; });
    if (!passed) all.troubles.push_back(passed.error().message);
    else if (!known) all.troubles.push_back(file.string() + " is of a model that Greenroom does not know: move it away");
    else if (*passed) all.product_types.insert(type);
  }
  return all;
}

}  // namespace greenroom::cli
