#include "firmware-bridge/idevicerestore.hpp"

#include <gmock/gmock.h>

namespace greenroom {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

RestoreJob job(RestoreKind kind) {
  return {JobId{7}, *PortPath::parse("host/1-4.2"), Ecid{0xC11223344556E}, kind, "/srv/ipsw/mac.ipsw"};
}

// The git engine's options: its --help of February 2026 (1.0.0-270-g405fcd1).
TEST(Idevicerestore, AGitEngineIsToldTheMacTheEraseAndWhereItsLogGoes) {
  const auto command = idevicerestore_command("/opt/idevicerestore", EngineGeneration::git, job(RestoreKind::erase));
  EXPECT_THAT(command.arguments, ElementsAre("/opt/idevicerestore", "-i", "0xC11223344556E", "-e", "-y", "-P", "--logfile",
                                             "-", "-C", ".", "/srv/ipsw/mac.ipsw"));
  EXPECT_THAT(command.environment, IsEmpty());
}

TEST(Idevicerestore, TheOneOfDebian12KnowsNoLogfileAndIsMadeToWriteByTheLineAndToLive) {
  const auto command = idevicerestore_command("idevicerestore", EngineGeneration::v1_0_0, job(RestoreKind::erase));
  EXPECT_THAT(command.arguments, ElementsAre("stdbuf", "-oL", "idevicerestore", "-i", "0xC11223344556E", "-e", "-y", "-P",
                                             "-C", ".", "/srv/ipsw/mac.ipsw"));
  EXPECT_THAT(command.environment, ElementsAre("GLIBC_TUNABLES=glibc.malloc.tcache_count=0"));
}

TEST(Idevicerestore, OnlyAReviveIsNoErase) {
  for (const auto generation : {EngineGeneration::git, EngineGeneration::v1_0_0}) {
    EXPECT_THAT(idevicerestore_command("e", generation, job(RestoreKind::revive)).arguments, Not(Contains("-e")));
    EXPECT_THAT(idevicerestore_command("e", generation, job(RestoreKind::erase_only)).arguments, Contains("-e"));
  }
}

}  // namespace
}  // namespace greenroom
