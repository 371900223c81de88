// Import of a batch: every row becomes a fact as it stood there; what cannot be worked becomes a case at once, with an
// owner, so that nobody finds it at the bench. Whole or not at all.
#include <algorithm>
#include <array>
#include <set>

#include "controller/domain/visits/draft.hpp"

namespace greenroom::visits {
namespace {

// The words of asset lists that mean "erase it". Anything else is not approved.
constexpr std::array approving = {"Returned - Wipe", "Approved for Erasure", "Ready to Wipe", "Wipe"};

bool approves(std::string_view status) {
  return std::any_of(approving.begin(), approving.end(), [&](std::string_view a) { return same_text(a, status); });
}

const MacModel* find_model(const Catalogue& c, const ExpectedRow& r) {
  for (const MacModel& m : c.models) {
    if (same_text(m.product_type, r.model) || same_text(m.name, r.model)) return &m;
  }
  if (r.model_number.empty()) return nullptr;
  for (const MacModel& m : c.models) {
    const auto is_it = [&](const std::string& n) { return same_text(n, r.model_number); };
    if (std::any_of(m.model_numbers.begin(), m.model_numbers.end(), is_it)) return &m;
  }
  return nullptr;
}

bool has_recipe(const Catalogue& c, const MacModel& m) {
  const std::string family = m.desktop ? m.family + "/desktop" : m.family;
  return std::any_of(c.recipes.begin(), c.recipes.end(), [&](const Recipe& r) {
    return std::find(r.families.begin(), r.families.end(), family) != r.families.end();
  });
}

// Still worked on, or its case is open, from another list.
bool busy_elsewhere(const VisitState& s, const std::string& serial) {
  const auto at = s.serials.find(serial);
  if (at == s.serials.end()) return false;
  const Visit* v = s.visit(s.expected[at->second].visit);
  return v == nullptr || v->open || v->open_cases > 0;
}

std::optional<Trouble> trouble_of(const Draft& d, const ExpectedRow& r, const std::string& serial, const MacModel* model,
                                  bool first) {
  const std::string who = serial.empty() ? "A row without a serial number" : serial;
  if (!SerialNumber::parse(serial)) {
    return Trouble{"malformed_serial", who + " is not a serial number of a Mac.",
                   "Read the serial number on the Mac's case and correct the list.", Owner::batch_lead};
  }
  if (!first || busy_elsewhere(d.c.state, serial)) {
    return Trouble{"duplicate_serial", serial + " is on the list already; the first row is worked.",
                   "Find out which Mac this row means, and correct the list.", Owner::batch_lead};
  }
  if (model == nullptr || !has_recipe(d.c.catalogue, *model)) {
    return Trouble{"unknown_model", serial + ": no recipe for the model \"" + r.model + "\" (" + r.model_number + ").",
                   "Correct the model, or put the Mac aside.", Owner::batch_lead};
  }
  if (!approves(r.status)) {
    return Trouble{"not_approved", serial + " has the status \"" + r.status + "\": it is not approved for erasure.",
                   "Approve it in the asset list and import it again, or return it.", Owner::batch_lead};
  }
  return std::nullopt;
}

}  // namespace

void import_batch(Draft& d, const Command& cmd) {
  const VisitState& s = d.c.state;
  if (cmd.text.empty()) return d.refuse("A batch needs a name.");
  if (cmd.rows.empty()) return d.refuse("The list has no rows: nothing was imported.");
  const auto named = [&](const Batch& b) { return b.name == cmd.text; };
  if (std::any_of(s.batches.begin(), s.batches.end(), named)) {
    return d.refuse("A batch named " + cmd.text + " is open already; choose another name.");
  }
  // `number`: the due date in seconds since 1970; a working day from now where none is given.
  const WallTime due = cmd.number == 0 ? d.c.wall + std::chrono::hours{8} : WallTime{std::chrono::seconds{cmd.number}};
  d.add(BatchOpened{cmd.text, cmd.by, due});
  std::set<std::string> seen;
  std::size_t cases = 0;
  for (const ExpectedRow& r : cmd.rows) {
    const auto parsed = SerialNumber::parse(r.serial);
    const std::string serial = parsed ? parsed->text() : r.serial;
    const MacModel* model = find_model(d.c.catalogue, r);
    const auto trouble = trouble_of(d, r, serial, model, !parsed || seen.insert(serial).second);
    d.add(MacExpected{cmd.text, r.row, r.asset_tag, serial, r.model, r.model_number, r.status, r.location, r.notes,
                      approves(r.status), model == nullptr ? std::string() : model->product_type});
    if (!trouble) continue;
    ++cases;
    d.open_case(0, row_subject(cmd.text, r.row), *trouble);
  }
  d.answer = "imported " + std::to_string(cmd.rows.size()) + " Macs, " + std::to_string(cases) + " of them in cases";
}

}  // namespace greenroom::visits
