"""The list of mistakes: mistakes.txt, whose head says how it is written."""
import re


class Failure(Exception):
    """What ends the program, with nothing to be said about the mistakes."""


class Mistake:
    """One of them. Its fields are attributes, empty where the list does not have them."""

    def __init__(self, name):
        self.name, self.fields, self.lines = name, {}, {"-": [], "+": []}

    def __getattr__(self, field):
        return self.fields.get(field, "")

    @property
    def find(self):
        return "\n".join(self.lines["-"])

    @property
    def put(self):
        return "\n".join(self.lines["+"])

    def planted(self, text):
        return text.replace(self.find, self.put)


def read_mistakes(path):
    mistakes = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        heading = re.fullmatch(r"\[([a-z0-9-]+)\]", line)
        if heading:
            mistakes.append(Mistake(heading[1]))
            continue
        field = re.fullmatch(r"(kind|room|blame|file|compile) = (\S.*)", line)
        if not mistakes or not (field or line[:2] in ("- ", "+ ")):
            raise Failure(f"{path.name}:{number}: no [name], no field, and no line to find or put")
        if field:
            mistakes[-1].fields[field[1]] = field[2]
        else:
            mistakes[-1].lines[line[0]].append(line[2:])
    return mistakes


def fault_of(mistake, root):
    """Why it cannot be planted in the sources below `root`, if so."""
    missing = [f for f in ("kind", "room", "blame", "file") if f not in mistake.fields]
    if missing:
        return f"it does not say its {missing[0]}"
    if not mistake.find or mistake.find == mistake.put:
        return "it changes nothing"
    path = root / mistake.file
    if not path.is_file():
        return f"there is no {mistake.file}"
    count = path.read_text().count(mistake.find)
    return "" if count == 1 else f"its text is {count} times in {mistake.file}"


def check_all(mistakes, root):
    """Throws, with the names of all, where some cannot be planted."""
    faults = [f"{each.name}: {fault}" for each in mistakes if (fault := fault_of(each, root))]
    names = [each.name for each in mistakes]
    faults += [f"{name}: the name twice" for name in sorted(set(names)) if names.count(name) > 1]
    if faults:
        raise Failure("these cannot be planted:\n" + "\n".join(faults))
