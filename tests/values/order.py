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


def write_all():
    scans()
    sorting()
