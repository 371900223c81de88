// greenroom journal show|verify|backup|restore|adopt|retain: what a person does with a room's journal. All but restore
// and adopt run beside a service.
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "controller/cli/options.hpp"
#include "controller/cli/verbs.hpp"
#include "controller/journal/archive.hpp"
#include "controller/journal/keeping.hpp"
#include "hw/base/file_lock.hpp"

namespace greenroom::cli {
namespace {

using nlohmann::json;

struct JournalOptions {
  std::string data, type, to_file, from_file;
  Seq from{1}, to{};
  std::uint64_t limit{}, keep_days{};
  Seq before{};
  bool json{};
};

int failed(const char* verb, const Error& error) {
  std::fprintf(stderr, "greenroom journal %s: %s\n", verb, error.message.c_str());
  return error.code == Errc::usage ? 2 : 1;
}

// The one line that was asked for; a full disk or a closed pipe is a failure too.
int answer(const std::string& line, int code) {
  std::printf("%s\n", line.c_str());
  return std::fflush(stdout) == 0 ? code : 1;
}

std::string facts_between(Seq first, Seq last) { return "facts " + std::to_string(first) + " to " + std::to_string(last); }

// ---- show

template <std::size_t I = 0>
bool is_type(const std::string& name) {
  if constexpr (I == std::variant_size_v<FactBody>) return false;
  else return name == std::variant_alternative_t<I, FactBody>::type || is_type<I + 1>(name);
}

std::string wall_text(std::int64_t wall_us) {
  const std::time_t seconds = static_cast<std::time_t>(wall_us / 1'000'000);
  std::tm utc{};
  char text[32] = "?";
  if (gmtime_r(&seconds, &utc) != nullptr) (void)std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%SZ", &utc);
  return text;
}

// One fact on one line for people: number, wall time, kind, by whom, and what it says.
std::string in_words(Seq seq, const json& fact) {
  if (!fact.is_object()) return std::to_string(seq) + "  (no JSON)";
  return std::to_string(seq) + "  " + wall_text(fact.value("wall_us", std::int64_t{})) + "  " + fact.value("type", "?") +
         "  " + fact.value("by", "?") + "  " + fact.value("body", json::object()).dump();
}

int show(const JournalOptions& o) {
  if (!o.type.empty() && !is_type(o.type))
    return failed("show", Error(Errc::usage, "--type " + o.type + ": there is no such kind of fact"));
  const auto file = JournalFile::open(journal_of(o.data), JournalFile::Access::read);
  if (!file) return failed("show", file.error());
  constexpr std::size_t page_size = 1024;
  std::uint64_t shown = 0;
  const auto wanted = [&](Seq seq) { return (o.to == 0 || seq <= o.to) && (o.limit == 0 || shown < o.limit); };
  if (o.json) std::printf("{\"facts\":[");
  Seq next = std::max<Seq>(o.from, 1);
  for (bool more = wanted(next); more;) {
    const auto lines = read_lines(**file, next, page_size);
    if (!lines) return std::printf("\n"), failed("show", lines.error());
    for (const Line& line : *lines) {
      if (!wanted(line.seq)) break;
      const json fact = json::parse(line.body, nullptr, /*allow_exceptions=*/false);
      if (!o.type.empty() && (!fact.is_object() || fact.value("type", "") != o.type)) continue;
      if (o.json) std::printf("%s%s", shown == 0 ? "" : ",", line.body.c_str());
      else std::printf("%s\n", in_words(line.seq, fact).c_str());
      ++shown;
    }
    next += lines->size();
    more = lines->size() == page_size && wanted(next);
  }
  if (o.json) std::printf("]}\n");
  return std::fflush(stdout) == 0 ? 0 : 1;
}

// ---- verify

json as_json(const Proof& proof) {
  json wrong;
  if (proof.wrong) wrong = {{"seq", proof.wrong->seq}, {"what", proof.wrong->what}};
  return {{"ok", !proof.wrong},       {"first", proof.first},
          {"last", proof.last.seq},   {"chain", chain_hex(proof.last.hash)},
          {"facts", proof.facts},     {"archives", proof.archives},
          {"missing", proof.missing}, {"wrong", std::move(wrong)}};
}

std::string in_words(const Proof& proof) {
  if (proof.wrong) return "the chain is broken: " + proof.wrong->what;
  if (proof.last.seq == 0) return "the journal is empty";
  return facts_between(proof.first, proof.last.seq) + " are as they were written; the chain ends in " +
         chain_hex(proof.last.hash);
}

int verify(const JournalOptions& o) {
  const auto file = JournalFile::open(journal_of(o.data), JournalFile::Access::read);
  if (!file) return failed("verify", file.error());
  const Proof proof = prove(**file);
  for (const std::string& path : proof.missing)
    std::fprintf(stderr, "greenroom journal verify: %s is not there; its facts cannot be read, those around it are proven\n",
                 path.c_str());
  if (proof.wrong)
    std::fprintf(stderr,
                 "greenroom journal verify: %s; restore a backup (greenroom journal restore --data %s --from BACKUP)\n",
                 proof.wrong->what.c_str(), o.data.c_str());
  return answer(o.json ? as_json(proof).dump() : in_words(proof), proof.wrong ? 1 : 0);
}

// ---- backup, restore, adopt, retain

int backup(const JournalOptions& o) {
  const auto proof = back_up(o.data, o.to_file);
  if (!proof) return failed("backup", proof.error());
  if (o.json)
    return answer(
        json{{"file", o.to_file}, {"first", proof->first}, {"last", proof->last.seq}, {"chain", chain_hex(proof->last.hash)}}
            .dump(),
        0);
  return answer(o.to_file + ": " + in_words(*proof), 0);
}

Result<FileLock> lock(const JournalOptions& o, const char* verb) {
  return FileLock::take((std::filesystem::path(o.data) / "lock").string(), o.data, std::string("greenroom journal ") + verb,
                        "wait until it has ended");
}

int put_back(const JournalOptions& o) {
  std::error_code trouble;
  if (std::filesystem::create_directories(o.data, trouble))
    std::filesystem::permissions(o.data, std::filesystem::perms::owner_all, trouble);  // it names people and serial numbers
  const auto owned = lock(o, "restore");
  if (!owned) return failed("restore", owned.error());
  const auto restored = restore(o.data, o.from_file);
  if (!restored) return failed("restore", restored.error());
  json aside = json::array();
  for (const auto& path : restored->aside) {
    aside.push_back(path.string());
    std::fprintf(stderr, "greenroom journal restore: kept what stood there: %s\n", path.c_str());
  }
  if (!o.json) return answer(journal_of(o.data).string() + ": " + in_words(restored->proof), 0);
  json line = as_json(restored->proof);
  line["aside"] = std::move(aside);
  return answer(line.dump(), 0);
}

int take_over(const JournalOptions& o) {
  const auto owned = lock(o, "adopt");
  if (!owned) return failed("adopt", owned.error());
  const auto before = adopt(o.data);
  if (!before) return failed("adopt", before.error());
  const std::string path = journal_of(o.data).string();
  if (o.json) return answer(json{{"file", path}, {"before", *before}}.dump(), 0);
  return answer(path + ": this is the room's journal from now on; no other copy of it may ever run", 0);
}

int move_out(const JournalOptions& o) {
  std::optional<Seq> before;
  std::optional<WallTime> older_than;
  if (o.before > 0) before = o.before;
  if (o.keep_days > 0) {
    const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    older_than = now - std::chrono::days(std::min<std::uint64_t>(o.keep_days, 100'000));
  }
  const auto done = retain(o.data, before, older_than);
  if (!done) return failed("retain", done.error());
  if (!done->stays.empty()) std::fprintf(stderr, "greenroom journal retain: less was moved: %s\n", done->stays.c_str());
  if (o.json)
    return answer(
        json{{"facts", done->facts}, {"archives", done->archives}, {"first", done->first}, {"stays", done->stays}}.dump(),
        0);
  return answer("moved " + std::to_string(done->facts) + " facts to " + std::to_string(done->archives) +
                    " archives; the database begins with fact " + std::to_string(done->first),
                0);
}

CLI::App* verb(CLI::App& app, JournalOptions& o, const char* name, const char* what) {
  CLI::App* sub = app.add_subcommand(name, what);
  sub->add_option("--data", o.data, "directory of the room's journal")->required();
  sub->add_flag("--json", o.json, "one line of JSON");
  return sub;
}

}  // namespace

int journal(const std::vector<std::string>& arguments) {
  JournalOptions o;
  CLI::App app{"Reads, proves and keeps the journal of a room.", "greenroom journal"};
  app.require_subcommand(1);
  CLI::App* shows = verb(app, o, "show", "facts in their order; also while a service runs");
  shows->add_option("--from", o.from, "first fact")->check(whole_number())->capture_default_str();
  shows->add_option("--to", o.to, "last fact")->check(whole_number());
  shows->add_option("--type", o.type, "only this kind of fact, as case_opened");
  shows->add_option("--limit", o.limit, "at most so many")->check(whole_number(1));
  CLI::App* verifies = verb(app, o, "verify", "proves every fact, in archives and database; also while a service runs");
  CLI::App* backs_up = verb(app, o, "backup", "a copy as of this moment, proven; also while a service runs");
  backs_up->add_option("--to", o.to_file, "the new file")->required();
  CLI::App* restores = verb(app, o, "restore", "puts a backup, or a journal's lines, in place; the old file is kept");
  restores->add_option("--from", o.from_file, "a backup, or lines of JSON")->required();
  CLI::App* adopts = verb(app, o, "adopt", "makes a copied directory the room's own, when the first will never run again");
  CLI::App* retains = verb(app, o, "retain", "moves old facts to DATA/archive; also while a service runs");
  auto* how = retains->add_option_group("how much");
  how->add_option("--keep-days", o.keep_days, "move facts older than this")->check(whole_number(1));
  how->add_option("--before", o.before, "move facts before this one")->check(whole_number(1));
  how->require_option(1);
  if (const auto code = parsed(app, arguments)) return *code;
  umask(077);  // journals, and what is made of them, name people and serial numbers
  if (shows->parsed()) return show(o);
  if (verifies->parsed()) return verify(o);
  if (backs_up->parsed()) return backup(o);
  if (restores->parsed()) return put_back(o);
  if (adopts->parsed()) return take_over(o);
  return retains->parsed() ? move_out(o) : 2;
}

}  // namespace greenroom::cli
