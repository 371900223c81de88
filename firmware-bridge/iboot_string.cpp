#include "firmware-bridge/iboot_string.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace greenroom {
namespace {

// libirecovery reads string descriptors into 255 characters; a longer one is no iBoot string.
constexpr std::size_t longest = 255;

std::optional<std::uint64_t> hex(std::string_view text) {
  if (text.empty() || text.size() > 16) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Word {
  std::string_view key, value;
};

// Takes the next KEY:VALUE from the front; one without a key when no more comes. A word without a colon is skipped.
Result<Word> next_word(std::string_view& rest) {
  while (true) {
    while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
    if (rest.empty()) return Word{};
    const std::size_t colon = rest.find_first_of(": ");
    if (colon == std::string_view::npos) return rest = {}, Word{};
    const std::string_view key = rest.substr(0, colon);
    const bool valued = rest[colon] == ':';
    rest.remove_prefix(colon + 1);
    if (!valued) continue;
    const bool bracketed = !rest.empty() && rest.front() == '[';
    if (bracketed) rest.remove_prefix(1);
    const std::size_t end = rest.find(bracketed ? ']' : ' ');
    if (bracketed && end == std::string_view::npos) return fail(Errc::protocol, "the iBoot string ends inside a bracket");
    const Word word{key, rest.substr(0, end)};
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (!key.empty()) return word;
  }
}

struct NumberKey {
  std::string_view key;
  std::optional<std::uint64_t> IbootString::*field;
  bool vital;  // one that is no number spoils the whole
};
constexpr std::array numbers{
    NumberKey{"CPID", &IbootString::chip, true},           NumberKey{"BDID", &IbootString::board, true},
    NumberKey{"ECID", &IbootString::ecid, true},           NumberKey{"CPRV", &IbootString::chip_revision, false},
    NumberKey{"CPFM", &IbootString::fuses, false},         NumberKey{"SCEP", &IbootString::epoch, false},
    NumberKey{"IBFL", &IbootString::flags, false},         NumberKey{"SDOM", &IbootString::security_domain, false},
    NumberKey{"PREV", &IbootString::port_revision, false},
};
struct TextKey {
  std::string_view key;
  std::string IbootString::*field;
};
constexpr std::array texts{TextKey{"SRNM", &IbootString::serial}, TextKey{"SRTG", &IbootString::tag},
                           TextKey{"PWND", &IbootString::exploit}};

Result<void> take(IbootString& into, const Word& word) {
  for (const auto& [key, field, vital] : numbers) {
    if (word.key != key) continue;
    const auto number = hex(word.value);
    if (!number && !vital) return {};
    if (!number) return fail(Errc::protocol, fmt::format("the iBoot string's {} is no hexadecimal number", key));
    if (into.*field && *(into.*field) != *number)
      return fail(Errc::protocol, fmt::format("the iBoot string names {} twice", key));
    into.*field = number;
  }
  for (const auto& [key, field] : texts) {
    if (word.key != key) continue;
    if (!(into.*field).empty() && into.*field != word.value)
      return fail(Errc::protocol, fmt::format("the iBoot string names {} twice", key));
    into.*field = word.value;
  }
  return {};
}

Result<std::vector<std::byte>> nonce(const Word& word) {
  std::vector<std::byte> bytes;
  if (word.value.empty() || word.value.size() % 2 != 0)
    return fail(Errc::protocol, fmt::format("the device's {} is no whole number of bytes", word.key));
  for (std::size_t at = 0; at < word.value.size(); at += 2) {
    const auto byte = hex(word.value.substr(at, 2));
    if (!byte) return fail(Errc::protocol, fmt::format("the device's {} is no hexadecimal number", word.key));
    bytes.push_back(static_cast<std::byte>(*byte));
  }
  return bytes;
}

}  // namespace

Result<IbootString> parse_iboot(std::string_view text) {
  if (text.size() > longest) return fail(Errc::protocol, "the iBoot string is longer than 255 characters");
  IbootString found;
  while (true) {
    const auto word = next_word(text);
    if (!word) return fail(word.error());
    if (word->key.empty()) return found;
    if (auto taken = take(found, *word); !taken) return fail(taken.error());
  }
}

Result<Nonces> parse_nonces(std::string_view text) {
  if (text.size() > longest) return fail(Errc::protocol, "the nonces are longer than 255 characters");
  Nonces found;
  while (true) {
    const auto word = next_word(text);
    if (!word) return fail(word.error());
    if (word->key.empty()) break;
    if (word->key != "NONC" && word->key != "SNON") continue;
    auto bytes = nonce(*word);
    if (!bytes) return fail(bytes.error());
    std::vector<std::byte>& field = word->key == "NONC" ? found.ap : found.sep;
    if (!field.empty() && field != *bytes) return fail(Errc::protocol, fmt::format("the device names {} twice", word->key));
    field = std::move(*bytes);
  }
  if (found.ap.empty() && found.sep.empty()) return fail(Errc::protocol, "the device tells no nonce");
  return found;
}

}  // namespace greenroom
