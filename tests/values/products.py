"""Products of matrices and vectors, einsum, and distances, from PyTorch."""
import math

import torch
from torch import linalg
from torch.nn import functional

from table import CONVENTIONS, add, double, grid, inf, nan, torch_case

# An equation, and the shapes of its operands.
EQUATIONS = [
    ("i->i", (3,)), ("i->", (3,)), ("ij->ji", (2, 3)), ("ij->", (2, 3)), ("ij->j", (2, 3)),
    ("ba", (2, 3)), ("aB", (2, 3)), ("ii->i", (3, 3)), ("ii", (3, 3)), ("ii->", (3, 3)),
    ("iij->ij", (2, 2, 3)), ("iji->j", (2, 3, 2)), ("jiij->ij", (2, 3, 3, 2)),
    ("iii->i", (2, 2, 2)), ("...ii->...i", (2, 3, 3)), ("i...->...", (2, 3, 2)),
    ("...", (2, 3)), ("...->", (2, 3)), ("...j->j", (2, 3)), ("ij->...ij", (2, 3)),
    ("", ()), ("->", ()), (" i j -> j i ", (2, 3)), ("abc->cab", (2, 3, 4)),
    ("i,i->", (3,), (3,)), ("i,i->i", (3,), (3,)), ("i,j->ij", (3,), (4,)),
    ("i,j->ji", (3,), (4,)), ("i,->i", (3,), ()), (",->", (), ()), ("i,j->", (3,), (4,)),
    ("ij,j->i", (2, 3), (3,)), ("j,ij->i", (3,), (2, 3)), ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 4)), ("ij,kj->ik", (2, 3), (4, 3)), ("ji,jk->ik", (3, 2), (3, 4)),
    ("ij,jk->ki", (2, 3), (3, 4)), ("ji,kj->ki", (3, 2), (4, 3)), ("ij,kl->ijkl", (2, 3), (3, 2)),
    ("ij,ij->ij", (2, 3), (2, 3)), ("ij,ij->i", (2, 3), (2, 3)), ("ij,ij->j", (2, 3), (2, 3)),
    ("ij,ij", (2, 3), (2, 3)), ("ij,ji->ij", (2, 3), (3, 2)), ("ij,ji->", (2, 3), (3, 2)),
    ("bij,bjk->bik", (2, 2, 3), (2, 3, 2)), ("bij,bkj->bik", (2, 2, 3), (2, 4, 3)),
    ("ijb,jkb->bik", (2, 3, 2), (3, 2, 2)), ("bij,jk->bik", (2, 2, 3), (3, 4)),
    ("...ij,...jk->...ik", (2, 2, 3), (3, 4)), ("...ij,...jk->...ik", (2, 1, 2, 3), (3, 3, 2)),
    ("...ij,jk", (2, 2, 3), (3, 2)), ("b...ij,b...jk->b...ik", (2, 3, 2, 2), (2, 1, 2, 3)),
    ("...,...->...", (2, 3), (3,)), ("...i,...i->...", (2, 3), (3,)),
    ("a...b,bc...->...ac", (2, 5, 3), (3, 4, 5)), ("ij,jk->ik", (2, 3), (1, 4)),
    ("ij,j->", (1, 3), (3,)), ("ij,ik->jk", (2, 1), (2, 3)), ("i,ij->j", (1,), (2, 3)),
    ("ijk,jil->kl", (2, 3, 4), (3, 2, 2)), ("ijk,jl->ilk", (2, 3, 2), (3, 4)),
    ("nij,nkl->nikjl", (2, 2, 2), (2, 1, 3)), ("iij,j->i", (2, 2, 3), (3,)),
    ("bn,anm,bm->ba", (2, 3), (4, 3, 2), (2, 2)), ("i,ij,j->", (2,), (2, 3), (3,)),
    ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)), ("ij,kl,jk->il", (2, 3), (4, 2), (3, 4)),
    ("a,b,c->abc", (2,), (3,), (2,)), ("i,i,i->i", (3,), (3,), (3,)),
    ("ij,jk,kl,lm->im", (5, 1), (1, 4), (4, 1), (1, 3)), ("pa,qb,ab->pq", (2, 3), (3, 4), (3, 4)),
    ("...i,...j,ij->...", (2, 3), (2, 2), (3, 2)), ("Zz,zA->ZA", (2, 3), (3, 2)),
    ("ij,jk->ik", (0, 3), (3, 2)), ("ij,jk->ik", (2, 0), (0, 3)), ("ij->i", (2, 0)),
    ("bij,bj->bi", (3, 2, 2), (3, 2)), ("bhqd,bhkd->bhqk", (2, 2, 3, 2), (2, 2, 4, 2)),
    ("bqhd,bkhd->bhqk", (2, 3, 2, 2), (2, 4, 2, 2)),
]


def case(op, function, inputs, options=None, **fields):
    torch_case("products", op, function, inputs, options, **fields)


def grids(*shapes):
    return [grid(*shape, step=37 - 20 * (i % 2), shift=8 * i) for i, shape in enumerate(shapes)]


def matrices():
    ints = [[1, -2], [3, 4]], [[5, 6], [-7, 8]]
    case("dot", torch.dot, grids((4,), (4,)))
    case("dot", torch.dot, [[1, 2, 3], [4, -5, 6]])
    case("dot", torch.dot, grids((0,), (0,)))
    for shapes in (((4,), (4,)), ((2, 3), (3,)), ((2, 3), (4, 3)), ((2, 2, 3), (4, 1, 3)),
                   ((2, 3), ()), ((), ()), ((2, 0), (3, 0))):
        case("inner", torch.inner, grids(*shapes))
    case("inner", torch.inner, ints)
    case("outer", torch.outer, grids((2,), (3,)))
    case("outer", torch.outer, [[1, 2], [3, 4, 5]])
    case("outer", torch.outer, [[True, False], [True, True]])
    case("outer", torch.outer, [[2, -3], double([0.5, 1.5])])
    case("vecdot", linalg.vecdot, grids((2, 3), (2, 3)))
    case("vecdot", lambda x, y: linalg.vecdot(x, y, dim=0), grids((2, 3), (3,)), {"dim": 0})
    case("vecdot", lambda x, y: linalg.vecdot(x, y, dim=-2), grids((2, 1, 3), (4, 3)), {"dim": -2})
    case("mv", torch.mv, grids((2, 3), (3,)))
    case("mv", torch.mv, [ints[0], [5, -6]])
    case("mm", torch.mm, grids((2, 3), (3, 4)))
    case("mm", torch.mm, grids((2, 0), (0, 3)))
    case("mm", torch.mm, ints)
    case("bmm", torch.bmm, grids((2, 2, 3), (2, 3, 4)))
    case("bmm", torch.bmm, grids((0, 2, 3), (0, 3, 4)))
    case("bmm", torch.bmm, [[ints[0]], [ints[1]]])


def sums():
    for op, inputs, shape in (("addmm", ((2, 3), (3, 4)), (2, 4)), ("addmv", ((2, 3), (3,)), (2,)),
                              ("addbmm", ((2, 2, 3), (2, 3, 4)), (2, 4)),
                              ("baddbmm", ((2, 2, 3), (2, 3, 4)), (2, 2, 4))):
        function = getattr(torch, op)
        factors = grids(*inputs)
        for own in (shape, shape[1:], (), (1,)):
            case(op, function, [grid(*own, step=53)] + factors)
        case(op, lambda *x: function(*x, beta=0.5), [grid(*shape, step=53)] + factors,
             {"beta": 0.5})
        case(op, lambda *x: function(*x, beta=2, alpha=-1.5), [grid(*shape, step=53)] + factors,
             {"beta": 2.0, "alpha": -1.5})
        case(op, lambda *x: function(*x, beta=0, alpha=2),
             [torch.full(shape, nan, dtype=torch.float64)] + factors, {"beta": 0, "alpha": 2})
        case(op, lambda *x: function(*x, beta=3, alpha=-2),
             [torch.arange(math.prod(shape)).reshape(shape)]
             + [(16 * x).long() for x in factors], {"beta": 3, "alpha": -2})


def contractions():
    case("tensordot", torch.tensordot, grids((2, 3, 4), (3, 4, 2)))
    for dims in (0, 1):
        case("tensordot", lambda a, b: torch.tensordot(a, b, dims), grids((2, 3), (3, 2)),
             {"dims": dims})
    for shapes, first, second in (
            (((2, 3, 4), (4, 5, 3)), [1, 2], [2, 0]), (((2, 3, 4), (4, 5, 3)), [-2, -1], [-1, -3]),
            (((2, 3), (4, 2)), [0], [1]), (((2, 3), (2, 3)), [0, 1], [0, 1]),
            (((2, 3), (4,)), [], []), (((1, 3), (2, 3)), [0], [0]), (((2, 3), (3, 1)), [0], [1])):
        case("tensordot", lambda a, b: torch.tensordot(a, b, (first, second)), grids(*shapes),
             {"dims_a": first, "dims_b": second})
    case("tensordot", lambda a, b: torch.tensordot(a, b, 1), [[[1, 2], [3, 4]], [[5, 6], [7, 8]]],
         {"dims": 1})
    for shapes in (((2,), (3,)), ((2, 3), (2, 2)), ((2, 1, 2), (2, 3)), ((), (2, 3)), ((), ()),
                   ((2, 1, 2, 1, 2), (2, 1, 1, 2, 1)), ((2, 0), (3, 2))):
        case("kron", torch.kron, grids(*shapes))
    case("kron", torch.kron, [[[1, 2], [3, 4]], [1, -1]])
    case("kron", torch.kron, [[True, False], [True, True]])
    case("cross", linalg.cross, grids((2, 3), (2, 3)))
    case("cross", linalg.cross, grids((2, 1, 3), (1, 4, 3)))
    case("cross", linalg.cross, [[1, 2, 3], [4, 5, -6]])
    case("cross", lambda a, b: linalg.cross(a, b, dim=0), grids((3, 2), (3, 2)), {"dim": 0})
    case("cross", lambda a, b: linalg.cross(a, b, dim=-2), grids((2, 3, 2), (2, 3, 1)),
         {"dim": -2})
    for shapes in (((2, 3), (3, 4)), ((2, 3), (3, 4), (4, 2)), ((5, 1), (1, 5), (5, 2), (2, 3)),
                   ((3,), (3, 4), (4,)), ((3,), (3, 4), (4, 2)), ((2, 3), (3, 4), (4,)),
                   ((3,), (3,)), ((2, 3), (3, 1), (1, 4), (4, 2), (2, 3))):
        case("multi_dot", lambda *x: linalg.multi_dot(x), grids(*shapes))
    x = grid(3, 3, scale=32)
    for n in (1, 2, 3, 5, 8):
        case("matrix_power", lambda x: linalg.matrix_power(x, n), [x], {"n": n})
    case("matrix_power", lambda x: linalg.matrix_power(x, 3), [grid(2, 2, 2, scale=32)], {"n": 3})
    case("matrix_power", lambda x: linalg.matrix_power(x, 4), [[[1, 2], [0, -1]]], {"n": 4})
    for shape in ((3, 3), (2, 2, 2)):
        case("matrix_power", lambda x: linalg.matrix_power(x, 0), [grid(*shape)], {"n": 0},
             constant=(0,))


def equations():
    for equation, *shapes in EQUATIONS:
        case("einsum", lambda *x: torch.einsum(equation, *x), grids(*shapes),
             {"equation": equation})
    case("einsum", lambda *x: torch.einsum("ij,jk->ik", *x), [[[1, 2], [3, 4]], [[5, 6], [-7, 8]]],
         {"equation": "ij,jk->ik"})
    case("einsum", lambda *x: torch.einsum("bi,bi->b", *x), [[[1, 2], [3, 4]], [[5, 6], [-7, 8]]],
         {"equation": "bi,bi->b"})
    case("einsum", lambda x: torch.einsum("ij->ji", x), [[[True, False]]], {"equation": "ij->ji"})


def distances():
    # Where the operators are listed, too.
    torch_case("operators", "cdist", torch.cdist, grids((3, 2), (4, 2)))
    for p in (None, 0.0, 1.0, 1.5, 2.0, 3.0, inf):
        options = {} if p is None else {"p": p}
        for a, b in (((3, 2), (4, 2)), ((2, 3, 2), (2, 2, 2)), ((2, 1, 3, 2), (3, 2, 2)),
                     ((3, 2), (2, 4, 2)), ((2, 5), (1, 5)), ((0, 3), (2, 3))):
            # No two differences have one size, for which all of PyTorch's would get the gradient.
            case("cdist", lambda a, b: torch.cdist(a, b, **options),
                 [grid(*a), grid(*b, step=17, scale=32, shift=3)], options)
    far = double([[1000.0, 2000.0], [1000.5, 2000.0], [1000.0, 2000.0]])
    for p in (1.0, 2.0, 3.0):
        case("cdist", lambda a, b: torch.cdist(
            a, b, p=p, compute_mode="donot_use_mm_for_euclid_dist"), [far, far + 0.25], {"p": p})
        # Equal rows.
        case("cdist", lambda a, b: torch.cdist(
            a, b, p=p, compute_mode="donot_use_mm_for_euclid_dist"), [far, far[:1]], {"p": p})
    pairwise = functional.pairwise_distance
    for options in ({}, {"p": 1.0}, {"p": 3.0}, {"eps": 0.25}, {"p": inf, "keepdim": True},
                    {"p": 1.5, "eps": 0.0, "keepdim": True}):
        for shapes in (((3, 4), (3, 4)), ((4,), (2, 4)), ((2, 3), (1, 3)), ((2, 1, 3), (2, 3)),
                       ((), ())):
            case("pairwise_distance", lambda a, b: pairwise(a, b, **options), grids(*shapes),
                 options)
    cosine = torch.cosine_similarity
    for options, shapes in (({}, ((3, 4), (3, 4))), ({"dim": 0}, ((3, 4), (3, 1))),
                            ({"dim": -1}, ((4,), (2, 4))), ({"dim": 0}, ((3,), (2, 3))),
                            ({"dim": -1, "eps": 0.5}, ((2, 3), (2, 3))),
                            ({"dim": 0}, ((), ()))):
        case("cosine_similarity", lambda a, b: cosine(a, b, **options), grids(*shapes), options,
             grad_eps=4)
    add("products", "cosine_similarity", options={"dim": 0}, inputs=[[0.0, 0.0], [3.0, 4.0]],
        outputs=[0.0], grads=[[0.0, 0.0], [0.0, 0.0]], origin=CONVENTIONS)


def write_all():
    matrices()
    sums()
    contractions()
    equations()
    distances()
