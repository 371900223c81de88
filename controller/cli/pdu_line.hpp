// What the pdu verbs share: a PDU reached by its line and dialect, without a room file (rules.md R14: a line that a service
// owns is refused, with its pid).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "hw/async/clock.hpp"
#include "hw/async/task.hpp"
#include "hw/pdu/dialect.hpp"
#include "hw/pdu/pdu.hpp"

namespace CLI {
class App;
}
namespace boost::asio {
class io_context;
}

namespace greenroom::cli {

struct PduOptions {
  std::string line, dialect, user, password_file;
  std::uint16_t outlets{};  // 0: as many as the dialect says
  bool json{};
};
void add_pdu_options(CLI::App&, PduOptions&, bool without_dialect = false);

// A dialect by its name or its path, sized; what is wrong with it was told on stderr.
std::optional<Dialect> dialect_for(const char* verb, const std::string& dialect, std::uint16_t outlets);

// Opens the line, drives the PDU with `work` until it ends or a signal comes, and returns the exit code; a failure of
// either is told on stderr, naming line and dialect. `verb` is "greenroom pdu read".
using PduWork = std::function<Task<void>(Pdu&, const DialectFacts&, Clock&)>;
int with_pdu(const PduOptions&, const char* verb, const PduWork&);
int with_pdu(const PduOptions&, Dialect, const char* verb, const PduWork&);
// Its parts: the failure as a value, Errc::usage where the line was named wrongly and Errc::cancelled after a signal; and
// its telling. A signal is no failure only to what would go on for ever, and that says so itself.
Result<void> drive(const PduOptions&, Dialect, const char* verb, const PduWork&);
int concluded(const char* verb, const Result<void>&);
// "pty:/dev/pts/5 (wti-nps): why", each once.
std::string told(const PduOptions&, const DialectFacts&, const Error&);
// Until the work ends; a signal cancels it.
Result<void> run_to_end(boost::asio::io_context&, Task<void> work);
// The signals that ask a verb to end. Under nohup a hang-up is none.
std::vector<int> ending_signals();

// "7", or what the device calls it: ".AA7". Errc::usage, naming what there is.
Result<OutletNumber> outlet_named(const DialectFacts&, const std::string&);

// One value on one line. What is not UTF-8, as the path of a line may be, is told with a replacement character.
template <class Json>
std::string json_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// {"dialect", "line", "outlets": [...], "banks": [...], "age_ms"}, on one line.
std::string reading_json(const PduOptions&, const DialectFacts&, const PduReading&, TimePoint now);
std::string reading_text(const DialectFacts&, const PduReading&, TimePoint now);
std::string_view to_string(OutletState);

}  // namespace greenroom::cli
