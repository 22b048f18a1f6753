"""Tensors from numbers alone, and how weights start, from PyTorch and mpmath."""
import math

import mpmath
import torch
from mpmath import mpf

from table import MPMATH, TORCH, add, torch_case


def case(op, function, options, **fields):
    torch_case("creation", op, function, [], options, **fields)


def sequences():
    double = {"dtype": torch.float64}
    for end in (5, 0):
        case("arange", lambda: torch.arange(end), {"end": end})
    case("arange", lambda: torch.arange(2.5, **double), {"end": 2.5})
    for start, end in ((2, 7), (-3, 3)):
        case("arange", lambda: torch.arange(start, end), {"start": start, "end": end})
    for start, end, step in ((1, 10, 3), (10, 1, -4), (0.5, 2.0, 0.25), (1.0, -1.0, -0.75),
                             (3, 4.5, 0.5)):
        whole = all(isinstance(number, int) for number in (start, end, step))
        case("arange", lambda: torch.arange(start, end, step, **({} if whole else double)),
             {"start": start, "end": end, "step": step})
    for start, end, steps in ((0.0, 1.0, 5), (3.0, -2.0, 4), (-1.5, -1.5, 3), (2.0, 9.0, 1),
                              (0.0, 1.0, 0)):
        case("linspace", lambda: torch.linspace(start, end, steps, **double),
             {"start": start, "end": end, "steps": steps})
    for start, end, steps in ((0.0, 3.0, 4), (1.0, -1.0, 5), (0.25, 0.25, 2)):
        case("logspace", lambda: torch.logspace(start, end, steps, **double),
             {"start": start, "end": end, "steps": steps})
    case("logspace", lambda: torch.logspace(0.0, 8.0, 5, 2.0, **double),
         {"start": 0.0, "end": 8.0, "steps": 5, "base": 2.0})


def matrices():
    double = {"dtype": torch.float64}
    case("eye", lambda: torch.eye(3, **double), {"n": 3})
    case("eye", lambda: torch.eye(2, 4, **double), {"n": 2, "m": 4})
    case("eye", lambda: torch.eye(4, 2, **double), {"n": 4, "m": 2})
    case("full", lambda: torch.full((2, 3), 1.5, **double), {"shape": [2, 3], "value": 1.5})
    case("full", lambda: torch.full((2,), 7), {"shape": [2], "value": 7})
    case("full", lambda: torch.full((1, 2), True), {"shape": [1, 2], "value": True})
    for op in ("tril_indices", "triu_indices"):
        function = getattr(torch, op)
        for row, col in ((3, 3), (2, 4), (4, 2)):
            case(op, lambda: function(row, col), {"row": row, "col": col})
            for offset in (-1, 2):
                case(op, lambda: function(row, col, offset),
                     {"row": row, "col": col, "offset": offset})


def init_case(op, options, **numbers):
    add("init", op, options=options, **numbers)


def weights():
    """The bound of a uniform distribution, or the deviation of a normal one."""
    for shape in ([60, 200], [40, 30, 2, 3]):
        weight = torch.empty(shape)
        fan_in, fan_out = torch.nn.init._calculate_fan_in_and_fan_out(weight)
        for gain in (None, 1.5):
            options = {"shape": shape} | ({"gain": gain} if gain else {})
            deviation = (gain or 1.0) * math.sqrt(2 / (fan_in + fan_out))
            init_case("xavier_uniform_", options, bound=deviation * math.sqrt(3), origin=TORCH)
            init_case("xavier_normal_", options, std=deviation, origin=TORCH)
        for mode, fan in ((None, fan_in), ("fan_in", fan_in), ("fan_out", fan_out)):
            for kind, a in ((None, None), ("linear", None), ("relu", None), ("tanh", None),
                            ("sigmoid", None), ("selu", None), ("leaky_relu", 0.5)):
                gain = torch.nn.init.calculate_gain(kind or "leaky_relu",
                                                    a if a is not None else 0)
                options = {"shape": shape}
                options |= {"mode": mode} if mode else {}
                options |= {"nonlinearity": kind} if kind else {}
                options |= {"a": a} if a is not None else {}
                deviation = gain / math.sqrt(fan)
                init_case("kaiming_uniform_", options, bound=deviation * math.sqrt(3),
                          origin=TORCH)
                init_case("kaiming_normal_", options, std=deviation, origin=TORCH)


def truncated():
    """Mean and deviation of a normal distribution without what is outside of [a, b]."""
    for mean, std, a, b in ((0, 1, -2, 2), (1, 2, 0, 1.5), (0, 1, 1, 3), (-1, 0.5, -4, 0)):
        low, high = (mpf(a) - mean) / std, (mpf(b) - mean) / std
        mass = mpmath.ncdf(high) - mpmath.ncdf(low)
        shift = (mpmath.npdf(low) - mpmath.npdf(high)) / mass
        spread = 1 + (low * mpmath.npdf(low) - high * mpmath.npdf(high)) / mass - shift ** 2
        init_case("trunc_normal_", {"shape": [100, 120], "mean": mean, "std": std, "a": a, "b": b},
                  mean=float(mean + std * shift), std=float(std * mpmath.sqrt(spread)),
                  origin=MPMATH)


def write_all():
    sequences()
    matrices()
    weights()
    truncated()
