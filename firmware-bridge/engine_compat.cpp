#include "firmware-bridge/engine_compat.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "firmware-bridge/firmware_library.hpp"

namespace greenroom {
namespace {

// 405fcd1 of February 2026, the build whose whole conversation is known here.
constexpr int known_commits = 270;
// a499b62: with it, the restores of macOS 15.4 and later that were broken for months worked again (idevicerestore issues
// 729, 739, 750). That it is the first which does is an inference from the dates of both.
constexpr std::uint32_t first_good_date = 20251102;

constexpr const char* newer = "use idevicerestore from git of November 2025 or later, with libirecovery 1.3.1 or later";

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

// What stands behind `key` up to one of `ends`.
std::string_view after(std::string_view text, std::string_view key, std::string_view ends) {
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + key.size());
  return text.substr(0, text.find_first_of(ends));
}

const Choices<Known> kKnown{{"good", Known::good}, {"bad", Known::bad}};
const Choices<std::string> kFamilies{{"AppleSilicon", "AppleSilicon"}, {"T2", "T2"}};

std::vector<std::string> plain(const std::vector<Placed<std::string>>& texts) {
  std::vector<std::string> out;
  for (const auto& t : texts) out.push_back(t.value);
  return out;
}

EngineRow read_row(const Table& t) {
  EngineRow row;
  row.engines = plain(t.texts("engines"));
  if (row.engines.empty()) t.complain(fmt::format("{} lacks the key \"engines\"", t.label()));
  row.family = t.choice<std::string>("family", kFamilies, std::string());
  row.models = plain(t.texts("models"));
  row.from_build = t.text("from_build", "");
  row.to_build = t.text("to_build", "");
  if (!row.from_build.empty() && !row.to_build.empty() && compare_builds(row.from_build, row.to_build) > 0)
    t.complain("to_build", fmt::format("{} is older than from_build {}", row.to_build, row.from_build));
  row.known = t.choice("known", kKnown);
  row.why = t.text("why");
  static_cast<void>(t.text("source"));  // for who reads the file
  return row;
}

bool fits(const EngineRow& row, const Combination& c) {
  const auto has = [](const std::vector<std::string>& all, const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  };
  return has(row.engines, c.engine) && (row.family.empty() || row.family == c.family) &&
         (row.models.empty() || has(row.models, c.model)) &&
         (row.from_build.empty() || compare_builds(row.from_build, c.build) <= 0) &&
         (row.to_build.empty() || compare_builds(c.build, row.to_build) <= 0);
}

}  // namespace

Result<EngineVersion> parse_engine_version(std::string_view printed) {
  const std::string_view line = printed.substr(0, printed.find('\n'));
  EngineVersion version;
  version.text = std::string(after(line, "idevicerestore ", " (\r"));
  if (line.substr(0, 15) != "idevicerestore " || version.text.empty() || version.text.size() > 64)
    return fail(Errc::protocol, "does not print a version as idevicerestore does");
  version.libirecovery = std::string(after(line, "(libirecovery ", ",)")).substr(0, 64);
  version.date = number<std::uint32_t>(after(version.text, "+git", "-.~+")).value_or(0);
  if (version.date == 0) version.commits = number<int>(after(version.text, "-", "-")).value_or(0);
  return version;
}

EngineAbility ability_of(const EngineVersion& version) {
  EngineAbility ability;
  const bool release = version.commits == 0 && version.date == 0;
  const auto irecovery_before = [&version](std::string_view wanted) {
    return !version.libirecovery.empty() && compare_versions(version.libirecovery, wanted) < 0;
  };
  // The code for Apple silicon came in May 2021, after 1.0.0, which is of June 2020 and the last release.
  if (release && compare_versions(version.text, "1.0.0") <= 0)
    ability.no_apple_silicon = fmt::format("{} cannot restore Macs with Apple silicon, only T2", version.text);
  else if (irecovery_before("1.1.0"))  // 1.0.0 knows no Mac with Apple silicon; the one between is unverified
    ability.no_apple_silicon = fmt::format("its libirecovery {} may know no Mac with Apple silicon", version.libirecovery);
  else if (version.date != 0 && version.date < first_good_date)
    ability.no_apple_silicon =
        fmt::format("{} is older than November 2025: it may fail with macOS 15.4 and later", version.text);
  else if (version.commits < known_commits && version.date == 0 && !release)
    ability.no_apple_silicon =
        fmt::format("{} is {} commits after 1.0.0, the build of February 2026 is {}: it may fail with macOS 15.4 and later",
                    version.text, version.commits, known_commits);
  // Port DFU and Debug USB on Linux: 1.2.0.
  if (irecovery_before("1.2.0"))
    ability.no_m3_and_later = fmt::format("its libirecovery {} does not see M3 and later Macs in DFU", version.libirecovery);
  else if (irecovery_before("1.3.1"))
    ability.no_m3_and_later = fmt::format("its libirecovery {} may not know the newest Macs", version.libirecovery);
  if (!ability.no_apple_silicon.empty() || !ability.no_m3_and_later.empty()) ability.remedy = newer;
  return ability;
}

EnginesFile load_engines_text(std::string_view text, const std::string& file) {
  const Document doc = Document::from_text(text, file);
  EnginesFile out;
  for (const Table& t : doc.root().tables("combination")) out.rows.push_back(read_row(t));
  if (out.rows.empty()) doc.complain({}, "has no [[combination]]");
  out.complaints = doc.complaints();
  if (!doc.ok()) out.rows.clear();
  return out;
}

KnownAs known_as(std::span<const EngineRow> rows, const Combination& combination) {
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&combination](const EngineRow& r) { return fits(r, combination); });
  return row == rows.end() ? KnownAs{} : KnownAs{row->known, row->why};
}

}  // namespace greenroom
