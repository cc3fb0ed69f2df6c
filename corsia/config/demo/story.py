"""What the figures of the invented group tell: Mantova slips, Parma recovered, four branches call back in time."""

import random
from datetime import datetime, timedelta

SLIPPING, RECOVERED = "mantova", "parma"
SLIPS_SINCE = timedelta(days=183)
CHANGED_SINCE = timedelta(days=240)
CALLED_BACK = ("parma", "bergamo", "como", "cremona")  # where the change was made: an improvement action
_STANDING = {
    "verona": 0.05,
    "bergamo": 0.03,
    "trento": 0.04,
    "milano-certosa": -0.05,
    "monza": -0.02,
    "piacenza": -0.01,
}


def slowness(slug: str, ago: timedelta) -> float:
    """Return how long a branch takes, `ago` before today, against what is usual."""
    if slug == SLIPPING and ago < SLIPS_SINCE:
        return 1.0 + 1.3 * (1 - ago / SLIPS_SINCE)
    if slug == RECOVERED:
        return 1.8 if ago > CHANGED_SINCE else 0.85
    return 1.0 - 2 * _STANDING.get(slug, 0.0)


def odds(slug: str, ago: timedelta) -> tuple[float, float]:
    """Return the share of promoters and of detractors at a branch, `ago` before today."""
    promoters, detractors = 0.63 + _STANDING.get(slug, 0.0), 0.13 - _STANDING.get(slug, 0.0) / 2
    if slug == SLIPPING:
        fallen = max(0.0, 1 - ago / SLIPS_SINCE)
        promoters, detractors = 0.66 - 0.30 * fallen, 0.11 + 0.26 * fallen
    elif slug == RECOVERED:
        promoters, detractors = (0.36, 0.33) if ago > CHANGED_SINCE else (0.70, 0.09)
    elif slug in CALLED_BACK:
        promoters, detractors = (0.46, 0.25) if ago > CHANGED_SINCE else (0.69, 0.10)
    return promoters, detractors


def score(slug: str, *, at: datetime, now: datetime, was_late: bool, is_complaint: bool, rng: random.Random) -> int:
    """Return what somebody answers, from 0 to 10."""
    promoters, detractors = odds(slug, now - at)
    burden = 0.16 * was_late + 0.14 * is_complaint
    draw = rng.random()
    if draw < promoters - burden:
        return rng.choice((9, 9, 10, 10, 10))
    if draw > 1 - detractors - burden:
        return rng.choice((0, 1, 2, 3, 3, 4, 5, 5, 6, 6))
    return rng.choice((7, 8, 8))


def words_key(slug: str, *, at: datetime, now: datetime, given: int, language: str, rng: random.Random) -> str:
    """Return which kind of words go with a score."""
    ago = now - at
    if language == "en":
        return "promoter_en" if given > 6 else "detractor_en"
    if slug == SLIPPING and ago < SLIPS_SINCE and given < 7 and rng.random() < 0.5:
        return "slipping"
    if slug == RECOVERED and ago < CHANGED_SINCE and given > 8 and rng.random() < 0.4:
        return "recovered"
    return "promoter" if given > 8 else "passive" if given > 6 else "detractor"
