"""Reductions and softmax that convert their input first, from PyTorch."""
import torch

from table import grid, torch_case

TYPES = {"float32": torch.float32, "float64": torch.float64, "int64": torch.int64,
         "bool": torch.bool}


def case(op, function, inputs, name, **options):
    torch_case("typed", op, lambda x: function(x, TYPES[name]), inputs,
               {**options, "dtype": name}, constant=() if name.startswith("float") else (0,))


def write_all():
    x = grid(2, 3, scale=4)
    ints, bools = [[3, -4, 2], [5, 6, 0]], [[True, False, True], [True, True, True]]
    for op in ("sum", "mean", "prod"):
        function = getattr(torch, op)
        names = ("float64",) if op == "mean" else ("float64", "int64")
        for values in (x, ints, bools):
            for name in names:
                case(op, lambda x, dtype: function(x, dtype=dtype), [values], name)
                case(op, lambda x, dtype: function(x, 1, dtype=dtype), [values], name, dims=[1],
                     keepdim=False)
                case(op, lambda x, dtype: function(x, -2, keepdim=True, dtype=dtype), [values],
                     name, dims=[-2], keepdim=True)
        if op != "mean":
            case(op, lambda x, dtype: function(x, dtype=dtype), [ints], "bool")
    for op in ("softmax", "log_softmax"):
        function = getattr(torch, op)
        for values in (x, ints):
            for dim in (0, -1):
                case(op, lambda x, dtype: function(x, dim, dtype=dtype), [values], "float64",
                     dim=dim)
