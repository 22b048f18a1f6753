"""Functions of each element, from mpmath, and their values at the points of the conventions."""
import mpmath
import torch

from table import CONVENTIONS, add, grid, inf, mp_case, mpf, nan, point_case, torch_case

exp, log, sqrt, pi = mpmath.exp, mpmath.log, mpmath.sqrt, mpmath.pi


def both_signs(*sizes):
    return [sign * size for size in sizes for sign in (1, -1)]


WIDE = both_signs(1e-6, 1e-3, 0.1, 0.5, 1, 2.5, 7, 20, 60)


def sigmoid(x):
    return 1 / (1 + exp(-x))


def gelu(x):
    return x * mpmath.erfc(-x / sqrt(2)) / 2


def softplus(beta, threshold):
    return lambda x: x if beta * x > threshold else mpmath.log1p(exp(beta * x)) / beta


def smooth():
    mp_case("neg", lambda x: -x, WIDE)
    mp_case("abs", abs, both_signs(1e-30, 0.5, 2, 1e30))
    mp_case("sign", lambda x: mpf(1) if x > 0 else mpf(-1), both_signs(1e-30, 0.5, 2, 1e30))
    mp_case("square", lambda x: x * x, both_signs(1e-15, 0.3, 2.5, 1e15))
    mp_case("reciprocal", lambda x: 1 / x, both_signs(1e-15, 0.3, 2, 3, 1e15))
    mp_case("exp", exp, WIDE + [0, 88, -87, -100, 700, -740, 710])
    # Rules that read the output are right to one rounding of it: 1 + expm1(x), 1 - tanh(x)^2, y (1
    # - y).
    mp_case("expm1", mpmath.expm1, WIDE + [0, 1e-12, -1e-12, 50, -50, 88, 700], grad_eps=2)
    mp_case("log", log, [1e-40, 1e-30, 1e-3, 0.5, 0.999, 1, 1.001, 2, 3, 10, 1e10, 1e30])
    mp_case("log1p", mpmath.log1p, [-0.999, -0.5, -0.1, -1e-3, -1e-12, 0, 1e-12, 1e-3, 0.5, 3, 1e10,
                                    1e30])
    mp_case("sqrt", sqrt, [1e-30, 1e-3, 0.5, 1, 2, 3, 9, 1e10, 1e30])
    mp_case("rsqrt", lambda x: 1 / sqrt(x), [1e-30, 1e-3, 0.5, 1, 2, 3, 9, 1e10, 1e20])
    # 3.14159274 is the float32 number next to pi: what is left of it needs pi in many digits.
    turns = both_signs(1e-6, 0.1, 0.5, 1, 2.5, 3.14159274, 7, 20, 100, 1e4, 1e6, 1e10)
    mp_case("sin", mpmath.sin, turns)
    mp_case("cos", mpmath.cos, turns)
    mp_case("tanh", mpmath.tanh, WIDE + [0], grad_eps=2)
    mp_case("erf", mpmath.erf, both_signs(1e-6, 0.1, 0.5, 0.9, 1, 1.5, 2, 3, 4, 5, 6, 30))
    mp_case("erfc", mpmath.erfc, both_signs(1e-6, 0.1, 0.5, 0.9, 1, 2, 3, 5) + [0, 6, 9, 30],
            rtol=[1e-14, 1e-5])
    mp_case("erfc", mpmath.erfc, [12, 20, 26, 27], rtol=[4e-13, 1e-5])
    mp_case("sigmoid", sigmoid, WIDE + [0, 80, -80, 700, -700], grad_eps=2)
    mp_case("logsigmoid", lambda x: -mpmath.log1p(exp(-x)), WIDE + [0, 80, -80, 700, -700])
    mp_case("silu", lambda x: x * sigmoid(x), WIDE + [0, 80, -80, 700, -700])
    mp_case("gelu", gelu, both_signs(1e-6, 0.1, 0.5, 1, 2) + [0, 3, 4, 5, 7, 9, 30])
    # Far below 0 nothing cancels, and the relative error is that of e^(-x^2 / 2).
    mp_case("gelu", gelu, [-3, -4, -5, -6, -7, -9, -11, -12.5], rtol=[1e-13, 2e-5])
    mp_case("gelu", gelu, [-20, -30, -37], rtol=[1e-12, 2e-5])


def with_options():
    bent = both_signs(1e-6, 0.3, 1, 2.5, 40)
    for slope in (0.25, 3.0, None):
        options = {} if slope is None else {"negative_slope": slope}
        rate = mpf(0.01 if slope is None else slope)
        mp_case("leaky_relu", lambda x: x if x > 0 else rate * x, bent, options)
    for alpha in (2.0, 0.3, None):
        options = {} if alpha is None else {"alpha": alpha}
        height = mpf(1 if alpha is None else alpha)
        mp_case("elu", lambda x: x if x > 0 else height * mpmath.expm1(x), bent, options)
    mp_case("relu", lambda x: x if x > 0 else mpf(0), bent)
    beyond = [19.9, 20.1, 21, 80, 700, -80, -700]
    mp_case("softplus", softplus(1, 20), WIDE + [0] + beyond)
    mp_case("softplus", softplus(mpf(2.5), 20), bent + [7.9, 8.1], {"beta": 2.5})
    mp_case("softplus", softplus(mpf(0.5), 4), bent + [7.9, 8.1], {"beta": 0.5, "threshold": 4.0})
    for exponent in (-2, 0.5, 1.5, 3, 7):
        bases = [1e-3, 0.3, 1, 2.5, 40] + ([-0.3, -2.5] if exponent in (-2, 3, 7) else [])
        mp_case("pow", lambda x: x ** mpf(exponent), bases, {"exponent": float(exponent)})
    mp_case("pow", lambda x: x ** 3, [0.5, 2, -3], {"exponent": 3})


def binary():
    pairs = [(0.3, 2), (2.5, -1.5), (1e-3, 0.1), (40, -3), (1.5, 7), (-2, 3), (-0.5, -2), (1, 5),
             (7, 1)]
    positive = [pair for pair in pairs if pair[0] > 0]
    mp_case("add", lambda a, b: a + b, pairs)
    mp_case("sub", lambda a, b: a - b, pairs)
    mp_case("mul", lambda a, b: a * b, pairs)
    mp_case("div", lambda a, b: a / b, pairs)
    mp_case("pow", lambda a, b: a ** b, positive + [(1.001, 700), (0.5, 100), (10, 30)],
            rtol=[1e-14, 2e-5])
    mp_case("maximum", max, pairs)
    mp_case("minimum", min, pairs)
    for op, function in (("add", torch.add), ("sub", torch.sub), ("mul", torch.mul),
                         ("div", torch.div),
                         ("maximum", torch.maximum), ("minimum", torch.minimum)):
        for shapes in (((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2, 2)), ((2, 0), (1,))):
            torch_case("operators", op, function, [grid(*shapes[0]),
                                                   grid(*shapes[1], step=17, shift=8)])
        if op != "div":
            torch_case("operators", op, function, [[7, -3, 2], [2, 5, 2]])
    torch_case("operators", "div", torch.div, [[7, -3, 2], [2, 5, 2]])
    torch_case("operators", "pow", torch.pow, [[7, -3, 2], [2, 3, 0]])
    for op, function in (("add", torch.logical_or), ("mul", torch.logical_and),
                         ("maximum", torch.logical_or),
                         ("minimum", torch.logical_and)):
        torch_case("operators", op, function, [[True, True, False, False],
                                               [True, False, True, False]])
    for op in ("neg", "abs", "sign", "square", "relu"):
        torch_case("operators", op, getattr(torch, op), [[-3, 0, 4]])


def points():
    """Rows (x, value, gradient)."""
    point_case("relu", [(0, 0, 0), (-0.0, -0.0, 0), (nan, nan, 1), (inf, inf, 1), (-inf, 0, 0)])
    point_case("leaky_relu", [(0, 0, 0.01), (nan, nan, 0.01), (-inf, -inf, 0.01)])
    point_case("leaky_relu", [(0, 0, 0.25)], {"negative_slope": 0.25})
    point_case("elu", [(0, 0, 1), (nan, nan, 1), (-1000, -1, 0), (-inf, -1, 0)])
    point_case("elu", [(0, 0, 2), (-1000, -2, 0)], {"alpha": 2.0})
    point_case("gelu", [(0, 0, 0.5), (-inf, 0, 0), (inf, inf, 1), (1000, 1000, 1), (-1000, 0, 0),
                        (nan, nan, nan)])
    point_case("silu", [(0, 0, 0.5), (-inf, 0, 0), (inf, inf, 1), (-2000, 0, 0), (nan, nan, nan)])
    point_case("abs", [(0, 0, 0), (nan, nan, 0), (-inf, inf, -1)])
    point_case("sign", [(0, 0, 0), (nan, nan, 0), (-inf, -1, 0)])
    point_case("sqrt", [(0, 0, inf), (-1, nan, nan), (inf, inf, 0)])
    point_case("log", [(0, -inf, inf), (-1, nan, -1), (-4, nan, -0.25), (inf, inf, 0)])
    point_case("log1p", [(-1, -inf, inf), (-2, nan, -1), (0, 0, 1), (inf, inf, 0)])
    point_case("rsqrt", [(0, inf, -inf), (-1, nan, nan), (inf, 0, 0)])
    point_case("reciprocal", [(0, inf, -inf), (-0.0, -inf, -inf), (inf, 0, 0)])
    point_case("exp", [(800, inf, inf), (-800, 0, 0), (0, 1, 1), (nan, nan, nan)])
    point_case("expm1", [(800, inf, inf), (-800, -1, 0), (-inf, -1, 0)])
    point_case("tanh", [(1000, 1, 0), (-1000, -1, 0), (inf, 1, 0), (0, 0, 1)])
    point_case("sigmoid", [(1000, 1, 0), (-1000, 0, 0), (0, 0.5, 0.25), (-inf, 0, 0)])
    point_case("erf", [(inf, 1, 0), (-inf, -1, 0), (nan, nan, nan)])
    point_case("logsigmoid", [(-1000, -1000, 1), (1000, 0, 0), (inf, 0, 0), (-inf, -inf, 1)])
    point_case("softplus", [(20, 20.000000002061154, 0.9999999979388464), (1000, 1000, 1),
                            (-1000, 0, 0),
                            (20.00390625, 20.00390625, 1)])
    point_case("clamp", [(-1, -1, 1), (2, 2, 1), (0, 0, 1), (-1.5, -1, 0), (2.5, 2, 0),
                         (nan, nan, 0), (inf, 2, 0)],
               {"min": -1.0, "max": 2.0})
    point_case("clamp", [(0, -1, 0), (2, -1, 0), (-1, -1, 0), (5, -1, 0)],
               {"min": 2.0, "max": -1.0})
    point_case("clamp", [(1, 1, 1), (0.5, 1, 0), (inf, inf, 1)], {"min": 1.0})
    point_case("clamp", [(1, 1, 1), (1.5, 1, 0), (-inf, -inf, 1)], {"max": 1.0})
    for n, rows in ((0, [(0, 1, 0), (3, 1, 0), (nan, 1, 0)]), (1, [(0, 0, 1), (-3, -3, 1)]),
                    (2, [(0, 0, 0), (-2, 4, -4)]), (0.5, [(0, 0, inf), (-0.0, 0, inf),
                                                          (-1, nan, nan), (-inf, inf, 0)]),
                    (-1, [(0, inf, -inf)])):
        point_case("pow", rows, {"exponent": float(n)})
    # Rows (a, b, value, gradient of a, gradient of b).
    point_case("maximum", [(1, 1, 1, 0.5, 0.5), (nan, 1, nan, 1, 0), (1, nan, nan, 0, 1),
                           (nan, nan, nan, 0.5, 0.5)])
    point_case("minimum", [(1, 1, 1, 0.5, 0.5), (nan, 1, nan, 1, 0), (1, nan, nan, 0, 1),
                           (nan, nan, nan, 0.5, 0.5)])
    point_case("pow", [(0, 0, 1, 0, 0), (0, 1, 0, 1, 0), (0, 2, 0, 0, 0), (0, 0.5, 0, inf, 0),
                       (0, -1, inf, -inf, -inf),
                       (-2, 2, 4, -4, nan), (-2, 0.5, nan, nan, nan), (nan, 0, 1, 0, nan),
                       (1, nan, 1, nan, 0), (-inf, 0.5, inf, 0, nan)])
    point_case("div", [(3, 3, 1, 1 / 3, -1 / 3), (0, 0, nan, inf, nan), (1, 0, inf, inf, -inf),
                       (1, inf, 0, 0, -0.0)])


def clamped():
    low, high = [-1.0, 0.5, -1.5, 2.0], [1.0, 1.0, -1.0, 1.0]
    torch_case("operators", "clamp", lambda x, min, max: torch.clamp(x, min, max), [grid(3, 4)],
               tensors={"min": low, "max": high})
    torch_case("operators", "clamp", lambda x, min: torch.clamp(x, min=min), [grid(3, 4)],
               tensors={"min": low})
    torch_case("operators", "clamp", lambda x, max: torch.clamp(x, max=max), [grid(3, 4)],
               tensors={"max": high})
    torch_case("operators", "clamp", lambda x: torch.clamp(x, -1, 1), [[-3, 0, 4]],
               {"min": -1, "max": 1})
    # At a bound, beyond crossed ones, and beyond equal ones, where PyTorch loses the gradient of
    # what lies below.
    add("operators", "clamp", inputs=[[1.0, 2.0, 3.0, -3.0, 3.0]],
        options={"min": [1.0, 5.0, 0.0, -1.0, -1.0], "max": [4.0, 4.0, 3.0, -1.0, -1.0]},
        outputs=[[1.0, 4.0, 3.0, -1.0, -1.0]], grads=[[1.0, 0.0, 2.0, 0.0, 0.0]],
        option_grads={"min": [0.0, 0.0, 0.0, 0.25, 0.0], "max": [0.0, -0.5, 0.0, 0.0, -1.5]},
        origin=CONVENTIONS)


def in_place():
    a, b = grid(2, 3), grid(3, step=17, shift=8)
    torch_case("operators", "add_", lambda x, y: x.clone().add_(y), [a, b])
    torch_case("operators", "add_", lambda x, y: x.clone().add_(y, alpha=-2.5), [a, b],
               {"alpha": -2.5})
    torch_case("operators", "sub_", lambda x, y: x.clone().sub_(y), [a, b])
    torch_case("operators", "sub_", lambda x, y: x.clone().sub_(y, alpha=3), [a, b], {"alpha": 3})
    torch_case("operators", "mul_", lambda x, y: x.clone().mul_(y), [a, b])
    torch_case("operators", "div_", lambda x, y: x.clone().div_(y), [a, b])
    torch_case("operators", "clamp_", lambda x: x.clone().clamp_(-1, 2), [a], {"min": -1, "max": 2})
    torch_case("operators", "clamp_", lambda x: x.clone().clamp_(max=0.5), [a], {"max": 0.5})
    torch_case("operators", "copy_", lambda x, y: x.clone().copy_(y), [a, b])
    torch_case("operators", "fill_", lambda x: x.clone().fill_(2.5), [a], {"value": 2.5})
    torch_case("operators", "zero_", lambda x: x.clone().zero_(), [a])
    torch_case("operators", "clone", torch.clone, [a])
    torch_case("operators", "detach", torch.detach, [a])
    for to in ("int64", "bool"):
        torch_case("operators", "to", lambda x: x.to(getattr(torch, to)), [[-2.75, 0.0, 0.5, 3.0]],
                   {"dtype": to})
    torch_case("operators", "to", lambda x: x.to(torch.float64), [[-2, 0, 7]], {"dtype": "float64"})
    # Between the floating-point types there and back: the digits that float32 has, with gradients.
    torch_case("operators", "to_and_back", lambda x: x.to(torch.float32).to(torch.float64),
               [[0.1, -2.7, 1e-8]], {"dtype": "float32"}, types=["float64"])


def write_all():
    smooth()
    with_options()
    binary()
    points()
    clamped()
    in_place()
