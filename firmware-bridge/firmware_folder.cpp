#include "firmware-bridge/firmware_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>

#include "firmware-bridge/firmware_archive.hpp"
#include "firmware-bridge/job_files.hpp"

namespace greenroom {
namespace {

std::string list_path(const std::string& folder) { return folder + "/greenroom-firmware.json"; }

std::string this_boot() {
  const auto id = read_whole("/proc/sys/kernel/random/boot_id");
  return id && *id ? (*id)->substr(0, (*id)->find('\n')) : std::string();
}

Result<std::vector<std::string>> ipsw_names(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> names;
  for (auto at = std::filesystem::directory_iterator(folder, error); !error && at != std::filesystem::directory_iterator();
       at.increment(error)) {
    std::string name = at->path().filename().string();
    std::string ending = at->path().extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
    if (name.front() != '.' && ending == ".ipsw") names.push_back(std::move(name));
  }
  if (error)
    return fail(Errc::storage,
                fmt::format("{} cannot be read: {}; make it, or name another with --folder", folder, error.message()));
  std::sort(names.begin(), names.end());
  return names;
}

FileMark mark_of(const struct stat& s) {
  const auto ns = static_cast<std::uint64_t>(s.st_mtim.tv_sec) * 1000000000U + static_cast<std::uint64_t>(s.st_mtim.tv_nsec);
  return {static_cast<std::uint64_t>(s.st_size), s.st_ino, ns & INT64_MAX};  // one before 1970 is only kept apart
}

}  // namespace

FirmwareFile read_firmware_file(const std::string& path, const DigestRecord* record, std::string_view boot,
                                const FirmwareFile* before) {
  FirmwareFile file;
  file.name = std::filesystem::path(path).filename().string();
  if (record != nullptr) file.sha256 = record->sha256;
  // A pipe that nobody writes to would hold the opener for ever.
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!fd || fstat(fd.get(), &status) != 0) {
    file.trouble = system_error("it cannot be opened").message;
    return file;
  }
  file.mark = mark_of(status);
  file.trust = trust_in(file.mark, record, boot);
  if (before != nullptr && before->manifest && before->mark == file.mark) {
    file.manifest = before->manifest;
    return file;
  }
  auto manifest = read_ipsw(fd.get());
  if (manifest) file.manifest = std::move(*manifest);
  else file.trouble = manifest.error().message;
  return file;
}

Result<FirmwareFolder> read_firmware_folder(const std::string& path, const FirmwareFolder& before) {
  FirmwareFolder folder;
  folder.path = path;
  folder.boot = this_boot();
  const auto names = ipsw_names(path);
  if (!names) return fail(names.error());
  const auto text = read_whole(list_path(path));
  if (!text) return fail(text.error());
  if (*text) {
    auto digests = parse_digests(**text);
    if (!digests)
      return fail(digests.error().code,
                  fmt::format("{} {}; delete it, and add each file again", list_path(path), digests.error().message));
    folder.digests = std::move(*digests);
  }
  struct statvfs disk {};
  if (statvfs(path.c_str(), &disk) == 0) folder.free_bytes = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  for (const std::string& name : *names) {
    const auto known =
        std::find_if(before.files.begin(), before.files.end(), [&name](const auto& f) { return f.name == name; });
    folder.files.push_back(read_firmware_file(fmt::format("{}/{}", path, name), record_of(folder, name), folder.boot,
                                              known == before.files.end() ? nullptr : &*known));
  }
  return folder;
}

const DigestRecord* record_of(const FirmwareFolder& folder, std::string_view name) {
  const auto found =
      std::find_if(folder.digests.begin(), folder.digests.end(), [name](const DigestRecord& r) { return r.name == name; });
  return found == folder.digests.end() ? nullptr : &*found;
}

Result<void> write_digests(const FirmwareFolder& folder) {
  const std::string path = list_path(folder.path);
  if (auto written = write_whole(path, print(folder.digests)); !written) return written;
  std::error_code ignored;  // whoever adds may be another user than the service, which reads it
  std::filesystem::permissions(path, std::filesystem::perms{0644}, ignored);
  if (auto durable = sync(path); !durable) return durable;
  return sync(folder.path);
}

}  // namespace greenroom
