"""Choice: a point where several answers are right, by name, and which of them a framework follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from opassay.harness.model.case import Case
from opassay.harness.model.hypothesis import Hypothesis
from opassay.harness.model.op import Op


@dataclass(frozen=True)
class Choice:
    """``asks`` what is chosen, in a sentence; ``contract`` names what holds where an adapter declares nothing.

    ``options``: the others by name, each as what a target that follows it answers. ``rules``: those of invalid input
    that are valid under an option; none where the choice is about valid input.
    """

    name: str
    asks: str
    contract: str
    options: Mapping[str, Hypothesis]
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Follows:
    """An adapter's declaration that it follows ``option`` of ``choice``, and is judged by it.

    ``ops``: names or traits; empty: all that have the choice. ``modes``: empty: all. ``when`` narrows it by case.
    ``url`` with its ``title``: where the framework says so; both empty where nobody says it.
    """

    choice: str
    option: str
    ops: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    when: Callable[[Case], bool] | None = None
    url: str = ""
    title: str = ""

    def __post_init__(self) -> None:
        if bool(self.url) != bool(self.title):
            raise ValueError(f"{self.label}: a URL is quoted with its title, or both are empty")

    @property
    def label(self) -> str:
        """As the column ``choice`` has it."""
        return f"{self.choice}={self.option}"

    def of(self, ops: Iterable[Op]) -> Follows:
        """The same with the names of those of ``ops`` that have the choice in place of traits.

        Raises ``ValueError`` where no op has the choice, the option or what ``ops`` name.
        """
        given = list(ops)
        offered = {choice.name: choice for op in given for choice in op.choices}
        if self.choice not in offered:
            raise ValueError(f"no op has a choice {self.choice!r}; choices are {', '.join(sorted(offered))}")
        options = offered[self.choice].options
        if self.option not in options:
            raise ValueError(f"{self.choice!r} has no option {self.option!r}; options are {', '.join(options)}")
        known = {name for op in given for name in op.known_as}
        for name in self.ops:
            if name not in known:
                raise ValueError(f"{self.label}: no op has the name or trait {name!r}")
        here = [op for op in given if not self.ops or op.known_as & set(self.ops)]
        return replace(self, ops=tuple(op.name for op in here if self.choice in {c.name for c in op.choices}))

    def applies(self, case: Case, mode: str) -> bool:
        """Whether it is about this case in this mode."""
        here = case.op in self.ops and (not self.modes or mode in self.modes)
        return here and (self.when is None or self.when(case))


def choice_row(adapter: str, follows: Follows, choice: Choice) -> dict[str, object]:
    """What ``run.json`` and ``opassay list choices`` say of a choice that an adapter follows."""
    return {
        "adapter": adapter,
        "choice": follows.choice,
        "option": follows.option,
        "contract": choice.contract,
        "asks": choice.asks,
        "says": choice.options[follows.option].says,
        "ops": list(follows.ops),
        "modes": list(follows.modes),
        "url": follows.url,
        "title": follows.title,
    }
