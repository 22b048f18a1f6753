"""A copy of the sources, its build without a mistake, and how its parts are made anew."""
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import threading
from pathlib import Path

from listing import Failure

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = ("graph_check", "tapegrad_tests")


class Stopped(Exception):
    """Somebody has interrupted it."""


running, running_lock, stopped = set(), threading.Lock(), threading.Event()


def execute(command, folder, limit=None, **more):
    """Runs a command; returns its exit status, or None where it took more than `limit` seconds.

    It is ended by SIGTERM at first, since Catch then says where it was.
    """
    with running_lock:
        if stopped.is_set():
            raise Stopped
        process = subprocess.Popen(command, cwd=folder, start_new_session=True,
                                   stdin=subprocess.DEVNULL, **more)
        running.add(process)
    try:
        try:
            status = process.wait(limit)
        except subprocess.TimeoutExpired:
            status = None
            for what in (signal.SIGTERM, signal.SIGKILL):
                os.killpg(process.pid, what)
                try:
                    process.wait(10)
                    break
                except subprocess.TimeoutExpired:
                    pass
    finally:
        with running_lock:
            running.discard(process)
    if stopped.is_set():
        raise Stopped
    return status


def stop_all():
    """Ends what runs; nothing starts any more."""
    stopped.set()
    with running_lock:
        for process in running:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def copy_tracked(to, tests):
    """Copies the tracked files as they are now, and of tests those that match `tests`. What has
    not changed keeps its time.
    """
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    wanted = {n for n in listed.stdout.decode().split("\0") if n and (ROOT / n).is_file()}
    wanted = {n for n in wanted if not n.endswith("_test.cpp") or re.search(tests, n)}
    for path in [p for p in to.rglob("*") if p.is_file()] if to.exists() else []:
        name = path.relative_to(to)
        if str(name) not in wanted and name.parts[0] != "build":
            path.unlink()
    for name in sorted(wanted):
        source, target = ROOT / name, to / name
        if target.is_file() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


class Build:
    """The build of a copy in `folder`. Of a type that CMake does not know: each file is compiled by
    itself, and not optimised much. It stands below the copy, where `build/dev` of a checkout does,
    so that a compiler cache has what was compiled there with these options.
    """

    def __init__(self, folder, jobs, tests, say):
        self.folder, self.source = folder, folder / "source"
        self.build = self.source / "build/dev"
        self.copy_to = lambda to: copy_tracked(to, tests)
        self.copy_to(self.source)
        ninja = shutil.which("ninja")
        say(f"Configuring {self.build}")
        self.step("cmake", "-S", self.source, "-B", self.build, "--log-level=NOTICE",
                  "-G", "Ninja" if ninja else "Unix Makefiles",
                  "-DCMAKE_BUILD_TYPE=Dev", "-DCMAKE_CXX_FLAGS=-O1",
                  "-DTAPEGRAD_BUILD_TESTS=ON", "-DTAPEGRAD_BUILD_EXAMPLES=ON",
                  "-DTAPEGRAD_BUILD_BENCHMARKS=OFF")
        say("Building")
        self.step("cmake", "--build", self.build, "--parallel", str(jobs), "--target", *PROGRAMS)
        self.read_units()
        self.links = {name: self.link_command(name, ninja) for name in PROGRAMS}
        self.members = {name: self.members_of(name) for name in PROGRAMS}
        self.includes = {}

    def step(self, *command):
        if execute([str(each) for each in command], self.folder) != 0:
            raise Failure(f"failed: {shlex.join(str(each) for each in command)}")

    def read_units(self):
        """self.units: for each object the source, the command, and the folder to run it in."""
        self.units = {}
        for entry in json.loads((self.build / "compile_commands.json").read_text()):
            command, folder = shlex.split(entry["command"]), Path(entry["directory"])
            output = (folder / command[command.index("-o") + 1]).resolve()
            self.units[output] = (Path(entry["file"]), command, folder)

    def link_command(self, name, ninja):
        """The command that links a program, and the folder to run it in."""
        if ninja:
            folder = self.build
            text = subprocess.run(["ninja", "-t", "commands", name], cwd=folder, check=True,
                                  text=True, stdout=subprocess.PIPE).stdout
        else:
            path = next(self.build.rglob(f"{name}.dir/link.txt"))
            folder, text = path.parent.parent.parent, path.read_text()
        for line in reversed(text.splitlines()):
            for part in line.split(" && "):
                words = shlex.split(part) if " -o " in part else []
                if "-o" in words and "-c" not in words and self.output_of(words).name == name:
                    return words, folder
        raise Failure(f"found no command that links {name}")

    @staticmethod
    def output_of(command):
        return Path(command[command.index("-o") + 1])

    def program(self, name):
        command, folder = self.links[name]
        return (folder / self.output_of(command)).resolve()

    def members_of(self, name):
        """The libraries and names of the objects in archives that a program has. GNU ld has to be
        asked twice.
        """
        command, folder = self.links[name]
        traced = subprocess.run([*command, "-Wl,--trace,--trace"], cwd=folder, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        found = set(re.findall(r"lib(\w+)\.a[()]([^\s()]+\.o)\b", traced.stdout))
        if traced.returncode != 0 or not found:
            raise Failure(f"the linker does not say what {name} is made of:\n{traced.stdout}")
        return found

    def is_of_library(self, output):
        return output.is_relative_to(self.build / "CMakeFiles")

    def is_member(self, output, members):
        """Whether an object is one of these of archives."""
        if not self.is_of_library(output):
            return False
        # "name.dir", or "name_small.dir" of those that are compiled to be small.
        library = output.relative_to(self.build / "CMakeFiles").parts[0]
        return (library.removesuffix(".dir").removesuffix("_small"), output.name) in members

    def given(self, name):
        """The objects that stand in the command that links a program."""
        command, folder = self.links[name]
        return {(folder / word).resolve() for word in command if word.endswith(".o")}

    def link(self, name, made, output):
        """Links a program with the objects `made`, a dictionary from the old ones. False, and
        nothing is done, where none of these is in the program.

        They stand first: of what is in many objects, as inline functions are, theirs is taken, and
        of an archive nothing that they have.
        """
        command, folder = self.links[name]
        given, members = self.given(name), self.members[name]
        first = [each for each in made if each in given or self.is_member(each, members)]
        if not first:
            return False
        words = [word for word in command
                 if not word.endswith(".o") or (folder / word).resolve() not in first]
        words[words.index("-o") + 1] = str(output)
        at = next(i for i, word in enumerate(words) if word == "-o" or word.endswith((".o", ".a")))
        words[at:at] = [str(made[each]) for each in first]
        with open(f"{output}.link", "w") as log:
            if execute(words, folder, stdout=log, stderr=subprocess.STDOUT) != 0:
                raise OSError(f"does not link, see {log.name}")
        return True

    def reached(self, path, seen):
        """Adds to `seen` what `path` includes, which is named from the top, or from examples."""
        if path not in self.includes:
            found = []
            for name in re.findall(r'^#include ["<]([^">]+)[">]', path.read_text(), re.M):
                places = (self.source / name, path.parent / name, self.source / "examples" / name)
                found += [place for place in places if place.is_file()][:1]
            self.includes[path] = found
        for each in self.includes[path]:
            if each not in seen:
                seen.add(each)
                self.reached(each, seen)
        return seen

    def objects_of(self, mistake):
        """What has to be compiled again. A `*.kernels.cpp` is so by files that include it, one for
        each instruction set, in the build folder.
        """
        changed = self.source / mistake.file
        given = set().union(*(self.given(name) for name in PROGRAMS))
        kernels = self.build / "kernels"
        found = []
        for output, (source, _, _) in self.units.items():
            if output not in given and not self.is_of_library(output):
                continue
            top = kernels if source.is_relative_to(kernels) else self.source
            wanted = tuple(mistake.compile.split())
            if wanted and not str(source.relative_to(top)).startswith(wanted):
                continue
            if source == changed or changed in self.reached(source, set()):
                found.append(output)
        return found
