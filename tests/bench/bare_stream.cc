#include "tests/bench/bare_stream.h"

#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include "common/base/check.h"
#include "common/wire/channel_options.h"

namespace nyala {
namespace {

using google::protobuf::BytesValue;

constexpr char kMessagesMethod[] = "/bare/messages";
constexpr char kBuffersMethod[] = "/bare/buffers";

class Sink final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Sink(bool parse) : parse_(parse) { StartRead(&message_); }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    if (parse_) {
      NYALA_CHECK(grpc::SerializationTraits<BytesValue>::Deserialize(&message_, &parsed_).ok(),
                  "a bare message cannot be parsed");
    }
    StartRead(&message_);
  }
  void OnDone() override { delete this; }

 private:
  const bool parse_;
  grpc::ByteBuffer message_;
  BytesValue parsed_;
};

class SinkService final : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new Sink(context->method() == kMessagesMethod);
  }
};

void Await(grpc::CompletionQueue* queue) {
  void* tag = nullptr;
  bool ok = false;
  NYALA_CHECK(queue->Next(&tag, &ok) && ok, "a bare stream broke");
}

}  // namespace

class BareServer::Impl {
 public:
  explicit Impl(const std::string& address) {
    grpc::ServerBuilder builder;
    for (const auto& [name, value] : ChannelOptions(TransportConfig())) {
      builder.AddChannelArgument(name, value);
    }
    builder.SetMaxReceiveMessageSize(-1);
    builder.AddListeningPort(address, grpc::InsecureServerCredentials());
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
    NYALA_CHECK(server_ != nullptr, "the bare server does not start");
  }

 private:
  SinkService service_;
  std::unique_ptr<grpc::Server> server_;
};

BareServer::BareServer(const std::string& address) : impl_(std::make_unique<Impl>(address)) {}
BareServer::~BareServer() = default;

class BareClient::Impl {
 public:
  explicit Impl(const std::string& address) {
    grpc::ChannelArguments arguments;
    for (const auto& [name, value] : ChannelOptions(TransportConfig())) {
      arguments.SetInt(name, value);
    }
    stub_ = std::make_unique<grpc::GenericStub>(
        grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
  }

  void Stream(BareKind kind, size_t bytes, int count) {
    const bool serialise = kind == BareKind::kMessages;
    BytesValue payload;
    payload.set_value(std::string(bytes, 'x'));
    const grpc::Slice slice(payload.value());
    grpc::ByteBuffer message(&slice, 1);
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    grpc::CompletionQueue queue;
    auto call = stub_->PrepareCall(&context, serialise ? kMessagesMethod : kBuffersMethod, &queue);
    call->StartCall(nullptr);
    Await(&queue);
    for (int i = 0; i < count; ++i) {
      bool own = false;
      if (serialise) {
        message.Clear();
        NYALA_CHECK(grpc::SerializationTraits<BytesValue>::Serialize(payload, &message, &own).ok(),
                    "a bare message cannot be serialised");
      }
      call->Write(message, nullptr);
      Await(&queue);
    }
    call->WritesDone(nullptr);
    Await(&queue);
    grpc::Status status;
    call->Finish(&status, nullptr);
    Await(&queue);
    NYALA_CHECK(status.ok(), "a bare stream failed");
  }

 private:
  std::unique_ptr<grpc::GenericStub> stub_;
};

BareClient::BareClient(const std::string& address) : impl_(std::make_unique<Impl>(address)) {}
BareClient::~BareClient() = default;
void BareClient::Stream(BareKind kind, size_t bytes, int count) {
  impl_->Stream(kind, bytes, count);
}

}  // namespace nyala
