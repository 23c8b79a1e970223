#include "actor/environments/remote.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "actor/episode_ledger.h"
#include "actor/row_check.h"
#include "actor/state_bytes.h"
#include "common/base/status_macros.h"
#include "common/rl/episode_rows.h"
#include "common/system/file.h"
#include "common/wire/address.h"
#include "common/wire/client/environment_client.h"

namespace nyala {
namespace {

class RemoteVectorEnv : public VectorEnv {
 public:
  RemoteVectorEnv(const VectorEnvOptions& options, std::unique_ptr<EnvironmentClient> client)
      : options_(options),
        client_(std::move(client)),
        spec_(SpecOf(*client_, options)),
        ledger_(options),
        resets_(options.E),
        terminated_(options.E),
        truncated_(options.E),
        seeds_(options.E),
        rewards_(options.E) {
    for (int64_t e = 0; e < size(); ++e) seeds_[e] = ledger_.SeedOfNext(e);
  }

  const EnvSpec& spec() const override { return spec_; }
  int64_t size() const override { return options_.E; }

  absl::Status Reset(uint8_t* observations, uint8_t* flags) override {
    std::fill(resets_.begin(), resets_.end(), uint8_t{1});
    // What the actions are does not matter.
    const std::vector<uint8_t> none(size() * spec_.action.bytes());
    NYALA_RETURN_IF_ERROR(Exchange(none.data(), observations));
    for (int64_t e = 0; e < size(); ++e) flags[e] = StartEpisode(e);
    return CheckFinite(options_.id, options_.first_environment, spec_.observation, size(),
                       observations, nullptr);
  }

  absl::Status Step(const StepRow& row, std::vector<EpisodeEnd>* ends) override {
    for (int64_t e = 0; e < size(); ++e) resets_[e] = (row.flags[e] & kRowFinal) != 0 ? 1 : 0;
    NYALA_RETURN_IF_ERROR(Exchange(row.actions, row.next_observations));
    int64_t steps = 0;
    for (int64_t e = 0; e < size(); ++e) {
      if (resets_[e] != 0) {
        row.rewards[e] = 0;
        row.next_flags[e] = StartEpisode(e);
        continue;
      }
      ++steps;
      row.rewards[e] = rewards_[e];
      NYALA_ASSIGN_OR_RETURN(const EpisodeLedger::Taken taken,
                             ledger_.Take(e, {rewards_[e], terminated_[e] != 0, truncated_[e] != 0},
                                          &row.flags[e], &row.next_flags[e], ends));
      // The server has started it.
      if (taken.starts) row.next_flags[e] = StartEpisode(e);
    }
    if (options_.step_wait_seconds > 0) {
      options_.wait(options_.step_wait_seconds * static_cast<double>(steps));
    }
    return CheckFinite(options_.id, options_.first_environment, spec_.observation, size(),
                       row.next_observations, row.rewards);
  }

  void SaveState(std::string* state) const override {
    for (int64_t e = 0; e < size(); ++e) AppendValue(ledger_.progress(e).next_episode, state);
  }

  absl::Status RestoreState(absl::string_view state, uint8_t* observations,
                            uint8_t* flags) override {
    StateReader reader(state);
    bool ours = true;
    for (int64_t e = 0; e < size(); ++e) {
      ours = ours && reader.Read(&ledger_.progress(e).next_episode);
    }
    if (!ours || !reader.at_end()) {
      return absl::InvalidArgumentError("not the saved state of these environments");
    }
    for (int64_t e = 0; e < size(); ++e) seeds_[e] = ledger_.SeedOfNext(e);
    return Reset(observations, flags);
  }

 private:
  static EnvSpec SpecOf(const EnvironmentClient& client, const VectorEnvOptions& options) {
    EnvSpec spec = client.spec();
    spec.id = options.id;
    return spec;
  }

  absl::Status Exchange(const uint8_t* actions, uint8_t* observations) {
    EnvironmentStep step;
    step.resets = resets_.data();
    step.seeds = seeds_.data();
    step.actions = actions;
    step.observations = observations;
    step.rewards = rewards_.data();
    step.terminated = terminated_.data();
    step.truncated = truncated_.data();
    const absl::Status status = client_->Step(step);
    if (status.ok()) return status;
    return EnvironmentFailure(options_.id, options_.first_environment, status.message());
  }

  // Column e has been started, by the server; returns the flags of its row.
  uint8_t StartEpisode(int64_t e) {
    ledger_.Begin(e);
    seeds_[e] = ledger_.SeedOfNext(e);
    return kRowFirst;
  }

  const VectorEnvOptions options_;
  const std::unique_ptr<EnvironmentClient> client_;
  const EnvSpec spec_;
  EpisodeLedger ledger_;
  std::vector<uint8_t> resets_, terminated_, truncated_;
  // Seed of each column's next episode.
  std::vector<uint64_t> seeds_;
  std::vector<float> rewards_;
};

// Loopback and unix sockets are open to this machine; all else takes TLS, or the user's word.
absl::Status CheckSecurity(const std::string& address_text, const TransportSecurity& security) {
  NYALA_ASSIGN_OR_RETURN(const Address address, ParseAddress(address_text));
  if (!security.ca_file.empty() || security.insecure) return absl::OkStatus();
  NYALA_ASSIGN_OR_RETURN(const bool local, IsLocal(address));
  if (local) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(address_text,
                   " is on another machine: add ,ca=FILE for TLS (and ,token_file=FILE), or "
                   ",insecure=true"));
}

absl::StatusOr<std::unique_ptr<EnvironmentClient>> Connect(EnvironmentClientOptions options,
                                                           const std::string& token_file,
                                                           int64_t E) {
  NYALA_RETURN_IF_ERROR(CheckSecurity(options.address, options.security));
  if (!token_file.empty()) {
    NYALA_ASSIGN_OR_RETURN(const std::string token, ReadFile(token_file));
    options.security.token = std::string(absl::StripAsciiWhitespace(token));
  }
  return EnvironmentClient::Create(options, E);
}

}  // namespace

absl::StatusOr<std::unique_ptr<VectorEnv>> MakeRemote(const EnvironmentId& id,
                                                      const VectorEnvOptions& options) {
  EnvironmentClientOptions client_options;
  client_options.address = id.rest;
  client_options.timeout_seconds = options.step_timeout_seconds;
  std::string token_file;
  NYALA_RETURN_IF_ERROR(ReadArguments(id, {{"name", &client_options.name},
                                           {"ca", &client_options.security.ca_file},
                                           {"token_file", &token_file},
                                           {"insecure", &client_options.security.insecure}}));
  auto client = Connect(client_options, token_file, options.E);
  if (!client.ok()) {
    return OfEnvironment(id, client.status());
  }
  return std::make_unique<RemoteVectorEnv>(options, *std::move(client));
}

}  // namespace nyala
