"""Holds what `docker compose config` says (on standard input) against what the repository has."""

import ipaddress
import pathlib
import re
import sys

import yaml

REPO = pathlib.Path(__file__).resolve().parents[2]


def check(is_so, message):
    if not is_so:
        sys.exit(f"FAILED: {message}")


said = yaml.safe_load(sys.stdin)
services = said["services"]
settings = set(re.findall(r"(?m)^\| `(\w+)` \|", (REPO / "docs/settings.md").read_text()))
servers = {name: service for name, service in services.items() if "JWT_SECRET" in (service.get("environment") or {})}
check(len(servers) == 3, f"three servers: {list(servers)}")

caddy = services["caddy"]
asked = caddy["environment"]["LAMPLIGHT_SERVERS"].split()
check({server.split(":")[0] for server in asked} == set(servers), f"the proxy asks {asked}")
check({server.split(":")[1] for server in asked} == {"5000"}, "the port of the image")
address = caddy["networks"]["front"]["ipv4_address"]
for name, server in servers.items():
    environment = server["environment"]
    check(set(environment) - settings <= {"PGPASSWORD"}, f"{name}: no such setting: {set(environment) - settings}")
    check(environment["TRUSTED_PROXIES"] == address, f"{name} does not believe the proxy")
    first = servers["one"]
    for what in ("image", "volumes", "environment"):
        check(server[what] == first[what], f"{name}: another {what} than that of one")
    check(not server.get("ports"), f"{name} can be reached past the proxy")
    check(f"@postgres/{services['postgres']['environment']['POSTGRES_DB']}" in environment["DATABASE_URL"], "the database")
    check(set(server["networks"]) == {"front", "back"}, name)
for name in ("postgres", "redis"):
    check(set(services[name]["networks"]) == {"back"}, f"{name} can be reached from the front")
    check(not services[name].get("ports"), f"{name} can be reached from outside")

for name, service in services.items():
    for network, place in service["networks"].items():
        fixed = (place or {}).get("ipv4_address")
        if fixed:
            fixed, nets = ipaddress.ip_address(fixed), said["networks"][network]["ipam"]["config"]
            check(any(fixed in ipaddress.ip_network(net["subnet"]) for net in nets), f"{name}: {fixed} is not in {network}")
            # Without a range the whole network is given out.
            taken = any(fixed in ipaddress.ip_network(net.get("ip_range", net["subnet"])) for net in nets)
            check(not taken, f"{name}: {fixed} is given out to whoever starts before it; keep it out of the ip_range of {network}")

mounted = [volume if isinstance(volume, str) else f"{volume['source']}:{volume['target']}" for volume in caddy["volumes"]]
check(any(volume.startswith(f"{REPO}/docs/proxy/Caddyfile:/etc/caddy/Caddyfile") for volume in mounted), "the Caddyfile")
build = services["one"]["build"]
check((pathlib.Path(build["context"]) / build["dockerfile"]).is_file(), "the Dockerfile")
print("compose.yaml: three servers of one institute behind the proxy")
