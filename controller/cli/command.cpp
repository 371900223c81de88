// greenroom command, and batch import | list | show: what people tell a running room.
#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "config/csv.hpp"
#include "config/embedded.hpp"
#include "config/reader/reader.hpp"
#include "controller/api/command_form.hpp"
#include "controller/cli/client.hpp"
#include "controller/cli/options.hpp"
#include "controller/cli/screen.hpp"
#include "controller/cli/screens.hpp"
#include "controller/cli/verbs.hpp"

namespace greenroom::cli {
namespace {

struct Asked {
  ClientOptions client;
  Command command;
  std::string kind, number;
  std::vector<std::string> words;  // in place of the options, in the order of the command's fields
};

// New for each command: 64 bits from the kernel.
std::string new_key() {
  std::uint64_t bits{};
  if (::getrandom(&bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits)) bits = static_cast<std::uint64_t>(::getpid());
  return fmt::format("cli-{:016x}", bits);
}

std::string dashed(std::string_view kind) {
  std::string word(kind);
  std::replace(word.begin(), word.end(), '_', '-');
  return word;
}

int wrong(std::string_view verb, const std::string& words) {
  std::fprintf(stderr, "greenroom %.*s: %s\n", static_cast<int>(verb.size()), verb.data(), plain(words).c_str());
  return 2;
}

// "12" or, for a limit, "12.5A".
std::optional<std::uint64_t> number_of(const std::string& text) {
  if (text.ends_with('A')) {
    double value{};
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size() - 1, value);
    if (error != std::errc{} || stop != text.data() + text.size() - 1 || !(value >= 0 && value < 1e6)) return std::nullopt;
    const auto milliamps = std::llround(value * 1000);
    if (milliamps == 0 && value > 0) return std::nullopt;  // 0 means something else than very little
    return static_cast<std::uint64_t>(milliamps);
  }
  std::uint64_t value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string* slot_for(Asked& a, std::string_view field) {
  if (field == "label") return &a.command.label;
  if (field == "serial") return &a.command.serial;
  if (field == "text") return &a.command.text;
  return field == "number" ? &a.number : nullptr;
}

// "lock-out left:7": the words fill the command's fields in their order, after what options gave.
std::string take_words(Asked& a, const CommandForm& form) {
  std::size_t next = 0;
  for (const bool required : {true, false}) {
    for (const FieldForm& f : form.fields) {
      std::string* field = slot_for(a, f.name);
      if (f.required != required || field == nullptr || !field->empty() || next == a.words.size()) continue;
      *field = a.words[next++];
    }
  }
  return next == a.words.size() ? std::string() : a.words[next];
}

std::string forms_text() {
  std::string text = "Commands, and what each takes (a word in brackets may be left out):\n";
  for (const CommandForm& form : command_forms()) {
    std::string fields;
    for (const FieldForm& f : form.fields) {
      fields += f.required ? fmt::format(" --{} ({})", f.name, f.means) : fmt::format(" [--{} ({})]", f.name, f.means);
    }
    if (form.kind == CommandKind::import_batch) fields = " : greenroom batch import FILE";
    text += fmt::format("  {:<16} {}\n  {:<16}  {}\n", dashed(to_string(form.kind)), form.does, "", fields);
  }
  return text + "The words may stand without their options, in this order: greenroom command lock-out left:7\n";
}

int send(const Asked& a, std::string_view verb) {
  const auto answer = ask_service(a.client, ApiRequest("POST", "/api/v1/commands", to_json(a.command)));
  const auto said = answer ? nlohmann::json::parse(answer->body, nullptr, false) : nlohmann::json();
  // Refused by the room itself: its words are the answer.
  if (answer && answer->status == 409 && said.contains("words")) {
    std::fprintf(stderr, "greenroom %.*s: refused: %s\n", static_cast<int>(verb.size()), verb.data(),
                 plain(said["words"].get<std::string>()).c_str());
    if (a.client.json) std::printf("%s\n", answer->body.c_str());
    return 1;
  }
  const int code = tell(a.client, verb, answer, [&](const std::string&) {
    std::printf("%s\nkey %s\n", plain(said.value("words", "")).c_str(), a.command.key.c_str());
  });
  if (!answer)
    std::fprintf(stderr, "the key was %s: with --key %s it may be sent again\n", a.command.key.c_str(),
                 a.command.key.c_str());
  return code;
}

void add_command_options(CLI::App& app, Asked& a) {
  app.add_option("--key", a.command.key, "the same key gives the same answer; made up when not given");
  app.add_option("--by", a.command.by, "the person or program that asks")->capture_default_str();
  add_client_options(app, a.client);
}

std::string batch_name(const std::string& file) { return std::filesystem::path(file).stem().string(); }

// "2026-11-24T12:00Z", with or without seconds.
std::optional<std::uint64_t> due_of(const std::string& text) {
  for (const char* form : {"%FT%H:%M:%SZ", "%FT%H:%MZ"}) {
    std::tm parts{};
    const char* end = ::strptime(text.c_str(), form, &parts);
    if (end != nullptr && *end == '\0') return static_cast<std::uint64_t>(::timegm(&parts));
  }
  return std::nullopt;
}

int batch_import(const std::vector<std::string>& arguments) {
  Asked a;
  a.command.by = whoever_asks();
  std::string file, due;
  CLI::App app{"Opens a batch with the Macs of a list (CSV), in the room that runs.", "greenroom batch import"};
  app.add_option("FILE", file, "the list")->required();
  app.add_option("--name", a.command.text, "the batch's name; the file's name where none is given");
  app.add_option("--due", due, "when it is due, as 2026-11-24T12:00Z; 8 hours from now where not given");
  add_command_options(app, a);
  if (const auto code = parsed(app, arguments)) return *code;
  if (!due.empty()) {
    const auto at = due_of(due);
    if (!at) return wrong("batch import", "--due takes a time as 2026-11-24T12:00Z, not \"" + due + "\"");
    a.command.number = *at;
  }
  const auto text = read_data(file);
  if (!text) return wrong("batch import", text.error().message);
  BatchFile list = read_batch(*text, file);
  bool bad = false;
  for (const Complaint& complaint : list.complaints) {
    std::fprintf(stderr, "%s\n", plain(to_string(complaint)).c_str());
    bad = bad || !complaint.warning;
  }
  if (bad) return wrong("batch import", "nothing was imported; correct " + file + " and import it again");
  a.command.kind = CommandKind::import_batch;
  if (a.command.text.empty()) a.command.text = batch_name(file);
  if (a.command.key.empty()) a.command.key = new_key();
  a.command.rows = std::move(list.rows);
  return send(a, "batch import");
}

int batch_read(const std::vector<std::string>& arguments, bool one) {
  ClientOptions options;
  std::string name;
  CLI::App app{one ? "One batch: every Mac and where it stands." : "Every batch and how far it is.",
               one ? "greenroom batch show" : "greenroom batch list"};
  if (one) app.add_option("NAME", name, "the batch's name")->required();
  add_client_options(app, options);
  if (const auto code = parsed(app, arguments)) return *code;
  const std::string path = "/api/v1/batches" + (one ? "/" + escaped_part(name) : std::string());
  const auto answer = ask_service(options, ApiRequest("GET", path));
  return tell(options, one ? "batch show" : "batch list", answer, [one](const std::string& body) {
    const std::string lines = one ? batch_screen(body) : batches_screen(body);
    std::fwrite(lines.data(), 1, lines.size(), stdout);
  });
}

}  // namespace

std::optional<int> batch_of_room(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return std::nullopt;
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (arguments.front() == "import") return batch_import(rest);
  if (arguments.front() == "list") return batch_read(rest, false);
  if (arguments.front() == "show") return batch_read(rest, true);
  return std::nullopt;
}

int command(const std::vector<std::string>& arguments) {
  Asked a;
  a.command.by = whoever_asks();
  CLI::App app{"Tells a running room what to do, or what was done.", "greenroom command"};
  app.add_option("KIND", a.kind, "the command, as lock-out or scan")->required();
  app.add_option("WORDS", a.words, "what it is about, in the order of its options");
  app.add_option("--label", a.command.label);
  app.add_option("--serial", a.command.serial);
  app.add_option("--text", a.command.text);
  app.add_option("--number", a.number, "a whole number; a limit may be given as 12.5A");
  add_command_options(app, a);
  app.footer(forms_text());
  if (const auto code = parsed(app, arguments)) return *code;
  std::string type = a.kind;
  std::replace(type.begin(), type.end(), '-', '_');
  const CommandForm* form = command_form(type);
  if (form == nullptr) {
    std::vector<std::string> known;
    for (const CommandForm& f : command_forms()) known.push_back(dashed(to_string(f.kind)));
    const auto guess = nearest(dashed(type), known);
    return wrong("command", fmt::format("there is no command \"{}\"; {}", a.kind,
                                        guess ? "did you mean " + *guess + "?" : "greenroom command --help names them"));
  }
  if (form->kind == CommandKind::import_batch)
    return wrong("command", "a list is imported with greenroom batch import FILE");
  a.command.kind = form->kind;
  const std::string unplaced = take_words(a, *form);
  if (!unplaced.empty())
    return wrong("command",
                 fmt::format("{} has no place for \"{}\"; greenroom command --help names what it takes", a.kind, unplaced));
  if (!a.number.empty()) {
    const auto number = number_of(a.number);
    if (!number) return wrong("command", "--number takes a whole number, or amps as 12.5A; not \"" + a.number + "\"");
    if (a.command.kind == CommandKind::limit && *number > 0 && !a.number.ends_with('A'))
      return wrong("command", "a limit is amps, as " + a.number + "A; 0 puts the room file's back");
    a.command.number = *number;
  }
  if (a.command.key.empty()) a.command.key = new_key();
  // Judged here as the service would, so that a slip is told without one.
  std::string given = to_json(a.command);
  if (a.number.empty()) {
    auto json = nlohmann::json::parse(given);
    json.erase("number");
    given = json.dump();
  }
  if (const auto good = command_from_json(given); !good) return wrong("command", good.error().message);
  return send(a, "command");
}

}  // namespace greenroom::cli
