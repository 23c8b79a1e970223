#include "actor/environments/mujoco/task_environment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "actor/environments/mujoco/side_view.h"
#include "actor/state_bytes.h"
#include "common/base/random.h"

namespace nyala {
namespace {

using Simulation = std::unique_ptr<mjData, std::function<void(mjData*)>>;

// Standard normal (Box and Muller).
double Normal(RandomSequence& random) {
  const double radius = std::sqrt(-2 * std::log(random.Uniform()));
  return radius * std::cos(2 * M_PI * random.Uniform());
}

class MujocoEnvironment : public Environment {
 public:
  MujocoEnvironment(const std::string& id, MujocoTaskOverModel task, Simulation simulation)
      : task_(std::move(task)),
        mujoco_(*task_.mujoco),
        m_(*task_.model),
        simulation_(std::move(simulation)),
        d_(*simulation_) {
    task_.spec.id = id;
  }

  const EnvSpec& spec() const override { return task_.spec; }

  void Reset(uint64_t seed, ObservationRef observation) override {
    steps_ = 0;
    const absl::Status status = CallMujoco([&] {
      if (task_.keyframe >= 0) {
        mujoco_.mj_resetDataKeyframe(&m_, &d_, task_.keyframe);
      } else {
        mujoco_.mj_resetData(&m_, &d_);
      }
      AddNoise(seed);
      mujoco_.mj_forward(&m_, &d_);
    });
    Finish(status, observation);
  }

  StepResult Step(ActionRef action, ObservationRef observation) override {
    const double before = forward_;
    for (int i = 0; i < m_.nu; ++i) {
      d_.ctrl[i] = action.continuous()[i] * task_.action_scale[i] + task_.action_offset[i];
    }
    const absl::Status status = CallMujoco([&] {
      for (int i = 0; i < task_.task.frame_skip(); ++i) mujoco_.mj_step(&m_, &d_);
      if (task_.needs_contact_forces) mujoco_.mj_rnePostConstraint(&m_, &d_);
    });
    Finish(status, observation);
    ++steps_;
    StepResult result;
    result.terminated = task_.task.terminate_when_unhealthy() && !Healthy();
    const int64_t limit = task_.spec.max_episode_steps;
    result.truncated = !result.terminated && limit > 0 && steps_ >= limit;
    result.reward = static_cast<float>(Reward((forward_ - before) / task_.frame_seconds()));
    return result;
  }

  absl::Status SaveState(std::string* state) const override {
    AppendValue(steps_, state);
    AppendValue(forward_, state);
    AppendValue(d_.time, state);
    for (const absl::Span<mjtNum> part : State()) {
      for (const mjtNum value : part) AppendValue(value, state);
    }
    return absl::OkStatus();
  }

  absl::Status RestoreState(absl::string_view state) override {
    const auto not_ours =
        absl::InvalidArgumentError(absl::StrCat("not a saved state of ", task_.spec.id));
    StateReader reader(state);
    bool good = reader.Read(&steps_) && reader.Read(&forward_) && reader.Read(&d_.time);
    for (const absl::Span<mjtNum> part : State()) {
      for (mjtNum& value : part) good = good && reader.Read(&value) && std::isfinite(value);
    }
    if (!good || !reader.at_end() || steps_ < 0 || !std::isfinite(forward_)) return not_ours;
    return PlaceBodies();
  }

  DrawingSize drawing_size() const override { return {500, 400}; }
  void Draw(Canvas& canvas) const override { DrawSideView(m_, d_, canvas); }

 private:
  // All that a step depends on, but the time.
  std::array<absl::Span<mjtNum>, 4> State() const {
    const auto part = [](mjtNum* numbers, int n) { return absl::MakeSpan(numbers, n); };
    return {part(d_.qpos, m_.nq), part(d_.qvel, m_.nv), part(d_.act, m_.na),
            part(d_.qacc_warmstart, m_.nv)};
  }

  void AddNoise(uint64_t seed) {
    RandomSequence random(seed);
    const MujocoStartNoise& noise = task_.task.start_noise();
    for (int i = 0; i < m_.nq; ++i) {
      d_.qpos[i] += random.Uniform(-noise.qpos_uniform(), noise.qpos_uniform());
    }
    for (int i = 0; i < m_.nv; ++i) {
      d_.qvel[i] += random.Uniform(-noise.qvel_uniform(), noise.qvel_uniform()) +
                    noise.qvel_normal() * Normal(random);
    }
  }

  // For pictures. It normalises quaternions in place, which a step must do by itself.
  absl::Status PlaceBodies() {
    const std::vector<mjtNum> qpos(d_.qpos, d_.qpos + m_.nq);
    const absl::Status status = CallMujoco([&] {
      mujoco_.mj_kinematics(&m_, &d_);
      mujoco_.mj_comPos(&m_, &d_);
    });
    std::copy(qpos.begin(), qpos.end(), d_.qpos);
    return status;
  }

  // After MuJoCo did its part.
  void Finish(const absl::Status& status, ObservationRef observation) {
    if (!status.ok()) Fail(status);
    for (int warning = 0; warning < mjNWARNING; ++warning) {
      if (d_.warning[warning].number == 0) continue;
      Fail(absl::InternalError(absl::StrCat(
          "MuJoCo: ", mujoco_.mju_warningText(warning, d_.warning[warning].lastinfo))));
    }
    const int body = task_.forward_body;
    forward_ = body >= 0 ? d_.xpos[3 * body] : d_.qpos[task_.task.reward().forward_qpos()];
    float* out = observation.floats();
    for (const MujocoSlice& part : task_.observation) {
      const auto values = ValuesOf(m_, d_, part.values).subspan(part.first, part.count);
      for (const mjtNum value : values) {
        *out++ = static_cast<float>(std::clamp(value, part.low, part.high));
      }
    }
  }

  bool Healthy() const {
    for (const MujocoSlice& range : task_.healthy) {
      for (const mjtNum value : ValuesOf(m_, d_, range.values).subspan(range.first, range.count)) {
        if (!(value >= range.low && value <= range.high)) return false;
      }
    }
    return true;
  }

  double Reward(double speed) const {
    const MujocoReward& reward = task_.task.reward();
    double sum = reward.forward_weight() * speed;
    if (Healthy() || (reward.healthy_reward_at_end() && task_.task.terminate_when_unhealthy())) {
      sum += reward.healthy_reward();
    }
    double squares = 0;
    for (int i = 0; i < m_.nu; ++i) squares += d_.ctrl[i] * d_.ctrl[i];
    sum -= reward.control_cost() * squares;
    if (reward.contact_cost() > 0) {
      const double limit = reward.contact_force_limit();
      double forces = 0;
      for (const mjtNum force : ValuesOf(m_, d_, CFRC_EXT)) {
        forces += std::min(force * force, limit * limit);
      }
      sum -= std::min(reward.contact_cost() * forces, reward.contact_cost_max());
    }
    return sum;
  }

  MujocoTaskOverModel task_;
  const MujocoLibrary& mujoco_;
  const mjModel& m_;
  const Simulation simulation_;
  mjData& d_;
  // Where the speed is measured, at the end of the last frame.
  double forward_ = 0;
  int64_t steps_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Environment>> MakeMujocoEnvironment(const std::string& id,
                                                                   MujocoTaskOverModel task) {
  const MujocoLibrary* const mujoco = task.mujoco;
  mjData* data = nullptr;
  const absl::Status made = CallMujoco([&] { data = mujoco->mj_makeData(task.model.get()); });
  if (!made.ok() || data == nullptr) {
    return absl::ResourceExhaustedError(absl::StrCat(id, ": no memory for its simulation"));
  }
  Simulation simulation(data, [mujoco](mjData* gone) { mujoco->mj_deleteData(gone); });
  return std::make_unique<MujocoEnvironment>(id, std::move(task), std::move(simulation));
}

}  // namespace nyala
