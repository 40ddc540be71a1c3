"""Reasons in their reader's words: names, values, and what is usual among those that pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from explainprune.analysis.attribution.reading.packing import pack
from explainprune.analysis.detail.columns import columns_of
from explainprune.analysis.detail.names import names_of
from explainprune.analysis.reasons.deciding import Decided
from explainprune.types import Array, Data
from explainprune.types.known import Column
from explainprune.types.reasons import Reason


@dataclass(frozen=True, eq=False)
class Words:
    """What features are called, and how their values are written.

    Attributes
    ----------
    names : tuple of str (p,)
    columns : tuple of Column
        Of the scored rows; empty where values have no readable form.
    typical : tuple of str (p,)
        In the reference population; "" where that isn't known in the row's own units.
    """

    names: tuple[str, ...]
    columns: tuple[Column, ...]
    typical: tuple[str, ...]

    def reasons(self, codes: Array, amounts: Array, row: int) -> tuple[Reason, ...]:
        """Write one row's reasons.

        Parameters
        ----------
        codes : ndarray of int (top,)
        amounts : ndarray (p,)
        row : int
            Which scored row.
        """
        return tuple(
            Reason(
                self.names[j],
                self.columns[j].said(row) if self.columns else "",
                self.typical[j],
                float(f"{amounts[j]:.7g}"),
            )
            for j in codes[codes >= 0]
        )


def words_of(by: Decided, data: Data, p: int) -> Words:
    """Return the words for one model's reasons."""
    network = by.subject.network
    columns = columns_of(data, data.scored, network, by.subject.x, p)
    pool = columns_of(data, by.pool, network, pack(network, by.pool.x, "rows"), p)
    own, theirs = (set(rows.raw or ()) for rows in (data.scored, by.pool))
    usual = tuple(
        "" if (column.name in own) != (column.name in theirs) else column.take(by.nearest).typical()
        for column in pool
    )
    return Words(names_of(data, p, network), columns, usual or ("",) * p)


def every(words: Words, order: Array, amounts: Array, rows: Array) -> Iterator[tuple[Reason, ...]]:
    """Yield the reasons of each of `rows`."""
    for codes, own, row in zip(order, amounts, rows, strict=True):
        yield words.reasons(codes, own, int(row))
