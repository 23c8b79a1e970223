#include "actor/rollout/session.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "actor/rollout/unroll_builder.h"
#include "actor/vector_env.h"
#include "common/base/status_macros.h"
#include "common/base/thread.h"
#include "common/config/run_rules.h"
#include "common/system/log.h"

namespace nyala {
namespace {

// Between two tries of a thread that the learner has no place for.
constexpr absl::Duration kFullDelay = absl::Seconds(2);

// Numbers of episodes and steps of a fresh start: a learner that comes back without resume states
// must not get the same random numbers again, while a resumed thread goes on with its own.
uint64_t FirstCount(uint64_t incarnation) { return incarnation << 40; }

// Most frames of a session in the run's environment.
absl::StatusOr<int64_t> SessionLimit(const RunConfig& config) {
  NYALA_ASSIGN_OR_RETURN(
      const EnvSpec env,
      DescribeEnvironment(config.environment().id(), config.environment().step_timeout_seconds()));
  return SessionFrames(config, env.max_episode_steps);
}

// One rollout thread's.
struct ThreadEnvironments {
  std::unique_ptr<VectorEnv> all;
  uint64_t first = 0;  // number of column 0
  CallMark* mark = nullptr;
};

absl::StatusOr<ThreadEnvironments> MakeEnvironments(const JoinReply& reply, uint32_t thread,
                                                    HangWatch* hangs) {
  VectorEnvOptions options;
  options.id = reply.config.environment().id();
  options.E = reply.envs_per_thread;
  options.seed = reply.config.seed();
  options.first_environment =
      reply.first_environment + static_cast<uint64_t>(thread) * reply.envs_per_thread;
  options.first_episode = FirstCount(reply.incarnation);
  options.step_wait_seconds = reply.config.environment().step_wait_seconds();
  options.step_timeout_seconds = reply.config.environment().step_timeout_seconds();
  ThreadEnvironments made;
  made.first = options.first_environment;
  if (hangs != nullptr) made.mark = hangs->Add(options, RolloutName(thread));
  const CallMark::Scope scope(made.mark);
  if (UpdateRuleOf(reply.config) == UpdateRule::kWholeSessions) {
    NYALA_ASSIGN_OR_RETURN(options.max_episode_frames, SessionLimit(reply.config));
  }
  NYALA_ASSIGN_OR_RETURN(made.all, MakeVectorEnv(options));
  return made;
}

std::unique_ptr<UnrollBuilder> MakeBuilder(const JoinReply& reply, int64_t state_size,
                                           ThreadEnvironments environments) {
  UnrollBuilderOptions options;
  options.T = reply.config.batch().unroll_length();
  options.state_size = state_size;
  options.seed = reply.config.seed();
  options.first_environment = environments.first;
  options.first_step = FirstCount(reply.incarnation);
  options.mark = environments.mark;
  return std::make_unique<UnrollBuilder>(options, std::move(environments.all));
}

// A builder that goes on where the thread was left, if it was. A state that cannot be gone on with
// (another actor sent it, and may have lied) is no reason to stay away.
absl::StatusOr<std::unique_ptr<UnrollBuilder>> MakeResumedBuilder(const JoinReply& reply,
                                                                  uint32_t thread,
                                                                  int64_t state_size,
                                                                  ThreadEnvironments environments,
                                                                  HangWatch* hangs) {
  std::unique_ptr<UnrollBuilder> builder = MakeBuilder(reply, state_size, std::move(environments));
  if (thread >= reply.resume_states.size() || reply.resume_states[thread].empty()) return builder;
  const absl::Status resumed = builder->RestoreState(reply.resume_states[thread]);
  if (resumed.ok()) return builder;
  Log("rollout thread %d cannot go on where it was left (%s); its environments begin anew", thread,
      resumed.message());
  NYALA_ASSIGN_OR_RETURN(ThreadEnvironments anew, MakeEnvironments(reply, thread, hangs));
  return MakeBuilder(reply, state_size, std::move(anew));
}

absl::StatusOr<std::unique_ptr<Rollout>> MakeRollout(const JoinReply& reply, uint32_t thread,
                                                     const PolicyFactories& factories,
                                                     HangWatch* hangs,
                                                     const std::atomic<bool>* stop) {
  NYALA_ASSIGN_OR_RETURN(ThreadEnvironments environments, MakeEnvironments(reply, thread, hangs));
  const EnvSpec env = environments.all->spec();
  NYALA_ASSIGN_OR_RETURN(std::unique_ptr<Inference> inference,
                         factories.inference(reply.config, env));
  NYALA_ASSIGN_OR_RETURN(
      std::unique_ptr<UnrollBuilder> builder,
      MakeResumedBuilder(reply, thread, inference->state_size(), std::move(environments), hangs));
  RolloutOptions options;
  options.actor = reply.actor;
  options.thread = thread;
  options.incarnation = reply.incarnation;
  options.synchronous = IsSynchronous(reply.config);
  options.whole_sessions = UpdateRuleOf(reply.config) == UpdateRule::kWholeSessions;
  options.want_resume_state = reply.want_resume_state;
  options.stop = stop;
  std::unique_ptr<GradientSource> gradients;
  if (UpdateRuleOf(reply.config) == UpdateRule::kActorGradients) {
    if (factories.gradients == nullptr) {
      return absl::InvalidArgumentError(
          "this actor cannot compute gradients, but the run asks it to");
    }
    NYALA_ASSIGN_OR_RETURN(gradients, factories.gradients(reply.config, env));
  }
  return std::make_unique<Rollout>(options, std::move(builder), std::move(inference),
                                   std::move(gradients));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ActorSession>> ActorSession::Create(const JoinReply& reply,
                                                                   const PolicyFactories& factories,
                                                                   HangHandler on_hang) {
  if (reply.threads < 1 || reply.envs_per_thread < 1 || reply.config.batch().unroll_length() < 1) {
    return absl::InvalidArgumentError("the learner's answer to the join has an empty share");
  }
  std::unique_ptr<ActorSession> session(new ActorSession(reply));
  session->hangs_ =
      HangWatch::Start(reply.config.environment().step_timeout_seconds(), std::move(on_hang));
  for (uint32_t thread = 0; thread < reply.threads; ++thread) {
    NYALA_ASSIGN_OR_RETURN(
        std::unique_ptr<Rollout> rollout,
        MakeRollout(reply, thread, factories, session->hangs_.get(), &session->halted_));
    session->rollouts_.push_back(std::move(rollout));
  }
  return session;
}

bool ActorSession::Continues(const JoinReply& reply) const {
  return reply.continues && reply.run_id == reply_.run_id &&
         reply.incarnation == reply_.incarnation && reply.actor == reply_.actor &&
         reply.threads == reply_.threads && reply.envs_per_thread == reply_.envs_per_thread &&
         reply.first_environment == reply_.first_environment;
}

absl::Status ActorSession::Run(LearnerEndpoint& endpoint, uint64_t lease) {
  ParameterSync sync(endpoint, lease, reply_.incarnation);
  {
    MutexLock lock(mu_);
    if (halted_) return absl::OkStatus();
    first_error_ = absl::OkStatus();
    ending_ = false;
    sync_ = &sync;
  }
  {
    std::vector<Thread> threads;
    for (size_t i = 0; i < rollouts_.size(); ++i) {
      threads.emplace_back(RolloutName(i),
                           [&, i] { RunThread(*rollouts_[i], endpoint, lease, sync); });
    }
  }
  MutexLock lock(mu_);
  sync_ = nullptr;
  return halted_ ? absl::OkStatus() : first_error_;
}

void ActorSession::RunThread(Rollout& rollout, LearnerEndpoint& endpoint, uint64_t lease,
                             ParameterSync& sync) {
  absl::Status status = rollout.Run(endpoint, lease, sync, ending_);
  while (absl::IsResourceExhausted(status) && WaitForPlace(status)) {
    status = rollout.Run(endpoint, lease, sync, ending_);
  }
  MutexLock lock(mu_);
  // The others fail because of the end that the first one brings about.
  if (first_error_.ok() && !absl::IsResourceExhausted(status)) first_error_ = status;
  ending_ = true;
  ended_.NotifyAll();
  sync.Stop();
}

bool ActorSession::WaitForPlace(const absl::Status& why) {
  MutexLock lock(mu_);
  if (!std::exchange(told_full_, true)) {
    Log("%s; trying again every %g s while the other threads go on", why.message(),
        absl::ToDoubleSeconds(kFullDelay));
  }
  return !ended_.WaitFor(mu_, absl::ToChronoNanoseconds(kFullDelay),
                         [this] { return ending_.load(); });
}

void ActorSession::Halt() {
  MutexLock lock(mu_);
  halted_ = true;
  ending_ = true;
  ended_.NotifyAll();
  if (sync_ != nullptr) sync_->Stop();
}

}  // namespace nyala
