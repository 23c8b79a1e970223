#include <absl/base/config.h>
#include <google/protobuf/stubs/common.h>
#include <torch/csrc/api/include/torch/version.h>

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/nn/blas/blas.h"
#include "common/nn/blas/blas_kernels.h"
#include "deploy/cli/command.h"
#include "deploy/launcher/exit_codes.h"

namespace nyala {
namespace {

std::string AbseilVersion() {
#ifdef ABSL_LTS_RELEASE_VERSION
  return absl::StrCat(ABSL_LTS_RELEASE_VERSION, ".", ABSL_LTS_RELEASE_PATCH_LEVEL);
#else
  return "head";
#endif
}

class VersionCommand : public Command {
 public:
  std::string name() const override { return "version"; }
  std::string summary() const override { return "Versions of nyala and of what it is built on"; }
  std::string examples() const override { return "nyala version"; }
  void AddFlags(CLI::App&) override {}
  int Run(const CommandContext&) override {
    std::string blas = BlasPath();
    if (!BlasKernels().empty()) blas += absl::StrCat(" (", BlasKernels(), ")");
    std::printf("nyala     %s\nLibTorch  %s\ngRPC      %s\nProtobuf  %s\nAbseil    %s\n",
                NYALA_VERSION, TORCH_VERSION, NYALA_GRPC_VERSION,
                google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION).c_str(),
                AbseilVersion().c_str());
    std::printf("BLAS      %s\n", blas.empty() ? "unknown" : blas.c_str());
    std::fflush(stdout);
    WarnIfSlowBlas();
    return kExitDone;
  }
};

}  // namespace

std::unique_ptr<Command> MakeVersionCommand() { return std::make_unique<VersionCommand>(); }

}  // namespace nyala
