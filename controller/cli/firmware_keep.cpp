// greenroom firmware add | check: what is written in the folder of firmware. One at a time, by the lock of the folder.
#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "config/reader/reader.hpp"
#include "controller/cli/firmware_verbs.hpp"
#include "controller/cli/options.hpp"
#include "controller/cli/pdu_line.hpp"
#include "firmware-bridge/firmware_archive.hpp"
#include "firmware-bridge/job_files.hpp"
#include "hw/base/file_lock.hpp"

namespace greenroom::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t spare = 1000000000;  // an engine extracts and logs beside it

volatile sig_atomic_t ended = 0;

// A signal ends the work between two pieces; nothing is left half-done.
void end_on_signals() {
  for (const int number : ending_signals()) signal(number, [](int) { ended = 1; });
}

// Tells a terminal how far it is, by whole percents.
Going going_of(const std::string& what, std::uint64_t size) {
  const bool watched = isatty(STDERR_FILENO) == 1;
  return [what, size, watched, last = std::uint64_t{101}](std::uint64_t done) mutable {
    const std::uint64_t percent = size == 0 ? 100 : done * 100 / size;
    if (watched && percent != last)
      std::fprintf(stderr, "\r%s: %3d %%%s", what.c_str(), static_cast<int>(percent), percent >= 100 ? "\n" : "");
    last = percent;
    return ended == 0;
  };
}

Result<void> write_all(int to, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t n = write(to, bytes, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(system_error("the copy cannot be written"));
    bytes += n;
    size -= static_cast<std::size_t>(n);
  }
  return {};
}

std::uint64_t size_of(const Fd& file) {
  struct stat status {};
  return fstat(file.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

Result<FileLock> lock_folder(const FirmwareOptions& options, const char* verb) {
  return FileLock::take(options.folder + "/.greenroom-firmware.lock", options.folder, verb, "wait until it ends");
}

void keep(FirmwareFolder& folder, DigestRecord record) {
  const auto same = [&record](const DigestRecord& r) { return r.name == record.name; };
  folder.digests.erase(std::remove_if(folder.digests.begin(), folder.digests.end(), same), folder.digests.end());
  folder.digests.push_back(std::move(record));
}

// ---- add ----

struct Adding {
  FirmwareOptions options;
  std::string file, sha256;
};

Result<void> check_digest(const Adding& adding, const std::string& digest) {
  if (adding.sha256.empty() || adding.sha256 == digest) return {};
  return fail(Errc::refused, fmt::format("its SHA-256 is {}, not {} as was said; download it again", digest, adding.sha256));
}

// A file that is in the folder already stays as it is.
Result<void> read_in_place(const Adding& adding, const Fd& from, const std::string& name, std::string& digest) {
  const auto hashed = sha256_of(from.get(), -1, going_of(name, size_of(from)));
  if (!hashed) return fail(hashed.error());
  digest = *hashed;
  return check_digest(adding, digest);
}

// Into a file of no name that ends in .ipsw, which no engine is given; it has its own name when it is whole.
Result<void> copy_in(const Adding& adding, const Fd& from, const std::string& name, std::string& digest) {
  const std::string draft = adding.options.folder + "/.incoming";
  const std::string target = adding.options.folder + "/" + name;
  std::error_code none;
  if (fs::exists(target, none))
    return fail(Errc::refused, fmt::format("{} is there already; to take it anew, delete that first", target));
  const std::uint64_t size = size_of(from);
  const std::uint64_t free = fs::space(adding.options.folder, none).available;
  if (size + spare > free)
    return fail(Errc::storage,
                fmt::format("{} has {:.1f} GB free and the copy needs {:.1f} GB; make room there", adding.options.folder,
                            static_cast<double>(free) / 1e9, static_cast<double>(size + spare) / 1e9));
  unlink(draft.c_str());  // of an earlier copy that was killed
  const Fd to(open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0444));
  if (!to) return fail(system_error(draft + " cannot be made"));
  const auto taken = [&]() -> Result<void> {
    const auto hashed = sha256_of(from.get(), to.get(), going_of("copying " + name, size));
    if (!hashed) return fail(hashed.error());
    digest = *hashed;
    if (auto right = check_digest(adding, digest); !right) return right;
    // A digest that somebody else knew says it all.
    if (adding.sha256.empty()) {
      if (auto whole = check_ipsw_contents(to.get(), going_of("unpacking " + name, size)); !whole) return whole;
    }
    if (fsync(to.get()) != 0) return fail(system_error(draft + " cannot be made durable"));
    if (rename(draft.c_str(), target.c_str()) != 0) return fail(system_error(target + " cannot be named"));
    return {};
  }();
  if (!taken) unlink(draft.c_str());
  return taken;
}

Result<std::string> add(const Adding& adding, const char* verb) {
  const auto lock = lock_folder(adding.options, verb);
  if (!lock) return fail(lock.error());
  auto folder = read_firmware_folder(adding.options.folder);
  if (!folder) return fail(folder.error());
  const std::string name = fs::path(adding.file).filename().string();
  const auto refuse = [&adding](const Error& e) { return fail(e.within(adding.file)); };
  const Fd from(open(adding.file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!from) return fail(system_error(adding.file + " cannot be opened"));
  if (const auto manifest = read_ipsw(from.get()); !manifest) return refuse(manifest.error());
  if (name.front() == '.' || fs::path(name).extension() != ".ipsw")
    return fail(Errc::usage, fmt::format("{}: its name must end in .ipsw and begin with no dot", adding.file));

  std::error_code none;
  const bool inside = fs::equivalent(fs::absolute(adding.file, none).parent_path(), adding.options.folder, none);
  std::string digest;
  const auto taken = inside ? read_in_place(adding, from, name, digest) : copy_in(adding, from, name, digest);
  if (!taken) return refuse(taken.error());
  const std::string path = adding.options.folder + "/" + name;
  if (inside && adding.sha256.empty()) {
    const auto whole = check_ipsw_contents(from.get(), going_of("unpacking " + name, size_of(from)));
    if (!whole) return refuse(whole.error());
  }
  keep(*folder, {name, read_firmware_file(path, nullptr, folder->boot).mark, digest, digest, folder->boot});
  if (const auto written = write_digests(*folder); !written) return fail(written.error());
  folder = read_firmware_folder(adding.options.folder);
  if (!folder) return fail(folder.error());
  for (const FirmwareFile& f : folder->files) {
    if (f.name != name) continue;
    if (const FirmwareFile* other = same_as(folder->files, f); other != nullptr)
      std::fprintf(stderr, "%s: %s is of the same build as %s; one of the two is enough\n", verb, name.c_str(),
                   other->name.c_str());
    if (adding.options.json) return file_json(*folder, f);
    return fmt::format("{}: {} {} ({}), SHA-256 {}\n", f.name, system_of(*f.manifest), f.manifest->version,
                       f.manifest->build, f.sha256);
  }
  return fail(Errc::storage, fmt::format("{} is gone from the folder again; look who else works there", path));
}

// ---- check ----

struct Checking {
  FirmwareOptions options;
  std::vector<std::string> names;
  bool stale{};
};

// Reads the file whole, and keeps what was found. What is wrong with it stands in its trouble.
void check_file(FirmwareFolder& folder, FirmwareFile& file) {
  const DigestRecord* known = record_of(folder, file.name);
  if (!file.trouble.empty()) return;
  if (known == nullptr) {
    file.trouble = fmt::format("was never added, so there is nothing to compare it with; greenroom firmware add {}/{}",
                               folder.path, file.name);
    return;
  }
  const std::string path = folder.path + "/" + file.name;
  const Fd from(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const auto found = sha256_of(from.get(), -1, going_of(file.name, file.mark.size));
  if (!found) {
    file.trouble = found.error().message;
    return;
  }
  DigestRecord record = *known;
  record.found = *found;
  record.boot = folder.boot;
  const FileMark before = file.mark;
  file = read_firmware_file(path, &record, folder.boot);
  if (file.mark != before) {
    file.trouble = "was written while it was read; wait until whoever writes it is done, then check again";
    return;
  }
  record.mark = before;
  file.trust = trust_in(before, &record, folder.boot);
  if (file.trust == FirmwareTrust::damaged)
    file.trouble = fmt::format("is not what was added: its SHA-256 is {}, and was {}; delete it and download it again",
                               record.found, record.sha256);
  keep(folder, std::move(record));
}

Result<std::vector<FirmwareFile*>> wanted(FirmwareFolder& folder, const Checking& checking) {
  std::vector<FirmwareFile*> files;
  for (FirmwareFile& f : folder.files) {
    const bool named = checking.names.empty() || std::count(checking.names.begin(), checking.names.end(), f.name) > 0;
    if (named && !(checking.stale && f.trust == FirmwareTrust::verified)) files.push_back(&f);
  }
  for (const std::string& name : checking.names) {
    const bool there =
        std::any_of(folder.files.begin(), folder.files.end(), [&name](const FirmwareFile& f) { return f.name == name; });
    if (!there)
      return fail(Errc::usage, fmt::format("{} has no {}; name files as `greenroom firmware list` does", folder.path,
                                           greenroom::quoted(name)));
  }
  return files;
}

Result<bool> check(const Checking& checking, const char* verb, std::string& answer) {
  const auto lock = lock_folder(checking.options, verb);
  if (!lock) return fail(lock.error());
  auto folder = read_firmware_folder(checking.options.folder);
  if (!folder) return fail(folder.error());
  const auto files = wanted(*folder, checking);
  if (!files) return fail(files.error());
  bool good = true;
  std::string text, objects;
  for (FirmwareFile* file : *files) {
    check_file(*folder, *file);
    if (ended != 0)
      return fail(Errc::cancelled,
                  fmt::format("it was told to end before {} was read; what was checked before is kept", file->name));
    // Kept at once: a check of many files takes an hour, and may be ended.
    if (const auto written = write_digests(*folder); !written) return fail(written.error());
    good = good && file->trouble.empty();
    text += fmt::format("{}: {}\n", file->name, file->trouble.empty() ? "good" : file->trouble);
    std::string object = file_json(*folder, *file);
    object.pop_back();
    objects += (objects.empty() ? "" : ",") + object;
  }
  answer = checking.options.json ? fmt::format("[{}]\n", objects) : text;
  return good;
}

}  // namespace

Result<std::string> sha256_of(int from, int to, const Going& going) {
  struct Free {
    void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
  };
  const std::unique_ptr<EVP_MD_CTX, Free> hash(EVP_MD_CTX_new());
  if (!hash || EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr) != 1)
    return fail(Errc::storage, "OpenSSL has no SHA-256");
  std::vector<char> piece(1U << 20U);
  std::uint64_t done = 0;
  lseek(from, 0, SEEK_SET);
  while (true) {
    if (!going(done)) return fail(Errc::cancelled, "it was told to end; nothing was kept of it");
    const ssize_t n = read(from, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(system_error("it cannot be read"));
    if (n == 0) break;
    EVP_DigestUpdate(hash.get(), piece.data(), static_cast<std::size_t>(n));
    if (to >= 0) {
      if (const auto written = write_all(to, piece.data(), static_cast<std::size_t>(n)); !written)
        return fail(written.error());
    }
    done += static_cast<std::uint64_t>(n);
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(hash.get(), digest, &size);
  std::string text;
  for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

int firmware_add(const std::vector<std::string>& arguments) {
  constexpr const char* verb = "greenroom firmware add";
  Adding adding;
  CLI::App app{
      "Takes an IPSW file into the folder: reads what it is, copies it, unpacks every entry once (to nowhere), and keeps "
      "its "
      "SHA-256. A file that is in the folder already stays where it is. Nothing is taken that is not whole.",
      verb};
  add_firmware_options(app, adding.options);
  app.add_option("FILE", adding.file, "the IPSW")->required();
  app.add_option("--sha256", adding.sha256, "what its SHA-256 is known to be; then nothing is unpacked");
  if (const auto code = parsed(app, arguments)) return *code;
  std::transform(adding.sha256.begin(), adding.sha256.end(), adding.sha256.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  if (!adding.sha256.empty() &&
      (adding.sha256.size() != 64 || adding.sha256.find_first_not_of("0123456789abcdef") != std::string::npos)) {
    std::fprintf(stderr, "%s: --sha256: 64 hex digits are needed, not %s\n", verb, greenroom::quoted(adding.sha256).c_str());
    return 2;
  }
  end_on_signals();
  const auto added = add(adding, verb);
  return concluded(verb, added ? put_out(*added) : fail(added.error()));
}

int firmware_check(const std::vector<std::string>& arguments) {
  constexpr const char* verb = "greenroom firmware check";
  Checking checking;
  CLI::App app{"Reads files of the folder whole and compares them with what was added. Without names: all of them.", verb};
  add_firmware_options(app, checking.options);
  app.add_option("NAME", checking.names, "files, as `greenroom firmware list` names them");
  app.add_flag("--stale", checking.stale, "only those that were not verified since this machine started");
  if (const auto code = parsed(app, arguments)) return *code;
  end_on_signals();
  std::string answer;
  const auto good = check(checking, verb, answer);
  if (!good) return concluded(verb, fail(good.error()));
  const int code = concluded(verb, put_out(answer));
  return code != 0 ? code : *good ? 0 : 1;
}

}  // namespace greenroom::cli
