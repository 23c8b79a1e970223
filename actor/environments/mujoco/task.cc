#include "actor/environments/mujoco/task.h"

#include <cmath>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "actor/environments/mujoco/built_in.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "common/base/suggest.h"
#include "common/config/text.h"
#include "common/system/file.h"

namespace nyala {
namespace {

constexpr int kMaxFrameSkip = 1000;

int64_t SizeOf(const mjModel& m, MujocoValues values) {
  switch (values) {
    case QPOS:
      return m.nq;
    case QVEL:
    case QFRC_ACTUATOR:
      return m.nv;
    case ACT:
      return m.na;
    case SENSORDATA:
      return m.nsensordata;
    case XPOS:
      return int64_t{m.nbody} * 3;
    case CINERT:
      return int64_t{m.nbody} * 10;
    case CVEL:
    case CFRC_EXT:
      return int64_t{m.nbody} * 6;
  }
  return 0;
}

// Fits one task to its model, field by field.
class Fit {
 public:
  Fit(std::string origin, MujocoTaskOverModel* fitted)
      : origin_(std::move(origin)), task_(fitted->task), m_(*fitted->model), fitted_(*fitted) {}

  absl::Status Everything() {
    NYALA_RETURN_IF_ERROR(Limits());
    NYALA_RETURN_IF_ERROR(Start());
    NYALA_RETURN_IF_ERROR(Observations());
    NYALA_RETURN_IF_ERROR(Actions());
    NYALA_RETURN_IF_ERROR(Rewards());
    for (const MujocoHealthyRange& range : task_.healthy()) {
      NYALA_RETURN_IF_ERROR(Slice("healthy", range, &fitted_.healthy));
    }
    return absl::OkStatus();
  }

 private:
  template <typename... Words>
  absl::Status Bad(const Words&... words) const {
    return absl::InvalidArgumentError(absl::StrCat(origin_, ": ", words...));
  }

  absl::Status AtLeastZero(const char* field, double value) const {
    if (value >= 0 && std::isfinite(value)) return absl::OkStatus();
    return Bad(field, " is ", value, ": it must be a number of at least 0");
  }

  absl::Status Limits() {
    if (task_.frame_skip() < 1 || task_.frame_skip() > kMaxFrameSkip) {
      return Bad("frame_skip is ", task_.frame_skip(), ": it must be 1 .. ", kMaxFrameSkip);
    }
    if (task_.max_episode_steps() < 0) {
      return Bad("max_episode_steps is ", task_.max_episode_steps(), ": it must be at least 0");
    }
    fitted_.spec.max_episode_steps = task_.max_episode_steps();
    fitted_.spec.description = task_.description();
    if (fitted_.spec.description.empty()) fitted_.spec.description = origin_;
    if (task_.has_solved_return()) fitted_.spec.solved_return = task_.solved_return();
    return absl::OkStatus();
  }

  absl::Status Start() {
    if (task_.has_keyframe()) {
      NYALA_RETURN_IF_ERROR(
          LookUp("keyframe", mjOBJ_KEY, task_.keyframe(), m_.nkey, &fitted_.keyframe));
    }
    const MujocoStartNoise& noise = task_.start_noise();
    NYALA_RETURN_IF_ERROR(AtLeastZero("start_noise.qpos_uniform", noise.qpos_uniform()));
    NYALA_RETURN_IF_ERROR(AtLeastZero("start_noise.qvel_uniform", noise.qvel_uniform()));
    return AtLeastZero("start_noise.qvel_normal", noise.qvel_normal());
  }

  absl::Status LookUp(const char* field, mjtObj kind, const std::string& name, int known,
                      int* id) const {
    *id = fitted_.mujoco->mj_name2id(&m_, kind, name.c_str());
    if (*id >= 0) return absl::OkStatus();
    std::vector<std::string> names;
    for (int i = 0; i < known; ++i) {
      const char* const one = fitted_.mujoco->mj_id2name(&m_, kind, i);
      if (one != nullptr) names.emplace_back(one);
    }
    return Bad(field, ": the model has no '", name, "'",
               names.empty() ? "" : absl::StrCat("; ", UnknownNameMessage("name", name, names)));
  }

  // An observation or a healthy range.
  template <typename Message>
  absl::Status Slice(const char* field, const Message& message, std::vector<MujocoSlice>* to) {
    const std::string place = absl::StrCat(field, " ", to->size() + 1);
    if (!message.has_values()) {
      return Bad(place, " has no values: name them, as 'values: QPOS'");
    }
    const int64_t size = SizeOf(m_, message.values());
    const std::string& name = MujocoValues_Name(message.values());
    const int64_t first = message.first();
    if (first < 0 || first >= size) {
      return Bad(place, ": first is ", first, ", but the model has ", size, " ", name);
    }
    const int64_t count = message.has_count() ? message.count() : size - first;
    if (count < 1 || count > size - first) {
      return Bad(place, ": count is ", count, ", but the model has ", size - first, " ", name,
                 " from number ", first, " on");
    }
    if (!(message.low() < message.high())) {
      return Bad(place, ": low (", message.low(), ") must be less than high (", message.high(),
                 ")");
    }
    to->push_back({message.values(), first, count, message.low(), message.high()});
    fitted_.needs_contact_forces |= message.values() == CFRC_EXT;
    return absl::OkStatus();
  }

  absl::Status Observations() {
    if (task_.observation().empty()) {
      return Bad("it has no observation: add some, as 'observation { values: QPOS }'");
    }
    int64_t size = 0;
    for (const MujocoObservation& part : task_.observation()) {
      NYALA_RETURN_IF_ERROR(Slice("observation", part, &fitted_.observation));
      size += fitted_.observation.back().count;
    }
    fitted_.spec.observation = {DType::kFloat32, {size}};
    return absl::OkStatus();
  }

  absl::Status Actions() {
    const MujocoAction& action = task_.action();
    const bool mapped = action.has_low() && action.has_high();
    if (action.has_low() != action.has_high() || (mapped && !(action.low() < action.high())) ||
        !std::isfinite(action.low()) || !std::isfinite(action.high())) {
      return Bad("action: low must be less than high, and both be given or none");
    }
    if (m_.nu == 0) return Bad("model: it has no actuators, so there is nothing to control");
    ActionSpec& spec = fitted_.spec.action;
    spec = {ActionSpec::Kind::kContinuous, m_.nu, {}, {}, {}};
    for (int i = 0; i < m_.nu; ++i) {
      const bool limited = m_.actuator_ctrllimited[i] != 0;
      if (!limited && !mapped) {
        return Bad("model: actuator ", i,
                   " has no ctrlrange; give it one, or set action.low and "
                   "action.high");
      }
      double low = mapped ? action.low() : 0, high = mapped ? action.high() : 0;
      double scale = 1, offset = 0;
      if (limited) {
        const double ctrl_low = m_.actuator_ctrlrange[2 * i];
        const double ctrl_high = m_.actuator_ctrlrange[2 * i + 1];
        if (mapped) {
          scale = (ctrl_high - ctrl_low) / (high - low);
          offset = ctrl_low - low * scale;
        } else {
          low = ctrl_low;
          high = ctrl_high;
        }
      }
      spec.low.push_back(static_cast<float>(low));
      spec.high.push_back(static_cast<float>(high));
      fitted_.action_scale.push_back(scale);
      fitted_.action_offset.push_back(offset);
    }
    return absl::OkStatus();
  }

  absl::Status Rewards() {
    const MujocoReward& reward = task_.reward();
    for (const double weight : {reward.forward_weight(), reward.healthy_reward()}) {
      if (!std::isfinite(weight)) return Bad("reward: its weights must be numbers");
    }
    NYALA_RETURN_IF_ERROR(AtLeastZero("reward.control_cost", reward.control_cost()));
    NYALA_RETURN_IF_ERROR(AtLeastZero("reward.contact_cost", reward.contact_cost()));
    if (!(reward.contact_force_limit() > 0)) {
      return Bad("reward.contact_force_limit is ", reward.contact_force_limit(),
                 ": it must be greater than 0");
    }
    if (!(reward.contact_cost_max() >= 0)) {
      return Bad("reward.contact_cost_max is ", reward.contact_cost_max(),
                 ": it must be at least 0");
    }
    fitted_.needs_contact_forces |= reward.contact_cost() > 0;
    if (reward.has_forward_body()) {
      return LookUp("reward.forward_body", mjOBJ_BODY, reward.forward_body(), m_.nbody,
                    &fitted_.forward_body);
    }
    if (reward.forward_qpos() < 0 || reward.forward_qpos() >= m_.nq) {
      return Bad("reward.forward_qpos is ", reward.forward_qpos(), ", but the model has ", m_.nq,
                 " QPOS");
    }
    return absl::OkStatus();
  }

  const std::string origin_;
  const MujocoTask& task_;
  const mjModel& m_;
  MujocoTaskOverModel& fitted_;
};

std::string Beside(const std::string& file, const std::string& path) {
  const size_t slash = file.rfind('/');
  if (absl::StartsWith(path, "/") || slash == std::string::npos) return path;
  return absl::StrCat(file.substr(0, slash + 1), path);
}

// `built_in` says where the task's own model is looked for.
absl::StatusOr<MujocoTaskOverModel> Load(absl::string_view text, const std::string& origin,
                                         const std::string& model, bool built_in) {
  MujocoTaskOverModel fitted;
  NYALA_RETURN_IF_ERROR(ParseText(text, origin, &fitted.task));
  if (fitted.task.model().empty() && model.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(origin, ": model is not set: name the MJCF file, as 'model: \"robot.xml\"'"));
  }
  NYALA_ASSIGN_OR_RETURN(fitted.mujoco, MujocoLibrary::Get());
  const std::string own = built_in ? fitted.task.model() : Beside(origin, fitted.task.model());
  const auto loaded =
      model.empty() ? LoadMujocoModel(own, built_in) : LoadMujocoModel(model, false);
  if (!loaded.ok()) {
    return absl::Status(
        loaded.status().code(),
        absl::StrCat(model.empty() ? origin + ": model: " : "", loaded.status().message()));
  }
  fitted.model = *loaded;
  NYALA_RETURN_IF_ERROR(
      Fit(model.empty() ? origin : absl::StrCat(origin, " over ", model), &fitted).Everything());
  return fitted;
}

}  // namespace

absl::Span<const mjtNum> ValuesOf(const mjModel& m, const mjData& d, MujocoValues values) {
  const auto all = [&](const mjtNum* numbers) {
    return absl::MakeConstSpan(numbers, SizeOf(m, values));
  };
  switch (values) {
    case QPOS:
      return all(d.qpos);
    case QVEL:
      return all(d.qvel);
    case ACT:
      return all(d.act);
    case QFRC_ACTUATOR:
      return all(d.qfrc_actuator);
    case SENSORDATA:
      return all(d.sensordata);
    case XPOS:
      return all(d.xpos);
    case CINERT:
      return all(d.cinert);
    case CVEL:
      return all(d.cvel);
    case CFRC_EXT:
      return all(d.cfrc_ext);
  }
  return {};
}

absl::StatusOr<MujocoTaskOverModel> LoadMujocoTask(const std::string& path,
                                                   const std::string& model) {
  NYALA_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return Load(text, path, model, false);
}

absl::StatusOr<MujocoTaskOverModel> LoadBuiltInMujocoTask(const std::string& id,
                                                          const std::string& model) {
  const EmbeddedFile* const file = FindMujocoFile(absl::StrCat(id, ".textproto"));
  NYALA_CHECK(file != nullptr, "a built-in task");
  return Load(file->contents(), id, model, true);
}

}  // namespace nyala
