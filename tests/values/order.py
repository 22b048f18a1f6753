"""Scans, sorting and statistics, from PyTorch, and at the points of the conventions."""
import torch

from table import grid, inf, nan
from tensors import case, given


def scans():
    x = grid(2, 3, 4)
    for op in ("cumsum", "cumprod", "logcumsumexp", "cummax", "cummin"):
        function = getattr(torch, op)
        many = op.startswith("cumm")
        for dim in (0, 1, -1):
            case(op, lambda x: tuple(function(x, dim)) if many else function(x, dim), [x],
                 {"dim": dim})
        for values in (2.5, torch.zeros(2, 0, dtype=torch.float64)):
            case(op, lambda x: tuple(function(x, 0)) if many else function(x, 0), [values],
                 {"dim": 0})
    for op in ("cumsum", "cumprod"):
        function = getattr(torch, op)
        case(op, lambda x: function(x, -1), [[[3, -4, 2], [5, 6, 7]]], {"dim": -1})
        case(op, lambda x: function(x, 0), [[True, True, False, True]], {"dim": 0})
    for values in ([2.0, 0.0, 3.0, 4.0], [2.0, 0.0, 3.0, 0.0, 5.0], [0.0, 0.0, 3.0]):
        case("cumprod", lambda x: torch.cumprod(x, 0), [values], {"dim": 0})
    for op in ("cummax", "cummin"):
        function = getattr(torch, op)
        for values in ([1.0, 3.0, 3.0, 1.0, 1.0, 4.0], [2.0, nan, 5.0, nan, 1.0],
                       [4, 7, 7, 1, 1], [True, False, True]):
            case(op, lambda x: tuple(function(x, 0)), [values], {"dim": 0})
    case("logcumsumexp", lambda x: torch.logcumsumexp(x, 0), [[1000.0, 1000.0, 990.0]], {"dim": 0})
    given("logcumsumexp", [[-inf, -inf]], [[-inf, -inf]], {"dim": 0}, [[0.0, 0.0]])
    given("logcumsumexp", [[-inf, 1.0]], [[-inf, 1.0]], {"dim": 0}, [[0.0, -0.5]])
    given("logcumsumexp", [[inf, 1.0, inf]], [[inf, inf, inf]], {"dim": 0}, [[1.5, 0.0, 1.0]])


def sorting():
    x = grid(2, 3, 4)
    ties = [2.0, 1.0, nan, 2.0, -inf, 1.0, inf, nan]
    for op in ("sort", "argsort"):
        if op == "sort":
            function = lambda x, dim=-1, descending=False: tuple(
                torch.sort(x, dim=dim, descending=descending, stable=True))
        else:
            function = lambda x, dim=-1, descending=False: torch.sort(
                x, dim=dim, descending=descending, stable=True)[1]
        case(op, function, [x])
        case(op, lambda x: function(x, 0), [x], {"dim": 0})
        case(op, lambda x: function(x, 1, True), [x], {"dim": 1, "descending": True})
        for descending in (False, True):
            for values in (ties, [3, 1, 2, 3, 1], [True, False, True]):
                case(op, lambda x: function(x, 0, descending), [values],
                     {"dim": 0, "descending": descending})
        case(op, function, [2.5])
        case(op, function, [torch.zeros(2, 0, dtype=torch.float64)])
    topk = lambda *a, **k: tuple(torch.topk(*a, **k))
    case("topk", lambda x: topk(x, 2), [x], {"k": 2})
    case("topk", lambda x: topk(x, 1, 0), [x], {"k": 1, "dim": 0})
    case("topk", lambda x: topk(x, 3, 1, False), [x], {"k": 3, "dim": 1, "largest": False})
    case("topk", lambda x: topk(x, 1, -1, True, False), [x],
         {"k": 1, "dim": -1, "largest": True, "sorted": False})
    case("topk", lambda x: topk(x, 2, 0), [[1.0, nan, inf, -2.0]], {"k": 2, "dim": 0})
    case("topk", lambda x: topk(x, 0), [[1.0, 3.0]], {"k": 0})
    case("topk", lambda x: topk(x, 2), [[4, 9, 7]], {"k": 2})
    kth = lambda *a, **k: tuple(torch.kthvalue(*a, **k))
    for k in (1, 2, 4):
        case("kthvalue", lambda x: kth(x, k), [x], {"k": k})
    case("kthvalue", lambda x: kth(x, 2, 0), [x], {"k": 2, "dim": 0})
    case("kthvalue", lambda x: kth(x, 3, 1, True), [x], {"k": 3, "dim": 1, "keepdim": True})
    case("kthvalue", lambda x: kth(x, 4), [[3.0, nan, -inf, 1.0]], {"k": 4})
    case("kthvalue", lambda x: kth(x, 2), [[4, 9, 7]], {"k": 2})
    case("kthvalue", lambda x: kth(x, 1), [2.5], {"k": 1})


def sums():
    x = grid(2, 3, 4)
    gaps = x.clone()
    gaps[0, 1, 2] = gaps[1, 0, 3] = gaps[1, 2, 0] = nan
    gaps[0, 0, :] = nan
    for op in ("any", "all"):
        function = getattr(torch, op)
        for values in ([[True, False], [False, False]], [[1.0, nan], [0.0, 2.0]], [[0, 0], [3, 1]],
                       torch.zeros(2, 0, dtype=torch.float64)):
            case(op, lambda x: function(x, 1), [values], {"dims": [1]})
            case(op, lambda x: function(x, 0, keepdim=True), [values],
                 {"dims": [0], "keepdim": True})
    case("count_nonzero", torch.count_nonzero, [[[1.0, 0.0, nan], [-0.0, 2.0, inf]]])
    case("count_nonzero", lambda x: torch.count_nonzero(x, 1), [[[1, 0, 3], [0, 0, 0]]],
         {"dims": [1]})
    case("count_nonzero", lambda x: torch.count_nonzero(x, (0, -1)), [x > 0], {"dims": [0, -1]})
    for op in ("nansum", "nanmean"):
        function = getattr(torch, op)
        case(op, lambda x: function(x), [gaps])
        case(op, lambda x: function(x, 1), [gaps], {"dims": [1]})
        case(op, lambda x: function(x, (0, 2), keepdim=True), [gaps],
             {"dims": [0, 2], "keepdim": True})
        case(op, lambda x: function(x, -1), [gaps[1:]], {"dims": [-1]})
        case(op, lambda x: function(x), [torch.zeros(0, dtype=torch.float64)])
    case("nansum", torch.nansum, [[1, 2, 3]])
    given("nansum", [[nan, nan]], [0.0], grads=[[0.0, 0.0]])
    given("nanmean", [[nan, nan]], ["nan"], grads=[[0.0, 0.0]])
    for op in ("var_mean", "std_mean"):
        function = getattr(torch, op)
        case(op, lambda x: function(x), [x])
        case(op, lambda x: function(x, 1), [x], {"dims": [1]})
        case(op, lambda x: function(x, (0, 2), correction=0), [x],
             {"dims": [0, 2], "correction": 0})
        case(op, lambda x: function(x, (-1,), correction=2, keepdim=True), [x],
             {"dims": [-1], "correction": 2, "keepdim": True})
    # torch's has no derivative.
    aminmax = lambda x, *a: (torch.amin(x, *a), torch.amax(x, *a))
    case("aminmax", aminmax, [x])
    case("aminmax", lambda x: aminmax(x, 1), [x], {"dims": [1]})
    case("aminmax", lambda x: aminmax(x, -1, True), [x], {"dims": [-1], "keepdim": True})
    case("aminmax", aminmax, [[3, -4, 7]])


def middles():
    x = grid(2, 3, 5)
    gaps = x.clone()
    gaps[0, 1, 2] = gaps[1, 0, 3] = gaps[1, 2, 0] = gaps[1, 2, 4] = nan
    gaps[0, 0, :] = nan
    for op in ("median", "nanmedian"):
        function = getattr(torch, op)
        for values in (x, gaps, x[:, :, :4], [3.0, 1.0, 1.0, 2.0], [1.0, 2.0, 2.0, 2.0, 5.0],
                       [inf, inf, 1.0], [-inf, -inf, 1.0], [4, 7, 1], 2.5, [nan, nan]):
            case(op, lambda x: function(x), [values])
        for values in (x, x[:, :, :4]) + ((gaps,) if op == "nanmedian" else ()):
            for dim in (0, 1):
                case(op, lambda x: tuple(function(x, dim)), [values[:, :, 1:]] , {"dim": dim})
            case(op, lambda x: tuple(function(x, -1, True)), [values[1:, :2]],
                 {"dim": -1, "keepdim": True})
        case(op, lambda x: tuple(function(x, 0)), [[4, 7, 1]], {"dim": 0})
        case(op, lambda x: tuple(function(x, 0)), [[3.0, nan, 1.0]], {"dim": 0})
        case(op, lambda x: tuple(function(x, 0)), [2.5], {"dim": 0})
    mode = lambda *a: tuple(torch.mode(*a))
    for values in ([[1.0, 2.0, 2.0], [3.0, 3.0, 1.0]], [[4, 4, 1], [2, 5, 5]]):
        case("mode", mode, [values])
        case("mode", lambda x: mode(x, 1, True), [values], {"dim": 1, "keepdim": True})
    case("mode", lambda x: mode(x, 0), [[5.0, 2.0, 7.0, 5.0, 2.0, 9.0]], {"dim": 0})
    case("mode", lambda x: mode(x, 0), [x], {"dim": 0})


def quantiles():
    x = grid(2, 3, 5)
    gaps = x.clone()
    gaps[0, 1, 2] = gaps[1, 0, 3] = gaps[1, 2, 0] = gaps[1, 2, 4] = nan
    gaps[0, 0, :] = nan
    for op in ("quantile", "nanquantile"):
        function = getattr(torch, op)
        for values in (x, gaps):
            # Which NaN gets the gradient depends on how torch sorts.
            fields = {"constant": (0,)} if op == "quantile" and values is gaps else {}
            for q in (0.0, 0.25, 0.625, 1.0):
                case(op, lambda x: function(x, q), [values], {"q": q}, **fields)
            case(op, lambda x: function(x, 0.375, -1), [values], {"q": 0.375, "dim": -1}, **fields)
            case(op, lambda x: function(x, 0.375, 1, True), [values],
                 {"q": 0.375, "dim": 1, "keepdim": True}, **fields)
            case(op, lambda x: function(x, 0.375, None, True), [values],
                 {"q": 0.375, "keepdim": True}, **fields)
            case(op, lambda x, q: function(x, q, None, True), [values], {"keepdim": True},
                 tensors={"q": [0.25, 0.75]}, **fields)
            for shares in ([0.125, 0.5, 0.75, 1.0], [0.875]):
                case(op, lambda x, q: function(x, q, 0), [values], {"dim": 0},
                     tensors={"q": shares}, **fields)
                case(op, lambda x, q: function(x, q, 2, True), [values],
                     {"dim": 2, "keepdim": True}, tensors={"q": shares}, **fields)
            case(op, lambda x, q: function(x, q), [values], tensors={"q": [0.125, 0.625]},
                 **fields)
        for kind in ("lower", "higher", "nearest", "midpoint"):
            case(op, lambda x: function(x, 0.25, interpolation=kind), [grid(7)],
                 {"q": 0.25, "interpolation": kind})
            case(op, lambda x: function(x, 0.375, 0, False, interpolation=kind), [grid(9, 2)],
                 {"q": 0.375, "dim": 0, "keepdim": False, "interpolation": kind})
            case(op, lambda x, q: function(x, q, 0, True, interpolation=kind),
                 [[nan, 3.0, 1.0, 2.0, 7.0]],
                 {"dim": 0, "keepdim": True, "interpolation": kind},
                 tensors={"q": [0.0, 0.125, 0.375, 0.625, 1.0]}, constant=("q",))
        case(op, lambda x: function(x, 0.5), [[2.0, 2.0, 2.0]], {"q": 0.5})
        case(op, lambda x: function(x, 0.5, 0), [3.0], {"q": 0.5, "dim": 0})
        given(op, [[inf, inf]], [inf], {"q": 0.25}, [[1.0, 0.0]])


def differences():
    x = grid(2, 3, 5)
    case("diff", torch.diff, [x])
    case("diff", lambda x: torch.diff(x, 2, 1), [x], {"n": 2, "dim": 1})
    case("diff", lambda x: torch.diff(x, 4, 0), [x], {"n": 4, "dim": 0})
    case("diff", lambda x: torch.diff(x, 0), [x], {"n": 0})
    case("diff", torch.diff, [[True, False, False, True]])
    case("diff", torch.diff, [[3, 1, 7]])
    case("diff", torch.diff, [torch.zeros(2, 0, dtype=torch.float64)])
    case("diff", lambda x, prepend, append: torch.diff(x, 1, -1, prepend, append), [x],
         tensors={"prepend": grid(2, 3, 1, step=17), "append": grid(2, 3, 2, step=53)})
    for op in ("trapezoid", "cumulative_trapezoid"):
        function = getattr(torch, op)
        case(op, lambda y: function(y), [x])
        case(op, lambda y: function(y, dx=0.25, dim=1), [x], {"dx": 0.25, "dim": 1})
        case(op, lambda y, x: function(y, x), [x, grid(5, step=17)])
        case(op, lambda y, x: function(y, x, dim=0), [x, grid(2, step=17)], {"dim": 0})
        case(op, lambda y, x: function(y, x), [x, grid(3, 5, step=17)])
        case(op, lambda y, x: function(y, x, dim=1), [x, grid(2, 3, 5, step=17)], {"dim": 1})
        case(op, lambda y: function(y), [grid(3, 1)])
        case(op, lambda y: function(y), [[1, 2, 4]])
    rows = grid(3, 5)
    case("cov", torch.cov, [rows])
    case("cov", torch.cov, [rows[0]])
    case("cov", lambda x: torch.cov(x, correction=0), [rows], {"correction": 0})
    often, much = [1, 2, 0, 3, 1], [0.5, 1.0, 2.0, 0.25, 1.0]
    case("cov", lambda x, fweights: torch.cov(x, fweights=fweights), [rows],
         tensors={"fweights": often})
    case("cov", lambda x, aweights: torch.cov(x, aweights=aweights), [rows],
         tensors={"aweights": much}, constant=("aweights",))
    case("cov", lambda x, fweights, aweights: torch.cov(x, correction=2, fweights=fweights,
                                                        aweights=aweights), [rows],
         {"correction": 2}, tensors={"fweights": often, "aweights": much}, constant=("aweights",))
    case("corrcoef", torch.corrcoef, [rows])
    case("corrcoef", torch.corrcoef, [rows[1]], atol=1e-6)


def norms():
    x = grid(2, 3, 4)
    for op, name, function in (("vector_norm", "ord", torch.linalg.vector_norm),
                               ("norm", "p", torch.norm)):
        case(op, lambda x: function(x), [x])
        for order in (2, 0, 0.5, 1, 1.5, 3, -1, -2.5, inf, -inf):
            if op == "norm" and order in (0.5, -2.5):
                continue
            case(op, lambda x: function(x, order, 1), [x], {name: float(order), "dims": [1]},
                 constant=(0,) if order == 0 else ())
        case(op, lambda x: function(x, 3, (0, -1), True), [x],
             {name: 3.0, "dims": [0, -1], "keepdim": True})
        for order in (1, 2, 3, inf, -inf):
            case(op, lambda x: function(x, order), [[0.0, 0.0, 0.0]], {name: float(order)})
        case(op, lambda x: function(x), [torch.zeros(0, dtype=torch.float64)])
        given(op, [[3.0, -3.0, 1.0]], [3.0], {name: inf}, [[0.5, -0.5, 0.0]])
        given(op, [[3.0, -1.0, 1.0]], [1.0], {name: -inf}, [[0.0, -0.5, 0.5]])
        given(op, [[4.0, 0.0, -4.0]], [16.0], {name: 0.5}, [[2.0, 0.0, -2.0]])
        given(op, [[4.0, 0.0, -1.0]], [5.0], {name: 1.0}, [[1.0, 0.0, -1.0]])
    for sizes in ([3e30, 4e30], [3e-30, 4e-30], [3.0, 4.0]):
        case("vector_norm", lambda x: torch.linalg.vector_norm(x), [sizes], types=["float64"])
    a, b = grid(2, 3), grid(3, step=17, shift=8)
    for p in (0, 1, 3, inf):
        case("dist", lambda a, b: torch.dist(a, b, p), [a, b], {"p": float(p)},
             constant=(0, 1) if p == 0 else ())
    case("dist", torch.dist, [a, b])
    case("dist", torch.dist, [b, b])
    matrix_norm = torch.linalg.matrix_norm
    case("matrix_norm", lambda x: matrix_norm(x), [x])
    for order in ("fro", 1, -1, inf, -inf):
        named = order if order == "fro" else float(order)
        case("matrix_norm", lambda x: matrix_norm(x, order, (2, 0), True), [x],
             {"ord": named, "dims": [2, 0], "keepdim": True})
        if order != "fro":
            case("matrix_norm", lambda x: matrix_norm(x, order), [x], {"ord": named})
    case("matrix_norm", lambda x: matrix_norm(x), [[[0.0, 0.0], [0.0, 0.0]]])


def counting():
    unique = lambda x: torch.unique(x, return_inverse=True, return_counts=True)
    for values in ([[3.0, 1.0, 3.0], [-inf, 1.0, 3.0]], [2, 7, 7, -1, 2, 2], [True, False, True],
                   2.5, torch.zeros(0, dtype=torch.float64)):
        case("unique", unique, [values], constant=(0,))
    for values, dim in (([[2.0, 1.0, 2.0, 0.5], [3.0, -1.0, 3.0, 4.0]], 1),
                        ([[1, 2], [1, 1], [1, 2], [0, 5]], 0), ([[1, 2], [1, 1], [1, 2]], -1),
                        ([[[1, 2], [3, 4]], [[1, 2], [3, 0]], [[1, 2], [3, 4]]], 0),
                        ([[[1, 2], [1, 2]], [[3, 4], [3, 4]]], 1), ([True, False, True], 0),
                        (torch.zeros(0, 2, dtype=torch.float64), 0)):
        case("unique", lambda x: torch.unique(x, return_inverse=True, return_counts=True, dim=dim),
             [values], {"dim": dim}, constant=(0,))
    case("unique", unique, [[2, 7, 7, -1]], {"sorted": True}, constant=(0,))
    case("unique", lambda x: torch.unique(x, False, True, True, 0), [[2, 7, 7, -1]],
         {"dim": 0, "sorted": False}, constant=(0,))
    runs = lambda x, dim=None: torch.unique_consecutive(x, True, True, dim)
    for values in ([3.0, 3.0, nan, nan, 3.0], [[1, 1, 2], [2, 2, 1]], [True, True, False], 2.5,
                   torch.zeros(0, dtype=torch.float64)):
        case("unique_consecutive", runs, [values], constant=(0,))
    for values, dim in (([[1, 1, 2, 1], [3, 3, 3, 3]], 1), ([[1, 2], [1, 2], [1, 3], [1, 2]], 0),
                        ([[[1, 2], [1, 2]], [[3, 4], [3, 4]]], 1), ([True, True, False], -1),
                        (torch.zeros(0, 2, dtype=torch.float64), 0)):
        case("unique_consecutive", lambda x: runs(x, dim), [values], {"dim": dim}, constant=(0,))
    case("bincount", torch.bincount, [[1, 4, 1, 0]])
    case("bincount", torch.bincount, [torch.zeros(0, dtype=torch.int64)])
    case("bincount", lambda x: torch.bincount(x, minlength=7), [[1, 4, 1, 0]], {"minlength": 7})
    for weights in ([0.5, 0.25, -1.0, 2.0], [1, 2, 3, 4], [True, True, False, True]):
        case("bincount", lambda x, weights: torch.bincount(x, weights), [[1, 4, 1, 0]],
             tensors={"weights": weights}, constant=("weights",))
    x = grid(3, 9)
    histc = lambda x, *a, **k: torch.histc(x, *a, **k)
    case("histc", histc, [x], constant=(0,))
    case("histc", lambda x: torch.histc(x, 4), [x], {"bins": 4}, constant=(0,))
    case("histc", lambda x: torch.histc(x, 8, -2, 2), [x], {"bins": 8, "min": -2.0, "max": 2.0},
         constant=(0,))
    case("histc", lambda x: torch.histc(x, 4), [[3.0, 3.0]], {"bins": 4}, constant=(0,))
    case("histc", lambda x: torch.histc(x, 4, 0, 1), [[0.0, 0.25, 0.5, 0.75, 1.0, 1.5, -0.5]],
         {"bins": 4, "min": 0.0, "max": 1.0}, constant=(0,))
    rows, values = [[1.0, 3.0, 5.0], [2.0, 2.0, 7.0]], [[0.0, 3.0, 9.0, 5.0], [2.0, 7.0, nan, inf]]
    for right in (False, True):
        options = {"right": True} if right else None
        search = lambda a, b: torch.searchsorted(a, b, right=right)
        for a, b in ((rows, values), (rows[0], values), (rows[1], 2.0), ([1, 3, 3, 4], [[3], [9]])):
            case("searchsorted", search, [a, b], options, constant=(0, 1))
        case("bucketize", lambda x, b: torch.bucketize(x, b, right=right), [values, rows[0]],
             options, constant=(0, 1))
    mixed = [[5.0, 1.0, 3.0], [2.0, 7.0, 2.0]]
    for options in ({"side": "right"}, {"side": "right", "sorter": [[1, 2, 0], [0, 2, 1]]},
                    {"sorter": [[1, 2, 0], [0, 2, 1]]}):
        sorter = options.get("sorter")
        case("searchsorted", lambda a, b, **_: torch.searchsorted(
            a, b, side=options.get("side", "left"), sorter=sorter and torch.tensor(sorter)),
             [mixed if sorter else rows, values], options, constant=(0, 1))
    for a, b in ((values, [3.0, nan, 2.0]), ([1, 2, 3], [[2], [5]]), ([1, 2], [])):
        b = b or torch.zeros(0, dtype=torch.int64)
        case("isin", torch.isin, [a, b], constant=(0, 1))
        case("isin", lambda a, b: torch.isin(a, b, assume_unique=False, invert=True), [a, b],
             {"assume_unique": False, "invert": True}, constant=(0, 1))
    case("isin", lambda a, b: torch.isin(a, b, assume_unique=True), [[1, 2, 3], [2, 5]],
         {"assume_unique": True})


def write_all():
    scans()
    sorting()
    sums()
    middles()
    quantiles()
    differences()
    norms()
    counting()
