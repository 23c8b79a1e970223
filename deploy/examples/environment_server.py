#!/usr/bin/env python3
"""CartPole in a process of its own: a server of proto/nyala/environment.proto. For an environment of
your own change SPEC and the class. Takes python3-grpcio, python3-protobuf and protobuf-compiler.
    environment_server.py unix:/tmp/cartpole.sock & nyala train --env=grpc:unix:/tmp/cartpole.sock"""
import concurrent.futures, grpc, math, os, random, struct, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))  # a copy elsewhere: NYALA_PROTO=.../share/nyala/proto
PROTO = os.environ.get("NYALA_PROTO") or HERE + ("/../proto" if os.path.isdir(HERE + "/../proto") else "/../../proto")
with tempfile.TemporaryDirectory() as folder:
    subprocess.run(["protoc", "-I", PROTO, "--python_out", folder, "nyala/environment.proto"], check=True)
    sys.path.insert(0, folder)
    from nyala import environment_pb2 as pb

SPEC = pb.EnvironmentSpec(
    id="CartPole", description="keep the pole up", max_episode_steps=500, solved_return=475,
    observation=pb.ObservationSpec(type=pb.ObservationSpec.FLOAT32, shape=[4]),
    action=pb.ActionSpaceSpec(kind=pb.ActionSpaceSpec.DISCRETE, n=2))

class Environment:
    def reset(self, seed):
        draw = random.Random(seed)
        self.steps, self.state = 0, [draw.uniform(-0.05, 0.05) for _ in range(4)]
    def step(self, action):  # the reward, whether it terminated, whether a limit cut it
        x, v, angle, w = self.state
        push = ((10 if action == 1 else -10) + 0.05 * w * w * math.sin(angle)) / 1.1
        turn = (9.8 * math.sin(angle) - math.cos(angle) * push) / (2 / 3 - math.cos(angle) ** 2 / 22)
        pull = push - turn * math.cos(angle) / 22
        self.state = [x + 0.02 * v, v + 0.02 * pull, angle + 0.02 * w, w + 0.02 * turn]
        self.steps += 1
        terminated = abs(self.state[0]) > 2.4 or abs(self.state[2]) > math.radians(12)
        return 1.0, terminated, not terminated and self.steps == 500

def play(requests, context):  # one stream: E environments, stepped together
    environments = []
    for request in requests:
        first = not environments
        environments = environments or [Environment() for _ in range(request.environments)]
        E, observations, results = len(environments), [], []
        seeds = struct.unpack(f"<{E}Q", request.seeds)
        actions = struct.unpack(f"<{E}i", request.actions or bytes(4 * E))
        for environment, reset, seed, action in zip(environments, request.resets, seeds, actions):
            result = (0.0, False, False) if reset else environment.step(action)
            if reset or result[1]: environment.reset(seed)
            observations += environment.state
            results.append(result)
        rewards, terminated, truncated = zip(*results)
        yield pb.PlayReply(observations=struct.pack(f"<{len(observations)}f", *observations),
                           rewards=struct.pack(f"<{E}f", *rewards), terminated=bytes(terminated),
                           truncated=bytes(truncated), spec=SPEC if first else None)

server = grpc.server(concurrent.futures.ThreadPoolExecutor(64), options=[("grpc.max_receive_message_length", -1)])
server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("nyala.wire.EnvironmentService", {
    "Describe": grpc.unary_unary_rpc_method_handler(
        lambda request, context: SPEC, pb.DescribeRequest.FromString, pb.EnvironmentSpec.SerializeToString),
    "Play": grpc.stream_stream_rpc_method_handler(
        play, pb.PlayRequest.FromString, pb.PlayReply.SerializeToString)})])
server.add_insecure_port(sys.argv[1])
server.start()  # a stream holds a thread for as long as it lives
print("serving", sys.argv[1], flush=True)
server.wait_for_termination()
