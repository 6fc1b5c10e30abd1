"""Simulated participants, who answer a server over HTTP by the protocol of the page."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import numpy as np
from tqdm import tqdm

from mnemo.errors import MnemoError
from mnemo.experiment import simulate as simulation
from mnemo.experiment.answers import Answer
from mnemo.experiment.folder import NAME as DESCRIPTION
from mnemo.experiment.folder import described
from mnemo.experiment.series import Series, Trial
from mnemo.experiment.server import recruitment, run, served
from mnemo.experiment.server.recruitment import IDENTIFIERS, NAME
from mnemo.experiment.server.served import Served
from mnemo.experiment.server.store import pseudonym
from mnemo.experiment.settings import ANSWER_SECONDS, MemoryGame
from mnemo.experiment.simulate import Behaviour, Model

#: Answers in a request, as many as the protocol allows.
BATCH = 50
#: Seconds until a server that asks to wait is given up, and until any of its replies is.
PATIENCE = 120.0

_DEVICE = {"width": 1280, "height": 800, "pixel_ratio": 1, "refresh_hz": 60, "touch": False}
# What a random number is drawn for: a change of one leaves the others as they are.
_BEHAVIOURS, _PERSON, _IMAGES, _ANSWERS = range(4)


class Played(NamedTuple):
    """What simulated participants did.

    Attributes:
        participants: Participants who played.
        series: Series that they finished.
        answers: Answers that they sent, practice included; the server has stored all of them.
        blocked: Participants who may not go on, since a series was not valid.
    """

    participants: int
    series: int
    answers: int
    blocked: int


def simulate(
    folder: str | Path,
    *,
    participants: int,
    series: int,
    model: Model,
    images: Mapping[str, float] | None = None,
    seed: int = 0,
    inattentive: float = 0.0,
    at_once: int = 1,
    data: Path | None = None,
    database: str | None = None,
    sent: Callable[[Sequence[Answer]], object] | None = None,
) -> Played:
    """Serve an experiment on this machine, and have simulated participants answer it.

    One at a time, and with a new database, they get the same series and give the same answers for
    the same folder and seed. Those of the same seed are the same people, who go on where they
    stopped if they come again.

    Args:
        folder: Folder of an experiment that is a demonstration.
        participants: Number of participants.
        series: Series of each, unless a series is not valid or there is none left.
        model: How they answer.
        images: Increase in log odds of the answers to each target by its token, beside what is
            drawn for it; none if absent.
        seed: Seed of all that is drawn.
        inattentive: Share of participants who press always or, as many, never.
        at_once: Participants who play at the same time.
        data: As for `served.data_folder`.
        database: As for `served.database_url`.
        sent: Called with the answers of each series once the server has them; by several threads
            if `at_once` is above 1.

    Returns:
        What they did.

    Raises:
        MnemoError: A number is out of range, the experiment can't be served or is no
            demonstration, it has too few places, or the server refused something.
    """
    if mistakes := [*_mistakes(participants, series, seed, inattentive, at_once)]:
        raise MnemoError("; ".join(mistakes))
    # Before there is a folder of answers, with which another experiment could not be exported here.
    _check(Path(folder), participants, series)
    ready = served.serve(folder, url=database, data=data)
    try:
        experiment = ready.experiment
        drawn = simulation.effects(experiment, model, _random(seed, _IMAGES))
        effects = {each: drawn[each] + (images or {}).get(each, 0.0) for each in drawn}
        behaviours = _behaviours(participants, inattentive, _random(seed, _BEHAVIOURS))
        with run.running(ready) as address, ThreadPoolExecutor(at_once) as pool:
            people = [
                _Player(ready, address, model, effects, seed, number, behaviour, sent)
                for number, behaviour in enumerate(behaviours)
            ]
            bar = tqdm(total=participants, unit=" participants", mininterval=5)
            try:
                done = []
                for each in pool.map(lambda player: player.play(series), people):
                    done.append(each)
                    bar.update()
            finally:
                bar.close()
                pool.shutdown(cancel_futures=True)
    finally:
        ready.database.close()
    return Played(*(sum(counts) for counts in zip(*done, strict=True)))


@dataclass(frozen=True)
class _Player:
    """A simulated participant."""

    served: Served
    address: str
    model: Model
    effects: dict[str, float]
    seed: int
    number: int
    behaviour: Behaviour
    sent: Callable[[Sequence[Answer]], object] | None

    def play(self, most: int) -> Played:
        """Enter, consent, and play some series."""
        random = _random(self.seed, _PERSON, self.number)
        who = simulation.person(self.model, random, self.behaviour)
        series = answers = 0
        with _browser(self.address) as browser:
            identifier = {IDENTIFIERS["simulated"]: f"{self.seed}-{self.number}"}
            status = _ask(browser, "/api/enter", {"parameters": identifier})
            if status["state"] == "consent":
                agreed = {"version": status["consent_version"], "agreed": True}
                status = _ask(browser, "/api/consent", agreed)
            while status["state"] == "ready" and series < most:
                dealt = _ask(browser, "/api/series", {"device": _DEVICE, "force": True})
                made = self._plan(browser, dealt["series"])
                given = simulation.play(
                    self.served.experiment,
                    made,
                    pseudonym(made.participant),
                    self.model,
                    who,
                    self.effects,
                    _random(self.seed, _ANSWERS, self.number, made.number),
                )
                records = list(self._records(given))
                for first in range(0, len(records), BATCH):
                    batch = records[first : first + BATCH]
                    _ask(browser, "/api/answers", {"series": dealt["series"], "answers": batch})
                # The server refuses to finish a series of which it lacks an answer.
                status = _ask(browser, "/api/finish", {"series": dealt["series"]})
                if self.sent:
                    self.sent(given)
                series, answers = series + 1, answers + len(given)
        return Played(int(series > 0), series, answers, int(status["state"] == "blocked"))

    def _plan(self, browser: httpx2.Client, series: str) -> Series:
        """Learn how a series was dealt, which no participant can."""
        token = {"authorization": f"Bearer {self.served.secrets.token}"}
        plan = _ask(browser, f"/admin/series/{series}", None, token)
        names = ("role", "practice", "lag", "photograph", "side")
        trials = [
            Trial(each["token"], **{name: each[name] for name in names}) for each in plan["trials"]
        ]
        return Series(plan["participant"], plan["number"], tuple(trials))

    def _records(self, given: Sequence[Answer]) -> Iterator[dict[str, Any]]:
        """Describe answers as the page would, on a screen that is never late."""
        settings, clock = self.served.experiment.settings, 0.0
        for each in given:
            yield {
                "trial": each.trial,
                "answer": each.answer,
                "rt": each.rt,
                "presses": int(each.rt is not None),
                "planned_ms": clock,
                "onset_ms": clock,
                "offset_ms": clock + each.shown_ms,
                "shown_ms": each.shown_ms,
            }
            if isinstance(settings, MemoryGame):
                clock += settings.image_ms + settings.blank_ms
            else:
                clock += each.shown_ms + (each.rt or 1000 * ANSWER_SECONDS)


def _mistakes(
    participants: int, series: int, seed: int, inattentive: float, at_once: int
) -> Iterator[str]:
    given = {"participants": participants, "series": series, "at_once": at_once}
    yield from (
        f"{name} must be at least 1, but is {value}" for name, value in given.items() if value < 1
    )
    if seed < 0:
        yield f"seed must be at least 0, but is {seed}"
    if not 0 <= inattentive <= 1:
        yield f"inattentive must be from 0 to 1, but is {inattentive}"


def _check(folder: Path, participants: int, series: int) -> None:
    """Check that simulated participants are allowed, and that there are places for them."""
    experiment, most = described(folder / DESCRIPTION), recruitment.read(folder).most_participants
    if not experiment.demo:
        raise MnemoError(
            f"{folder} is no demonstration: answers of simulated participants would mix with those "
            "of people. Give the study another experiment, with `simulated`, and simulate there."
        )
    if series > experiment.settings.most_series:
        raise MnemoError(
            f"a participant of {folder} plays at most {experiment.settings.most_series} "
            f"series, not {series}: ask for fewer"
        )
    if most is not None and participants > most:
        raise MnemoError(
            f"{folder / NAME} has most_participants: {most}, so that {participants} can't "
            "take part: raise it, or ask for fewer"
        )


def _behaviours(
    participants: int, inattentive: float, random: np.random.Generator
) -> list[Behaviour]:
    found: list[Behaviour] = ["attentive"] * participants
    kinds: tuple[Behaviour, ...] = ("always", "never")
    chosen = random.permutation(participants)[: round(inattentive * participants)]
    for place, number in enumerate(chosen.tolist()):
        found[number] = kinds[place % 2]
    return found


def _random(seed: int, purpose: int, person: int = 0, series: int = 0) -> np.random.Generator:
    return np.random.default_rng((seed, purpose, person, series))


def _browser(address: str) -> httpx2.Client:
    # The server marks cookies as secure where participants come to it over HTTPS.
    cookies = CookieJar(DefaultCookiePolicy(secure_protocols=("http", "https")))
    return httpx2.Client(
        base_url=address,
        headers={"X-Mnemo": "1"},
        cookies=cookies,
        timeout=PATIENCE,
        # It stays on this machine, whatever proxy or certificates there are.
        trust_env=False,
        verify=False,
    )


def _ask(
    browser: httpx2.Client, path: str, body: Any, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """Send a request, again if the server asks to wait, and return its reply."""
    end = time.monotonic() + PATIENCE
    method = "GET" if body is None else "POST"
    while True:
        reply = browser.request(method, path, json=body, headers=headers)
        if reply.is_success:
            found: dict[str, Any] = reply.json()
            return found
        wait = reply.headers.get("retry-after")
        if wait is None or time.monotonic() > end:
            raise MnemoError(
                f"the server refused {path} of a simulated participant with the status "
                f"{reply.status_code}: {reply.text}"
            )
        time.sleep(float(wait))
