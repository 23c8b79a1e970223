#include "common/wire/server/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/resource_quota.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/base/clock.h"
#include "common/base/status_macros.h"
#include "common/system/machine.h"
#include "common/wire/channel_options.h"
#include "common/wire/credentials.h"
#include "common/wire/memory.h"
#include "common/wire/protocol.h"

namespace nyala {
namespace {

// How long calls of other services (a health watch, say) may hold up the end.
constexpr auto kShutdownGrace = std::chrono::seconds(1);

// Seconds that a handshake may take longer than the door allows.
constexpr double kHandshakeGrace = 5;

// Threads that gRPC may have for reflection, whose calls hold one each for as long as they are
// open.
constexpr int kReflectionThreads = 8;
// Most calls of one connection: an actor process has one for each rollout thread and some more.
constexpr int kMostCallsOfAConnection = 4096 + 64;

// Whether one server has reflection: its library gives it to all of a process as soon as it is
// loaded.
class Reflection : public grpc::ServerBuilderOption {
 public:
  explicit Reflection(bool wanted) : wanted_(wanted) {}
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    auto made = std::make_unique<grpc::reflection::ProtoServerReflectionPlugin>();
    const std::string name = made->name();
    plugins->erase(std::remove_if(plugins->begin(), plugins->end(),
                                  [&name](const auto& plugin) { return plugin->name() == name; }),
                   plugins->end());
    if (wanted_) plugins->push_back(std::move(made));
  }

 private:
  const bool wanted_;
};

void RefuseCompression(grpc::ServerBuilder* builder) {
  // A compressed message is inflated before anybody has looked at it, to any size.
  builder->AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  for (const auto algorithm : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP}) {
    builder->SetCompressionAlgorithmSupportStatus(algorithm, false);
  }
}

// A connection without a call for so long: an actor has one open, or renews its lease more often,
// and comes back by itself. Whoever makes one call and stays must not keep others out.
void CloseIdle(double lease_seconds, grpc::ServerBuilder* builder) {
  if (lease_seconds <= 0) return;
  const double seconds = std::clamp(lease_seconds / 2, 1.0, 3600.0);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, static_cast<int>(1e3 * seconds));
}

void Configure(const LearnerServerOptions& options, bool reflection, grpc::ServerBuilder* builder) {
  const int limit = MessageLimit(options.transport);
  builder->SetMaxReceiveMessageSize(limit);
  builder->SetMaxSendMessageSize(limit);
  for (const auto& [name, value] : ChannelOptions(options.transport)) {
    builder->AddChannelArgument(name, value);
  }
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMostCallsOfAConnection);
  CloseIdle(options.transport.lease_seconds(), builder);
  // Later than the listener, which counts and says what it closes.
  const double seconds = options.transport.authentication_seconds() + kHandshakeGrace;
  builder->AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                              static_cast<int>(std::min(1e6, 1e3 * seconds)) + 1);
  RefuseCompression(builder);
  grpc::ResourceQuota quota("learner");
  quota.Resize(static_cast<size_t>(MessageMemory(options.transport, UsableMemoryBytes())));
  // Only reflection uses the synchronous threads.
  quota.SetMaxThreads(kReflectionThreads);
  builder->SetResourceQuota(quota);
  builder->SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder->SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
  builder->SetOption(std::make_unique<Reflection>(reflection));
}

LearnerServiceOptions ServiceOptions(const LearnerServerOptions& options, Listener* listener) {
  LearnerServiceOptions service;
  service.token = options.security.token;
  service.max_message_bytes = MessageLimit(options.transport);
  service.max_streams = options.transport.max_streams();
  service.call_timeout_seconds = options.transport.call_timeout_seconds();
  service.ingest_threads = options.ingest_threads;
  service.on_call = [listener](const grpc::CallbackServerContext& call,
                               const absl::Status& admitted) {
    if (admitted.ok() && !listener->AnyUnauthenticated()) return;
    listener->OnCall(call.peer(), admitted);
  };
  return service;
}

}  // namespace

absl::StatusOr<std::unique_ptr<LearnerServer>> LearnerServer::Start(
    const LearnerServerOptions& options, LearnerEndpoint& endpoint, LearnerStatusProvider status) {
  NYALA_ASSIGN_OR_RETURN(const Address address, ParseAddress(options.listen));
  NYALA_ASSIGN_OR_RETURN(const auto credentials, ServerCredentialsFor(address, options.security));
  NYALA_ASSIGN_OR_RETURN(const bool local, IsLocal(address));
  KeepFreedMemory();
  QuietLibraryLog();
  grpc::EnableDefaultHealthCheckService(false);

  std::unique_ptr<LearnerServer> made(new LearnerServer);
  Listener::Options door;
  door.authentication_seconds = options.transport.authentication_seconds();
  door.most_connections = options.most_connections;
  NYALA_ASSIGN_OR_RETURN(made->listener_, Listener::Open(address, door));
  made->address_ = made->listener_->address().text();
  made->service_ = std::make_unique<LearnerService>(endpoint, std::move(status),
                                                    ServiceOptions(options, made->listener_.get()));

  grpc::ServerBuilder builder;
  Configure(options, options.reflection.value_or(local), &builder);
  made->acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, credentials);
  builder.RegisterService(made->service_->grpc_service());
  builder.RegisterService(made->health_.grpc_service());
  made->server_ = builder.BuildAndStart();
  if (made->server_ == nullptr) {
    return absl::UnavailableError(absl::StrFormat("cannot serve on %s", address.text()));
  }
  made->on_tick_ = options.on_tick;
  made->LetIn();
  return made;
}

void LearnerServer::LetIn() {
  listener_->Start(
      [this](int fd) {
        grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
        connection.fd = fd;
        acceptor_->HandleNewConnection(&connection);
      },
      [this] {
        service_->Tick(MonotonicSeconds());
        if (on_tick_) on_tick_();
      });
}

void LearnerServer::Stop(ServiceEnd end, const std::string& reason) {
  health_.Stop();
  service_->Stop(end, reason);
}

LearnerServer::~LearnerServer() {
  if (server_ == nullptr) return;
  Stop(ServiceEnd::kLearnerStopping);
  listener_->Stop();
  server_->Shutdown(std::chrono::system_clock::now() + kShutdownGrace);
  server_->Wait();
}

}  // namespace nyala
