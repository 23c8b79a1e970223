#include "common/rl/choices.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/suggest.h"

namespace nyala {
namespace {

// `kind` is the word used in errors.
template <typename Enum>
absl::StatusOr<Enum> Choose(const char* path, const char* kind, const std::string& name,
                            const std::vector<std::pair<std::string, Enum>>& choices) {
  std::vector<std::string> names;
  for (const auto& [known, choice] : choices) {
    if (name == known) return choice;
    names.push_back(known);
  }
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": ", UnknownNameMessage(kind, name, names)));
}

}  // namespace

absl::StatusOr<Activation> ActivationOf(const NetworkConfig& config) {
  return Choose<Activation>(
      "network.activation", "activation", config.activation(),
      {{"tanh", Activation::kTanh}, {"relu", Activation::kRelu}, {"elu", Activation::kElu}});
}

absl::StatusOr<Core> CoreOf(const NetworkConfig& config) {
  return Choose<Core>("network.core", "core", config.core(),
                      {{"none", Core::kNone}, {"lstm", Core::kLstm}, {"gru", Core::kGru}});
}

absl::StatusOr<Correction> CorrectionOf(const AlgorithmConfig& config) {
  return Choose<Correction>("algorithm.correction", "correction", config.correction(),
                            {{"vtrace", Correction::kVtrace},
                             {"one_step_is", Correction::kOneStep},
                             {"epsilon", Correction::kEpsilon},
                             {"none", Correction::kNone}});
}

absl::StatusOr<Baseline> BaselineOf(const AlgorithmConfig& config) {
  return Choose<Baseline>(
      "algorithm.baseline", "baseline", config.baseline(),
      {{"none", Baseline::kNone}, {"average", Baseline::kAverage}, {"value", Baseline::kValue}});
}

absl::StatusOr<LogSigma> LogSigmaOf(const PolicyConfig& config) {
  return Choose<LogSigma>("policy.log_sigma", "log sigma", config.log_sigma(),
                          {{"free", LogSigma::kFree}, {"state", LogSigma::kState}});
}

absl::Status CheckChoices(const RunConfig& config) {
  NYALA_RETURN_IF_ERROR(LogSigmaOf(config.policy()).status());
  NYALA_RETURN_IF_ERROR(ActivationOf(config.network()).status());
  NYALA_RETURN_IF_ERROR(CoreOf(config.network()).status());
  NYALA_RETURN_IF_ERROR(CorrectionOf(config.algorithm()).status());
  return BaselineOf(config.algorithm()).status();
}

}  // namespace nyala
