#include "tests/fakes/environment_server.h"

#include <cstring>
#include <utility>
#include <vector>

#include "actor/environment_registry.h"
#include "actor/vector_env.h"
#include "common/base/check.h"
#include "common/wire/codec/environment_codec.h"

namespace nyala {
namespace {

// The environments of one stream, as a server in any language would keep them.
class Columns {
 public:
  Columns(const std::string& id, uint32_t E) {
    for (uint32_t e = 0; e < E; ++e) environments_.push_back(*Environments().Create(id));
    observation_bytes_ = environments_[0]->spec().observation.bytes();
    action_bytes_ = environments_[0]->spec().action.bytes();
  }

  wire::PlayReply Answer(const wire::PlayRequest& request) {
    const size_t E = environments_.size();
    wire::PlayReply reply;
    reply.mutable_observations()->resize(E * observation_bytes_);
    for (size_t e = 0; e < E; ++e) {
      Environment& environment = *environments_[e];
      const ObservationRef observation{&(*reply.mutable_observations())[e * observation_bytes_]};
      uint64_t seed = 0;
      std::memcpy(&seed, request.seeds().data() + e * sizeof(seed), sizeof(seed));
      const bool reset = request.resets()[e] != 0;
      StepResult result;
      if (!reset) {
        result =
            environment.Step(ActionRef{request.actions().data() + e * action_bytes_}, observation);
      }
      if (reset || result.terminated) environment.Reset(seed, observation);
      reply.mutable_rewards()->append(reinterpret_cast<const char*>(&result.reward),
                                      sizeof(result.reward));
      reply.mutable_terminated()->push_back(result.terminated ? 1 : 0);
      reply.mutable_truncated()->push_back(result.truncated ? 1 : 0);
    }
    return reply;
  }

 private:
  std::vector<std::unique_ptr<Environment>> environments_;
  int64_t observation_bytes_ = 0;
  int64_t action_bytes_ = 0;
};

}  // namespace

TestEnvironmentServer::TestEnvironmentServer(const std::string& id)
    : id_(id),
      address_("unix:" + dir_ / "environments"),
      spec_(EncodeEnvSpec(DescribeEnvironment(id).value())) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address_, grpc::InsecureServerCredentials());
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  NYALA_CHECK(server_ != nullptr, "the test's server cannot listen");
}

TestEnvironmentServer::~TestEnvironmentServer() {
  {
    MutexLock lock(mu_);
    ending_ = true;
    changed_.NotifyAll();
  }
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

void TestEnvironmentServer::Hang() {
  MutexLock lock(mu_);
  changed_.Wait(mu_, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return ending_; });
}

std::string TestEnvironmentServer::name() const {
  MutexLock lock(mu_);
  return name_;
}

grpc::Status TestEnvironmentServer::Describe(grpc::ServerContext*,
                                             const wire::DescribeRequest* request,
                                             wire::EnvironmentSpec* reply) {
  MutexLock lock(mu_);
  name_ = request->name();
  *reply = spec_;
  return grpc::Status::OK;
}

grpc::Status TestEnvironmentServer::Play(
    grpc::ServerContext*, grpc::ServerReaderWriter<wire::PlayReply, wire::PlayRequest>* stream) {
  std::unique_ptr<Columns> columns;
  wire::PlayRequest request;
  for (int64_t n = 0; stream->Read(&request); ++n) {
    const bool first = columns == nullptr;
    if (first) columns = std::make_unique<Columns>(id_, request.environments());
    wire::PlayReply reply = columns->Answer(request);
    if (first) *reply.mutable_spec() = EncodeEnvSpec(DescribeEnvironment(id_).value());
    if (alter_) {
      const grpc::Status status = alter_(n, &reply);
      if (!status.ok()) return status;
    }
    if (!stream->Write(reply)) break;
  }
  return grpc::Status::OK;
}

}  // namespace nyala
