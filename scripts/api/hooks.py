"""What schemathesis can't know by itself: how to sign in, and what there is in the demo institute.

Without it nearly every request would end at the first door: a made-up id is not found, a made-up course is refused, and what lies
behind is never reached.
"""

import hashlib
import json
import os

import requests
import schemathesis

SERVER = os.environ["LAMPLIGHT_API"]
EMAIL = os.environ["LAMPLIGHT_API_EMAIL"]
PASSWORD = os.environ["LAMPLIGHT_API_PASSWORD"]

session = requests.Session()
session.trust_env = False


def sign_in():
    answer = session.post(f"{SERVER}/api/auth/login", json={"email": EMAIL, "password": PASSWORD}, timeout=30)
    answer.raise_for_status()
    return answer.json()


class Caller:
    """Who asks. Some routes end the session they are asked with: then there is a new one."""

    def __init__(self):
        found = sign_in()
        self.token, self.user = found["token"], found["user"]["_id"]

    def renew(self):
        self.token = sign_in()["token"]


caller = Caller()


@schemathesis.auth(refresh_interval=None)
class SignIn:
    def get(self, case, context):
        return caller.token

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


@schemathesis.hook
def after_call(context, case, response):
    sent = response.request.headers.get("Authorization")
    if response.status_code == 401 and sent == f"Bearer {caller.token}":
        caller.renew()


# Where the ids of an address are listed, by what the address begins with; the first that fits counts.
LISTS = [
    ("/api/auth/sessions/", "/api/auth/sessions"),
    ("/api/admin/users/", "/api/admin/users"),
    ("/api/admin/courses/", "/api/admin/courses"),
    ("/api/courses/", "/api/public/courses"),
    ("/api/admin/faculty/", "/api/admin/faculty"),
    ("/api/admin/students/imports/", None),
    ("/api/admin/students/", "/api/admin/students"),
    ("/api/admin/downloads/", "/api/admin/downloads"),
    ("/api/downloads/", "/api/student/downloads"),
    ("/api/student/downloads/", "/api/student/downloads"),
    ("/api/admin/attendance/classes/", "/api/admin/attendance/classes"),
    ("/api/admin/attendance/imports/", None),
    ("/api/admin/attendance/", "/api/admin/attendance"),
    ("/api/admin/marks/sheets/", "/api/admin/marks/sheets"),
    ("/api/admin/marks/imports/", None),
    ("/api/admin/marks/", "/api/admin/marks"),
    ("/api/student/marks/", "/api/student/marks"),
    ("/api/notifications/", "/api/notifications"),
    ("/api/student/notifications/", "/api/notifications"),
    ("/api/admin/notifications/", "/api/admin/notifications"),
]

# The ids of a list, and the values that stand under each name anywhere.
ids, values = {}, {}


def ask(path):
    answer = session.get(f"{SERVER}{path}", headers={"Authorization": f"Bearer {caller.token}"}, timeout=30)
    return answer.json() if answer.ok else None


def note(found, of_list):
    if isinstance(found, list):
        for item in found[:12]:
            # What a list's own items are called by; the caller's account is theirs to keep.
            if isinstance(item, dict) and (name := item.get("_id") or item.get("id")) and name != caller.user:
                ids.setdefault(of_list, []).append(name)
            note(item, None)
    elif isinstance(found, dict):
        for key, value in found.items():
            if isinstance(value, (list, dict)):
                note(value, of_list)
            elif isinstance(value, (str, int)) and value not in ("", caller.user) and key not in ("password", "message"):
                known = values.setdefault(key, [])
                if value not in known and len(known) < 12:
                    known.append(value)


for path in sorted({path for _, path in LISTS if path} | {"/api/student/profile", "/api/institute"}):
    note(ask(path), path)


def chosen(case, what, known):
    """One of what is known, or none, by what the request is: so a seed says everything."""
    text = json.dumps([case.path_parameters, case.query, str(case.body), what], default=str, sort_keys=True)
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
    return known[(number // 4) % len(known)] if known and number % 4 else None


def fill(case, found):
    """Puts what there is in the place of what was made up, under the same name and of the same type."""
    if isinstance(found, dict):
        return {key: fill_one(case, key, value) for key, value in found.items()}
    return [fill(case, item) for item in found] if isinstance(found, list) else found


def fill_one(case, key, value):
    if isinstance(value, (dict, list)):
        return fill(case, value)
    # The same thing has other names where it is asked for.
    names = {"course": "code", "courseId": "code", "courseCode": "code", "student": "studentId"}
    known = [one for one in values.get(key, values.get(names.get(key), [])) if type(one) is type(value)]
    there = chosen(case, key, known)
    return value if there is None else there


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is not None and case.meta.generation.mode.is_negative:
        # Wrong on purpose, in one place; only the thing it is about may be there.
        parts = case.meta.components
        wrong = {str(getattr(place, "value", place)) for place, part in parts.items() if part.mode.is_negative}
    else:
        wrong = set()
    if "path" not in wrong and case.path_parameters and "id" in case.path_parameters:
        source = next((path for prefix, path in LISTS if case.operation.path.startswith(prefix)), None)
        there = chosen(case, "id", ids.get(source, []))
        if there is not None:
            case.path_parameters = {**case.path_parameters, "id": there}
    # What was learnt from an answer may be the caller, whose password or rights would be gone for the rest of the run.
    if case.path_parameters and case.path_parameters.get("id") == caller.user:
        case.path_parameters = {**case.path_parameters, "id": "01a00000-0000-7000-8000-000000000000"}
    if "query" not in wrong and case.query:
        case.query = fill(case, dict(case.query))
    if "body" not in wrong and isinstance(case.body, (dict, list)) and case.media_type == "application/json":
        case.body = fill(case, case.body)
