"""Environments with Gymnasium's interface and without Gymnasium, for tests of gym: ids.

make(ID, **arguments) is what an id "gym:nyala_fake_gym:ID,argument=value" calls.
"""

import types

import numpy as np


class Box:
    def __init__(self, low, high, shape, dtype=np.float32):
        self.dtype = np.dtype(dtype)
        self.shape = shape
        self.low = np.full(shape, low, self.dtype)
        self.high = np.full(shape, high, self.dtype)

    def __repr__(self):
        return f"Box({self.shape}, {self.dtype})"


class Discrete:
    shape, dtype = (), np.dtype(np.int64)

    def __init__(self, n, start=0):
        self.n, self.start = np.int64(n), np.int64(start)


class MultiDiscrete:
    dtype = np.dtype(np.int64)

    def __init__(self, nvec, start=None):
        self.nvec = np.array(nvec)
        self.shape = self.nvec.shape
        self.start = np.zeros_like(self.nvec) if start is None else np.array(start)


class MultiBinary:
    dtype = np.dtype(np.int8)

    def __init__(self, n):
        self.n = n
        self.shape = (n,) if isinstance(n, int) else tuple(n)


class Dict:
    def __init__(self, **spaces):
        self.spaces = spaces


class Tuple:
    def __init__(self, *spaces):
        self.spaces = spaces


class Sequence:
    def __repr__(self):
        return "Sequence(of\n  things)"


class Env:
    """What it observes comes from `observe`; the reward tells what it was given as an action."""

    observation_space = Box(-1, 1, (2,))
    action_space = Discrete(2)

    def reset(self, *, seed=None):
        self.random = np.random.default_rng(seed)
        self.steps = 0
        return self.observe(), {}

    def step(self, action):
        self.steps += 1
        return self.observe(), self.reward(action), self.steps >= 20, False, {}

    def observe(self):
        return self.random.uniform(-1, 1, 2).astype(np.float32)

    def reward(self, action):
        return float(np.sum(action))

    def close(self):
        pass


class Walk(Env):
    """A random walk that the action pushes; ends or is cut off."""

    spec = types.SimpleNamespace(max_episode_steps=30, reward_threshold=5.5)

    def __init__(self, scale=1.0, name="walk", loud=False):
        assert isinstance(scale, (int, float)) and isinstance(name, str) and isinstance(loud, bool)
        self.scale, self.name = scale, name

    def reset(self, *, seed=None):
        assert 0 <= seed < 2**31
        self.at = 0.0
        return super().reset(seed=seed)

    def step(self, action):
        self.steps += 1
        self.at += self.random.normal() * 0.3 + (0.2 if action == 1 else -0.2)
        there = abs(self.at) > 2
        return self.observe(), self.at * self.scale, there, self.steps >= 30, {"unused": self}

    def observe(self):
        return np.array([self.at, self.steps / 30], np.float32)


class Observing(Env):
    def __init__(self, space, value):
        self.observation_space, self.value = space, value

    def observe(self):
        return self.value


class Acting(Env):
    """Its reward is the sum of its action, which must be what the space says."""

    def __init__(self, space):
        self.action_space = space
        self.seen = []

    def reward(self, action):
        assert action.dtype == self.action_space.dtype, action.dtype
        assert action.shape == self.action_space.shape, action.shape
        # A copy of its own: what it keeps does not change.
        self.seen.append((action, action.copy()))
        assert all((kept == copy).all() for kept, copy in self.seen)
        return sum((i + 1) * float(x) for i, x in enumerate(np.ravel(action)))


class Failing(Env):
    def __init__(self, at):
        self.at = at
        if at == "make":
            raise RuntimeError("no simulator")

    def reset(self, *, seed=None):
        if self.at == "reset":
            raise ValueError("the level\nis missing")
        return super().reset(seed=seed)

    def step(self, action):
        if self.at == "step" and self.steps == 3:
            raise ZeroDivisionError("an unlucky step")
        if self.at == "exit":
            raise SystemExit(3)
        result = super().step(action)
        if self.at == "four":
            return result[:4]
        if self.at == "reward":
            return result[0], "much", *result[2:]
        if self.at == "nan":
            return np.array([0, np.nan], np.float32), *result[1:]
        if self.at == "shape":
            return np.zeros(3, np.float32), *result[1:]
        return result


class Drawn(Env):
    def __init__(self, render_mode=None):
        self.render_mode = render_mode

    def render(self):
        frame = np.zeros((6, 8, 3), np.uint8)
        frame[:, :4, 0] = 255
        return frame


def pixels(*shape):
    return np.arange(np.prod(shape)).reshape(shape).astype(np.uint8)


OBSERVING = {
    "Float32": lambda: (Box(-9, 9, (3,)), np.array([1, 2, 3], np.float32)),
    "Float64": lambda: (Box(-9, 9, (3,), np.float64), np.array([1, 2, 3], np.float64)),
    "Int16": lambda: (Box(-9, 9, (3,), np.int16), np.array([1, 2, 3], np.int16)),
    "Bool": lambda: (Box(0, 1, (3,), bool), np.array([True, False, True])),
    "Scalar": lambda: (Box(-9, 9, ()), np.float32(2.5)),
    "Strided": lambda: (Box(-9, 9, (2, 3)), np.array([[1, 4], [2, 5], [3, 6]], np.float32).T),
    "Ram": lambda: (Box(0, 255, (4,), np.uint8), pixels(4)),
    "Bits": lambda: (Box(0, 1, (4,), np.uint8), np.array([0, 1, 1, 0], np.uint8)),
    "Image": lambda: (Box(0, 255, (4, 5, 3), np.uint8), pixels(4, 5, 3)),
    "Planes": lambda: (Box(0, 255, (2, 4, 5), np.uint8), pixels(2, 4, 5)),
    "Discrete": lambda: (Discrete(3, start=-1), np.int64(1)),
    "MultiDiscrete": lambda: (MultiDiscrete([2, 3], [0, 5]), np.array([1, 5])),
    "MultiBinary": lambda: (MultiBinary(3), np.array([1, 0, 1], np.int8)),
    "Dict": lambda: (
        Dict(z=Box(-9, 9, (2,)), a=Discrete(2), image=Box(0, 255, (1, 1, 1), np.uint8)),
        {"a": 1, "z": np.array([5, 6], np.float32), "image": pixels(1, 1, 1)},
    ),
    "Tuple": lambda: (Tuple(Discrete(2), MultiBinary(1)), (0, np.array([1], np.int8))),
    "WrongShape": lambda: (Box(-9, 9, (3,)), np.zeros((3, 1), np.float32)),
    "WrongType": lambda: (Box(-9, 9, (3,)), np.zeros(3)),
    "List": lambda: (Box(-9, 9, (3,)), [1.0, 2.0, 3.0]),
    "TooGreat": lambda: (Discrete(3), 3),
    "NoNumber": lambda: (Discrete(3), "one"),
    "NoKey": lambda: (Dict(a=Discrete(2)), {"b": 1}),
    "Half": lambda: (Box(-9, 9, (3,), np.float16), np.zeros(3, np.float16)),
    "Sequence": lambda: (Sequence(), ()),
    "Nested": lambda: (Dict(a=Dict(b=Discrete(2))), {"a": {"b": 1}}),
}

ACTING = {
    "Discrete": lambda: Discrete(4, start=10),
    "MultiDiscrete": lambda: MultiDiscrete([3, 4], [0, 2]),
    "MultiBinary": lambda: MultiBinary((2, 2)),
    "Box": lambda: Box(-2, 0.1, (2, 1), np.float64),
    "BoxOfInts": lambda: Box(-2, 2, (2,), np.int32),
    "Tuple": lambda: Tuple(Discrete(2)),
}


def make(name, /, **arguments):
    kind, _, which = name.partition("/")
    if kind == "Observing":
        return Observing(*OBSERVING[which]())
    if kind == "Acting":
        return Acting(ACTING[which]())
    return {"Walk": Walk, "Failing": Failing, "Drawn": Drawn}[kind](**arguments)
