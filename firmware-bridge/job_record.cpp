#include "firmware-bridge/job_record.hpp"

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

namespace greenroom {
namespace {

using Json = nlohmann::ordered_json;

// A path may hold bytes that are no UTF-8; the record is read by people and must not fail on them.
std::string text_of(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

Json json_of(ProcessId p) { return Json{{"pid", p.pid}, {"start", p.start}}; }

ProcessId process_of(const Json& json) {
  return {json.at("pid").get<std::int32_t>(), json.at("start").get<std::uint64_t>()};
}

EngineUser user_of(const Json& json) {
  return {json.at("name").get<std::string>(), json.at("uid").get<std::uint32_t>(), json.at("gid").get<std::uint32_t>()};
}

// Runs a reader that throws on a wrong shape; nothing is thrown further.
template <class T, class F>
Result<T> read(std::string_view file, std::string_view text, F reader) {
  try {
    return reader(Json::parse(text));
  } catch (const Json::exception& e) {
    return fail(Errc::storage, std::string(file) + " cannot be read: " + e.what() +
                                   "; it was damaged or changed by hand: restore the job's directory or end the visit");
  }
}

Result<JobRecord> broken_job(std::string_view what) {
  return fail(Errc::storage, "job.json cannot be read: " + std::string(what) + "; it was damaged or changed by hand");
}

}  // namespace

std::string_view to_string(RestoreKind kind) {
  switch (kind) {
    case RestoreKind::erase: return "erase";
    case RestoreKind::revive: return "revive";
    case RestoreKind::erase_only: return "erase_only";
  }
  return "erase";
}

std::string print(const JobRecord& record) {
  const RestoreJob& job = record.job;
  Json json{{"version", 1},
            {"job", static_cast<std::uint64_t>(job.id)},
            {"port", job.path.text()},
            {"ecid", to_hex(job.ecid)},
            {"kind", to_string(job.kind)},
            {"firmware", job.firmware},
            {"command", record.command}};
  if (const auto& user = record.user) json["user"] = Json{{"name", user->name}, {"uid", user->uid}, {"gid", user->gid}};
  return text_of(json);
}

std::string print(const GateRecord& record) {
  return text_of(Json{
      {"boot", record.boot}, {"lock", record.lock}, {"gate", json_of(record.gate)}, {"engine", json_of(record.engine)}});
}

std::string print(const ExitRecord& record) {
  if (record.code) return text_of(Json{{"code", *record.code}});
  if (record.signal) return text_of(Json{{"signal", *record.signal}});
  return text_of(Json{{"not_started", record.not_started}});
}

Result<JobRecord> parse_job(std::string_view text) {
  return read<JobRecord>("job.json", text, [](const Json& json) -> Result<JobRecord> {
    if (json.at("version") != 1) return broken_job("it is of a version that this program does not know");
    auto port = PortPath::parse(json.at("port").get<std::string>());
    if (!port) return broken_job(port.error().message);
    const auto hex = json.at("ecid").get<std::string>();
    std::uint64_t ecid = 0;
    const char* end = hex.data() + hex.size();
    if (hex.rfind("0x", 0) != 0 || std::from_chars(hex.data() + 2, end, ecid, 16).ptr != end) {
      return broken_job("its ecid is \"" + hex + "\"");
    }
    const auto words = json.at("kind").get<std::string>();
    for (const RestoreKind kind : {RestoreKind::erase, RestoreKind::revive, RestoreKind::erase_only}) {
      if (words != to_string(kind)) continue;
      RestoreJob job(JobId{json.at("job").get<std::uint64_t>()}, std::move(*port), Ecid{ecid}, kind,
                     json.at("firmware").get<std::string>());
      std::optional<EngineUser> user;
      if (json.contains("user")) user = user_of(json.at("user"));
      return JobRecord(std::move(job), json.at("command").get<std::vector<std::string>>(), std::move(user));
    }
    return broken_job("its kind is \"" + words + "\"");
  });
}

Result<GateRecord> parse_gate(std::string_view text) {
  return read<GateRecord>("gate.json", text, [](const Json& json) -> Result<GateRecord> {
    return GateRecord(json.at("boot").get<std::string>(), json.at("lock").get<std::uint64_t>(), process_of(json.at("gate")),
                      process_of(json.at("engine")));
  });
}

Result<ExitRecord> parse_exit(std::string_view text) {
  return read<ExitRecord>("exit", text, [](const Json& json) -> Result<ExitRecord> {
    ExitRecord record;
    if (json.contains("code")) record.code = json.at("code").get<int>();
    else if (json.contains("signal")) record.signal = json.at("signal").get<int>();
    else record.not_started = json.at("not_started").get<std::string>();
    return record;
  });
}

JobState judge(const JobSigns& signs) {
  if (signs.exit_file) return JobState::ended;
  if (signs.gate_file && signs.gate_alive) return JobState::running;
  if (signs.gate_file) return signs.engine_alive ? JobState::orphaned : JobState::lost;
  if (signs.starting || signs.gate_alive) return JobState::starting;
  return signs.record ? JobState::never_started : JobState::none;
}

}  // namespace greenroom
