"""Starts a server with the demo institute and lets schemathesis ask it whatever its description permits, and more, as each kind of
person: nobody may get an answer that is not described, and nothing may end in a 5xx.

    run.py <server> <report folder> [--examples N] [--roles admin,faculty,student] [--only REGEX]
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PASSWORD = "lamplight-demo"
# Who signs in, and how many of the described routes must have answered with success at least once: a run whose requests are all
# refused at the first door proves nothing. Counted by method and address, out of 128.
ROLES = {
    "admin": ("office@demo.lamplight.example", 60),
    "faculty": ("faculty1@demo.lamplight.example", 30),
    "student": ("gnm.student@demo.lamplight.example", 15),
}
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
]


class Server:
    def __init__(self, program, folder):
        settings = {"PATH": os.environ["PATH"], "HOST": "127.0.0.1", "PORT": "0", "DATA_DIR": str(folder / "data"), "LOG": "warn"}
        self.log = open(folder / "log", "wb")
        self.process = subprocess.Popen(
            [str(pathlib.Path(program).resolve()), "serve", "--demo"], env=settings, cwd=folder, stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        ready = re.search(r"http://\S+:(\d+)", self.process.stdout.readline())
        if not ready:
            sys.exit(f"the server did not start: {(folder / 'log').read_text()}")
        self.address = f"http://127.0.0.1:{ready.group(1)}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)


def try_as(role, arguments):
    started = time.monotonic()
    report = pathlib.Path(arguments.reports).resolve() / role
    report.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, Server(arguments.server, pathlib.Path(folder)) as server:
        command = [
            str(pathlib.Path(sys.executable).parent / "schemathesis"), "run", str(HERE / "../../docs/openapi.json"),
            "--url", server.address, "--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing",
            "--max-examples", str(arguments.examples), "--seed", "1859", "--generation-deterministic",
            "--continue-on-failure", "--no-shrink", "--warnings", "off", "--no-color",
            "--suppress-health-check", "all", "--request-timeout", "40", "--report", "ndjson", "--report-ndjson-path", str(report / "events.ndjson"),
        ]
        if arguments.only:
            command += ["--include-path-regex", arguments.only]
        environment = {
            "PATH": os.environ["PATH"], "HOME": folder, "NO_PROXY": "*", "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LAMPLIGHT_API": server.address, "LAMPLIGHT_API_EMAIL": ROLES[role][0], "LAMPLIGHT_API_PASSWORD": PASSWORD,
        }
        with open(report / "said.txt", "w") as said:
            done = subprocess.run(command, env=environment, cwd=folder, stdout=said, stderr=subprocess.STDOUT)
        died = server.process.poll() is not None
        server.log.flush()
        (report / "server.log").write_bytes((pathlib.Path(folder) / "log").read_bytes())
    if not (report / "events.ndjson").exists():
        print(f"{role}: schemathesis did not begin:\n" + (report / "said.txt").read_text())
        return False
    answers, reached = count(report / "events.ndjson")
    took = time.monotonic() - started
    numbers = ", ".join(f"{number} × {status}" for status, number in sorted(answers.items()))
    print(f"{role}: {sum(answers.values())} requests in {took:.0f} s, {reached} routes answered 2xx; {numbers}", flush=True)
    if not arguments.only and reached < ROLES[role][1]:
        print(f"{role}: FAILED, only {reached} routes answered with success: too few to prove much")
        return False
    if done.returncode or died:
        print((report / "said.txt").read_text()[-30000:])
        print(f"{role}: FAILED" + (", and the server had ended by itself" if died else ""))
        return False
    return True


def count(events):
    """How many answers of each status there were, and how many routes answered with success."""
    answers, reached = collections.Counter(), set()
    for line in events.read_text().splitlines():
        event = json.loads(line).get("ScenarioFinished")
        if not event:
            continue
        for interaction in event["recorder"].get("interactions", {}).values():
            if response := interaction.get("response"):
                answers[response["status_code"]] += 1
                label = event["recorder"]["label"]
                # Other methods are tried at the same address too.
                if response["status_code"] < 300 and label.startswith(interaction["request"]["method"] + " "):
                    reached.add(label)
    return answers, len(reached)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("server")
    parser.add_argument("reports")
    parser.add_argument("--examples", type=int, default=10)
    parser.add_argument("--roles", default=",".join(ROLES))
    parser.add_argument("--only")
    arguments = parser.parse_args()
    # A server that nobody ends would stay.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # Each on a server of its own, so that they know nothing of each other.
    with concurrent.futures.ThreadPoolExecutor() as threads:
        results = list(threads.map(lambda role: try_as(role, arguments), arguments.roles.split(",")))
    sys.exit(0 if all(results) else 1)


main()
