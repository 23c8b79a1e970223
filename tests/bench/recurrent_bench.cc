// What a recurrent core costs: Nyala's sequence function beside the two ways that LibTorch offers.
//
//   recurrent_bench [--benchmark_filter=lstm/...]
//
// Forward and backward of T x B rows of a core of some layers of 64, with resets at a share of the
// rows (in percent):
//   sequence  RecurrentCore::Forward: one differentiable function a layer
//   steps     a loop of one row's operations, the state masked before each row
//   segments  torch::lstm or torch::gru over the rows between those at which any column resets
// Reports time per row of T x B ("items").
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include <string>
#include <vector>

#include "common/nn/blas/blas_kernels.h"
#include "common/nn/recurrent/recurrent_core.h"
#include "common/nn/torch_threads.h"

namespace nyala {
namespace {

constexpr int64_t kSize = 64;

struct Problem {
  Problem(const std::string& name, const benchmark::State& bench)
      : T(bench.range(0)), B(bench.range(1)), layers(bench.range(2)), lstm(name == "lstm") {
    UseOneTorchThread();
    torch::manual_seed(1);
    NetworkConfig config;
    config.set_core(name);
    config.set_core_size(kSize);
    config.set_core_layers(static_cast<int>(layers));
    core = *RecurrentCore::Create(config, kSize);
    x = torch::randn({T, B, kSize});
    state = torch::zeros({B, core->state_size()});
    first = torch::rand({T, B}) < static_cast<double>(bench.range(3)) / 100;
  }

  torch::Tensor Sequence() const { return core->Forward(x, first, state).h; }

  torch::Tensor Steps() const {
    const torch::Tensor keep = first.logical_not().to(torch::kFloat32).unsqueeze(2);
    torch::Tensor now = state;
    std::vector<torch::Tensor> rows;
    for (int64_t t = 0; t < T; ++t) {
      const RecurrentCore::Output out = core->Step(x[t], now * keep[t]);
      rows.push_back(out.h);
      now = out.state;
    }
    return torch::stack(rows);
  }

  torch::Tensor Segments() const {
    const torch::Tensor keep = first.logical_not().to(torch::kFloat32).unsqueeze(1);
    const torch::Tensor any = first.any(1);
    torch::Tensor h = torch::zeros({layers, B, kSize}), c = torch::zeros_like(h);
    std::vector<torch::Tensor> parts;
    for (int64_t t = 0; t < T;) {
      int64_t end = t + 1;
      while (end < T && !any[end].item<bool>()) ++end;
      const torch::Tensor mask = keep[t].view({1, B, 1});
      const torch::Tensor rows = x.narrow(0, t, end - t);
      torch::Tensor out;
      h = h * mask;
      if (lstm) {
        std::tie(out, h, c) = torch::lstm(rows, {h, c * mask}, core->parameters(), true, layers, 0,
                                          true, false, false);
      } else {
        std::tie(out, h) =
            torch::gru(rows, h, core->parameters(), true, layers, 0, true, false, false);
      }
      parts.push_back(out);
      t = end;
    }
    return torch::cat(parts);
  }

  const int64_t T, B, layers;
  const bool lstm;
  std::shared_ptr<RecurrentCore> core;
  torch::Tensor x, state, first;
};

void Measure(benchmark::State& bench, const std::string& core,
             torch::Tensor (Problem::*forward)() const) {
  const Problem problem(core, bench);
  for (auto unused : bench) {
    static_cast<void>(unused);
    (problem.*forward)().sum().backward();
  }
  bench.SetItemsProcessed(bench.iterations() * problem.T * problem.B);
}

void Register() {
  for (const char* core : {"lstm", "gru"}) {
    const std::vector<std::pair<const char*, torch::Tensor (Problem::*)() const>> ways = {
        {"sequence", &Problem::Sequence},
        {"steps", &Problem::Steps},
        {"segments", &Problem::Segments}};
    for (const auto& [way, forward] : ways) {
      const auto run = [core = std::string(core), forward = forward](benchmark::State& bench) {
        Measure(bench, core, forward);
      };
      benchmark::RegisterBenchmark((std::string(core) + "/" + way).c_str(), run)
          ->ArgNames({"T", "B", "layers", "resets"})
          ->Args({20, 32, 2, 10})
          ->Args({20, 32, 1, 10})
          ->Args({20, 32, 1, 0})
          ->Args({100, 8, 1, 1})
          ->Unit(benchmark::kMicrosecond);
    }
  }
}

}  // namespace
}  // namespace nyala

int main(int argc, char** argv) {
  nyala::UseFittingBlasKernels();
  nyala::Register();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
