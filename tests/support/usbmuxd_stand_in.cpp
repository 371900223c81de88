#include "tests/support/usbmuxd_stand_in.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace greenroom::test {
namespace {

constexpr std::uint32_t header_size = 16, plist_version = 1, plist_message = 8;
constexpr std::uint32_t bad_command = 1, bad_device = 2, refused = 3;  // as libusbmuxd names a Result's number

struct Message {
  std::uint32_t version{}, kind{}, tag{};
  std::string text;
};

asio::awaitable<Message> receive(MuxSocket& from) {
  std::array<std::uint8_t, header_size> head{};
  co_await asio::async_read(from, asio::buffer(head), asio::use_awaitable);
  const auto word = [&head](std::size_t n) {
    return static_cast<std::uint32_t>(head[4 * n] | head[4 * n + 1] << 8 | head[4 * n + 2] << 16) |
           static_cast<std::uint32_t>(head[4 * n + 3]) << 24;
  };
  Message m{word(1), word(2), word(3), {}};
  constexpr std::uint32_t longest = 1 << 20;
  m.text.resize(std::min(std::max(word(0), header_size) - header_size, longest));
  co_await asio::async_read(from, asio::buffer(m.text), asio::use_awaitable);
  co_return m;
}

std::string framed(std::uint32_t tag, const Plist& body) {
  const std::string text = print_plist(body);
  std::string all;
  for (const std::uint32_t word :
       {static_cast<std::uint32_t>(header_size + text.size()), plist_version, plist_message, tag}) {
    for (int shift = 0; shift < 32; shift += 8) all.push_back(static_cast<char>(word >> shift));
  }
  return all + text;
}

asio::awaitable<void> send(MuxSocket& to, std::uint32_t tag, const Plist& body) {
  const std::string message = framed(tag, body);
  co_await asio::async_write(to, asio::buffer(message), asio::use_awaitable);
}

Plist result(std::uint32_t number) { return {{"MessageType", "Result"}, {"Number", number}}; }

}  // namespace

UsbmuxdStandIn::UsbmuxdStandIn(asio::any_io_executor executor, const std::string& path)
    : acceptor_(executor, asio::local::stream_protocol::endpoint(path)), tasks_(executor) {
  tasks_.spawn(listen());
}

void UsbmuxdStandIn::end() { tasks_.cancel(); }

void UsbmuxdStandIn::attach(MuxDevice& device) {
  devices_.push_back(&device);
  for (Event& came : listeners_) came.set();
}

void UsbmuxdStandIn::detach(MuxDevice& device) {
  std::replace(devices_.begin(), devices_.end(), &device, static_cast<MuxDevice*>(nullptr));
}

Plist UsbmuxdStandIn::attached_message(std::size_t id) const {
  const Plist properties{{"ConnectionType", "USB"},
                         {"DeviceID", id},
                         {"LocationID", id},
                         {"ProductID", 0x12a8},
                         {"SerialNumber", devices_[id - 1]->udid()}};
  return {{"MessageType", "Attached"}, {"DeviceID", id}, {"Properties", properties}};
}

asio::awaitable<void> UsbmuxdStandIn::listen() {
  try {
    for (;;) tasks_.spawn(serve(co_await acceptor_.async_accept(asio::use_awaitable)));
  } catch (const boost::system::system_error&) {  // cancelled
  }
}

asio::awaitable<void> UsbmuxdStandIn::serve(MuxSocket socket) {
  try {
    const Message m = co_await receive(socket);
    const Plist ask = parse_plist(m.text).value_or(Plist::object());
    const std::string what = text_in(ask, "MessageType");
    if (m.version != plist_version || m.kind != plist_message)
      wrong.push_back(fmt::format("a message of version {} and kind {}", m.version, m.kind));
    if (what == "Listen") {
      co_await announce(socket, m.tag);
    } else if (what == "ListDevices") {
      Plist list{{"DeviceList", Plist::array()}};
      for (std::size_t id = 1; id <= devices_.size(); ++id)
        if (there(id)) list["DeviceList"].push_back(attached_message(id));
      co_await send(socket, m.tag, list);
    } else if (what == "Connect") {
      const auto number = ask.at("PortNumber").get<std::uint32_t>();
      const auto port = static_cast<std::uint16_t>((number & 0xff) << 8 | number >> 8);  // comes in the network's order
      const auto id = ask.at("DeviceID").get<std::size_t>();
      if (!there(id)) {
        co_await send(socket, m.tag, result(bad_device));
      } else if (!devices_[id - 1]->listens(port)) {
        co_await send(socket, m.tag, result(refused));
      } else {
        co_await send(socket, m.tag, result(0));
        co_await devices_[id - 1]->serve(port, std::move(socket));
      }
    } else {
      wrong.push_back("a message " + what);
      co_await send(socket, m.tag, result(bad_command));
    }
  } catch (const boost::system::system_error&) {  // the engine closed it, or cancelled
  } catch (const Plist::exception& e) { wrong.push_back(fmt::format("a message without its parts: {}", e.what())); }
}

// To its end: a listener that went away is noticed when the next device comes.
asio::awaitable<void> UsbmuxdStandIn::announce(MuxSocket& socket, std::uint32_t tag) {
  co_await send(socket, tag, result(0));
  Event& came = listeners_.emplace_back();
  for (std::size_t told = 0;;) {
    if (told == devices_.size()) {
      if (!co_await came.wait()) co_return;
      continue;
    }
    if (!there(++told)) continue;
    const Plist attached = attached_message(told);
    co_await send(socket, 0, attached);
  }
}

}  // namespace greenroom::test
