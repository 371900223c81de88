// What is known of restore engines: which version this is, what it can do, and with which models and builds it was seen to
// work or to fail (config/engines.toml). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/reader/reader.hpp"
#include "firmware-bridge/facts/combination.hpp"
#include "firmware-bridge/facts/identity.hpp"
#include "hw/base/result.hpp"

namespace greenroom {

// `idevicerestore --version` prints "idevicerestore 1.0.0" (Debian 12), or in builds from git
// "idevicerestore 1.0.0-270-g405fcd1 (libirecovery 1.3.1-5-g04d04f7, libtatsu 1.0.5-3-g60a39f3)".
struct EngineVersion {
  std::string text;          // "1.0.0-270-g405fcd1"
  int commits{};             // since its release: 270
  std::uint32_t date{};      // of a snapshot that a distribution packed, "1.0.0+git20240709": 20240709
  std::string libirecovery;  // empty: not told
};
// Errc::protocol for what is no such line.
Result<EngineVersion> parse_engine_version(std::string_view printed);

// One sentence each; empty: it can. A sentence that only warns says "may".
struct EngineAbility {
  std::string no_t2, no_apple_silicon, no_m3_and_later;
  std::string remedy;  // empty: there is nothing to do
};
EngineAbility ability_of(const EngineVersion&);
// Why it cannot restore this very Mac: the sentence that concerns its chip, if that is more than a warning. Empty: it can.
std::string unable(const EngineVersion&, ChipBoard);

// By which options and words it is spoken with.
enum class EngineGeneration {
  git,     // late 2025 and newer: the only ones that restore Apple silicon
  v1_0_0,  // Debian 12's: T2 Macs, and of those only what its libirecovery knows
};
EngineGeneration generation_of(const EngineVersion&);

// A row of config/engines.toml. The first that fits decides: from the particular to the general.
struct EngineRow {
  std::vector<std::string> engines;  // as EngineVersion::text
  std::string family;                // AppleSilicon | T2; empty: any
  std::vector<std::string> models;   // product types; empty: any of the family
  std::string from_build, to_build;  // both included; empty: without end
  Known known{Known::fresh};
  std::string why;
};
struct EnginesFile {
  std::vector<EngineRow> rows;  // empty if the file has an error
  std::vector<Complaint> complaints;
};
EnginesFile load_engines_text(std::string_view text, const std::string& file);

struct Combination {
  std::string engine;  // EngineVersion::text
  std::string family, model;
  std::string build;
};
KnownAs known_as(std::span<const EngineRow>, const Combination&);

}  // namespace greenroom
