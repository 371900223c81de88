#include "controller/simulate/world_server.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "controller/simulate/engine_desk.hpp"
#include "controller/simulate/model_mac_actions.hpp"
#include "controller/simulate/remote_link.hpp"
#include "hw/async/real_clock.hpp"
#include "hw/async/task_group.hpp"
#include "hw/usb/usb_table.hpp"

namespace greenroom::sim {
namespace {

using Json = nlohmann::json;
using Link = std::shared_ptr<LocalLink>;
using Acceptor = asio::local::stream_protocol::acceptor;

constexpr Duration longest_action = std::chrono::hours{24};
constexpr double hello_wait_s = 5;  // of real time, for a client's first line

// "greenroom serve": the program and its verb, as people would type them.
std::string name_of(std::int32_t process) {
  std::ifstream file(fmt::format("/proc/{}/cmdline", process), std::ios::binary);
  std::string program;
  std::string verb;
  std::getline(file, program, '\0');
  std::getline(file, verb, '\0');
  program.erase(0, program.find_last_of('/') + 1);
  return verb.empty() || verb.starts_with('-') ? program : program + " " + verb;
}

Json refusal(const Error& error) { return {{"ok", false}, {"code", to_string(error.code)}, {"error", error.message}}; }

// What a client sends may be of any type: what does not fit counts as not given.
std::string text(const Json& object, const char* name) {
  const auto at = object.is_object() ? object.find(name) : object.end();
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string{};
}
std::int64_t number(const Json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_number_integer() ? at->get<std::int64_t>() : 0;
}

void answer(const Link& link, const Json& words) { static_cast<void>(link->write(words.dump() + "\n")); }

Json arrival(const UsbSighting& seen) {
  return {{"arrived",
           {{"port", seen.path.text()},
            {"vendor", seen.vendor},
            {"product", seen.product},
            {"bcd", seen.bcd_device},
            {"serial", seen.serial}}}};
}

Result<void> make_way(const std::string& path) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0) return {};
  if (!S_ISSOCK(there.st_mode)) return fail(Errc::refused, path + " is a file, and no socket; name another");
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const bool lives = ::connect(probe, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0 || errno == EAGAIN;
  ucred who{};
  socklen_t size = sizeof who;
  if (lives) static_cast<void>(::getsockopt(probe, SOL_SOCKET, SO_PEERCRED, &who, &size));
  ::close(probe);
  if (lives) {
    return fail(Errc::refused, fmt::format("{} is served by process {} ({}); end it first, or name another socket", path,
                                           who.pid, name_of(who.pid)));
  }
  ::unlink(path.c_str());
  return {};
}

}  // namespace

struct WorldServer::Impl {
  Impl(asio::any_io_executor e, Clock& c, double s, model::Plant& p, const Room& r)
      : executor(std::move(e)),
        clock(c),
        speed(s),
        plant(p),
        room(r),
        bus(plant.open_bus()),
        table(*bus, clock),
        macs(clock, plant, table),
        engines(clock, plant),
        acceptor(executor),
        tasks(executor) {}

  asio::awaitable<void> accept();
  asio::awaitable<void> serve(Link);
  [[nodiscard]] Json hello() const;
  Result<void> own(const std::string& thing, const Link&);
  void disown(const std::string& thing, const Link&);
  asio::awaitable<void> serve_line(Link, PduId, std::string thing);
  asio::awaitable<void> line_down(Link, SerialLine&);
  asio::awaitable<void> serve_usb(Link);
  using View = std::shared_ptr<std::unique_ptr<UsbBus>>;
  asio::awaitable<void> usb_closes(Link, View);
  asio::awaitable<void> serve_mac(Link, bool in_restore_os);
  asio::awaitable<void> act(Link, std::string what, PortPath, Duration within);

  asio::any_io_executor executor;
  Clock& clock;
  double speed;
  model::Plant& plant;
  const Room& room;
  std::unique_ptr<UsbBus> bus;  // the world's own view, for what is done to Macs
  UsbTable table;
  ModelMacActions macs;
  EngineDesk engines;
  Acceptor acceptor;
  std::string socket_path;
  ino_t inode{};
  std::map<std::string, Link> owners;  // "line left", "the USB bus"
  std::vector<std::weak_ptr<LocalLink>> links;
  std::vector<std::shared_ptr<TaskGroup>> acting;  // what is being done to Macs, a group for each connection
  TaskGroup tasks;
};

Json WorldServer::Impl::hello() const {
  return {{"ok", true},
          {"speed", speed},
          {"wall_us", clock.wall().time_since_epoch().count()},
          {"boot_us", boot_time().count()}};
}

asio::awaitable<void> WorldServer::Impl::accept() {
  while (acceptor.is_open()) {
    auto [error, socket] = co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
    if (!acceptor.is_open() || error == asio::error::operation_aborted) co_return;
    if (error) {  // no descriptors left: those who end give theirs back
      if (const auto slept = co_await clock.sleep_until(clock.now() + seconds_of(0.1 * speed)); !slept) co_return;
      continue;
    }
    const Link link = LocalLink::adopt(executor, clock, socket.release());
    std::erase_if(links, [](const auto& weak) { return weak.expired(); });
    links.push_back(link);
    tasks.spawn(serve(link));
  }
}

asio::awaitable<void> WorldServer::Impl::serve(Link link) {
  const auto first = co_await link->read_line(clock.now() + seconds_of(hello_wait_s * speed));
  if (!first) co_return;
  const Json said = Json::parse(*first, nullptr, /*allow_exceptions=*/false);
  if (!said.is_object() || !said.contains("open") || !said["open"].is_string() || !said.contains("speed") ||
      !said["speed"].is_number())
    co_return answer(link, refusal(Error(Errc::protocol, "the first line is one object with open and speed")));
  if (const double asked = said["speed"].get<double>(); asked != speed) {
    co_return answer(link, refusal(Error(Errc::refused, fmt::format("the world runs at speed {} and the client at speed {}; "
                                                                    "give both the same --speed",
                                                                    speed, asked))));
  }
  const std::string open = said["open"].get<std::string>();
  if (open == "hello") co_return answer(link, hello());
  if (open == "usb") co_return co_await serve_usb(std::move(link));
  if (open == "mac" || open == "restore") co_return co_await serve_mac(std::move(link), open == "restore");
  const std::string name = text(said, "name");
  const auto pdu = std::find_if(room.pdus.begin(), room.pdus.end(), [&](const PduConfig& p) { return p.name == name; });
  if (open != "line" || pdu == room.pdus.end())
    co_return answer(link, refusal(Error(Errc::refused, fmt::format("the world has no {} \"{}\"", open, name))));
  const PduId id{static_cast<std::uint32_t>(pdu - room.pdus.begin())};
  std::string thing = "line " + name;
  co_await serve_line(std::move(link), id, std::move(thing));
}

// An owner whose process is dead holds nothing, also where its end was not read yet.
Result<void> WorldServer::Impl::own(const std::string& thing, const Link& link) {
  const auto owner = owners.find(thing);
  if (owner != owners.end() && !owner->second->hung_up()) {
    const auto process = owner->second->peer();
    return fail(Errc::refused,
                fmt::format("{} is owned by process {} ({}); end it first", thing, process, name_of(process)));
  }
  if (owner != owners.end()) owner->second->close();
  owners[thing] = link;
  return {};
}

void WorldServer::Impl::disown(const std::string& thing, const Link& link) {
  link->close();
  if (const auto owner = owners.find(thing); owner != owners.end() && owner->second == link) owners.erase(owner);
}

asio::awaitable<void> WorldServer::Impl::serve_line(Link link, PduId pdu, std::string thing) {
  if (const auto free = own(thing, link); !free) co_return answer(link, refusal(free.error()));
  answer(link, hello());
  const std::unique_ptr<SerialLine> line = plant.open_line(pdu);
  tasks.spawn(line_down(link, *line));
  while (true) {
    auto bytes = co_await link->read_some(never);
    if (!bytes) break;
    if (const auto sent = co_await line->write(std::move(*bytes)); !sent) break;
  }
  disown(thing, link);  // before the line dies: the other direction looks at the link first
}

asio::awaitable<void> WorldServer::Impl::line_down(Link link, SerialLine& line) {
  while (link->open()) {
    auto bytes = co_await line.read_some(never);
    if (!bytes || !link->write(std::move(*bytes))) break;
  }
  link->close();
}

asio::awaitable<void> WorldServer::Impl::serve_usb(Link link) {
  const std::string thing = "the USB bus";
  if (const auto free = own(thing, link); !free) co_return answer(link, refusal(free.error()));
  answer(link, hello());
  const View view = std::make_shared<std::unique_ptr<UsbBus>>(plant.open_bus());
  tasks.spawn(usb_closes(link, view));
  while (link->open()) {
    const auto event = co_await (*view)->next_event();
    if (!event) break;
    const auto* arrived = std::get_if<UsbArrived>(&*event);
    answer(link, arrived ? arrival(arrived->device) : Json{{"left", std::get<UsbLeft>(*event).path.text()}});
  }
  disown(thing, link);
}

// The client says nothing on this connection: the read ends when it is gone, and takes the view with it.
asio::awaitable<void> WorldServer::Impl::usb_closes(Link link, View view) {
  while (true) {
    if (const auto nothing = co_await link->read_some(never); !nothing) break;
  }
  link->close();
  view->reset();
}

// One request at a time. What is being done to a Mac ends with the client that asked for it: a service that starts anew
// must not be surprised by a message to a Mac that an engine has by then.
asio::awaitable<void> WorldServer::Impl::serve_mac(Link link, bool in_restore_os) {
  answer(link, hello());
  std::erase_if(acting, [](const auto& group) { return group.use_count() == 1 && group->size() == 0; });
  const auto mine = std::make_shared<TaskGroup>(executor);
  acting.push_back(mine);
  EngineDesk::Session session(engines, in_restore_os);
  while (true) {
    const auto line = co_await link->read_line(never);
    if (!line) break;
    const Json asked = Json::parse(*line, nullptr, /*allow_exceptions=*/false);
    const std::string what = text(asked, "do");
    if (in_restore_os || (what != "enter_dfu" && what != "leave_dfu" && what != "put_back")) {
      if (!link->write(session.answer(*line) + "\n")) break;
      continue;
    }
    const auto port = PortPath::parse(text(asked, "port"));
    if (!port || mine->size() > 0) answer(link, refusal(port ? Error(Errc::busy, "one request at a time") : port.error()));
    else mine->spawn(act(link, what, *port, std::clamp(Duration{number(asked, "within_us")}, Duration{0}, longest_action)));
  }
  mine->cancel();
  link->close();
}

asio::awaitable<void> WorldServer::Impl::act(Link link, std::string what, PortPath port, Duration within) {
  const TimePoint deadline = clock.now() + within;
  Result<void> done;
  if (what == "enter_dfu") {
    const auto entered = co_await macs.enter_dfu(std::move(port), deadline);
    done = entered ? Result<void>{} : Result<void>(fail(entered.error()));
  }
  if (what == "leave_dfu") done = co_await macs.leave_dfu(std::move(port), deadline);
  if (what == "put_back") done = co_await macs.put_back(std::move(port), deadline);
  answer(link, done ? Json{{"ok", true}} : refusal(done.error()));
}

WorldServer::WorldServer(asio::any_io_executor executor, Clock& clock, double speed, model::Plant& plant, const Room& room)
    : impl_(std::make_unique<Impl>(std::move(executor), clock, speed, plant, room)) {}
WorldServer::~WorldServer() = default;

Result<void> WorldServer::listen(const std::string& path) {
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path))
    return fail(Errc::usage,
                fmt::format("a socket's path has 1 to {} bytes: \"{}\"", sizeof(sockaddr_un::sun_path) - 1, path));
  if (const auto free = make_way(path); !free) return free;
  boost::system::error_code error;
  Acceptor& acceptor = impl_->acceptor;
  if (acceptor.open(asio::local::stream_protocol{}, error); !error)
    acceptor.bind(asio::local::stream_protocol::endpoint(path), error);
  if (!error) acceptor.listen(Acceptor::max_listen_connections, error);
  if (error)
    return fail(Errc::refused, fmt::format("{}: {}; name a folder that exists and is yours", path, error.message()));
  ::chmod(path.c_str(), S_IRUSR | S_IWUSR);
  struct stat made {};
  if (::lstat(path.c_str(), &made) == 0) impl_->inode = made.st_ino;
  impl_->socket_path = path;
  impl_->engines.on_finish = [this](model::MacId mac, std::uint64_t run) {
    if (on_finish) on_finish(mac, run);
  };
  impl_->tasks.spawn(impl_->table.run());
  impl_->tasks.spawn(impl_->accept());
  return {};
}

void WorldServer::stop() {
  boost::system::error_code ignored;
  impl_->acceptor.close(ignored);
  struct stat there {};
  if (!impl_->socket_path.empty() && ::lstat(impl_->socket_path.c_str(), &there) == 0 && there.st_ino == impl_->inode)
    ::unlink(impl_->socket_path.c_str());
  impl_->socket_path.clear();
  for (const auto& weak : impl_->links) {
    if (const auto link = weak.lock()) link->close();
  }
  for (const auto& group : impl_->acting) group->cancel();
  impl_->tasks.cancel();
}

bool WorldServer::idle() const {
  return impl_->tasks.size() == 0 &&
         std::all_of(impl_->acting.begin(), impl_->acting.end(), [](const auto& group) { return group->size() == 0; });
}

}  // namespace greenroom::sim
