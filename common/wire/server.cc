#include "common/wire/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <sys/stat.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "common/wire/channel_options.h"
#include "common/wire/credentials.h"
#include "common/wire/memory.h"
#include "common/wire/protocol.h"

namespace nyala {
namespace {

// How long calls of other services (a health watch, say) may hold up the end.
constexpr auto kShutdownGrace = std::chrono::seconds(1);

void EnableStandardServices() {
  static const bool once = [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  (void)once;
}

void Configure(const LearnerServerOptions& options, grpc::ServerBuilder* builder) {
  const int limit = MessageLimit(options.transport);
  builder->SetMaxReceiveMessageSize(limit);
  builder->SetMaxSendMessageSize(limit);
  for (const auto& [name, value] : ChannelOptions(options.transport)) {
    builder->AddChannelArgument(name, value);
  }
  // Two servers on one port would share its actors without telling anyone.
  builder->AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Only reflection uses the synchronous threads.
  builder->SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder->SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
}

}  // namespace

absl::StatusOr<std::unique_ptr<LearnerServer>> LearnerServer::Start(
    const LearnerServerOptions& options, LearnerEndpoint& endpoint, LearnerStatusProvider status) {
  NYALA_ASSIGN_OR_RETURN(Address address, ParseAddress(options.listen));
  NYALA_ASSIGN_OR_RETURN(const auto credentials, ServerCredentialsFor(address, options.security));
  NYALA_ASSIGN_OR_RETURN(const std::string target, PrepareToListen(address));
  KeepFreedMemory();
  QuietLibraryLog();
  EnableStandardServices();

  LearnerServiceOptions service_options;
  service_options.token = options.security.token;
  service_options.max_message_bytes = MessageLimit(options.transport);
  service_options.max_streams = options.max_streams;
  service_options.ingest_threads = options.ingest_threads;
  auto service = std::make_unique<LearnerService>(endpoint, std::move(status), service_options);

  grpc::ServerBuilder builder;
  Configure(options, &builder);
  int port = 0;
  builder.AddListeningPort(target, credentials, &port);
  builder.RegisterService(service->grpc_service());
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    return absl::UnavailableError(absl::StrFormat("cannot listen on %s", address.text()));
  }
  if (address.is_unix()) {
    // Open to this machine means to this user of it.
    chmod(address.path.c_str(), S_IRUSR | S_IWUSR);
  } else {
    address.port = port;
  }
  server->GetHealthCheckService()->SetServingStatus(kLearnerServiceName, true);
  return std::unique_ptr<LearnerServer>(
      new LearnerServer(std::move(service), std::move(server), address.text()));
}

LearnerServer::LearnerServer(std::unique_ptr<LearnerService> service,
                             std::unique_ptr<grpc::Server> server, std::string address)
    : service_(std::move(service)), server_(std::move(server)), address_(std::move(address)) {}

void LearnerServer::Stop(ServiceEnd end, const std::string& reason) {
  server_->GetHealthCheckService()->SetServingStatus(false);
  service_->Stop(end, reason);
}

LearnerServer::~LearnerServer() {
  Stop(ServiceEnd::kLearnerStopping);
  server_->Shutdown(std::chrono::system_clock::now() + kShutdownGrace);
  server_->Wait();
}

}  // namespace nyala
