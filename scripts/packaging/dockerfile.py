"""Carries out packaging/docker/Dockerfile as far as that goes without Docker: in folders that hold only what its COPY lines bring.

What is really run: the steps of the pages, the question to the container's health. With FULL=1 also the build of the server, which
otherwise is held against what it needs (manifests, lock file, every module and every file that is compiled in). What is not run: the steps
of the last stage, which make an account of the system; what they and the other lines say of each other is compared.
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time

REPO = pathlib.Path(__file__).resolve().parents[2]
FILE = REPO / "packaging/docker/Dockerfile"
FULL = os.environ.get("FULL") == "1"


def fail(message):
    sys.exit(f"FAILED: {message}")


def check(is_so, message):
    if not is_so:
        fail(message)


class Ignored:
    """What .dockerignore keeps from the builder: the last line that matches a path, or a folder above it, decides."""

    def __init__(self, text):
        self.rules = []
        for line in map(str.strip, text.splitlines()):
            if line and not line.startswith("#"):
                keeps = line.startswith("!")
                self.rules.append((re.compile(self.expression(line.lstrip("!").strip("/"))), keeps))

    @staticmethod
    def expression(pattern):
        parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
        known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
        return "^" + "".join(known.get(part, re.escape(part)) for part in parts) + "(?:/.*)?$"

    def __call__(self, path):
        is_ignored = False
        for rule, keeps in self.rules:
            if rule.match(path):
                is_ignored = not keeps
        return is_ignored


def instructions(text):
    text = re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", text))
    for line in filter(None, map(str.strip, text.splitlines())):
        name, rest = line.split(None, 1)
        yield name.upper(), rest


class Stage:
    def __init__(self, name, image, folder):
        self.name, self.image, self.root = name, image, folder
        self.workdir = pathlib.PurePosixPath("/")
        self.env, self.said = {}, {}
        folder.mkdir()

    def inside(self, path):
        """Where a path of the image is on this machine."""
        return self.root / str(self.workdir / path).lstrip("/")


def copy_in(stage, arguments, stages, context):
    flags = [word for word in arguments if word.startswith("--")]
    *sources, target = [word for word in arguments if not word.startswith("--")]
    place = stage.inside(target)
    is_folder = target.endswith("/") or len(sources) > 1
    for source in sources:
        from_stage = next((flag.split("=")[1] for flag in flags if flag.startswith("--from=")), None)
        if from_stage:
            origin = stages[from_stage]
            found = origin.root / source.lstrip("/")
            if not found.exists() and source.startswith("/etc/"):
                # Part of the image, not of what was made in it. This machine is a Debian too.
                found = pathlib.Path(source)
            if not found.exists() and not FULL and source.endswith("/release/lamplight"):
                found = pathlib.Path(os.environ["LAMPLIGHT_BIN"])
            check(found.exists(), f"COPY --from={from_stage} {source}: nothing has made it")
            files = {found: ""} if found.is_file() else {f: f.relative_to(found) for f in found.rglob("*") if f.is_file()}
        else:
            below = source.strip("/")
            files = {REPO / f: f[len(below) :].lstrip("/") for f in context if f == below or f.startswith(below + "/")}
            check(files, f"COPY {source}: it is not there, or .dockerignore keeps it out")
        for file, rest in files.items():
            to = place / rest if rest else place / file.name if is_folder else place
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, to)


def run(command, stage):
    print(f"{stage.name}: {command}", flush=True)
    environment = {**os.environ, **stage.env}
    environment.pop("CARGO_TARGET_DIR", None)
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=stage.inside("."), env=environment, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    check(done.returncode == 0, f"{stage.name}: RUN {command}: status {done.returncode}\n{done.stdout}")


def has_all_it_needs(stage):
    """What `cargo build` would stumble over, without the minutes that it takes."""
    here = stage.inside(".")
    print(f"{stage.name}: manifests, lock file, modules and files that are compiled in (FULL=1 builds it)", flush=True)
    metadata = subprocess.run(
        ["cargo", "metadata", "--locked", "--format-version=1"], cwd=here, capture_output=True, text=True, check=False
    )
    check(metadata.returncode == 0, f"{stage.name}: cargo metadata: {metadata.stderr}")
    members = {member["id"]: member for member in json.loads(metadata.stdout)["packages"]}
    for member in json.loads(metadata.stdout)["workspace_members"]:
        for target in members[member]["targets"]:
            # It goes through every module, and does not find one that is missing.
            style = ["rustfmt", "--check", "--quiet", "--edition=2024", f"--config-path={REPO}", target["src_path"]]
            walked = subprocess.run(style, cwd=here, capture_output=True, text=True, check=False)
            check(walked.returncode == 0, f"{stage.name}: {target['src_path']}: {walked.stderr or walked.stdout}")
    for source in here.glob("*/**/*.rs"):
        text = source.read_text()
        crate = next(folder for folder in source.parents if (folder / "Cargo.toml").exists())
        wanted = [source.parent / name for name in re.findall(r'include_(?:str|bytes)!\(\s*"([^"]+)"', text)]
        wanted += [crate / name / "index.html" for name in re.findall(r'#\[folder = "([^"]+)"\]', text)]
        for file in wanted:
            check(file.exists(), f"{source.relative_to(here)} compiles {os.path.relpath(file, here)} in, which is not there")


def libraries(program):
    said = subprocess.run(["objdump", "-p", program], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"NEEDED\s+(\S+)", said))


def commands_of_head():
    """What the head of the file says to type: how Docker is to start it, and what of it the program is given."""
    head = re.match(r"(?:#.*\n)+", FILE.read_text())[0]
    for line in re.findall(r"(?m)^\s+docker ((?:run|exec) .*)$", re.sub(r"\\\n\s*", " ", re.sub(r"(?m)^#", "", head))):
        how, *words = shlex.split(line)
        given = {"--name", "--publish", "--volume"}
        image = next(i for i, word in enumerate(words) if not word.startswith("-") and words[i - 1] not in given)
        # `exec` names the program once more.
        yield "serve" if "--detach" in words[:image] else how, words[image + (2 if how == "exec" else 1) :]


def is_healthy(stage, work):
    """Starts what the container would start, in the order of the file's head, and asks what Docker would ask."""
    program, arguments = json.loads(stage.said["ENTRYPOINT"]), json.loads(stage.said["CMD"])
    question = json.loads(re.split(r"\sCMD\s", stage.said["HEALTHCHECK"], maxsplit=1)[1])
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    environment = {"PATH": os.environ["PATH"], **stage.env, "DATA_DIR": str(work / "data"), "PORT": port, "LOG": "error"}
    is_well = lambda: subprocess.run(question, env=environment, capture_output=True, check=False).returncode == 0
    check(not is_well(), "the health is good before anything runs")
    start = [str(stage.inside(program[0])), *program[1:]]
    head = list(commands_of_head())
    check([how for how, _ in head].count("serve") == 1 and any("admin" in words for _, words in head), f"the head says {head}")

    def typed(words):
        done = subprocess.run(
            start + words, env=environment, cwd=stage.inside("."), input="of-a-first-administrator", text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        check(done.returncode == 0, f"{' '.join(words)}, as the head of the file has it: {done.stdout}")

    place = [how for how, _ in head].index("serve")
    for _, words in head[:place]:
        typed(words)
    command = start + (head[place][1] or arguments)
    server = subprocess.Popen(command, env=environment, cwd=stage.inside("."), stdout=subprocess.DEVNULL)
    try:
        for _ in range(300):
            if is_well():
                break
            check(server.poll() is None, f"{command} has ended")
            time.sleep(0.1)
        check(is_well(), "the health never gets good")
        for _, words in head[place + 1 :]:
            typed(words)
        server.terminate()
        check(server.wait(60) == 0, "it does not end well")
        check(not is_well(), "the health is good when nothing runs any more")
    finally:
        server.kill()
    # What answers, but not with 200.
    with socket.create_server(("127.0.0.1", int(port))) as other:
        asking = subprocess.Popen(question, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stream, _ = other.accept()
        stream.recv(1000)
        stream.sendall(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
        stream.close()
        check(asking.wait(10) != 0, "the health is good with 503")
    print(f"{stage.name}: {' '.join(program + arguments)} gets healthy, and ends with SIGTERM", flush=True)


def last_stage_is_of_one_mind(stage):
    said = stage.said
    program = stage.inside(json.loads(said["ENTRYPOINT"])[0])
    check(program.is_file(), f"ENTRYPOINT {said['ENTRYPOINT']}: nothing was copied there")
    account = re.search(r"useradd .*--uid (\d+)", said["RUN"])
    group = re.search(r"groupadd .*--gid (\d+)", said["RUN"])
    check(said["USER"] == f"{account[1]}:{group[1]}", f"USER {said['USER']} is not the account that is made")
    check(said["VOLUME"] == stage.env["DATA_DIR"], "VOLUME is not DATA_DIR")
    check(re.search(rf"install --directory --owner lamplight .* {stage.env['DATA_DIR']}\s", said["RUN"]), "nobody makes DATA_DIR")
    check(said["EXPOSE"] == stage.env["PORT"], "EXPOSE is not PORT")
    settings = set(re.findall(r"(?m)^\| `(\w+)` \|", (REPO / "docs/settings.md").read_text()))
    check(set(stage.env) <= settings, f"ENV: no such setting: {set(stage.env) - settings}")
    # All that is in debian:bookworm-slim.
    known = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
    check(libraries(program) <= known, f"the image does not have {libraries(program) - known}")


def main(work):
    ignored = Ignored((REPO / ".dockerignore").read_text())
    for path in ("target/a", "data/lamplight.db", "ui/dist/index.html", "ui/node_modules/a/b", ".git/config", "packaging/docker/.env"):
        check(ignored(path), f".dockerignore lets {path} through")
    listed = ["git", "-C", str(REPO), "ls-files", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.splitlines()
    context = [file for file in files if not ignored(file) and (REPO / file).is_file()]

    stages, stage = {}, None
    for name, rest in instructions(FILE.read_text()):
        if name == "FROM":
            image, *called = rest.split()
            named = called[1] if called else "last"
            stage = stages[named] = Stage(named, image, work / named)
        elif name == "WORKDIR":
            stage.workdir /= rest
            stage.inside(".").mkdir(parents=True, exist_ok=True)
        elif name == "COPY":
            copy_in(stage, shlex.split(rest), stages, context)
        elif name == "ENV":
            stage.env.update(pair.split("=", 1) for pair in shlex.split(rest))
        elif name == "RUN" and stage.name == "last":
            # Through once, to see that a shell can read it.
            check(subprocess.run(["/bin/sh", "-n", "-c", rest], check=False).returncode == 0, f"RUN {rest}")
            stage.said[name] = rest
        elif name == "RUN" and rest.startswith("cargo build") and not FULL:
            has_all_it_needs(stage)
        elif name == "RUN":
            run(rest, stage)
        else:
            stage.said[name] = rest
    check(list(stages)[-1] == "last", "the last stage has a name")
    last_stage_is_of_one_mind(stage)
    is_healthy(stage, work)


main(pathlib.Path(sys.argv[1]))
