// greenroom: one program, one verb a job.
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "controller/cli/verbs.hpp"

namespace {

constexpr std::string_view help =
    "greenroom: restores Macs and powers their benches\n"
    "\n"
    "  greenroom demo [options]         a simulated room works through a batch of returned Macs\n"
    "  greenroom room check FILE        everything that is wrong with a room file\n"
    "  greenroom recipe check FILE...   everything that is wrong with recipe files\n"
    "  greenroom batch check FILE       everything that is wrong with a batch list (CSV)\n"
    "\n"
    "Each verb prints its options with --help. Exit codes: 0 done, 1 failed, 2 used wrongly.\n";

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> all(argv + 1, argv + argc);
  const std::string verb = all.empty() ? "--help" : all.front();
  const std::vector<std::string> rest(all.begin() + (all.empty() ? 0 : 1), all.end());
  if (verb == "demo") return greenroom::cli::demo(rest);
  if (verb == "room") return greenroom::cli::room(rest);
  if (verb == "recipe") return greenroom::cli::recipe(rest);
  if (verb == "batch") return greenroom::cli::batch(rest);
  if (verb == "gate") return greenroom::cli::gate(rest);
  if (verb == "--help" || verb == "-h" || verb == "help") {
    std::fwrite(help.data(), 1, help.size(), stdout);
    return 0;
  }
  std::fprintf(stderr, "greenroom: there is no verb \"%s\"; these are the verbs:\n\n%.*s", verb.c_str(),
               static_cast<int>(help.size()), help.data());
  return 2;
}
