"""Operators on whole tensors, from PyTorch, and at the points of the conventions."""
import torch
from torch.nn import functional

from table import CONVENTIONS, EXACT, add, grid, inf, nan, torch_case


def case(op, function, inputs, options=None, **fields):
    torch_case("operators", op, function, inputs, options, **fields)


def given(op, inputs, outputs, options=None, grads=None, origin=CONVENTIONS, **fields):
    add("operators", op, options=options, inputs=inputs, outputs=outputs, grads=grads,
        origin=origin, **fields)


def reductions():
    x = grid(2, 3, 4)
    for op in ("sum", "mean", "prod", "amax", "amin"):
        function = getattr(torch, op)
        every = (lambda x: function(x)) if op != "prod" else torch.prod
        case(op, every, [x])
        case(op, lambda x: function(x, 1), [x], {"dims": [1]})
        case(op, lambda x: function(x, -1, keepdim=True), [x], {"dims": [-1], "keepdim": True})
        two = (lambda x: x.prod(2).prod(0)) if op == "prod" else (lambda x: function(x, (0, 2)))
        case(op, two, [x], {"dims": [0, -1]})
    case("sum", torch.sum, [[[3, -4], [5, 6]]])
    case("sum", torch.sum, [[True, False, True]])
    case("prod", torch.prod, [[[3, -4], [5, 6]]])
    case("prod", torch.prod, [[2.0, 0.0, 3.0, 4.0]])
    case("prod", torch.prod, [[2.0, 0.0, 3.0, 0.0]])
    case("amax", torch.amax, [[1.0, 3.0, 3.0, -2.0, 3.0]])
    case("amin", torch.amin, [[1.0, -2.0, 3.0, -2.0]])
    case("amax", lambda x: torch.amax(x, 0), [[[3, -4], [5, 6]]], {"dims": [0]})
    given("amax", [[1.0, "nan", 5.0, "nan"]], ["nan"], grads=[[0.0, 0.5, 0.0, 0.5]])
    for op in ("sum", "mean", "prod"):
        case(op, getattr(torch, op), [torch.zeros(0, dtype=torch.float64)])
    case("sum", lambda x: x.sum(0), [torch.zeros(0, 3, dtype=torch.float64)], {"dims": [0]})

    for op in ("max", "min"):
        function = getattr(torch, op)
        case(op, function, [x])
        case(op, function, [[1.0, 3.0, 3.0, -2.0, -2.0]])
        for dim, keepdim in ((0, None), (-1, True)):
            options = {"dim": dim} | ({} if keepdim is None else {"keepdim": True})
            case(op, lambda x: tuple(function(x, dim, keepdim=bool(keepdim))), [x], options)
        case(op, lambda x: tuple(function(x, 1)), [[[1.0, 3.0, 3.0, 1.0, 2.0],
                                                    [0.0, nan, 7.0, nan, -1.0]]], {"dim": 1})
        arg = getattr(torch, "arg" + op)
        case("arg" + op, arg, [x])
        case("arg" + op, lambda x: arg(x, 1), [x], {"dim": 1})
        case("arg" + op, lambda x: arg(x, -2, keepdim=True), [x], {"dim": -2, "keepdim": True})
        case("arg" + op, lambda x: arg(x, 0), [[1.0, 3.0, 3.0, 1.0]], {"dim": 0})
        case("arg" + op, arg, [[4, 7, 7, 1, 1]])

    for op in ("var", "std"):
        function = getattr(torch, op)
        case(op, lambda x: function(x), [x])
        case(op, lambda x: function(x, 1), [x], {"dims": [1]})
        case(op, lambda x: function(x, (0, 2), correction=0), [x],
             {"dims": [0, 2], "correction": 0})
        case(op, lambda x: function(x, -1, correction=2, keepdim=True), [x],
             {"dims": [-1], "correction": 2, "keepdim": True})
        given(op, [[2.0]], ["nan"], grads=[["nan"]])
        given(op, [[2.0]], [0.0], {"correction": 0}, grads=[[0.0]])
        given(op, [[2.5, 2.5, 2.5]], [0.0], grads=[[0.0, 0.0, 0.0]])
    logsumexp = torch.logsumexp
    case("logsumexp", lambda x: logsumexp(x, (0, 1, 2)), [x], {"dims": []})
    case("logsumexp", lambda x: logsumexp(x, 1), [x], {"dims": [1]})
    case("logsumexp", lambda x: logsumexp(x, (0, -1), keepdim=True), [x],
         {"dims": [0, -1], "keepdim": True})
    case("logsumexp", lambda x: logsumexp(x, 0), [[1000.0, 1000.0, 990.0]], {"dims": [0]})
    given("logsumexp", [[-inf, -inf]], [-inf], {"dims": [0]}, [[0.0, 0.0]])
    given("logsumexp", [[inf, 1.0]], [inf], {"dims": [0]}, [[1.0, 0.0]])
    for shape in ((3, 4), (4,), (2, 1, 4), (1, 1)):
        case("sum_to", lambda x: x.sum_to_size(shape), [x], {"shape": list(shape)})


def row_functions():
    x = grid(2, 3, 4, scale=8)
    for op in ("softmax", "log_softmax"):
        for dim in (0, 1, -1):
            case(op, lambda x: getattr(torch, op)(x, dim), [x], {"dim": dim}, grad_eps=4)
    case("softmax", lambda x: torch.softmax(x, 0), [[1000.0, 999.0, -1000.0, 998.5]], {"dim": 0})
    case("log_softmax", lambda x: torch.log_softmax(x, 0), [[1000.0, 999.0, -1000.0, 998.5]],
         {"dim": 0})
    given("softmax", [[-inf, 0.0]], [[0.0, 1.0]], {"dim": 0}, [[0.0, 0.0]])
    given("softmax", [[-inf, -inf]], [["nan", "nan"]], {"dim": 0}, [["nan", "nan"]])
    mask = grid(3, 4, step=29) > 0
    masked = lambda x, mask, dim: torch.where(mask, torch.softmax(torch.where(mask, x, -inf), dim),
                                              0.0)
    for dim in (1, -1):
        case("masked_softmax", lambda x, mask: masked(x, mask, dim), [x, mask], {"dim": dim})
    given("masked_softmax", [[[1.0, "nan"], [-inf, 3.0]], [[True, False], [True, False]]],
          [[[1.0, 0.0], [0.0, 0.0]]],
          {"dim": 1}, [[[0.0, 0.0], [0.0, 0.0]], None])

    weight, bias = grid(4, step=17), grid(4, step=53, shift=8)
    norm = functional.layer_norm
    case("layer_norm", lambda x: norm(x, (4,)), [x], {"normalized_shape": [4]})
    case("layer_norm", lambda x: norm(x, (3, 4)), [x], {"normalized_shape": [3, 4]})
    case("layer_norm", lambda x, weight: norm(x, (4,), weight), [x], {"normalized_shape": [4]},
         tensors={"weight": weight})
    case("layer_norm", lambda x, weight, bias: norm(x, (4,), weight, bias, 0.25), [x],
         {"normalized_shape": [4], "eps": 0.25}, tensors={"weight": weight, "bias": bias})
    case("layer_norm", lambda x, bias: norm(x, (4,), None, bias), [x], {"normalized_shape": [4]},
         tensors={"bias": bias})
    case("layer_norm", lambda x: norm(x, (3,)), [[[3.0, 3.0, 3.0]]], {"normalized_shape": [3]})

    # What is drawn differs; that all is kept, or nothing, or kept with which factor, does not.
    case("dropout", lambda x: functional.dropout(x, 0.0), [x], {"p": 0.0})
    case("dropout", lambda x: functional.dropout(x, 1.0), [x], {"p": 1.0})
    case("dropout", lambda x: functional.dropout(x, 0.7, training=False), [x],
         {"p": 0.7, "training": False})
    ones = torch.ones(512, dtype=torch.float64)
    given("dropout", [ones], [[2.0, 0.0]], origin=EXACT, shown="extremes")
    given("dropout", [ones], [[4.0, 0.0]], {"p": 0.75}, origin=EXACT, shown="extremes")


def cross_entropy():
    logits, classes = grid(5, 4, scale=8), [2, 0, 3, 1, 2]
    weight = [0.5, 2.0, 1.0, 0.25]
    entropy = functional.cross_entropy

    def one(inputs, options=None, weights=None):
        keywords = dict(options or {})
        call = lambda x, y, weight=None: entropy(x, y, weight=weight, **keywords)
        case("cross_entropy", call, inputs, options, tensors=weights and {"weight": weights},
             constant=(1, "weight"))

    one([logits, classes])
    for reduction in ("none", "sum", "mean"):
        one([logits, classes], {"reduction": reduction})
        one([logits, classes], {"reduction": reduction, "label_smoothing": 0.25, "ignore_index": 3},
            weight)
        one([logits, classes], {"reduction": reduction, "ignore_index": 0})
        one([logits, classes], {"reduction": reduction}, weight)
    one([logits, classes], {"label_smoothing": 0.1})
    one([logits, [2, -100, 3, -100, 2]])
    shares = torch.softmax(grid(5, 4, step=29, scale=16), 1).to(torch.float32).double()
    one([logits, shares])
    one([logits, shares], {"label_smoothing": 0.25, "reduction": "sum"}, weight)
    one([grid(4), 2])
    one([grid(2, 4, 3), [[1, 0, 3], [2, 2, 1]]], {"label_smoothing": 0.25}, weight)
    one([[[0.0, 1000.0]], [0]])
    given("cross_entropy", [[[1.0, 2.0]], [-100]], ["nan"], None, [[[0.0, 0.0]], None])
    given("cross_entropy", [[[-inf, 1.0]], [1]], [0.0], None, [[[0.0, 0.0]], None])
    given("cross_entropy", [[[-inf, 1.0]], [0]], [inf], None, [[[-1.0, 1.0]], None])


def shapes():
    x = grid(2, 3, 4)
    case("reshape", lambda x: x.reshape(4, -1), [x], {"shape": [4, -1]})
    case("flatten", torch.flatten, [x])
    case("flatten", lambda x: torch.flatten(x, 1), [x], {"start_dim": 1})
    case("flatten", lambda x: torch.flatten(x, 0, 1), [x], {"start_dim": 0, "end_dim": 1})
    narrow = grid(1, 3, 1, 2)
    case("squeeze", torch.squeeze, [narrow])
    case("squeeze", lambda x: torch.squeeze(x, -2), [narrow], {"dim": -2})
    case("squeeze", lambda x: torch.squeeze(x, 1), [narrow], {"dim": 1})
    for dim in (0, 2, -1):
        case("unsqueeze", lambda x: torch.unsqueeze(x, dim), [x], {"dim": dim})
    case("transpose", lambda x: torch.transpose(x, 0, -1), [x], {"dim0": 0, "dim1": -1})
    case("t", torch.t, [grid(2, 3)])
    case("t", torch.t, [grid(3)])
    case("permute", lambda x: x.permute(2, 0, 1), [x], {"dims": [2, 0, 1]})
    case("expand", lambda x: x.expand(2, -1, 4), [grid(3, 1)], {"shape": [2, -1, 4]})
    a, b = grid(2, 3), grid(2, 2, step=17, shift=8)
    case("cat", lambda *x: torch.cat(x), [a, grid(1, 3, step=17)])
    case("cat", lambda *x: torch.cat(x, 1), [a, b, a], {"dim": 1})
    case("cat", lambda *x: torch.cat(x, -1), [[[1, 2], [3, 4]], [[5], [6]]], {"dim": -1})
    case("stack", lambda *x: torch.stack(x), [a, grid(2, 3, step=17)])
    case("stack", lambda *x: torch.stack(x, -1), [a, grid(2, 3, step=17)], {"dim": -1})
    case("split", lambda x: x.split(2), [grid(5, 2)], {"size": 2})
    case("split", lambda x: x.split(3, -1), [x], {"size": 3, "dim": -1})
    case("split", lambda x: x.split([1, 3], 2), [x], {"sizes": [1, 3], "dim": 2})
    case("split", lambda x: x.split([2, 0, 3]), [grid(5, 2)], {"sizes": [2, 0, 3]})
    for dim, start, length in ((0, 1, 1), (1, 1, 2), (-1, -3, 2)):
        case("narrow", lambda x: x.narrow(dim, start, length), [x],
             {"dim": dim, "start": start, "length": length})
    for dim, index in ((0, 1), (1, -1), (-1, 2)):
        case("select", lambda x: x.select(dim, index), [x], {"dim": dim, "index": index})


def indexing():
    x, index = grid(3, 4), [2, 0, 2, 1]
    for dim in (0, 1, -1):
        case("index_select", lambda x, i: x.index_select(dim, i), [x, index], {"dim": dim})
    rows = [[2, 0, 1, 2], [0, 0, 2, 1]]
    case("gather", lambda x, i: x.gather(0, i), [x, rows], {"dim": 0})
    case("gather", lambda x, i: x.gather(-1, i), [x, [[3, 0], [1, 1], [2, 0]]], {"dim": -1})
    source = grid(2, 4, step=17, shift=8)
    case("scatter_add", lambda x, i, s: x.scatter_add(0, i, s), [x, rows, source], {"dim": 0})
    case("scatter_add", lambda x, i, s: x.scatter_add(1, i, s),
         [x, [[3, 3], [1, 0]], grid(2, 2, step=17)], {"dim": 1})
    case("index_add", lambda x, i, s: x.index_add(0, i, s), [x, [2, 2], source], {"dim": 0})
    case("index_add", lambda x, i, s: x.index_add(-1, i, s), [grid(2, 3), index, source],
         {"dim": -1})
    case("one_hot", functional.one_hot, [[[0, 2], [1, 0]]])
    case("one_hot", lambda x: functional.one_hot(x, 5), [[0, 2, 1]], {"num_classes": 5})

def indices_of(tokens, tables):
    """What the texts of an index are: "1:5:2", "None", "...", "3", "[0,2]", "t1" for input 1."""
    def one(token):
        if token.startswith("t"):
            return tables[int(token[1:]) - 1]
        if ":" in token:
            return slice(*(int(part) if part else None for part in token.split(":")))
        return {"None": None, "...": ...}.get(token) if token in ("None", "...") else eval(token)
    return tuple(one(token) for token in tokens)


def subscripts():
    x, ids, mask = grid(4, 3, 2), [2, 0, -1], [True, False, True, True]
    cells = (grid(4, 3, step=19) > 0).tolist()
    forms = [(["1:3"], []), (["-3:", ":", "1"], []), (["::2"], []), (["::3"], []),
             ([":", "1:9:2"], []), ([":-1"], []), (["...", "-1"], []), (["None", "2"], []),
             (["1", "None", "...", "None", "0:1"], []),
             (["t1"], [ids]), (["t1"], [mask]), (["t1"], [cells]), ([":", "t1"], [[0, 2, 2, 1]]),
             (["...", "t1"], [[1, 1, 0]]), (["t1"], [[[0, 1], [-1, 2]]]), (["[0,2]"], []),
             (["t1", "t2"], [ids, [1, 1, 0]]), (["t1", ":", "t2"], [ids, [1, 1, 0]]),
             (["t1", "t2"], [[[0], [3]], [0, 2]]), (["t1", "None", "t2"], [ids, [1, 1, 0]]),
             (["2", ":", "t1"], [[1, 0]]), (["1:", "t1"], [[2, 0]]), (["::2", "t1", "0"], [[2, 2]]),
             (["t1", "...", "1"], [mask]), (["0", "t1"], [[1, 1, 0]]),
             ([":", "t1", "None", "t2"], [[1, 1, 0], [1, 0, 0]]),
             (["t1"], [[False] * 4])]
    for tokens, tables in forms:
        inputs = [x, *tables]
        case("index", lambda x, *t: x[indices_of(tokens, t)], inputs, {"indices": tokens})
        places = torch.arange(x.numel()).reshape(x.shape)
        named = places[indices_of(tokens, [torch.tensor(t) for t in tables])]
        if named.unique().numel() < named.numel():
            continue  # PyTorch gives the gradient to all of an entry that is named twice
        shape = named.shape
        for value in (grid(*shape, step=17, shift=8), 0.5 * torch.ones((), dtype=torch.float64)):
            put = lambda x, v, *t: setitem(x, indices_of(tokens, t), v)
            case("index_put", put, [x, value, *tables], {"indices": tokens})
    twice = [1, 3, 1, 1]
    add_up = lambda x, v, i: x.index_put((i,), v, accumulate=True)
    case("index_put", add_up, [x, grid(4, 3, 2, step=17), twice],
         {"indices": ["t1"], "accumulate": True})

    source = grid(2, 3, 2, step=17, shift=8)
    case("index_copy", lambda x, i, s: x.index_copy(0, i, s), [x, [2, 0], source], {"dim": 0})
    case("index_copy", lambda x, i, s: x.index_copy(-1, i, s), [x, [1], grid(4, 3, 1, step=17)],
         {"dim": -1})
    for dim, index in ((0, [2, 0]), (1, [1, 1]), (-1, [0])):
        fill = lambda x, i, v: x.index_fill(dim, i, v)
        case("index_fill", fill, [x, index, torch.tensor(0.25, dtype=torch.float64)],
             {"dim": dim})
    rows, y = [[2, 0, 1], [0, 2, 2]], grid(3, 4)
    case("scatter", lambda x, i, s: x.scatter(0, i, s), [y, rows, grid(2, 3, step=17)], {"dim": 0})
    case("scatter", lambda x, i, s: x.scatter(-1, i, s[:2, :2]),
         [y, [[3, 0], [1, 2]], grid(3, 4, step=17)], {"dim": -1})
    case("take", torch.take, [y, [[0, -1], [5, 5]]])
    case("take_along_dim", lambda x, i: torch.take_along_dim(x, i, 0), [y, [[2, 1, 0, 0]]],
         {"dim": 0})
    case("take_along_dim", lambda x, i: torch.take_along_dim(x, i, 1), [y, [[3], [0], [1]]],
         {"dim": 1})
    case("take_along_dim", torch.take_along_dim, [y, [[3], [11]]])
    some = (grid(3, 4, step=19) > 0).tolist()
    for value in (torch.tensor(0.25, dtype=torch.float64),):
        case("masked_fill", torch.masked_fill, [y, some, value])
        case("masked_fill", torch.masked_fill, [y, [True, False, False, True], value])
    case("masked_select", torch.masked_select, [y, some])
    case("masked_select", torch.masked_select, [y, [[True], [False], [True]]])
    case("masked_scatter", torch.masked_scatter, [y, some, grid(4, 4, step=17)])
    for op in ("nonzero", "argwhere"):
        for values in ([[0.0, nan, 2.0], [0.0, -0.0, inf]], [[0, 3], [5, 0]], [True, False, True],
                       [0.0], torch.zeros(0, 2, dtype=torch.float64)):
            case(op, getattr(torch, op), [values])
    case("where", torch.where, [[[True, False], [True, True]]])


def setitem(x, indices, value):
    y = x.clone()
    y[indices] = value
    return y


def products():
    for a, b in (((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)),
                 ((5, 2, 3), (3, 4)),
                 ((2, 1, 2, 3), (4, 3, 2))):
        case("matmul", torch.matmul, [grid(*a), grid(*b, step=17, shift=8)])
    case("matmul", torch.matmul, [[[1, -2], [3, 4]], [[5, 6], [-7, 8]]])
    a, b = grid(2, 3, 4), grid(3, 4, step=17, shift=8)
    case("matmul", lambda a, b: a.mT @ b, [a, b], {"transpose_a": True})
    case("matmul", lambda a, b: a @ b.mT, [a, b], {"transpose_b": True})
    case("matmul", lambda a, b: a.mT @ b.mT, [a, grid(5, 3, step=17)],
         {"transpose_a": True, "transpose_b": True})
    case("linear", functional.linear, [a, grid(6, 4, step=17)])
    case("linear", lambda x, w, bias: functional.linear(x, w, bias), [a, grid(6, 4, step=17)],
         tensors={"bias": grid(6, step=53)})


def logic():
    pairs = [[1.0, 2.0, -3.0, nan, inf], [1.0, 3.0, -4.0, nan, inf]]
    for op in ("eq", "ne", "lt", "le", "gt", "ge"):
        case(op, getattr(torch, op), pairs)
        case(op, getattr(torch, op), [[1, 2, 3], [[1], [3]]])
    for op in ("logical_and", "logical_or", "logical_xor"):
        case(op, getattr(torch, op), [[True, True, False, False], [True, False, True, False]])
        case(op, getattr(torch, op), [[1.0, 0.0, nan, 0.0], [2, 5, 0, 0]])
    case("logical_not", torch.logical_not, [[1.0, 0.0, nan, -0.0]])
    for op in ("isnan", "isinf", "isfinite"):
        case(op, getattr(torch, op), [[1.0, nan, inf, -inf, 0.0]])
        case(op, getattr(torch, op), [[1, 2]])
    for op in ("any", "all"):
        for values in ([True, False], [False, False], [1.0, nan], [0, 0, 3],
                       torch.zeros(0, dtype=torch.float64)):
            case(op, getattr(torch, op), [values])
    whether = lambda function: lambda a, b: torch.tensor(function(a, b))
    for a, b in (([1.0, 2.0], [1.0, 2.0]), ([1.0, 2.0], [1.0, 2.5]), ([nan], [nan]),
                 ([1.0], [[1.0]])):
        case("equal", whether(torch.equal), [a, b], constant=(0, 1))
    # Just within and just beyond 1e-5 |b| + 1e-8, and what is asked for. In float32 the last digits
    # are others.
    for a, options in ((100.0009, {}), (100.0011, {}), (100.09, {"rtol": 1e-3}),
                       (100.11, {"rtol": 1e-3}),
                       (100.4, {"atol": 0.5}), (100.6, {"atol": 0.5}), (100.00001, {"rtol": 0.0})):
        case("allclose", whether(lambda a, b: torch.allclose(a, b, **options)), [[a], [100.0]],
             options,
             constant=(0, 1), types=["float64"])
    for a in (0.9e-8, 1.1e-8):
        case("allclose", whether(torch.allclose), [[a], [0.0]], constant=(0, 1))
    for a in ([1.0, nan], [1.0, 2.0]):
        case("allclose", whether(torch.allclose), [a, a], constant=(0, 1))
        case("allclose", whether(lambda a, b: torch.allclose(a, b, equal_nan=True)), [a, a],
             {"equal_nan": True},
             constant=(0, 1))
    case("where", torch.where, [grid(3) > 0, grid(2, 3), grid(2, 1, step=17)])
    case("where", torch.where, [[True, False], [1, 2], [3, 4]])


def write_all():
    reductions()
    row_functions()
    cross_entropy()
    shapes()
    indexing()
    subscripts()
    products()
    logic()
