"""What is hostile is refused by the real server, exactly as it was sent, and stores nothing."""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from zipfile import ZipFile

import pandas as pd
import pytest
import sqlalchemy as sa
from tests.support.served import DEVICE, HEADERS, answer, begin, export, send, visitor

from mnemo.experiment.server import admin, run, served
from mnemo.experiment.server.app import BACK, SESSION
from mnemo.experiment.server.database import TABLES
from mnemo.experiment.server.protocol import LARGEST
from mnemo.experiment.server.served import Served

JSON = {**HEADERS, "Content-Type": "application/json"}


class Attack(NamedTuple):
    """A request, and the status that refuses it."""

    status: int
    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = MappingProxyType({})


class Target(NamedTuple):
    """An experiment in which Ada plays a series, and Eve another one."""

    site: Served
    address: str
    ada: dict[str, str]
    eve: dict[str, str]
    series: str


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("hostile") / "experiment"
    export(place)
    return place


@pytest.fixture
def target(folder: Path, tmp_path: Path, url: str | None) -> Iterator[Target]:
    site = served.serve(folder, url=url, data=tmp_path)
    ada, eve = visitor(site), visitor(site)
    series = begin(ada, participant="ada")["series"]
    begin(eve, participant="eve")
    send(ada, series, answer(0), answer(1, "old"), events=[{"seq": 0, "kind": "blur", "at_ms": 1}])
    sessions = [{"Cookie": f"{SESSION}={each.cookies[SESSION]}"} for each in (ada, eve)]
    with run.running(site) as address:
        yield Target(site, address.removeprefix("http://"), *sessions, series)
    site.database.close()


def dump(site: Served) -> dict[str, list[Any]]:
    """Return all that is stored."""
    with site.database.reading() as db:
        return {
            name: sorted(map(str, db.execute(sa.select(table))))
            for name, table in TABLES.tables.items()
        }


def request(target: Target, attack: Attack) -> int:
    """Send a request as it is, and return the status of the reply."""
    body = attack.body
    if isinstance(body, dict | list):
        body = json.dumps(body).encode()
    with closing(HTTPConnection(target.address, timeout=20)) as connection:
        connection.request(
            attack.method,
            attack.path,
            body,
            attack.headers,
            encode_chunked=isinstance(body, Iterator),
        )
        return connection.getresponse().status


def unharmed(target: Target, attacks: dict[str, Attack]) -> None:
    """Check that each is refused with its status, and that nothing was stored."""
    before = dump(target.site)
    found = {}
    for name, attack in attacks.items():
        status = request(target, attack)
        if status != attack.status or dump(target.site) != before:
            found[name] = status, dump(target.site) != before
    assert found == {}


def posts(path: str, who: dict[str, str], body: Any, status: int = 400, **headers: str) -> Attack:
    return Attack(status, "POST", f"/api/{path}", body, {**JSON, **who, **headers})


def test_answers_that_are_not_the_participants_own_or_can_not_be_are_refused(
    target: Target,
) -> None:
    ada, eve, series = target.ada, target.eve, target.series

    def sent(*answers: Any, **more: Any) -> dict[str, Any]:
        return {"series": series, "answers": list(answers), **more}

    def event(**more: Any) -> dict[str, Any]:
        return sent(events=[{"seq": 1, "kind": "blur", "at_ms": 1.0, **more}])

    nobody = {"Cookie": f"{SESSION}={64 * 'a'}"}
    unharmed(
        target,
        {
            "another's series": posts("answers", eve, sent(answer(5)), 403),
            "another's events": posts("answers", eve, event(), 403),
            "another's series, finished": posts("finish", eve, {"series": series}, 403),
            "an unknown series": posts("answers", ada, sent() | {"series": 32 * "0"}, 410),
            "a series that lacks answers": posts("finish", ada, {"series": series}, 409),
            "no session": posts("answers", {}, sent(answer(5)), 401),
            "an unknown session": posts("answers", nobody, sent(answer(5)), 401),
            "half a session": posts("answers", {"Cookie": f"{SESSION}=a"}, sent(answer(5)), 401),
            "SQL as a session": posts(
                "answers", {"Cookie": f"{SESSION}={'x' * 52} OR 1=1 -- -"}, sent(answer(5)), 401
            ),
            "no such trial": posts("answers", ada, sent(answer(10_000))),
            "a trial after the last": posts("answers", ada, sent(answer(5), answer(40))),
            "a trial below 0": posts("answers", ada, sent(answer(-1))),
            "half a trial": posts("answers", ada, sent(answer(0) | {"trial": 5.5})),
            "a trial twice": posts("answers", ada, sent(answer(5), answer(5, "old"))),
            "no such answer": posts("answers", ada, sent(answer(5, "left"))),
            "no answer": posts("answers", ada, sent(answer(5) | {"answer": None})),
            "HTML as an answer": posts("answers", ada, sent(answer(5, "<script>"))),
            "no number": posts("answers", ada, sent(answer(5, rt="NaN"))),
            "infinity": posts("answers", ada, b'{"series": "%s"}' % series.encode() + b"1e999"),
            "a number beyond a day": posts("answers", ada, sent(answer(5, rt=1e300))),
            "presses below 0": posts("answers", ada, sent(answer(5, presses=-1))),
            "an unknown key": posts("answers", ada, sent(answer(5, received_at=0))),
            "too many": posts("answers", ada, sent(*map(answer, range(51)))),
            "an unknown event": posts("answers", ada, event(kind="=cmd|' /C calc'!A0")),
            "an event below 0": posts("answers", ada, event(seq=-1)),
            "an event beyond all": posts("answers", ada, event(seq=10**30)),
            "SQL as a series": posts("answers", ada, sent() | {"series": "' OR 1=1 --"}),
            "a series with a line after it": posts(
                "answers", ada, sent() | {"series": series + "\n"}
            ),
            "zero as a letter": posts("answers", ada, sent() | {"series": 31 * "0" + "\0"}),
            "a list as a series": posts("answers", ada, sent() | {"series": [series]}),
            "a formula as a language": posts(
                "series", ada, {"device": {**DEVICE, "user_language": "=1+1"}, "force": True}
            ),
            "HTML as a language": posts(
                "series", ada, {"device": {"user_language": "<b>en</b>"}, "force": True}
            ),
            "an endless screen": posts("series", ada, {"device": {"width": 1e308}, "force": True}),
            "another text": posts("consent", ada, {"version": 64 * "0", "agreed": True}, 409),
            "no text": posts("consent", ada, {"version": "' --", "agreed": True}),
        },
    )


def test_a_replay_with_other_content_changes_no_answer(target: Target) -> None:
    before = dump(target.site)
    replay = {"series": target.series, "answers": [answer(0, "old", rt=1.0), answer(1)]}
    assert request(target, posts("answers", target.ada, replay)) == 200
    after = dump(target.site)
    assert after["answers"] == before["answers"]
    # That it came is counted.
    assert after["series"] != before["series"]


def test_who_can_not_be_is_not_let_in(target: Target) -> None:
    def enters(value: Any, name: str = "participant") -> Attack:
        return posts("enter", {}, {"parameters": {name: value}})

    refused = dict.fromkeys(
        [
            *("ada'; DROP TABLE answers; --", "<img src=x onerror=alert(1)>", "=HYPERLINK(1)"),
            *("x" * 101, "../../etc/passwd", "ada\n", "a\u202eb", "{{7*7}}", "\0"),
        ],
        403,
    )
    attacks = {who: enters(who)._replace(status=status) for who, status in refused.items()}
    attacks |= {
        "a long ID": enters("x" * 1000),
        "a list": enters(["ada"]),
        "half a character": posts("enter", {}, b'{"parameters": {"participant": "\\ud800"}}'),
        "a simulated code": posts("withdraw", {}, {"code": "' OR ''='"}),
        "nobody's code": posts("withdraw", {}, {"code": "AAAA-AAAA-AAAA-AAAA"}, 404),
        "many parameters": posts("enter", {}, {"parameters": {str(n): "" for n in range(51)}}),
    }
    unharmed(target, attacks)


def test_bodies_that_are_too_large_or_no_json_are_refused(target: Target) -> None:
    ada = target.ada
    small = {"series": target.series, "answers": [answer(5)]}
    large = json.dumps(small).encode() + b" " * LARGEST

    def chunks() -> Iterator[bytes]:
        yield from (large[place : place + 1000] for place in range(0, len(large), 1000))

    unharmed(
        target,
        {
            "too large": posts("answers", ada, large, 413),
            "too large, without a length": posts("answers", ada, chunks(), 413),
            "too large to log in": Attack(
                413, "POST", "/admin/login", b"token=" + large, {"Content-Type": "text/plain"}
            ),
            "a length that is none": posts("answers", ada, small, **{"Content-Length": "\u00b2"}),
            "a length below 0": posts("answers", ada, small, **{"Content-Length": "-1"}),
            "no JSON": posts("answers", ada, b"trial=0"),
            "JSON in UTF-16": posts("answers", ada, json.dumps(small).encode("utf-16")),
            "nothing": posts("answers", ada, b""),
            "a list": posts("answers", ada, [small]),
            "depth without end": posts("answers", ada, b"[" * (LARGEST - 1)),
            "a key twice": posts(
                "answers",
                ada,
                b'{"series": "x", ' + json.dumps(small).encode()[1:-1] + b', "x": 1}',
            ),
        },
    )


def test_what_another_site_sends_is_refused(target: Target) -> None:
    ada, body = target.ada, {"series": target.series, "answers": [answer(5)]}
    plain = {**ada, "Content-Type": "text/plain"}
    form = {**ada, "Content-Type": "application/x-www-form-urlencoded"}
    names = ("answers", "finish", "consent", "series")
    attacks = {
        f"{name} of another site": posts(name, ada, body, 403, Origin="https://evil.org")
        for name in (*names, "enter", "withdraw")
    }
    attacks |= {
        f"{name} without the page's header": Attack(403, "POST", f"/api/{name}", body, ada)
        for name in names
    }
    attacks |= {
        "no origin": posts("answers", ada, body, 403, Origin="null"),
        "an origin that can't be read": posts("answers", ada, body, 403, Origin="http://[evil"),
        "another scheme's host": posts("answers", ada, body, 403, Origin="https://a@evil.org"),
        "a sibling site": posts("answers", ada, body, 403, **{"Sec-Fetch-Site": "same-site"}),
        "a form": Attack(403, "POST", "/api/answers", body, form),
        "text": Attack(403, "POST", "/api/answers", body, plain),
        "text of another site": Attack(
            403, "POST", "/api/answers", body, {**plain, "Sec-Fetch-Site": "cross-site"}
        ),
        "a log-in by another site": Attack(
            403, "POST", "/admin/login", b"token=x", {"Origin": "https://evil.org"}
        ),
        "a log-out by another site": Attack(
            403, "POST", "/admin/logout", b"", {"Sec-Fetch-Site": "cross-site"}
        ),
    }
    unharmed(target, attacks)


def test_no_file_but_the_pages_own_and_no_image_of_another_can_be_read(target: Target) -> None:
    ada, eve, series = target.ada, target.eve, target.series
    image = f"/images/{series}"
    assert request(target, Attack(200, "GET", f"{image}/0", headers=ada)) == 200
    read = {
        "another's image": Attack(404, "GET", f"{image}/0", headers=eve),
        "nobody's image": Attack(401, "GET", f"{image}/0"),
        "no such image": Attack(404, "GET", f"{image}/9999", headers=ada),
        "an image below 0": Attack(404, "GET", f"{image}/-1", headers=ada),
        "an image beyond all": Attack(404, "GET", f"{image}/{'9' * 5000}", headers=ada),
        "an image's file": Attack(404, "GET", f"{image}/..%2f..%2fsalt", headers=ada),
        "zero as a letter": Attack(404, "GET", "/images/%00/0", headers=ada),
        "SQL as a series": Attack(404, "GET", "/images/'%20OR%201=1%20--/0", headers=ada),
        "no letters": Attack(404, "GET", "/images/%ff%fe/0", headers=ada),
    }
    for path in (
        *("/page/../app.py", "/page/..%2f__main__.py", "/page/%2e%2e/__main__.py"),
        *("/page/....//__main__.py", "/page//etc/passwd", "/page/%5c..%5c__main__.py"),
        *("/page/node_modules/jspsych/package.json", "/page/package.json", "/page/%00"),
        *("/page/vendor/..%2findex.html", "/page/vendor/jspsych/..%2f..%2findex.html"),
        *("/page/./node_modules/installed", "/page//package.json", "/experiment.json"),
        *("/answers/answers.sqlite", "/answers/salt", "/page/" + 5000 * "a", "//evil.org/"),
    ):
        read[path[:60]] = Attack(404, "GET", path, headers=ada)
    unharmed(target, read)


def test_methods_that_are_not_meant_are_refused(target: Target) -> None:
    attacks = {
        f"{method} {path}": Attack(405, method, path, headers={**HEADERS, **target.ada})
        for path in ("/api/answers", "/api/withdraw", "/admin/login", "/admin/logout")
        for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")
        # It leads to the form.
        if (method, path) != ("GET", "/admin/login")
    }
    attacks |= {
        f"{method} {path}": Attack(405, method, path, headers=target.ada)
        for path in ("/", "/health", "/admin", "/page/index.html", f"/images/{target.series}/0")
        for method in ("POST", "PUT", "DELETE")
    }
    unharmed(target, attacks)


@pytest.mark.parametrize(
    "who",
    [{}, {"Authorization": "Bearer wrong"}, {"Cookie": f"{admin.COOKIE}=wrong"}],
    ids=["nobody", "wrong token", "wrong cookie"],
)
def test_nothing_of_the_administrators_is_told_without_the_token(
    target: Target, who: dict[str, str]
) -> None:
    readable = [each for each in admin.routes(target.site) if "GET" in (each.methods or ())]
    # The address of the form's answers leads to the form.
    routes = [each for each in readable if each.path != "/admin/login"]
    assert len(routes) >= 4
    attacks = {
        route.path: Attack(401, "GET", route.path.format(series=target.series), headers=who)
        for route in routes
    }
    attacks["a log-in"] = Attack(401, "POST", "/admin/login", b"token=wrong")
    attacks["letters that are none"] = Attack(401, "POST", "/admin/login", b"token=%ff\xff")
    unharmed(target, attacks)


def test_what_the_token_opens_is_asked_for_by_tokens_of_series_alone(target: Target) -> None:
    token = {"Authorization": f"Bearer {target.site.secrets.token}"}
    unharmed(
        target,
        {
            series: Attack(404, "GET", f"/admin/series/{series}", headers=token)
            for series in ("%00", "%ff", "'%20OR%201=1%20--", 32 * "0", "..%2f..%2fsalt")
        },
    )


def test_a_cookie_that_the_page_did_not_write_sends_nobody_anywhere(target: Target) -> None:
    consent = {"version": target.site.texts.version, "agreed": True}
    evil = {"id": "x", "turkSubmitTo": "https://evil.org", "assignmentId": "x"}
    for written in (json.dumps(evil), "[" * 10_000, '"', "[1]", '{"id": 1}', "\0"):
        cookie = f"{target.ada['Cookie']}; {BACK}={written.encode().hex()}"
        with closing(HTTPConnection(target.address, timeout=20)) as connection:
            body, headers = json.dumps(consent), {**JSON, "Cookie": cookie}
            connection.request("POST", "/api/consent", body, headers)
            reply = connection.getresponse()
            assert reply.status == 200
            assert b"evil" not in reply.read()


def test_no_cell_of_what_is_exported_is_a_formula_and_no_id_is_shown(target: Target) -> None:
    browser = visitor(target.site)
    # As an ID, it may be; as a cell of a table, it would be one.
    made = begin(browser, participant="+1-2@SUM")
    send(browser, made["series"], answer(0))
    token = {"Authorization": f"Bearer {target.site.secrets.token}"}
    assert "SUM" not in browser.get("/admin", headers=token).text
    with ZipFile(BytesIO(browser.get("/admin/export.zip", headers=token).content)) as archive:
        tables = {
            name: pd.read_csv(BytesIO(archive.read(name)), dtype=str, keep_default_na=False)
            for name in archive.namelist()
            if name.endswith(".csv")
        }
    due = browser.get("/admin/payments.csv", headers=token).content
    tables["payments"] = pd.read_csv(BytesIO(due), dtype=str, keep_default_na=False)
    assert len(tables) >= 6
    for table in tables.values():
        for _, column in table.items():
            words = column[~column.str.fullmatch(r"-?[0-9.e-]*")]
            assert not words.str.match(r"[=+\-@\t\r]").any()
