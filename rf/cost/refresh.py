"""A region's price table from AWS's price list, row by row."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Group
from rich.table import Table
from rich.text import Text

from cost.prices import Price, Prices, regions, table_file

from ..errors import BadInputError
from ..replace_file import replace_file
from .price_list import PriceList, UnansweredError, listings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from rich.console import RenderableType

    from .price_list import Client

COLUMNS = ("name", "usd", "unit", "as_of", "source")
SOURCE = "AWS Price List Query API"
NOT_ASKED = "AWS's price list is not asked for it"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A price as it was and as AWS has it; ``why_not`` says why there is no ``new`` one."""

    name: str
    old: Price | None
    new: Price | None = None
    why_not: str = ""

    @property
    def price(self) -> Price | None:
        """What stands in the table from here on."""
        return self.new or self.old


def refresh(region: str, today: date, client: Client) -> list[Row]:
    """Write the table of ``region`` anew; every row of it, and those that have no price.

    A row without an answer keeps its price and its day. BadInputError when AWS cannot be asked, or
    answers for no row: the table then stays as it is.
    """
    old = Prices.load(region).by_name if region in regions() else {}
    try:
        rows = list(_rows(old, PriceList(client, region), today))
    except (BotoCoreError, ClientError) as error:
        raise BadInputError(
            f"AWS's price list cannot be asked: {error}; it takes credentials with the permission "
            "pricing:GetProducts"
        ) from None
    if not any(row.new for row in rows):
        raise BadInputError(f"AWS's price list has none of our prices in {region!r}")
    replace_file(table_file(region), _csv(rows), mode=0o644)
    return rows


def _rows(old: Mapping[str, Price], prices: PriceList, today: date) -> Iterator[Row]:
    asked = listings()
    for name, listing in asked.items():
        try:
            usd = prices.usd(listing)
        except UnansweredError as error:
            yield Row(name=name, old=old.get(name), why_not=str(error))
            continue
        source = f"{SOURCE}: {listing.service} {listing.usage}"
        new = Price(usd=usd, unit=listing.unit, as_of=today, source=source)
        yield Row(name=name, old=old.get(name), new=new)
    for name, price in old.items():
        if name not in asked:
            yield Row(name=name, old=price, why_not=NOT_ASKED)


def _csv(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for row in rows:
        if price := row.price:
            as_of = price.as_of.isoformat()
            table.writerow((row.name, f"{price.usd:f}", price.unit, as_of, price.source))
    return text.getvalue()


def render(region: str, rows: Sequence[Row]) -> RenderableType:
    """What was and what is, for people."""
    answered = [row for row in rows if row.new]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("price", no_wrap=True)
    table.add_column("old", justify="right", no_wrap=True)
    table.add_column("new", justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for row in rows:
        table.add_row(row.name, _amount(row.old), _amount(row.new), _remark(row))
    file = table_file(region).name
    return Group(
        Text(f"{len(answered)} prices of {region} written to cost/data/{file}, in USD", "bold"),
        table,
        Text(),
    )


def _amount(price: Price | None) -> str:
    return f"{price.usd:f}" if price else "-"


def _remark(row: Row) -> str:
    if row.new:
        return f"per {row.new.unit}"
    if row.old:
        return f"{row.why_not}; that of {row.old.as_of} stays"
    return f"{row.why_not}; not counted"
