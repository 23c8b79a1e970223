// FetchCall: the client's end of one FetchParameters call. Internal to common/wire.
//
// Progress counts: the call may take as long as it likes, as long as the next part comes in time.
// Threads: one; its context may be cancelled from any (ClientCalls). Blocking: Run.
#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "common/wire/client/client_calls.h"
#include "common/wire/learner_endpoint.h"
#include "nyala/learner.grpc.pb.h"

namespace nyala {

class FetchCall {
 public:
  FetchCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& token,
            ClientCalls* calls);
  ~FetchCall();
  // Once. `patience`: for the first part, and for each one after it.
  absl::StatusOr<std::shared_ptr<const ParameterSnapshot>> Run(const wire::FetchRequest& request,
                                                               absl::Duration first_patience,
                                                               absl::Duration patience);

 private:
  // Waits for the one operation under way; false: it failed, or took too long.
  bool Done(absl::Duration patience);
  absl::Status ReadAll(absl::Duration first_patience, absl::Duration patience);
  absl::Status Status();

  ClientCalls* const calls_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  const std::unique_ptr<wire::Learner::Stub> stub_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<wire::FetchRequest, wire::ParametersMessage>> call_;
  bool late_ = false;
  std::shared_ptr<const ParameterSnapshot> snapshot_;
};

}  // namespace nyala
