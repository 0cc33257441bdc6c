"""Paged JSON over HTTP with a bearer token.

Options of a table (``from`` is the resource's path): ``items`` (where a page's rows lie, by
default ``items``), ``page_size`` (500), ``page_param`` (``page``), ``size_param`` (``size``),
``first_page`` (1), ``since_param`` (the parameter that takes the watermark), ``total`` (where a
page says how many rows there are: fewer than that is an error), ``next`` (where a page says its
successor's address, instead of page numbers), ``query`` (further parameters). ``columns`` names
values by their path (``patient.name``); whatever else a row holds is kept too, nested names joined
by ``_``. With ``record`` each row is split into the parts that the path names. A page that fails
is asked for again, later and later: a dead connection costs one page and not the whole reading.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, ClassVar
from urllib.parse import urljoin, urlsplit

import httpx
import pyarrow as pa

from collectors.readers import PART_KEY, Delivery, Reader, SourceColumn
from collectors.readers.json_path import Document, Found, JsonPath, parse, written
from collectors.readers.statements import with_parameters
from collectors.registry import Feed, expand
from kanghu.errors import KanghuError

_TRIES = 6
_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 30.0
_TIMEOUT = httpx.Timeout(60.0, connect=15.0)
_ROWS = 20_000
_PASSING = (408, 425, 429, 500, 502, 503, 504)


class ApiReader(Reader):
    """Reads feeds of kind ``api``; one HTTP connection pool for a whole batch."""

    sparse: ClassVar[bool] = True

    def __init__(self) -> None:
        self._client = httpx.Client(timeout=_TIMEOUT, follow_redirects=True)

    def read(self, feed: Feed, since: str | None) -> Delivery:
        # Pages go through a scratch file: all columns must be known before the first batch.
        # The batches' generator closes it.
        pages = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115
        units = 0
        names: dict[str, None] = {}
        rows = _Rows(feed)
        for text in self._pages(feed, since):
            for item in rows.items(parse(text)):
                units += 1
                for _key, values in rows.of(item):
                    names.update((name, None) for name in values if name not in names)
            pages.write(text.replace("\n", " ").replace("\r", " ") + "\n")
        if not names:
            names = dict.fromkeys(feed.table.columns or {})
        columns = tuple(SourceColumn(name, "text") for name in names)
        return Delivery(columns, _batches(rows, pages, list(names)), lambda: units)

    def close(self) -> None:
        self._client.close()

    def _pages(self, feed: Feed, since: str | None) -> Iterator[str]:
        options = feed.table.options
        size = int(options.get("page_size", 500))
        number = int(options.get("first_page", 1))
        url = urljoin(
            expand(feed.source.connection).rstrip("/") + "/",
            with_parameters(feed, feed.table.source).lstrip("/"),
        )
        fixed = {
            name: with_parameters(feed, str(value))
            for name, value in options.get("query", {}).items()
        }
        if since is not None and "since_param" in options:
            fixed[str(options["since_param"])] = since
        items, following = _Rows(feed), options.get("next")
        seen, total = 0, None
        while True:
            query = {
                **fixed,
                str(options.get("page_param", "page")): str(number),
                str(options.get("size_param", "size")): str(size),
            }
            text = self._get(feed, url, query if following is None or seen == 0 else {}, number)
            page = _parsed(feed, text, number)
            count = len(items.items(page))
            seen += count
            yield text
            if "total" in options:
                told = JsonPath(str(options["total"])).text_of(Found(page), Document(page))
                total = int(told) if told is not None and told.isdigit() else None
            if following is not None:
                address = JsonPath(str(following)).text_of(Found(page), Document(page))
                if not address:
                    break
                url = _following(feed, url, address)
            elif count < size:
                break
            number += 1
        if total is not None and seen < total:
            raise KanghuError(
                what=f"接口说有 {total:,} 行,只给了 {seen:,} 行",
                where=f"{feed.institution} {feed.name}",
                rule="options.total",
                mend="多半是读的时候来源在变或分页不全;稍后重新运行,这次没有写进湖里",
            )

    def _get(self, feed: Feed, url: str, query: Mapping[str, str], page: int) -> str:
        """One page, asked for again while what went wrong may pass."""
        headers = {"Accept": "application/json"}
        if feed.source.token:
            headers["Authorization"] = f"Bearer {expand(feed.source.token)}"
        pause, reason = _FIRST_PAUSE_SECONDS, ""
        for attempt in range(_TRIES):
            if attempt:
                time.sleep(min(pause, _LONGEST_PAUSE_SECONDS))
                pause *= 2
            try:
                answer = self._client.get(url, params=dict(query), headers=headers)
            except httpx.TransportError as error:
                reason = str(error) or type(error).__name__
                continue
            if answer.status_code in _PASSING:
                reason = f"HTTP {answer.status_code}"
                told = answer.headers.get("Retry-After", "")
                pause = float(told) if told.isdigit() else pause
                continue
            if answer.status_code in (401, 403):
                raise KanghuError(
                    what=f"接口拒绝了令牌(HTTP {answer.status_code})",
                    where=f"{feed.institution} {feed.name}",
                    rule=f"sources/{feed.source.source}.yml: token",
                    mend="检查令牌的环境变量是否过期,是否有读这个资源的权限",
                )
            if answer.status_code >= 400:
                raise KanghuError(
                    what=f"接口答复 HTTP {answer.status_code}",
                    where=f"{feed.institution} {feed.name}: 第 {page} 页",
                    rule=f"systems/{feed.system.system}.yml: tables.{feed.table_name}.from",
                    mend="核对资源路径和参数",
                )
            return answer.text
        raise KanghuError(
            what=f"接口连不上或半途断开:{reason}",
            where=f"{feed.institution} {feed.name}: 第 {page} 页",
            rule="connection",
            mend="检查网络和来源服务后重新运行;这次读到的行没有入湖,不会缺也不会重",
        )


class _Rows:
    """A page's rows, and a row's parts and values."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._items = JsonPath(str(feed.table.options.get("items", "items")))
        self._record = JsonPath(feed.table.record) if feed.table.record else None
        self._columns = {
            name: JsonPath(path, f"systems/{feed.system.system}.yml")
            for name, path in (feed.table.columns or {}).items()
        }
        self._named = set((feed.table.columns or {}).values())

    @property
    def splits(self) -> bool:
        return self._record is not None

    def items(self, page: Any) -> list[Any]:
        found = next(self._items.find(Found(page), Document(page)), None)
        if found is None or not isinstance(found.value, list):
            raise KanghuError(
                what=f"接口的答复里没有 {self._items.text} 这个列表",
                where=f"{self._feed.institution} {self._feed.name}",
                rule="options.items",
                mend="核对系统文件里 items 的路径;来源改了接口时一并改映射",
            )
        return found.value

    def of(self, item: Any) -> Iterator[tuple[str, dict[str, str | None]]]:
        """The parts of one row (the row itself, where it is not split): key, column -> value."""
        document = Document(item)
        if self._record is None:
            yield "", self._values(Found(item), document)
            return
        root = self._values(Found(item), document)
        key = "|".join(root.get(name) or "" for name in self._feed.table.key)
        for part in self._record.find(Found(item), document):
            yield f"{key}/{part.path}", self._values(part, document)

    def _values(self, part: Found, document: Document) -> dict[str, str | None]:
        values: dict[str, str | None] = {
            name: path.text_of(part, document)
            for name, path in self._columns.items()
            if next(path.find(part, document), None) is not None
        }
        for path, name, value in _flat(part.value):
            if path not in self._named and name not in values:
                values[name] = value
        return values


def _flat(value: Any, path: str = "", name: str = "") -> Iterator[tuple[str, str, str | None]]:
    """Path, column name and text of each value in nested objects; lists stay JSON."""
    if not isinstance(value, dict):
        yield path, name, written(value)
        return
    for key, inner in value.items():
        yield from _flat(
            inner, f"{path}.{key}" if path else key, f"{name}_{key}" if name else str(key)
        )


def _batches(rows: _Rows, pages: IO[str], names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    delivered = [*([PART_KEY] if rows.splits else []), *names]
    held: list[dict[str, str | None]] = []
    with pages:
        pages.seek(0)
        for line in pages:
            for item in rows.items(parse(line)):
                for key, values in rows.of(item):
                    held.append({PART_KEY: key, **values} if rows.splits else values)
            while len(held) >= _ROWS:
                yield _batch(held[:_ROWS], delivered)
                held = held[_ROWS:]
    if held:
        yield _batch(held, delivered)


def _batch(rows: Sequence[Mapping[str, str | None]], names: Sequence[str]) -> pa.RecordBatch:
    arrays = [pa.array([row.get(name) for row in rows], pa.string()) for name in names]
    return pa.RecordBatch.from_arrays(arrays, names=list(names))


def _following(feed: Feed, url: str, address: str) -> str:
    """The next page's URL; the token goes to the server that the source names, and no other."""
    following = urljoin(url, address)
    if urlsplit(following)[:2] != urlsplit(url)[:2]:
        raise KanghuError(
            what="接口把下一页指到了别的地址",
            where=f"{feed.institution} {feed.name}: {urlsplit(following).netloc}",
            rule="options.next",
            mend="核对接口;确是换了服务器时,改来源文件的 connection",
        )
    return following


def _parsed(feed: Feed, text: str, page: int) -> Any:
    try:
        return parse(text)
    except ValueError as error:
        raise KanghuError(
            what=f"接口的答复不是完整的 JSON:{error}",
            where=f"{feed.institution} {feed.name}: 第 {page} 页",
            mend="来源服务可能出错或被截断;稍后重新运行",
        ) from error
