# How gdb shows tensors: `print x` tells elements, shape, type, gradient, and what the tensor was computed from.
#
# The library carries this text, but for its comments, in a section of its file that is never loaded, and gdb runs it when
# it reads a program that was linked with the library. It calls nothing in the program and needs no debug information of
# the library, so that it also works with a Release build, and on a core file: where members lie, the library tells in the
# same section, as `tapegrad_tensor` (tensor/impl.cpp) and `tapegrad_tape` (tape/tape.cpp). Names here are those of gdb's
# own Python session, so that all begin with tapegrad.
import math
import re
import struct

import gdb
import gdb.printing

# Element types, in the order of DType: the name, and the letter of Python's struct.
tapegrad_dtypes = [("float32", "f"), ("float64", "d"), ("int64", "q"), ("bool", "?")]


# Where a history can have ended.
tapegrad_ends = [
    ("detach", "a detach()"),
    ("no_grad", "a NoGrad"),
    ("walk", "a gradient without create_graph"),
    ("choice", "argmax or argmin"),
    ("rounding", "a comparison or conversion"),
]


# `count` values at an address, of a kind that is a letter of struct's, or "pointer".
def tapegrad_read(address, kind, count=1):
    if kind == "pointer":
        kind = "Q" if tapegrad_tensor["pointer"] == 8 else "I"
    form = ("<" if tapegrad_tensor["little"] else ">") + str(count) + kind
    return list(struct.unpack(form, gdb.selected_inferior().read_memory(address, struct.calcsize(form))))


def tapegrad_read_one(address, kind):
    return tapegrad_read(address, kind)[0]


# The text at an address. Names are short.
def tapegrad_read_text(address):
    text = b""
    while b"\0" not in text and len(text) < 1000:
        text += bytes(gdb.selected_inferior().read_memory(address + len(text), 1))
    return text.split(b"\0")[0].decode()


def tapegrad_shape_text(shape):
    return "[" + ", ".join(str(size) for size in shape) + "]"


# The format of floating-point elements, by the same rules as in tensor/print.cpp.
def tapegrad_format(elements):
    counted = [abs(x) for x in elements if math.isfinite(x) and x != 0]
    smallest, largest = min(counted, default=math.inf), max(counted, default=0)
    whole = all(x == math.trunc(x) for x in counted)
    if largest / smallest > 1e3 or largest > 1e8 or (not whole and smallest < 1e-4):
        return "{:.4e}"
    return "{:.0f}." if whole else "{:.4f}"


# What is behind a handle: a detail::Impl.
class TapegradValue:
    def __init__(self, address):
        at = tapegrad_tensor
        self.address = address
        shape = tapegrad_read_one(address + at["shape"], "pointer") + at["sizes"]
        rank = tapegrad_read_one(shape + 8 * at["most_dims"], "i")
        dtype = tapegrad_read_one(address + at["dtype"], "B")
        if not 0 <= rank <= at["most_dims"] or dtype >= len(tapegrad_dtypes):
            raise ValueError("not a tensor")
        self.shape = tapegrad_read(shape, "q", rank)
        self.dtype, self.letter = tapegrad_dtypes[dtype]
        self.data = tapegrad_read_one(address + at["data"], "pointer")
        self.flags = tapegrad_read_one(address + at["flags"], "B")
        self.maker = tapegrad_read_one(address + at["maker"], "pointer")
        self.grad = tapegrad_read_one(address + at["grad"], "pointer")

    # The elements as lists in lists, as many as gdb's "print elements" allows: None stands for what is left out.
    def elements(self):
        limit = gdb.parameter("print elements") or math.inf
        if math.prod(self.shape) <= limit:
            return self.part(0, self.data, None)
        for edge in (3, 2, 1):
            if math.prod(min(size, 2 * edge) for size in self.shape) <= limit:
                return self.part(0, self.data, edge)
        return None

    def part(self, dim, address, edge):
        bytes_each = struct.calcsize("<" + self.letter) * math.prod(self.shape[dim + 1:])
        if dim == len(self.shape):
            return tapegrad_read_one(address, self.letter)

        def some(first, count):
            if dim + 1 == len(self.shape):
                return tapegrad_read(address + first * bytes_each, self.letter, count)
            return [self.part(dim + 1, address + i * bytes_each, edge) for i in range(first, first + count)]

        size = self.shape[dim]
        if edge is None or size <= 2 * edge:
            return some(0, size)
        return some(0, edge) + [None] + some(size - edge, edge)

    def text(self):
        if math.prod(self.shape) == 0:
            return "tensor([])"
        elements = self.elements()
        flat = []

        def flatten(part):
            for entry in part if isinstance(part, list) else [part]:
                flatten(entry) if isinstance(entry, list) else flat.append(entry)

        def write(part):
            if part is None:
                return "..."
            if isinstance(part, list):
                return "[" + ", ".join(write(entry) for entry in part) + "]"
            if self.letter in "q?" or not math.isfinite(part):
                return str(part).replace("-nan", "nan")
            return form.format(part)

        flatten(elements)
        form = tapegrad_format([x for x in flat if x is not None]) if self.letter in "fd" else None
        return "tensor(" + write(elements) + ")"

    def history(self):
        if self.maker:
            return tapegrad_history(self.maker, 3)
        if self.flags & tapegrad_tensor["requires_grad"]:
            return "leaf"
        ends = [end for name, end in tapegrad_ends if self.flags & tapegrad_tensor[name]]
        return "none" + (", it ended at " + " and ".join(ends) if ends else "")


# The call that made a value, and those before it: sum(mul(leaf [3], constant)).
def tapegrad_history(record, depth):
    name = tapegrad_operator(record)
    count = tapegrad_read_one(record + tapegrad_tape["inputs"], "I")
    first = record + 8 * tapegrad_read_one(record + tapegrad_tape["room"], "H")
    edges = tapegrad_read(first, "pointer", min(count, 5))
    if not any(edges):
        return name + ", whose graph was released"
    if depth == 0:
        return name + "(...)"
    return name + "(" + ", ".join([tapegrad_source(edge, depth) for edge in edges[:4]] + ["..."] * (count > 4)) + ")"


# Where an input came from: of a leaf, the lowest bit is set.
def tapegrad_source(edge, depth):
    if not edge:
        return "constant"
    if edge & 1:
        return "leaf " + tapegrad_shape_text(TapegradValue(edge & ~1).shape)
    return tapegrad_history(edge, depth - 1)


# The name of a record's operator. Its class is known by the table of virtual functions.
def tapegrad_operator(record):
    at, pointer = tapegrad_tape, tapegrad_tensor["pointer"]
    type_info = tapegrad_read_one(tapegrad_read_one(record, "pointer") - pointer, "pointer")
    if not type_info:
        return "operator"  # its file was compiled with -fno-rtti
    kind = tapegrad_read_text(tapegrad_read_one(type_info + pointer, "pointer")).lstrip("*")
    if kind.endswith("17ElementwiseRecordE"):
        info = tapegrad_read_one(record + at["record"], "pointer")
        return tapegrad_read_text(tapegrad_read_one(info + at["name"], "pointer"))
    if kind == "N8tapegrad6detail4PortE":
        name = tapegrad_read_text(tapegrad_read_one(record + at["port_name"], "pointer"))
        return "%s[%d]" % (name, tapegrad_read_one(record + at["port"], "i"))
    # RecordOf<Op, inputs> and ListRecordOf<Op, many>, whose Op has a variable with its name.
    parts = re.match("N8tapegrad6detail(8RecordOf|12ListRecordOf)I(.*)L[ib][0-9]+EEE$", kind)
    if not parts:
        return "operator"
    variable = "13operator_type" if parts[1] == "8RecordOf" else "18list_operator_type"
    try:
        info = int(gdb.parse_and_eval("&_ZN8tapegrad6detail%sI%sEE" % (variable, parts[2])))
        return tapegrad_read_text(tapegrad_read_one(info + at["name"], "pointer"))
    except (gdb.error, UnicodeDecodeError):  # stripped: the name of Op itself
        known = gdb.execute("demangle _ZTS" + kind, to_string=True)
        return re.sub(r".*RecordOf<(.*), [a-z0-9]+>\s*$", r"\1", known).split("::")[-1]


class TapegradTensorPrinter:
    def __init__(self, value):
        self.value = None
        self.parts = []
        try:
            address = int(value["impl_"])
            if not address:
                self.shown = "tensor(undefined)"
                return
            known = TapegradValue(address)
            self.shown = known.text()
            learns = known.maker or known.flags & tapegrad_tensor["requires_grad"]
            self.parts = [
                ("shape", tapegrad_shape_text(known.shape)),
                ("dtype", known.dtype),
                ("requires_grad", "true" if learns else "false"),
                ("grad", TapegradValue(known.grad).text() if known.grad else "none"),
                ("history", known.history()),
            ]
        except (gdb.error, ValueError, OverflowError, UnicodeDecodeError):
            self.shown = "tensor(none: not made yet, or gone)"
            self.parts = []

    def to_string(self):
        return self.shown

    def children(self):
        return iter(self.parts)


class TapegradShapePrinter:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        rank = int(self.value["rank_"])
        if not 0 <= rank <= tapegrad_tensor["most_dims"]:
            return "no shape: not made yet, or gone"
        return tapegrad_shape_text([int(self.value["sizes_"][i]) for i in range(rank)])


class TapegradLinearPrinter:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        try:
            shape = TapegradValue(int(self.value["weight"]["impl_"])).shape
            bias = "true" if int(self.value["bias"]["impl_"]) else "false"
            return "Linear(in_features=%d, out_features=%d, bias=%s)" % (shape[1], shape[0], bias)
        except (gdb.error, ValueError, IndexError):
            return "Linear"

    def children(self):
        return iter([("weight", self.value["weight"]), ("bias", self.value["bias"])])


# A layer of any type: the layer itself, whose type the debug information of the program tells.
class TapegradLayerPrinter:
    def __init__(self, value):
        self.held = None
        try:
            held = tapegrad_read_one(int(value["held_"].address), "pointer")
            base = gdb.lookup_type("tapegrad::nn::Layer::Held").pointer()
            whole = gdb.Value(held).cast(base)
            self.held = whole.cast(whole.dynamic_type).dereference()["layer"]
        except (gdb.error, TypeError):
            pass

    def to_string(self):
        return "Layer" if self.held is not None else "Layer of a type that is not known here"

    def children(self):
        return iter([("layer", self.held)] if self.held is not None else [])


def tapegrad_register():
    printers = gdb.printing.RegexpCollectionPrettyPrinter("tapegrad")
    printers.add_printer("Tensor", "^tapegrad::(Tensor|MutableGrad)$", TapegradTensorPrinter)
    printers.add_printer("Shape", "^tapegrad::Shape$", TapegradShapePrinter)
    printers.add_printer("Linear", "^tapegrad::nn::Linear$", TapegradLinearPrinter)
    printers.add_printer("Layer", "^tapegrad::nn::Layer$", TapegradLayerPrinter)
    gdb.printing.register_pretty_printer(gdb.current_objfile(), printers, replace=True)


tapegrad_register()
