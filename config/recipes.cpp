#include "config/recipes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/embedded.hpp"

namespace greenroom {
namespace {

const Choices<std::string> kPlaces{{"restore", "restore"}, {"shelf", "shelf"}, {"pack_table", "pack_table"}};
const Choices<std::string> kRestoreKinds{{"erase", "erase"}, {"revive", "revive"}, {"erase_only", "erase_only"}};
const Choices<std::string> kEntries{{"by_outlet", "by_outlet"}, {"by_hand", "by_hand"}};

Choices<StepKind> step_kinds() {
  Choices<StepKind> out;
  for (int i = 0; i <= static_cast<int>(StepKind::pack); ++i)
    out.emplace_back(to_string(static_cast<StepKind>(i)), static_cast<StepKind>(i));
  return out;
}

Choices<Owner> owners() {
  Choices<Owner> out;
  for (int i = 0; i <= static_cast<int>(Owner::auditor); ++i)
    out.emplace_back(to_string(static_cast<Owner>(i)), static_cast<Owner>(i));
  return out;
}

// R1: while these run, the Mac must not lose its outlet.
bool must_protect(StepKind k) {
  return k == StepKind::dfu || k == StepKind::restore || k == StepKind::install_os || k == StepKind::first_boot;
}
bool goes_somewhere(StepKind k) { return k == StepKind::seat || k == StepKind::move; }

// A key that belongs to some kinds of step only.
bool belongs(const Table& t, std::string_view key, StepKind kind, bool here, std::string_view where) {
  const bool there = t.has(key);
  if (there && !here)
    t.complain(key, fmt::format("\"{}\" means nothing to a {} step: it belongs to {}", key, to_string(kind), where));
  return here;
}

Step read_step(const Table& t) {
  Step s;
  t.hint("type", "kind");
  t.hint("timeout_min", "deadline_min");
  t.hint("retries", "tries");
  s.kind = t.choice<StepKind>("kind", step_kinds());
  if (belongs(t, "to", s.kind, goes_somewhere(s.kind), "seat and move")) s.to = t.choice<std::string>("to", kPlaces);
  const bool restores = s.kind == StepKind::restore;
  if (belongs(t, "restore_kind", s.kind, restores, "restore"))
    s.restore_kind = t.choice<std::string>("restore_kind", kRestoreKinds);
  if (belongs(t, "firmware", s.kind, restores, "restore")) s.firmware = t.text("firmware");
  if (belongs(t, "goal_percent", s.kind, s.kind == StepKind::charge, "charge"))
    s.goal_percent = static_cast<int>(t.integer("goal_percent", {1, 100}));
  if (belongs(t, "entry", s.kind, s.kind == StepKind::dfu, "dfu"))
    s.entry = t.choice<std::string>("entry", kEntries, std::string{});
  s.deadline = t.duration("deadline_min", {1, 10080});
  s.tries = static_cast<int>(t.integer("tries", {1, 10}, 1));
  s.owner = t.choice<Owner>("owner", owners(), Owner::technician);
  s.protects = t.flag("protects", false);
  s.instruction = t.text("instruction");
  if (must_protect(s.kind) && !s.protects && t.has("kind")) {
    t.complain(fmt::format("a {} step says protects = true: its outlet must not open meanwhile (R1)", to_string(s.kind)));
  }
  return s;
}

// Follows a Mac through the steps and asks of each whether it can be done there.
class Walk {
 public:
  Walk(const Recipe& r, const std::vector<Table>& at) : recipe_(r), at_(at) {
    for (const std::string& f : r.families) {
      desktop_ = desktop_ || f.ends_with("/desktop");
      t2_ = t2_ || f.starts_with("T2");
    }
  }

  void run() {
    for (std::size_t i = 0; i < recipe_.steps.size(); ++i) {
      place(i);
      order(i);
      if (goes_somewhere(recipe_.steps[i].kind)) where_ = recipe_.steps[i].to;
      last_ = recipe_.steps[i].kind;
    }
    end();
  }

 private:
  void place(std::size_t i) {
    const Step& s = recipe_.steps[i];
    const auto name = to_string(s.kind);
    if (s.kind == StepKind::seat && seated())
      at_[i].complain("kind", "a Mac is seated once; a later change of place is a move");
    if (s.kind == StepKind::move && !seated()) at_[i].complain("kind", "a move comes after a seat");
    const bool needs_port = s.kind == StepKind::identify || s.kind == StepKind::dfu || s.kind == StepKind::restore;
    if (needs_port && where_ != "restore")
      at_[i].complain("kind", fmt::format("step {} needs a data port: the Mac must be at a restore slot by then", name));
    const bool needs_power = s.kind == StepKind::charge || s.kind == StepKind::charge_gate || must_protect(s.kind);
    if (needs_power && !needs_port && where_ != "restore" && where_ != "shelf") {
      at_[i].complain("kind",
                      fmt::format("step {} needs an outlet: the Mac must be at a restore slot or a shelf by then", name));
    }
    const bool charges = s.kind == StepKind::charge || s.kind == StepKind::charge_gate;
    if (charges && desktop_)
      at_[i].complain("kind", fmt::format("a {} step in a recipe for desktops: they have no battery", name));
    if (s.kind == StepKind::pack && where_ != "pack_table")
      at_[i].complain("kind", "a pack step comes after a move to the pack_table");
  }

  void order(std::size_t i) {
    const Step& s = recipe_.steps[i];
    if (s.kind == StepKind::restore && last_ != StepKind::dfu)
      at_[i].complain("kind", "a restore step follows its dfu step at once: a Mac parked in DFU runs flat");
    if (s.kind == StepKind::install_os && !restored_) at_[i].complain("kind", "an install_os step comes after a restore");
    restored_ = restored_ || s.kind == StepKind::restore;
    installed_ = installed_ || s.kind == StepKind::install_os;
    if (s.kind == StepKind::pack && i + 1 < recipe_.steps.size()) at_[i + 1].complain("kind", "nothing comes after pack");
    if (goes_somewhere(s.kind) && ++seatings_ == kMostSeatings + 1) {
      at_[i].complain("kind",
                      fmt::format("this is change of place {}, of at most {}: a healthy Mac costs no more than 6 scans",
                                  seatings_, kMostSeatings));
    }
    if (s.kind == StepKind::first_boot && t2_ && restored_ && !installed_) {
      at_[i].complain("kind", "a T2 restore leaves no macOS to boot: an install_os step comes first");
    }
  }

  void end() {
    if (recipe_.steps.empty() || last_ == StepKind::pack) return;
    at_.back().complain("kind", "the last step of a recipe is pack");
  }

  [[nodiscard]] bool seated() const { return !where_.empty(); }

  static constexpr int kMostSeatings = 3;
  const Recipe& recipe_;
  const std::vector<Table>& at_;
  bool desktop_{}, t2_{}, restored_{}, installed_{};
  int seatings_{};
  std::string where_;
  StepKind last_{StepKind::receive};
};

void read_families(const Document& doc, Recipe& r) {
  const std::vector<std::string> known{"AppleSilicon", "T2", "Intel", "AppleSilicon/desktop", "T2/desktop", "Intel/desktop"};
  const Table root = doc.root();
  if (!root.has("families")) return root.complain("the file lacks the key \"families\"");
  for (const auto& f : root.texts("families")) {
    r.families.push_back(f.value);
    if (std::count(known.begin(), known.end(), f.value) > 0) continue;
    const auto guess = nearest(f.value, known);
    doc.complain(f.place, fmt::format("there is no family {}; known are {}{}", quoted(f.value), fmt::join(known, ", "),
                                      guess ? fmt::format("; did you mean {}?", quoted(*guess)) : ""));
  }
  if (r.families.empty()) root.complain("families", "\"families\" names none");
}

}  // namespace

RecipesFile load_recipe_text(std::string_view text, const std::string& file) {
  const Document doc = Document::from_text(text, file);
  const Table root = doc.root();
  Recipe r;
  r.id = root.text("id");
  r.version = static_cast<int>(root.integer("version", {1, 1e6}));
  read_families(doc, r);
  const std::vector<Table> at = root.tables("step");
  for (const Table& t : at) r.steps.push_back(read_step(t));
  if (at.empty()) doc.complain({}, "has no [[step]]");
  // An order of steps is judged only when each of them is understood.
  if (doc.ok()) Walk(r, at).run();
  RecipesFile out{{}, doc.complaints()};
  if (doc.ok()) out.recipes.push_back(std::move(r));
  return out;
}

RecipesFile load_recipes() {
  RecipesFile all;
  bool bad = false;
  for (const DataFile& f : embedded_in("config/recipes")) {
    RecipesFile one = load_recipe_text(f.text, std::string(f.path));
    all.complaints.insert(all.complaints.end(), one.complaints.begin(), one.complaints.end());
    for (Recipe& r : one.recipes) {
      const bool twice = std::any_of(all.recipes.begin(), all.recipes.end(), [&](const Recipe& e) { return e.id == r.id; });
      if (twice)
        all.complaints.push_back(
            {std::string(f.path), {}, fmt::format("recipe {} stands in another file too", quoted(r.id)), false});
      bad = bad || twice;
      all.recipes.push_back(std::move(r));
    }
    bad = bad || one.recipes.empty();
  }
  if (bad) all.recipes.clear();
  return all;
}

}  // namespace greenroom
