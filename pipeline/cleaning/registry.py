"""Every cleaning step, in the order in which they run."""

from collections.abc import Collection, Mapping

from pipeline.cleaning.blanks import DOUBLED_BLANKS, EDGES, INDENTS, LINE_TAILS, PLAIN_BLANKS, TABS
from pipeline.cleaning.characters import CONTROLS, INVISIBLE, LINE_ENDS
from pipeline.cleaning.encyclopedia import EMPTY_BRACKETS, REFERENCE_MARKS
from pipeline.cleaning.forms import NFKC, SIMPLIFIED, WIDTH
from pipeline.cleaning.markup import ENTITIES, STYLE_TAGS, TAGS
from pipeline.cleaning.step import Step
from pipeline.cleaning.wraps import WRAPS
from schemas.errors import OptionError
from schemas.records import Domain

STEPS: Mapping[str, Step] = {
    step.name: step
    for step in (
        ENTITIES,
        TAGS,
        STYLE_TAGS,
        LINE_ENDS,
        CONTROLS,
        INVISIBLE,
        NFKC,
        SIMPLIFIED,
        WIDTH,
        REFERENCE_MARKS,
        EMPTY_BRACKETS,
        WRAPS,
        PLAIN_BLANKS,
        TABS,
        INDENTS,
        DOUBLED_BLANKS,
        LINE_TAILS,
        EDGES,
    )
}


def steps_for(domain: Domain, *, clean: bool = True, asked: Collection[str] = ()) -> list[Step]:
    """The default steps of a domain (none with ``clean=False``), and those asked for by name."""
    for name in asked:
        if name not in STEPS:
            raise OptionError(f"no cleaning step {name!r}; choose one of: {', '.join(STEPS)}")
    return [
        step
        for step in STEPS.values()
        if step.name in asked or (clean and step.default and (step.domains is None or domain in step.domains))
    ]
