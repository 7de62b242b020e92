"""The page beside an export: what it is, how its trainer is told of it, what it cannot say, how it is read back."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.export.target import Exported, Target

LEFT_BEHIND = "where each record came from, rejected rows and duplicates stay in the dataset folder"


def page_of(exported: Exported, target: Target, facts: Mapping[str, Any]) -> str:
    """Markdown."""
    counts = "\n".join(f"| `{file}` | {exported.records[split]:,} |" for split, file in exported.files.items())
    unsaid = "".join(f"- {line}\n" for line in unsaid_lines(target, facts["unsaid"]))
    return f"""# {exported.name} for {target.name}

{target.about}. Exported by prep {facts["prep"]} from the dataset {exported.name} ({exported.manifest["domain"]}).

| file | records |
|---|---|
{counts}

Train on nothing but the train file. Tell the trainer:

```
{target.use(exported)}
```

What this format does not hold:

{unsaid}- {LEFT_BEHIND}

Read it back:

```
{facts["back"]}
```
"""


def unsaid_lines(target: Target, counts: Mapping[str, int]) -> Iterator[str]:
    """A sentence for each thing that concerns a record."""
    for each in target.unsaid:
        if number := counts.get(each.name, 0):
            yield f"{number:,} record{'' if number == 1 else 's'} {each.says}"
