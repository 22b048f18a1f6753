"""Further activations, from mpmath and PyTorch, and sums and means with factors."""
import mpmath
import torch
from torch import nn
from torch.nn import functional

from elementwise import WIDE, both_signs, sigmoid
from networks import layer
from table import grid, inf, mp_case, mpf, nan, point_case, torch_case

exp, tanh = mpmath.exp, mpmath.tanh
SCALE, ALPHA = mpf("1.0507009873554804934193349852946"), mpf("1.6732632423543772848170429916717")


def limited(x, low, high):
    return min(max(x, low), high)


def bent(alpha):
    return lambda x: x if x > 0 else alpha * mpmath.expm1(x / alpha)


def gelu_tanh(x):
    return x * sigmoid(2 * mpmath.sqrt(2 / mpmath.pi) * (x + mpf("0.044715") * x ** 3))


def smooth():
    around = both_signs(1e-6, 0.3, 1, 2.5, 2.9, 3.1, 5.5, 40)
    mp_case("hardtanh", lambda x: limited(x, -1, 1), both_signs(1e-6, 0.5, 0.99, 1.01, 40))
    mp_case("hardtanh", lambda x: limited(x, mpf(-0.5), 2), both_signs(0.4, 0.6, 1.9, 2.1),
            {"min_val": -0.5, "max_val": 2.0})
    mp_case("relu6", lambda x: limited(x, 0, 6), around + [5.9, 6.1])
    mp_case("hardswish", lambda x: x * limited(x + 3, 0, 6) / 6, around)
    mp_case("hardsigmoid", lambda x: limited(x + 3, 0, 6) / 6, around)
    mp_case("selu", lambda x: SCALE * (x if x > 0 else ALPHA * mpmath.expm1(x)), around)
    mp_case("celu", bent(mpf(1)), around)
    for alpha in (2.5, 0.3, -2.0):
        mp_case("celu", bent(mpf(alpha)), both_signs(1e-6, 0.3, 1, 2.5, 20), {"alpha": alpha})
    mp_case("mish", lambda x: x * tanh(mpmath.log1p(exp(x))), WIDE + [0, 25, 80, -80, 700, -700])
    mp_case("softsign", lambda x: x / (1 + abs(x)), both_signs(1e-6, 0.1, 0.5, 1, 2.5, 60, 1e9))
    shrunk = both_signs(1e-6, 0.2, 0.49, 0.51, 0.9, 1.1, 40)
    for lambd in (0.5, 1.0, 0.0):
        options = {"lambd": lambd} if lambd != 0.5 else {}
        mp_case("softshrink", lambda x: x - limited(x, -mpf(lambd), mpf(lambd)), shrunk, options)
        mp_case("hardshrink", lambda x: x if abs(x) > lambd else mpf(0), shrunk, options)
    mp_case("hardshrink", lambda x: x, shrunk, {"lambd": -1.0})
    mp_case("tanhshrink", lambda x: x - tanh(x), both_signs(0.5, 1, 2.5, 7, 60), grad_eps=2)
    mp_case("threshold", lambda x: x if x > mpf(0.5) else mpf(-7), shrunk,
            {"threshold": 0.5, "value": -7.0})
    mp_case("gelu_tanh", gelu_tanh, both_signs(1e-6, 0.1, 0.5, 1, 2, 3) + [0, 5])
    # Above, the gradient is 1 to some roundings times the slope of z, as PyTorch's.
    mp_case("gelu_tanh", gelu_tanh, [7, 9, 30], grad_eps=130)
    # Far below 0 nothing cancels, and the relative error is that of e^z.
    mp_case("gelu_tanh", gelu_tanh, [-4, -5, -6, -7, -9], rtol=[1e-13, 3e-5])
    mp_case("gelu_tanh", gelu_tanh, [-12, -20, -30], rtol=[1e-12, 3e-5])
    slope = (mpf(1) / 8 + mpf(1) / 3) / 2
    mp_case("rrelu", lambda x: x if x > 0 else slope * x, around)
    mp_case("rrelu", lambda x: x if x > 0 else x / 2, around,
            {"lower": 0.25, "upper": 0.75, "training": False})
    mp_case("rrelu", lambda x: x if x > 0 else x / 4, around,
            {"lower": 0.25, "upper": 0.25, "training": True})


def points():
    """Rows (x, value, gradient)."""
    ends = [(inf, inf, 1), (-inf, 0, 0), (nan, nan, nan), (-2000, -0.0, 0), (1e30, 1e30, 1)]
    point_case("hardtanh", [(-1, -1, 0), (1, 1, 0), (0, 0, 1), (inf, 1, 0), (-inf, -1, 0),
                            (nan, nan, 0)])
    point_case("relu6", [(0, 0, 0), (6, 6, 0), (-0.0, 0, 0), (inf, 6, 0), (-inf, 0, 0),
                         (nan, nan, 0)])
    point_case("hardsigmoid", [(-3, 0, 0), (3, 1, 0), (0, 0.5, 1 / 6), (inf, 1, 0), (-inf, 0, 0),
                               (nan, nan, 0)])
    point_case("hardswish", [(-3, -0.0, -0.5), (0, 0, 0.5), (3, 3, 1.5), *ends])
    scale, drop = float(SCALE), float(SCALE * ALPHA)
    point_case("selu", [(0, 0, drop), (nan, nan, scale), (-1000, -drop, 0), (-inf, -drop, 0),
                        (inf, inf, scale)])
    point_case("celu", [(0, 0, 1), (nan, nan, 1), (-1000, -1, 0), (-inf, -1, 0), (inf, inf, 1)])
    point_case("celu", [(0, 0, 1), (nan, nan, 1), (-1e4, -2.5, 0), (-inf, -2.5, 0),
                        (1e30, 1e30, 1)], {"alpha": 2.5})
    point_case("mish", [(0, 0, 0.6), (inf, inf, 1), (-inf, 0, 0), (nan, nan, nan), (1e30, 1e30, 1),
                        (-2000, 0, 0)])
    point_case("softsign", [(0, 0, 1), (-0.0, -0.0, 1), (inf, 1, 0), (-inf, -1, 0),
                            (nan, nan, nan)])
    for op, far in (("softshrink", 2.0), ("hardshrink", 2.5)):
        point_case(op, [(0.5, 0, 0), (-0.5, 0, 0), (0, 0, 0), (2.5, far, 1), (inf, inf, 1),
                        (-inf, -inf, 1), (nan, nan, 1)])
    point_case("tanhshrink", [(0, 0, 0), (inf, inf, 1), (-inf, -inf, 1), (1e30, 1e30, 1)])
    point_case("threshold", [(0.5, -7, 0), (0.75, 0.75, 1), (inf, inf, 1), (-inf, -7, 0),
                             (nan, nan, 1)], {"threshold": 0.5, "value": -7.0})
    point_case("gelu_tanh", [(0, 0, 0.5), (-inf, 0, 0), (inf, inf, 1), (1e30, 1e30, 1),
                             (-1e30, 0, 0), (nan, nan, nan)])
    point_case("rrelu", [(0, 0, 0.25), (nan, nan, 1), (inf, inf, 1), (-inf, -inf, 0.25)],
               {"lower": 0.25, "upper": 0.25, "training": True})
    # Rows (x, weight, value, gradient of x, of weight).
    point_case("prelu", [(0, 0.25, 0, 0.25, 0)])
    point_case("prelu", [(inf, 0.25, inf, 1, 0)])
    point_case("prelu", [(-2, 0.25, -0.5, 0.25, -2)])
    point_case("prelu", [(3, nan, 3, 1, 0)])


def case(op, function, inputs, options=None, **fields):
    torch_case("operators", op, function, inputs, options, **fields)


def composed():
    x = grid(4, 6)
    case("glu", functional.glu, [x])
    case("glu", lambda x: functional.glu(x, 0), [x], {"dim": 0})
    case("glu", lambda x: functional.glu(x, 1), [grid(2, 2, 3)], {"dim": 1})
    case("glu", functional.glu, [grid(2, 0)])
    for x, weight in ((grid(3, 4), [0.25]), (grid(3, 4), [0.25, -1.0, 2.0, 0.0]),
                      (grid(2, 3, 2), [0.5, 0.0, -2.0]), (grid(5), [0.5]),
                      (grid(0, 3), [0.5, 0.0, -2.0]), (grid(3, 4), 0.25)):
        case("prelu", functional.prelu, [x, weight])
    for dim in (0, -1):
        case("softmin", lambda x: functional.softmin(x, dim), [grid(3, 4)], {"dim": dim})


def combined():
    a, b, c = grid(2, 3), grid(3, step=17, shift=8), grid(2, 1, step=29, shift=5)
    for sign in ("add", "sub"):
        function = getattr(torch, sign)
        case(sign + "_alpha", lambda x, y: function(x, y, alpha=-2.5), [a, b], {"alpha": -2.5})
        case(sign + "_alpha", lambda x, y: function(x, y, alpha=3), [a, b], {"alpha": 3})
        case(sign + "_alpha", lambda x, y: function(x, y, alpha=3), [[7, 2], [4, -5]],
             {"alpha": 3})
    for op in ("addcmul", "addcdiv"):
        function = getattr(torch, op)
        case(op, function, [a, b, c])
        case(op, lambda x, y, z: function(x, y, z, value=-2.5), [a, b, c], {"value": -2.5})
    case("addcmul", lambda x, y, z: torch.addcmul(x, y, z, value=3),
         [[7, 2], [4, -5], [1, 2]], {"value": 3})
    for weight in (0.0, 0.25, 0.5, 0.75, 1.0, -2.0, 3.0):
        case("lerp", lambda x, y: torch.lerp(x, y, weight), [a, b.expand(2, 3)],
             {"weight": weight})
    case("lerp", torch.lerp, [a, b, c])
    case("lerp", torch.lerp, [a, b, 0.25])
    case("lerp", torch.lerp, [a, b, [0.5, 0.0, 1.0]])


class OfReLU6(nn.Module):
    def forward(self, x):
        return functional.relu6(x + 3) / 6


def layers():
    x = grid(3, 4)
    for op in ("ReLU6", "Hardtanh", "Hardswish", "SELU", "CELU", "Mish", "Softsign",
               "Softshrink", "Hardshrink", "Tanhshrink", "GLU"):
        layer(op, getattr(nn, op)(), [x], {})
    # PyTorch's own rounds 1/6 to float32 in the gradient of float64.
    layer("Hardsigmoid", OfReLU6(), [x], {})
    layer("GELU", nn.GELU("tanh"), [x], {"approximate": "tanh"})
    layer("Hardtanh", nn.Hardtanh(-0.5, 2), [x], {"min_val": -0.5, "max_val": 2.0})
    layer("CELU", nn.CELU(2.5), [x], {"alpha": 2.5})
    layer("Softshrink", nn.Softshrink(1.25), [x], {"lambd": 1.25})
    layer("Hardshrink", nn.Hardshrink(1.25), [x], {"lambd": 1.25})
    layer("Threshold", nn.Threshold(0.5, -7), [x], {"threshold": 0.5, "value": -7.0})
    layer("GLU", nn.GLU(0), [grid(4, 3)], {"dim": 0})
    layer("Softmin", nn.Softmin(1), [x], {"dim": 1})
    layer("RReLU", nn.RReLU(), [x], {}, train=False)
    layer("RReLU", nn.RReLU(0.25, 0.25), [x], {"lower": 0.25, "upper": 0.25})
    layer("PReLU", nn.PReLU(), [x], {})
    layer("PReLU", nn.PReLU(4), [x], {"num_parameters": 4})


def write_all():
    smooth()
    points()
    composed()
    combined()
    layers()
