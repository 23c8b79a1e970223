#include "common/nn/torch_script.h"

#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/nn/scalar_type.h"
#include "common/rl/choices.h"
#include "common/system/file.h"

namespace nyala {
namespace {

constexpr char kSignature[] =
    "forward(observations [T,B,...], first [T,B], state [B,S]) -> (policy [T,B,P], value [T,B], "
    "state [B,S])";

// The line that says what happened; LibTorch's errors end with the interpreter's stack.
std::string Brief(const std::exception& error) {
  const auto* const known = dynamic_cast<const c10::Error*>(&error);
  const std::string text = known != nullptr ? known->what_without_backtrace() : error.what();
  std::string brief;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipWhitespace())) {
    // The interpreter puts the message last, behind its name.
    if (brief.empty() || line.rfind("RuntimeError: ", 0) == 0) brief = std::string(line);
  }
  return brief;
}

absl::Status Unfit(const std::string& what) { return absl::InvalidArgumentError(what); }

std::string ShapeOf(const torch::Tensor& tensor) {
  return absl::StrCat(c10::toString(tensor.scalar_type()), "[", absl::StrJoin(tensor.sizes(), ","),
                      "]");
}

absl::Status CheckTensor(const char* name, const torch::Tensor& tensor,
                         const std::vector<int64_t>& sizes) {
  if (tensor.scalar_type() == torch::kFloat32 && tensor.sizes() == torch::IntArrayRef(sizes)) {
    return absl::OkStatus();
  }
  return Unfit(absl::StrFormat("its forward returns %s as %s where Float[%s] is wanted", name,
                               ShapeOf(tensor), absl::StrJoin(sizes, ",")));
}

// The module for "a" of "a.b" below `owner`, made at its first use.
torch::nn::Module& Child(torch::nn::Module& owner, const std::string& name) {
  const auto children = owner.named_children();
  if (const auto* child = children.find(name)) return **child;
  return *owner.register_module(name, std::make_shared<torch::nn::Module>(name));
}

void RegisterTensor(torch::nn::Module& root, const std::string& path, const torch::Tensor& tensor) {
  const std::vector<std::string> names = absl::StrSplit(path, '.');
  torch::nn::Module* owner = &root;
  for (size_t i = 0; i + 1 < names.size(); ++i) owner = &Child(*owner, names[i]);
  if (tensor.requires_grad()) {
    owner->register_parameter(names.back(), tensor);
  } else {
    owner->register_buffer(names.back(), tensor);
  }
}

absl::Status CheckConfig(const NetworkConfig& config) {
  const char* field = nullptr;
  const char* fix = nullptr;
  NYALA_ASSIGN_OR_RETURN(const Core core, CoreOf(config));
  if (core != Core::kNone) {
    field = "network.core";
    fix = "network.core=none";
  } else if (config.frame_stack() != 1) {
    field = "network.frame_stack";
    fix = "network.frame_stack=1";
  } else if (config.normalize_observations()) {
    field = "network.normalize_observations";
    fix = "network.normalize_observations=false";
  }
  if (field == nullptr) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat(
      "%s is set but network.name is '%s', whose module is all of the network; set %s", field,
      config.name(), fix));
}

}  // namespace

absl::StatusOr<std::unique_ptr<TorchScriptNetwork>> TorchScriptNetwork::Load(
    const NetworkConfig& config, const std::string& file, const EnvSpec& env,
    const PolicyHead& head) {
  NYALA_RETURN_IF_ERROR(CheckConfig(config));
  const auto fail = [&config](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("network.name: '", config.name(), "': ", what));
  };
  if (!PathExists(file)) {
    return fail("no such file; it must be there on every machine of the run");
  }
  std::unique_ptr<TorchScriptNetwork> network;
  try {
    network.reset(new TorchScriptNetwork(torch::jit::load(file)));
  } catch (const std::exception& error) {
    return fail(
        absl::StrCat("not a TorchScript file of this LibTorch; save one with "
                     "torch.jit.script(module).save(FILE): ",
                     Brief(error)));
  }
  try {
    absl::Status status = network->ReadStateSize();
    if (status.ok()) status = network->BindTensors();
    // Two shapes, so that a module that was traced for one of them is found out.
    if (status.ok()) status = network->Probe(env, head, 2, 3);
    if (status.ok()) status = network->Probe(env, head, 1, 1);
    if (!status.ok()) return fail(status.message());
  } catch (const std::exception& error) {
    return fail(absl::StrCat("its forward fails for environment '", env.id,
                             "' (wanted: ", kSignature, "): ", Brief(error)));
  }
  return network;
}

TorchScriptNetwork::TorchScriptNetwork(torch::jit::Module module) : module_(std::move(module)) {
  module_.eval();
}

absl::Status TorchScriptNetwork::ReadStateSize() {
  torch::jit::IValue size(int64_t{0});
  if (module_.hasattr("state_size")) {
    size = module_.attr("state_size");
  } else if (const auto method = module_.find_method("state_size")) {
    size = (*method)({});
  }
  if (!size.isInt() || size.toInt() < 0) return Unfit("its state_size is no natural number");
  state_size_ = size.toInt();
  return absl::OkStatus();
}

absl::Status TorchScriptNetwork::BindTensors() {
  std::set<c10::TensorImpl*> seen;
  const auto bind = [&](const auto& named) -> absl::Status {
    for (const auto& item : named) {
      // Tied tensors are one; counters that are not floats are not trained.
      if (!item.value.is_floating_point() ||
          !seen.insert(item.value.unsafeGetTensorImpl()).second) {
        continue;
      }
      if (item.value.scalar_type() != torch::kFloat32) {
        return Unfit(
            absl::StrCat("its tensor ", item.name, " is ", ShapeOf(item.value), ", not Float"));
      }
      RegisterTensor(*this, item.name, item.value);
    }
    return absl::OkStatus();
  };
  NYALA_RETURN_IF_ERROR(bind(module_.named_parameters()));
  NYALA_RETURN_IF_ERROR(bind(module_.named_buffers()));
  return parameters().empty() ? Unfit("it has no parameters to train") : absl::OkStatus();
}

absl::Status TorchScriptNetwork::Probe(const EnvSpec& env, const PolicyHead& head, int64_t T,
                                       int64_t B) {
  std::vector<int64_t> sizes{T, B};
  sizes.insert(sizes.end(), env.observation.shape.begin(), env.observation.shape.end());
  const torch::Tensor observations =
      torch::zeros(sizes, torch::dtype(ScalarTypeOf(env.observation.dtype)));
  const auto forward = module_.find_method("forward");
  if (!forward || forward->function().getSchema().arguments().size() != 4) {
    return Unfit(absl::StrCat("its signature is not ", kSignature));
  }
  const torch::jit::IValue result = module_.forward(
      {observations, torch::ones({T, B}, torch::kBool), torch::zeros({B, state_size_})});
  if (!result.isTuple() || result.toTupleRef().elements().size() != 3) {
    return Unfit(absl::StrCat("its forward returns no tuple of three tensors, as ", kSignature));
  }
  for (const torch::jit::IValue& value : result.toTupleRef().elements()) {
    if (!value.isTensor()) return Unfit("its forward returns something that is no tensor");
  }
  const auto& elements = result.toTupleRef().elements();
  const torch::Tensor policy = elements[0].toTensor();
  NYALA_RETURN_IF_ERROR(CheckTensor("policy", policy, {T, B, head.outputs}));
  NYALA_RETURN_IF_ERROR(CheckTensor("value", elements[1].toTensor(), {T, B}));
  NYALA_RETURN_IF_ERROR(CheckTensor("state", elements[2].toTensor(), {B, state_size_}));
  if (!policy.requires_grad()) {
    return Unfit("its policy does not depend on any parameter that is trained");
  }
  return absl::OkStatus();
}

NetworkOutput TorchScriptNetwork::Forward(const torch::Tensor& observations,
                                          const torch::Tensor& first, const torch::Tensor& state) {
  if (!c10::InferenceMode::is_enabled()) return Run(observations, first, state);
  // The interpreter saves what parameters are multiplied with, whether or not a gradient is wanted,
  // which inference mode's tensors forbid.
  const c10::InferenceMode off(false);
  const torch::NoGradGuard no_grad;
  const auto normal = [](const torch::Tensor& x) { return x.defined() ? x.clone() : x; };
  return Run(normal(observations), normal(first), normal(state));
}

NetworkOutput TorchScriptNetwork::Run(const torch::Tensor& observations, const torch::Tensor& first,
                                      const torch::Tensor& state) {
  const int64_t T = observations.size(0), B = observations.size(1);
  const auto device = observations.device();
  const torch::jit::IValue result = module_.forward(
      {observations,
       first.defined() ? first : torch::zeros({T, B}, torch::dtype(torch::kBool).device(device)),
       state.defined() ? state
                       : torch::zeros({B, 0}, torch::dtype(torch::kFloat32).device(device))});
  const auto& elements = result.toTupleRef().elements();
  NetworkOutput output;
  output.policy = elements[0].toTensor();
  output.value = elements[1].toTensor();
  if (state_size_ > 0) output.state = elements[2].toTensor().detach();
  return output;
}

void TorchScriptNetwork::to(torch::Device device, bool non_blocking) {
  module_.to(device, non_blocking);
}

torch::jit::Module TorchScriptNetwork::StepModule() const {
  torch::jit::Module step("NyalaPolicy");
  step.register_module("network", module_.clone(/*inplace=*/true));
  step.define(R"(
    def forward(self, observations: Tensor, state: Tensor):
        first = torch.ones([1, observations.size(0)], device=observations.device) < 0
        policy, value, after = self.network.forward(observations.unsqueeze(0), first, state)
        return policy[0], value[0], after
  )");
  return step;
}

}  // namespace nyala
