#include "controller/cli/doctor_judge.hpp"

#include <gmock/gmock.h>

namespace greenroom::cli {
namespace {

HostSeen host(HostStage reached, std::string error = "") {
  HostSeen seen;
  seen.host = "gs.apple.com";
  seen.reached = reached;
  seen.error = std::move(error);
  return seen;
}
HostSeen certified(std::string issuer, bool trusted, bool name_fits = true) {
  HostSeen seen = host(HostStage::done);
  seen.issuer = std::move(issuer);
  seen.trusted = trusted;
  seen.name_fits = name_fits;
  return seen;
}

TEST(DoctorHost, IsGoodByAppleWhetherOrNotItsRootIsKnown) {
  EXPECT_EQ(judge_host(certified("Apple Inc.", true), 5).verdict, Verdict::good);
  EXPECT_EQ(judge_host(certified("Apple Inc.", false), 5).verdict, Verdict::good);
}

TEST(DoctorHost, ThatIsNotResolvedPointsAtTheNameServers) {
  const auto finding = judge_host(host(HostStage::resolve, "Temporary failure in name resolution"), 5);
  EXPECT_EQ(finding.verdict, Verdict::bad);
  EXPECT_EQ(finding.what, "host gs.apple.com");
  EXPECT_EQ(finding.words, "cannot be resolved: Temporary failure in name resolution");
  EXPECT_EQ(finding.remedy, "check that this machine has a network, and its name servers (/etc/resolv.conf)");
}

TEST(DoctorHost, ThatSaysNothingIsToldWithItsTime) {
  HostSeen seen = host(HostStage::connect);
  seen.timed_out = true;
  EXPECT_EQ(judge_host(seen, 5).words, "gs.apple.com:443 cannot be reached: no answer within 5 s");
  EXPECT_EQ(judge_host(seen, 5).remedy, "let the firewall pass TCP to gs.apple.com:443");
}

TEST(DoctorHost, BehindAProxyBlamesTheProxy) {
  HostSeen seen = host(HostStage::connect, "Connection refused");
  seen.proxy = "10.0.0.1:3128";
  EXPECT_EQ(judge_host(seen, 5).words, "the proxy 10.0.0.1:3128 cannot be reached: Connection refused");
  seen.reached = HostStage::proxy;
  seen.error = "HTTP/1.1 403 Forbidden";
  EXPECT_EQ(judge_host(seen, 5).words, "the proxy 10.0.0.1:3128 gives no way to gs.apple.com:443: HTTP/1.1 403 Forbidden");
  EXPECT_EQ(judge_host(seen, 5).remedy, "have it allow CONNECT to gs.apple.com:443");
}

TEST(DoctorHost, WithAnothersCertificateIsIntercepted) {
  const auto finding = judge_host(certified("Example Corp Inspection", false), 5);
  EXPECT_EQ(finding.verdict, Verdict::bad);
  EXPECT_EQ(finding.words,
            "TLS is intercepted: its certificate is by Example Corp Inspection, which this machine does not trust");
  EXPECT_EQ(finding.remedy, "take gs.apple.com out of TLS inspection: the engine and the Mac accept no other certificate");
  // The root of an inspecting company may be installed on its machines.
  EXPECT_EQ(judge_host(certified("Example Corp Inspection", true), 5).verdict, Verdict::warn);
  EXPECT_EQ(judge_host(certified("Apple Inc.", true, false), 5).verdict, Verdict::bad);
}

TEST(DoctorHost, ThatSpeaksNoTlsIsASignInPage) {
  const auto finding = judge_host(host(HostStage::tls, "wrong version number"), 5);
  EXPECT_EQ(finding.words, "gs.apple.com:443 speaks no TLS: wrong version number");
  EXPECT_NE(finding.remedy.find("a sign-in page or a filter"), std::string::npos);
}

std::optional<std::string> proxy(const std::string& name, std::vector<std::string> environment) {
  return proxy_for(name, environment);
}

TEST(ProxyFor, TakesTheOnesThatCurlTakes) {
  EXPECT_EQ(proxy("gs.apple.com", {"https_proxy=http://10.0.0.1:3128/"}), "10.0.0.1:3128");
  EXPECT_EQ(proxy("gs.apple.com", {"ALL_PROXY=proxy.example:8080"}), "proxy.example:8080");
  EXPECT_EQ(proxy("gs.apple.com", {"https_proxy=http://anna:secret@10.0.0.1"}), "10.0.0.1:1080");
  EXPECT_EQ(proxy("gs.apple.com", {"http_proxy=http://10.0.0.1:3128"}), std::nullopt);
  EXPECT_EQ(proxy("gs.apple.com", {"https_proxy="}), std::nullopt);
}

TEST(ProxyFor, LeavesOutWhatNoProxyNames) {
  for (const char* list : {"gs.apple.com", ".apple.com", "apple.com", "localhost, *.apple.com", "*", "GS.Apple.com"}) {
    EXPECT_EQ(proxy("gs.apple.com", {"https_proxy=http://p:1", std::string("no_proxy=") + list}), std::nullopt) << list;
  }
  for (const char* list : {"", "ple.com", "apple.com.example", "localhost"}) {
    EXPECT_EQ(proxy("gs.apple.com", {"https_proxy=http://p:1", std::string("no_proxy=") + list}), "p:1") << list;
  }
}

TEST(DoctorEngine, OfDebianIsAWarningThatSaysWhatItCannotDo) {
  const auto finding = judge_engine("idevicerestore", parse_engine_version("idevicerestore 1.0.0"));
  EXPECT_EQ(finding.verdict, Verdict::warn);
  EXPECT_EQ(finding.words, "idevicerestore 1.0.0; 1.0.0 cannot restore Macs with Apple silicon, only T2");
}

TEST(DoctorEngine, ThatIsMissingIsBad) {
  const auto finding = judge_engine("idevicerestore", fail(Errc::usage, "is not installed"));
  EXPECT_EQ(finding.verdict, Verdict::bad);
  EXPECT_EQ(finding.words, "idevicerestore is not installed");
}

TEST(DoctorUsbmuxd, OfDebianDoesNotSeeAppleSilicon) {
  EXPECT_EQ(judge_usbmuxd("1.1.1").words,
            "1.1.1 does not see Macs with Apple silicon in their restore OS, and can have no socket of a job's own");
  EXPECT_EQ(judge_usbmuxd("1.1.1").verdict, Verdict::warn);
  EXPECT_EQ(judge_usbmuxd("1.1.1-71-g2efa75a").verdict, Verdict::good);
  EXPECT_EQ(judge_usbmuxd("").verdict, Verdict::bad);
}

UsbNode mac(std::string place, bool may_open = true, unsigned speed = 480) {
  return {std::move(place), 0x05ac, 0x1227, false, speed, 0, may_open};
}
UsbNode hub(std::string place, unsigned speed = 480) { return {std::move(place), 0x1a40, 0x0101, true, speed, 7, true}; }

TEST(DoctorUsb, NamesTheMacsThatMayNotBeOpened) {
  const std::vector<UsbNode> nodes{
      hub("1-1"), mac("1-1.2", false), mac("1-1.3"), {"1-2", 0x1234, 0x1227, false, 480, 0, false}};
  const auto finding = judge_nodes(nodes, "anna");
  EXPECT_EQ(finding.verdict, Verdict::bad);
  EXPECT_EQ(finding.words, "anna may not open the Macs at 1-1.2");
  EXPECT_EQ(judge_nodes(std::vector<UsbNode>{mac("1-1")}, "anna").words, "anna may open the Mac on USB");
  EXPECT_EQ(judge_nodes(std::vector<UsbNode>{hub("1-1")}, "anna").verdict, Verdict::good);
}

TEST(DoctorTopology, TellsWhichHubSharesOneUpstream) {
  const auto finding =
      judge_topology(std::vector<UsbNode>{{"usb1", 0x1d6b, 2, true, 480, 8, true}, hub("1-1"), mac("1-1.2")});
  EXPECT_EQ(finding.verdict, Verdict::good);
  EXPECT_EQ(finding.words, "1 hub, 1 deep at most; 1-1 shares 480 Mbit/s among 7 ports");
}

TEST(DoctorTopology, WarnsOfThreeHubsInARowAndOfASlowCable) {
  const auto deep = judge_topology(std::vector<UsbNode>{hub("1-1"), hub("1-1.1"), hub("1-1.1.1"), mac("1-1.1.1.4")});
  EXPECT_EQ(deep.verdict, Verdict::warn);
  EXPECT_NE(deep.words.find("three hubs in a row fail: 1-1.1.1.4"), std::string::npos) << deep.words;
  const auto slow = judge_topology(std::vector<UsbNode>{mac("1-2", true, 12)});
  EXPECT_EQ(slow.verdict, Verdict::warn);
  EXPECT_NE(slow.words.find("too slow for a restore: 1-2 (12 Mbit/s)"), std::string::npos) << slow.words;
}

TEST(DoctorFence, IsMissingWithoutRules) {
  EXPECT_EQ(judge_fence({}).verdict, Verdict::warn);
  const std::vector<std::string> rules{"/etc/udev/rules.d/72-greenroom.rules"};
  EXPECT_EQ(judge_fence(rules).words, "/etc/udev/rules.d/72-greenroom.rules gives the Macs to their slots");
}

TEST(DoctorDisk, ThatCannotBeLookedAtIsNotReadyForARestore) {
  const Finding found = judge_needed_disk("/d", std::nullopt);
  EXPECT_EQ(found.verdict, Verdict::bad);
  EXPECT_EQ(found.words, "cannot be looked at");
  EXPECT_EQ(found.remedy, "make /d and give it to the service's user");
  EXPECT_EQ(judge_needed_disk("/d", 19'900'000'000).verdict, Verdict::warn);
}

TEST(DoctorRehearsals, NamesTheModelsAndWarnsWithoutAny) {
  const Finding some = judge_rehearsals({"Mac14,2", "Mac15,3"}, {});
  EXPECT_EQ(some.verdict, Verdict::good);
  EXPECT_NE(some.words.find("Mac14,2 Mac15,3"), std::string::npos) << some.words;
  EXPECT_EQ(judge_rehearsals({}, {}).verdict, Verdict::warn);
}

TEST(DoctorRehearsals, WarnsOfWhatIsNoSheetAndStillNamesTheModels) {
  const std::vector<std::string> troubles{"a.json is no sheet"};
  const Finding one = judge_rehearsals({"Mac14,2"}, troubles);
  EXPECT_EQ(one.verdict, Verdict::warn);
  EXPECT_THAT(one.words, testing::AllOf(testing::StartsWith("Mac14,2; "), testing::EndsWith("; a.json is no sheet")));
}

TEST(DoctorDisk, WarnsBelowAnImageAndFailsBelowALog) {
  EXPECT_EQ(judge_disk("/d", 500'000'000).verdict, Verdict::bad);
  EXPECT_EQ(judge_disk("/d", 19'900'000'000).verdict, Verdict::warn);
  EXPECT_EQ(judge_disk("/d", 20'000'000'000).verdict, Verdict::good);
  EXPECT_EQ(judge_disk("/d", std::nullopt).verdict, Verdict::warn);
}

TEST(DoctorClock, OfAnotherDecadeIsBad) {
  EXPECT_EQ(judge_clock(1970, true).verdict, Verdict::bad);
  EXPECT_EQ(judge_clock(2026, false).verdict, Verdict::warn);
  EXPECT_EQ(judge_clock(2031, true).verdict, Verdict::good);
}

TEST(DoctorFirmware, NamesWhatNoMacGetsAndWhatIsStale) {
  FirmwareFolder folder;
  FirmwareFile file;
  file.name = "a.ipsw";
  file.manifest = FirmwareManifest{"26.1", "25B78", {"MacBookAir10,1"}, {}};
  file.trust = FirmwareTrust::kept;
  folder.files = {file};
  EXPECT_EQ(judge_firmware(folder).words, "not verified since this machine started: a.ipsw");
  folder.files[0].trust = FirmwareTrust::unknown;
  EXPECT_EQ(judge_firmware(folder).words, "no Mac gets a.ipsw (unknown)");
  folder.files[0].trust = FirmwareTrust::verified;
  EXPECT_EQ(judge_firmware(folder).verdict, Verdict::good);
  EXPECT_EQ(judge_firmware(FirmwareFolder{"/f", 0, "", {}, {}}).words, "/f has no IPSW");
}

TEST(DoctorFirmware, ForARestoreOneVerifiedFileIsEnoughAndNoneIsBad) {
  FirmwareFolder folder;
  FirmwareFile file;
  file.manifest = FirmwareManifest{"26.1", "25B78", {"MacBookAir10,1"}, {}};
  file.trust = FirmwareTrust::kept;
  folder.path = "/f";
  folder.files = {file, file};
  EXPECT_EQ(judge_verified(folder).verdict, Verdict::bad);
  EXPECT_EQ(judge_verified(folder).words, "no IPSW in /f was verified since this machine started");
  folder.files[1].trust = FirmwareTrust::verified;
  EXPECT_EQ(judge_verified(folder).verdict, Verdict::good);
  EXPECT_EQ(judge_verified(FirmwareFolder{"/f", 0, "", {}, {}}).verdict, Verdict::bad);
}

}  // namespace
}  // namespace greenroom::cli
