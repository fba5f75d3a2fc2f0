"""Part 7 of docs/format.md: the rows of manifests that are written as changes, in columns."""

import re
from collections.abc import Iterator

from reader.columns import decoded, numbers, texts
from reader.objects import LONGEST, Row
from reader.values import Pairs, need, packed

COLUMNS = 17
MOST = 1 << 19
KINDS = {0, 1, *range(2, 32, 2)}
GOES, COMES, VERSION, ARCHITECTURE, FLAGS, ATTRIBUTES = 0, 1, 2, 4, 8, 16


class Block:
    """The columns of a block, each with as many values as the others say."""

    def __init__(self, content: bytes, manifests: int) -> None:
        columns = list(split(content, COLUMNS))
        self.starts = numbers(columns[0], manifests)
        need(self.starts[0] == 0 and max(self.starts) <= 1, "another start")
        self.ecosystems = texts(columns[1])
        self.counts = numbers(columns[7], manifests)
        changes = sum(self.counts)
        need(changes <= MOST, "too many changes")
        self.kinds = numbers(columns[8], changes)
        need(KINDS.issuperset(self.kinds), "an unknown kind")
        self.gaps = numbers(columns[9], changes)
        self.lengths = numbers(columns[2], self.having(ATTRIBUTES))
        need(sum(self.lengths) <= MOST, "too many attributes")
        self.keys, self.values = texts(columns[3]), texts(columns[4])
        self.flags, self.arches = numbers(columns[5], self.having(FLAGS)), texts(columns[6])
        versions = sum(each not in (GOES, COMES) and bool(each & VERSION) for each in self.kinds)
        self.cuts, self.steps, self.drops = (numbers(columns[at], versions) for at in (10, 11, 12))
        need(all(each < 1 << 16 for each in self.steps), "a step that is too high")
        self.texts = texts(columns[13])
        self.shared = numbers(columns[14], self.kinds.count(COMES))
        self.names, self.versions = texts(columns[15]), texts(columns[16])
        need(len(self.ecosystems) == self.starts.count(0), "other starts than ecosystems")
        need(len(self.keys) == len(self.values) == sum(self.lengths), "other attributes than lengths")
        need(len(self.arches) == self.having(ARCHITECTURE), "other architectures")
        need(len(self.texts) == versions, "other texts")
        need(len(self.names) == len(self.versions) == self.kinds.count(COMES), "other names")

    def having(self, what: int) -> int:
        """How many changes say that value of their row."""
        return sum(each == COMES or bool(each & what) for each in self.kinds)


def split(content: bytes, count: int) -> Iterator[bytes]:
    """The columns of a block, each behind its length, with nothing behind them."""
    at = 0
    for _ in range(count):
        need(at + 4 <= len(content), "a column is missing")
        end = at + 4 + int.from_bytes(content[at : at + 4])
        need(end <= len(content), "a column is cut off")
        yield content[at + 4 : end]
        at = end
    need(at == len(content), "more columns")


class Rebuilding:
    """Goes through the changes of a block, manifest after manifest."""

    def __init__(self, block: Block) -> None:
        self.kinds, self.gaps = iter(block.kinds), iter(block.gaps)
        self.lengths = iter(block.lengths)
        self.attributes = iter(zip(block.keys, block.values, strict=True))
        self.flags, self.arches = iter(block.flags), iter(block.arches)
        self.cuts, self.steps, self.drops = iter(block.cuts), iter(block.steps), iter(block.drops)
        self.texts = iter(block.texts)
        self.shared, self.names, self.versions = iter(block.shared), iter(block.names), iter(block.versions)
        self.name = ""
        self.came = 0

    def rows(self, before: list[Row], changes: int) -> list[Row]:
        """The rows of a manifest, from those that it starts from."""
        made: list[Row] = []
        at = 0
        for _ in range(changes):
            gap, kind = next(self.gaps), next(self.kinds)
            need(at + gap <= len(before), "a gap behind the last row")
            made += before[at : at + gap]
            at += gap
            if kind == COMES:
                made.append(self.coming())
                continue
            need(at < len(before), "a change behind the last row")
            if kind != GOES:
                made.append(self.changed(before[at], kind))
            at += 1
        return made + before[at:]

    def coming(self) -> Row:
        shared = next(self.shared)
        need(shared <= len(self.name), "shares more than the name has")
        self.name = self.name[:shared] + decoded(next(self.names))
        row = Row(self.name, self.arch(), decoded(next(self.versions)), next(self.flags), self.pairs())
        self.came += len(packed(row))
        need(self.came <= 2 * LONGEST, "rows that are too long")
        return row

    def changed(self, row: Row, kind: int) -> Row:
        return Row(
            row.name,
            self.arch() if kind & ARCHITECTURE else row.architecture,
            edited(row.version, *self.edit()) if kind & VERSION else row.version,
            next(self.flags) if kind & FLAGS else row.flags,
            self.pairs() if kind & ATTRIBUTES else row.attributes,
        )

    def pairs(self) -> Pairs:
        found = (next(self.attributes) for _ in range(next(self.lengths)))
        return tuple((decoded(key), decoded(value)) for key, value in found)

    def edit(self) -> tuple[int, int, int, str]:
        return next(self.cuts), next(self.steps), next(self.drops), decoded(next(self.texts))

    def arch(self) -> str:
        return decoded(next(self.arches))


def edited(old: str, cut: int, step: int, drop: int, text: str) -> str:
    """A version, from the old one."""
    need(cut <= len(old), "cuts more than the version has")
    beginning, end = old[: len(old) - cut], old[len(old) - cut :]
    if step:
        digits = re.match("[0-9]*", end)
        assert digits is not None
        need(1 <= len(digits[0]) <= 18, "no number, or one that is too long")
        beginning += str(int(digits[0]) + step).zfill(len(digits[0]))
        end = end[len(digits[0]) :]
    need(drop <= len(end), "drops more than the version has")
    return beginning + text + end[drop:]


def manifests(content: bytes, count: int) -> Iterator[bytes]:
    """The raw bytes of the manifests in a block of changes."""
    block = Block(content, count)
    rebuilding, ecosystems = Rebuilding(block), iter(block.ecosystems)
    ecosystem, rows = "", list[Row]()
    for start, changes in zip(block.starts, block.counts, strict=True):
        if start == 0:
            ecosystem, rows = decoded(next(ecosystems)), []
        rows = rebuilding.rows(rows, changes)
        yield packed([ecosystem, rows])
