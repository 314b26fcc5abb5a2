"""The story of ../README.md with python-socketio."""

import json
import queue
import sys
from datetime import datetime, timezone

import requests
import socketio

PATIENCE = 20
ORIGIN, LINE, TRANSPORT = sys.argv[1:]
OPTIONS = {} if TRANSPORT == "default" else {"transports": [TRANSPORT]}


class Resuming(socketio.Client):
    """A client that is given what it missed: it keeps the pid of the connect answer and the last offset, and shows both again."""

    def __init__(self, token):
        super().__init__(reconnection_delay=0.05, reconnection_delay_max=0.1, randomization_factor=0)
        self.credentials = {"token": token}
        self.recovered = False

    def _handle_connect(self, namespace, data):
        self.recovered = data["pid"] == self.credentials.get("pid")
        self.credentials["pid"] = data["pid"]
        super()._handle_connect(namespace, data)

    def _handle_event(self, namespace, id, data):
        super()._handle_event(namespace, id, data)
        if len(data) > 1 and isinstance(data[-1], str):
            self.credentials["offset"] = data[-1]

    def enter(self):
        # A function, so that it is asked again at each reconnection.
        self.connect(LINE, auth=lambda: self.credentials, **OPTIONS)


def please(what):
    """Has something done to the line, and waits until it is done."""
    print(what, flush=True)
    sys.stdin.readline()


def sign_in(person):
    answer = requests.post(
        f"{ORIGIN}/api/auth/login",
        json={"email": f"{person}@demo.lamplight.example", "password": "lamplight-demo"},
        timeout=PATIENCE,
    )
    answer.raise_for_status()
    return answer.json()["token"]


OFFICE = {"Authorization": f"Bearer {sign_in('office')}"}
COURSES = {
    course["courseCode"]: course["_id"]
    for course in requests.get(f"{ORIGIN}/api/admin/courses", headers=OFFICE, timeout=PATIENCE).json()["data"]
}


def upload(title, code):
    targets = {"courses": [COURSES[code]], "semesters": [], "students": [], "years": []}
    answer = requests.post(
        f"{ORIGIN}/api/admin/downloads",
        headers=OFFICE,
        files={"file": ("notes.pdf", f"%PDF-1.4\n{title}", "application/pdf")},
        data={
            "title": title,
            "category": "Notes",
            "targetAudience": "specific_course",
            "specificTargets": json.dumps(targets),
        },
        timeout=PATIENCE,
    )
    answer.raise_for_status()


def is_refused(auth, code):
    heard = queue.Queue()
    client = socketio.Client(reconnection=False)
    client.on("connect_error", heard.put)
    try:
        client.connect(LINE, auth=auth, **OPTIONS)
    except socketio.exceptions.ConnectionError:
        assert heard.get(timeout=PATIENCE)["data"]["code"] == code
    else:
        raise AssertionError("was let in")


is_refused({}, "auth.token_missing")
is_refused({"token": "nonsense"}, "auth.token_invalid")

client = Resuming(sign_in("gnm.student"))
heard, ups, downs = queue.Queue(), queue.Queue(), queue.Queue()
client.on("connect", lambda: ups.put(client.recovered))
client.on("disconnect", lambda reason: downs.put(reason))
client.on("downloads:created", lambda download, offset: heard.put(download["title"]))


def hears(*titles):
    assert [heard.get(timeout=PATIENCE) for _ in titles] == list(titles)


client.enter()
assert ups.get(timeout=PATIENCE) is False
assert client.transport() == ("polling" if TRANSPORT == "polling" else "websocket")

upload("not hers", "ANM")
upload("one", "GNM")
hears("one")

answer = client.call("tests:nobody-listens", {"a": 1}, timeout=PATIENCE)
assert (answer["success"], answer["code"]) == (False, "socket.unknown_event"), answer
answer = client.call("session:refresh", {"token": sign_in("gnm.student")}, timeout=PATIENCE)
assert answer["success"] is True, answer
assert datetime.fromisoformat(answer["expiresAt"].replace("Z", "+00:00")) > datetime.now(timezone.utc)
answer = client.call("session:refresh", {"token": "nonsense"}, timeout=PATIENCE)
assert (answer["success"], answer["code"]) == (False, "auth.token_invalid"), answer

please("cut")
downs.get(timeout=PATIENCE)
upload("two", "GNM")
upload("three", "GNM")
please("mend")
assert ups.get(timeout=PATIENCE) is True
upload("four", "GNM")
hears("two", "three", "four")

client.disconnect()
downs.get(timeout=PATIENCE)
assert heard.empty()
