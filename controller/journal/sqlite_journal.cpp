#include "controller/journal/sqlite_journal.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "controller/journal/archive.hpp"
#include "controller/journal/fact_json.hpp"
#include "controller/journal/home.hpp"
#include "controller/journal/journal_file.hpp"
#include "hw/async/handover.hpp"
#include "hw/base/log.hpp"

namespace greenroom {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t proven_at_open = 512;  // facts; about a millisecond

// The one thread beside the loop. It owns the writing connection and the chain's end, runs one job after the other, and
// hands what a job gives back to the loop by post; it touches nothing else.
class Writer {
 public:
  using Then = std::function<void()>;  // runs on the loop
  using Job = std::function<Then(JournalFile&, Mark& end)>;

  Writer(asio::any_io_executor loop, std::unique_ptr<JournalFile> file, Mark end, int wal_pages)
      : loop_(std::move(loop)), file_(std::move(file)), end_(end), wal_pages_(wal_pages), thread_([this] { run(); }) {}
  // Waits for the job under way; those behind it are dropped, nobody was told that they are durable.
  ~Writer() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void put(Job job) {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
  }

 private:
  void run() {
    sigset_t all;  // signals are the loop's: none may interrupt a sync
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    while (true) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
      if (stop_) return;
      Job job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      asio::post(loop_, job(*file_, end_));
      tidy();
    }
  }

  // After the answer, so that no commit waits for it. What fails here is still in the WAL: it is told once.
  void tidy() {
    if (file_->wal_pages() < wal_pages_) return;
    const auto done = file_->checkpoint();
    const std::string trouble = done ? "" : done.error().message;
    if (!trouble.empty() && trouble != told_)
      asio::post(loop_, [trouble] { log::warn(trouble + " (nothing is lost, the -wal file grows meanwhile)"); });
    told_ = trouble;
  }

  asio::any_io_executor loop_;
  std::unique_ptr<JournalFile> file_;
  Mark end_;
  int wal_pages_;
  std::string told_;
  std::mutex mutex_;  // of the two below
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool stop_{};
  std::thread thread_;  // last: it uses all of the above
};

// On the writer's thread: lines, hashes, one transaction.
Result<Mark> commit(JournalFile& file, const Mark& end, const Facts& facts) {
  std::vector<Line> lines;
  lines.reserve(facts.size());
  Mark at = end;
  for (const Fact& fact : facts) {
    if (fact.seq != at.seq + 1) {
      return fail(Errc::storage, file.path().string() + ": fact " + std::to_string(fact.seq) + " does not follow fact " +
                                     std::to_string(at.seq) + "; a second writer is at work");
    }
    std::string body = to_json_line(fact);
    at = {fact.seq, chain_next(at.hash, body)};
    lines.push_back({at.seq, std::move(body), at.hash});
  }
  if (auto done = file.append(lines); !done) return fail(done.error());
  return at;
}

// The end of the file is the end of what was written, and the facts before it are as they were written. Archives are not
// asked for: where a snapshot stands, a start needs none of them.
Result<Mark> prove_end(const JournalFile& file) {
  const auto head = file.head();
  if (!head) return fail(head.error());
  const auto archives = file.archives();
  if (!archives) return fail(archives.error());
  Mark last = archives->empty() ? Mark{} : archives->back().last;
  const Seq from = std::max(last.seq, head->seq - std::min<Seq>(head->seq, proven_at_open)) + 1;
  const auto lines = read_lines(file, from, proven_at_open + 1);
  if (!lines) return fail(lines.error());
  if (!lines->empty()) last = {lines->back().seq, lines->back().hash};
  if (last == *head) return last;
  return fail(Errc::storage,
              file.path().string() + ": it should end with fact " + std::to_string(head->seq) + ", and " +
                  (last.seq == head->seq ? "that fact has another hash" : "ends with " + std::to_string(last.seq)) +
                  "; see `greenroom journal verify`, then restore a backup (greenroom journal restore)");
}

// A missing journal is made anew only where there never was one.
Result<void> nothing_left_over(const fs::path& db) {
  const auto refuse = [&](const std::string& what) {
    return fail(Errc::storage,
                db.string() + ": it is missing, but " + what +
                    " is there; finish with greenroom journal restore --from BACKUP, or give a new directory");
  };
  std::error_code ignored;
  for (const char* rest : {".new", "-wal"})
    if (const fs::path left = db.string() + rest; fs::exists(left, ignored)) return refuse(left.filename().string());
  const fs::path archive = db.parent_path() / "archive";
  if (fs::exists(archive, ignored) && !fs::is_empty(archive, ignored)) return refuse(archive.string());
  return {};
}

}  // namespace

struct SqliteJournal::Parts {
  std::shared_ptr<Mark> end;            // as the loop knows it; shared with answers that are on their way
  std::unique_ptr<JournalFile> reader;  // closed before the writer's
  std::unique_ptr<Writer> writer;
  ~Parts() { reader.reset(); }
};

SqliteJournal::SqliteJournal(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SqliteJournal::~SqliteJournal() = default;

Result<std::unique_ptr<SqliteJournal>> SqliteJournal::open(asio::any_io_executor loop, fs::path db) {
  return open(std::move(loop), std::move(db), Options{});
}

Result<std::unique_ptr<SqliteJournal>> SqliteJournal::open(asio::any_io_executor loop, fs::path db, Options options) {
  std::error_code ignored;
  const bool fresh = !fs::exists(db, ignored);
  if (fresh)
    if (auto clear = nothing_left_over(db); !clear) return fail(clear.error());
  const JournalFile::Options how{options.vfs, options.patience};
  auto file = JournalFile::open(db, JournalFile::Access::create, how);
  if (!file) return fail(file.error());
  auto end = prove_end(**file);
  if (!end) return fail(end.error());
  auto home = (*file)->home();
  if (!home) return fail(home.error());
  if (home->empty() && end->seq == 0) {  // made just now
    auto here = home_of(db, options.machine);
    if (!here) return fail(here.error());
    if (auto kept = (*file)->set_home(*here); !kept) return fail(kept.error());
    home = *here;
  }
  if (auto good = at_home(db, *home, options.machine); !good) return fail(good.error());
  auto reader = JournalFile::open(db, JournalFile::Access::read, how);
  if (!reader) return fail(reader.error());
  auto parts = std::make_unique<Parts>();
  parts->end = std::make_shared<Mark>(*end);
  parts->reader = std::move(*reader);
  parts->writer = std::make_unique<Writer>(std::move(loop), std::move(*file), *end, options.wal_pages);
  return std::unique_ptr<SqliteJournal>(new SqliteJournal(std::move(parts)));
}

Task<Seq> SqliteJournal::append(Facts facts) {
  Handover<Seq> answer;
  Writer::Job job = [facts = std::move(facts), giver = answer.giver(), known = parts_->end](JournalFile& file,
                                                                                            Mark& end) -> Writer::Then {
    Result<Mark> done = commit(file, end, facts);
    if (done) end = *done;
    return [done, giver, known] {
      if (done) *known = *done;
      giver.give(done.map([](const Mark& mark) { return mark.seq; }));
    };
  };
  parts_->writer->put(std::move(job));
  co_return co_await answer.take();
}

Result<Facts> SqliteJournal::read(Seq from, std::size_t limit) const {
  const auto lines = read_lines(*parts_->reader, from, limit);
  if (!lines) return fail(lines.error());
  Facts facts;
  facts.reserve(lines->size());
  for (const Line& line : *lines) {
    auto fact = fact_from_json(line.body);
    if (!fact) return fail(fact.error().within(parts_->reader->path().string() + ": fact " + std::to_string(line.seq)));
    facts.push_back(std::move(*fact));
  }
  return facts;
}

std::string SqliteJournal::chain() const { return chain_hex(parts_->end->hash); }
Seq SqliteJournal::last() const { return parts_->end->seq; }

Task<void> SqliteJournal::keep(Snapshot snapshot) {
  Handover<void> answer;
  Writer::Job job = [snapshot = std::move(snapshot), giver = answer.giver()](JournalFile& file, Mark&) -> Writer::Then {
    Result<void> done = file.keep(snapshot);
    return [done, giver] { giver.give(done); };
  };
  parts_->writer->put(std::move(job));
  co_return co_await answer.take();
}

Result<std::optional<Snapshot>> SqliteJournal::snapshot() const { return parts_->reader->snapshot(); }

}  // namespace greenroom
