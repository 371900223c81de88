#include "controller/journal/archive.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "controller/journal/disk_words.hpp"

namespace greenroom {
namespace {

namespace fs = std::filesystem;

Error wrong(const fs::path& file, const std::string& what) {
  return {Errc::storage, file.string() + ": " + what + "; put back the archive as it was, from a backup of DATA/archive"};
}

Error failed(const fs::path& file, const char* doing, int number) {
  return {Errc::storage, file.string() + ": " + doing + ": " + std::strerror(number) +
                             (number == ENOSPC ? "; make room on the disk" : "; look at the disk and at the file's owner")};
}

// The whole text, on the disk when it ends.
Result<void> write_synced(const fs::path& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return fail(failed(path, "it cannot be made", errno));
  int trouble = 0;
  for (std::size_t at = 0; at < text.size() && trouble == 0;) {
    const ssize_t n = ::write(fd, text.data() + at, text.size() - at);
    if (n > 0) at += static_cast<std::size_t>(n);
    else if (errno != EINTR) trouble = errno;
  }
  if (trouble == 0 && ::fsync(fd) != 0) trouble = errno;
  ::close(fd);
  if (trouble != 0) return fail(failed(path, "it cannot be written", trouble));
  return {};
}

Result<std::vector<Line>> read_proven(const fs::path& path, const Archived& archive) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return fail(wrong(path, "facts " + std::to_string(archive.first) + " to " + std::to_string(archive.last.seq) +
                                " were moved there, and it cannot be read"));
  std::vector<Line> lines;
  Mark at = archive.before;
  for (std::string body; std::getline(file, body);) {
    at = {at.seq + 1, chain_next(at.hash, body)};
    lines.push_back({at.seq, std::move(body), at.hash});
  }
  if (at.seq != archive.last.seq)
    return fail(
        wrong(path, "it ends with fact " + std::to_string(at.seq) + " and not with " + std::to_string(archive.last.seq)));
  if (at != archive.last) return fail(wrong(path, "a byte of it was changed: its last hash is not the one that was noted"));
  return lines;
}

}  // namespace

fs::path archive_path(const fs::path& journal, const Archived& archive) {
  return journal.parent_path() / "archive" /
         ("facts-" + std::to_string(archive.first) + "-" + std::to_string(archive.last.seq) + ".jsonl");
}

Result<std::vector<Line>> read_archive(const fs::path& journal, const Archived& archive) {
  return read_proven(archive_path(journal, archive), archive);
}

Result<void> write_archive(const fs::path& journal, const Archived& archive, const std::vector<Line>& lines) {
  const fs::path path = archive_path(journal, archive);
  const fs::path part = path.string() + ".part";
  std::error_code trouble;
  fs::create_directories(path.parent_path(), trouble);
  if (trouble) return fail(failed(path.parent_path(), "it cannot be made", trouble.value()));
  std::string text;
  for (const Line& line : lines) text += line.body + "\n";
  if (auto done = write_synced(part, text); !done) return done;
  if (auto back = read_proven(part, archive); !back) return fail(back.error());
  fs::rename(part, path, trouble);
  if (trouble) return fail(failed(path, "it cannot get its name", trouble.value()));
  if (auto done = sync_folder(path.parent_path()); !done) return done;
  return sync_folder(journal.parent_path());
}

Result<std::vector<Line>> read_lines(const JournalFile& file, Seq from, std::size_t limit) {
  std::vector<Line> out;
  Seq next = std::max<Seq>(from, 1);
  while (out.size() < limit) {
    auto page = file.page(next, limit - out.size());
    if (!page) return fail(page.error());
    if (page->archive) {
      auto lines = read_archive(file.path(), *page->archive);
      if (!lines) return fail(lines.error());
      for (Line& line : *lines)
        if (line.seq >= next && out.size() < limit) out.push_back(std::move(line));
      next = page->archive->last.seq + 1;
      continue;
    }
    std::optional<Mark> at = page->before;
    for (Line& line : page->lines) {
      const bool follows = at && line.seq == at->seq + 1;
      if (!follows || chain_next(at->hash, line.body) != line.hash) {
        return fail(Errc::storage,
                    file.path().string() + ": fact " + std::to_string(follows ? line.seq : next) +
                        (follows ? " is not as it was written" : " is missing") +
                        "; see `greenroom journal verify`, then restore a backup (greenroom journal restore)");
      }
      at = Mark{line.seq, line.hash};
      next = line.seq + 1;
      out.push_back(std::move(line));
    }
    break;
  }
  return out;
}

}  // namespace greenroom
