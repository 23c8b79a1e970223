// The compute roofline: what LibTorch alone costs per frame on this machine.
//
//   roofline_bench [--network=mlp|nature] [--unroll=T] [--columns=B] [--envs=E] [--seconds=S]
//
// Every core runs, on a model of its own, what no trainer can leave out: a no-grad forward pass
// over E rows per environment step, and a learning step per T x B rows (forward, V-trace scan,
// backward, norm clip, RMSProp on flat buffers). No environment, no sampling, no transport, no
// batching. The network is the one of the CartPole presets, "mlp": 4 inputs, two tanh layers of 64,
// 2 actions and a value; or "nature" over 4 x 84 x 84 bytes with 6 actions (channels last). Prints
// one JSON object: frames/s of all cores together, and the microseconds of each half.
#include <torch/torch.h>

#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "common/base/clock.h"
#include "common/nn/blas/blas_kernels.h"
#include "common/nn/torch_threads.h"
#include "common/rl/algorithms/vtrace.h"
#include "common/system/machine.h"

namespace {

struct Sizes {
  bool nature = false;
  int64_t unroll = 20;
  int64_t columns = 32;
  int64_t envs = 32;
  double seconds = 5;
  int64_t actions() const { return nature ? 6 : 2; }
};

torch::nn::Sequential MakeNetwork(const Sizes& sizes) {
  namespace nn = torch::nn;
  const int64_t outputs = sizes.actions() + 1;
  if (!sizes.nature) {
    return nn::Sequential(nn::Linear(4, 64), nn::Tanh(), nn::Linear(64, 64), nn::Tanh(),
                          nn::Linear(64, outputs));
  }
  return nn::Sequential(nn::Conv2d(nn::Conv2dOptions(4, 32, 8).stride(4)), nn::ReLU(),
                        nn::Conv2d(nn::Conv2dOptions(32, 64, 4).stride(2)), nn::ReLU(),
                        nn::Conv2d(nn::Conv2dOptions(64, 64, 3)), nn::ReLU(), nn::Flatten(),
                        nn::Linear(64 * 7 * 7, 512), nn::ReLU(), nn::Linear(512, outputs));
}

struct Model {
  explicit Model(const Sizes& sizes) : nature(sizes.nature), network(MakeNetwork(sizes)) {
    std::vector<torch::Tensor> parts;
    for (auto& p : network->parameters()) parts.push_back(p.detach().reshape(-1));
    flat = torch::cat(parts);
    gradient = torch::zeros_like(flat);
    average = torch::zeros_like(flat);
    int64_t offset = 0;
    for (auto& p : network->parameters()) {
      const int64_t count = p.numel();
      const auto shape = p.sizes().vec();
      p.set_data(flat.narrow(0, offset, count).view(shape));
      p.mutable_grad() = gradient.narrow(0, offset, count).view(shape);
      offset += count;
    }
  }
  // `x` has bytes where it is images.
  torch::Tensor Forward(const torch::Tensor& x) {
    if (!nature) return network->forward(x);
    return network->forward(
        x.to(torch::kFloat32, false, false, torch::MemoryFormat::ChannelsLast).mul_(1.0 / 255));
  }

  const bool nature;
  torch::nn::Sequential network;
  torch::Tensor flat, gradient, average;
};

// [rows, ...]
torch::Tensor RandomObservations(const Sizes& sizes, int64_t rows) {
  if (!sizes.nature) return torch::randn({rows, 4});
  return torch::randint(0, 256, {rows, 4, 84, 84}, torch::kUInt8);
}

void Learn(Model& model, const Sizes& sizes, const torch::Tensor& observations,
           const torch::Tensor& actions, const torch::Tensor& log_mu,
           const torch::Tensor& rewards) {
  const int64_t T = sizes.unroll;
  const int64_t B = sizes.columns;
  model.gradient.zero_();
  const int64_t A = sizes.actions();
  const torch::Tensor out = model.Forward(observations).view({T + 1, B, A + 1});
  const torch::Tensor value = out.select(2, A);
  const torch::Tensor log_pi = torch::log_softmax(out.narrow(2, 0, A).narrow(0, 0, T), -1);
  const torch::Tensor taken = log_pi.gather(-1, actions).squeeze(-1);
  const torch::Tensor host_value = value.detach().contiguous();
  const torch::Tensor log_weights = (taken.detach() - log_mu).contiguous();
  const torch::Tensor discounts = torch::full({T, B}, 0.99f);
  const torch::Tensor frames = torch::ones({T, B});
  torch::Tensor targets = torch::empty({T, B});
  torch::Tensor advantages = torch::empty({T, B});
  nyala::Vtrace(
      {},
      {T, B, log_weights.data_ptr<float>(), rewards.data_ptr<float>(), discounts.data_ptr<float>(),
       frames.data_ptr<float>(), host_value.data_ptr<float>()},
      {targets.data_ptr<float>(), advantages.data_ptr<float>()});
  const torch::Tensor entropy = -(log_pi.exp() * log_pi).sum();
  const torch::Tensor loss = -(taken * advantages).sum() +
                             0.25 * (targets - value.narrow(0, 0, T)).square().sum() -
                             0.01 * entropy;
  loss.backward();
  torch::NoGradGuard no_grad;
  const double norm = model.gradient.norm().item<double>();
  if (norm > 40) model.gradient.mul_(40 / norm);
  model.average.mul_(0.99).addcmul_(model.gradient, model.gradient, 0.01);
  model.flat.addcdiv_(model.gradient, model.average.sqrt().add_(0.01), -1e-6);
}

struct Costs {
  double inference_us = 0;
  double learning_us = 0;
};

// Alternates E x T frames of inference with as many of learning for about `sizes.seconds`.
Costs Measure(const Sizes& sizes) {
  nyala::UseOneTorchThread();
  Model model(sizes);
  const torch::Tensor rows = RandomObservations(sizes, sizes.envs);
  const torch::Tensor observations = RandomObservations(sizes, (sizes.unroll + 1) * sizes.columns);
  const torch::Tensor actions =
      torch::randint(0, sizes.actions(), {sizes.unroll, sizes.columns, 1});
  const torch::Tensor log_mu = torch::full({sizes.unroll, sizes.columns}, -0.69f);
  const torch::Tensor rewards = torch::ones({sizes.unroll, sizes.columns});
  double acted = 0, learnt = 0, acting = 0, learning = 0;
  const double start = nyala::MonotonicSeconds();
  for (double now = start; now - start < sizes.seconds;) {
    while (acted <= learnt) {
      torch::InferenceMode guard;
      for (int64_t t = 0; t < sizes.unroll; ++t) model.Forward(rows);
      acted += static_cast<double>(sizes.unroll * sizes.envs);
    }
    const double middle = nyala::MonotonicSeconds();
    Learn(model, sizes, observations, actions, log_mu, rewards);
    learnt += static_cast<double>(sizes.unroll * sizes.columns);
    const double end = nyala::MonotonicSeconds();
    acting += middle - now;
    learning += end - middle;
    now = end;
  }
  return {1e6 * acting / acted, 1e6 * learning / learnt};
}

}  // namespace

int main(int argc, char** argv) {
  nyala::UseFittingBlasKernels();
  Sizes sizes;
  std::string network = "mlp";
  CLI::App app{"The compute roofline of a network on this machine"};
  app.add_option("--network", network)->check(CLI::IsMember({"mlp", "nature"}));
  app.add_option("--unroll", sizes.unroll, "rows of an unroll (T)");
  app.add_option("--columns", sizes.columns, "columns of a learning step (B)");
  app.add_option("--envs", sizes.envs, "rows of an inference (E)");
  app.add_option("--seconds", sizes.seconds, "how long to measure");
  CLI11_PARSE(app, argc, argv);
  sizes.nature = network == "nature";

  const auto cores = static_cast<unsigned>(nyala::UsableCores());
  std::vector<Costs> costs(cores);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < cores; ++i) {
    threads.emplace_back([&costs, &sizes, i] { costs[i] = Measure(sizes); });
  }
  for (std::thread& thread : threads) thread.join();
  Costs mean;
  double rate = 0;
  for (const Costs& one : costs) {
    mean.inference_us += one.inference_us / cores;
    mean.learning_us += one.learning_us / cores;
    rate += 1e6 / (one.inference_us + one.learning_us);
  }
  std::printf(
      "{\"cores\": %u, \"inference_us_per_frame\": %.3f, \"learning_us_per_frame\": %.3f, "
      "\"roofline_frames_per_second\": %.0f}\n",
      cores, mean.inference_us, mean.learning_us, rate);
  return 0;
}
