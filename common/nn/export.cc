#include "common/nn/export.h"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/script.h>

#include <memory>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/nn/scalar_type.h"
#include "common/nn/torch_script.h"

namespace nyala {
namespace {

using torch::jit::IValue;
using torch::jit::Module;

constexpr int64_t kTracedRows = 3;

// Registers a shared tensor as "a.b.c": c of the module b of the module a of `root`.
void RegisterTensor(Module root, const std::string& path, const torch::Tensor& tensor,
                    bool buffer) {
  const std::vector<std::string> names = absl::StrSplit(path, '.');
  std::string type = root.type()->name()->qualifiedName();
  for (size_t i = 0; i + 1 < names.size(); ++i) {
    absl::StrAppend(&type, "_", names[i]);
    if (!root.hasattr(names[i])) {
      root.register_module(names[i], Module(type, root._ivalue()->compilation_unit()));
    }
    root = root.attr(names[i]).toModule();
  }
  root.register_parameter(names.back(), tensor, buffer);
}

torch::Tensor RandomObservations(const TensorSpec& spec, int64_t N) {
  std::vector<int64_t> sizes{N};
  sizes.insert(sizes.end(), spec.shape.begin(), spec.shape.end());
  if (spec.dtype == DType::kFloat32) return torch::randn(sizes);
  return torch::randint(0, 256, sizes, ScalarTypeOf(spec.dtype));
}

std::vector<torch::Tensor> StepOf(Network& network, const torch::Tensor& observations,
                                  const torch::Tensor& state) {
  const bool has_state = network.state_size() > 0;
  const NetworkOutput out = network.Step(observations, has_state ? state : torch::Tensor());
  return {out.policy, out.value, has_state ? out.state : state};
}

Module Trace(Network& network, const TensorSpec& observation) {
  Module module("__torch__.NyalaPolicy");
  for (const auto& item : network.named_parameters()) {
    RegisterTensor(module, item.key(), item.value(), false);
  }
  for (const auto& item : network.named_buffers()) {
    RegisterTensor(module, item.key(), item.value(), true);
  }
  const auto step = [&network](torch::jit::Stack inputs) -> torch::jit::Stack {
    std::vector<IValue> outputs;
    for (torch::Tensor& tensor : StepOf(network, inputs[0].toTensor(), inputs[1].toTensor())) {
      outputs.emplace_back(std::move(tensor));
    }
    return {c10::ivalue::Tuple::create(std::move(outputs))};
  };
  const auto traced = torch::jit::tracer::trace(
      {RandomObservations(observation, kTracedRows),
       torch::zeros({kTracedRows, network.state_size()})},
      step, [](const torch::Tensor&) { return std::string(); }, /*strict=*/true,
      /*force_outplace=*/false, &module, {"observations", "state"});
  const c10::QualifiedName name(*module.type()->name(), "forward");
  module.type()->addMethod(
      module._ivalue()->compilation_unit()->create_function(name, traced.first->graph));
  return module;
}

// Gives the module copies of its tensors: views of a flat buffer would be saved with all of it.
// (Module::deepcopy takes views of one storage for one tensor.)
void OwnTensors(Module module) {
  for (const auto& item : module.named_parameters(/*recurse=*/false)) {
    module.setattr(item.name, item.value.detach().clone().set_requires_grad(true));
  }
  for (const auto& item : module.named_buffers(/*recurse=*/false)) {
    module.setattr(item.name, item.value.detach().clone());
  }
  for (const auto& child : module.named_children()) OwnTensors(child.value);
}

// At the start of an episode and after it.
absl::Status Compare(Network& network, Module& module, const TensorSpec& spec, int64_t N) {
  torch::Tensor state = torch::zeros({N, network.state_size()});
  for (int row = 0; row < 2; ++row) {
    const torch::Tensor observations = RandomObservations(spec, N);
    const std::vector<torch::Tensor> expected = StepOf(network, observations, state);
    const IValue result = module.forward({observations, state});
    for (size_t i = 0; i < expected.size(); ++i) {
      const torch::Tensor actual = result.toTupleRef().elements()[i].toTensor();
      if (actual.sizes() != expected[i].sizes() ||
          !torch::allclose(actual, expected[i], 1e-5, 1e-6)) {
        return absl::InternalError(
            absl::StrCat("the exported policy does not give what the network gives for ", N,
                         " rows; its Step must take no size from its arguments"));
      }
    }
    state = expected[2];
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ExportOrThrow(Network& network, const TensorSpec& observation) {
  const torch::NoGradGuard no_grad;
  network.eval();
  auto* const scripted = dynamic_cast<TorchScriptNetwork*>(&network);
  Module module = scripted != nullptr ? scripted->StepModule() : Trace(network, observation);
  OwnTensors(module);
  module.register_attribute("state_size", c10::IntType::get(), network.state_size());
  for (const int64_t N : {int64_t{1}, int64_t{5}}) {
    NYALA_RETURN_IF_ERROR(Compare(network, module, observation, N));
  }
  std::ostringstream file;
  module.save(file);
  return file.str();
}

}  // namespace

absl::StatusOr<std::string> ExportPolicy(Network& network, const TensorSpec& observation) {
  try {
    return ExportOrThrow(network, observation);
  } catch (const c10::Error& error) {
    return absl::InternalError(absl::StrCat("export failed: ", error.what_without_backtrace()));
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrCat("export failed: ", error.what()));
  }
}

}  // namespace nyala
