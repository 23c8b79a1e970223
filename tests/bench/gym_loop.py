"""Gymnasium's own loop: CartPole-v1 under actions drawn before, frames a second of processor time.

    python3 tests/bench/gym_loop.py SECONDS
"""

import sys
import time

import gymnasium

ACTIONS = 1024
CHUNK = 20_000


def main():
    seconds = float(sys.argv[1])
    env = gymnasium.make("CartPole-v1")
    env.action_space.seed(1)
    actions = [env.action_space.sample() for _ in range(ACTIONS)]
    frames = 0
    seed = 0
    env.reset(seed=seed)
    start = time.process_time()
    while time.process_time() - start < seconds:
        for i in range(CHUNK):
            _, _, terminated, truncated, _ = env.step(actions[i % ACTIONS])
            if terminated or truncated:
                seed += 1
                env.reset(seed=seed)
        frames += CHUNK
    print(round(frames / (time.process_time() - start)))


main()
