"""Decompositions of matrices, from PyTorch.

Of those that are not unique, such as the signs of eigenvectors, what the test compares does not
depend on the choice.
"""
import math

import torch

from table import EXACT, add, torch_case

linalg = torch.linalg


def case(op, function, inputs, options=None, **fields):
    """In either type, with a tolerance that fits it."""
    for types, atol in ((["float64"], 1e-11), (["float32"], 3e-4)):
        torch_case("linalg", op, function, inputs, options, types=types, atol=atol, **fields)


def grid(*shape, step=0):
    """Numbers of both signs, exact in float32, in no order: those of table.grid make singular
    matrices."""
    i = torch.arange(math.prod(shape), dtype=torch.float64)
    flat = torch.sin(1 + 2.39996 * i + 0.7 * i * i + step)
    return ((flat * 64).round() / 16).reshape(shape)


def regular(*shape):
    """Matrices that are far from singular."""
    return grid(*shape) + 8 * torch.eye(*shape[-2:], dtype=torch.float64)


def symmetric(*shape):
    x = grid(*shape)
    return x + x.mT


def positive(*shape):
    x = grid(*shape)
    return x @ x.mT + torch.eye(shape[-1], dtype=torch.float64)


def empty(*shape):
    return torch.zeros(*shape, dtype=torch.float64)


def systems():
    for op in ("inverse", "inv"):
        for a in (regular(3, 3), regular(2, 4, 4), empty(2, 0, 0)):
            case(op, linalg.inv, [a])
    a = regular(2, 3, 3)
    case("solve", linalg.solve, [regular(3, 3), grid(3)])
    case("solve", linalg.solve, [a, grid(3, 2, step=17)])
    case("solve", linalg.solve, [a, grid(2, 3, step=17)])
    case("solve", lambda a, b: linalg.solve(a, b, left=False), [a, grid(2, 4, 3)], {"left": False})
    for upper in (False, True):
        tri = lambda a, b, **k: linalg.solve_triangular(a.triu() if upper else a.tril(), b,
                                                        upper=upper, **k)
        case("solve_triangular", tri, [a, grid(3, 2)], {"upper": upper})
        case("solve_triangular", lambda a, b: tri(a, b, left=False), [a, grid(2, 3)],
             {"upper": upper, "left": False})
        case("solve_triangular", lambda a, b: tri(a, b, unitriangular=True),
             [regular(3, 3) / 8, grid(2, 3, 2)], {"upper": upper, "unitriangular": True})


def determinants():
    for a in (regular(3, 3), grid(2, 4, 4), grid(1, 1), empty(2, 0, 0)):
        constant = (0,) if a.numel() == 0 else ()  # torch loses an empty one
        case("det", linalg.det, [a], constant=constant)
        case("slogdet", lambda a: tuple(linalg.slogdet(a)), [a], constant=constant)
    case("logdet", torch.logdet, [positive(2, 3, 3)])
    # Cofactors by the definition.
    a = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]
    add("linalg", "det", inputs=[a], outputs=[0.0], origin=EXACT, atol=1e-4,
        grads=[[[-3.0, 6.0, -3.0], [6.0, -12.0, 6.0], [-3.0, 6.0, -3.0]]])


def factors():
    # torch's gradients here are those of symmetric matrices, too.
    for a in (positive(3, 3), positive(2, 4, 4), empty(2, 0, 0)):
        case("cholesky", linalg.cholesky, [a])
    case("cholesky", lambda a: linalg.cholesky(a, upper=True), [positive(3, 3)], {"upper": True})
    l = linalg.cholesky(positive(3, 3))
    # torch takes the whole of L for a triangle in its gradient.
    solve = lambda b, l, upper=False: torch.cholesky_solve(b, l.triu() if upper else l.tril(), upper)
    case("cholesky_solve", solve, [grid(3, 2), l])
    case("cholesky_solve", lambda b, l: solve(b, l, True), [grid(3, 2), l.mT.contiguous()],
         {"upper": True})
    eigh = lambda a, **k: (linalg.eigh(a, **k)[0], linalg.eigh(a, **k)[1].square())
    for a in (symmetric(3, 3), symmetric(2, 4, 4), grid(1, 1)):
        case("eigh", eigh, [a])
        case("eigvalsh", linalg.eigvalsh, [a])
    for op, function in (("eigh", eigh), ("eigvalsh", linalg.eigvalsh)):
        case(op, lambda a: function(a, UPLO="U"), [symmetric(3, 3)], {"uplo": "U"})

    def svd(a, **k):
        u, s, vh = linalg.svd(a, **k)
        return u.square(), s, vh.square()

    for a in (grid(3, 3), grid(4, 2), grid(2, 2, 4), grid(1, 1)):
        case("svd", lambda a: svd(a, full_matrices=False), [a], {"full_matrices": False})
        case("svdvals", linalg.svdvals, [a])
    case("svd", svd, [grid(3, 3)])

    def qr(a, mode="reduced"):
        q, r = linalg.qr(a, mode)
        return q.square(), r.square()

    for a in (grid(3, 3), grid(4, 2), grid(2, 2, 4)):
        case("qr", qr, [a])
    case("qr", lambda a: qr(a, "complete"), [grid(3, 3)], {"mode": "complete"})
    case("qr", lambda a: qr(a, "complete"), [grid(4, 2)], {"mode": "complete"}, constant=(0,))
    case("qr", lambda a: (linalg.qr(a.detach(), "r")[0], linalg.qr(a, "reduced")[1].square()), [grid(4, 2)],
         {"mode": "r"})


def least_squares():
    rank2 = grid(4, 2) @ grid(2, 3, step=17)
    for a in (grid(3, 3), grid(4, 2), grid(2, 2, 4), empty(2, 0, 3)):
        case("pinv", linalg.pinv, [a])
    case("pinv", lambda a: linalg.pinv(a, atol=0.1), [rank2], {"atol": 0.1})
    case("pinv", lambda a: linalg.pinv(a, atol=0.1, rtol=1e-3), [rank2],
         {"atol": 0.1, "rtol": 1e-3})
    for a in (grid(3, 3), grid(2, 2, 4)):
        case("matrix_rank", linalg.matrix_rank, [a], constant=(0,))
    case("matrix_rank", lambda a: linalg.matrix_rank(a, atol=0.1), [rank2], {"atol": 0.1},
         constant=(0,))
    case("matrix_rank", lambda a: linalg.matrix_rank(a, atol=0.0, rtol=0.5), [grid(3, 3)],
         {"atol": 0.0, "rtol": 0.5}, constant=(0,))
    even = grid(3, 3) + grid(3, 3).T
    case("pinv", lambda a: linalg.pinv((a + a.mT) / 2, hermitian=True), [even], {"hermitian": True})
    case("pinv", lambda a: linalg.pinv((a + a.mT) / 2, atol=0.2, rtol=0.1, hermitian=True), [even],
         {"atol": 0.2, "rtol": 0.1, "hermitian": True})
    case("matrix_rank", lambda a: linalg.matrix_rank(a, hermitian=True), [even],
         {"hermitian": True}, constant=(0,))
    for n in (-1, -3, 2):
        case("matrix_power", lambda a: linalg.matrix_power(a, n), [grid(2, 3, 3)], {"n": n})
    def lstsq(a, b, rcond=None):
        """torch has the gradient of the solution alone."""
        least = linalg.lstsq(a.detach(), b.detach(), rcond=rcond, driver="gelsd")
        return linalg.pinv(a, rtol=rcond) @ b, least.rank, least.singular_values

    case("lstsq", lstsq, [grid(4, 2), grid(4, 3, step=17)])
    case("lstsq", lstsq, [grid(2, 2, 4), grid(2, 2, 1, step=17)])
    case("lstsq", lambda a, b: lstsq(a, b, 1e-3), [rank2, grid(4, 2, step=17)], {"rcond": 1e-3})


def functions():
    for a in (grid(3, 3) / 4, grid(2, 2, 2) * 4, empty(2, 0, 0)):
        case("matrix_exp", torch.matrix_exp, [a])
    x = grid(2, 3, 4)
    for name, order in (("two", 2), ("minus_two", -2), ("nuc", "nuc")):
        case("matrix_norm", lambda x: linalg.matrix_norm(x, order), [x], {"ord": name})
        case("matrix_norm", lambda x: linalg.matrix_norm(x, order, (2, 0), True), [x],
             {"ord": name, "dims": [2, 0], "keepdim": True})


def write_all():
    systems()
    determinants()
    factors()
    least_squares()
    functions()
