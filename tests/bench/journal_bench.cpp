// The journal on this machine's disk: facts a second in group commits (claimed: at least 20,000), the time of one commit at
// the 50th and 99th percentile, beside a plain SQLite insert loop with the same rows on the same disk in the same run; and
// how long a journal of a million facts takes to open. Exits 1 when a claim does not hold. `--quick` takes a tenth.
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "controller/journal/fact_json.hpp"
#include "controller/journal/journal_file.hpp"
#include "tests/support/journal_rig.hpp"

namespace {

namespace gr = greenroom;
using Clock = std::chrono::steady_clock;

double us_since(Clock::time_point began) { return std::chrono::duration<double, std::micro>(Clock::now() - began).count(); }

// What a busy second writes: grants, switches, sensed states.
gr::Fact fact(gr::Seq seq) {
  const std::string outlet = "left:" + std::to_string(seq % 24 + 1);
  gr::FactBody body = gr::GrantIssued{outlet, gr::Amps::of(1.485), "next in the order of service"};
  if (seq % 3 == 1) body = gr::GrantEnded{outlet, "its Mac was scanned out"};
  return {seq, gr::TimePoint{gr::Duration{seq * 1000}}, gr::WallTime{gr::Duration{seq * 1000}}, "greenroom", seq - 1, body};
}

gr::Facts facts(gr::Seq first, std::size_t count) {
  gr::Facts all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(fact(first + i));
  return all;
}

struct Times {
  double p50_us{}, p99_us{}, facts_a_second{};
};

Times times_of(std::vector<double> us, std::size_t batch) {
  double total = 0;
  for (const double x : us) total += x;
  std::sort(us.begin(), us.end());
  return {us[us.size() / 2], us[us.size() * 99 / 100], static_cast<double>(us.size() * batch) / total * 1e6};
}

void must(bool good, const std::string& what) {
  if (good) return;
  std::fprintf(stderr, "journal_bench: %s\n", what.c_str());
  std::exit(EXIT_FAILURE);
}

// From the loop's append to the loop's answer.
Times journal_commits(const std::filesystem::path& folder, std::size_t commits, std::size_t batch) {
  gr::test::Loop loop;
  auto journal = gr::SqliteJournal::open(loop.io.get_executor(), folder / ("journal-" + std::to_string(batch) + ".db"));
  must(journal.has_value(), journal ? "" : journal.error().message);
  std::vector<double> us;
  for (std::size_t i = 0; i < commits; ++i) {
    gr::Facts some = facts(i * batch + 1, batch);
    const auto began = Clock::now();
    const auto done = loop.run((*journal)->append(std::move(some)));
    us.push_back(us_since(began));
    must(done.has_value(), done ? "" : done.error().message);
  }
  return times_of(std::move(us), batch);
}

// The least that SQLite can do with the same rows: lines that are ready, one table, the same WAL and the same sync.
Times plain_commits(const std::filesystem::path& folder, std::size_t commits, std::size_t batch) {
  sqlite3* db = nullptr;
  must(sqlite3_open((folder / ("plain-" + std::to_string(batch) + ".db")).c_str(), &db) == SQLITE_OK, "no plain database");
  sqlite3_exec(db,
               "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE facts (seq INTEGER PRIMARY KEY, body TEXT)",
               nullptr, nullptr, nullptr);
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(db, "INSERT INTO facts VALUES (?, ?)", -1, &insert, nullptr);
  std::vector<double> us;
  for (std::size_t i = 0; i < commits; ++i) {
    std::vector<std::string> lines;
    for (const gr::Fact& f : facts(i * batch + 1, batch)) lines.push_back(gr::to_json_line(f));
    const auto began = Clock::now();
    sqlite3_exec(db, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
    for (std::size_t k = 0; k < batch; ++k) {
      sqlite3_bind_int64(insert, 1, static_cast<sqlite3_int64>(i * batch + k + 1));
      sqlite3_bind_text(insert, 2, lines[k].data(), static_cast<int>(lines[k].size()), SQLITE_STATIC);
      sqlite3_step(insert);
      sqlite3_reset(insert);
    }
    must(sqlite3_exec(db, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK, sqlite3_errmsg(db));
    us.push_back(us_since(began));
  }
  sqlite3_finalize(insert);
  sqlite3_close(db);
  return times_of(std::move(us), batch);
}

void print(const char* what, std::size_t batch, const Times& t, const char* claim) {
  std::printf("%-10s %6zu %11.0f %11.0f %13.0f%s\n", what, batch, t.p50_us, t.p99_us, t.facts_a_second, claim);
}

struct Opening {
  double open_ms{}, first_read_ms{};
};

// Made with the writing half only; opened as a service does.
Opening open_a_long_one(const std::filesystem::path& folder, std::size_t count) {
  const auto db = folder / "long.db";
  {
    gr::test::Loop loop;
    auto journal = gr::SqliteJournal::open(loop.io.get_executor(), db);
    must(journal.has_value(), journal ? "" : journal.error().message);
    for (std::size_t made = 0; made < count; made += 10'000) {
      const auto done = loop.run((*journal)->append(facts(made + 1, 10'000)));
      must(done.has_value(), done ? "" : done.error().message);
    }
  }
  std::vector<double> opened, read;
  for (int i = 0; i < 5; ++i) {
    gr::test::Loop loop;
    auto began = Clock::now();
    auto journal = gr::SqliteJournal::open(loop.io.get_executor(), db);
    opened.push_back(us_since(began) / 1e3);
    must(journal.has_value(), journal ? "" : journal.error().message);
    began = Clock::now();
    const auto page = (*journal)->read(count - 99, 100);
    read.push_back(us_since(began) / 1e3);
    must(page && page->size() == 100, "the last hundred facts cannot be read");
  }
  std::sort(opened.begin(), opened.end());
  std::sort(read.begin(), read.end());
  return {opened[2], read[2]};
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = argc > 1 && std::string_view(argv[1]) == "--quick";
  std::string name = (std::filesystem::current_path() / "journal-bench-XXXXXX").string();  // on the disk that is asked about
  must(::mkdtemp(name.data()) != nullptr, "no folder can be made in " + std::filesystem::current_path().string());
  const std::filesystem::path folder = name;
  const std::size_t share = quick ? 10 : 1;
  const Times one = journal_commits(folder, 2000 / share, 1);
  const Times plain_one = plain_commits(folder, 2000 / share, 1);
  const Times many = journal_commits(folder, 400 / share, 256);
  const Times plain_many = plain_commits(folder, 400 / share, 256);
  const std::size_t count = 1'000'000 / share;
  const Opening opening = open_a_long_one(folder, count);
  std::filesystem::remove_all(folder);
  std::printf("journal     facts      p50 us      p99 us  facts/second   (%u cores; %s; a commit is on the disk)\n",
              std::thread::hardware_concurrency(), argv[0]);
  print("journal", 1, one, "");
  print("plain", 1, plain_one, "");
  print("journal", 256, many, "   (claimed: at least 20000)");
  print("plain", 256, plain_many, "");
  std::printf("a journal of %zu facts opens in %.1f ms and reads its last 100 facts in %.1f ms   (claimed: opens in 50)\n",
              count, opening.open_ms, opening.first_read_ms);
  return many.facts_a_second >= 20'000 && opening.open_ms <= 50 ? EXIT_SUCCESS : EXIT_FAILURE;
}
