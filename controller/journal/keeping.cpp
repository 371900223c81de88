#include "controller/journal/keeping.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "controller/journal/archive.hpp"
#include "controller/journal/disk_words.hpp"
#include "controller/journal/fact_json.hpp"
#include "controller/journal/home.hpp"

namespace greenroom {
namespace {

namespace fs = std::filesystem;
using Access = JournalFile::Access;

tl::unexpected<Error> storage(const fs::path& path, const std::string& what) {
  return fail(Errc::storage, path.string() + ": " + what);
}

Result<void> give_name(const fs::path& from, const fs::path& to) {
  std::error_code trouble;
  fs::rename(from, to, trouble);
  if (trouble) return storage(from, "it cannot be renamed to " + to.string() + ": " + trouble.message());
  return {};
}

// A journal's file and what SQLite keeps beside it.
void remove_journal(const fs::path& path) {
  std::error_code ignored;
  for (const char* part : {"", "-wal", "-shm", "-journal"}) fs::remove(path.string() + part, ignored);
}

Result<Proof> proven(const fs::path& path) {
  const auto file = JournalFile::open(path, Access::read);
  if (!file) return fail(file.error());
  Proof proof = prove(**file);
  if (proof.wrong) return fail(Errc::storage, proof.wrong->what + "; use another backup");
  return proof;
}

bool is_database(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string start(15, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  return start == "SQLite format 3";  // sqlite.org/fileformat.html 1.3.1
}

// Facts as lines, into a new journal: their bytes as they are, because the chain is over them.
Result<void> import_lines(const fs::path& from, const fs::path& to) {
  std::ifstream lines(from, std::ios::binary);
  if (!lines) return storage(from, std::string("it cannot be read: ") + std::strerror(errno));
  auto file = JournalFile::open(to, Access::create);
  if (!file) return fail(file.error());
  constexpr std::size_t batch_size = 4096;
  std::vector<Line> batch;
  Mark at;
  for (std::string body; std::getline(lines, body);) {
    const auto fact = fact_from_json(body);
    if (!fact) return fail(fact.error().within(from.string() + ": line " + std::to_string(at.seq + 1)));
    if (fact->seq != at.seq + 1)
      return storage(from, "line " + std::to_string(at.seq + 1) + " holds fact " + std::to_string(fact->seq) +
                               "; give the lines of a whole journal, from fact 1");
    at = {fact->seq, chain_next(at.hash, body)};
    batch.push_back({at.seq, std::move(body), at.hash});
    if (batch.size() < batch_size) continue;
    if (auto done = (*file)->append(batch); !done) return done;
    batch.clear();
  }
  if (at.seq == 0) return storage(from, "it holds no fact; give a backup, or the lines of a journal");
  return (*file)->append(batch);
}

// Archives of a history that the restored journal does not know: kept, out of the way of new ones.
Result<void> set_archives_aside(const fs::path& db, const std::string& suffix, std::vector<fs::path>& aside) {
  std::vector<fs::path> known;
  {
    const auto file = JournalFile::open(db, Access::read);
    if (!file) return fail(file.error());
    const auto archives = (*file)->archives();
    if (!archives) return fail(archives.error());
    for (const Archived& a : *archives) known.push_back(archive_path(db, a));
  }
  std::vector<fs::path> others;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(db.parent_path() / "archive", ignored))
    if (entry.path().extension() == ".jsonl" && std::find(known.begin(), known.end(), entry.path()) == known.end())
      others.push_back(entry.path());
  std::sort(others.begin(), others.end());
  for (const fs::path& path : others) {
    const fs::path kept = path.string() + suffix;
    if (auto done = give_name(path, kept); !done) return done;
    aside.push_back(kept);
  }
  return {};
}

// What stands at `db` gets another name, its WAL with it. The new journal waits as journal.db.new meanwhile, and no
// service starts while that file is there.
Result<void> set_aside(const fs::path& db, const std::string& suffix, std::vector<fs::path>& aside) {
  std::error_code ignored;
  if (fs::exists(db, ignored)) {
    const auto old = JournalFile::open(db, Access::write);  // a sound one takes its WAL in when it is closed
    if (old) (void)(*old)->checkpoint();
  }
  fs::remove(db.string() + "-shm", ignored);
  for (const char* part : {"", "-wal"}) {
    const fs::path from = db.string().append(part);
    const fs::path kept = db.string().append(suffix).append(part);
    if (!fs::exists(from, ignored)) continue;
    if (auto done = give_name(from, kept); !done) return done;
    aside.push_back(kept);
  }
  return {};
}

std::string free_suffix(const fs::path& db) {
  std::error_code ignored;
  for (int n = 1;; ++n) {
    std::string suffix = ".before-restore-" + std::to_string(n);
    if (!fs::exists(db.string() + suffix, ignored) && !fs::exists(db.string() + suffix + "-wal", ignored)) return suffix;
  }
}

}  // namespace

fs::path journal_of(const fs::path& data) { return data / "journal.db"; }

Result<Proof> back_up(const fs::path& data, const fs::path& to) {
  std::error_code ignored;
  if (fs::exists(to, ignored)) return storage(to, "it exists already; give a new name");
  const auto file = JournalFile::open(journal_of(data), Access::read);
  if (!file) return fail(file.error());
  const fs::path part = to.string() + ".part";
  remove_journal(part);
  if (auto copied = (*file)->copy_to(part); !copied) return fail(copied.error());
  auto proof = proven(part);
  if (!proof) return fail(proof.error().within("the journal is damaged, and so would be its backup"));
  if (auto named = give_name(part, to); !named) return fail(named.error());
  if (auto synced = sync_folder(to.parent_path()); !synced) return fail(synced.error());
  return proof;
}

Result<Restored> restore(const fs::path& data, const fs::path& from) {
  std::error_code ignored;
  const fs::path db = journal_of(data);
  const fs::path fresh = db.string() + ".new";
  if (!fs::exists(from, ignored)) return storage(from, "there is no such file");
  if (fs::equivalent(from, db, ignored)) return storage(from, "it is the journal itself; give a backup");
  remove_journal(fresh);
  Restored restored;
  {
    if (is_database(from)) {
      const auto source = JournalFile::open(from, Access::read);
      if (!source) return fail(source.error());
      if (auto copied = (*source)->copy_to(fresh); !copied) return fail(copied.error());
    } else if (auto imported = import_lines(from, fresh); !imported) {
      remove_journal(fresh);
      return fail(imported.error());
    }
    auto proof = proven(fresh);
    if (!proof) {
      remove_journal(fresh);
      return fail(proof.error().within(from.string()));
    }
    restored.proof = std::move(*proof);
    const auto file = JournalFile::open(fresh, Access::write);
    if (!file) return fail(file.error());
    const auto home = home_of(fresh);
    if (!home) return fail(home.error());
    if (auto kept = (*file)->set_home(*home); !kept) return fail(kept.error());
  }  // closed: the new file is whole, without a WAL
  const std::string suffix = free_suffix(db);
  if (auto aside = set_aside(db, suffix, restored.aside); !aside) return fail(aside.error());
  if (auto named = give_name(fresh, db); !named) return fail(named.error());
  if (auto synced = sync_folder(data); !synced) return fail(synced.error());
  if (auto aside = set_archives_aside(db, suffix, restored.aside); !aside) return fail(aside.error());
  return restored;
}

Result<std::string> adopt(const fs::path& data) {
  const fs::path db = journal_of(data);
  const auto file = JournalFile::open(db, Access::write);
  if (!file) return fail(file.error());
  const auto before = (*file)->home();
  if (!before) return fail(before.error());
  const auto here = home_of(db);
  if (!here) return fail(here.error());
  if (auto kept = (*file)->set_home(*here); !kept) return fail(kept.error());
  return *before;
}

Result<Retained> retain(const fs::path& data, std::optional<Seq> before, std::optional<WallTime> older_than) {
  const auto file = JournalFile::open(journal_of(data), Access::write);
  if (!file) return fail(file.error());
  const auto head = (*file)->head();
  if (!head) return fail(head.error());
  Seq last = before ? std::max<Seq>(*before, 1) - 1 : head->seq;
  if (older_than) {
    const auto since = (*file)->first_since(*older_than);
    if (!since) return fail(since.error());
    if (*since) last = std::min(last, **since - 1);
  }
  const auto archives = (*file)->archives();
  if (!archives) return fail(archives.error());
  const auto snapshot = (*file)->snapshot();
  if (!snapshot) return fail(snapshot.error());
  Retained done;
  const Seq covered = *snapshot ? (*snapshot)->seq : 0;
  if (covered < last) {
    done.stays = *snapshot
                     ? "the last snapshot is of fact " + std::to_string(covered) + ", and what follows it is read at a start"
                     : "there is no snapshot yet: a start needs every fact";
    last = covered;
  }
  Mark at = archives->empty() ? Mark{} : archives->back().last;
  while (at.seq < last) {
    const Seq count = std::min<Seq>(last - at.seq, facts_in_an_archive);
    const auto lines = read_lines(**file, at.seq + 1, count);
    if (!lines) return fail(lines.error());
    if (lines->size() != count) return storage(journal_of(data), "it ends too early; see `greenroom journal verify`");
    const Archived archive{at.seq + 1, at, {lines->back().seq, lines->back().hash}};
    if (auto written = write_archive((*file)->path(), archive, *lines); !written) return fail(written.error());
    if (auto noted = (*file)->forget(archive); !noted) return fail(noted.error());
    at = archive.last;
    done.facts += lines->size();
    ++done.archives;
    (void)(*file)->checkpoint();  // a WAL that cannot be moved in now is moved in later
  }
  done.first = at.seq + 1;
  return done;
}

}  // namespace greenroom
