"""Everything that a user can mend. Whatever else is raised is our bug and keeps its traceback.

PrepError
├── OptionError        an option or a combination of options that cannot be
├── SourceError        a source that cannot be read: missing, no permission, damaged, not what its name says
│   └── EncodingError  its bytes are in no encoding that we know, or not in the one that was forced
├── FormatError        readable, but no converter can make records of it
├── DatasetError       a dataset folder that is missing, incomplete, in the way, or at odds with what is asked
├── ModelError         a model, adapter or run that is missing, damaged or of a kind that we do not read
└── OutcomeError       the work was done and its result is not acceptable (exit code 2)
    └── TrainingError  training was stopped: what it would have made is of no use
"""


class PrepError(Exception):
    """One line for the person at the terminal: place, what was found, what was expected, what to do."""

    exit_code = 1


class OptionError(PrepError):
    """An option or a combination of options that cannot be."""


class SourceError(PrepError):
    """A source that cannot be read."""


class EncodingError(SourceError):
    """A source whose bytes are in no encoding that we know, or not in the forced one."""


class FormatError(PrepError):
    """A readable source of which no converter can make records."""


class DatasetError(PrepError):
    """A dataset folder that is missing, incomplete, in the way, or at odds with what is asked."""


class ModelError(PrepError):
    """A model, an adapter or a run that is missing, damaged or of a kind that we do not read."""


class OutcomeError(PrepError):
    """The work was done and its result is not acceptable: nothing came out, or too much was rejected."""

    exit_code = 2


class TrainingError(OutcomeError):
    """Training was stopped with a diagnosis: what it would have made is of no use."""
