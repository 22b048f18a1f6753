"""What the parts of generate.py share: numbers that are the same everywhere, and the cases."""
import json
import math

import mpmath
import numpy
import torch

TORCH = "torch 1.13.1"  # Debian's package; it calls itself 1.13.0a0
MPMATH = "mpmath, 50 digits"
CONVENTIONS = "gradient-conventions"  # where PyTorch differs, or has several answers
EXACT = "plain arithmetic"

mpmath.mp.dps = 50
mpf = mpmath.mpf
inf, nan = math.inf, math.nan
SECTIONS = {}
COTANGENT = [1.0, -0.5, 2.0, 0.25, -1.5]  # again and again; the tests have the same


def float32(numbers):
    """The nearest float32 numbers, so that one case does for both types."""
    return [float(numpy.float32(x)) for x in numbers]


def grid(*shape, step=37, scale=16, shift=0):
    """Numbers of both signs, all different, exact in float32."""
    count = math.prod(shape)
    flat = [((i * step + 11) % 101 - 50 + shift) / scale for i in range(count)]
    return torch.tensor(flat, dtype=torch.float64).reshape(shape)


def double(nested):
    return torch.tensor(nested, dtype=torch.float64)


def cotangent(shape):
    count = math.prod(shape)
    return torch.tensor([COTANGENT[i % 5] for i in range(count)],
                        dtype=torch.float64).reshape(shape)


def tensor_of(value):
    if isinstance(value, torch.Tensor):
        return value
    tensor = torch.tensor(value)
    return tensor.double() if tensor.is_floating_point() else tensor


def nested(value):
    """A tensor as a list of lists; the kind of number is the element type."""
    if isinstance(value, torch.Tensor):
        value = value.detach()
        if value.numel() == 0:
            return {"shape": list(value.shape), "dtype": str(value.dtype).removeprefix("torch."),
                    "values": []}
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [nested(x) for x in value]
    if isinstance(value, dict):
        return {key: nested(x) for key, x in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value


def add(section, op, *, options=None, origin, **fields):
    """One line of values.json. Fields that are None or empty are left out."""
    case = {"op": op}
    if options:
        case["options"] = nested(options)
    for name, value in fields.items():
        if value is not None:
            case[name] = nested(value)
    case["origin"] = origin
    SECTIONS.setdefault(section, []).append(case)


def torch_case(section, op, function, inputs, options=None, *, constant=(), origin=TORCH,
               tensors=None, **fields):
    """`function(*inputs, **tensors)`, with the gradients of floating-point ones but `constant`.

    `tensors`: options that are tensors; those that are floating-point have gradients, too.
    """
    inputs = [tensor_of(x).clone() for x in inputs]
    named = {name: tensor_of(x).clone() for name, x in (tensors or {}).items()}
    leaves = [x for i, x in enumerate(inputs) if x.is_floating_point() and i not in constant]
    leaves += [x for name, x in named.items() if x.is_floating_point() and name not in constant]
    for leaf in leaves:
        leaf.requires_grad_()
    outputs = function(*inputs, **named)
    if isinstance(outputs, torch.Tensor):
        outputs = [outputs]
    recorded = [y for y in outputs if y.requires_grad]
    if recorded:
        sum((y * cotangent(y.shape)).sum() for y in recorded).backward()
    gradient = lambda x: None if x.grad is None else x.grad
    add(section, op, options={**(options or {}), **named}, inputs=[x.detach() for x in inputs],
        outputs=[y.detach() for y in outputs],
        grads=[gradient(x) for x in inputs] if recorded else None,
        option_grads={n: x.grad for n, x in named.items() if x.grad is not None} or None,
        origin=origin, **fields)


def rounded(x):
    """The nearest double to an mpmath number."""
    if mpmath.isnan(x):
        return nan
    if abs(x) > mpf(2) ** 1024 - mpf(2) ** 970 / 2:
        return inf if x > 0 else -inf
    return float(x)


def mp_case(op, function, points, options=None, **fields):
    """A function of mpmath numbers, and its derivatives: by differences with 700 digits."""
    rows = [x if isinstance(x, tuple) else (x,) for x in points]
    rows = [tuple(float32(row)) for row in rows]
    outputs = [rounded(function(*map(mpf, row))) for row in rows]
    grads = []
    with mpmath.workdps(700):
        for argument in range(len(rows[0])):
            order = tuple(int(i == argument) for i in range(len(rows[0])))
            found = []
            for i, row in enumerate(rows):
                numbers = tuple(map(mpf, row))
                slope = mpmath.diff(function, numbers if len(row) > 1 else numbers[0], order
                                    if len(row) > 1 else 1)
                found.append(rounded(mpmath.re(slope) * mpf(COTANGENT[i % 5])))
            grads.append(found)
    columns = [list(column) for column in zip(*rows)]
    add("operators", op, options=options, inputs=columns, outputs=[outputs], grads=grads,
        origin=MPMATH, **fields)


def point_case(op, points, options=None, **fields):
    """Rows (x, ..., value, gradient, ...) of the conventions; the cotangent is as everywhere."""
    count = (len(points[0]) - 1) // 2
    columns = [[float(p[i]) for p in points] for i in range(count)]
    values = [float(p[count]) for p in points]
    grads = [[float(p[count + 1 + i]) * COTANGENT[k % 5] for k, p in enumerate(points)]
             for i in range(count)]
    add("operators", op, options=options, inputs=columns, outputs=[values], grads=grads,
        origin=CONVENTIONS, **fields)


def write(path):
    """A section is a list, and each case one line."""
    with open(path, "w") as file:
        parts = []
        for section, cases in SECTIONS.items():
            lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
            parts.append(f'"{section}":[\n{lines}\n]')
        file.write("{\n" + ",\n".join(parts) + "\n}\n")
