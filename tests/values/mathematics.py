"""Seldom used functions of each element, and the composed ones."""
import mpmath
import torch

from elementwise import both_signs
from table import EXACT, add, grid, inf, mp_case, mpf, nan, point_case, torch_case

exp, log, sqrt, pi = mpmath.exp, mpmath.log, mpmath.sqrt, mpmath.pi
CLOSE = [2e-14, 1e-6]


def smooth():
    near = both_signs(1e-6, 1e-3, 0.1, 0.5, 1, 1.25, 2.5)
    inner = both_signs(1e-6, 1e-3, 0.1, 0.5, 0.9, 0.999)
    mp_case("tan", mpmath.tan, near + [0, 7, -20, 100], rtol=CLOSE)
    mp_case("asin", mpmath.asin, inner + [0])
    mp_case("acos", mpmath.acos, inner + [0])
    mp_case("atan", mpmath.atan, near + [0, 40, -1e10])
    mp_case("sinh", mpmath.sinh, near + [0, 20, -60, 80])
    mp_case("cosh", mpmath.cosh, near + [20, -60, 80])
    mp_case("asinh", mpmath.asinh, near + [0, 40, -1e10, 1e30])
    mp_case("acosh", mpmath.acosh, [1.001, 1.25, 2, 3, 40, 1e10, 1e30])
    mp_case("atanh", mpmath.atanh, inner + [0])
    mp_case("exp2", lambda x: mpf(2) ** x, near + [0, 20, -60, 100], rtol=CLOSE)
    positive = [1e-30, 1e-3, 0.5, 0.999, 1.001, 2, 3, 8, 10, 1e10, 1e30]
    mp_case("log2", lambda x: log(x) / log(2), positive)
    mp_case("log10", lambda x: log(x) / log(10), positive)
    logit = lambda x: log(x / (1 - x))
    mp_case("logit", logit, [1e-30, 1e-3, 0.2, 0.3, 0.499, 0.501, 0.7, 0.8, 0.999])
    mp_case("logit", lambda x: logit(min(max(x, mpf(0.125)), mpf(0.875))),
            [0.01, 0.2, 0.499, 0.75, 0.95, 2, -1], {"eps": 0.125})
    mp_case("sinc", lambda x: mpmath.sin(pi * x) / (pi * x),
            both_signs(1e-6, 1e-3, 0.09, 0.11, 0.5, 0.75, 1.25, 2.5, 7.25), rtol=[2e-14, 2e-6])
    below = [-0.5, -1.25, -2.75, -10.25]
    mp_case("lgamma", lambda x: log(abs(mpmath.gamma(x))),
            [1e-10, 1e-3, 0.5, 0.75, 1.25, 2.5, 7, 33.5, 1000] + below[:3], rtol=[1e-13, 1e-6])
    mp_case("digamma", lambda x: mpmath.digamma(x),
            [1e-10, 1e-3, 0.5, 0.75, 1.25, 1.75, 2.5, 7, 9.75, 33.5, 1000] + below,
            rtol=[1e-13, 1e-6])
    for n in (0, 1, 2, 5):
        mp_case("polygamma", lambda x: mpmath.polygamma(n, x),
                [1e-3, 0.5, 1.25, 2.5, 7, 9.75, 33.5, 1000] + below[:3], {"n": n},
                rtol=[1e-12, 1e-6])
    mp_case("erfinv", mpmath.erfinv, inner + [0.99999, 1 - 2.0 ** -24], rtol=CLOSE)


def pairs():
    some = [(0.3, 2), (2.5, -1.5), (-1e-3, 0.1), (-40, -3), (1.5, 7), (2, 2.25)]
    mp_case("atan2", mpmath.atan2, some)
    mp_case("hypot", lambda a, b: sqrt(a * a + b * b), some + [(1e-25, 2e-25), (1e25, -3e25)])
    mp_case("logaddexp", lambda a, b: log(exp(a) + exp(b)), some + [(300, 299), (-300, -301)],
            rtol=CLOSE)
    mp_case("logaddexp2", lambda a, b: log(2 ** a + 2 ** b) / log(2),
            some + [(300, 299), (-300, -301)], rtol=CLOSE)
    mp_case("xlogy", lambda a, b: a * log(b), [(0.3, 2), (-2.5, 1.5), (1e-3, 0.1), (40, 3)])
    a, b = [5.0, -5.0, 5.0, -5.0, 0.5, 7.25], [3.0, 3.0, -3.0, -3.0, 2.0, 0.1]
    for op in ("fmod", "remainder", "copysign", "fmax", "fmin"):
        function = getattr(torch, op)
        torch_case("operators", op, function, [a, b])
        for shapes in (((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2, 2)), ((2, 0), (1,))):
            torch_case("operators", op, function,
                       [grid(*shapes[0]), grid(*shapes[1], step=17, shift=8)])
        torch_case("operators", op, function, [[7, -7, 7, -7], [2, 2, -2, -2]])
    zeros = lambda *x: [[0.0] * len(x[0])] * 2
    add("operators", "floor_divide", inputs=[a, b],
        outputs=[torch.floor_divide(torch.tensor(a).double(), torch.tensor(b).double())],
        grads=zeros(a), origin="torch 1.13.1, which has no gradient")
    torch_case("operators", "floor_divide", torch.floor_divide, [[7, -7, 7, -7], [2, 2, -2, -2]])
    for mode in (None, "trunc", "floor"):
        divide = lambda x, y: torch.div(x, y, rounding_mode=mode)
        options = {"rounding_mode": mode or "none"}
        torch_case("operators", "div", divide, [a, b], options)
        torch_case("operators", "div", divide, [[7, -7, 7, -7], [2, 2, -2, -2]], options)
    add("operators", "heaviside", inputs=[[-1.5, 0.0, 2.0, -0.0, nan], [0.25, 0.5, 0.75, 2.0, 3.0]],
        outputs=[[0.0, 0.5, 1.0, 2.0, 0.0]], grads=[[0.0] * 5, [0.0, -0.5, 0.0, 0.25, 0.0]],
        origin="torch 1.13.1, which has no gradient")
    torch_case("operators", "heaviside", torch.heaviside, [[-3, 0, 4], [5, 6, 7]])


def rounded():
    steps = [-2.5, -1.75, -1.5, -0.25, 0.5, 1.5, 2.25, 2.5, 1e10]
    for op in ("floor", "ceil", "round", "trunc", "frac"):
        torch_case("operators", op, getattr(torch, op), [steps])
        if op != "frac":
            add("operators", op, inputs=[[-3, 0, 4]], outputs=[[-3, 0, 4]], origin=EXACT)
    for decimals in (2, -1):
        torch_case("operators", "round", lambda x: torch.round(x, decimals=decimals),
                   [[3.140625, -2.515625, 1234.5, 25.0, -17.25]], {"decimals": decimals})
    torch_case("operators", "round", torch.round, [steps], {"decimals": 0})


def points():
    """Rows (x, value, gradient)."""
    for op, value in (("floor", -inf), ("ceil", -inf), ("round", -inf), ("trunc", -inf)):
        point_case(op, [(-inf, value, 0), (nan, nan, 0), (-0.0, -0.0, 0)])
    point_case("frac", [(-1.5, -0.5, 1), (2, 0, 1), (nan, nan, 1)])
    point_case("asin", [(1, pi / 2, inf), (-1, -pi / 2, inf), (2, nan, nan)])
    point_case("acos", [(1, 0, -inf), (-1, pi, -inf), (2, nan, nan)])
    point_case("acosh", [(1, 0, inf), (0.5, nan, nan), (inf, inf, 0)])
    point_case("atanh", [(1, inf, inf), (-1, -inf, inf)])
    point_case("atan", [(inf, pi / 2, 0), (-inf, -pi / 2, 0)])
    point_case("asinh", [(inf, inf, 0), (-inf, -inf, 0)])
    for op, rate in (("log2", 1 / log(2)), ("log10", 1 / log(10))):
        point_case(op, [(0, -inf, inf), (-1, nan, -rate), (inf, inf, 0)])
    point_case("exp2", [(2000, inf, inf), (-2000, 0, 0), (0, 1, log(2))])
    point_case("erfinv", [(1, inf, inf), (-1, -inf, inf), (2, nan, nan), (0, 0, sqrt(pi) / 2)])
    point_case("sinc", [(0, 1, 0)])
    point_case("logit", [(0, -inf, inf), (1, inf, inf), (2, nan, nan), (-3, nan, nan), (0.5, 0, 4)])
    point_case("logit", [(0, -log(7), 0), (0.125, -log(7), 1 / mpf(0.109375)), (0.5, 0, 4)],
               {"eps": 0.125})
    point_case("lgamma", [(0, inf, -inf), (-1, inf, nan), (1, 0, -mpmath.euler)])
    point_case("digamma", [(0, -inf, inf), (-0.0, inf, inf), (-1, nan, inf)])
    point_case("nan_to_num", [(inf, 5, 0), (-inf, -6, 0), (nan, 7, 0), (2.5, 2.5, 1)],
               {"nan": 7.0, "posinf": 5.0, "neginf": -6.0})
    point_case("nan_to_num", [(nan, 0, 0), (-2.5, -2.5, 1)])
    # Rows (a, b, value, gradient of a, gradient of b).
    for op in ("fmax", "fmin"):
        point_case(op, [(1, 1, 1, 1, 0), (nan, 1, 1, 0, 1), (1, nan, 1, 1, 0),
                        (nan, nan, nan, 1, 0)])
    point_case("hypot", [(0, 0, 0, 0, 0), (3, 4, 5, 0.6, 0.8), (0, -2, 2, 0, -1)])
    point_case("atan2", [(0, 0, 0, 0, 0), (0, -1, pi, -1, 0), (-0.0, -1, -pi, -1, 0),
                         (inf, 1, pi / 2, 0, 0), (1, inf, 0, 0, 0)])
    point_case("xlogy", [(0, 0, 0, 0, 0), (0, 2, 0, log(2), 0), (0, nan, nan, nan, nan),
                         (2, 0, -inf, -inf, inf)])
    point_case("remainder", [(5, 3, 2, 1, -1), (-5, 3, 1, 1, 2), (5, 0, nan, 1, -inf)])
    point_case("fmod", [(5, 3, 2, 1, -1), (-5, 3, -2, 1, 1), (5, 0, nan, 1, -inf)])
    point_case("copysign", [(0, 1, 0, 0, 0), (2, -0.0, -2, -1, 0), (-2, -3, -2, 1, 0)])
    for op in ("logaddexp", "logaddexp2"):
        one = 1 if op == "logaddexp2" else log(2)
        point_case(op, [(-inf, -inf, -inf, 0, 0), (inf, 1, inf, 1, 0), (1, inf, inf, 0, 1),
                        (-inf, 2, 2, 0, 1), (inf, inf, inf, 0.5, 0.5), (0, 0, one, 0.5, 0.5)])


def composed():
    x = grid(2, 3)
    torch_case("operators", "deg2rad", torch.deg2rad, [x])
    torch_case("operators", "rad2deg", torch.rad2deg, [x])
    torch_case("operators", "deg2rad", torch.deg2rad, [[180, -90]])
    torch_case("operators", "positive", torch.positive, [x])
    torch_case("operators", "nan_to_num", torch.nan_to_num, [[3, -4]])
    torch_case("operators", "float_power", torch.float_power, [[0.5, 2.25, 3.0], [2.0, -1.5, 0.5]])
    torch_case("operators", "float_power", torch.float_power, [[2, 3], [-1, 2]])
    a = [1.0, 1.0, inf, nan, inf, 0.0]
    b = [1.000001, 1.1, inf, nan, -inf, 1e-9]
    torch_case("operators", "isclose", torch.isclose, [a, b], constant=(0, 1))
    for options in ({"rtol": 0.2}, {"rtol": 0.0, "atol": 0.2}, {"equal_nan": True}):
        torch_case("operators", "isclose", lambda x, y: torch.isclose(x, y, **options), [a, b],
                   options, constant=(0, 1))
    integers = [[[12, -7, 5], [2**40, 0, -1]], [10, 3, 1]]
    truths = [[True, True, False, False], [True, False, True, False]]
    for op in ("and", "or", "xor"):
        torch_case("operators", "bitwise_" + op, getattr(torch, "bitwise_" + op), integers)
        torch_case("operators", "bitwise_" + op, getattr(torch, "bitwise_" + op), truths)
    torch_case("operators", "bitwise_not", torch.bitwise_not, integers[:1])
    torch_case("operators", "bitwise_not", torch.bitwise_not, truths[:1])
    torch_case("operators", "bitwise_left_shift", torch.bitwise_left_shift, integers)
    torch_case("operators", "bitwise_right_shift", torch.bitwise_right_shift, integers)
    # Amounts that C++ leaves open, and PyTorch too: all bits are shifted out.
    add("operators", "bitwise_left_shift", inputs=[[1, 1], [64, -1]], outputs=[[0, 0]],
        origin=EXACT)
    add("operators", "bitwise_right_shift", inputs=[[8, -8, 5, -5], [64, 64, -1, -1]],
        outputs=[[0, -1, 0, -1]], origin=EXACT)


def write_all():
    smooth()
    pairs()
    rounded()
    points()
    composed()
