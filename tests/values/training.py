"""Optimizers, clipping and schedules from PyTorch."""
import torch
from torch import optim
from torch.optim import lr_scheduler

from table import EXACT, TORCH, add, double, grid, inf

SHAPES = ((2, 3), (5,))  # of two parameters


def numbers(step):
    """The gradients of a step: of changing sign and size."""
    return [grid(*shape, step=29, shift=17 * step + 5 * i) * (0.5 + step) for i,
            shape in enumerate(SHAPES)]


def optimizer(op, options, steps=4, torch_options=None):
    parameters = [(grid(*shape, step=17, shift=8 * i)).requires_grad_() for i,
                  shape in enumerate(SHAPES)]
    made = getattr(optim, op)(parameters, **(torch_options or options))
    gradients, outputs = [], []
    for step in range(steps):
        gradients.append(numbers(step))
        for parameter, gradient in zip(parameters, gradients[-1]):
            parameter.grad = gradient.clone()
        made.step()
        outputs.append([p.detach().clone() for p in parameters])
    start = [grid(*shape, step=17, shift=8 * i) for i, shape in enumerate(SHAPES)]
    options = dict(options)
    if "betas" in options:
        options["betas"] = list(options["betas"])
    add("optimizers", op, options=options, start=start, gradients=gradients, outputs=outputs,
        origin=TORCH)


def optimizers():
    # PyTorch has no default for the learning rate of SGD; it is 1e-3 here, as in later versions of
    # it.
    optimizer("SGD", {}, torch_options={"lr": 1e-3})
    for options in ({"lr": 0.1}, {"weight_decay": 0.25}, {"maximize": True}, {"momentum": 0.9},
                    {"momentum": 0.9, "dampening": 0.25}, {"momentum": 0.9, "nesterov": True,
                                                           "weight_decay": 0.1}):
        optimizer("SGD", {"lr": 0.125, **options})
    for op in ("Adam", "AdamW"):
        for options in ({}, {"lr": 0.1}, {"betas": (0.5, 0.75)}, {"eps": 0.25},
                        {"weight_decay": 0.25},
                        {"amsgrad": True, "betas": (0.5, 0.25)}, {"maximize": True}):
            optimizer(op, options, 5)
    for options in ({}, {"lr": 0.1}, {"alpha": 0.5}, {"eps": 0.25}, {"weight_decay": 0.25},
                    {"momentum": 0.75},
                    {"centered": True}, {"centered": True, "momentum": 0.5, "alpha": 0.75},
                    {"maximize": True}):
        optimizer("RMSprop", options)
    for options in ({}, {"lr": 0.1}, {"lr_decay": 0.5}, {"weight_decay": 0.25},
                    {"initial_accumulator_value": 0.5},
                    {"eps": 0.25}, {"maximize": True}):
        optimizer("Adagrad", options)


def clipping():
    gradients = numbers(1)
    for options in ({"max_norm": 2.0}, {"max_norm": 2.0, "norm_type": 1.0},
                    {"max_norm": 0.5, "norm_type": inf},
                    {"max_norm": 0.5, "norm_type": 3.0}, {"max_norm": 1000.0},
                    {"max_norm": 2.0, "error_if_nonfinite": True}):
        parameters = [torch.zeros(shape, dtype=torch.float64, requires_grad=True)
                      for shape in SHAPES]
        for parameter, gradient in zip(parameters, gradients):
            parameter.grad = gradient.clone()
        norm = torch.nn.utils.clip_grad_norm_(parameters, **options)
        add("clipping", "clip_grad_norm_", options=options, gradients=gradients, norm=norm.item(),
            outputs=[p.grad for p in parameters], origin=TORCH)
    parameters = [torch.zeros(shape, dtype=torch.float64, requires_grad=True) for shape in SHAPES]
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = gradient.clone()
    torch.nn.utils.clip_grad_value_(parameters, 0.75)
    add("clipping", "clip_grad_value_", options={"clip_value": 0.75}, gradients=gradients,
        outputs=[p.grad for p in parameters], origin=TORCH)


def two_groups(base="SGD"):
    make = lambda: torch.zeros(1, requires_grad=True)
    if base == "SGD":
        return optim.SGD([{"params": [make()], "lr": 0.5}, {"params": [make()], "lr": 0.03}], lr=1,
                         momentum=0.9)
    return optim.Adam([{"params": [make()], "lr": 0.5}, {"params": [make()], "lr": 0.03}])


def schedule(op, options, steps, base="SGD", **fields):
    used = two_groups(base)
    made = getattr(lr_scheduler, op)(used, **fields.pop("torch_options", options))
    rates, momenta = [], []
    for step in range(steps + 1):
        rates.append([group["lr"] for group in used.param_groups])
        momenta.append([group["momentum"] if base == "SGD" else group["betas"][0]
                        for group in used.param_groups])
        used.step()
        if step < steps:
            made.step(*(fields["metrics"][step:step + 1] if "metrics" in fields else []))
    add("schedules", op, options=options, base=base, outputs=[double(rates), double(momenta)],
        origin=TORCH, **fields)


def schedules():
    schedule("StepLR", {"step_size": 3}, 10)
    schedule("StepLR", {"step_size": 2, "gamma": 0.5}, 7)
    schedule("MultiStepLR", {"milestones": [2, 5, 5, 9]}, 12)
    schedule("MultiStepLR", {"milestones": [6, 1], "gamma": 0.75}, 8)
    schedule("MultiStepLR", {}, 3, torch_options={"milestones": []})
    schedule("ExponentialLR", {}, 6,
             torch_options={"gamma": 0.9})  # which PyTorch has no default for
    schedule("ExponentialLR", {"gamma": 0.5}, 6)
    schedule("CosineAnnealingLR", {"T_max": 6}, 20)
    schedule("CosineAnnealingLR", {"T_max": 5, "eta_min": 0.01}, 13)
    schedule("LinearLR", {}, 8)
    schedule("LinearLR", {"start_factor": 0.25, "end_factor": 0.75, "total_iters": 3}, 6)
    one = {"max_lr": 0.75, "total_steps": 11}
    for options in ({}, {"pct_start": 0.5}, {"anneal_strategy": "linear"},
                    {"cycle_momentum": False},
                    {"base_momentum": 0.5, "max_momentum": 0.75},
                    {"div_factor": 4.0, "final_div_factor": 10.0},
                    {"three_phase": True}):
        schedule("OneCycleLR", {**one, **options}, 10)
    schedule("OneCycleLR", one, 10, "Adam")
    falling = [1.0, 0.75, 0.75, 0.7499999, 0.5, 0.5, 0.625, 0.5, 0.5, 0.375, 0.375, 0.5, 0.5, 0.5,
               0.5, 0.5]
    for options in ({}, {"patience": 1}, {"factor": 0.5, "patience": 1},
                    {"mode": "max", "patience": 2},
                    {"threshold": 0.5, "patience": 1}, {"threshold": 0.2, "threshold_mode": "abs",
                                                        "patience": 1},
                    {"cooldown": 2, "patience": 0}, {"min_lr": 0.01, "patience": 0},
                    {"eps": 1e-3, "patience": 0}):
        schedule("ReduceLROnPlateau", options, 16, metrics=falling)
    schedule("ReduceLROnPlateau", {}, 13, metrics=[1.0] * 13)
    # Of a negative figure PyTorch takes a share of its value, not of its size: nothing is ever
    # better than -1.
    add("schedules", "ReduceLROnPlateau", options={"threshold": 0.5, "patience": 0}, base="SGD",
        metrics=[-1.0, -1.25, -1.625, -2.0], origin=EXACT,
        outputs=[[[0.5, 0.03], [0.5, 0.03], [0.05, 0.003], [0.05, 0.003], [0.005, 0.0003]],
                 [[0.9, 0.9]] * 5])


def write_all():
    optimizers()
    clipping()
    schedules()
