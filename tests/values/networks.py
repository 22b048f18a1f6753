"""Losses and layers from PyTorch, and metrics, from plain arithmetic and from a paper's table."""
import mpmath
import torch
from torch import nn
from torch.nn import functional

from table import (CONVENTIONS, EXACT, MPMATH, TORCH, add, cotangent, grid, inf, mpf, rounded,
                   torch_case)


def loss(op, inputs, options=None, *, tensors=None, function=None, **fields):
    """A loss of PyTorch with the same options; the target has its gradient, too."""
    function = function or getattr(functional, op)
    options = options or {}
    torch_case("losses", op, lambda *x, **named: function(*x, **options, **named), inputs, options,
               tensors=tensors, **fields)


def given_loss(op, inputs, outputs, grads, options=None):
    add("losses", op, options=options, inputs=inputs, outputs=outputs, grads=grads,
        origin=CONVENTIONS)


def reductions(options=None):
    return [options or {}] + [{**(options or {}), "reduction": reduction}
                              for reduction in ("none", "sum")]


def regression():
    x, y = grid(3, 4), grid(3, 4, step=29, shift=8)
    for op in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"):
        for options in reductions():
            loss(op, [x, y], options)
        function = getattr(functional, op)
        torch_case("losses", op, lambda x, y: function(x, y.expand(3, 4)), [x, grid(1, 4, step=29)],
                   {"broadcast": True})
    for options in reductions({"beta": 0.25}) + [{"beta": 3.0}]:
        loss("smooth_l1_loss", [x, y], options)
    for options in reductions({"delta": 0.25}) + [{"delta": 3.0}]:
        loss("huber_loss", [x, y], options)
    given_loss("l1_loss", [[1.0, 2.0], [1.0, 3.0]], [0.5], [[0.0, -0.5], [0.0, 0.5]])
    given_loss("smooth_l1_loss", [[1.0, 2.0], [1.0, 3.0]], [0.5], [[0.0, -0.5], [0.0, 0.5]],
               {"beta": 0.0})
    given_loss("smooth_l1_loss", [[1.0, -1.0], [0.0, 0.0]], [[0.5, 0.5]],
               [[1.0, 0.5], [-1.0, -0.5]],
               {"reduction": "none"})
    given_loss("huber_loss", [[2.0, -2.0], [0.0, 0.0]], [[2.0, 2.0]], [[2.0, 1.0], [-2.0, -1.0]],
               {"delta": 2.0, "reduction": "none"})


def of_classes():
    logs, classes = torch.log_softmax(grid(5, 4), 1).float().double(), [2, 0, 3, 1, 2]
    weight = [0.5, 2.0, 1.0, 0.25]
    nll = {"constant": (1, "weight")}
    for options in reductions() + reductions({"ignore_index": 3}):
        loss("nll_loss", [logs, classes], options, **nll)
        loss("nll_loss", [logs, classes], options, tensors={"weight": weight}, **nll)
    loss("nll_loss", [logs, [2, -100, 3, -100, 2]], **nll)
    loss("nll_loss", [logs[0], 2], **nll)
    loss("nll_loss", [grid(2, 4, 3), [[1, 0, 3], [2, 2, 1]]], tensors={"weight": weight}, **nll)
    given_loss("nll_loss", [[[-1.0, -2.0]], [-100]], ["nan"], [[[0.0, 0.0]], None])

    shares = torch.softmax(grid(5, 4, step=29), 1).float().double()
    for options in reductions() + reductions({"log_target": True}):
        loss("kl_div", [logs, torch.log(shares) if options.get("log_target") else shares], options)
    torch_case("losses", "kl_div", lambda x, y: functional.kl_div(x, y.expand(5, 4)),
               [logs, shares[:1]],
               {"broadcast": True}, tensors=None)
    given_loss("kl_div", [[-1.0, -2.0], [0.0, 1.0]], [2.0], [[0.0, -1.0], [0.0, 3.0]],
               {"reduction": "sum"})

    signs = torch.where(grid(3, 4, step=29) > 0, 1.0, -1.0).double()
    for options in reductions() + reductions({"margin": 2.5}):
        loss("hinge_embedding_loss", [grid(3, 4), signs], options, constant=(1,))
    given_loss("hinge_embedding_loss", [[1.0, 0.5], [-1.0, -1.0]], [[0.0, 0.5]],
               [[-1.0, 0.5], None],
               {"reduction": "none"})


def of_yes_or_no():
    shares = torch.sigmoid(grid(3, 4)).float().double()
    y = torch.sigmoid(grid(3, 4, step=29)).float().double()
    factor, row = grid(3, 4, step=17).abs(), [0.5, 2.0, 1.0, 3.0]
    op = "binary_cross_entropy"
    for options in reductions():
        loss(op, [shares, y], options)
        loss(op, [shares, y], options, tensors={"weight": factor}, constant=("weight",))
    given_loss(op, [[0.0, 1.0, 1.0, 0.0], [1.0, 0.0, 1.0, 0.0]], [[100.0, 100.0, 0.0, 0.0]],
               [[-1e12, -0.5e12, -2.0, 0.25], None], {"reduction": "none"})
    op = "binary_cross_entropy_with_logits"
    logits = grid(3, 4)
    for options in reductions():
        loss(op, [logits, y], options)
        loss(op, [logits, y], options, tensors={"weight": factor}, constant=("weight",))
        loss(op, [logits, y], options, tensors={"pos_weight": row}, constant=("pos_weight",))
    loss(op, [logits, y], tensors={"weight": factor, "pos_weight": row},
         constant=("weight", "pos_weight"))
    given_loss(op, [[1000.0, -1000.0], [0.0, 1.0]], [1000.0], [[0.5, -0.5], None])
    given_loss(op, [[inf, -inf], [1.0, 0.0]], [0.0], [[0.0, 0.0], None])


def layer(op, made, calls, arguments, *, train=True):
    """A layer of PyTorch called on each of `calls` in order; the last output has gradients."""
    module = made.double().train(train)
    state = {}
    for i, (name, parameter) in enumerate(module.named_parameters()):
        with torch.no_grad():
            parameter.copy_(grid(*parameter.shape, step=(17, 53)[i % 2], shift=8 * i))
        state[name] = parameter.detach().clone()
    inputs = [x.clone().requires_grad_() for x in calls]
    outputs = [module(x) for x in inputs]
    (outputs[-1] * cotangent(outputs[-1].shape)).sum().backward()
    after = {name: buffer.double() if buffer.is_floating_point() else buffer for name,
             buffer in module.named_buffers()}
    add("layers", op, options=arguments, mode="train" if train else "eval", state=state or None,
        inputs=[x.detach() for x in inputs], outputs=[y.detach() for y in outputs],
        grads=[*[None] * (len(inputs) - 1), inputs[-1].grad],
        option_grads={name: p.grad for name, p in module.named_parameters()} or None,
        after=after or None,
        origin=TORCH)


def layers():
    x = grid(3, 4)
    for op in ("ReLU", "GELU", "SiLU", "Tanh", "Sigmoid", "LogSigmoid", "Identity", "LeakyReLU",
               "ELU", "Softplus"):
        layer(op, getattr(nn, op)(), [x], {})
    layer("LeakyReLU", nn.LeakyReLU(0.25), [x], {"negative_slope": 0.25})
    layer("ELU", nn.ELU(1.5), [x], {"alpha": 1.5})
    layer("Softplus", nn.Softplus(beta=2.5, threshold=4), [x], {"beta": 2.5, "threshold": 4.0})
    for op in ("Softmax", "LogSoftmax"):
        for dim in (0, -1):
            layer(op, getattr(nn, op)(dim), [x], {"dim": dim})
    layer("Flatten", nn.Flatten(), [grid(2, 3, 2, 2)], {})
    layer("Flatten", nn.Flatten(0, -2), [grid(2, 3, 2, 2)], {"start_dim": 0, "end_dim": -2})
    layer("Linear", nn.Linear(4, 3), [x], {"in_features": 4, "out_features": 3})
    layer("Linear", nn.Linear(4, 3, bias=False), [grid(2, 3, 4)],
          {"in_features": 4, "out_features": 3, "bias": False})
    layer("Dropout", nn.Dropout(0.0), [x], {"p": 0.0})
    layer("Dropout", nn.Dropout(1.0), [x], {"p": 1.0})
    layer("Dropout", nn.Dropout(), [x], {}, train=False)
    for options, kept in (({}, 2.0), ({"p": 0.75}, 4.0)):
        add("layers", "Dropout", options=options, mode="train", inputs=[torch.ones(512)],
            outputs=[[kept, 0.0]],
            shown="extremes", origin=EXACT)
    layer("LayerNorm", nn.LayerNorm(4), [x], {"normalized_shape": [4]})
    layer("LayerNorm", nn.LayerNorm((3, 4), eps=0.25), [grid(2, 3, 4)],
          {"normalized_shape": [3, 4], "eps": 0.25})
    layer("LayerNorm", nn.LayerNorm(4, elementwise_affine=False), [x],
          {"normalized_shape": [4], "elementwise_affine": False})
    without = nn.LayerNorm(4)
    del without.bias
    without.register_parameter("bias", None)
    layer("LayerNorm", without, [x], {"normalized_shape": [4], "bias": False})

    batches = [grid(5, 4), grid(3, 4, step=29, shift=8), grid(2, 4, 3, step=17)]
    for options in ({}, {"eps": 0.25}, {"momentum": 0.25}, {"momentum": None}, {"affine": False},
                    {"track_running_stats": False}):
        layer("BatchNorm1d", nn.BatchNorm1d(4, **options), batches, {"num_features": 4, **options})
    for options in ({}, {"eps": 0.25}, {"track_running_stats": False}, {"affine": False}):
        layer("BatchNorm1d", nn.BatchNorm1d(4, **options), batches[:1],
              {"num_features": 4, **options}, train=False)
    first, last = nn.Linear(4, 5), nn.Linear(5, 2)
    layer("Sequential", nn.Sequential(first, nn.Tanh(), nn.BatchNorm1d(5), last), [grid(6, 4)], {})


def metrics():
    def count(op, inputs, outputs, options=None, origin=EXACT, **fields):
        add("metrics", op, options=options, inputs=inputs, outputs=outputs, origin=origin, **fields)

    scores = [[0.1, 0.7, 0.2], [0.5, 0.5, 0.1], [0.2, 0.1, 0.9], [0.3, 0.2, 0.1],
              [-1.0, -3.0, -2.0]]
    target = [1, 1, 2, 0, 2]  # a tie goes to the first: 1, 0, 2, 0, 0 are predicted
    column = [-0.25, 0.25, 0.75, 0.0, 0.5]
    answers = [0, 1, 0, 1, 1]  # above 0: 0, 1, 1, 0, 1; above 0.5: 0, 0, 1, 0, 0
    count("predicted_classes", [scores], [[1, 0, 2, 0, 0]])
    count("predicted_classes", [column], [[0, 1, 1, 0, 1]])
    count("predicted_classes", [[[x] for x in column]], [[0, 0, 1, 0, 0]], {"threshold": 0.5})
    count("predicted_classes", [target], [target])
    for options, right in ((None, 3), ({"threshold": 0.5}, 1)):
        count("accuracy", [column, answers], [right / 5], options)
        count("zero_one_loss", [column, answers], [(5 - right) / 5], options)
    count("correct", [scores, target], [torch.tensor([True, False, True, True, False])])
    count("correct", [column, answers], [torch.tensor([True, True, False, False, True])])
    count("correct", [column, answers], [torch.tensor([True, False, False, False, False])],
          {"threshold": 0.5})
    count("accuracy", [scores, target], [0.6])
    count("accuracy", [[2, 1, 0], [2, 0, 0]], [2 / 3])
    count("zero_one_loss", [scores, target], [0.4])
    count("accuracy", [torch.zeros(0, dtype=torch.int64), torch.zeros(0, dtype=torch.int64)],
          ["nan"])
    count("confusion_matrix", [scores, target], [[[1, 0, 0], [1, 1, 0], [1, 0, 1]]])
    count("confusion_matrix", [[2, 1, 0], [2, 0, 0]], [[[1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0],
                                                        [0, 0, 0, 0]]],
          {"num_classes": 4})
    count("confusion_matrix", [[2, 1, 0], [2, 0, 0]], [[[1, 1, 0], [0, 0, 0], [0, 0, 1]]])
    count("confusion_matrix", [column, answers], [[[1, 1], [1, 2]]])
    count("confusion_matrix", [column, answers], [[[1, 1], [3, 0]]], {"threshold": 0.5})

    newcombe = ("R. Newcombe, Two-sided confidence intervals for the single proportion, 1998, "
                "table I, method 3")
    for successes, trials, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605),
                                         (0, 20, 0.0, 0.1611),
                                         (1, 29, 0.0061, 0.1718)):
        count("wilson_interval", [], [[low, high]], {"successes": successes, "trials": trials},
              newcombe, atol=5e-5)
    z = mpmath.sqrt(2) * mpmath.erfinv(mpf(95) / 100)
    for successes, trials in ((81, 263), (0, 20), (20, 20), (1, 1), (990, 1000)):
        p, n = mpf(successes) / trials, mpf(trials)
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * mpmath.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        ends = [rounded(centre - half), rounded(centre + half)]
        count("wilson_interval", [], [ends], {"successes": successes, "trials": trials}, MPMATH,
              atol=1e-14)
    count("wilson_interval", [], [[0.0, 1.0]], {"successes": 0, "trials": 0})


def write_all():
    regression()
    of_classes()
    of_yes_or_no()
    layers()
    metrics()
