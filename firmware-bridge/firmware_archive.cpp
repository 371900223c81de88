#include "firmware-bridge/firmware_archive.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace greenroom {
namespace {

// A universal image of macOS has some thousand entries.
constexpr std::uint64_t most_entries = 100000;
constexpr std::uint64_t longest_directory = 64U << 20U;
// Images are compressed already; deflate alone could make a thousand bytes of one.
constexpr std::uint64_t most_expansion = 20;
constexpr std::uint64_t always_allowed = 1U << 30U;

constexpr const char* again = "; download it again";

tl::unexpected<Error> broken(std::string_view what) { return fail(Errc::protocol, std::string(what) + again); }

std::uint64_t little(const std::string& bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8U | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

Result<std::string> read_at(int fd, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const ssize_t n = pread(fd, bytes.data() + have, size - have, static_cast<off_t>(offset + have));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(Errc::storage, "cannot be read: the disk reports an error; check the disk");
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  bytes.resize(have);
  return bytes;
}

// What an end-of-directory record claims (PKWARE APPNOTE 4.3.14 to 4.3.16). libzip believes it and allocates by it.
struct Claim {
  std::uint64_t entries{}, size{};
};

std::optional<Claim> zip64_claim(int fd, const std::string& tail, std::size_t end) {
  if (end < 20 || tail.compare(end - 20, 4, "PK\6\7") != 0) return std::nullopt;
  const auto record = read_at(fd, little(tail, end - 20 + 8, 8) & INT64_MAX, 56);
  if (!record || record->size() < 56 || record->compare(0, 4, "PK\6\6") != 0) return std::nullopt;
  return Claim{little(*record, 32, 8), little(*record, 40, 8)};
}

// A hostile file may hold several ends, of which libzip takes the one it likes: each must be within bounds.
Result<void> check_end(int fd, std::uint64_t size) {
  constexpr std::uint64_t longest_end = 22 + 0xffff + 20;
  const std::uint64_t from = size > longest_end ? size - longest_end : 0;
  const auto tail = read_at(fd, from, static_cast<std::size_t>(size - from));
  if (!tail) return fail(tail.error());
  bool found = false;
  for (std::size_t at = tail->find("PK\5\6"); at != std::string::npos; at = tail->find("PK\5\6", at + 1)) {
    if (tail->size() - at < 22) break;
    found = true;
    const Claim small{little(*tail, at + 10, 2), little(*tail, at + 12, 4)};
    const Claim claim = zip64_claim(fd, *tail, at).value_or(small);
    if (claim.entries > most_entries || claim.size > longest_directory)
      return fail(Errc::protocol, fmt::format("claims a directory of {} entries in {} bytes: no IPSW has such a one",
                                              claim.entries, claim.size));
  }
  if (!found) return broken("is no zip archive, or it is truncated: its end is missing");
  return {};
}

struct DiscardZip {
  void operator()(zip_t* zip) const { zip_discard(zip); }
};
using Zip = std::unique_ptr<zip_t, DiscardZip>;
struct CloseEntry {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using Entry = std::unique_ptr<zip_file_t, CloseEntry>;

struct Archive {
  Zip zip;
  std::uint64_t size{};  // of the file
  std::vector<zip_stat_t> entries;
};

Result<void> list(Archive& archive) {
  std::uint64_t packed = 0, unpacked = 0;
  const auto count = zip_get_num_entries(archive.zip.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    zip_stat_t entry;
    zip_stat_init(&entry);
    constexpr zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
    if (zip_stat_index(archive.zip.get(), static_cast<zip_uint64_t>(i), 0, &entry) != 0 || (entry.valid & needed) != needed)
      return broken("has a directory that cannot be read");
    // Before the sum, so that it cannot run over.
    if (entry.comp_size > archive.size - packed)
      return broken("names more bytes than it has: it is truncated, or a zip bomb");
    packed += entry.comp_size;
    const std::uint64_t most = always_allowed + most_expansion * archive.size;
    if (entry.size > most - unpacked)
      return fail(Errc::protocol,
                  fmt::format("would unpack to more than {} MiB: it is a zip bomb, no IPSW; delete it", most >> 20U));
    unpacked += entry.size;
    archive.entries.push_back(entry);
  }
  return {};
}

Result<Archive> open_archive(int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return fail(Errc::usage, "is no file");
  Archive archive;
  archive.size = static_cast<std::uint64_t>(status.st_size);
  if (const auto end = check_end(fd, archive.size); !end) return fail(end.error());
  const int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);  // libzip closes what it is given
  if (own < 0) return fail(Errc::storage, "cannot be opened once more: too many files are open");
  lseek(own, 0, SEEK_SET);
  int error = 0;
  archive.zip.reset(zip_fdopen(own, 0, &error));
  if (!archive.zip) {
    close(own);
    return broken("is no zip archive that can be read");
  }
  if (const auto listed = list(archive); !listed) return fail(listed.error());
  return archive;
}

Result<Entry> open_entry(const Archive& archive, const zip_stat_t& entry) {
  Entry file(zip_fopen_index(archive.zip.get(), entry.index, 0));
  if (!file) return broken(fmt::format("holds {}, which cannot be unpacked", std::string_view(entry.name).substr(0, 80)));
  return file;
}

// Gives the bytes of an entry in pieces until `take` has had enough.
template <class Take>
Result<void> unpack(const Archive& archive, const zip_stat_t& entry, const Take& take) {
  const auto file = open_entry(archive, entry);
  if (!file) return fail(file.error());
  std::vector<char> piece(1U << 18U);
  std::uint64_t done = 0;
  while (true) {
    const zip_int64_t n = zip_fread(file->get(), piece.data(), piece.size());
    if (n < 0) return broken(fmt::format("is damaged: {} cannot be unpacked", std::string_view(entry.name).substr(0, 80)));
    if (n == 0) break;
    done += static_cast<std::uint64_t>(n);
    if (done > entry.size) break;
    if (const Result<void> taken = take(std::string_view(piece.data(), static_cast<std::size_t>(n))); !taken) return taken;
  }
  if (done != entry.size)
    return broken(fmt::format("is damaged: {} is not as long as it says", std::string_view(entry.name).substr(0, 80)));
  return {};
}

Result<std::string> unpack_manifest(const Archive& archive) {
  const zip_stat_t* found = nullptr;
  for (const zip_stat_t& entry : archive.entries) {
    if (std::string_view(entry.name) != "BuildManifest.plist") continue;
    if (found != nullptr) return fail(Errc::protocol, "has two BuildManifest.plist: it is no IPSW of Apple's");
    found = &entry;
  }
  if (found == nullptr) return fail(Errc::refused, "has no BuildManifest.plist: it is no IPSW; name an IPSW file");
  if (found->size > longest_manifest)
    return fail(Errc::protocol,
                fmt::format("has a BuildManifest.plist of {} MiB: it is no IPSW of Apple's", found->size >> 20U));
  std::string xml;
  const auto append = [&xml](std::string_view piece) -> Result<void> { return xml.append(piece), Result<void>(); };
  if (const auto whole = unpack(archive, *found, append); !whole) return fail(whole.error());
  return xml;
}

}  // namespace

Result<FirmwareManifest> read_ipsw(int fd) {
  const auto archive = open_archive(fd);
  if (!archive) return fail(archive.error());
  const auto xml = unpack_manifest(*archive);
  if (!xml) return fail(xml.error());
  auto manifest = read_manifest(*xml);
  if (!manifest) {
    const bool whole = manifest.error().code == Errc::refused;
    return fail(manifest.error().code, fmt::format("its BuildManifest.plist {}{}", manifest.error().message,
                                                   whole ? "; choose an image for Macs" : again));
  }
  std::set<std::string_view> names;
  for (const zip_stat_t& entry : archive->entries) names.insert(entry.name);
  for (const EraseInstall& install : manifest->erase_installs) {
    for (const std::string& file : install.files) {
      if (names.count(file) == 0)
        return broken(fmt::format("lacks {}, which its manifest names for {}", file.substr(0, 120), install.device_class));
    }
  }
  return manifest;
}

Result<void> check_ipsw_contents(int fd, const std::function<bool(std::uint64_t)>& at) {
  const auto archive = open_archive(fd);
  if (!archive) return fail(archive.error());
  std::uint64_t before = 0;
  for (const zip_stat_t& entry : archive->entries) {
    std::uint64_t unpacked = 0;
    const auto told = [&](std::string_view piece) -> Result<void> {
      unpacked += piece.size();
      const double share = static_cast<double>(unpacked) / static_cast<double>(entry.size);
      const auto done = before + static_cast<std::uint64_t>(static_cast<double>(entry.comp_size) * share);
      return at(done) ? Result<void>() : fail(Errc::cancelled, "the check was ended");
    };
    if (const auto whole = unpack(*archive, entry, told); !whole) return whole;
    before += entry.comp_size;
  }
  return {};
}

}  // namespace greenroom
