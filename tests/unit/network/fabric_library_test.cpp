#include "probes/network/transport/fabric_library.hpp"

#include <gtest/gtest.h>
#include <signal.h>

namespace assay::network {
namespace {

extern "C" void own_handler(int) {}

// Providers install handlers of their own that end the program with exit code 1.
TEST(FabricLibrary, LoadingItKeepsOurSignalHandlers) {
  struct sigaction mine {
  }, before{}, after{};
  mine.sa_handler = own_handler;
  sigaction(SIGTERM, &mine, &before);
  (void)fabric_library();
  sigaction(SIGTERM, &before, &after);
  EXPECT_EQ(after.sa_handler, own_handler);
}

TEST(FabricLibrary, IsTheVersionOfItsHeadersOrLater) {
  EXPECT_GE(fabric_library().version(), FI_VERSION(FI_MAJOR_VERSION, FI_MINOR_VERSION));
}

}  // namespace
}  // namespace assay::network
