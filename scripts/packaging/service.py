"""Holds the commands and drop-ins that are written down for the service against its unit; lays the drop-ins out in a folder for systemd.

A command in the account of the service must see what the service sees: another folder, file of settings or environment makes an institute
of its own, and a wider mode of the folder opens it to everybody.
"""

import pathlib
import re
import shlex
import sys

REPO = pathlib.Path(__file__).resolve().parents[2]
UNIT = REPO / "packaging/lamplight.service"
PAGE = REPO / "docs/operations.md"
HINT = REPO / "crates/server/src/doctor/machine.rs"


def check(is_so, message):
    if not is_so:
        sys.exit(f"FAILED: {message}")


def settings(text):
    """What is set in it, the last of each; a list that is set to nothing begins anew, as systemd takes it."""
    said = {}
    for name, value in re.findall(r"(?m)^(\w+)=(.*)$", text):
        said.setdefault(name, []).append(value)
        if not value:
            said[name] = []
    return said


def commands(text):
    """Every `systemd-run` of a text, in words."""
    text = re.sub(r"\\\n\s*#?\s*", " ", text)
    for line in re.findall(r"systemd-run (--.*)", text):
        yield shlex.split(re.sub(r'";$', "", line))


def main(folder):
    unit_text, page = UNIT.read_text(), PAGE.read_text()
    unit = settings(unit_text)
    start = unit["ExecStart"][0].split()
    same = ("DynamicUser", "User", "StateDirectory", "StateDirectoryMode", "UMask", "LimitNOFILE")
    wanted = {f"--property={name}={unit[name][0]}" for name in same}
    shared = {f"--property=EnvironmentFile={unit['EnvironmentFile'][0]}", f"--setenv={unit['Environment'][0]}"}
    count = 0
    for place, text in ((UNIT, unit_text), (PAGE, page), (HINT, HINT.read_text())):
        found = list(commands(text))
        check(found, f"{place.name}: there is no systemd-run any more; look whether this check still finds what it should")
        for words in found:
            # `as_root` is somebody else by intention.
            missing = (shared if place == PAGE and "--property=DynamicUser=yes" not in words else shared | wanted) - set(words)
            check(not missing, f"{place.name}: systemd-run does not say {' '.join(sorted(missing))}")
            program = next(index for index, word in enumerate(words) if not word.startswith(("-", "$")))
            check(words[program : program + 3] == start[:3], f"{place.name}: {words[program:]} is not {start[:3]}")
            count += 1

    blocks = dict(re.findall(r"(?ms)^```ini\n# /etc/systemd/system/lamplight\.service\.d/([\w.-]+)\n(.*?)^```", page))
    check({"ports.conf", "certificate.conf"} <= set(blocks), f"{PAGE.name}: drop-ins {list(blocks)}")
    for name, text in blocks.items():
        (folder / name).write_text(text)
    ports = settings(blocks["ports.conf"])
    # systemd.exec(5): in a user namespace of its own a service has no capability in that of the system, so none for its ports.
    check(unit["PrivateUsers"] == ["yes"] and ports.get("PrivateUsers") == ["no"], "ports.conf keeps PrivateUsers")
    for name in ("CapabilityBoundingSet", "AmbientCapabilities"):
        check(unit[name] == [] and ports.get(name) == ["CAP_NET_BIND_SERVICE"], f"ports.conf: {name}")
    pair = settings(blocks["certificate.conf"])
    loaded = {line.split(":")[0] for line in pair["LoadCredential"]}
    named = dict(word.split("=") for word in pair["Environment"][0].split())
    check({f"%d/{name}" for name in loaded} == set(named.values()), f"certificate.conf loads {loaded} and names {named}")
    known = set(re.findall(r"(?m)^\| `(\w+)` \|", (REPO / "docs/settings.md").read_text()))
    check(set(named) <= known, f"certificate.conf: no such setting: {set(named) - known}")
    by_hand = re.search(r'(?s)^MORE="(.*?)"$', page, re.M)[1].split()
    said = {f"--property=LoadCredential={line}" for line in pair["LoadCredential"]}
    said |= {f"--setenv={name}={value.replace('%d', '/run/credentials/lamplight-command.service')}" for name, value in named.items()}
    said |= {"--unit=lamplight-command", f"--property=AmbientCapabilities={ports['AmbientCapabilities'][0]}"}
    check(set(by_hand) == said, f"{PAGE.name}: MORE is not what the drop-ins say: {by_hand}")
    print(f"service: {count} commands and {len(blocks)} drop-ins say what the unit says")


main(pathlib.Path(sys.argv[1]))
