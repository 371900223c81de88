// The model Mac and its restore OS refuse what they were made to refuse: else their word for a real engine's work would be
// worth nothing.
#include <gmock/gmock.h>

#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "tests/support/img4.hpp"
#include "tests/support/mac_boot_rig.hpp"
#include "tests/support/restore_rig.hpp"

namespace greenroom::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Octets between(std::initializer_list<Octets> parts) {
  Octets all;
  for (const Octets& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// DER by hand, with lengths of two bytes: {"IMG4", the file, [0] {the ticket}}.
Octets by_hand(const Octets& file, const Octets& ticket) {
  const auto with_size = [](std::uint8_t tag, const Octets& body) {
    const Octets head{tag, 0x83, static_cast<std::uint8_t>(body.size() >> 16), static_cast<std::uint8_t>(body.size() >> 8),
                      static_cast<std::uint8_t>(body.size())};
    return between({head, body});
  };
  return with_size(0x30, between({{0x16, 4, 'I', 'M', 'G', '4'}, file, with_size(0xa0, ticket)}));
}

TEST(Img4, IsReadToItsLastByteOrNotAtAll) {
  const Octets payload = noise(1, 300), ticket{1, 2, 3};
  const Octets whole = by_hand(im4p("ibss", payload), ticket);
  const auto read = read_img4(whole);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->tag, "ibss");
  EXPECT_EQ(read->payload, payload);
  EXPECT_EQ(read->ticket, ticket);
  EXPECT_FALSE(read_img4(between({whole, {0}})));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(read_img4({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)})) << size;
}

TEST(Plist, SurvivesBeingPrinted) {
  const Plist value{{"text", "a < b"},    {"number", 0xffffffffffU}, {"yes", true}, {"bytes", plist_data({0, 1, 255})},
                    {"list", {1, "two"}}, {"inner", {{"no", false}}}};
  EXPECT_EQ(parse_plist(print_plist(value)), value);
}

// ---- the Mac's boot ----

class T2BootTest : public MacBootTest {
 protected:
  T2BootTest() : MacBootTest(t2_firmware()) {}
  void until(MacBoot::Stage stage) {
    download(image("iBSS"));
    mac_.leave();
    if (stage == MacBoot::Stage::ibss) return;
    upload(image("iBEC"));
    command("go");
    mac_.leave();
  }
};

TEST_F(T2BootTest, StartsItsOwnIbss) {
  download(image("iBSS"));
  EXPECT_TRUE(mac_.leaves());
  EXPECT_THAT(mac_.wrong, IsEmpty());
}

TEST_F(T2BootTest, DoesNotStartAnIbssWithAnotherMacsTicket) {
  const MacBoot other(model_mac(1, true), firmware_);
  download(img4(im4p("ibss", firmware_.at("iBSS").payload), other.ticket()));
  EXPECT_FALSE(mac_.leaves());
  EXPECT_THAT(mac_.wrong, ElementsAre("iBSS: another Mac's ticket"));
}

TEST_F(T2BootTest, DoesNotStartAnIbssThatIsNotPersonalised) {
  download(firmware_.at("iBSS").file());
  EXPECT_FALSE(mac_.leaves());
  EXPECT_THAT(mac_.wrong, ElementsAre("iBSS: no personalised image"));
}

TEST_F(T2BootTest, AnotherImageInAnImagesPlaceIsRefused) {
  until(MacBoot::Stage::ibss);
  upload(image("iBSS"));
  EXPECT_FALSE(command("go"));
  EXPECT_FALSE(mac_.leaves());
  EXPECT_THAT(mac_.wrong, ElementsAre("iBEC: with tag ibss"));
}

TEST_F(T2BootTest, OneOtherByteIsAnotherImage) {
  until(MacBoot::Stage::ibss);
  Octets bytes = image("iBEC");
  bytes[bytes.size() / 2] ^= 1;
  upload(bytes);
  EXPECT_FALSE(command("go"));
  EXPECT_THAT(mac_.wrong, ElementsAre("iBEC: another payload"));
}

TEST_F(T2BootTest, ACommandOutOfItsPlaceIsRefused) {
  until(MacBoot::Stage::ibec);
  EXPECT_EQ(mac_.stage(), MacBoot::Stage::ibec);
  EXPECT_FALSE(command("bootx"));
  EXPECT_FALSE(mac_.leaves());
  EXPECT_THAT(mac_.wrong, ElementsAre("'bootx' where 'getenv build-version' was due"));
}

TEST_F(T2BootTest, ACommandWithoutItsImageIsRefused) {
  until(MacBoot::Stage::ibss);
  EXPECT_FALSE(command("go"));
  EXPECT_THAT(mac_.wrong, ElementsAre("'go' with no image before it"));
}

TEST_F(T2BootTest, ACommandByAnotherRequestIsRefused) {
  until(MacBoot::Stage::ibss);
  upload(image("iBEC"));
  EXPECT_FALSE(command("go", 1));
  EXPECT_THAT(mac_.wrong, ElementsAre("'go' by request 1"));
}

TEST_F(T2BootTest, IsPutBackWhereverItStandsInRecovery) {
  until(MacBoot::Stage::ibec);
  for (const char* line : {"setenv auto-boot true", "getenv auto-boot", "saveenv", "reboot"}) EXPECT_TRUE(command(line));
  mac_.leave();
  EXPECT_EQ(mac_.stage(), MacBoot::Stage::booted);
  EXPECT_THAT(mac_.wrong, IsEmpty());
}

TEST_F(T2BootTest, IsNotPutBackInAnotherOrder) {
  until(MacBoot::Stage::ibss);
  EXPECT_TRUE(command("setenv auto-boot true"));
  EXPECT_FALSE(command("reboot"));
  EXPECT_FALSE(mac_.leaves());
  EXPECT_THAT(mac_.wrong, ElementsAre("'reboot' where 'getenv auto-boot' was due"));
}

class T2BootRestart : public T2BootTest {
 protected:
  void set_auto_boot_false() {
    until(MacBoot::Stage::ibec);
    for (const char* line : {"getenv build-version", "getenv build-style", "getenv radio-error", "setenv auto-boot false"})
      EXPECT_TRUE(command(line));
  }
};

TEST_F(T2BootRestart, ForgetsAnAutoBootThatWasNotSaved) {
  set_auto_boot_false();
  mac_.restart();
  EXPECT_EQ(mac_.stage(), MacBoot::Stage::booted);
}

TEST_F(T2BootRestart, EndsInRecoveryWhereFalseWasSaved) {
  set_auto_boot_false();
  EXPECT_TRUE(command("saveenv"));
  mac_.restart();
  EXPECT_EQ(mac_.stage(), MacBoot::Stage::recovery);
}

// ---- the restore OS, with the test in the engine's place ----

class RestoreOsTest : public RestoreRig {
 protected:
  RestoreOsTest() {
    asio::local::connect_pair(engine_, other_);
    tasks_.spawn(serve(62078, std::move(other_)));
  }
  ~RestoreOsTest() override { cancel_all(); }
  asio::awaitable<void> serve(std::uint16_t port, MuxSocket socket) {
    try {
      co_await os_.serve(port, std::move(socket));
    } catch (const boost::system::system_error&) {  // the test went away
    }
  }
  void say(MuxSocket& to, const Plist& message) {
    const std::string text = print_plist(message);
    const auto size = static_cast<std::uint32_t>(text.size());
    const Octets head{0, 0, static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
    asio::write(to, asio::buffer(head));
    asio::write(to, asio::buffer(text));
  }
  // Up to the request for that, and its answer.
  void answer(const std::string& type, const Plist& with) {
    ASSERT_TRUE(eventually([&] { return what_was_asked() == type; }));
    say(engine_, with);
  }
  std::string what_was_asked() {
    std::string part(engine_.available(), '\0');
    asio::read(engine_, asio::buffer(part));
    read_ += part;
    const auto at = read_.rfind("<key>DataType</key>");
    if (at == std::string::npos) return "";
    const auto begin = read_.find("<string>", at) + 8;
    return read_.substr(begin, read_.find('<', begin) - begin);
  }
  bool until_wrong() {
    return eventually([this] { return !os_.wrong.empty(); });
  }

  const Octets ticket_ = ticket_for(1, {1, 2, 3});
  RestoreOs os_{model_mac(0, true), ticket_, firmware_};
  MuxSocket engine_{loop_}, other_{loop_};
  std::string read_;
};

TEST_F(RestoreOsTest, GoesNoFurtherAfterAnotherMacsTicket) {
  say(engine_, {{"Request", "StartRestore"}});
  answer("FDRTrustData", Plist::object());
  answer("RootTicket", {{"RootTicketData", plist_data(ticket_for(2, {1, 2, 3}))}});
  ASSERT_TRUE(until_wrong());
  EXPECT_THAT(os_.wrong, ElementsAre("RootTicket: not this Mac's ticket"));
  EXPECT_THAT(read_, testing::Not(HasSubstr("format_effaceable_storage")));
}

TEST_F(RestoreOsTest, IsNotErasedByAnImageOfAnotherSize) {
  say(engine_, {{"Request", "StartRestore"}});
  answer("FDRTrustData", Plist::object());
  answer("RootTicket", {{"RootTicketData", plist_data(ticket_)}});
  ASSERT_TRUE(eventually([this] { return os_.listens(12345); }));
  MuxSocket asr(loop_), far(loop_);
  asio::local::connect_pair(asr, far);
  tasks_.spawn(serve(12345, std::move(far)));
  const std::string about = print_plist({{"Payload", {{"Size", 5}}}});
  asio::write(asr, asio::buffer(about));
  ASSERT_TRUE(until_wrong());
  EXPECT_THAT(os_.wrong, ElementsAre("ASR: an image of 5 bytes"));
  EXPECT_EQ(os_.starts, 1);
  EXPECT_FALSE(os_.erased);
}

TEST_F(RestoreOsTest, IsNotErasedByAnImageThatBreaksOff) {
  say(engine_, {{"Request", "StartRestore"}});
  answer("FDRTrustData", Plist::object());
  answer("RootTicket", {{"RootTicketData", plist_data(ticket_)}});
  ASSERT_TRUE(eventually([this] { return os_.listens(12345); }));
  {
    MuxSocket asr(loop_), far(loop_);
    asio::local::connect_pair(asr, far);
    tasks_.spawn(serve(12345, std::move(far)));
    const std::string about = print_plist({{"Payload", {{"Size", firmware_.at("OS").payload.size()}}}});
    asio::write(asr, asio::buffer(about));
  }
  ASSERT_TRUE(until_wrong());
  EXPECT_THAT(os_.wrong, ElementsAre("ASR: the image broke off"));
  EXPECT_FALSE(os_.erased);
}

TEST_F(RestoreOsTest, ListensForTheImageOnlyOnceItAskedForIt) {
  EXPECT_TRUE(os_.listens(62078));
  EXPECT_FALSE(os_.listens(12345));
  EXPECT_FALSE(os_.listens(1082));
}

}  // namespace
}  // namespace greenroom::test
