#include "firmware-bridge/firmware_manifest.hpp"

#include <fmt/format.h>
#include <plist/plist.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>

namespace greenroom {
namespace {

constexpr std::size_t deepest = 32;             // Apple's have 9
constexpr std::size_t most_elements = 2000000;  // libplist 2.2 takes some 150 bytes for each
constexpr std::uint32_t most_identities = 4096;

Result<void> broken(std::string what) { return fail(Errc::protocol, std::move(what)); }

bool one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// libplist 2.2 frees what it has read by recursion, and bounds nothing. So its input is a list that it cannot read in
// another way than we do: tags of these names alone, closed in their order, no comment, no CDATA, no entity of its own.
class Shape {
 public:
  explicit Shape(std::string_view xml) : rest_(xml) {}

  Result<void> check() {
    if (rest_.find('\0') != std::string_view::npos) return broken("is no XML property list");
    while (true) {
      const std::size_t at = rest_.find('<');
      if (at == std::string_view::npos) break;
      rest_.remove_prefix(at + 1);
      const std::size_t end = rest_.find('>');
      if (end == std::string_view::npos) return broken("ends inside a tag");
      const std::string_view tag = rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
      if (const auto good = take(tag); !good) return good;
    }
    if (elements_ == 0) return broken("is no XML property list");
    if (!open_.empty()) return broken("ends before it is complete");
    return {};
  }

 private:
  Result<void> take(std::string_view tag) {
    const bool head = elements_ == 0;
    if (head && (tag.substr(0, 5) == "?xml " || tag.substr(0, 9) == "!DOCTYPE ") && tag.find('[') == std::string_view::npos)
      return {};
    if (++elements_ > most_elements) return broken(fmt::format("has more than {} values", most_elements));
    if (tag.substr(0, 6) == "plist ") tag = "plist";  // its version
    if (!tag.empty() && tag.front() == '/') return close(tag.substr(1));
    if (!tag.empty() && tag.back() == '/') {
      tag.remove_suffix(1);
      return known(tag) || one_of(tag, {"true", "false"}) ? Result<void>() : foreign(tag);
    }
    if (!known(tag)) return foreign(tag);
    if (one_of(tag, {"plist", "dict", "array"})) return open(tag);
    // A text ends at its own end, before anything else begins.
    const std::size_t next = rest_.find('<');
    if (next == std::string_view::npos || rest_.substr(next + 1, tag.size() + 2) != fmt::format("/{}>", tag))
      return broken(fmt::format("has something inside a <{}>", tag));
    rest_.remove_prefix(next + tag.size() + 3);
    return {};
  }

  static bool known(std::string_view tag) {
    return one_of(tag, {"plist", "dict", "array", "key", "string", "data", "date", "integer", "real"});
  }
  static Result<void> foreign(std::string_view tag) {
    return broken(fmt::format("is no property list of Apple's: it has a <{}>", tag.substr(0, 20)));
  }

  Result<void> open(std::string_view tag) {
    if (open_.size() == deepest) return broken(fmt::format("is nested deeper than {}", deepest));
    open_.push_back(tag);
    return {};
  }
  Result<void> close(std::string_view tag) {
    if (open_.empty() || open_.back() != tag)
      return broken(fmt::format("has a </{}> that closes nothing", tag.substr(0, 20)));
    open_.pop_back();
    return {};
  }

  std::string_view rest_;
  std::vector<std::string_view> open_;
  std::size_t elements_{};
};

struct FreePlist {
  void operator()(void* node) const { plist_free(node); }
};
using Tree = std::unique_ptr<void, FreePlist>;

bool is(plist_t node, plist_type type) { return node != nullptr && plist_get_node_type(node) == type; }

plist_t in(plist_t dict, const char* key) { return is(dict, PLIST_DICT) ? plist_dict_get_item(dict, key) : nullptr; }

std::string text(plist_t node) {
  if (!is(node, PLIST_STRING)) return {};
  std::uint64_t length = 0;
  const char* start = plist_get_string_ptr(node, &length);
  return start == nullptr ? std::string() : std::string(start, length);
}

// Apple writes ids as "0x8103"; other makers of such lists as numbers.
std::optional<std::uint64_t> number(plist_t node) {
  std::uint64_t value = 0;
  if (is(node, PLIST_UINT)) return plist_get_uint_val(node, &value), value;
  const std::string written = text(node);
  const bool hex = written.substr(0, 2) == "0x" || written.substr(0, 2) == "0X";
  const char* end = written.data() + written.size();
  const auto [stop, error] = std::from_chars(written.data() + (hex ? 2 : 0), end, value, hex ? 16 : 10);
  if (written.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

template <class Each>
void for_each_item(plist_t array, const Each& each) {
  if (!is(array, PLIST_ARRAY)) return;
  plist_array_iter at = nullptr;
  plist_array_new_iter(array, &at);
  plist_t item = nullptr;
  for (plist_array_next_item(array, at, &item); item != nullptr; plist_array_next_item(array, at, &item)) each(item);
  std::free(at);  // NOLINT: libplist has it from malloc
}

template <class Each>
void for_each_value(plist_t dict, const Each& each) {
  if (!is(dict, PLIST_DICT)) return;
  plist_dict_iter at = nullptr;
  plist_dict_new_iter(dict, &at);
  plist_t value = nullptr;
  for (plist_dict_next_item(dict, at, nullptr, &value); value != nullptr; plist_dict_next_item(dict, at, nullptr, &value))
    each(value);
  std::free(at);  // NOLINT: as above
}

// The identity that the engine takes for an erase (idevicerestore: a variant that contains this text); a research build's
// name contains it too, and no Mac of a customer takes one.
bool erases(plist_t identity) {
  const std::string variant = text(in(in(identity, "Info"), "Variant"));
  return variant.find("Erase Install (IPSW)") != std::string::npos && variant.find("Research") == std::string::npos;
}

std::optional<EraseInstall> read_identity(plist_t identity) {
  const auto chip = number(in(identity, "ApChipID"));
  const auto board = number(in(identity, "ApBoardID"));
  if (!erases(identity) || !chip || !board || *chip > 0xffff || *board > 0xff) return std::nullopt;
  EraseInstall install;
  install.chip_board = {static_cast<std::uint16_t>(*chip), static_cast<std::uint8_t>(*board)};
  install.device_class = text(in(in(identity, "Info"), "DeviceClass"));
  for_each_value(in(identity, "Manifest"), [&install](plist_t component) {
    std::string path = text(in(in(component, "Info"), "Path"));
    if (!path.empty()) install.files.push_back(std::move(path));
  });
  return install;
}

}  // namespace

const EraseInstall* FirmwareManifest::for_board(ChipBoard board) const {
  const auto found = std::find_if(erase_installs.begin(), erase_installs.end(),
                                  [board](const EraseInstall& e) { return e.chip_board == board; });
  return found == erase_installs.end() ? nullptr : &*found;
}

std::string_view system_of(const FirmwareManifest& manifest) {
  const auto all = [&manifest](std::string_view part) {
    return std::all_of(manifest.product_types.begin(), manifest.product_types.end(),
                       [part](const std::string& type) { return type.find(part) != std::string::npos; });
  };
  return manifest.product_types.empty() ? "other" : all("iBridge") ? "bridgeos" : all("Mac") ? "macos" : "other";
}

Result<FirmwareManifest> read_manifest(std::string_view xml) {
  // Apple's are XML, and idevicerestore 1.0.0 reads nothing else.
  if (xml.substr(0, 6) == "bplist") return fail(Errc::protocol, "is a binary property list; Apple's are XML");
  if (xml.size() > longest_manifest) return fail(Errc::protocol, "is larger than any of Apple's");
  if (const auto shape = Shape(xml).check(); !shape) return fail(shape.error());
  plist_t root = nullptr;
  plist_from_xml(xml.data(), static_cast<std::uint32_t>(xml.size()), &root);
  const Tree tree(root);
  if (!is(root, PLIST_DICT)) return fail(Errc::protocol, "is no XML property list");

  FirmwareManifest manifest;
  manifest.version = text(in(root, "ProductVersion"));
  manifest.build = text(in(root, "ProductBuildVersion"));
  if (manifest.version.empty() || manifest.build.empty())
    return fail(Errc::protocol, "lacks ProductVersion or ProductBuildVersion");
  for_each_item(in(root, "SupportedProductTypes"), [&manifest](plist_t type) {
    if (std::string name = text(type); !name.empty()) manifest.product_types.push_back(std::move(name));
  });
  const plist_t identities = in(root, "BuildIdentities");
  if (!is(identities, PLIST_ARRAY)) return fail(Errc::protocol, "lacks BuildIdentities");
  if (plist_array_get_size(identities) > most_identities)
    return fail(Errc::protocol, fmt::format("has more than {} build identities", most_identities));
  for_each_item(identities, [&manifest](plist_t identity) {
    if (auto install = read_identity(identity)) manifest.erase_installs.push_back(std::move(*install));
  });
  if (system_of(manifest) == "other")
    return fail(Errc::refused, fmt::format("is for {}, which is no Mac",
                                           manifest.product_types.empty() ? "nothing" : manifest.product_types.front()));
  if (manifest.erase_installs.empty()) return fail(Errc::refused, "has no erase install: it can only update");
  return manifest;
}

}  // namespace greenroom
