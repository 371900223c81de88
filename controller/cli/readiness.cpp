#include "controller/cli/readiness.hpp"

#include <nlohmann/json.hpp>

#include "controller/domain/sentence.hpp"
#include "firmware-bridge/child_program.hpp"

namespace greenroom::cli {
namespace {

namespace asio = boost::asio;

// Doctor's own patience with a host is 5 s, and it asks all at once; a disk may be slow to wake.
constexpr Duration doctor_may_take = std::chrono::seconds{60};

std::string capital(std::string words) {
  if (!words.empty() && words.front() >= 'a' && words.front() <= 'z') words.front() -= 'a' - 'A';
  return words;
}

Readiness::Lack unknown(const std::string& why) {
  return {"What a restore needs of this machine is unknown: " + why + ".", "Run greenroom doctor --needs by hand."};
}

}  // namespace

Readiness readiness_after(Readiness before, const Result<std::string>& answer, TimePoint now) {
  Readiness seen{{}, before.hosts_reached, std::nullopt};
  const auto json = nlohmann::json::parse(answer.value_or(""), nullptr, /*allow_exceptions=*/false);
  const bool whole = json.is_object() && json.contains("findings") && json["findings"].is_array();
  if (!whole) {
    seen.lacks.push_back(unknown(answer ? "doctor gave no answer that can be read" : answer.error().message));
    return seen;
  }
  for (const auto& finding : json["findings"]) {
    const auto text = [&finding](const char* key) {
      const auto at = finding.find(key);
      return at != finding.end() && at->is_string() ? at->get<std::string>() : std::string();
    };
    if (text("verdict") != "bad") continue;
    Readiness::Lack lack{capital(sentence(text("what") + ": " + text("words"))), capital(sentence(text("remedy")))};
    if (!text("what").starts_with("host ")) seen.lacks.push_back(std::move(lack));
    else if (!seen.hosts) seen.hosts = std::move(lack);
  }
  if (!seen.hosts) seen.hosts_reached = now;
  return seen;
}

asio::awaitable<void> ask_readiness(asio::any_io_executor executor, Clock& clock, std::vector<std::string> doctor,
                                    std::function<void(const Readiness&)> tell) {
  Readiness known;
  tell(known);
  while (true) {
    std::vector<std::string> words = doctor;
    const auto ended = co_await run_program(executor, clock, std::move(words), clock.now() + doctor_may_take);
    if (!ended && ended.error().code == Errc::cancelled) co_return;
    Result<std::string> answer = ended.map([](const ProgramEnd& end) { return end.output; });
    known = readiness_after(std::move(known), answer, clock.now());
    tell(known);
    if (const auto slept = co_await clock.sleep_until(clock.now() + readiness_asked_every); !slept) co_return;
  }
}

}  // namespace greenroom::cli
