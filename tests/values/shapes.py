"""Further shapes, pieces and arrangements of tensors, from PyTorch."""
import torch
from torch.nn import functional

from table import grid, torch_case


def case(op, function, inputs, options=None, **fields):
    torch_case("shapes", op, function, inputs, options, **fields)


def views():
    x = grid(2, 3, 4)
    case("view", lambda x: x.view(4, -1), [x], {"shape": [4, -1]})
    case("view_as", lambda x, y: x.view_as(y), [x, grid(6, 4)], constant=(1,))
    case("reshape_as", lambda x, y: x.reshape_as(y), [x, grid(4, 6)], constant=(1,))
    case("unflatten", lambda x: x.unflatten(-1, (2, -1)), [x], {"dim": -1, "sizes": [2, -1]})
    case("unflatten", lambda x: x.unflatten(0, (1, 2)), [x], {"dim": 0, "sizes": [1, 2]})
    for op in ("atleast_1d", "atleast_2d", "atleast_3d"):
        for y in (torch.tensor(1.5, dtype=torch.float64), grid(3), grid(2, 3), x):
            case(op, getattr(torch, op), [y])
    for source, destination in (([0], [2]), ([-1], [0]), ([0, 2], [1, 0]), ([], [])):
        case("movedim", lambda x: torch.movedim(x, source, destination), [x],
             {"source": source, "destination": destination})
    case("movedim", lambda x: torch.movedim(x, (0, 3), (2, 1)), [grid(2, 1, 3, 2)],
         {"source": [0, 3], "destination": [2, 1]})
    case("swapaxes", lambda x: torch.swapaxes(x, 0, -1), [x], {"axis0": 0, "axis1": -1})
    case("swapdims", lambda x: torch.swapdims(x, 1, 0), [x], {"dim0": 1, "dim1": 0})
    case("broadcast_to", lambda x: torch.broadcast_to(x, (2, 3, 4)), [grid(3, 1)],
         {"shape": [2, 3, 4]})
    case("expand_as", lambda x, y: x.expand_as(y), [grid(2, 1, 4), x], constant=(1,))
    case("broadcast_tensors", lambda *x: torch.broadcast_tensors(*x),
         [grid(3, 1), grid(4, step=17), grid(1, 1, 1, step=53), grid(3, 4)])


def pieces():
    x = grid(5, 3)
    case("chunk", lambda x: x.chunk(4), [x], {"chunks": 4})
    case("chunk", lambda x: x.chunk(2, -1), [x], {"chunks": 2, "dim": -1})
    case("chunk", lambda x: x.chunk(7), [x], {"chunks": 7})
    case("chunk", lambda x: x.chunk(3), [torch.zeros(0, 2, dtype=torch.float64)], {"chunks": 3})
    case("tensor_split", lambda x: x.tensor_split(3), [x], {"sections": 3})
    case("tensor_split", lambda x: x.tensor_split(4, 1), [x], {"sections": 4, "dim": 1})
    for indices in ([2], [1, 3], [3, 1, -1, 9], [-9, 0, 5], []):
        case("tensor_split", lambda x: x.tensor_split(indices), [x], {"indices": indices})
    case("tensor_split", lambda x: x.tensor_split([1], 1), [x], {"indices": [1], "dim": 1})
    case("unbind", torch.unbind, [x])
    case("unbind", lambda x: x.unbind(-1), [x], {"dim": -1})
    a, b, number = grid(3), grid(3, step=17), torch.tensor(0.5, dtype=torch.float64)
    for op in ("hstack", "vstack", "dstack", "column_stack"):
        function = getattr(torch, op)
        case(op, lambda *x: function(x), [a, b, a])
        case(op, lambda *x: function(x), [number, number])
        case(op, lambda *x: function(x), [grid(2, 3), grid(2, 3, step=17)])
        case(op, lambda *x: function(x), [grid(2, 2, 3), grid(2, 2, 3, step=17)])
    case("hstack", lambda *x: torch.hstack(x), [grid(2, 1), grid(2, 3)])
    case("vstack", lambda *x: torch.vstack(x), [a, grid(2, 3), [[1, 2, 3]]])
    case("column_stack", lambda *x: torch.column_stack(x), [a, grid(3, 2)])


def arrangements():
    x = grid(2, 3, 4)
    for dims in ([0], [-1], [0, 2], [1, 0, 2], []):
        case("flip", lambda x: x.flip(dims), [x], {"dims": dims})
    case("flip", lambda x: x.flip(1), [[[1, 2, 3], [4, 5, 6]]], {"dims": [1]})
    case("flip", lambda x: x.flip(0), [[True, False, False]], {"dims": [0]})
    for shifts, dims in (([1], [0]), ([-1], [2]), ([5, 2], [-1, 1]), ([1, 1], [1, 1]),
                         ([0], [1])):
        case("roll", lambda x: x.roll(shifts, dims), [x], {"shifts": shifts, "dims": dims})
    case("roll", lambda x: x.roll(5), [x], {"shifts": [5]})
    case("roll", lambda x: x.roll(-25), [x], {"shifts": [-25]})
    case("rot90", torch.rot90, [x])
    for k in (0, 2, 3, -1, 5):
        case("rot90", lambda x: x.rot90(k), [x], {"k": k})
    case("rot90", lambda x: x.rot90(1, [2, 0]), [x], {"k": 1, "dims": [2, 0]})
    case("rot90", lambda x: x.rot90(1), [grid(3, 1)], {"k": 1})
    for sizes in ([1, 1, 1], [2, 1, 1], [1, 3, 2], [2, 3, 1, 1, 2], [1, 2, 0]):
        case("repeat", lambda x: x.repeat(sizes), [x], {"sizes": sizes})
    case("repeat", lambda x: x.repeat(2, 3), [grid(3)], {"sizes": [2, 3]})
    case("repeat", lambda x: x.repeat(3, 2, 2), [grid(1, 2, 1)], {"sizes": [3, 2, 2]})
    case("repeat", lambda x: x.repeat(2, 2), [torch.tensor(1.5, dtype=torch.float64)],
         {"sizes": [2, 2]})
    for dims in ([2], [2, 1, 3], [2, 1, 1, 2]):
        case("tile", lambda x: x.tile(dims), [x], {"dims": dims})
    y = grid(3, 2)
    case("repeat_interleave", lambda x, n: x.repeat_interleave(n), [y, 2])
    case("repeat_interleave", lambda x, n: x.repeat_interleave(n), [y, [1, 0, 2, 3, 1, 1]])
    case("repeat_interleave", lambda x, n: x.repeat_interleave(n, 0), [y, [2, 0, 3]], {"dim": 0})
    case("repeat_interleave", lambda x, n: x.repeat_interleave(n, -1), [y, [3]], {"dim": -1})
    case("repeat_interleave", torch.repeat_interleave, [[0, 2, 1]])
    a, b, c = grid(2), grid(3, step=17), grid(2, step=53)
    for indexing in ("ij", "xy"):
        for inputs in ([a], [a, b], [a, b, c], [a, torch.tensor(0.5, dtype=torch.float64)]):
            case("meshgrid", lambda *x: torch.meshgrid(*x, indexing=indexing), inputs,
                 {"indexing": indexing})
    case("meshgrid", lambda *x: torch.meshgrid(*x, indexing="ij"), [[1, 2], [3, 4, 5]])
    case("cartesian_prod", torch.cartesian_prod, [a])
    case("cartesian_prod", torch.cartesian_prod, [a, b, c])
    v = grid(4)
    case("combinations", torch.combinations, [v])
    for r, again in ((3, None), (2, True), (3, True), (4, None), (5, None), (0, None), (1, True)):
        options = {"r": r} | ({"with_replacement": True} if again else {})
        case("combinations", lambda x: torch.combinations(x, r, bool(again)), [v], options)


def diagonals():
    x = grid(3, 4)
    for k in (0, 1, -1, 3, -2, 4, -7):
        options = {"diagonal": k} if k else None
        if -3 < k < 4:  # PyTorch's has no result beyond
            case("diag", lambda x: torch.diag(x, k), [x], options)
        case("tril", lambda x: torch.tril(x, k), [x], options)
        case("triu", lambda x: torch.triu(x, k), [x], options)
        case("diagonal", lambda x: torch.diagonal(x, k), [x], {"offset": k} if k else None)
    for k in (0, 2, -1):
        case("diag", lambda x: torch.diag(x, k), [grid(3)], {"diagonal": k})
        case("diag_embed", lambda x: torch.diag_embed(x, k), [grid(2, 3)],
             {"offset": k} if k else None)
    for op in ("tril", "triu"):
        case(op, getattr(torch, op), [grid(2, 2, 3)])
        case(op, getattr(torch, op), [[[1, 2], [3, 4]]])
        case(op, getattr(torch, op), [[[True, True], [True, True]]])
    many = grid(2, 3, 4, 2)
    for k, dim1, dim2 in ((0, 1, 2), (1, 2, 1), (-1, 0, -1), (0, 3, 1)):
        options = {"offset": k, "dim1": dim1, "dim2": dim2}
        case("diagonal", lambda x: torch.diagonal(x, k, dim1, dim2), [many], options)
        case("diag_embed", lambda x: torch.diag_embed(x, k, dim1, dim2), [grid(2, 3, 2)],
             options)
    case("trace", torch.trace, [x])
    case("trace", torch.trace, [[[1, 2], [3, 4]]])
    case("block_diag", torch.block_diag, [x, grid(2), torch.tensor(0.5, dtype=torch.float64),
                                          grid(2, 1, step=17)])
    case("block_diag", torch.block_diag, [[[1, 2]], [[3], [4]]])
    # PyTorch's gradient beside an empty block is that of other elements.


def padding():
    x = grid(2, 3, 4, 3)
    for pads in ([1, 2], [0, 1, 2, 0], [-1, 1], [1, -2, -1, -1, 0, 2], [0, 0], []):
        case("pad", lambda x: functional.pad(x, pads), [x], {"pad": pads})
        case("pad", lambda x: functional.pad(x, pads, value=0.5), [x], {"pad": pads, "value": 0.5})
    case("pad", lambda x: functional.pad(x, (1, 1), value=7), [[1, 2]],
         {"pad": [1, 1], "value": 7})
    for mode in ("reflect", "replicate", "circular"):
        for pads in ([1, 2, 2, 1], [2, 0, 0, 3], [0, 1, 1, 0], [-1, 1, 2, -1]):
            case("pad", lambda x: functional.pad(x, pads, mode), [x],
                 {"pad": pads, "mode": mode})
        case("pad", lambda x: functional.pad(x, (1, 1), mode), [grid(1, 2, 4)],
             {"pad": [1, 1], "mode": mode})
    case("pad", lambda x: functional.pad(x, (7, 5), "replicate"), [grid(1, 2, 2)],
         {"pad": [7, 5], "mode": "replicate"})
    y = grid(2, 8, 2, 3)
    case("pixel_shuffle", lambda x: functional.pixel_shuffle(x, 2), [y], {"upscale_factor": 2})
    case("pixel_shuffle", lambda x: functional.pixel_shuffle(x, 3), [grid(9, 1, 2)],
         {"upscale_factor": 3})
    case("pixel_unshuffle", lambda x: functional.pixel_unshuffle(x, 2), [grid(2, 3, 4, 2)],
         {"downscale_factor": 2})
    case("pixel_unshuffle", lambda x: functional.pixel_unshuffle(x, 3), [grid(1, 3, 6)],
         {"downscale_factor": 3})


def write_all():
    views()
    pieces()
    arrangements()
    diagonals()
    padding()
