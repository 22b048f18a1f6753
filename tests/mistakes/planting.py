"""Plants one mistake, and says what sees it."""
import collections
import json
import re
import shutil
import signal
import subprocess
import time
import xml.sax.saxutils

from building import PROGRAMS, execute
from listing import Failure

ARGUMENTS = {
    "graph_check": ["--json"],
    "tapegrad_tests": ["--abort", "--reporter", "xml"],
}


class Seen:
    """What has seen a mistake."""

    def __init__(self, mistake):
        self.mistake = mistake
        self.fault = ""  # why it could not be built
        self.battery, self.checks = [], set()  # rows that are wrong, parts that found something
        self.tests = ""  # the first that fails
        self.unasked = False  # the tests have not run, since the battery has seen it
        self.blamed = collections.Counter()

    @property
    def survived(self):
        return not self.fault and not self.battery and not self.tests

    @property
    def right(self):
        """True when nobody is blamed in more rows than the operator that is wrong."""
        most = max(self.blamed.values(), default=0)
        return most > 0 and self.blamed[self.mistake.blame] == most


def how_it_ended(status):
    if status is None:
        return "hang"
    return f"crash ({signal.Signals(-status).name})" if status < 0 else ""


def read_battery(seen, status, output):
    """A row that is wrong blames its culprits or, where it names none, its own operator."""
    try:
        rows = json.loads(output.read_text())
    except ValueError:
        seen.battery = [how_it_ended(status) or f"no table, exit status {status}"]
        return
    for row in rows:
        if row["ok"]:
            continue
        seen.battery.append(row["name"])
        seen.checks.update(finding["check"] for finding in row["findings"])
        names = {culprit["operator"] for culprit in row["culprits"]}
        if not names and row["kind"] == "operator":
            names = {row["name"]}
        seen.blamed.update(names)


def read_tests(seen, status, output, errors):
    """The last test case that began is the one that failed."""
    if status == 0:
        return
    text = output.read_text(errors="replace")
    names = re.findall(r"<TestCase name=(?:\"([^\"]*)\"|'([^']*)')", text)
    last = "".join(names[-1]) if names else "none had begun"
    last = xml.sax.saxutils.unescape(last, {"&quot;": '"', "&apos;": "'"})
    leak = re.search(r'^LEAK: after "(.*)"', errors.read_text(errors="replace"), re.M)
    ended = how_it_ended(status)
    if ended:
        seen.tests = f"{ended}: {last}"
    elif leak and 'success="false"' not in text:
        seen.tests = f"leak: {leak[1]}"
    else:
        seen.tests = last


def run_program(name, program, folder, limit, more=()):
    """Exit status, standard output and errors, which are files."""
    output, errors = folder / f"{name}.out", folder / f"{name}.err"
    with open(output, "w") as out, open(errors, "w") as err:
        status = execute([str(program), *ARGUMENTS[name], *more], folder, limit, stdout=out,
                         stderr=err)
    return status, output, errors


def limits_of(build, say):
    """How many seconds each program may take: more than without a mistake. It must pass then."""
    limits = {}
    folder = build.folder / "results"
    folder.mkdir(exist_ok=True)
    for name in PROGRAMS:
        say(f"Running {name} without a mistake")
        begun = time.monotonic()
        status, output, _ = run_program(name, build.program(name), folder, None)
        if status != 0:
            raise Failure(f"without a mistake {name} ends with status {status}; see {output}")
        took = time.monotonic() - begun
        limits[name] = 60 + 5 * took
        print(f"It passes in {took:.0f} s; with a mistake it may take {limits[name]:.0f} s.")
    return limits


class Worker:
    """Has a copy of the sources in which one mistake at a time is planted."""

    def __init__(self, build, number, limits, first):
        self.build, self.limits, self.first = build, limits, first
        self.source = build.folder / f"planted-{number}"
        build.copy_to(self.source)

    def compile(self, mistake, folder):
        """A dictionary from old objects to new ones."""
        made = {}
        for output in self.build.objects_of(mistake):
            _, command, place = self.build.units[output]
            made[output] = folder / f"{len(made)}-{output.name}"
            # A definition of the folder of the sources is for tests that read them all.
            # The copies of kernels stand in the build folder.
            words = [word if word.startswith("-D") or str(self.build.build) in word
                     else word.replace(str(self.build.source), str(self.source))
                     for word in command]
            words[words.index("-o") + 1] = str(made[output])
            with open(folder / "compile.log", "a") as log:
                if execute(words, place, stdout=log, stderr=subprocess.STDOUT) != 0:
                    raise OSError(f"does not compile, see {log.name}")
        if not made:
            raise OSError(f"nothing in this build is made of {mistake.file}")
        return made

    def run(self, mistake):
        seen = Seen(mistake)
        folder = self.build.folder / "results" / mistake.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        path = self.source / mistake.file
        right = path.read_text()
        try:
            try:
                path.write_text(mistake.planted(right))
                made = self.compile(mistake, folder)
            finally:
                path.write_text(right)
            linked = 0
            for name in PROGRAMS:
                if self.first and seen.battery:
                    seen.unasked = True
                    break
                program = folder / name
                if not self.build.link(name, made, program):
                    continue
                linked += 1
                if self.first and name == "graph_check" and mistake.blame != "-":
                    # That operator alone, which is quick; status 2 where it has no row.
                    status, output, _ = run_program(name, program, folder, self.limits[name],
                                                    [mistake.blame])
                    if status not in (0, 2):
                        read_battery(seen, status, output)
                        continue
                status, output, errors = run_program(name, program, folder, self.limits[name])
                if name == "graph_check":
                    read_battery(seen, status, output)
                else:
                    read_tests(seen, status, output, errors)
            if not linked:
                raise OSError(f"no program has what is made of {mistake.file}")
        except OSError as error:
            seen.fault = str(error)
        finally:
            for each in folder.iterdir():  # what the programs said stays
                if each.suffix == ".o" or each.name in PROGRAMS:
                    each.unlink()
        return seen
