"""What people said of the answers, in a line of any form of the report."""

from schemas.report import Lang, Ratings
from train.report.numbers import number, share, shares
from train.report.words import said


def ratings_line(of: Ratings, lang: Lang) -> str:
    """What people said, in a line."""
    if not of.judgements:
        return said("ratings_none", lang)
    won = [said("ratings_ties", lang)]
    if of.wins is not None:
        won = [share(of.wins.value), shares(of.wins), said("ratings_wins", lang)]
    parts = [" ".join(filter(None, won))]
    parts += [f"{of.judgements:,} {said('judgements', lang)}", f"{of.raters} {said('raters', lang)}"]
    parts += [f"{said('kappa', lang)} {number(of.kappa)}"] if of.kappa is not None else []
    return " · ".join([*parts, ratings_advice(of, lang)])


def ratings_advice(ratings: Ratings, lang: Lang) -> str:
    """How many more ratings would decide it."""
    if ratings.more_needed is None:
        return said("even", lang)
    return said("more_needed", lang).format(count=ratings.more_needed) if ratings.more_needed else said("decided", lang)
