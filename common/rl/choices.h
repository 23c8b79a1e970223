// The closed sets of which a RunConfig names one, as text: one enum and one list of names each.
//
// In the schema they are text, as the open sets are that registries know: the spelling of command
// lines, run folders and what travels is one. Pure; any thread.
#pragma once

#include "absl/status/statusor.h"
#include "nyala/run_config.pb.h"

namespace nyala {

enum class Activation { kTanh, kRelu, kElu };
enum class Core { kNone, kLstm, kGru };
// What impala does where the policy that acted is not the one that learns.
enum class Correction { kVtrace, kOneStep, kEpsilon, kNone };
// What reinforce subtracts from its returns.
enum class Baseline { kNone, kAverage, kValue };
// Where log sigma of a normal distribution comes from: parameters, or the observation.
enum class LogSigma { kFree, kState };

// InvalidArgument names the field and the names that it takes.
absl::StatusOr<Activation> ActivationOf(const NetworkConfig& config);
absl::StatusOr<Core> CoreOf(const NetworkConfig& config);
absl::StatusOr<Correction> CorrectionOf(const AlgorithmConfig& config);
absl::StatusOr<Baseline> BaselineOf(const AlgorithmConfig& config);
absl::StatusOr<LogSigma> LogSigmaOf(const PolicyConfig& config);

// What the first of them that fails says.
absl::Status CheckChoices(const RunConfig& config);

}  // namespace nyala
