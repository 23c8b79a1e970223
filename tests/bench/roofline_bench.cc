// The compute roofline: what LibTorch alone costs per frame on this machine.
//
//   roofline_bench [--unroll=T] [--columns=B] [--envs=E] [--seconds=S]
//
// Every core runs, on a model of its own, what no trainer can leave out: a no-grad forward pass
// over E rows per environment step, and a learning step per T x B rows (forward, V-trace scan,
// backward, norm clip, RMSProp on flat buffers). No environment, no sampling, no transport, no
// batching. The network is the one of the CartPole presets: 4 inputs, two tanh layers of 64, 2
// actions and a value. Prints one JSON object: frames/s of all cores together, and the microseconds
// of each half.
#include <torch/torch.h>

#include <cstdio>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "common/base/clock.h"
#include "common/nn/torch_threads.h"
#include "common/rl/vtrace.h"

namespace {

struct Sizes {
  int64_t unroll = 20;
  int64_t columns = 32;
  int64_t envs = 32;
  double seconds = 5;
};

struct Model {
  Model() {
    hidden1 = torch::nn::Linear(4, 64);
    hidden2 = torch::nn::Linear(64, 64);
    head = torch::nn::Linear(64, 3);
    std::vector<torch::Tensor> parts;
    for (auto& p : Parameters()) parts.push_back(p.detach().reshape(-1));
    flat = torch::cat(parts);
    gradient = torch::zeros_like(flat);
    average = torch::zeros_like(flat);
    int64_t offset = 0;
    for (auto& p : Parameters()) {
      const int64_t count = p.numel();
      const auto shape = p.sizes().vec();
      p.set_data(flat.narrow(0, offset, count).view(shape));
      p.mutable_grad() = gradient.narrow(0, offset, count).view(shape);
      offset += count;
    }
  }
  std::vector<torch::Tensor> Parameters() {
    return {hidden1->weight, hidden1->bias, hidden2->weight,
            hidden2->bias,   head->weight,  head->bias};
  }
  torch::Tensor Forward(const torch::Tensor& x) { return head(hidden2(hidden1(x).tanh()).tanh()); }

  torch::nn::Linear hidden1{nullptr}, hidden2{nullptr}, head{nullptr};
  torch::Tensor flat, gradient, average;
};

void Learn(Model& model, const Sizes& sizes, const torch::Tensor& observations,
           const torch::Tensor& actions, const torch::Tensor& log_mu,
           const torch::Tensor& rewards) {
  const int64_t T = sizes.unroll;
  const int64_t B = sizes.columns;
  model.gradient.zero_();
  const torch::Tensor out = model.Forward(observations).view({T + 1, B, 3});
  const torch::Tensor value = out.select(2, 2);
  const torch::Tensor log_pi = torch::log_softmax(out.narrow(2, 0, 2).narrow(0, 0, T), -1);
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
  Model model;
  const torch::Tensor rows = torch::randn({sizes.envs, 4});
  const torch::Tensor observations = torch::randn({(sizes.unroll + 1) * sizes.columns, 4});
  const torch::Tensor actions = torch::randint(0, 2, {sizes.unroll, sizes.columns, 1});
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
  Sizes sizes;
  CLI::App app{"The compute roofline of CartPole's network on this machine"};
  app.add_option("--unroll", sizes.unroll, "rows of an unroll (T)");
  app.add_option("--columns", sizes.columns, "columns of a learning step (B)");
  app.add_option("--envs", sizes.envs, "rows of an inference (E)");
  app.add_option("--seconds", sizes.seconds, "how long to measure");
  CLI11_PARSE(app, argc, argv);

  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
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
