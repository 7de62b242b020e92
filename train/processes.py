"""The processes that train together, as ``torchrun`` and ``accelerate launch`` start them."""

import os
from dataclasses import dataclass

import torch.distributed


@dataclass(frozen=True, slots=True, kw_only=True)
class Processes:
    """This process among all of them."""

    rank: int
    local_rank: int
    count: int

    @classmethod
    def here(cls) -> "Processes":
        def number(name: str, default: int) -> int:
            return int(os.environ.get(name, default))

        return cls(rank=number("RANK", 0), local_rank=number("LOCAL_RANK", 0), count=number("WORLD_SIZE", 1))

    @property
    def is_first(self) -> bool:
        """Only the first one writes, and tells the observer."""
        return self.rank == 0

    def least(self, value: int) -> int:
        """The smallest value of all processes, which have to decide alike."""
        if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
            return value
        values = [value] * self.count
        torch.distributed.all_gather_object(values, value)
        return min(values)

    def wait(self) -> None:
        """For all others to come here; they can talk since transformers' arguments were built."""
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            torch.distributed.barrier()
