// restore_controller GATE JOBS UPSTREAM ID ECID IPSW ENGINE WORDS...: a controller that starts one job, follows it, opens
// its gate as soon as the engine waits for the restore OS, and goes on to its end. Made to be killed by a test.
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>

#include "firmware-bridge/process_engine.hpp"
#include "hw/async/event.hpp"
#include "hw/async/real_clock.hpp"
#include "hw/async/task_group.hpp"

namespace {

using namespace greenroom;

asio::awaitable<void> follow(ProcessEngine& engine, RestoreJob job, Event& at_the_gate) {
  const JobId id = job.id;
  if (const auto started = co_await engine.start(std::move(job)); !started) {
    std::fprintf(stderr, "%s\n", started.error().message.c_str());
    co_return;
  }
  const ProgressSink sink = [&at_the_gate](const RestoreProgress& now) {
    if (now.stage == RestoreStage::waiting_for_restore_mode) at_the_gate.set();
  };
  if (const auto end = co_await engine.attach(id, sink); !end) std::fprintf(stderr, "%s\n", end.error().message.c_str());
}

asio::awaitable<void> permit(ProcessEngine& engine, JobId id, Event& at_the_gate) {
  if (!co_await at_the_gate.wait()) co_return;
  if (const auto open = co_await engine.permit(id); !open) std::fprintf(stderr, "%s\n", open.error().message.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() < 7) return 2;
  asio::io_context loop{1};
  const auto clock = make_system_clock(loop.get_executor());
  const auto command = [&words](const RestoreJob&) { return EngineCommand({words.begin() + 6, words.end()}); };
  ProcessEngine engine(loop.get_executor(), *clock, words[1], EngineProgram(command, {words[0]}, words[2]));
  const JobId id{std::strtoull(words[3].c_str(), nullptr, 10)};
  RestoreJob job(id, *PortPath::parse("host/1-4.2"), Ecid{std::strtoull(words[4].c_str(), nullptr, 0)}, RestoreKind::erase,
                 words[5]);
  Event at_the_gate;
  TaskGroup tasks(loop.get_executor());
  tasks.spawn(follow(engine, std::move(job), at_the_gate));
  tasks.spawn(permit(engine, id, at_the_gate));
  loop.run();
  return 0;
}
