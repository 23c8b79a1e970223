// TestEnvironmentServer: serves a registered environment over proto/nyala/environment.proto,
// rightly or, where a test says so, wrongly.
//
// Threads: gRPC's own for the calls. The destructor ends them.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>

#include "common/base/mutex.h"
#include "common/rl/specs.h"
#include "nyala/environment.grpc.pb.h"
#include "tests/support/scratch_dir.h"

namespace nyala {

class TestEnvironmentServer final : public wire::EnvironmentService::Service {
 public:
  // What a test does to reply number n (from 0) of a stream, before it is sent; an error ends the
  // stream. Set before the first call.
  using Alter = std::function<grpc::Status(int64_t n, wire::PlayReply* reply)>;

  explicit TestEnvironmentServer(const std::string& id);
  ~TestEnvironmentServer() override;

  // As it stands after "grpc:".
  const std::string& address() const { return address_; }
  void SetAlter(Alter alter) { alter_ = std::move(alter); }
  // What Describe says, in place of the truth.
  void SetSpec(const wire::EnvironmentSpec& spec) { spec_ = spec; }
  // For Alter: blocks until the server is destroyed.
  void Hang();
  // Name in the last Describe or first request of a stream.
  std::string name() const;

  grpc::Status Describe(grpc::ServerContext*, const wire::DescribeRequest*,
                        wire::EnvironmentSpec*) override;
  grpc::Status Play(grpc::ServerContext*,
                    grpc::ServerReaderWriter<wire::PlayReply, wire::PlayRequest>*) override;

 private:
  const ScratchDir dir_;
  const std::string id_;
  const std::string address_;
  wire::EnvironmentSpec spec_;
  Alter alter_;
  mutable Mutex mu_;
  CondVar changed_;
  bool ending_ ABSL_GUARDED_BY(mu_) = false;
  std::string name_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace nyala
