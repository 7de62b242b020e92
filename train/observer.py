"""What a training tells whoever watches it. Only ``prep/cli`` prints; Python callers get ``Silent``."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from schemas.run import Run
    from train.encoding.report import WholeExample
    from train.learning_rate import LearningRates
    from train.plan import Plan


class Observer(Protocol):
    """Called on the first process only."""

    def note(self, line: str) -> None:
        """Something the person should know: an option that is ignored, a precision that the machine lacks."""

    def encoded(self, example: "WholeExample", shares: Mapping[str, str]) -> None:
        """One whole example, and how many examples lose what."""

    def planned(self, plan: "Plan") -> None:
        """What is about to happen."""

    def stepped(self, step: int, steps: int) -> None:
        """An optimiser step is done; called often, so cheap."""

    def logged(self, step: int, facts: Mapping[str, float]) -> None:
        """``loss``, ``grad_norm``, ``learning_rate``, ``tokens_per_second``, ``epoch``; or ``eval_loss``."""

    def searched(self, found: "LearningRates", picture: Path) -> None:
        """A range test of the learning rate is over, and training begins with what it suggests."""

    def finished(self, run: "Run") -> None:
        """The run's folder is complete."""


class Silent:
    """Watches nothing."""

    def note(self, line: str) -> None:
        pass

    def encoded(self, example: "WholeExample", shares: Mapping[str, str]) -> None:
        pass

    def planned(self, plan: "Plan") -> None:
        pass

    def stepped(self, step: int, steps: int) -> None:
        pass

    def logged(self, step: int, facts: Mapping[str, float]) -> None:
        pass

    def searched(self, found: "LearningRates", picture: Path) -> None:
        pass

    def finished(self, run: "Run") -> None:
        pass
