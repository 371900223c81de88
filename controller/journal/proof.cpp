#include "controller/journal/proof.hpp"

#include <filesystem>
#include <utility>

#include "controller/journal/archive.hpp"

namespace greenroom {
namespace {

constexpr std::size_t page_size = 4096;

// One walk. next() takes a page in; it answers whether there is more to read.
class Walk {
 public:
  explicit Walk(const JournalFile& file) : file_(file) {}

  Proof done(const Mark& head) {
    while (!proof_.wrong && proof_.last.seq < head.seq) next();
    if (!proof_.wrong && proof_.last != head) {
      wrong(head.seq, proof_.last.seq == head.seq ? "the note of the last fact was changed: it says another hash"
                                                  : "facts stand after the last one that was noted");
    }
    return std::move(proof_);
  }

 private:
  void wrong(Seq seq, const std::string& what) { proof_.wrong = {seq, file_.path().string() + ": " + what}; }

  void next() {
    const Seq from = proof_.last.seq + 1;
    const auto page = file_.page(from, page_size);
    if (!page) {
      proof_.wrong = {from, page.error().message};
      return;
    }
    if (page->archive) return archived(*page->archive);
    if (page->lines.empty()) return wrong(from, missing_facts(from, 0));
    for (std::size_t i = 0; i < page->lines.size() && !proof_.wrong; ++i) {
      const Line& line = page->lines[i];
      if (line.seq != proof_.last.seq + 1) return wrong(proof_.last.seq + 1, missing_facts(proof_.last.seq + 1, line.seq));
      const ChainHash hash = chain_next(proof_.last.hash, line.body);
      if (hash != line.hash) return wrong(line.seq, which(line, hash));
      proof_.last = {line.seq, line.hash};
      ++proof_.facts;
    }
  }

  static std::string missing_facts(Seq from, Seq until) {
    if (until > from + 1) return "facts " + std::to_string(from) + " to " + std::to_string(until - 1) + " are missing";
    return "fact " + std::to_string(from) + (until == 0 ? " and all after it are missing" : " is missing");
  }

  // A fact's text and its hash disagree. The next fact, or the note of the last one, says which of the two was changed.
  [[nodiscard]] std::string which(const Line& line, const ChainHash& computed) const {
    const std::string fact = "fact " + std::to_string(line.seq);
    const auto after = file_.page(line.seq + 1, 1);
    const auto head = file_.head();
    const auto confirmed = [&](const ChainHash& hash) {
      if (after && !after->lines.empty()) return chain_next(hash, after->lines[0].body) == after->lines[0].hash;
      return head && *head == Mark{line.seq, hash};
    };
    if (confirmed(line.hash)) return fact + ": its text was changed";
    if (confirmed(computed)) return fact + ": its hash was changed";
    return fact + ": its text or its hash was changed, and so was what follows";
  }

  void archived(const Archived& archive) {
    std::error_code ignored;
    const auto path = archive_path(file_.path(), archive);
    if (archive.first != proof_.last.seq + 1 || archive.before != proof_.last)
      return wrong(archive.first,
                   "the notes of the archives do not follow one another at fact " + std::to_string(archive.first));
    if (!std::filesystem::exists(path, ignored)) {
      proof_.missing.push_back(path.string());
      proof_.first = archive.last.seq + 1;
    } else {
      const auto lines = read_archive(file_.path(), archive);
      if (!lines) {
        proof_.wrong = {archive.first, lines.error().message};
        return;
      }
      ++proof_.archives;
      proof_.facts += lines->size();
    }
    proof_.last = archive.last;
  }

  const JournalFile& file_;
  Proof proof_;
};

}  // namespace

Proof prove(const JournalFile& file) {
  Proof proof;
  const auto head = file.head();  // first: what is appended from now on belongs to the next walk
  if (head) proof = Walk(file).done(*head);
  else proof.wrong = {0, head.error().message};
  if (proof.wrong) return proof;
  const auto damage = file.damage();
  if (!damage) proof.wrong = {0, damage.error().message};
  else if (!damage->empty()) proof.wrong = {0, file.path().string() + ": the file's structure is damaged: " + *damage};
  return proof;
}

}  // namespace greenroom
