// greenroom room|recipe|batch check: reads a file as the service would and says everything that is wrong with it.
#include <algorithm>
#include <cstdio>

#include "config/csv.hpp"
#include "config/embedded.hpp"
#include "config/recipes.hpp"
#include "config/room.hpp"
#include "controller/cli/room_wires.hpp"
#include "controller/cli/verbs.hpp"

namespace greenroom::cli {
namespace {

struct Tally {
  int errors{}, warnings{};
};

Tally print(const std::vector<Complaint>& complaints) {
  Tally tally;
  for (const Complaint& complaint : complaints) {
    std::fprintf(stderr, "%s\n", to_string(complaint).c_str());
    ++(complaint.warning ? tally.warnings : tally.errors);
  }
  return tally;
}

int used_wrongly(const char* usage) {
  std::fprintf(stderr, "usage: %s\n", usage);
  return 2;
}

// --help anywhere: the usage on stdout, and done.
bool asks_help(const std::vector<std::string>& arguments, const char* usage) {
  if (std::find(arguments.begin(), arguments.end(), "--help") == arguments.end()) return false;
  std::printf("usage: %s\n", usage);
  return true;
}

bool wants(const std::vector<std::string>& arguments, std::size_t least) {
  return arguments.size() >= least && arguments.front() == "check";
}

// "1 row", "2 rows".
std::string counted(std::size_t n, const std::string& what) { return std::to_string(n) + " " + what + (n == 1 ? "" : "s"); }

// Circuits as a person counts them: those with a [[circuit]] of their own. PDU inputs and banks are told with the PDUs.
std::string what_a_room_has(const Room& room) {
  const auto own = std::count_if(room.circuits.begin(), room.circuits.end(), [](const Circuit& c) {
    return c.kind == CircuitKind::panel || c.kind == CircuitKind::breaker;
  });
  return counted(room.slots.size(), "slot") + ", " + counted(room.outlets.size(), "outlet") + " on " +
         counted(room.pdus.size(), "PDU") + ", " + counted(static_cast<std::size_t>(own), "circuit");
}

// One line on stdout; the complaints stand on stderr.
int conclude(const std::string& file, const Tally& tally, const std::string& what) {
  if (tally.errors == 0) std::printf("%s: good: %s\n", file.c_str(), what.c_str());
  else std::printf("%s: %s\n", file.c_str(), counted(static_cast<std::size_t>(tally.errors), "error").c_str());
  return tally.errors == 0 && std::fflush(stdout) == 0 ? 0 : 1;
}

constexpr const char* room_usage =
    "greenroom room check FILE | udev --room FILE | map --room FILE --mac SERIAL (the last two tell more with --help)";
constexpr const char* batch_usage =
    "greenroom batch check FILE | import FILE | list | show NAME (each tells more with --help)";

}  // namespace

int room(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && arguments.front() == "udev") return room_udev({arguments.begin() + 1, arguments.end()});
  if (!arguments.empty() && arguments.front() == "map") return room_map({arguments.begin() + 1, arguments.end()});
  if (asks_help(arguments, room_usage)) return 0;
  if (!wants(arguments, 2) || arguments.size() != 2) return used_wrongly(room_usage);
  const RoomFile file = load_room(arguments[1]);
  Tally tally = print(file.complaints);
  const Tally more = print(check_wires(file, arguments[1]));
  tally.errors += more.errors;
  tally.warnings += more.warnings;
  return conclude(arguments[1], tally, file.room ? what_a_room_has(*file.room) : "");
}

int recipe(const std::vector<std::string>& arguments) {
  if (asks_help(arguments, "greenroom recipe check FILE...")) return 0;
  if (!wants(arguments, 2)) return used_wrongly("greenroom recipe check FILE...");
  int worst = 0;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const auto text = read_data(arguments[i]);
    if (!text) {
      std::fprintf(stderr, "greenroom recipe check: %s\n", text.error().message.c_str());
      worst = 1;
      continue;
    }
    const RecipesFile file = load_recipe_text(*text, arguments[i]);
    const Tally tally = print(file.complaints);
    worst = std::max(
        worst, conclude(arguments[i], tally, counted(file.recipes.empty() ? 0 : file.recipes.front().steps.size(), "step")));
  }
  return worst;
}

int batch(const std::vector<std::string>& arguments) {
  if (const auto code = batch_of_room(arguments)) return *code;
  if (asks_help(arguments, batch_usage)) return 0;
  if (!wants(arguments, 2) || arguments.size() != 2) return used_wrongly(batch_usage);
  const auto text = read_data(arguments[1]);
  if (!text) {
    std::fprintf(stderr, "greenroom batch check: %s\n", text.error().message.c_str());
    return 1;
  }
  const BatchFile file = read_batch(*text, arguments[1]);
  const Tally tally = print(file.complaints);
  return conclude(arguments[1], tally, counted(file.rows.size(), "row"));
}

}  // namespace greenroom::cli
