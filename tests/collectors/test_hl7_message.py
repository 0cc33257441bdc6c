"""HL7 v2 text: delimiters, segments, paths and escapes, without any file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.readers.hl7_message import (
    Delimiters,
    Hl7Path,
    Message,
    declared_encoding,
    slices,
    unescape,
)
from kanghu.errors import KanghuError

MARKS = Delimiters()


def escaped(text: str) -> str:
    """As a sender writes ``text``: no separator stands in it bare."""
    codes = {"\\": "E", "|": "F", "^": "S", "&": "T", "~": "R"}
    return "".join(f"\\{codes[one]}\\" if one in codes else one for one in text)


ORU = "\r".join(
    (
        r"MSH|^~\&|LIS|一院|HIS||20240305083000||ORU^R01^ORU_R01|M1|P|2.5",
        r"PID|1||P7^^^一院^MR~35010119800101001X^^^^ID||张&欧^三^^||19800101|M",
        "PV1|1|O|内科^3诊室",
        "ORC|RE|A1|F1",
        r"OBR|1|A1|F1|GLU^血糖\T\糖化",
        "OBX|1|NM|GLU^血糖||6.2|mmol/L",
        r"OBX|2|FT|NOTE||空腹\.br\八小时",
        "ORC|RE|A2|F2",
        "OBR|2|A2|F2|CBC^血常规",
        "OBX|1|NM|WBC||4.1~4.2",
        "SPM|1|S2",
        "ZZ1|本地|段",
    )
)


def seen_from(name: str, ordinal: int, path: str) -> str | None:
    message = Message(ORU)
    at = list(message.places(name))[ordinal - 1]
    return message.value(at, Hl7Path.parse(path))


@pytest.mark.parametrize(
    ("name", "ordinal", "path", "value"),
    [
        ("PID", 1, "PID-3", "P7^^^一院^MR"),
        ("PID", 1, "PID-3.1", "P7"),
        ("PID", 1, "PID-3[2].1", "35010119800101001X"),
        ("PID", 1, "PID-3[*].1", "P7~35010119800101001X"),
        ("PID", 1, "PID-3[*].4", "一院~"),
        ("PID", 1, "PID-3[3].1", None),
        ("PID", 1, "PID-5.1", "张&欧"),
        ("PID", 1, "PID-5.1.1", "张"),
        ("PID", 1, "PID-5.1.2", "欧"),
        ("PID", 1, "PID-8.1.1", "M"),
        ("PID", 1, "PID-99", None),
        ("PID", 1, "PID-4", None),
        ("OBR", 1, "OBR-4.2", "血糖&糖化"),
        ("OBX", 2, "OBX-5", "空腹\n八小时"),
        ("OBX", 3, "OBX-5", "4.1"),
        ("OBX", 3, "OBR-2", "A2"),
        ("OBX", 1, "OBR-2", "A1"),
        ("OBX", 3, "PID-3.1", "P7"),
        ("OBX", 3, "MSH-10", "M1"),
        ("OBX", 3, "OBX-@index", "3"),
        ("OBX", 3, "OBR-@index", "2"),
        ("OBX", 1, "SPM-2", None),
        ("OBR", 1, ">SPM-2", None),
        ("OBR", 2, ">SPM-2", "S2"),
        ("OBR", 1, ">>OBX-5", "6.2\n空腹\n八小时"),
        ("OBR", 2, ">>OBX-5", "4.1"),
        ("OBR", 2, ">>NTE-3", None),
        ("ORC", 1, ">OBX-@index", "1"),
        ("ZZ1", 1, "ZZ1-2", "段"),
        ("MSH", 1, "MSH-1", "|"),
        ("MSH", 1, "MSH-2", r"^~\&"),
        ("MSH", 1, "MSH-9.2", "R01"),
    ],
)
def test_where_a_value_lies(name: str, ordinal: int, path: str, value: str | None) -> None:
    assert seen_from(name, ordinal, path) == value


@pytest.mark.parametrize(
    "path", ["PID", "PID-", "PID-0", "pid-3", "PID-3.", "PID-3[0]", "PID-3.1.1.1", "PID.3", ">>PID"]
)
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(KanghuError, match="不是 HL7 取值路径"):
        Hl7Path.parse(path, "x.yml")


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_every_line_end(end: str) -> None:
    names = [segment.name for segment in Message(ORU.replace("\r", end)).segments]
    assert names == [line[:3] for line in ORU.split("\r")]


def test_a_line_that_names_no_segment_continues_the_one_before() -> None:
    message = Message("MSH|^~\\&|A||||||MDM^T02|1\rOBX|1|TX|||第一行\nPID 号见上\n第三行\rNTE|1")
    assert [segment.name for segment in message.segments] == ["MSH", "OBX", "NTE"]
    assert message.value(1, Hl7Path.parse("OBX-5")) == "第一行\nPID 号见上\n第三行"


def test_other_delimiters() -> None:
    message = Message("MSH#*@!%#A#B\rPID#1##P1*2@P3##张%三*!S!")
    assert message.delimiters == Delimiters("#", "*", "@", "!", "%")
    assert message.value(1, Hl7Path.parse("PID-3[2].1")) == "P3"
    assert message.value(1, Hl7Path.parse("PID-5.1.2")) == "三"
    assert message.value(1, Hl7Path.parse("PID-5.2")) == "*"


def test_delimiters_that_a_header_leaves_out_and_the_truncation_mark() -> None:
    assert Delimiters.of("MSH|^~|A") == Delimiters()
    assert Delimiters.of("MSH|^~\\&#|A") == Delimiters()


def test_a_message_without_header() -> None:
    with pytest.raises(KanghuError, match="不以 MSH 段开头"):
        Message("PID|1")


def test_kind() -> None:
    assert Message(ORU).kind == ("ORU", "R01")
    assert Message("MSH|^~\\&|A").kind == ("", "")


@pytest.mark.parametrize(
    ("delivered", "text"),
    [
        (r"\F\\S\\T\\R\\E\ ", "|^&~\\ "),
        (r"a\X0D0A\b", "a\r\nb"),
        (r"\XE4B8AD\\XD6D0\ ", "中中 "),
        (r"\H\重\N\点", "重点"),
        (r"一\.br\二", "一\n二"),
        (r"\Zlocal\ ", r"\Zlocal\ "),
        (r"\X5\ ", r"\X5\ "),
        ("C:\\dir\\file", "C:\\dir\\file"),
        ("100\\", "100\\"),
        ("\\\\", "\\\\"),
        ("", ""),
    ],
)
def test_escapes(delivered: str, text: str) -> None:
    assert unescape(delivered, MARKS) == text


text_without_nul = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(text_without_nul)
def test_what_is_escaped_comes_back_and_holds_no_bare_separator(text: str) -> None:
    delivered = escaped(text)
    assert unescape(delivered, MARKS) == text
    assert not set(delivered) & {"|", "^", "~", "&"}


line_text = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\0"), max_size=8
)


@given(
    messages=st.lists(
        st.lists(
            st.tuples(
                st.sampled_from(["PID", "OBX", "ZA1", "NTE"]), st.lists(line_text, min_size=1)
            ),
            max_size=5,
        ),
        min_size=1,
        max_size=4,
    ),
    end=st.sampled_from(["\r", "\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "gb18030"]),
)
def test_splitting_gives_back_every_message_segment_and_field(
    messages: list[list[tuple[str, list[str]]]], end: str, encoding: str
) -> None:
    written = []
    for number, segments in enumerate(messages):
        lines = [f"MSH|^~\\&|A|B|||||ORU^R01|{number}"]
        lines += ["|".join([name, *map(escaped, some)]) for name, some in segments]
        written.append(end.join(lines) + end)
    data = "".join(written).encode(encoding)
    pieces = list(slices(data))
    assert len(pieces) == len(messages)
    for number, (piece, segments) in enumerate(zip(pieces, messages, strict=True)):
        assert data[piece.offset : piece.offset + len(piece.data)] == piece.data
        message = Message(piece.data.decode(encoding))
        assert message.value(0, Hl7Path.parse("MSH-10")) == str(number)
        assert [one.name for one in message.segments[1:]] == [name for name, _ in segments]
        for found, (_, some) in zip(message.segments[1:], segments, strict=True):
            for at, one in enumerate(some, start=1):
                assert (found.value(Hl7Path(found.name, at)) or "") == one


def test_slices_take_off_framing_and_keep_what_stands_before_a_message() -> None:
    data = b"junk\r\x0bMSH|^~\\&|1\r\x1c\r\x0bMSH|^~\\&|2\r\x1c\r"
    assert [piece.data for piece in slices(data)] == [b"junk", b"MSH|^~\\&|1", b"MSH|^~\\&|2"]
    assert [piece.offset for piece in slices(data)] == [0, 6, 20]
    assert list(slices(b"\r\n")) == []


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("UNICODE UTF-8", "utf-8"),
        ("GB 18030-2000", "gb18030"),
        ("GBK~ASCII", "gb18030"),
        ("8859/1", "latin-1"),
        ("ASCII", ""),
        ("", ""),
        ("KLINGON", ""),
    ],
)
@pytest.mark.parametrize("written", ["utf-8", "gb18030"])
def test_the_encoding_that_a_header_declares(charset: str, encoding: str, written: str) -> None:
    header = f"MSH|^~\\&|检验|一院|||2024||ORU^R01|1|P|2.5||||||{charset}|x\rPID|1"
    assert declared_encoding(header.encode(written)) == encoding
