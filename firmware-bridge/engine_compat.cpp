#include "firmware-bridge/engine_compat.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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

// 1.0.0 of June 2020 is the last release.
bool is_last_release(const EngineVersion& version) {
  return version.commits == 0 && version.date == 0 && compare_versions(version.text, "1.0.0") <= 0;
}

// M1 and M2 with their Pro, Max and Ultra, and the transition kit; every later chip came with another port controller.
bool before_m3(std::uint16_t chip) {
  constexpr std::array<std::uint16_t, 9> chips{0x8027, 0x8103, 0x8112, 0x6000, 0x6001, 0x6002, 0x6020, 0x6021, 0x6022};
  return std::find(chips.begin(), chips.end(), chip) != chips.end();
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
  // The code for Apple silicon came in May 2021, after 1.0.0.
  if (is_last_release(version))
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

std::string unable(const EngineVersion& version, ChipBoard mac) {
  constexpr std::uint16_t t2 = 0x8012;
  const EngineAbility ability = ability_of(version);
  const auto more_than_a_warning = [](const std::string& cannot) { return cannot.find(" may ") == std::string::npos; };
  std::vector<std::string> about{ability.no_t2};
  if (mac.chip != t2) about = {ability.no_apple_silicon};
  if (mac.chip != t2 && !before_m3(mac.chip)) about.push_back(ability.no_m3_and_later);
  for (const std::string& cannot : about) {
    if (!cannot.empty() && more_than_a_warning(cannot)) return cannot;
  }
  return {};
}

EngineGeneration generation_of(const EngineVersion& version) {
  return is_last_release(version) ? EngineGeneration::v1_0_0 : EngineGeneration::git;
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
