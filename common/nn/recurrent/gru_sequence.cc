#include <utility>

#include "common/nn/recurrent/recurrent_sequence.h"

namespace nyala {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

class GruFunction : public torch::autograd::Function<GruFunction> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& inputs, const Tensor& weight,
                        const Tensor& bias, const Tensor& h0, const Tensor& keep) {
    const int64_t T = inputs.size(0), B = inputs.size(1), H = weight.size(1);
    // r, z, n; and the state's part of n before r scales it.
    Tensor gates = torch::empty({T, B, 3 * H}, inputs.options());
    Tensor h_before = torch::empty({T, B, H}, inputs.options());  // with resets applied
    Tensor of_state = torch::empty_like(h_before), h = torch::empty_like(h_before);
    const Tensor transposed = weight.t();
    Tensor last = h0;
    for (int64_t t = 0; t < T; ++t) {
      Tensor row = gates[t], h_in = h_before[t], new_of_state = of_state[t];
      torch::mul_out(h_in, last, keep[t]);
      const Tensor product = torch::addmm(bias, h_in, transposed);
      Tensor r_z = row.narrow(1, 0, 2 * H), n = row.narrow(1, 2 * H, H);
      torch::add_out(r_z, inputs[t].narrow(1, 0, 2 * H), product.narrow(1, 0, 2 * H)).sigmoid_();
      new_of_state.copy_(product.narrow(1, 2 * H, H));
      torch::addcmul_out(n, inputs[t].narrow(1, 2 * H, H), row.narrow(1, 0, H), new_of_state)
          .tanh_();
      last = h[t];
      torch::lerp_out(last, n, h_in, row.narrow(1, H, H));
    }
    context->save_for_backward({weight, keep, gates, h_before, of_state});
    return h;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &weight = saved[0], &keep = saved[1], &gates = saved[2], &h_before = saved[3],
                 &of_state = saved[4];
    const int64_t T = gates.size(0), B = gates.size(1), H = weight.size(1);
    const auto gate = [&](int64_t index) { return gates.narrow(2, index * H, H); };
    const Tensor r = gate(0), z = gate(1), n = gate(2);
    // Slopes of h with respect to the inputs of n, r, z, for all rows at once.
    const Tensor to_n = (1 - z) * (1 - n * n);
    const Tensor to_z = (h_before - n) * z * (1 - z);
    const Tensor slopes = torch::stack({to_n * of_state * r * (1 - r), to_z, to_n * r}, 2);
    Tensor d_products = torch::empty({T, B, 3, H}, gates.options());
    Tensor d_h = torch::empty({T, B, H}, gates.options());
    d_h[T - 1].copy_(gradients[0][T - 1]);
    for (int64_t t = T - 1; t >= 0; --t) {
      Tensor row = d_products[t];
      torch::mul_out(row, slopes[t], d_h[t].unsqueeze(1));
      if (t == 0) break;
      const Tensor before = torch::addcmul(row.view({B, 3 * H}).mm(weight), d_h[t], z[t]);
      Tensor next = d_h[t - 1];
      torch::addcmul_out(next, gradients[0][t - 1], before, keep[t]);
    }
    Tensor d_inputs = d_products.clone();
    Tensor d_n = d_inputs.select(2, 2);
    torch::mul_out(d_n, d_h, to_n);
    const Tensor flat = d_products.view({T * B, 3 * H});
    return {d_inputs.view({T, B, 3 * H}), flat.t().mm(h_before.view({T * B, H})), flat.sum(0),
            Tensor(), Tensor()};
  }
};

}  // namespace

SequenceOutput GruSequence(const Tensor& gates, const Tensor& weight, const Tensor& bias,
                           const Tensor& h, const Tensor& keep) {
  return {GruFunction::apply(gates, weight, bias, h, keep), {}};
}

CellState GruStep(const Tensor& gates, const Tensor& weight, const Tensor& bias,
                  const CellState& state) {
  const std::vector<Tensor> of_input = gates.chunk(3, 1);
  const std::vector<Tensor> of_state = torch::linear(state.h, weight, bias).chunk(3, 1);
  const Tensor r = (of_input[0] + of_state[0]).sigmoid();
  const Tensor z = (of_input[1] + of_state[1]).sigmoid();
  const Tensor n = (of_input[2] + r * of_state[2]).tanh();
  return {n + z * (state.h - n), {}};
}

}  // namespace nyala
