#include <utility>

#include "common/nn/recurrent/recurrent_sequence.h"

namespace nyala {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

class LstmFunction : public torch::autograd::Function<LstmFunction> {
 public:
  static variable_list forward(AutogradContext* context, const Tensor& inputs, const Tensor& weight,
                               const Tensor& h0, const Tensor& c0, const Tensor& keep) {
    const int64_t T = inputs.size(0), B = inputs.size(1), H = weight.size(1);
    Tensor gates = torch::empty({T, B, 4 * H}, inputs.options());
    // With resets applied: what row t starts from.
    Tensor h_before = torch::empty({T, B, H}, inputs.options());
    Tensor c_before = torch::empty_like(h_before), tanh_c = torch::empty_like(h_before);
    Tensor h = torch::empty_like(h_before);
    const Tensor transposed = weight.t();
    Tensor last_h = h0, last_c = c0;
    for (int64_t t = 0; t < T; ++t) {
      Tensor row = gates[t], h_in = h_before[t], c_in = c_before[t], squashed = tanh_c[t];
      torch::mul_out(h_in, last_h, keep[t]);
      torch::mul_out(c_in, last_c, keep[t]);
      torch::addmm_out(row, inputs[t], h_in, transposed);
      row.narrow(1, 0, 2 * H).sigmoid_();
      row.narrow(1, 2 * H, H).tanh_();
      row.narrow(1, 3 * H, H).sigmoid_();
      last_c = (row.narrow(1, H, H) * c_in).addcmul_(row.narrow(1, 0, H), row.narrow(1, 2 * H, H));
      torch::tanh_out(squashed, last_c);
      last_h = h[t];
      torch::mul_out(last_h, row.narrow(1, 3 * H, H), squashed);
    }
    context->save_for_backward({weight, keep, gates, h_before, c_before, tanh_c});
    context->mark_non_differentiable({last_c});
    return {h, last_c};
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &weight = saved[0], &keep = saved[1], &gates = saved[2], &h_before = saved[3],
                 &c_before = saved[4], &tanh_c = saved[5];
    const int64_t T = gates.size(0), B = gates.size(1), H = weight.size(1);
    const auto gate = [&](int64_t index) { return gates.narrow(2, index * H, H); };
    const Tensor i = gate(0), f = gate(1), g = gate(2), o = gate(3);
    // What does not depend on the gradient, for all rows at once. Of each gate's input: with
    // respect to c for i, f, g and to h for o; then c to h, and c to the c before it.
    const Tensor gate_slopes = torch::stack(
        {g * i * (1 - i), c_before * f * (1 - f), i * (1 - g * g), tanh_c * o * (1 - o)}, 2);
    const Tensor c_slopes = o * (1 - tanh_c * tanh_c);
    const Tensor c_keeps = f * keep;
    Tensor d_gates = torch::empty({T, B, 4, H}, gates.options());
    Tensor d_h = gradients[0][T - 1];
    Tensor d_c = torch::zeros({B, H}, gates.options());
    for (int64_t t = T - 1; t >= 0; --t) {
      d_c.addcmul_(d_h, c_slopes[t]);
      Tensor row = d_gates[t], of_c = row.narrow(1, 0, 3), of_h = row.select(1, 3);
      torch::mul_out(of_c, gate_slopes[t].narrow(1, 0, 3), d_c.unsqueeze(1));
      torch::mul_out(of_h, gate_slopes[t].select(1, 3), d_h);
      if (t == 0) break;
      d_c.mul_(c_keeps[t]);
      d_h = torch::addcmul(gradients[0][t - 1], row.view({B, 4 * H}).mm(weight), keep[t]);
    }
    d_gates = d_gates.view({T, B, 4 * H});
    const Tensor d_weight = d_gates.view({T * B, 4 * H}).t().mm(h_before.view({T * B, H}));
    return {d_gates, d_weight, Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

SequenceOutput LstmSequence(const Tensor& gates, const Tensor& weight, const Tensor& h,
                            const Tensor& c, const Tensor& keep) {
  const variable_list outputs = LstmFunction::apply(gates, weight, h, c, keep);
  return {outputs[0], outputs[1]};
}

CellState LstmStep(const Tensor& gates, const Tensor& weight, const CellState& state) {
  const std::vector<Tensor> parts = (gates + state.h.matmul(weight.t())).chunk(4, 1);
  const Tensor c = parts[1].sigmoid() * state.c + parts[0].sigmoid() * parts[2].tanh();
  return {parts[3].sigmoid() * c.tanh(), c};
}

}  // namespace nyala
