"""The table of ecosystems: one row for each, which names what it can do. Adding one is one folder and one row here.

Everything that the program must know of a package manager is a question to this table. A facet is a module in the
ecosystem's folder, loaded when it is asked for; what an ecosystem has no facet for it cannot do, and whoever asks says
so in words.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from cortexrepo.errors import EcosystemError
from cortexrepo.model.package import HOLD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cortexrepo.ecosystems.contract.back import Back
    from cortexrepo.ecosystems.contract.commands import Commands
    from cortexrepo.ecosystems.contract.files import Maker, Provider
    from cortexrepo.ecosystems.contract.installed import Inspector
    from cortexrepo.ecosystems.contract.names import Names
    from cortexrepo.ecosystems.contract.owning import Owning
    from cortexrepo.ecosystems.contract.programs import Look, Programs
    from cortexrepo.ecosystems.contract.reading import Reader
    from cortexrepo.ecosystems.contract.restoring import Offers, Restorer, Rules
    from cortexrepo.ecosystems.contract.searching import Searching
    from cortexrepo.ecosystems.contract.supplying import Supplying
    from cortexrepo.ecosystems.contract.surroundings import Surrounding
    from cortexrepo.ecosystems.contract.versions import Versions
    from cortexrepo.machine.whose.holding import Reached
    from cortexrepo.model.package import Package

READ = "read"
VERSIONS = "versions"
NAMING = "names"
FILES = "files"
OFFERS = "offers"
RULES = "restore.rules"
RESTORER = "restore.restorer"
BACK = "restore.back"
COMMANDS = "commands"
PROGRAMS = "programs"
SURROUNDINGS = "surroundings"
SEARCHED = "searched"
INSTALLED = "installed.look"
OWNED = "owned"
SUPPLY = "supply"


class Slice:
    """One ecosystem. Not a NamedTuple: this table is read at every start, and a class of that kind takes long to make.

    Attributes:
        name: The word for it on the command line and on disk.
        facets: What it can do: the modules of its folder that fulfil a protocol of `contract`.
        is_one: There is one environment of it on a machine, which has no path.
        is_machine: It describes the machine itself: its rows are facts, not packages that a person would count.
        place: What people call an environment of it; empty where there is one.
        home: The package that holds the modules.
    """

    def __init__(
        self,
        name: str,
        *facets: str,
        is_one: bool = False,
        is_machine: bool = False,
        place: str = "",
        home: str = "",
    ) -> None:
        """Takes the attributes."""
        self.name = name
        self.facets = facets
        self.is_one = is_one
        self.is_machine = is_machine
        self.place = place
        self.home = home or f"cortexrepo.ecosystems.{name}"


SLICES = (
    Slice("apt", READ, VERSIONS, NAMING, FILES, OFFERS, RULES, RESTORER, BACK, COMMANDS, INSTALLED,
          OWNED, SUPPLY, is_one=True),
    Slice("pip", READ, SEARCHED, VERSIONS, NAMING, FILES, RULES, RESTORER, COMMANDS, PROGRAMS, INSTALLED,
          place="Python environment"),
    Slice("npm", READ, SEARCHED, VERSIONS, NAMING, FILES, RULES, RESTORER, COMMANDS, PROGRAMS, INSTALLED,
          place="npm prefix"),
    Slice("rpm", READ, VERSIONS, NAMING, is_one=True),
    Slice("system", READ, SURROUNDINGS, is_one=True, is_machine=True),
)  # fmt: skip
"""Every ecosystem, in the order in which people are told of them and in which they are put back: Python and node come
from apt."""


def names() -> tuple[str, ...]:
    """Returns the name of every ecosystem in the order in which slots are kept."""
    return tuple(sorted(row.name for row in SLICES))


def find(name: str) -> Slice | None:
    """Returns the row of that name, or None."""
    return next((row for row in SLICES if row.name == name), None)


def known(name: str) -> Slice:
    """Returns the row of that name; raises EcosystemError for another word."""
    row = find(name)
    if row is None:
        raise EcosystemError(f"unknown ecosystem: {name!r}", hint=f"the known ecosystems are {', '.join(names())}")
    return row


def choose(only: Sequence[str] | None) -> tuple[str, ...]:
    """Returns the names asked for in the order of slots, all of them for None; raises EcosystemError."""
    if only is None:
        return names()
    chosen = {known(name).name for name in only}
    return tuple(sorted(chosen))


def able(facet: str) -> tuple[str, ...]:
    """Returns the names of the ecosystems that have a facet, in the table's order."""
    return tuple(row.name for row in SLICES if facet in row.facets)


def listed(facet: str) -> str:
    """Returns the names of those that have a facet, for people: `apt, pip or npm`."""
    *first, last = able(facet)
    return f"{', '.join(first)} or {last}" if first else last


def place(name: str) -> int:
    """Returns where an ecosystem stands in the table; one that is not known stands behind all."""
    return next((number for number, row in enumerate(SLICES) if row.name == name), len(SLICES))


def places() -> str:
    """Returns what people call the environments that there can be several of: `Python environment or npm prefix`."""
    return " or ".join(row.place for row in SLICES if row.place)


def is_one(name: str) -> bool:
    """Returns whether a machine has one environment of it, without a path; False for one that is not known."""
    row = find(name)
    return row is not None and row.is_one


def is_machine(name: str) -> bool:
    """Returns whether it describes the machine itself; False for one that is not known."""
    row = find(name)
    return row is not None and row.is_machine


def machine() -> tuple[str, ...]:
    """Returns the names of the ecosystems that describe the machine itself."""
    return tuple(row.name for row in SLICES if row.is_machine)


def reader(name: str) -> Reader:
    """Returns the facet `read`; raises EcosystemError for a word that names no ecosystem."""
    return cast("Reader", _facet(known(name).name, READ))


def versions(name: str) -> Versions | None:
    """Returns the facet `versions`, or None where versions have no order, or the ecosystem is not known."""
    return cast("Versions | None", _facet(name, VERSIONS))


def compare(name: str, before: str, after: str) -> int:
    """Returns which of two versions is newer, as `Versions.compare` does; 0 where that cannot be known."""
    order = versions(name)
    return 0 if order is None else order.compare(before, after)


def spelling(name: str) -> Names | None:
    """Returns the facet `names`, or None."""
    return cast("Names | None", _facet(name, NAMING))


def is_offered(name: str, package: Package) -> bool:
    """Returns what `Names.is_offered` does; True for an ecosystem that does not say it."""
    facet = spelling(name)
    return facet is None or facet.is_offered(package)


def files(name: str) -> Provider | None:
    """Returns the facet `files`, or None where its packages come in no file that can be kept."""
    return cast("Provider | None", _facet(name, FILES))


def maker(name: str) -> Maker | None:
    """Returns the facet `files` of an ecosystem with several environments, or None."""
    return None if is_one(name) else cast("Maker | None", _facet(name, FILES))


def offers(name: str) -> Offers | None:
    """Returns the facet `offers`, or None where its sources are not asked without a download."""
    return cast("Offers | None", _facet(name, OFFERS))


def rules(name: str) -> Rules | None:
    """Returns the facet `restore.rules`, or None where nothing can be put back."""
    return cast("Rules | None", _facet(name, RULES))


def holding() -> tuple[str, ...]:
    """Returns the names of the ecosystems whose restored packages can be held."""
    return tuple(name for name in able(RULES) if (facet := rules(name)) is not None and facet.MARKS & HOLD)


def restorer(name: str) -> Restorer:
    """Returns the facet `restore.restorer`; raises EcosystemError where nothing can be put back."""
    found = cast("Restorer | None", _facet(name, RESTORER))
    if found is None:
        raise EcosystemError(
            f"packages of {name!r} cannot be restored",
            hint=f"packages of these ecosystems can be restored: {', '.join(able(RESTORER))}",
        )
    return found


def back(name: str) -> Back | None:
    """Returns the facet `restore.back`, or None where nothing that leads back is fetched."""
    return cast("Back | None", _facet(name, BACK))


def commands(name: str) -> Commands | None:
    """Returns the facet `commands`, or None."""
    return cast("Commands | None", _facet(name, COMMANDS))


def programs(name: str) -> Programs | None:
    """Returns the facet `programs`, or None where it is not known what is run in an environment."""
    return cast("Programs | None", _facet(name, PROGRAMS))


def reached(name: str) -> Reached | None:
    """Returns what yields all that work in an environment of an ecosystem changes or starts.

    None where its programs are not known: they may be anybody's, and whoever asks trusts none of them.
    """
    return reached_by_any if programs(name) is not None else None


def reached_by_any(environment: str, look: Look, homes: Iterable[str] = ()) -> Iterator[str]:
    """Yields what `Programs.reached` does of every ecosystem: a place may be an environment of several."""
    for name in able(PROGRAMS):
        yield from cast("Programs", _facet(name, PROGRAMS)).reached(environment, look, homes)


def unknown(name: str) -> str:
    """Returns why nothing in an environment of an ecosystem without the facet `programs` is trusted."""
    return f"cortex does not know which programs {name} runs there, and so not who could change them"


def searching(name: str) -> Searching | None:
    """Returns the facet `searched`, or None where there is one environment, or nobody says where it is looked for."""
    return cast("Searching | None", _facet(name, SEARCHED))


def inspector(name: str) -> Inspector | None:
    """Returns the facet `installed.look`, or None where it cannot be told whether installed files are right."""
    return cast("Inspector | None", _facet(name, INSTALLED))


def owners() -> tuple[Owning, ...]:
    """Returns what each ecosystem says that knows whose files of the system are; where none does, nobody knows."""
    return tuple(cast("Owning", _facet(name, OWNED)) for name in able(OWNED))


def suppliers() -> tuple[Supplying, ...]:
    """Returns what each ecosystem says that knows where packages of the system come from; without one, nobody knows."""
    return tuple(cast("Supplying", _facet(name, SUPPLY)) for name in able(SUPPLY))


def surroundings() -> tuple[tuple[str, Surrounding], ...]:
    """Returns the ecosystems whose rows say what is around the packages, with how they judge it."""
    return tuple((name, cast("Surrounding", _facet(name, SURROUNDINGS))) for name in able(SURROUNDINGS))


def _facet(name: str, facet: str) -> object | None:
    row = find(name)
    if row is None or facet not in row.facets:
        return None
    return import_module(f"{row.home}.{facet}")
