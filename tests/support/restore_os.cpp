#include "tests/support/restore_os.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "tests/support/img4.hpp"

namespace greenroom::test {
namespace {

constexpr std::uint16_t restored_port = 62078, asr_port = 12345;
constexpr std::size_t chunk = 0x20000;  // of the image, each with its SHA-1 where that was asked for

// ---- restored's messages ----

asio::awaitable<Plist> receive(MuxSocket& from) {
  std::array<std::uint8_t, 4> head{};
  co_await asio::async_read(from, asio::buffer(head), asio::use_awaitable);
  const std::size_t size = static_cast<std::size_t>(head[0]) << 24 | head[1] << 16 | head[2] << 8 | head[3];
  constexpr std::size_t longest = 64U << 20;
  std::string text(std::min(size, longest), '\0');
  co_await asio::async_read(from, asio::buffer(text), asio::use_awaitable);
  co_return parse_plist(text).value_or(Plist::object());
}

asio::awaitable<void> send(MuxSocket& to, const Plist& message) {
  const std::string text = print_plist(message);
  std::string all;
  for (int shift = 24; shift >= 0; shift -= 8) all.push_back(static_cast<char>(text.size() >> shift));
  all += text;
  co_await asio::async_write(to, asio::buffer(all), asio::use_awaitable);
}

asio::awaitable<void> checkpoint(MuxSocket& to, int id, std::string name, bool complete) {
  const Plist message{{"MsgType", "CheckpointMsg"},
                      {"CHECKPOINT_ID", id},
                      {"CHECKPOINT_NAME", name},
                      {"CHECKPOINT_RESULT", 0},
                      {"CHECKPOINT_COMPLETE", complete}};
  co_await send(to, message);
}

asio::awaitable<void> progress(MuxSocket& to, int operation, int percent) {
  const Plist message{{"MsgType", "ProgressMsg"}, {"Operation", operation}, {"Progress", percent}};
  co_await send(to, message);
}

// ---- ASR's: property lists one after the other, then raw bytes ----

asio::awaitable<void> send_bare(MuxSocket& to, const Plist& message) {
  const std::string text = print_plist(message);
  co_await asio::async_write(to, asio::buffer(text), asio::use_awaitable);
}

asio::awaitable<Plist> receive_bare(MuxSocket& from) {
  constexpr std::string_view end = "</plist>\n";
  std::string text;
  const std::size_t size = co_await asio::async_read_until(from, asio::dynamic_buffer(text), end, asio::use_awaitable);
  co_return size == text.size() ? parse_plist(text).value_or(Plist::object()) : Plist::object();
}

asio::awaitable<Octets> receive_bytes(MuxSocket& from, std::size_t size) {
  Octets bytes(size);
  co_await asio::async_read(from, asio::buffer(bytes), asio::use_awaitable);
  co_return bytes;
}

}  // namespace

std::string RestoreOs::udid() const { return fmt::format("{:08X}{:016X}", firmware_.chip, mac_.ecid); }

bool RestoreOs::listens(std::uint16_t port) const { return port == restored_port || (port == asr_port && image_asked_); }

asio::awaitable<void> RestoreOs::serve(std::uint16_t port, MuxSocket socket) {
  if (port == restored_port) co_await restored(socket);
  else co_await take_image(socket);
}

asio::awaitable<void> RestoreOs::restored(MuxSocket& socket) {
  const auto answer = [](const std::string& request, Plist more) {
    more["Request"] = request;
    more["Result"] = "Success";
    return more;
  };
  for (;;) {
    const Plist asked = co_await receive(socket);
    const std::string request = text_in(asked, "Request"), key = text_in(asked, "QueryKey");
    seen.push_back(key.empty() ? request : request + " " + key);
    Plist reply = Plist::object();
    if (request == "StartRestore") {
      if (!co_await restore(socket)) co_return;
      continue;
    }
    if (request == "QueryType") {
      // 1.0.0 compares the serial number, which recovery had told it, with the one in this answer.
      reply = {{"Type", "com.apple.mobile.restored"}, {"RestoreProtocolVersion", 15}, {"SerialNumber", mac_.serial}};
    } else if (key == "HardwareInfo") {
      reply[key] = {{"UniqueChipID", mac_.ecid},
                    {"BoardID", firmware_.board_id},
                    {"ChipID", firmware_.chip},
                    {"ProductionMode", true}};
    } else if (key == "SavedDebugInfo") {
      reply[key] = Plist::object();
    } else if (request != "Goodbye") {
      wrong.push_back("a request " + seen.back());
    }
    const Plist told = answer(request, std::move(reply));
    co_await send(socket, told);
  }
}

// False when it went no further: whoever restores sees the connection end.
asio::awaitable<bool> RestoreOs::restore(MuxSocket& s) {
  ++starts;
  if (!lies) {
    co_await checkpoint(s, 0x600, "start_restore", false);
    co_await progress(s, 28, 0);  // waiting for NAND
    if (!co_await ask(s, "FDRTrustData", {})) co_return false;
    co_await progress(s, 11, 50);  // partition map
    co_await progress(s, 12, 0);   // file system
    if (!co_await ask(s, "RootTicket", {})) co_return false;
    co_await checkpoint(s, 0x61f, "format_effaceable_storage", true);
    if (!co_await ask_for_image(s)) co_return false;
    erased = true;
    for (const int percent : {10, 50, 100}) co_await progress(s, 14, percent);  // verified
    if (!co_await ask(s, "KernelCache", {})) co_return false;
    co_await progress(s, 27, 0);
    const Plist first_version{{"FlashVersion1", true}}, list{{"FUDImageList", true}};
    if (!co_await ask(s, "NORData", first_version)) co_return false;
    for (const int percent : {50, 100}) co_await progress(s, 18, percent);  // flashed
    if (!co_await ask(s, "FUDData", list)) co_return false;
    co_await progress(s, 36, 100);
    co_await progress(s, 29, 0);  // unmounted
    co_await checkpoint(s, 0x6ff, "finish", true);
  }
  const Plist well{{"MsgType", "StatusMsg"}, {"Status", 0}};
  co_await send(s, well);
  const Plist last = co_await receive(s);
  seen.push_back(text_in(last, "MsgType"));
  if (seen.back() != "ReceivedFinalStatusMsg") wrong.push_back("another answer to the final status");
  co_return true;
}

asio::awaitable<bool> RestoreOs::ask(MuxSocket& s, std::string type, Plist arguments) {
  Plist message{{"MsgType", "DataRequestMsg"}, {"DataType", type}};
  if (!arguments.empty()) message["Arguments"] = std::move(arguments);
  co_await send(s, message);
  const Plist answer = co_await receive(s);
  seen.push_back(type);
  const std::string why = what_is_wrong(type, answer);
  if (!why.empty()) wrong.push_back(type + ": " + why);
  co_return why.empty();
}

// It comes on a connection of its own.
asio::awaitable<bool> RestoreOs::ask_for_image(MuxSocket& s) {
  image_asked_ = true;
  const Plist message{{"MsgType", "DataRequestMsg"}, {"DataType", "SystemImageData"}};
  co_await send(s, message);
  seen.emplace_back("SystemImageData");
  co_return co_await image_ended_.wait() && image_whole_;
}

std::string RestoreOs::what_is_wrong(const std::string& type, const Plist& answer) const {
  if (type == "FDRTrustData") return answer.is_object() && answer.empty() ? "" : "more than nothing";
  if (type == "RootTicket") return data_in(answer, "RootTicketData") == ticket_ ? "" : "not this Mac's ticket";
  if (type == "KernelCache") return image_is_wrong(data_in(answer, "KernelCacheFile"), "KernelCache");
  if (type == "FUDData") return answer == Plist{{"FUDImageList", {"StaticTrustCache"}}} ? "" : "another list";
  // NORData
  const auto others = answer.find("NorImageData");
  if (others == answer.end() || others->size() != 2) return "not two images beside";
  std::string why = image_is_wrong(data_in(answer, "LlbImageData"), "LLB");
  why += image_is_wrong(data_in(answer, "SEPImageData"), "SEP");
  why += image_is_wrong(data_in(answer, "RestoreSEPImageData"), "RestoreSEP");
  for (const char* name : {"iBoot", "DeviceTree"}) {
    const auto is_it = [&](const Plist& one) { return one.is_binary() && image_is_wrong(one.get_binary(), name).empty(); };
    if (std::none_of(others->begin(), others->end(), is_it)) why += fmt::format("{} is missing. ", name);
  }
  return why;
}

std::string RestoreOs::image_is_wrong(const Octets& sent, std::string_view component) const {
  const auto image = read_img4(sent);
  const Component& c = firmware_.at(component);
  if (!image || image->tag != c.tag || image->payload != c.payload) return fmt::format("{} is another image. ", component);
  return image->ticket == ticket_ ? "" : fmt::format("{} with another ticket. ", component);
}

asio::awaitable<void> RestoreOs::take_image(MuxSocket& s) {
  std::string why;
  try {
    why = co_await what_is_wrong_with_the_image(s);
  } catch (const boost::system::system_error&) { why = "the image broke off"; }
  image_whole_ = why.empty();
  if (!why.empty()) wrong.push_back("ASR: " + why);
  image_ended_.set();
}

asio::awaitable<std::string> RestoreOs::what_is_wrong_with_the_image(MuxSocket& s) const {
  const Octets& whole = firmware_.at("OS").payload;
  const auto same = [&whole](const Octets& part, std::size_t from) {
    return std::equal(part.begin(), part.end(), whole.begin() + static_cast<std::ptrdiff_t>(from));
  };
  const Plist begin{{"Command", "Initiate"}, {"Checksum Chunks", true}}, payload{{"Command", "Payload"}};
  co_await send_bare(s, begin);
  const Plist about = co_await receive_bare(s);
  const auto size = about.value(Plist::json_pointer("/Payload/Size"), std::uint64_t{0});
  if (size != whole.size()) co_return fmt::format("an image of {} bytes", size);
  // Head, tail and middle first, as if it looked what this is.
  struct Piece {
    std::size_t offset, length;
  };
  for (const Piece piece : {Piece{0, 65536}, Piece{whole.size() - 512, 512}, Piece{whole.size() / 2, 4096}}) {
    const Plist wanted{{"Command", "OOBData"}, {"OOB Offset", piece.offset}, {"OOB Length", piece.length}};
    co_await send_bare(s, wanted);
    const Octets part = co_await receive_bytes(s, piece.length);
    if (!same(part, piece.offset)) co_return fmt::format("other bytes at {}", piece.offset);
  }
  co_await send_bare(s, payload);
  for (std::size_t at = 0; at < whole.size(); at += chunk) {
    const Octets part = co_await receive_bytes(s, std::min(chunk, whole.size() - at));
    const Octets sum = co_await receive_bytes(s, SHA_DIGEST_LENGTH);
    Octets own(SHA_DIGEST_LENGTH);
    SHA1(part.data(), part.size(), own.data());
    if (sum != own) co_return fmt::format("a chunk at {} with another checksum", at);
    if (!same(part, at)) co_return fmt::format("another chunk at {}", at);
  }
  co_return "";
}

}  // namespace greenroom::test
